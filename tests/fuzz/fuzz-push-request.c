/* The body of `/v1/push`, as the server reads it. */
#include "config.h"

#include "bp-fuzz.h"

#include <stdlib.h>

int
LLVMFuzzerTestOneInput (const uint8_t *data,
                        size_t         size)
{
  char *text = bp_fuzz_copy (data, size);

  bp_fuzz_push_request (text, size);
  free (text);
  return 0;
}

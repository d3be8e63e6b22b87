/* A packed body of `/v1/push`: the server unpacks it, then reads it. Most
 * inputs are changed inside: a changed byte of gzip ends at its checksum. */
#include "config.h"

#include "bp-fuzz.h"

#include <stdlib.h>
#include <string.h>

#include "bp-error.h"
#include "bp-gzip.h"

/* Small, so that bombs are among what is tried. */
#define MAX_LENGTH (64 * 1024)

size_t
LLVMFuzzerCustomMutator (uint8_t     *data,
                         size_t       size,
                         size_t       max_size,
                         unsigned int seed)
{
  g_autoptr (GBytes) unpacked = bp_gzip_unpack ((const char *)data, size, MAX_LENGTH, NULL);
  g_autoptr (GBytes) packed = NULL;
  g_autofree uint8_t *text = NULL;
  size_t length;

  if (unpacked == NULL || seed % 8 == 0)
    return LLVMFuzzerMutate (data, size, max_size);

  length = g_bytes_get_size (unpacked);
  text = g_malloc (MAX_LENGTH);
  if (length > 0)
    memcpy (text, g_bytes_get_data (unpacked, NULL), length);
  length = LLVMFuzzerMutate (text, length, MAX_LENGTH);
  packed = bp_gzip_pack ((const char *)text, length);
  if (g_bytes_get_size (packed) > max_size)
    return LLVMFuzzerMutate (data, size, max_size);

  memcpy (data, g_bytes_get_data (packed, NULL), g_bytes_get_size (packed));
  return g_bytes_get_size (packed);
}

int
LLVMFuzzerTestOneInput (const uint8_t *data,
                        size_t         size)
{
  char *body = bp_fuzz_copy (data, size);
  g_autoptr (GError) error = NULL;
  g_autoptr (GBytes) unpacked = bp_gzip_unpack (body, size, MAX_LENGTH, &error);
  g_autoptr (GBytes) packed = NULL;
  g_autoptr (GBytes) again = NULL;
  const char *text;
  gsize length;

  free (body);
  g_assert_true ((unpacked == NULL) == (error != NULL));
  if (unpacked == NULL)
    {
      g_assert_true (error->domain == BP_DATA_ERROR);
      return 0;
    }

  text = g_bytes_get_data (unpacked, &length);
  g_assert_cmpuint (length, <=, MAX_LENGTH);
  packed = bp_gzip_pack (text, length);
  again = bp_gzip_unpack (g_bytes_get_data (packed, NULL), g_bytes_get_size (packed), length,
                          &error);
  g_assert_no_error (error);
  g_assert_true (g_bytes_equal (again, unpacked));
  bp_fuzz_push_request (text, length);
  return 0;
}

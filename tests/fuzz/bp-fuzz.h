/* What a target offers libFuzzer, and what the targets share. */
#pragma once

#include <glib.h>
#include <stddef.h>
#include <stdint.h>

G_BEGIN_DECLS

/* libFuzzer's names. */
int LLVMFuzzerTestOneInput (const uint8_t *data,
                            size_t         size);
size_t LLVMFuzzerMutate (uint8_t *data,
                         size_t   size,
                         size_t   max_size);
size_t LLVMFuzzerCustomMutator (uint8_t     *data,
                                size_t       size,
                                size_t       max_size,
                                unsigned int seed);

/* A parser must not read past its input: each target hands over a copy that
 * ends where the input ends. */
char *bp_fuzz_copy (const uint8_t *data,
                    size_t         size);
void bp_fuzz_push_request (const char *text,
                           gsize       length);

G_END_DECLS

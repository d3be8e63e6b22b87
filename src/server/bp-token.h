#pragma once

#include "bp-clock.h"

G_BEGIN_DECLS

char *bp_token_make_secret (BpClock *clock);
char *bp_token_make (const char *secret,
                     const char *store_id,
                     const char *device_id,
                     const char *credential,
                     const char *request);
char *bp_token_get_store (const char *token);
char *bp_token_hash (const char *text);
char *bp_token_hash_request (const char *credential,
                             const char *request);
char *bp_code_make (BpClock *clock);
char *bp_code_normalize (const char *text);

G_END_DECLS

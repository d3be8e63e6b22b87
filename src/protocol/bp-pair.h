#pragma once

#include <glib.h>

G_BEGIN_DECLS

/**
 * BpPairRequest:
 * @code: (nullable) (transfer full): `ABCD-EFGH`; %NULL where a token is
 *   shown instead
 * @request: (transfer full): a UUID; the same again gets the same answer
 * @store: (nullable) (transfer full): the store this folder belongs to
 * @device_name: (transfer full): such as “Counter PC”
 * @prefix: (nullable) (transfer full): what the device used in numbers
 */
typedef struct
{
  char *code;
  char *request;
  char *store;
  char *device_name;
  char *prefix;
} BpPairRequest;

/**
 * BpPairAnswer:
 *
 * Who a device is after pairing. All texts are owned and not null.
 */
typedef struct
{
  char *token;
  char *epoch;
  char *store_id;
  char *store_name;
  char *currency;
  char *time_zone;
  char *device_id;
  char *device_name;
  char *prefix;
} BpPairAnswer;

/**
 * BpInfo:
 * @schema: the server's version of the tables
 * @time: its clock, in milliseconds
 *
 * What `/v1/info` tells.
 */
typedef struct
{
  gint64 schema;
  gint64 time;
} BpInfo;

char *bp_pair_request_to_text (const BpPairRequest *request);
BpPairRequest *bp_pair_request_parse (const char *text,
                                      gsize       length,
                                      GError    **error);
void bp_pair_request_free (BpPairRequest *request);
char *bp_pair_answer_to_text (const BpPairAnswer *answer);
BpPairAnswer *bp_pair_answer_parse (const char *text,
                                    gsize       length,
                                    GError    **error);
void bp_pair_answer_free (BpPairAnswer *answer);
char *bp_info_to_text (const BpInfo *info);
gboolean bp_info_parse (const char *text,
                        gsize       length,
                        BpInfo     *info,
                        GError    **error);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (BpPairRequest, bp_pair_request_free)
G_DEFINE_AUTOPTR_CLEANUP_FUNC (BpPairAnswer, bp_pair_answer_free)

G_END_DECLS

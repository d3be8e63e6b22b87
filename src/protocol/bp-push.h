#pragma once

#include "bp-operation.h"

G_BEGIN_DECLS

/**
 * BpPushItem:
 * @operation: (transfer full): what could be read of it; its @op_id is always
 *   set, and so are @action_id and @id where @fault is %NULL
 * @fault: (nullable) (transfer full): why it is to be rejected; of
 *   #BpDataError
 * @size: of its JSON, in bytes
 *
 * An operation as the server reads it: a fault inside one is never a fault of
 * the request.
 */
typedef struct
{
  BpOperation *operation;
  GError *fault;
  gsize size;
} BpPushItem;

/**
 * BpPushRequest:
 * @epoch: (nullable) (transfer full): the store's past the device knows
 * @attempt: rises with every request of a device
 * @items: (transfer full) (element-type BpPushItem): in order
 */
typedef struct
{
  char *epoch;
  gint64 attempt;
  GPtrArray *items;
} BpPushRequest;

/**
 * BpPushAnswer:
 * @attempt: of the request it answers
 * @seq: the store's latest; a hint
 * @results: (transfer full) (element-type BpResult): one for each operation
 */
typedef struct
{
  gint64 attempt;
  gint64 seq;
  GPtrArray *results;
} BpPushAnswer;

void bp_operation_append_json (const BpOperation *operation,
                               GString           *json);
char *bp_push_request_to_text (const char *epoch,
                               gint64      attempt,
                               GPtrArray  *operations);
BpPushRequest *bp_push_request_parse (const char *text,
                                      gsize       length,
                                      GError    **error);
void bp_push_request_free (BpPushRequest *request);

char *bp_push_answer_to_text (gint64     attempt,
                              gint64     seq,
                              GPtrArray *results);
BpPushAnswer *bp_push_answer_parse (const char *text,
                                    gsize       length,
                                    GPtrArray  *operations,
                                    GError    **error);
void bp_push_answer_free (BpPushAnswer *answer);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (BpPushRequest, bp_push_request_free)
G_DEFINE_AUTOPTR_CLEANUP_FUNC (BpPushAnswer, bp_push_answer_free)

G_END_DECLS

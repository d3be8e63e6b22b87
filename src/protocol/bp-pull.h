#pragma once

#include "bp-state.h"

G_BEGIN_DECLS

/* Of a row, before its fields: id, version, seq, is_deleted, modified_at, op_id,
 * device_name, user. */
#define BP_N_OWN_COLUMNS 8

/**
 * BpPullRequest:
 * @epoch: (nullable) (transfer full): the store's past the device knows
 * @asked: bit i is set where table i is asked for
 * @since: by table index: the last seq looked at
 * @from: (nullable) (transfer full): by table index: the first business date
 *   wanted of a table of facts
 * @limit: 1 to 1000
 * @deleted: whether tombstones come above since 0, too
 */
typedef struct
{
  char *epoch;
  guint asked;
  gint64 since[BP_N_TABLES];
  char *from[BP_N_TABLES];
  int limit;
  gboolean deleted;
} BpPullRequest;

/**
 * BpPullPage:
 * @rows: by table index: (nullable) (transfer full) (element-type BpState):
 *   rows in ascending seq; %NULL where none came
 * @asked: bit i is set where @since holds table i
 * @since: by table index: the last seq looked at
 * @more: whether another page waits
 * @seq: the store's latest, for progress
 * @time: the server's clock, in milliseconds
 */
typedef struct
{
  GPtrArray *rows[BP_N_TABLES];
  guint asked;
  gint64 since[BP_N_TABLES];
  gboolean more;
  gint64 seq;
  gint64 time;
} BpPullPage;

BpPullRequest *bp_pull_request_new (void);
void bp_pull_request_free (BpPullRequest *request);
char *bp_pull_request_to_text (const BpPullRequest *request);
BpPullRequest *bp_pull_request_parse (const char *text,
                                      gsize       length,
                                      GError    **error);

BpPullPage *bp_pull_page_new (void);
void bp_pull_page_free (BpPullPage *page);
char *bp_pull_page_to_text (const BpPullPage *page);
BpPullPage *bp_pull_page_parse (const char          *text,
                                gsize                length,
                                const BpPullRequest *request,
                                GError             **error);
void bp_state_append_row (const BpState *state,
                          GString       *json);
char *bp_pull_rows_to_text (const BpPullPage *page,
                            GString *const   *rows);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (BpPullRequest, bp_pull_request_free)
G_DEFINE_AUTOPTR_CLEANUP_FUNC (BpPullPage, bp_pull_page_free)

G_END_DECLS

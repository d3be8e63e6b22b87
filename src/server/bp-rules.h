/* The server's rules: from a request to its answer, over any backend, without
 * HTTP and without a clock of their own. */
#pragma once

#include "bp-backend.h"
#include "bp-clock.h"
#include "bp-endpoint.h"
#include "bp-problem.h"
#include "bp-spool.h"

G_BEGIN_DECLS

/**
 * BpReply:
 * @status: of HTTP
 * @body: (nullable) (transfer full): JSON
 * @file: (nullable) (transfer full): what is answered instead of @body
 * @file_type: (nullable): of its content, unpacked
 * @epoch: (nullable) (transfer full): of the store, where the token was valid
 * @problem: (nullable) (transfer full): where @status is no success
 * @wrong_code: whether a pairing code was wrong
 * @caller_id: (nullable) (transfer full): the device, where the token was valid
 * @n_results: of a push, how many operations ended so, by #BpResultStatus
 * @is_backend_error: whether the database failed
 * @bytes_made: of a file that had to be made first
 * @store_id: (nullable) (transfer full): of a store that may have changed, or is
 *   to be listened to
 * @device_id: (nullable) (transfer full): who is to listen to it
 * @seq: what it has got to
 */
typedef struct
{
  int status;
  char *body;
  BpSpoolFile *file;
  const char *file_type;
  char *epoch;
  BpProblem *problem;
  gboolean wrong_code;
  char *caller_id;
  guint n_results[BP_N_RESULTS];
  gboolean is_backend_error;
  gint64 bytes_made;
  char *store_id;
  char *device_id;
  gint64 seq;
} BpReply;

/**
 * BpCall:
 * @endpoint: which call
 * @token: (nullable): the bearer token, if one was shown
 * @body: (array length=length): the request's body, unpacked; of an endpoint
 *   without one, the query of its address
 * @length: in bytes
 * @refusal: (nullable): why the call is refused already, whatever it asks
 * @name: (nullable): what is at the end of the path
 * @upload: (nullable): the file that was sent; %NULL where it is only asked
 *   whether it may be
 * @spool: (nullable): where files are made; without, there are none
 * @accepts_gzip: whether a file may be packed
 * @if_range: (nullable): the tag of a file whose rest is asked for
 */
typedef struct
{
  BpEndpointId endpoint;
  const char *token;
  const char *body;
  gsize length;
  const BpProblem *refusal;
  const char *name;
  BpSpoolFile *upload;
  BpSpool *spool;
  gboolean accepts_gzip;
  const char *if_range;
} BpCall;

BpReply *bp_rules_answer (BpBackend    *backend,
                          BpClock      *clock,
                          const BpCall *call);
BpReply *bp_reply_new_problem (BpProblem *problem);
void bp_reply_free (BpReply *reply);

/**
 * BpLiveState:
 * @store_id: of a store
 * @seq: what can be pulled of it by now
 * @device_ids: (element-type utf8): the devices that may listen to it
 */
typedef struct
{
  char *store_id;
  gint64 seq;
  GHashTable *device_ids;
} BpLiveState;

GPtrArray *bp_rules_look_live (BpBackend *backend,
                               GPtrArray *store_ids,
                               GError   **error);
void bp_live_state_free (BpLiveState *state);

gboolean bp_rules_begin_epoch (BpBackend *backend,
                               BpClock   *clock,
                               BpStore   *store,
                               GError   **error);
gboolean bp_rules_forget_backups (BpBackend *backend,
                                  BpClock   *clock,
                                  GError   **error);
gboolean bp_rules_forget_deletions (BpBackend *backend,
                                    BpClock   *clock,
                                    GError   **error);
gboolean bp_rules_thin_history (BpBackend    *backend,
                                BpClock      *clock,
                                int           days,
                                GCancellable *cancellable,
                                GError      **error);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (BpReply, bp_reply_free)

G_END_DECLS

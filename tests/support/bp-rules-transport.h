/* The server's rules in the same process, as a transport: a whole shop of
 * devices and their server in one test. */
#pragma once

#include "bp-clock.h"
#include "bp-transport.h"

G_BEGIN_DECLS

typedef struct _BpRulesServer BpRulesServer;

BpRulesServer *bp_rules_server_new (const char *path,
                                    BpClock    *clock);
void bp_rules_server_free (BpRulesServer *self);
char *bp_rules_server_add_store (BpRulesServer *self,
                                 const char    *name,
                                 const char    *currency);
char *bp_rules_server_make_code (BpRulesServer *self,
                                 const char    *store_id);
void bp_rules_server_begin_epoch (BpRulesServer *self,
                                  const char    *store_id);
void bp_rules_server_revoke_all (BpRulesServer *self,
                                 const char    *store_id);
GPtrArray *bp_rules_server_find_faults (BpRulesServer *self);
void bp_rules_server_forget_deletions (BpRulesServer *self);

/**
 * BpRulesHook:
 * @endpoint: which call
 * @answer: (nullable): %NULL before the server has seen the request, then what
 *   it answers
 * @user_data: of the test
 * @error: set to lose the request, or its answer
 *
 * Stands between a device and the server, and may let others act meanwhile.
 *
 * Returns: (transfer full) (nullable): an answer to give instead; %NULL without
 *   an error to let things go their way
 */
typedef BpAnswer *(*BpRulesHook) (const BpEndpoint *endpoint,
                                  const BpAnswer   *answer,
                                  gpointer          user_data,
                                  GError          **error);

/**
 * BpRulesFiles:
 * @is_missing: the server has none
 * @is_packed: it sends them as gzip
 * @is_other: each request meets another version of the file
 * @is_lossy: the latest row of each is left out of it
 * @cut_after: 0, or so many bytes of an answer come, and then nothing
 * @damage_at: 0, or a byte of the file that comes wrong
 * @piece: 0, or so many bytes come at a time
 *
 * What becomes of files on the way.
 */
typedef struct
{
  gboolean is_missing;
  gboolean is_packed;
  gboolean is_other;
  gboolean is_lossy;
  gint64 cut_after;
  gint64 damage_at;
  gsize piece;
} BpRulesFiles;

#define BP_TYPE_RULES_TRANSPORT (bp_rules_transport_get_type ())

G_DECLARE_FINAL_TYPE (BpRulesTransport, bp_rules_transport, BP, RULES_TRANSPORT, BpTransport)

BpRulesTransport *bp_rules_transport_new (BpRulesServer *server);
void bp_rules_transport_set_hook (BpRulesTransport *self,
                                  BpRulesHook       hook,
                                  gpointer          user_data);
BpRulesFiles *bp_rules_transport_get_files (BpRulesTransport *self);
GPtrArray *bp_rules_transport_get_requests (BpRulesTransport *self);
BpAnswer *bp_rules_make_problem (BpProblemCode code,
                                 const char   *detail);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (BpRulesServer, bp_rules_server_free)

G_END_DECLS

/* What the files of the rules share. */
#pragma once

#include "bp-rules.h"

G_BEGIN_DECLS

BpReply *bp_rules_pair (BpBackend      *backend,
                        BpClock        *clock,
                        const BpDevice *device,
                        const BpCall   *call);
BpReply *bp_rules_push (BpBackend      *backend,
                        BpClock        *clock,
                        const BpDevice *device,
                        const BpCall   *call);
BpReply *bp_rules_pull (BpBackend      *backend,
                        BpClock        *clock,
                        const BpDevice *device,
                        const BpCall   *call);

BpReply *bp_rules_history (BpBackend      *backend,
                           const BpDevice *device,
                           const BpCall   *call);

BpReply *bp_rules_snapshot (BpBackend     *backend,
                            BpClock       *clock,
                            const BpStore *store,
                            const BpCall  *call);

BpReply *bp_rules_list_backups (BpBackend      *backend,
                                const BpDevice *device);
BpReply *bp_rules_get_backup (BpBackend      *backend,
                              const BpDevice *device,
                              const BpCall   *call);
BpReply *bp_rules_put_backup (BpBackend      *backend,
                              BpClock        *clock,
                              const BpDevice *device,
                              const BpCall   *call);

BpReply *bp_rules_live (const BpDevice *device,
                        const BpStore  *store);

BpReply *bp_rules_refuse (BpBackend    *backend,
                          BpProblemCode code,
                          const char   *detail);
BpReply *bp_rules_refuse_epoch (BpBackend  *backend,
                                const char *epoch);
BpReply *bp_rules_refuse_text (const GError *error);
BpReply *bp_rules_fail (BpBackend *backend,
                        GError    *error);
BpReply *bp_rules_refuse_spool (BpBackend *backend,
                                GError    *error);
BpReply *bp_rules_accept (int   status,
                          char *body);

G_END_DECLS

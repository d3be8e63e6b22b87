/* What a push works on: everything it touches, read in sets beforehand,
 * changed in memory, written in sets afterwards. */
#pragma once

#include "bp-backend.h"

G_BEGIN_DECLS

typedef struct _BpLedger BpLedger;

BpLedger *bp_ledger_new (BpBackend      *backend,
                         const BpStore  *store,
                         const BpDevice *device);
void bp_ledger_free (BpLedger *self);
void bp_ledger_load (BpLedger  *self,
                     GPtrArray *operations);
void bp_ledger_reset (BpLedger *self);

const BpState *bp_ledger_get (BpLedger      *self,
                              const BpTable *table,
                              const char    *id);
BpState *bp_ledger_copy (BpLedger      *self,
                         const BpState *state);
const BpState *bp_ledger_find (BpLedger      *self,
                               const BpTable *table,
                               guint          field,
                               const char    *text,
                               const char    *except_id);
gboolean bp_ledger_has_returns (BpLedger   *self,
                                const char *sale_id);
gint64 bp_ledger_get_origin (BpLedger      *self,
                             const BpState *state);
gboolean bp_ledger_recall (BpLedger   *self,
                           const char *op_id,
                           const char *hash,
                           gint64     *version,
                           gint64     *seq);
gboolean bp_ledger_was_remembered (BpLedger   *self,
                                   const char *op_id);

void bp_ledger_remember (BpLedger          *self,
                         const BpOperation *operation,
                         const char        *hash,
                         const char        *data,
                         const BpState     *state);
gboolean bp_ledger_put (BpLedger          *self,
                        const BpOperation *operation,
                        BpState           *after);
gint64 bp_ledger_write (BpLedger *self,
                        gint64    now);
gboolean bp_ledger_take_error (BpLedger *self,
                               GError  **error);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (BpLedger, bp_ledger_free)

G_END_DECLS

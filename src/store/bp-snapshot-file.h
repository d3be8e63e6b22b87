/* A snapshot as the server sends it (the contract, section 5): a file from
 * outside, that is believed in nothing before it was checked. */
#pragma once

#include <gio/gio.h>

#include "bp-store.h"

G_BEGIN_DECLS

typedef struct _BpSnapshot BpSnapshot;

BpSnapshot *bp_snapshot_open (const char   *path,
                              guint         tables,
                              GCancellable *cancellable,
                              GError      **error);
void bp_snapshot_close (BpSnapshot *self);
const char *bp_snapshot_get_epoch (const BpSnapshot *self);
gint64 bp_snapshot_get_seq (const BpSnapshot *self);
gint64 bp_snapshot_count_rows (const BpSnapshot *self);

gboolean bp_store_begin_bring_in (BpStore          *self,
                                  const BpSnapshot *snapshot,
                                  gint64           *n_here,
                                  GError          **error);
gboolean bp_store_bring_in (BpStore    *self,
                            BpSnapshot *snapshot,
                            guint       max_rows,
                            guint      *n_stored,
                            GError    **error);
gboolean bp_snapshot_is_done (const BpSnapshot *self);
gint64 bp_snapshot_count_read (const BpSnapshot *self);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (BpSnapshot, bp_snapshot_close)

G_END_DECLS

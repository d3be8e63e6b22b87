/* Snapshots made from what pulls bring. */
#pragma once

#include <gio/gio.h>

#include "bp-transport.h"

G_BEGIN_DECLS

/**
 * BpMadeSnapshot:
 * @file: (transfer full): the file
 * @epoch: (transfer full): of the store
 * @seq: of the store
 */
typedef struct
{
  GBytes *file;
  char *epoch;
  gint64 seq;
} BpMadeSnapshot;

BpMadeSnapshot *bp_snapshot_make (BpTransport *wire,
                                  const char  *token,
                                  guint        tables,
                                  gboolean     is_lossy);
void bp_made_snapshot_free (BpMadeSnapshot *made);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (BpMadeSnapshot, bp_made_snapshot_free)

G_END_DECLS

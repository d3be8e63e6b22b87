/* A snapshot that is being fetched: what came of it, in a file in the folder,
 * and what the books say of that file. */
#pragma once

#include "bp-store.h"

G_BEGIN_DECLS

/**
 * BpPart:
 * @path: where the bytes are, as they came
 * @unpacked_path: where they are unpacked to, if they need to be
 * @epoch: of the books
 * @tables: what was asked for, as it stands in an address
 * @etag: (nullable): of the bytes
 * @offset: how many are there, durable
 * @size: how many it will be; 0 where that is not known
 * @is_packed: whether they are gzip
 * @begun_at: when the first came, in milliseconds
 * @n_fails: tries since then that brought nothing
 * @fd: the open file
 *
 * On the stack; see bp_part_open().
 */
typedef struct
{
  BpStore *store; /* (unowned) */
  char *path;
  char *unpacked_path;
  char *epoch;
  char *tables;
  char *etag;
  gint64 offset;
  gint64 size;
  gboolean is_packed;
  gint64 begun_at;
  gint64 n_fails;
  int fd;
} BpPart;

gboolean bp_part_is_there (BpStore *store);
gboolean bp_part_is_refused (BpStore *store);
gboolean bp_part_open (BpPart     *self,
                       BpStore    *store,
                       const char *tables,
                       GError    **error);
gboolean bp_part_keep (BpPart  *self,
                       GError **error);
gboolean bp_part_is_whole (const BpPart *self);
const char *bp_part_unpack (BpPart  *self,
                            gint64   max_size,
                            GError **error);
void bp_part_clear (BpPart *self);
gboolean bp_part_drop (BpStore *store,
                       GError **error);
gboolean bp_part_refuse (BpStore *store,
                         GError **error);

G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC (BpPart, bp_part_clear)

G_END_DECLS

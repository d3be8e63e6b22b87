/* Files on their way: made by the server, kept for a while so that a broken
 * download can go on, gone with the process. For any number of threads. */
#pragma once

#include <gio/gio.h>

#include "bp-clock.h"

G_BEGIN_DECLS

/**
 * BpSpoolError:
 * @BP_SPOOL_ERROR_FULL: the disk, or what a store or all may hold, is full; with
 *   time there will be room
 * @BP_SPOOL_ERROR_TOO_LARGE: one file may not grow so large
 * @BP_SPOOL_ERROR_CLOSED: the server ends
 * @BP_SPOOL_ERROR_FAILED: anything else
 */
typedef enum
{
  BP_SPOOL_ERROR_FULL,
  BP_SPOOL_ERROR_TOO_LARGE,
  BP_SPOOL_ERROR_CLOSED,
  BP_SPOOL_ERROR_FAILED,
} BpSpoolError;

#define BP_SPOOL_ERROR (bp_spool_error_quark ())

GQuark bp_spool_error_quark (void);

/**
 * BpSpoolLimits:
 * @max_bytes: what all files may hold
 * @max_of_store: what one store's may hold
 * @max_files: how many are kept
 * @max_files_of_store: how many of one store
 * @max_backups: what the backups of one store may hold in the main database
 * @keep_ms: how long one is kept after it was last asked for, in milliseconds
 */
typedef struct
{
  gint64 max_bytes;
  gint64 max_of_store;
  guint max_files;
  guint max_files_of_store;
  gint64 keep_ms;
  gint64 max_backups;
} BpSpoolLimits;

typedef struct _BpSpool BpSpool;

/**
 * BpSpoolFile:
 * @etag: (nullable): with its quotation marks; the same for the same bytes;
 *   %NULL until it is finished
 * @size: in bytes
 * @is_gzip: whether its content is packed
 * @number: which state of what it shows
 *
 * A file without a name: it is there for as long as anybody holds it.
 */
typedef struct
{
  char *etag;
  gint64 size;
  gboolean is_gzip;
  gint64 number;
} BpSpoolFile;

BpSpool *bp_spool_new (BpClock             *clock,
                       const BpSpoolLimits *limits,
                       GError             **error);
BpSpool *bp_spool_ref (BpSpool *self);
void bp_spool_unref (BpSpool *self);
void bp_spool_limits_init (BpSpoolLimits *limits);
const BpSpoolLimits *bp_spool_get_limits (BpSpool *self);
void bp_spool_close (BpSpool *self);
gboolean bp_spool_is_closed (BpSpool *self);
gint64 bp_spool_get_room (BpSpool    *self,
                          const char *store_id,
                          gboolean   *is_all);
char *bp_spool_make_path (BpSpool *self);

BpSpoolFile *bp_spool_make (BpSpool    *self,
                            const char *store_id,
                            GError    **error);
BpSpoolFile *bp_spool_take (BpSpool    *self,
                            const char *store_id,
                            const char *path,
                            GError    **error);
gboolean bp_spool_file_append (BpSpoolFile *file,
                               const void  *data,
                               gsize        length,
                               GError     **error);
gboolean bp_spool_file_finish (BpSpoolFile *file,
                               GError     **error);
gssize bp_spool_file_read (BpSpoolFile *file,
                           gint64       offset,
                           void        *buffer,
                           gsize        length,
                           GError     **error);
char *bp_spool_file_get_hash (BpSpoolFile *file);
BpSpoolFile *bp_spool_file_ref (BpSpoolFile *file);
void bp_spool_file_unref (BpSpoolFile *file);
BpSpoolFile *bp_spool_pack (BpSpool     *self,
                            const char  *store_id,
                            BpSpoolFile *file,
                            GError     **error);

void bp_spool_keep (BpSpool     *self,
                    const char  *group,
                    BpSpoolFile *file);
BpSpoolFile *bp_spool_find (BpSpool    *self,
                            const char *store_id,
                            const char *group,
                            const char *etag);
void bp_spool_drop_old (BpSpool *self);

gint64 bp_spool_get_wait (BpSpool    *self,
                          const char *store_id);
void bp_spool_charge (BpSpool    *self,
                      const char *store_id,
                      gint64      milliseconds);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (BpSpool, bp_spool_unref)
G_DEFINE_AUTOPTR_CLEANUP_FUNC (BpSpoolFile, bp_spool_file_unref)

G_END_DECLS

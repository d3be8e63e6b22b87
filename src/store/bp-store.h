/* The device's books: one SQLite file and its only writer. A save writes
 * rows, queue and base in one durable transaction. Functions may be called
 * from any thread: each takes the store's lock for as long as it runs, so
 * that one transaction is under way at a time and none needs a thread hop. */
#pragma once

#include "bp-clock.h"
#include "bp-operation.h"

G_BEGIN_DECLS

#define BP_STORE_ERROR (bp_store_error_quark ())

/**
 * BpStoreError:
 * @BP_STORE_ERROR_NOT_FOUND: no such record, conflict or operation
 * @BP_STORE_ERROR_DUPLICATE: another living record has the key, or the id
 * @BP_STORE_ERROR_POSTED: a fact does not change
 * @BP_STORE_ERROR_STALE: what was decided on has moved meanwhile
 * @BP_STORE_ERROR_REFUSED: not allowed in this state; the message says why
 * @BP_STORE_ERROR_LIMIT: a limit of the contract is exceeded
 *
 * Beside these, functions pass on #BpDataError and #BpDatabaseError.
 */
typedef enum
{
  BP_STORE_ERROR_NOT_FOUND,
  BP_STORE_ERROR_DUPLICATE,
  BP_STORE_ERROR_POSTED,
  BP_STORE_ERROR_STALE,
  BP_STORE_ERROR_REFUSED,
  BP_STORE_ERROR_LIMIT,
} BpStoreError;

GQuark bp_store_error_quark (void);

/**
 * BpRecordStatus:
 *
 * What the user sees of a record's way to the server (`sync_status`).
 */
typedef enum
{
  BP_RECORD_SYNCED,
  BP_RECORD_PENDING,
  BP_RECORD_CONFLICT,
  BP_RECORD_FAILED,
} BpRecordStatus;

/**
 * BpRow:
 * @row: the number lists know it by, above 0
 * @state: (transfer full): the record as the user sees it
 * @status: its way to the server
 * @titles: (nullable) (transfer full) (element-type utf8): by field, what
 *   people read of the record it refers to; %NULL where it does not or that one
 *   is not here. Read for lists only
 */
typedef struct
{
  guint32 row;
  BpState *state;
  BpRecordStatus status;
  GPtrArray *titles;
} BpRow;

/**
 * BpWrite:
 * @table: (unowned): which table
 * @id: (transfer full): which record
 * @kind: INSERT makes a new one (or fails with DUPLICATE), UPDATE changes a
 *   living one or restores a deleted one, DELETE
 * @change: (nullable) (transfer full): its fields
 */
typedef struct
{
  const BpTable *table;
  char *id;
  BpOperationKind kind;
  BpChange *change;
} BpWrite;

/**
 * BpListFilter:
 * @table: (unowned): which
 * @search: (nullable): beginnings of words that must all be found, in tables
 *   without searched fields in one of the records referred to
 * @deleted: whether deleted records are listed, too
 * @limit: at most so many; all where negative
 * @selected: whether records are left out that this device's user has chosen
 *   not to see
 */
typedef struct
{
  const BpTable *table;
  const char *search;
  gboolean deleted;
  gint64 limit;
  gboolean selected;
} BpListFilter;

/**
 * BpRowFunc:
 *
 * Returns: whether to go on
 */
typedef gboolean (*BpRowFunc) (const BpRow *row,
                               gpointer     user_data);

#define BP_TYPE_STORE (bp_store_get_type ())

G_DECLARE_FINAL_TYPE (BpStore, bp_store, BP, STORE, GObject)

/**
 * BpStoreFunc:
 *
 * Runs inside one transaction; %FALSE with @error set takes all of it back.
 */
typedef gboolean (*BpStoreFunc) (BpStore *store,
                                 gpointer user_data,
                                 GError **error);

/* Opening, transactions. Signal "changed" (guint tables: bit i = table i) after
 * each commit that changed records or their status, in the thread that wrote. */
BpStore *bp_store_open (const char *folder,
                        BpClock    *clock,
                        GError    **error);
/**
 * BpRepair:
 * @kept: (owned): what the damaged file is called now
 * @n_rows: rows that could be read of it
 * @is_whole: whether nothing showed that rows are missing
 */
typedef struct
{
  char *kept;
  guint64 n_rows;
  gboolean is_whole;
} BpRepair;

gboolean bp_store_repair (const char *folder,
                          BpClock    *clock,
                          BpRepair   *repair,
                          GError    **error);
gboolean bp_store_repair_helps (const GError *error);
const char *bp_store_get_folder (BpStore *self);
gboolean bp_store_is_read_only (BpStore *self);
BpClock *bp_store_get_clock (BpStore *self);
gboolean bp_store_transact (BpStore    *self,
                            BpStoreFunc func,
                            gpointer    user_data,
                            GError    **error);
gboolean bp_store_look_around (BpStore *self);
gboolean bp_store_checkpoint (BpStore *self,
                              GError **error);

/* Saving: one action, all or nothing. Inside bp_store_transact() or alone. */
BpWrite *bp_write_new (const BpTable  *table,
                       const char     *id,
                       BpOperationKind kind,
                       BpChange       *change);
void bp_write_free (BpWrite *write);
gboolean bp_store_save (BpStore    *self,
                        GPtrArray  *writes,
                        const char *user,
                        GError    **error);

/* Reading. */
void bp_row_free (BpRow *row);
const char *bp_record_status_to_string (BpRecordStatus status);
BpRow *bp_store_get (BpStore       *self,
                     const BpTable *table,
                     const char    *id,
                     GError       **error);
BpRow *bp_store_get_referred (BpStore       *self,
                              const BpTable *table,
                              const char    *id,
                              GError       **error);
gboolean bp_store_read_titles (BpStore *self,
                               BpRow   *row,
                               GError **error);
char *bp_store_find_by_key (BpStore       *self,
                            const BpTable *table,
                            const char    *field,
                            const char    *value,
                            GError       **error);
gboolean bp_store_list (BpStore            *self,
                        const BpListFilter *filter,
                        BpRowFunc           func,
                        gpointer            user_data,
                        GError            **error);

/* Small things kept by name. @value NULL forgets. */
char *bp_store_get_value (BpStore    *self,
                          const char *name);
gboolean bp_store_peek_value (const char *folder,
                              const char *name,
                              char      **value,
                              GError    **error);
gboolean bp_store_set_value (BpStore    *self,
                             const char *name,
                             const char *value,
                             GError    **error);
gint64 bp_store_get_number (BpStore    *self,
                            const char *name,
                            gint64      fallback);
gboolean bp_store_set_number (BpStore    *self,
                              const char *name,
                              gint64      number,
                              GError    **error);
char *bp_store_get_device_setting (BpStore    *self,
                                   const char *name);
gboolean bp_store_set_device_setting (BpStore    *self,
                                      const char *name,
                                      const char *value,
                                      GError    **error);
char *bp_store_take_number (BpStore    *self,
                            const char *prefix,
                            const char *financial_year,
                            GError    **error);

/**
 * BpImportNote:
 * @position: its place in the import, from 1
 * @table: (unowned): a table
 * @id: (transfer full): a record that the import wrote
 * @before: (nullable) (transfer full): what it was before; %NULL where new
 */
typedef struct
{
  gint64 position;
  const BpTable *table;
  char *id;
  BpState *before;
} BpImportNote;

/* Imports, so that they can be undone as a whole. @before: NULL where new. */
gboolean bp_store_note_import (BpStore       *self,
                               const char    *import_id,
                               const BpTable *table,
                               const char    *file_name,
                               GError       **error);
gboolean bp_store_note_import_record (BpStore       *self,
                                      const char    *import_id,
                                      const BpTable *table,
                                      const char    *id,
                                      const BpState *before,
                                      GError       **error);

gboolean bp_store_find_import (BpStore    *self,
                               const char *import_id,
                               gboolean   *is_undone,
                               GError    **error);
GPtrArray *bp_store_list_import_notes (BpStore    *self,
                                       const char *import_id,
                                       guint       limit,
                                       GError    **error);
gboolean bp_store_forget_import_note (BpStore            *self,
                                      const char         *import_id,
                                      const BpImportNote *note,
                                      GError            **error);
gboolean bp_store_end_import (BpStore    *self,
                              const char *import_id,
                              GError    **error);
void bp_import_note_free (BpImportNote *note);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (BpImportNote, bp_import_note_free)
G_DEFINE_AUTOPTR_CLEANUP_FUNC (BpWrite, bp_write_free)
G_DEFINE_AUTOPTR_CLEANUP_FUNC (BpRow, bp_row_free)

G_END_DECLS

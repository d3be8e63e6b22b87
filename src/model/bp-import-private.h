/* What the files of the import share. */
#pragma once

#include "bp-import.h"

G_BEGIN_DECLS

/**
 * BpImportRow:
 * @line: of the file where it begins, from 1
 * @cells: (element-type utf8): as they stand in the file
 * @reason: (nullable): why it is rejected
 */
typedef struct
{
  guint line;
  GPtrArray *cells;
  char *reason;
} BpImportRow;

typedef struct _BpImport BpImport;

/**
 * BpImportKind:
 * @get_fields: what a column can be; each has a label
 * @check_columns: whether what is needed is there
 * @make_items: the actions that the rows make up; rows that make up none are
 *   rejected with bp_import_reject_row()
 * @apply: saves one of them, inside a transaction; on failure its rows are
 *   rejected
 * @get_rows: (transfer none) (element-type BpImportRow): the rows of one; the
 *   array is kept by the item
 *
 * How the rows of a table are brought in.
 */
typedef struct
{
  const BpField *(*get_fields) (BpImport *self,
                                guint    *n_fields);
  gboolean       (*check_columns) (BpImport *self,
                                   GError  **error);
  GPtrArray *(*make_items) (BpImport *self);
  gboolean       (*apply) (BpImport *self,
                           gpointer  item,
                           GError  **error);
  GPtrArray *(*get_rows) (gpointer item);
} BpImportKind;

/**
 * BpImport:
 * @fields: (element-type BpField): what a column can be, by number
 * @columns: (array): for each field the column that holds it; −1 for none
 * @rows: (element-type BpImportRow): all rows of the file
 *
 * An import under way; used by one thread.
 */
struct _BpImport
{
  BpShop *shop;                   /* (unowned) */
  BpStore *store;                 /* (unowned) */
  const BpImportOptions *options; /* (unowned) */
  const BpImportKind *kind;       /* (unowned) */
  BpProfile *profile;             /* (owned) */
  GTimeZone *zone;                /* (owned) */
  int decimals;
  const BpField *fields; /* (unowned) */
  guint n_fields;
  int *columns;       /* (owned) */
  GPtrArray *headers; /* (owned) (element-type utf8) */
  GPtrArray *rows;    /* (owned) (element-type BpImportRow) */
  gpointer state;     /* (owned) (nullable): the kind's */
  GDestroyNotify free_state;
  BpImportResult *result; /* (owned) */
};

/* bp-import.c */
gboolean bp_import_open (BpImport              *self,
                         BpShop                *shop,
                         const BpImportOptions *options,
                         GError               **error);
void bp_import_clear (BpImport *self);
int bp_import_find_field (BpImport   *self,
                          const char *name);
const char *bp_import_get_cell (BpImport          *self,
                                const BpImportRow *row,
                                guint              field);
gboolean bp_import_read_cell (BpImport          *self,
                              const BpImportRow *row,
                              guint              field,
                              BpValue           *value,
                              GError           **error);
void bp_import_reject_row (BpImport    *self,
                           BpImportRow *row,
                           const char  *reason);
gboolean bp_import_get (BpImport      *self,
                        const BpTable *table,
                        const char    *id,
                        BpRow        **row,
                        GError       **error);
gboolean bp_import_note (BpImport      *self,
                         const BpTable *table,
                         const char    *id,
                         const BpState *before,
                         GError       **error);

/* bp-import-cell.c */
gboolean bp_import_parse_cell (const BpField *field,
                               const char    *text,
                               int            decimals,
                               GTimeZone     *zone,
                               BpValue       *value,
                               GError       **error);

G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC (BpImport, bp_import_clear)

extern const BpImportKind bp_import_records;
extern const BpImportKind bp_import_bills;

G_END_DECLS

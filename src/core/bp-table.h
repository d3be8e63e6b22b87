/* The tables as data. Statements, JSON, validation, merge, CSV and forms all
 * come from here; a new field is one line in bp-table.c and one migration. */
#pragma once

#include <gio/gio.h>

#include "bp-types.h"

G_BEGIN_DECLS

#define BP_INTEGER_MAX G_GINT64_CONSTANT (9007199254740991)
#define BP_MAX_FIELDS 20
#define BP_N_TABLES 8

/**
 * BpFieldType:
 * @BP_FIELD_TEXT: UTF-8, at most 4 KiB
 * @BP_FIELD_NOTE: UTF-8, at most 64 KiB
 * @BP_FIELD_INTEGER: a plain integer
 * @BP_FIELD_MONEY: an amount in the currency's minor unit
 * @BP_FIELD_QUANTITY: thousandths of the unit
 * @BP_FIELD_RATE: basis points
 * @BP_FIELD_FLAG: 0 or 1
 * @BP_FIELD_TIME: milliseconds since 1970 UTC
 * @BP_FIELD_DATE: text `YYYY-MM-DD`
 * @BP_FIELD_CHOICE: one of a fixed list of words
 * @BP_FIELD_REFERENCE: the id of a record of another table
 * @BP_FIELD_LINES: the lines of a sale: an array of objects on the wire,
 *   canonical JSON text in a #BpValue and in SQL
 * @BP_FIELD_JSON: text that holds one JSON value of the user's
 *
 * What a field means. Money, quantity, rate, flag, time and integer are
 * integers everywhere; all others are text.
 */
typedef enum
{
  BP_FIELD_TEXT,
  BP_FIELD_NOTE,
  BP_FIELD_INTEGER,
  BP_FIELD_MONEY,
  BP_FIELD_QUANTITY,
  BP_FIELD_RATE,
  BP_FIELD_FLAG,
  BP_FIELD_TIME,
  BP_FIELD_DATE,
  BP_FIELD_CHOICE,
  BP_FIELD_REFERENCE,
  BP_FIELD_LINES,
  BP_FIELD_JSON,
} BpFieldType;

/**
 * BpFieldFlags:
 * @BP_FIELD_NEEDED: an INSERT without it is refused
 * @BP_FIELD_KEY: no two living records of a store may share it; compared byte
 *   for byte after trimming, empty is null
 * @BP_FIELD_SERIES: a key that is given out in a series: on a collision the
 *   local record gets the next one (other keys: the records become one)
 * @BP_FIELD_PROJECTION: computed, never written by a user nor sent
 * @BP_FIELD_SEARCHED: found by its words' beginnings
 * @BP_FIELD_CHANGEABLE: may change although its table holds facts
 * @BP_FIELD_AMOUNTS: all fields so marked count as one in a merge
 */
typedef enum
{
  BP_FIELD_PLAIN = 0,
  BP_FIELD_NEEDED = 1 << 0,
  BP_FIELD_KEY = 1 << 1,
  BP_FIELD_SERIES = 1 << 2,
  BP_FIELD_PROJECTION = 1 << 3,
  BP_FIELD_SEARCHED = 1 << 4,
  BP_FIELD_CHANGEABLE = 1 << 5,
  BP_FIELD_AMOUNTS = 1 << 6,
} BpFieldFlags;

/**
 * BpField:
 * @name: SQL column, JSON member, GObject property and CSV header
 * @type: what it means
 * @flags: what applies to it
 * @label: (nullable): what people read, to be translated; %NULL for a field
 *   that is not shown by itself
 * @detail: (nullable): of a choice, the words, separated by spaces; of a
 *   reference, the table
 * @min: the least integer allowed
 * @max: the greatest; where @min and @max are both 0, ±(2^53 − 1)
 */
struct _BpField
{
  const char *name;
  BpFieldType type;
  BpFieldFlags flags;
  const char *label;
  const char *detail;
  gint64 min;
  gint64 max;
};

typedef enum
{
  BP_PRIORITY_HIGH,
  BP_PRIORITY_MEDIUM,
  BP_PRIORITY_LOW,
} BpPriority;

/**
 * BpTable:
 * @name: its name on the wire; the device's SQL table is this and `_local`
 * @label: what people read, to be translated
 * @priority: how urgently its changes are sent, unless configured otherwise
 * @fact: rows are inserted, never changed or deleted, except for fields that
 *   are %BP_FIELD_CHANGEABLE
 * @keyed: the id is its meaning (settings), so that two inserts of one id are
 *   the same record
 * @date_field: (nullable): by which a pull with `from` is limited; a
 *   business date, or a time
 * @group_field: (nullable): by which lists may be limited to what is chosen
 *   in @group_setting
 * @group_setting: (nullable): the device's setting for it
 * @fields: (array length=n_fields): in the order of columns
 * @n_fields: at most %BP_MAX_FIELDS
 */
struct _BpTable
{
  const char *name;
  const char *label;
  BpPriority priority;
  gboolean fact;
  gboolean keyed;
  const char *date_field;
  const char *group_field;
  const char *group_setting;
  const BpField *fields;
  guint n_fields;
};

const BpTable *bp_table_get (guint index);
const BpTable *bp_table_find (const char *name);
const BpTable *bp_table_require (const char *name,
                                 GError    **error);
guint bp_table_get_index (const BpTable *table);
int bp_table_find_field (const BpTable *table,
                         const char    *name);
gboolean bp_table_has_projection (const BpTable *table);
gboolean bp_table_has_lines (const BpTable *table);
const BpField *bp_table_get_line_fields (guint *n_fields);

gboolean bp_field_is_text (const BpField *field);
gsize bp_field_get_max_length (const BpField *field);
gboolean bp_field_has_choice (const BpField *field,
                              const char    *word);
gboolean bp_field_check (const BpField *field,
                         const BpValue *value,
                         GError       **error);

const char *bp_priority_to_string (BpPriority priority);
gboolean bp_priority_from_string (const char *text,
                                  BpPriority *priority);

G_END_DECLS

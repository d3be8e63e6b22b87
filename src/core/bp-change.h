#pragma once

#include <json-glib/json-glib.h>

#include "bp-table.h"

G_BEGIN_DECLS

typedef enum
{
  BP_VALUE_NULL,
  BP_VALUE_INTEGER,
  BP_VALUE_TEXT,
} BpValueKind;

/**
 * BpValue:
 * @kind: which of the others holds
 * @integer: the number
 * @text: (nullable) (transfer full): UTF-8, nul-terminated
 */
struct _BpValue
{
  BpValueKind kind;
  gint64 integer;
  char *text; /* (owned) (nullable) */
};

void bp_value_clear (BpValue *value);
void bp_value_set_integer (BpValue *value,
                           gint64   integer);
void bp_value_set_text (BpValue    *value,
                        const char *text);
void bp_value_take_text (BpValue *value,
                         char    *text);
void bp_value_copy (BpValue       *to,
                    const BpValue *from);
gboolean bp_value_equal (const BpValue *a,
                         const BpValue *b);
void bp_value_append_json (const BpValue *value,
                           const BpField *field,
                           GString       *json);

/**
 * BpChange:
 * @table: (unowned): whose fields
 * @mask: bit i is set where field i is present
 * @values: by field index; null where not present
 *
 * Some fields of a record and their values: a delta, or, with all fields
 * present, a whole record's data.
 */
struct _BpChange
{
  const BpTable *table;
  guint64 mask;
  BpValue values[BP_MAX_FIELDS];
};

/**
 * BpChangeFlags:
 * @BP_CHANGE_STRICT: what a user or device may write: a projection is refused
 * @BP_CHANGE_LENIENT: unknown members are passed over and projections
 *   taken: what a server of a newer schema sends
 * @BP_CHANGE_BOOLEANS: a flag may be true or false, too
 */
typedef enum
{
  BP_CHANGE_STRICT = 0,
  BP_CHANGE_LENIENT = 1 << 0,
  BP_CHANGE_BOOLEANS = 1 << 1,
} BpChangeFlags;

BpChange *bp_change_new (const BpTable *table);
BpChange *bp_change_copy (const BpChange *change);
void bp_change_free (BpChange *change);
BpChange *bp_change_new_from_json (const BpTable *table,
                                   JsonObject    *object,
                                   BpChangeFlags  flags,
                                   GError       **error);
BpChange *bp_change_new_from_text (const BpTable *table,
                                   const char    *text,
                                   BpChangeFlags  flags,
                                   GError       **error);

gboolean bp_change_has (const BpChange *change,
                        guint           field);
gboolean bp_change_is_empty (const BpChange *change);
const BpValue *bp_change_get (const BpChange *change,
                              const char     *name);
gint64 bp_change_get_integer (const BpChange *change,
                              const char     *name);
const char *bp_change_get_text (const BpChange *change,
                                const char     *name);
void bp_change_set (BpChange      *change,
                    guint          field,
                    const BpValue *value);
void bp_change_set_null (BpChange   *change,
                         const char *name);
void bp_change_set_integer (BpChange   *change,
                            const char *name,
                            gint64      integer);
void bp_change_set_text (BpChange   *change,
                         const char *name,
                         const char *text);
void bp_change_unset (BpChange *change,
                      guint     field);

void bp_change_apply (BpChange       *state,
                      const BpChange *change);
BpChange *bp_change_diff (const BpChange *from,
                          const BpChange *to);
gboolean bp_change_equal (const BpChange *a,
                          const BpChange *b);
void bp_change_complete (BpChange *change);
void bp_change_drop_projections (BpChange *change);
gboolean bp_change_normalize (BpChange *change,
                              gboolean  insert,
                              GError  **error);
void bp_change_append_json (const BpChange *change,
                            GString        *json);
char *bp_change_to_text (const BpChange *change);

G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC (BpValue, bp_value_clear)
G_DEFINE_AUTOPTR_CLEANUP_FUNC (BpChange, bp_change_free)

G_END_DECLS

/* What holds for facts and for sales alone: they add up, are posted once, and
 * are undone only as a whole. */
#include "config.h"

#include "bp-sale-rules.h"

#include <string.h>

#include "bp-json.h"

static gboolean
refuse (const char **code,
        const char **detail,
        const char  *the_code,
        const char  *the_detail)
{
  *code = the_code;
  *detail = the_detail;
  return FALSE;
}

static gboolean
is_sales (const BpTable *table)
{
  return g_str_equal (table->name, "sales");
}

static gboolean
has_text (const BpChange *data,
          const char     *field,
          const char     *text)
{
  return g_strcmp0 (bp_change_get_text (data, field), text) == 0;
}

/* @lines have been checked when they were read. */
static gboolean
sum_lines (const char *lines,
           gint64     *sum)
{
  g_autoptr (GString) name = g_string_new (NULL);
  BpJsonCursor cursor;

  bp_json_cursor_init (&cursor, lines, strlen (lines));
  bp_json_cursor_enter (&cursor, '[');
  while (bp_json_cursor_next (&cursor))
    {
      bp_json_cursor_enter (&cursor, '{');
      while (bp_json_cursor_next (&cursor) && bp_json_cursor_member (&cursor, name))
        {
          gint64 total;

          if (!g_str_equal (name->str, "total") || !bp_json_cursor_integer (&cursor, &total))
            bp_json_cursor_skip (&cursor, NULL, NULL);
          else if (__builtin_add_overflow (*sum, total, sum))
            return FALSE;
        }
    }

  return TRUE;
}

/**
 * bp_sale_rules_check_record:
 * @ledger: a ledger
 * @table: a table; only sales are looked at
 * @id: the record
 * @data: all its fields
 * @code: (out): where refused
 * @detail: (out): where refused
 *
 * Returns: whether this may become a new record
 */
gboolean
bp_sale_rules_check_record (BpLedger       *ledger,
                            const BpTable  *table,
                            const char     *id,
                            const BpChange *data,
                            const char    **code,
                            const char    **detail)
{
  gint64 sum;
  const char *refers_to;
  const BpState *original;

  if (!is_sales (table))
    return TRUE;

  sum = bp_change_get_integer (data, "round_off");
  if (!sum_lines (bp_change_get_text (data, "lines"), &sum)
      || sum != bp_change_get_integer (data, "total_amount"))
    return refuse (code, detail, "invalid_value",
                   "The lines and the rounding do not add up to “total_amount”");
  if (has_text (data, "status", "draft"))
    return refuse (code, detail, "invalid_value", "A draft stays on its device");
  if (has_text (data, "status", "void") && bp_ledger_has_returns (ledger, id))
    return refuse (code, detail, "returned", "Something of this sale has been returned");

  refers_to = bp_change_get_text (data, "refers_to");
  if (!has_text (data, "kind", "return") || !has_text (data, "status", "posted")
      || refers_to == NULL)
    return TRUE;

  original = bp_ledger_get (ledger, table, refers_to);
  if (original != NULL && has_text (original->data, "status", "void"))
    return refuse (code, detail, "void", "The sale that is returned has been voided");
  return TRUE;
}

static gboolean
is_changed (const BpOperation *operation,
            const BpState     *current,
            guint              field)
{
  if (!bp_change_has (operation->data, field))
    return FALSE;

  return current == NULL
         || !bp_value_equal (&operation->data->values[field], &current->data->values[field]);
}

static gboolean
has_changeable (const BpTable *table)
{
  for (guint i = 0; i < table->n_fields; i++)
    {
      if (table->fields[i].flags & BP_FIELD_CHANGEABLE)
        return TRUE;
    }

  return FALSE;
}

/**
 * bp_sale_rules_check_fact:
 * @operation: an UPDATE
 * @current: (nullable): its record
 * @code: (out): where refused
 * @detail: (out): where refused
 *
 * Returns: whether the fields may change: of a fact, only `void` and `note`;
 *   one that the server has lost may come back whole
 */
gboolean
bp_sale_rules_check_fact (const BpOperation *operation,
                          const BpState     *current,
                          const char       **code,
                          const char       **detail)
{
  const BpTable *table = operation->table;

  if (!table->fact || (operation->restore && current == NULL))
    return TRUE;
  if (!has_changeable (table))
    return refuse (code, detail, "posted", "What is posted is never changed");

  for (guint i = 0; i < table->n_fields; i++)
    {
      const BpField *field = &table->fields[i];

      if (!is_changed (operation, current, i) || (field->flags & BP_FIELD_PROJECTION))
        continue;
      if (!(field->flags & BP_FIELD_CHANGEABLE))
        return refuse (code, detail, "posted", "What is posted is never changed");
      if (field->type == BP_FIELD_CHOICE
          && g_strcmp0 (operation->data->values[i].text, "void") != 0)
        return refuse (code, detail, "posted", "What is posted can only be voided");
    }

  return TRUE;
}

/**
 * bp_sale_rules_check_void:
 * @ledger: a ledger
 * @operation: an UPDATE that bp_sale_rules_check_fact() has let pass
 * @current: its record
 * @code: (out): where refused
 * @detail: (out): where refused
 *
 * Returns: whether it does not void a sale with posted returns
 */
gboolean
bp_sale_rules_check_void (BpLedger          *ledger,
                          const BpOperation *operation,
                          const BpState     *current,
                          const char       **code,
                          const char       **detail)
{
  if (!is_sales (operation->table) || !has_text (operation->data, "status", "void")
      || has_text (current->data, "status", "void")
      || !bp_ledger_has_returns (ledger, operation->id))
    return TRUE;

  return refuse (code, detail, "returned", "Something of this sale has been returned");
}

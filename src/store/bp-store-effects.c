/* sync_effects: what own operations add to figures nobody writes, for as long
 * as the server's figure may not hold it. The figure shown in *_local is always
 * the server's plus the sum of these. */
#include "config.h"

#include "bp-projection.h"
#include "bp-store-sync-private.h"

/* One figure and what is added to it. */
typedef struct
{
  const BpTable *table; /* (unowned) */
  char *id;             /* (owned) */
  guint field;
  gint64 amount;
} Effect;

static void
effect_clear (gpointer data)
{
  g_free (((Effect *)data)->id);
}

static GArray *
effects_new (void)
{
  GArray *effects = g_array_new (FALSE, FALSE, sizeof (Effect));

  g_array_set_clear_func (effects, effect_clear);
  return effects;
}

static void
add_effect (const BpTable *table,
            const char    *id,
            guint          field,
            gint64         amount,
            gpointer       user_data)
{
  GArray *effects = user_data;
  Effect fresh = { table, NULL, field, amount };

  for (guint i = 0; i < effects->len; i++)
    {
      Effect *effect = &g_array_index (effects, Effect, i);

      if (effect->table == table && effect->field == field && g_str_equal (effect->id, id))
        {
          effect->amount += amount;
          return;
        }
    }

  fresh.id = g_strdup (id);
  g_array_append_val (effects, fresh);
}

static char *
find_customer (const char *sale_id,
               gpointer    user_data)
{
  BpStore *self = user_data;
  g_autoptr (BpStatement) statement = NULL;
  gboolean has_row;

  statement = bp_store_prepare (self, NULL, "SELECT customer_id FROM sales_local WHERE id = ?",
                                "s", sale_id);
  if (statement == NULL
      || !bp_database_step (bp_store_get_database (self), statement, &has_row, NULL) || !has_row)
    return NULL;

  return bp_column_dup_text (statement, 0);
}

/* Negated, so that adding what is new leaves the change. */
static GArray *
read_effects (BpStore     *self,
              BpStatement *statement,
              GError     **error)
{
  g_autoptr (GArray) effects = effects_new ();
  gboolean has_row = TRUE;

  while (has_row)
    {
      const BpTable *table;
      int field;

      if (!bp_database_step (bp_store_get_database (self), statement, &has_row, error))
        return NULL;
      if (!has_row)
        break;
      table = bp_table_find (bp_column_get_text (statement, 0));
      field = table != NULL ? bp_table_find_field (table, bp_column_get_text (statement, 2)) : -1;
      if (field >= 0)
        add_effect (table, bp_column_get_text (statement, 1), (guint)field,
                    -bp_column_get_integer (statement, 3), effects);
    }

  return g_steal_pointer (&effects);
}

static GArray *
read_old (BpStore    *self,
          const char *op_id,
          GError    **error)
{
  g_autoptr (BpStatement) statement = NULL;

  statement = bp_store_prepare (self, error,
                                "SELECT table_name, record_id, field, amount FROM sync_effects"
                                " WHERE op_id = ? ORDER BY table_name, record_id, field",
                                "s", op_id);
  return statement != NULL ? read_effects (self, statement, error) : NULL;
}

static gboolean
move_figure (BpStore      *self,
             const Effect *effect,
             GError      **error)
{
  const char *field = effect->table->fields[effect->field].name;
  g_autofree char *sql = NULL;

  if (effect->amount == 0)
    return TRUE;

  bp_store_note_changed (self, effect->table);
  sql = g_strdup_printf ("UPDATE %s_local SET %s = coalesce (%s, 0) + ? WHERE id = ?",
                         effect->table->name, field, field);
  return bp_store_execute (self, error, sql, "is", effect->amount, effect->id);
}

static gboolean
move_figures (BpStore *self,
              GArray  *effects,
              GError **error)
{
  for (guint i = 0; i < effects->len; i++)
    {
      if (!move_figure (self, &g_array_index (effects, Effect, i), error))
        return FALSE;
    }

  return TRUE;
}

static gboolean
write_effects (BpStore    *self,
               const char *op_id,
               GArray     *effects,
               GError    **error)
{
  for (guint i = 0; i < effects->len; i++)
    {
      Effect *effect = &g_array_index (effects, Effect, i);

      if (effect->amount != 0
          && !bp_store_execute (self, error,
                                "INSERT INTO sync_effects"
                                " (table_name, record_id, field, op_id, amount)"
                                " VALUES (?, ?, ?, ?, ?)",
                                "ssssi", effect->table->name, effect->id,
                                effect->table->fields[effect->field].name, op_id, effect->amount))
        return FALSE;
    }

  return TRUE;
}

static GArray *
work_out (BpStore       *self,
          const BpTable *table,
          const BpState *before,
          const BpState *after)
{
  BpProjectionLookup lookup = { find_customer, bp_store_find_paid, self };
  GArray *effects = effects_new ();

  bp_projection_contribute (table, before, after, &lookup, add_effect, effects);
  return effects;
}

/**
 * bp_store_add_effects:
 * @self: a store, in a transaction
 * @op_id: a new operation
 * @table: its table
 * @before: (nullable): the record before it
 * @after: (nullable): the record after it
 * @error: #BpDatabaseError
 *
 * Keeps what the operation adds to figures of other records, and moves the
 * figures shown. Of two records that belong together (a sale, its payments)
 * the one referred to must be there first.
 *
 * Returns: whether it succeeded
 */
gboolean
bp_store_add_effects (BpStore       *self,
                      const char    *op_id,
                      const BpTable *table,
                      const BpState *before,
                      const BpState *after,
                      GError       **error)
{
  g_autoptr (GArray) fresh = NULL;

  if (!table->fact)
    return TRUE;

  fresh = work_out (self, table, before, after);
  return write_effects (self, op_id, fresh, error) && move_figures (self, fresh, error);
}

/**
 * bp_store_set_effects:
 * @self: a store, in a transaction
 * @op_id: an operation that waits
 * @table: its table
 * @before: (nullable): the record before it
 * @after: (nullable): the record after it
 * @error: #BpDatabaseError
 *
 * As bp_store_add_effects(), in place of what the operation added until now.
 *
 * Returns: whether it succeeded
 */
gboolean
bp_store_set_effects (BpStore       *self,
                      const char    *op_id,
                      const BpTable *table,
                      const BpState *before,
                      const BpState *after,
                      GError       **error)
{
  g_autoptr (GArray) fresh = NULL;
  g_autoptr (GArray) moved = NULL;

  if (!table->fact)
    return TRUE;

  moved = read_old (self, op_id, error);
  if (moved == NULL)
    return FALSE;
  if (moved->len > 0
      && !bp_store_execute (self, error, "DELETE FROM sync_effects WHERE op_id = ?", "s", op_id))
    return FALSE;

  fresh = work_out (self, table, before, after);
  for (guint i = 0; i < fresh->len; i++)
    {
      Effect *effect = &g_array_index (fresh, Effect, i);

      add_effect (effect->table, effect->id, effect->field, effect->amount, moved);
    }

  /* A sale has just asked for its payments. */
  return write_effects (self, op_id, fresh, error) && move_figures (self, moved, error)
         && (g_str_equal (table->name, "sales") || bp_store_count_paid (self, after, error));
}

/**
 * bp_store_drop_effects:
 * @self: a store, in a transaction
 * @op_id: an operation that no longer waits and never came to be
 * @error: #BpDatabaseError
 *
 * Takes back from the figures shown what the operation added.
 *
 * Returns: whether it succeeded
 */
gboolean
bp_store_drop_effects (BpStore    *self,
                       const char *op_id,
                       GError    **error)
{
  g_autoptr (GArray) old = read_old (self, op_id, error);

  if (old == NULL)
    return FALSE;
  if (old->len == 0)
    return TRUE;

  return bp_store_execute (self, error, "DELETE FROM sync_effects WHERE op_id = ?", "s", op_id)
         && move_figures (self, old, error);
}

static gboolean
drop_effect (BpStore      *self,
             const char   *op_id,
             const Effect *effect,
             GError      **error)
{
  return move_figure (self, effect, error)
         && bp_store_execute (self, error,
                              "DELETE FROM sync_effects WHERE op_id = ?"
                              " AND table_name = ? AND record_id = ? AND field = ?",
                              "ssss", op_id, effect->table->name, effect->id,
                              effect->table->fields[effect->field].name);
}

/**
 * bp_store_drop_effects_on:
 * @self: a store, in a transaction
 * @op_id: an operation
 * @table: a table
 * @error: #BpDatabaseError
 *
 * Takes back from the figures of @table's records what the operation added.
 *
 * Returns: whether it succeeded
 */
gboolean
bp_store_drop_effects_on (BpStore       *self,
                          const char    *op_id,
                          const BpTable *table,
                          GError       **error)
{
  g_autoptr (GArray) effects = read_old (self, op_id, error);

  for (guint i = 0; effects != NULL && i < effects->len; i++)
    {
      const Effect *effect = &g_array_index (effects, Effect, i);

      if (effect->table == table && !drop_effect (self, op_id, effect, error))
        return FALSE;
    }

  return effects != NULL;
}

static GPtrArray *
list_paying (BpStore    *self,
             const char *sale_id,
             GError    **error)
{
  g_autoptr (GPtrArray) op_ids = g_ptr_array_new_with_free_func (g_free);
  g_autoptr (BpStatement) statement = NULL;
  gboolean has_row = TRUE;

  statement = bp_store_prepare (self, error,
                                "SELECT q.op_id, q.id FROM payments_local AS p"
                                " CROSS JOIN sync_queue AS q ON q.table_name = 'payments'"
                                "  AND q.record_id = p.id AND q.status = 'synced'"
                                " WHERE p.sale_id = ?1"
                                " UNION ALL SELECT q.op_id, q.id FROM payments_local AS p"
                                " CROSS JOIN sync_queue AS q ON q.table_name = 'payments'"
                                "  AND q.record_id = p.id AND q.status <> 'synced'"
                                " WHERE p.sale_id = ?1 ORDER BY 2",
                                "s", sale_id);
  if (statement == NULL)
    return NULL;

  while (has_row)
    {
      if (!bp_database_step (bp_store_get_database (self), statement, &has_row, error))
        return NULL;
      if (has_row)
        g_ptr_array_add (op_ids, bp_column_dup_text (statement, 0));
    }

  return g_steal_pointer (&op_ids);
}

/**
 * bp_store_drop_effects_through:
 * @self: a store, in a transaction
 * @table: a table
 * @id: a record that is about to go, and that the server does not have
 * @error: #BpDatabaseError
 *
 * A payment counts for the customer of its sale: without the sale it counts
 * for nobody, here as on the server, which would never send that customer
 * again.
 *
 * Returns: whether it succeeded
 */
gboolean
bp_store_drop_effects_through (BpStore       *self,
                               const BpTable *table,
                               const char    *id,
                               GError       **error)
{
  g_autoptr (GPtrArray) op_ids = NULL;

  if (!g_str_equal (table->name, "sales"))
    return TRUE;

  op_ids = list_paying (self, id, error);
  for (guint i = 0; op_ids != NULL && i < op_ids->len; i++)
    {
      if (!bp_store_drop_effects_on (self, op_ids->pdata[i], bp_table_find ("customers"), error))
        return FALSE;
    }

  return op_ids != NULL;
}

/* Up to which change a figure certainly holds all: its row comes again whenever
 * it moves, so that where the last pull came to its end it is as of the cursor.
 * One that is not here holds everything when it comes. */
static gboolean
find_held (BpStore      *self,
           const Effect *effect,
           gint64       *held,
           GError      **error)
{
  const BpTable *table = effect->table;
  g_autofree char *sql = g_strdup_printf ("SELECT abs (seq) FROM %s_local WHERE id = ?",
                                          table->name);

  *held = G_MAXINT64;
  if (!bp_store_ask (self, held, error, sql, "s", effect->id))
    return FALSE;
  /* Of facts a pull may leave out the earlier ones. */
  if (!table->fact && !bp_store_is_from_zero (self, table)
      && bp_store_get_number (self, BP_STORE_SETTLED, 0) >= 0)
    *held = MAX (*held, bp_store_get_cursor (self, table));
  return TRUE;
}

static gboolean
drop_held (BpStore      *self,
           const Effect *effect,
           gint64        held,
           GError      **error)
{
  const char *field = effect->table->fields[effect->field].name;
  Effect back = *effect;

  back.amount = 0;
  return bp_store_ask (self, &back.amount, error,
                       "SELECT - coalesce (sum (amount), 0) FROM sync_effects"
                       " WHERE table_name = ? AND record_id = ? AND field = ? AND seq <= ?",
                       "sssi", effect->table->name, effect->id, field, held)
         && move_figure (self, &back, error)
         && bp_store_execute (self, error,
                              "DELETE FROM sync_effects"
                              " WHERE table_name = ? AND record_id = ? AND field = ? AND seq <= ?",
                              "sssi", effect->table->name, effect->id, field, held);
}

/**
 * bp_store_recall_effects:
 * @self: a store, in a transaction
 * @op_id: an operation that the server has
 * @seq: the change it became, or a later one
 * @error: #BpDatabaseError
 *
 * Of the figures that the operation moves, those that are as of @seq or later
 * hold it, and forget with it all else that they hold: what adds up to nothing
 * in one change of the server's does not bring the figure's row again, so that
 * one part of it must not be forgotten without the others. What the operation
 * adds as long as it waits stays.
 *
 * Returns: whether it succeeded
 */
gboolean
bp_store_recall_effects (BpStore    *self,
                         const char *op_id,
                         gint64      seq,
                         GError    **error)
{
  g_autoptr (GArray) effects = read_old (self, op_id, error);

  for (guint i = 0; effects != NULL && i < effects->len; i++)
    {
      const Effect *effect = &g_array_index (effects, Effect, i);
      gint64 held;

      if (!find_held (self, effect, &held, error)
          || (held >= seq && !drop_held (self, effect, held, error)))
        return FALSE;
    }

  return effects != NULL;
}

/**
 * bp_store_answer_effects:
 * @self: a store, in a transaction
 * @op_id: an operation that the server has applied
 * @seq: the change it became
 * @youngest: a seq that no figure here is above; %G_MAXINT64 where none is
 *   known
 * @error: #BpDatabaseError
 *
 * From now on what the operation added counts only beside figures older than
 * @seq. A figure that is already as young holds it, and so does one that a pull
 * which has passed @seq did not bring again; one that is not on this device
 * will hold it when it comes.
 *
 * Returns: whether it succeeded
 */
gboolean
bp_store_answer_effects (BpStore    *self,
                         const char *op_id,
                         gint64      seq,
                         gint64      youngest,
                         GError    **error)
{
  return bp_store_execute (self, error, "UPDATE sync_effects SET seq = ? WHERE op_id = ?",
                           "is", seq, op_id)
         && (seq > youngest || bp_store_recall_effects (self, op_id, seq, error));
}

/* What figures as of ?2 hold. The server has none of a record that it lacks,
 * and counts a payment for no customer before it has the sale. */
#define PASSED \
  " FROM sync_effects AS e WHERE e.table_name = ?1 AND e.seq <= ?2" \
  " AND NOT EXISTS (SELECT 1 FROM sync_base AS b WHERE b.table_name = ?1" \
  "  AND b.record_id = e.record_id AND b.state IS NULL AND b.server IS NULL)" \
  " AND NOT EXISTS (SELECT 1 FROM sync_queue AS q" \
  "  JOIN payments_local AS p ON p.id = q.record_id" \
  "  JOIN sales_local AS s ON s.id = p.sale_id" \
  "  WHERE q.op_id = e.op_id AND q.table_name = 'payments'" \
  "  AND (s.status = 'draft'" \
  "   OR EXISTS (SELECT 1 FROM sync_queue AS w WHERE w.table_name = 'sales'" \
  "    AND w.record_id = s.id AND w.status <> 'synced' AND w.operation = 'INSERT')))"

/**
 * bp_store_pass_effects:
 * @self: a store, in a transaction
 * @table: a table whose pull has come to its end, its cursor moved
 * @error: #BpDatabaseError
 *
 * A row comes again whenever a figure of it moves, so now all figures are as of
 * the cursor: what they hold is forgotten, also where its own row is older. Of
 * facts a pull may leave out the earlier ones; there it does nothing.
 *
 * Returns: whether it succeeded
 */
gboolean
bp_store_pass_effects (BpStore       *self,
                       const BpTable *table,
                       GError       **error)
{
  gint64 cursor = bp_store_get_cursor (self, table);
  g_autoptr (BpStatement) statement = NULL;
  g_autoptr (GArray) passed = NULL;

  if (table->fact || !bp_table_has_projection (table))
    return TRUE;

  statement = bp_store_prepare (self, error,
                                "SELECT e.table_name, e.record_id, e.field, e.amount" PASSED
                                " ORDER BY e.record_id, e.field, e.op_id",
                                "si", table->name, cursor);
  passed = statement != NULL ? read_effects (self, statement, error) : NULL;
  if (passed == NULL || passed->len == 0)
    return passed != NULL;

  g_clear_pointer (&statement, bp_database_release);
  return bp_store_execute (self, error, "DELETE" PASSED, "si", table->name, cursor)
         && move_figures (self, passed, error);
}

/* A projection without a figure is 0. */
static void
begin_projections (BpState *state)
{
  const BpTable *table = state->data->table;

  for (guint i = 0; i < table->n_fields; i++)
    {
      if ((table->fields[i].flags & BP_FIELD_PROJECTION)
          && state->data->values[i].kind == BP_VALUE_NULL)
        bp_change_set_integer (state->data, table->fields[i].name, 0);
    }
}

/**
 * bp_store_settle_projections:
 * @self: a store, in a transaction
 * @table: a table
 * @pulled: a state whose projections are the server's figures as of its `seq`;
 *   of a record the server has not yet, 0
 * @error: #BpDatabaseError
 *
 * Forgets effects which these figures hold, and adds the others, so that
 * @pulled may be shown.
 *
 * Returns: whether it succeeded
 */
gboolean
bp_store_settle_projections (BpStore       *self,
                             const BpTable *table,
                             BpState       *pulled,
                             GError       **error)
{
  g_autoptr (BpStatement) statement = NULL;
  gboolean has_row = TRUE, any_old = FALSE;

  if (!bp_table_has_projection (table))
    return TRUE;

  begin_projections (pulled);
  statement = bp_store_prepare (self, error,
                                "SELECT field, amount, seq IS NOT NULL AND seq <= ?"
                                " FROM sync_effects WHERE table_name = ? AND record_id = ?"
                                " ORDER BY field, op_id",
                                "iss", pulled->seq, table->name, pulled->id);
  if (statement == NULL)
    return FALSE;

  while (has_row)
    {
      const char *field;

      if (!bp_database_step (bp_store_get_database (self), statement, &has_row, error))
        return FALSE;
      if (!has_row)
        break;
      field = bp_column_get_text (statement, 0);
      if (bp_column_get_integer (statement, 2))
        any_old = TRUE;
      else if (bp_table_find_field (table, field) >= 0)
        bp_change_set_integer (pulled->data, field,
                               bp_change_get_integer (pulled->data, field)
                               + bp_column_get_integer (statement, 1));
    }

  return !any_old
         || bp_store_execute (self, error,
                              "DELETE FROM sync_effects"
                              " WHERE table_name = ? AND record_id = ? AND seq <= ?",
                              "ssi", table->name, pulled->id, pulled->seq);
}

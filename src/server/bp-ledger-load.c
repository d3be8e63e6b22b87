/* What a push works on, read in sets beforehand, or singly when it is asked
 * for. */
#include "config.h"

#include <string.h>

#include "bp-json.h"
#include "bp-ledger-private.h"

/**
 * bp_ledger_load_records:
 * @self: a ledger
 * @table: a table
 * @ids: (element-type utf8): records of it
 *
 * Reads those that were not read before.
 */
void
bp_ledger_load_records (BpLedger      *self,
                        const BpTable *table,
                        GPtrArray     *ids)
{
  GHashTable *records = self->records[bp_table_get_index (table)];
  g_autoptr (GPtrArray) missing = g_ptr_array_new ();
  g_autoptr (GPtrArray) states = g_ptr_array_new ();

  for (guint i = 0; i < ids->len; i++)
    {
      BpLedgerRecord *record;

      if (g_hash_table_contains (records, ids->pdata[i]))
        continue;
      record = g_new0 (BpLedgerRecord, 1);
      record->table = table;
      record->id = g_strdup (ids->pdata[i]);
      g_hash_table_insert (records, record->id, record);
      g_ptr_array_add (missing, record->id);
    }
  if (missing->len == 0 || self->error != NULL)
    return;

  bp_backend_call (self->backend, load_states, self->store->id, table, missing, states,
                   &self->error);
  for (guint i = 0; i < states->len; i++)
    {
      BpState *state = states->pdata[i];

      ((BpLedgerRecord *)g_hash_table_lookup (records, state->id))->base = state;
    }
}

/**
 * bp_ledger_load_figures:
 * @self: a ledger
 * @table: a table with projections
 * @ids: (element-type utf8): records of it, which need not exist
 *
 * Reads those figures that were not read before.
 */
void
bp_ledger_load_figures (BpLedger      *self,
                        const BpTable *table,
                        GPtrArray     *ids)
{
  GHashTable *figures = self->figures[bp_table_get_index (table)];
  g_autoptr (GPtrArray) missing = g_ptr_array_new ();
  g_autoptr (GPtrArray) amounts = g_ptr_array_new ();

  for (guint i = 0; i < ids->len; i++)
    {
      BpLedgerFigure *figure;

      if (g_hash_table_contains (figures, ids->pdata[i]))
        continue;
      figure = g_new0 (BpLedgerFigure, 1);
      figure->table = table;
      g_hash_table_insert (figures, g_strdup (ids->pdata[i]), figure);
      g_ptr_array_add (missing, ids->pdata[i]);
    }
  if (missing->len == 0 || self->error != NULL)
    return;

  bp_backend_call (self->backend, load_amounts, self->store->id, table, missing, amounts,
                   &self->error);
  for (guint i = 0; i < amounts->len; i++)
    {
      BpAmounts *one = amounts->pdata[i];

      ((BpLedgerFigure *)g_hash_table_lookup (figures, one->id))->base = one;
    }
}

/**
 * bp_ledger_get_record:
 * @self: a ledger
 * @table: a table
 * @id: a record's id
 *
 * Returns: (transfer none): what is known of it, read now where it was not
 */
BpLedgerRecord *
bp_ledger_get_record (BpLedger      *self,
                      const BpTable *table,
                      const char    *id)
{
  GHashTable *records = self->records[bp_table_get_index (table)];
  BpLedgerRecord *record = g_hash_table_lookup (records, id);

  if (record == NULL)
    {
      g_autoptr (GPtrArray) ids = g_ptr_array_new ();

      g_ptr_array_add (ids, (gpointer)id);
      bp_ledger_load_records (self, table, ids);
      record = g_hash_table_lookup (records, id);
    }
  return record;
}

/**
 * bp_ledger_get_figure:
 * @self: a ledger
 * @table: a table with projections
 * @id: a record's id
 *
 * Returns: (transfer none): its figures, read now where they were not
 */
BpLedgerFigure *
bp_ledger_get_figure (BpLedger      *self,
                      const BpTable *table,
                      const char    *id)
{
  GHashTable *figures = self->figures[bp_table_get_index (table)];
  BpLedgerFigure *figure = g_hash_table_lookup (figures, id);

  if (figure == NULL)
    {
      g_autoptr (GPtrArray) ids = g_ptr_array_new ();

      g_ptr_array_add (ids, (gpointer)id);
      bp_ledger_load_figures (self, table, ids);
      figure = g_hash_table_lookup (figures, id);
    }
  return figure;
}

/**
 * bp_ledger_get_amount:
 * @figure: of a record
 * @i: which projection, in the order of the table's fields
 *
 * Returns: what it is after this push
 */
gint64
bp_ledger_get_amount (const BpLedgerFigure *figure,
                      guint                 i)
{
  return (figure->base != NULL ? figure->base->values[i] : 0) + figure->delta[i];
}

/**
 * bp_ledger_make_key:
 * @table: a table
 * @field: one of its fields
 * @text: a value of it
 *
 * Returns: (transfer full): by what matches are found
 */
char *
bp_ledger_make_key (const BpTable *table,
                    guint          field,
                    const char    *text)
{
  return g_strdup_printf ("%u %u %s", bp_table_get_index (table), field, text);
}

/**
 * bp_ledger_ensure_ids:
 * @matches: ids by key
 * @table: a table
 * @field: one of its fields
 * @text: a value of it
 *
 * Returns: (transfer none) (element-type utf8): the records that have or had
 *   it, to be added to
 */
GPtrArray *
bp_ledger_ensure_ids (GHashTable    *matches,
                      const BpTable *table,
                      guint          field,
                      const char    *text)
{
  char *key = bp_ledger_make_key (table, field, text);
  GPtrArray *ids = g_hash_table_lookup (matches, key);

  if (ids != NULL)
    {
      g_free (key);
      return ids;
    }
  ids = g_ptr_array_new_with_free_func (g_free);
  g_hash_table_insert (matches, key, ids);
  return ids;
}

/**
 * bp_ledger_load_matches:
 * @self: a ledger
 * @table: a table
 * @field: one of its fields of text
 * @texts: (element-type utf8): values of it
 *
 * Reads which living records have them, and those records.
 */
void
bp_ledger_load_matches (BpLedger      *self,
                        const BpTable *table,
                        guint          field,
                        GPtrArray     *texts)
{
  const BpFieldQuery query = { self->store->id, table, field };
  g_autoptr (GPtrArray) found
    = g_ptr_array_new_with_free_func ((GDestroyNotify)bp_match_free);
  g_autoptr (GPtrArray) ids = g_ptr_array_new ();

  if (texts->len == 0 || self->error != NULL)
    return;

  for (guint i = 0; i < texts->len; i++)
    bp_ledger_ensure_ids (self->matches, table, field, texts->pdata[i]);
  bp_backend_call (self->backend, find_records, &query, texts, found, &self->error);
  for (guint i = 0; i < found->len; i++)
    {
      BpMatch *match = found->pdata[i];

      g_ptr_array_add (bp_ledger_ensure_ids (self->matches, table, field, match->text),
                       g_strdup (match->id));
      g_ptr_array_add (ids, match->id);
    }
  bp_ledger_load_records (self, table, ids);
}

typedef struct
{
  GPtrArray *ids[BP_N_TABLES]; /* (element-type utf8) (owned) */
} IdSets;

static void
id_sets_init (IdSets *sets)
{
  for (guint i = 0; i < BP_N_TABLES; i++)
    sets->ids[i] = g_ptr_array_new_with_free_func (g_free);
}

static void
id_sets_clear (IdSets *sets)
{
  for (guint i = 0; i < BP_N_TABLES; i++)
    g_clear_pointer (&sets->ids[i], g_ptr_array_unref);
}

static void
id_sets_add (IdSets        *sets,
             const BpTable *table,
             const char    *id)
{
  if (table != NULL && id != NULL)
    g_ptr_array_add (sets->ids[bp_table_get_index (table)], g_strdup (id));
}

static void
add_products (IdSets     *sets,
              const char *lines)
{
  const BpTable *products = bp_table_find ("products");
  g_autoptr (GString) text = g_string_new (NULL);
  BpJsonCursor cursor;

  bp_json_cursor_init (&cursor, lines, strlen (lines));
  bp_json_cursor_enter (&cursor, '[');
  while (bp_json_cursor_next (&cursor))
    {
      bp_json_cursor_enter (&cursor, '{');
      while (bp_json_cursor_next (&cursor) && bp_json_cursor_member (&cursor, text))
        {
          if (g_str_equal (text->str, "product_id") && bp_json_cursor_string (&cursor, text))
            id_sets_add (sets, products, text->str);
          else
            bp_json_cursor_skip (&cursor, NULL, NULL);
        }
    }
}

static void
add_references (IdSets         *sets,
                const BpChange *data,
                gboolean        with_lines)
{
  const BpTable *table = data->table;

  for (guint i = 0; i < table->n_fields; i++)
    {
      const char *text = data->values[i].text;

      if (text == NULL)
        continue;
      if (table->fields[i].type == BP_FIELD_REFERENCE)
        id_sets_add (sets, bp_table_find (table->fields[i].detail), text);
      else if (table->fields[i].type == BP_FIELD_LINES && with_lines)
        add_products (sets, text);
    }
}

static gboolean
has_references (const BpTable *table)
{
  for (guint i = 0; i < table->n_fields; i++)
    {
      if (table->fields[i].type == BP_FIELD_REFERENCE)
        return TRUE;
    }

  return FALSE;
}

/* Figures of what is referred to; of a sale also the record, whose customer
 * is then looked up in turn. */
static void
load_references (BpLedger *self,
                 IdSets   *sets,
                 IdSets   *more)
{
  guint fields[BP_MAX_PROJECTIONS];

  for (guint i = 0; i < BP_N_TABLES; i++)
    {
      const BpTable *table = bp_table_get (i);

      if (bp_table_get_projections (table, fields) > 0)
        bp_ledger_load_figures (self, table, sets->ids[i]);
      if (more == NULL || !has_references (table))
        continue;
      bp_ledger_load_records (self, table, sets->ids[i]);
      for (guint n = 0; n < sets->ids[i]->len; n++)
        {
          const BpState *state = bp_ledger_get (self, table, sets->ids[i]->pdata[n]);

          if (state != NULL)
            add_references (more, state->data, FALSE);
        }
    }
}

static void
load_keys (BpLedger  *self,
           GPtrArray *operations)
{
  for (guint t = 0; t < BP_N_TABLES; t++)
    {
      const BpTable *table = bp_table_get (t);

      for (guint f = 0; f < table->n_fields; f++)
        {
          g_autoptr (GPtrArray) texts = g_ptr_array_new ();

          if (!(table->fields[f].flags & BP_FIELD_KEY))
            continue;
          for (guint i = 0; i < operations->len; i++)
            {
              const BpOperation *operation = operations->pdata[i];
              char *text = operation->table == table && operation->data != NULL
                             ? operation->data->values[f].text
                             : NULL;

              if (text != NULL
                  && !g_ptr_array_find_with_equal_func (texts, text, g_str_equal, NULL))
                g_ptr_array_add (texts, text);
            }
          bp_ledger_load_matches (self, table, f, texts);
        }
    }
}

static void
recall_operations (BpLedger  *self,
                   GPtrArray *op_ids)
{
  g_autoptr (GPtrArray) remembered = g_ptr_array_new ();

  bp_backend_call (self->backend, load_operations, self->store->id, op_ids, remembered,
                   &self->error);
  for (guint i = 0; i < remembered->len; i++)
    {
      BpRemembered *one = remembered->pdata[i];

      g_hash_table_replace (self->remembered, one->op_id, one);
    }
}

static void
load_memory (BpLedger  *self,
             GPtrArray *operations)
{
  g_autoptr (GPtrArray) op_ids = g_ptr_array_new ();

  for (guint i = 0; i < operations->len; i++)
    g_ptr_array_add (op_ids, ((BpOperation *)operations->pdata[i])->op_id);
  recall_operations (self, op_ids);
}

/* Which changes made the records that are inserted once more. */
static void
load_origins (BpLedger  *self,
              GPtrArray *operations)
{
  g_autoptr (GPtrArray) op_ids = g_ptr_array_new ();

  for (guint i = 0; i < operations->len; i++)
    {
      const BpOperation *operation = operations->pdata[i];
      const BpState *state = bp_ledger_get (self, operation->table, operation->id);

      if (operation->kind == BP_OPERATION_INSERT && state != NULL && state->op_id != NULL)
        g_ptr_array_add (op_ids, state->op_id);
    }
  if (op_ids->len > 0)
    recall_operations (self, op_ids);
}

/**
 * bp_ledger_load:
 * @self: a ledger
 * @operations: (element-type BpOperation): those of a push that can be read
 *
 * Reads in sets what deciding about them will need. What is needed beyond
 * that is read when it is asked for. Failures are kept for
 * bp_ledger_take_error().
 */
void
bp_ledger_load (BpLedger  *self,
                GPtrArray *operations)
{
  IdSets own, references, more;

  if (operations->len == 0)
    return;

  id_sets_init (&own);
  id_sets_init (&references);
  id_sets_init (&more);
  load_memory (self, operations);
  for (guint i = 0; i < operations->len; i++)
    {
      const BpOperation *operation = operations->pdata[i];

      id_sets_add (&own, operation->table, operation->id);
      if (operation->data != NULL)
        add_references (&references, operation->data, TRUE);
    }
  for (guint i = 0; i < BP_N_TABLES; i++)
    bp_ledger_load_records (self, bp_table_get (i), own.ids[i]);
  load_origins (self, operations);
  for (guint i = 0; i < operations->len; i++)
    {
      const BpOperation *operation = operations->pdata[i];
      const BpState *state = bp_ledger_get (self, operation->table, operation->id);

      if (state != NULL)
        add_references (&references, state->data, TRUE);
    }
  load_references (self, &own, NULL);
  load_references (self, &references, &more);
  load_references (self, &more, NULL);
  load_keys (self, operations);
  id_sets_clear (&own);
  id_sets_clear (&references);
  id_sets_clear (&more);
}

/* Rows pulled from the server, and the cursors that go with them. */
#include "config.h"

#include "bp-store-sync-private.h"

typedef struct
{
  const BpPulledTable *tables;
  guint n_tables;
  guint n_stored;
} Pages;

static char *
cursor_name (const BpTable *table)
{
  return g_strconcat ("cursor.", table->name, NULL);
}

static char *
zero_name (const BpTable *table)
{
  return g_strconcat ("zero.", table->name, NULL);
}

static gboolean
look_at_table (BpPage  *page,
               GError **error)
{
  const char *name = page->table->name;
  g_autofree char *exists = g_strdup_printf ("SELECT EXISTS (SELECT 1 FROM %s_local)", name);
  gint64 has_rows = 0, has_waiting = 0, has_effects = 0;
  guint recovering = bp_store_get_recovering (page->store);

  page->recovering = (recovering >> bp_table_get_index (page->table)) & 1;
  if (!bp_store_ask (page->store, &has_rows, error, exists, "")
      || !bp_store_ask (page->store, &has_waiting, error,
                        "SELECT EXISTS (SELECT 1 FROM sync_base WHERE table_name = ?)", "s", name)
      || !bp_store_ask (page->store, &has_effects, error,
                        "SELECT EXISTS (SELECT 1 FROM sync_effects WHERE table_name = ?)",
                        "s", name))
    return FALSE;

  page->expects_new = !has_rows || bp_store_is_from_zero (page->store, page->table);
  page->has_waiting = has_waiting != 0;
  page->has_effects = has_effects != 0;
  return TRUE;
}

/* What a version tells of its age: nothing where the record is deleted, since
 * a server that has forgotten the tombstone begins anew with 1. */
static gint64
get_lasting_version (const BpState *state)
{
  return state != NULL && !state->is_deleted ? state->version : 0;
}

/* A negative seq is that of a row which the pull from 0 under way has not
 * brought yet: the record may have been deleted, forgotten and made again. */
static gboolean
is_older (const BpPage  *page,
          const BpState *pulled,
          gint64         version,
          gint64         seq)
{
  return !page->recovering
         && (pulled->seq < ABS (seq) || (seq >= 0 && pulled->version < version));
}

/* A record that is the same but for its figures comes again whenever they
 * move; most rows of most pulls are such. */
static gboolean
store_clean (BpPage        *page,
             const BpState *pulled,
             gboolean       is_same,
             GError       **error)
{
  g_autoptr (BpState) settled = page->has_effects ? bp_state_copy (pulled) : NULL;
  const BpState *state = settled != NULL ? settled : pulled;

  page->n_stored++;
  if (settled != NULL
      && !bp_store_settle_projections (page->store, page->table, settled, error))
    return FALSE;

  return is_same ? bp_store_write_figures (page->store, page->table, state, error)
                 : bp_store_write_row (page->store, page->table, state, BP_RECORD_SYNCED, error);
}

/* Of a record that waits, the user goes on seeing what is here, with the
 * server's figures. */
static gboolean
show_figures (BpPage        *page,
              BpRow         *row,
              const BpState *pulled,
              GError       **error)
{
  const BpTable *table = page->table;
  g_autoptr (BpState) settled = bp_state_copy (pulled);

  if (!bp_store_settle_projections (page->store, table, settled, error))
    return FALSE;

  for (guint i = 0; i < table->n_fields; i++)
    {
      if (table->fields[i].flags & BP_FIELD_PROJECTION)
        bp_change_set (row->state->data, i, &settled->data->values[i]);
    }
  row->state->seq = pulled->seq;
  return bp_store_write_row (page->store, table, row->state, row->status, error);
}

/* After a new epoch what waits is for the state that the server has now, but
 * for a record that was made here and never reached it: that collides. */
static gboolean
find_rebase (BpPage        *page,
             const BpBase  *base,
             const BpState *pulled,
             gboolean      *rebase,
             GError       **error)
{
  g_autoptr (GPtrArray) rows = NULL;
  const BpQueueRow *first;

  *rebase = base->state != NULL;
  if (*rebase)
    return TRUE;

  rows = bp_store_list_record_queue (page->store, page->table, pulled->id, error);
  if (rows == NULL)
    return FALSE;
  first = rows->len > 0 ? rows->pdata[0] : NULL;
  *rebase = first == NULL || first->kind != BP_OPERATION_INSERT || first->restore;
  return TRUE;
}

/* The server answered that it does not know the record: what it has of it now
 * was made since. */
static gboolean
find_unknown (BpPage     *page,
              const char *id,
              gboolean   *unknown,
              GError    **error)
{
  g_autoptr (BpConflict) conflict = NULL;

  if (!bp_store_find_open_conflict (page->store, page->table, id, &conflict, error))
    return FALSE;

  *unknown = conflict != NULL && conflict->type == BP_CONFLICT_DELETE_UPDATE
             && conflict->server == NULL;
  return TRUE;
}

/* One version is one operation's: where another made it, and made other than
 * what is certainly known of that version, the record is another one. */
static gboolean
is_another (const BpState *agreed,
            const BpState *pulled)
{
  return bp_store_is_confirmed (agreed) && agreed->op_id != NULL && pulled->op_id != NULL
         && !g_str_equal (agreed->op_id, pulled->op_id)
         && !bp_change_equal (agreed->data, pulled->data);
}

/* Of a record that was deleted, forgotten and made again the versions begin
 * anew: what was agreed on is none of them, and older than all. */
static void
forget_version (BpBase        *base,
                const BpState *pulled,
                gboolean       unknown)
{
  if (base->state != NULL
      && (unknown || pulled->version < base->state->version
          || (pulled->version == base->state->version
              && ((base->state->is_deleted && !pulled->is_deleted)
                  || is_another (base->state, pulled)))))
    base->state->version = 0;
}

/* Else a newer state is for bp_store_settle() to judge. */
static gboolean
take_waiting (BpPage        *page,
              BpBase        *base,
              const BpState *pulled,
              GError       **error)
{
  gboolean rebase = FALSE;
  gboolean is_news;

  if (page->recovering && !find_rebase (page, base, pulled, &rebase, error))
    return FALSE;
  if (rebase || (base->state != NULL && base->state->version == pulled->version))
    {
      /* Of a state that was only answered not even its version is certain. */
      is_news = page->recovering || !bp_store_is_confirmed (base->state);
      bp_state_free (base->state);
      base->state = bp_state_copy (pulled);
      if (is_news && !bp_store_show_waiting (page->store, page->table, pulled, error))
        return FALSE;
    }
  else
    {
      bp_state_free (base->server);
      base->server = bp_state_copy (pulled);
    }

  return bp_store_write_base (page->store, page->table, pulled->id, base, error)
         && bp_store_settle (page->store, page->table, pulled->id, error);
}

static gboolean
store_waiting (BpPage        *page,
               BpBase        *base,
               const BpState *pulled,
               GError       **error)
{
  g_autoptr (BpRow) row = NULL;
  gint64 version = get_lasting_version (base->server != NULL ? base->server : base->state);
  gboolean unknown;

  if (!bp_store_read_row (page->store, page->table, pulled->id, &row, error))
    return FALSE;
  if (!find_unknown (page, pulled->id, &unknown, error))
    return FALSE;
  if (is_older (page, pulled, unknown ? 0 : version, row != NULL ? row->state->seq : 0))
    return TRUE;

  page->n_stored++;
  if (!page->recovering)
    forget_version (base, pulled, unknown);
  return (row == NULL || show_figures (page, row, pulled, error))
         && take_waiting (page, base, pulled, error);
}

/* What is known of a record. */
typedef struct
{
  gboolean is_there;
  gboolean is_same; /* the same operation made what was pulled */
  gint64 version;
  gint64 seq;
} Seen;

static gboolean
find_seen (BpPage        *page,
           const BpState *pulled,
           Seen          *seen,
           GError       **error)
{
  sqlite3_stmt *statement = page->seen;

  sqlite3_reset (statement);
  bp_bind_text (statement, ":id", pulled->id);
  if (!bp_database_step (bp_store_get_database (page->store), statement, &seen->is_there, error))
    return FALSE;

  if (seen->is_there)
    {
      seen->version = bp_column_get_integer (statement, 0);
      seen->seq = bp_column_get_integer (statement, 1);
      seen->is_same = seen->version == pulled->version && pulled->op_id != NULL
                      && g_strcmp0 (bp_column_get_text (statement, 2), pulled->op_id) == 0;
    }
  return TRUE;
}

/* Most rows of most pulls are either all new or all known: what the last one
 * was tells what to try first. */
static gboolean
store_other (BpPage        *page,
             const BpState *pulled,
             GError       **error)
{
  Seen seen = { 0 };

  if (page->expects_new && !page->has_effects)
    {
      if (!bp_row_adder_add (&page->adder, pulled, &page->expects_new, error))
        return FALSE;
      page->n_stored += page->expects_new;
      if (page->expects_new)
        return TRUE;
    }
  if (!find_seen (page, pulled, &seen, error))
    return FALSE;

  page->expects_new = !seen.is_there;
  return (seen.is_there && is_older (page, pulled, seen.version, seen.seq))
         || store_clean (page, pulled, seen.is_same && !page->recovering, error);
}

/**
 * bp_page_begin:
 * @page: (out): on the stack, to be cleared with bp_page_end()
 * @store: (transfer none): a store, in a transaction
 * @table: (transfer none): a table
 * @error: #BpDatabaseError
 *
 * Gets ready to store rows that the server sent.
 *
 * Returns: whether it succeeded
 */
gboolean
bp_page_begin (BpPage        *page,
               BpStore       *store,
               const BpTable *table,
               GError       **error)
{
  g_autofree char *sql = g_strdup_printf ("SELECT iif (is_deleted, 0, version), seq, op_id"
                                          " FROM %s_local WHERE id = :id", table->name);

  *page = (BpPage){ .store = store, .table = table };
  if (!look_at_table (page, error) || !bp_row_adder_init (&page->adder, store, table, error))
    return FALSE;

  page->seen = bp_database_prepare (bp_store_get_database (store), sql, error);
  return page->seen != NULL && bp_store_pays_unknown (store, table, &page->pays_unknown, error);
}

/**
 * bp_page_end:
 * @page: a page, begun or not
 */
void
bp_page_end (BpPage *page)
{
  g_clear_pointer (&page->seen, bp_database_release);
  bp_row_adder_clear (&page->adder);
}

/**
 * bp_page_put:
 * @page: a page
 * @pulled: a row of its table
 * @error: #BpDatabaseError
 *
 * Stores the row by the rules of the contract's section 4.
 *
 * Returns: whether it succeeded
 */
gboolean
bp_page_put (BpPage        *page,
             const BpState *pulled,
             GError       **error)
{
  g_autoptr (BpBase) base = NULL;

  if (page->has_waiting
      && !bp_store_read_base (page->store, page->table, pulled->id, &base, error))
    return FALSE;

  return base != NULL ? store_waiting (page, base, pulled, error)
                      : store_other (page, pulled, error);
}

/* What a whole pull did not bring: neither waiting nor in conflict, nor a
 * draft, and not younger than the pull, as the answer to an own operation may
 * be. */
static GPtrArray *
list_absent (BpPage  *page,
             gint64   since,
             GError **error)
{
  g_autoptr (GPtrArray) absent = g_ptr_array_new_with_free_func (g_free);
  g_autoptr (BpStatement) statement = NULL;
  g_autofree char *sql = NULL;
  gboolean has_row;

  sql = g_strdup_printf ("SELECT id FROM %s_local AS r WHERE seq <= 0 AND version > 0"
                         " AND sync_status = 'synced'"
                         " AND NOT EXISTS (SELECT 1 FROM sync_base AS b"
                         "   WHERE b.table_name = ?1 AND b.record_id = r.id)"
                         " AND id NOT IN (SELECT record_id FROM sync_queue"
                         "   WHERE status = 'synced' AND table_name = ?1 AND seq > ?2)"
                         " ORDER BY id", page->table->name);
  statement = bp_store_prepare (page->store, error, sql, "si", page->table->name, since);
  if (statement == NULL)
    return NULL;

  do
    {
      if (!bp_database_step (bp_store_get_database (page->store), statement, &has_row, error))
        return NULL;
      if (has_row)
        g_ptr_array_add (absent, bp_column_dup_text (statement, 0));
    }
  while (has_row);

  return g_steal_pointer (&absent);
}

static gboolean
end_from_zero (BpPage  *page,
               gint64   since,
               GError **error)
{
  g_autofree char *zero = zero_name (page->table);
  g_autoptr (GPtrArray) absent = list_absent (page, since, error);

  if (absent == NULL)
    return FALSE;
  for (guint i = 0; i < absent->len; i++)
    {
      if (page->recovering
          ? !bp_store_recover_absent (page->store, page->table, absent->pdata[i], error)
          : !bp_store_remove_row (page->store, page->table, absent->pdata[i], error))
        return FALSE;
    }
  if (absent->len > 0)
    bp_store_note_changed (page->store, page->table);
  if (page->recovering && !bp_store_end_recovery (page->store, page->table, error))
    return FALSE;

  return bp_store_set_value (page->store, zero, NULL, error);
}

static gboolean
write_cursor (BpPage              *page,
              const BpPulledTable *pulled,
              GError             **error)
{
  g_autofree char *name = cursor_name (page->table);
  g_autofree char *zero = zero_name (page->table);
  gint64 cursor = bp_store_get_number (page->store, name, 0);

  if (cursor == 0 && !pulled->from_zero && !bp_store_set_value (page->store, zero, "1", error))
    return FALSE;
  if (pulled->since <= cursor)
    return TRUE;

  return bp_store_set_number (page->store, name, pulled->since, error);
}

static gboolean
put_rows (BpPage    *page,
          GPtrArray *rows,
          GError   **error)
{
  for (guint i = 0; i < rows->len; i++)
    {
      if (!bp_page_put (page, rows->pdata[i], error))
        return FALSE;
    }

  return TRUE;
}

static gboolean
store_rows (BpStore             *self,
            const BpPulledTable *pulled,
            guint               *n_stored,
            GError             **error)
{
  BpPage page;
  gboolean ok = bp_page_begin (&page, self, pulled->table, error)
                && put_rows (&page, pulled->rows, error)
                && bp_store_count_paid_of (self, pulled->rows, error);

  bp_page_end (&page);
  if (page.n_stored > 0)
    bp_store_note_changed (self, pulled->table);
  *n_stored += page.n_stored;
  return ok;
}

/**
 * bp_store_move_cursor:
 * @self: a store, in a transaction
 * @pulled: a table and up to where it was pulled; its rows are not looked at
 * @error: #BpDatabaseError
 *
 * Moves the cursor, never back. Where a pull from 0 has come to its end, what
 * it did not bring is dropped.
 *
 * Returns: whether it succeeded
 */
gboolean
bp_store_move_cursor (BpStore             *self,
                      const BpPulledTable *pulled,
                      GError             **error)
{
  guint recovering = bp_store_get_recovering (self);
  BpPage page = {
    .store = self,
    .table = pulled->table,
    .recovering = (recovering >> bp_table_get_index (pulled->table)) & 1,
  };

  return write_cursor (&page, pulled, error)
         && (!pulled->from_zero || end_from_zero (&page, pulled->since, error));
}

static gboolean
apply_table (BpStore             *self,
             const BpPulledTable *pulled,
             guint               *n_stored,
             GError             **error)
{
  return (pulled->rows == NULL || pulled->rows->len == 0
          || store_rows (self, pulled, n_stored, error))
         && bp_store_move_cursor (self, pulled, error)
         && (!pulled->is_last || bp_store_pass_effects (self, pulled->table, error));
}

/**
 * bp_store_note_pull:
 * @self: a store, in a transaction
 * @is_last: whether the server had no more
 * @error: #BpDatabaseError
 *
 * Keeps that rows were pulled now.
 *
 * Returns: whether it succeeded
 */
gboolean
bp_store_note_pull (BpStore *self,
                    gboolean is_last,
                    GError **error)
{
  return bp_store_set_number (self, BP_STORE_SETTLED, is_last ? 1 : -1, error)
         && bp_store_set_number (self, "pulled", bp_clock_get_now (bp_store_get_clock (self)),
                                 error);
}

static gboolean
apply_pages (BpStore *self,
             gpointer user_data,
             GError **error)
{
  Pages *pages = user_data;
  gboolean is_last = pages->n_tables > 0;

  for (guint i = 0; i < pages->n_tables; i++)
    {
      is_last = is_last && pages->tables[i].is_last;
      if (!apply_table (self, &pages->tables[i], &pages->n_stored, error))
        return FALSE;
    }

  return bp_store_note_pull (self, is_last, error);
}

/**
 * bp_store_apply_page:
 * @self: a store
 * @tables: (array length=n_tables): what came
 * @n_tables: how many tables
 * @n_stored: (out): rows that were not older than what is here
 * @error: #BpDatabaseError
 *
 * Stores rows and cursors in one transaction (the contract's section 4). A
 * record that waits goes on being shown as it is here, with the server's
 * figures; a newer state of it may open a conflict. Unique keys are not looked
 * at. Cursors never go back. On failure nothing is stored.
 *
 * Returns: whether it is stored
 */
gboolean
bp_store_apply_page (BpStore             *self,
                     const BpPulledTable *tables,
                     guint                n_tables,
                     guint               *n_stored,
                     GError             **error)
{
  Pages pages = { tables, n_tables, 0 };
  gboolean stored;

  g_return_val_if_fail (BP_IS_STORE (self), FALSE);

  stored = bp_store_transact (self, apply_pages, &pages, error);
  *n_stored = stored ? pages.n_stored : 0;
  return stored;
}

/**
 * bp_store_get_cursor:
 * @self: a store
 * @table: a table
 *
 * Returns: up to which seq it was pulled; 0 where never
 */
gint64
bp_store_get_cursor (BpStore       *self,
                     const BpTable *table)
{
  g_autofree char *name = cursor_name (table);

  g_return_val_if_fail (BP_IS_STORE (self), 0);

  return bp_store_get_number (self, name, 0);
}

/**
 * bp_store_is_from_zero:
 * @self: a store
 * @table: a table
 *
 * Returns: whether its cursor stands inside of a pull that began at 0 and has
 *   not come to its end
 */
gboolean
bp_store_is_from_zero (BpStore       *self,
                       const BpTable *table)
{
  g_autofree char *name = zero_name (table);

  g_return_val_if_fail (BP_IS_STORE (self), FALSE);

  return bp_store_get_number (self, name, 0) != 0;
}

static gboolean
reset_cursor (BpStore *self,
              gpointer user_data,
              GError **error)
{
  const BpTable *table = user_data;
  g_autofree char *cursor = cursor_name (table);
  g_autofree char *zero = zero_name (table);
  g_autofree char *mark = g_strdup_printf ("UPDATE %s_local SET seq = - seq WHERE seq > 0",
                                           table->name);

  return bp_store_execute (self, error, mark, "")
         && bp_store_set_value (self, cursor, NULL, error)
         && bp_store_set_value (self, zero, NULL, error);
}

/**
 * bp_store_reset_cursor:
 * @self: a store
 * @table: a table
 * @error: #BpDatabaseError
 *
 * The table is pulled from 0 next. Its rows stay; they are marked (by a
 * negative seq), so that the end of that pull knows which it did not bring.
 *
 * Returns: whether it is stored
 */
gboolean
bp_store_reset_cursor (BpStore       *self,
                       const BpTable *table,
                       GError       **error)
{
  g_return_val_if_fail (BP_IS_STORE (self), FALSE);

  return bp_store_transact (self, reset_cursor, (gpointer)table, error);
}

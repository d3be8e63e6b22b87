/* Rows that were fetched go into the store while the next page comes: half of
 * the time of a first sync is the server's and the wire's. */
#include "config.h"

#include "bp-sync-batch.h"

#include "bp-limits.h"

/* How long one transaction may keep a user's save waiting: where somebody does
 * wait, and where nobody did. Many small ones cost more than few large ones. */
#define FAIR_MS 20
#define QUIET_MS 60
#define MIN_ROWS 100
#define MAX_ROWS 5000

#define DAY_MS (24 * 60 * 60 * G_GINT64_CONSTANT (1000))

struct _BpStoring
{
  BpSyncEngine *engine; /* (unowned) */
  GThread *thread;      /* (owned) (nullable): %NULL where it was not worth one */
  BpPulledTable tables[BP_N_TABLES]; /* with rows (owned) */
  gint64 before[BP_N_TABLES]; /* each one's cursor before */
  guint next[BP_N_TABLES];    /* each one's first row that is not stored */
  guint n_tables;
  gint64 n_stored;
  GError *error; /* (owned) (nullable) */
};

static void
storing_free (BpStoring *storing)
{
  g_clear_pointer (&storing->thread, g_thread_join);
  for (guint i = 0; i < storing->n_tables; i++)
    g_clear_pointer (&storing->tables[i].rows, g_ptr_array_unref);
  g_clear_error (&storing->error);
  g_free (storing);
}

static const BpState *
get_next (const BpStoring *storing,
          guint            table)
{
  GPtrArray *rows = storing->tables[table].rows;
  guint next = storing->next[table];

  return rows != NULL && next < rows->len ? rows->pdata[next] : NULL;
}

/* The table whose next row is the oldest change; @n_tables where none is left. */
static guint
find_oldest (const BpStoring *storing)
{
  guint oldest = storing->n_tables;

  for (guint i = 0; i < storing->n_tables; i++)
    {
      const BpState *row = get_next (storing, i);

      if (row != NULL
          && (oldest == storing->n_tables || row->seq < get_next (storing, oldest)->seq))
        oldest = i;
    }

  return oldest;
}

/* So many of the oldest changes, over all tables. Returns the seq up to which
 * they hold all, or %G_MAXINT64 after the last one. */
static gint64
take_part (BpStoring *storing,
           guint      n_rows,
           GPtrArray *parts[])
{
  gint64 last = 0;

  for (guint n = 0;; n++)
    {
      guint table = find_oldest (storing);

      if (table == storing->n_tables)
        return G_MAXINT64;
      if (n >= n_rows && get_next (storing, table)->seq > last)
        return last;

      last = get_next (storing, table)->seq;
      g_ptr_array_add (parts[table], storing->tables[table].rows->pdata[storing->next[table]++]);
    }
}

/* By how long a transaction took, so many rows that the next one is in time. */
static void
adapt (BpSyncEngine *engine,
       guint         n_rows,
       gint64        took)
{
  gint64 aim = bp_store_give_way (engine->store) ? FAIR_MS : QUIET_MS;
  gint64 fit = n_rows * aim / MAX (took, 1);

  if (n_rows < MIN_ROWS && took <= aim)
    return;
  engine->rows_fit = (guint)CLAMP (CLAMP (fit, engine->rows_fit / 2, engine->rows_fit * 2),
                                   MIN_ROWS, MAX_ROWS);
}

static gboolean
store_part (BpStoring *storing,
            gboolean  *is_last)
{
  BpSyncEngine *engine = storing->engine;
  GPtrArray *parts[BP_N_TABLES] = { NULL };
  BpPulledTable tables[BP_N_TABLES];
  gint64 began_at = bp_clock_get_monotonic (engine->clock);
  guint n_rows = 0, n_stored;
  gint64 until;
  gboolean ok;

  for (guint i = 0; i < storing->n_tables; i++)
    parts[i] = g_ptr_array_new ();
  until = take_part (storing, engine->rows_fit, parts);
  *is_last = until == G_MAXINT64;
  for (guint i = 0; i < storing->n_tables; i++)
    {
      tables[i] = storing->tables[i];
      tables[i].rows = parts[i];
      n_rows += parts[i]->len;
      if (!*is_last)
        {
          tables[i].since = MAX (storing->before[i], MIN (until, tables[i].since));
          tables[i].from_zero = FALSE;
          tables[i].is_last = FALSE;
        }
    }

  ok = bp_store_apply_page (engine->store, tables, storing->n_tables, &n_stored, &storing->error);
  storing->n_stored += n_stored;
  for (guint i = 0; i < storing->n_tables; i++)
    g_ptr_array_unref (parts[i]);
  if (ok)
    adapt (engine, n_rows, bp_clock_get_monotonic (engine->clock) - began_at);
  return ok;
}

static gpointer
store_in_thread (gpointer data)
{
  BpStoring *storing = data;
  gboolean is_last = FALSE;

  while (!is_last && store_part (storing, &is_last))
    ;
  return NULL;
}

/**
 * bp_batch_begin:
 * @self: nothing yet
 * @engine: an engine with a run under way
 * @asked: bit i: table i is pulled
 *
 * From where the store's cursors stand.
 */
void
bp_batch_begin (BpBatch      *self,
                BpSyncEngine *engine,
                guint         asked)
{
  *self = (BpBatch){ .engine = engine, .asked = asked };
  for (guint i = 0; i < BP_N_TABLES; i++)
    {
      const BpTable *table = bp_table_get (i);

      self->since[i] = bp_store_get_cursor (engine->store, table);
      self->stored[i] = self->since[i];
      if (self->since[i] == 0 || bp_store_is_from_zero (engine->store, table))
        self->zero |= 1u << i;
    }
}

/**
 * bp_batch_clear:
 * @self: a batch, begun or zero
 *
 * Waits for what is being stored. What was not handed over is given up: it is
 * fetched again.
 */
void
bp_batch_clear (BpBatch *self)
{
  g_clear_pointer (&self->storing, storing_free);
  for (guint i = 0; i < BP_N_TABLES; i++)
    g_clear_pointer (&self->rows[i], g_ptr_array_unref);
}

/**
 * bp_batch_add:
 * @self: a batch
 * @page: what came; its rows are taken out of it
 */
void
bp_batch_add (BpBatch    *self,
              BpPullPage *page)
{
  for (guint i = 0; i < BP_N_TABLES; i++)
    {
      if (!(self->asked & (1u << i)))
        continue;
      self->is_new = self->is_new || page->since[i] != self->since[i];
      self->since[i] = page->since[i];
      if (page->rows[i] == NULL)
        continue;
      self->n_rows += page->rows[i]->len;
      if (self->rows[i] == NULL)
        self->rows[i] = g_steal_pointer (&page->rows[i]);
      else
        g_ptr_array_extend_and_steal (self->rows[i], g_steal_pointer (&page->rows[i]));
    }
  self->is_end = !page->more;
}

/**
 * bp_batch_is_full:
 * @self: a batch
 *
 * Returns: whether there is enough for a transaction
 */
gboolean
bp_batch_is_full (const BpBatch *self)
{
  return self->n_rows >= BP_MAX_PAGE;
}

/* Hands over what was fetched, so that it is stored while the next page comes;
 * after the last one nothing is left to do meanwhile. */
static void
hand_over (BpBatch *self)
{
  BpStoring *storing = g_new0 (BpStoring, 1);

  storing->engine = self->engine;
  for (guint i = 0; i < BP_N_TABLES; i++)
    {
      BpPulledTable *table = &storing->tables[storing->n_tables];

      if (!(self->asked & (1u << i)))
        continue;
      table->table = bp_table_get (i);
      table->rows = g_steal_pointer (&self->rows[i]);
      table->since = self->since[i];
      table->from_zero = self->is_end && (self->zero & (1u << i));
      table->is_last = self->is_end;
      storing->before[storing->n_tables] = self->stored[i];
      self->stored[i] = self->since[i];
      storing->n_tables++;
    }

  self->n_rows = 0;
  self->is_new = FALSE;
  self->storing = storing;
  if (self->is_end)
    store_in_thread (storing);
  else
    storing->thread = g_thread_new ("stores", store_in_thread, storing);
}

/* The store keeps when it last pulled; it may be a day late. */
static gboolean
is_pull_old (const BpBatch *self)
{
  gint64 pulled_at = bp_store_get_number (self->engine->store, "pulled", 0);

  return ABS (bp_clock_get_now (self->engine->clock) - pulled_at) > DAY_MS;
}

/**
 * bp_batch_flush:
 * @self: a batch
 * @error: #BpDatabaseError, of what was handed over before
 *
 * Hands over what was fetched to be stored, in transactions of rows and the
 * cursors that go with them, none so long that a save would wait for it. Where
 * nothing is new, nothing is written: a run without news leaves the disk alone.
 *
 * Returns: whether it is handed over
 */
gboolean
bp_batch_flush (BpBatch *self,
                GError **error)
{
  gboolean has_ended = self->is_end && (self->zero & self->asked);

  if (self->n_rows == 0 && !self->is_new && !has_ended && !is_pull_old (self))
    return TRUE;
  if (!bp_batch_finish (self, error))
    return FALSE;

  hand_over (self);
  return TRUE;
}

/**
 * bp_batch_finish:
 * @self: a batch
 * @error: #BpDatabaseError
 *
 * Waits until what was handed over is stored.
 *
 * Returns: whether it is; where not, as many transactions hold as were made
 */
gboolean
bp_batch_finish (BpBatch *self,
                 GError **error)
{
  BpStoring *storing = g_steal_pointer (&self->storing);
  gboolean is_stored;

  if (storing == NULL)
    return TRUE;

  g_clear_pointer (&storing->thread, g_thread_join);
  self->engine->report->pulled += storing->n_stored;
  is_stored = storing->error == NULL;
  if (!is_stored)
    g_propagate_error (error, g_steal_pointer (&storing->error));
  storing_free (storing);
  return is_stored;
}

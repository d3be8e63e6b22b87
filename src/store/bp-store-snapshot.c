/* A snapshot on its way into the books: rows as a pull would have brought
 * them, and the cursors with the last. */
#include "config.h"

#include "bp-snapshot-file-private.h"
#include "bp-store-sync-private.h"

/* How long a transaction goes on where somebody waits for it; then it is still
 * to be made durable. */
#define FAIR_MS 10
#define ROWS_BETWEEN_LOOKS 32

typedef struct
{
  BpSnapshot *snapshot; /* (unowned) */
  guint max_rows;
  gint64 began_at;
  guint n_rows;
  guint n_stored;
  gboolean is_full;
} Part;

static gboolean
may_go_on (BpStore    *self,
           const Part *part)
{
  gint64 passed;

  if (part->n_rows >= part->max_rows)
    return FALSE;
  if (part->n_rows % ROWS_BETWEEN_LOOKS != 0)
    return TRUE;

  passed = bp_clock_get_monotonic (bp_store_get_clock (self)) - part->began_at;
  return passed < FAIR_MS || !bp_store_is_wanted (self);
}

/* A row that is certainly new is copied as it is. */
static gboolean
put_row (BpPage     *page,
         BpSnapshot *snapshot,
         GError    **error)
{
  g_autoptr (BpState) state = NULL;
  gboolean is_new = FALSE;

  if (page->expects_new && !page->has_waiting && !page->has_effects && !page->pays_unknown)
    {
      if (!bp_row_adder_copy (&page->adder, bp_snapshot_get_row (snapshot), &is_new, error))
        return FALSE;
      page->n_stored += is_new;
      if (is_new)
        return TRUE;
    }

  state = bp_snapshot_dup_state (snapshot);
  return bp_page_put (page, state, error)
         && (!page->pays_unknown || bp_store_count_paid (page->store, state, error));
}

/* From the row that the snapshot is at, as many of its table as fit; where
 * there is another row, of another table, after them, @has_row stays. */
static gboolean
put_rows (BpStore  *self,
          Part     *part,
          gboolean *has_row,
          GError  **error)
{
  const BpTable *table = bp_snapshot_get_table (part->snapshot);
  BpPage page;
  gboolean ok = bp_page_begin (&page, self, table, error);

  while (ok && *has_row && bp_snapshot_get_table (part->snapshot) == table)
    {
      ok = put_row (&page, part->snapshot, error);
      part->n_rows++;
      part->is_full = !may_go_on (self, part);
      if (part->is_full)
        *has_row = FALSE;
      else if (ok)
        ok = bp_snapshot_next (part->snapshot, has_row, error);
    }

  bp_page_end (&page);
  part->n_stored += page.n_stored;
  if (page.n_stored > 0)
    bp_store_note_changed (self, table);
  return ok;
}

static gboolean
move_cursors (BpStore    *self,
              BpSnapshot *snapshot,
              GError    **error)
{
  for (guint i = 0; i < BP_N_TABLES; i++)
    {
      BpPulledTable pulled = {
        .table = bp_table_get (i),
        .since = bp_snapshot_get_seq (snapshot),
        .from_zero = TRUE,
      };

      if ((bp_snapshot_get_tables (snapshot) & (1u << i))
          && !bp_store_move_cursor (self, &pulled, error))
        return FALSE;
    }

  return TRUE;
}

static gboolean
bring_in_part (BpStore *self,
               gpointer user_data,
               GError **error)
{
  Part *part = user_data;
  gboolean has_row;

  part->began_at = bp_clock_get_monotonic (bp_store_get_clock (self));
  if (!bp_snapshot_next (part->snapshot, &has_row, error))
    return FALSE;
  while (has_row)
    {
      if (!put_rows (self, part, &has_row, error))
        return FALSE;
    }

  return (part->is_full || move_cursors (self, part->snapshot, error))
         && bp_store_note_pull (self, FALSE, error);
}

typedef struct
{
  const BpSnapshot *snapshot; /* (unowned) */
  gint64 n_here;
} Begin;

static gboolean
count_pulled (BpStore       *self,
              const BpTable *table,
              gint64        *n_here,
              GError       **error)
{
  g_autofree char *sql = g_strdup_printf ("SELECT count(*) FROM %s_local WHERE seq > 0",
                                          table->name);
  gint64 n;

  if (!bp_store_ask (self, &n, error, sql, ""))
    return FALSE;

  *n_here += n;
  return TRUE;
}

static gboolean
begin_bring_in (BpStore *self,
                gpointer user_data,
                GError **error)
{
  Begin *begin = user_data;

  for (guint i = 0; i < BP_N_TABLES; i++)
    {
      const BpTable *table = bp_table_get (i);

      if ((bp_snapshot_get_tables (begin->snapshot) & (1u << i))
          && (!count_pulled (self, table, &begin->n_here, error)
              || !bp_store_reset_cursor (self, table, error)))
        return FALSE;
    }

  return TRUE;
}

/**
 * bp_store_begin_bring_in:
 * @self: a store
 * @snapshot: as of bp_store_bring_in()
 * @n_here: (out): rows that had been pulled of its tables
 * @error: #BpDatabaseError
 *
 * The tables are as at the beginning of a pull from 0: what pages brought of
 * them may have been deleted before the snapshot was made, and of that it does
 * not tell.
 *
 * Returns: whether it is stored
 */
gboolean
bp_store_begin_bring_in (BpStore          *self,
                         const BpSnapshot *snapshot,
                         gint64           *n_here,
                         GError          **error)
{
  Begin begin = { .snapshot = snapshot };

  g_return_val_if_fail (BP_IS_STORE (self), FALSE);

  if (!bp_store_transact (self, begin_bring_in, &begin, error))
    return FALSE;

  *n_here = begin.n_here;
  return TRUE;
}

/**
 * bp_store_bring_in:
 * @self: a store
 * @snapshot: of the store's epoch, not older than the cursors of its tables;
 *   bp_store_begin_bring_in() has been called
 * @max_rows: how many at most, 1 or more
 * @n_stored: (out): rows that were not older than what is here
 * @error: #BpDatabaseError; %G_IO_ERROR_INVALID_DATA where @snapshot cannot be
 *   read; nothing of it can be brought in any more
 *
 * Stores the next rows in one transaction, which ends soon where another
 * thread or process waits for the store; with the last of them the cursors
 * stand at the snapshot's seq, and rows of its tables that it does not have are
 * dropped, as at the end of a pull from 0. Called until
 * bp_snapshot_is_done().
 *
 * Returns: whether it is stored
 */
gboolean
bp_store_bring_in (BpStore    *self,
                   BpSnapshot *snapshot,
                   guint       max_rows,
                   guint      *n_stored,
                   GError    **error)
{
  Part part = { .snapshot = snapshot, .max_rows = max_rows };
  gboolean is_stored;

  g_return_val_if_fail (BP_IS_STORE (self), FALSE);
  g_return_val_if_fail (!bp_snapshot_is_done (snapshot), FALSE);

  is_stored = bp_store_transact (self, bring_in_part, &part, error);
  *n_stored = is_stored ? part.n_stored : 0;
  if (is_stored && !part.is_full)
    bp_snapshot_set_done (snapshot);
  return is_stored;
}

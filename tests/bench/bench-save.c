/* A save (record and queue, durable) against bare SQLite doing the same two
 * inserts in one transaction with the same settings, in turn. */
#include "config.h"

#include <locale.h>
#include <sqlite3.h>

#include "bp-bench.h"
#include "bp-id.h"

#define ROUNDS 20
#define SAVES_A_ROUND 250

typedef struct
{
  sqlite3 *handle;
  sqlite3_stmt *begin;
  sqlite3_stmt *record;
  sqlite3_stmt *queue;
  sqlite3_stmt *commit;
} Bare;

static void
bare_check (Bare *bare,
            int   code)
{
  if (code == SQLITE_OK || code == SQLITE_DONE || code == SQLITE_ROW)
    return;
  g_printerr ("bare SQLite: %s\n", sqlite3_errmsg (bare->handle));
  exit (1);
}

static void
bare_open (Bare       *bare,
           const char *folder)
{
  static const char schema[]
    = "PRAGMA journal_mode=WAL; PRAGMA synchronous=FULL; PRAGMA cache_size=-16384;"
      "CREATE TABLE payments (row INTEGER PRIMARY KEY, id TEXT NOT NULL UNIQUE, sale_id TEXT,"
      " customer_id TEXT, amount INTEGER, method TEXT, paid_at INTEGER, business_date TEXT,"
      " note TEXT, version INTEGER, status TEXT) STRICT;"
      "CREATE TABLE queue (id INTEGER PRIMARY KEY, op_id TEXT NOT NULL UNIQUE, action_id TEXT,"
      " table_name TEXT, record_id TEXT, operation TEXT, data TEXT, timestamp INTEGER,"
      " status TEXT) STRICT;";
  g_autofree char *path = g_build_filename (folder, "bare.db", NULL);

  bare_check (bare, sqlite3_open (path, &bare->handle));
  bare_check (bare, sqlite3_exec (bare->handle, schema, NULL, NULL, NULL));
  bare_check (bare, sqlite3_prepare_v2 (bare->handle, "BEGIN IMMEDIATE", -1, &bare->begin, NULL));
  bare_check (bare, sqlite3_prepare_v2 (bare->handle,
                                        "INSERT INTO payments (id, sale_id, amount, method,"
                                        " paid_at, business_date, version, status) VALUES"
                                        " (?, NULL, ?, 'cash', ?, '2025-06-01', 0, 'pending')",
                                        -1, &bare->record, NULL));
  bare_check (bare, sqlite3_prepare_v2 (bare->handle,
                                        "INSERT INTO queue (op_id, action_id, table_name,"
                                        " record_id, operation, data, timestamp, status) VALUES"
                                        " (?, ?, 'payments', ?, 'INSERT', ?, ?, 'pending')",
                                        -1, &bare->queue, NULL));
  bare_check (bare, sqlite3_prepare_v2 (bare->handle, "COMMIT", -1, &bare->commit, NULL));
}

static void
bare_close (Bare *bare)
{
  sqlite3_finalize (bare->begin);
  sqlite3_finalize (bare->record);
  sqlite3_finalize (bare->queue);
  sqlite3_finalize (bare->commit);
  sqlite3_close (bare->handle);
}

static void
bare_step (Bare         *bare,
           sqlite3_stmt *statement)
{
  bare_check (bare, sqlite3_step (statement));
  bare_check (bare, sqlite3_reset (statement));
}

static void
bare_save (Bare    *bare,
           BpClock *clock,
           gint64   amount)
{
  g_autofree char *id = bp_id_new (clock);
  g_autofree char *op_id = bp_id_new (clock);
  g_autofree char *data
    = g_strdup_printf ("{\"sale_id\":null,\"customer_id\":null,\"amount\":%" G_GINT64_FORMAT
                       ",\"method\":\"cash\",\"paid_at\":%" G_GINT64_FORMAT
                       ",\"business_date\":\"2025-06-01\",\"note\":null}",
                       amount, amount);

  bare_step (bare, bare->begin);
  sqlite3_bind_text (bare->record, 1, id, -1, SQLITE_STATIC);
  sqlite3_bind_int64 (bare->record, 2, amount);
  sqlite3_bind_int64 (bare->record, 3, amount);
  bare_step (bare, bare->record);
  sqlite3_bind_text (bare->queue, 1, op_id, -1, SQLITE_STATIC);
  sqlite3_bind_text (bare->queue, 2, op_id, -1, SQLITE_STATIC);
  sqlite3_bind_text (bare->queue, 3, id, -1, SQLITE_STATIC);
  sqlite3_bind_text (bare->queue, 4, data, -1, SQLITE_STATIC);
  sqlite3_bind_int64 (bare->queue, 5, amount);
  bare_step (bare, bare->queue);
  bare_step (bare, bare->commit);
}

static void
report (const char *name,
        GArray     *samples)
{
  g_print ("%-12s p50 %6.0f µs   p99 %6.0f µs\n", name, bp_bench_median (samples) * 1000,
           bp_bench_quantile (samples, 0.99) * 1000);
}

int
main (void)
{
  g_autofree char *folder = bp_bench_make_folder ();
  g_autoptr (BpShop) shop = bp_bench_open_shop (folder);
  g_autoptr (BpClock) clock = bp_system_clock_new ();
  g_autoptr (GArray) ours = g_array_new (FALSE, FALSE, sizeof (double));
  g_autoptr (GArray) bares = g_array_new (FALSE, FALSE, sizeof (double));
  Bare bare = { NULL };

  setlocale (LC_ALL, "");
  bare_open (&bare, folder);
  for (int round = 0; round < ROUNDS; round++)
    {
      for (int i = 0; i < SAVES_A_ROUND; i++)
        {
          double start = bp_bench_now (), middle, end;

          bp_bench_save_payment (bp_shop_get_store (shop), i + 1);
          middle = bp_bench_now ();
          bare_save (&bare, clock, i + 1);
          end = bp_bench_now ();
          middle -= start;
          end -= start + middle;
          g_array_append_val (ours, middle);
          g_array_append_val (bares, end);
        }
    }

  report ("bare SQLite", bares);
  report ("BizPulse", ours);
  g_print ("save: %.2f × bare SQLite (medians of %u; aim ≤ 1.5)\n",
           bp_bench_median (ours) / bp_bench_median (bares), ours->len);
  bare_close (&bare);
  g_clear_object (&shop);
  bp_bench_remove_folder (folder);
  return 0;
}

/* How long a user's save takes while a first sync runs in another thread. */
#include "config.h"

#include <locale.h>
#include <stdlib.h>

#include "bp-bench.h"

#define PAUSE_US 2000

typedef struct
{
  BpShop *shop; /* (unowned) */
  int done;     /* atomic */
} Sync;

static gpointer
sync_in_thread (gpointer user_data)
{
  Sync *sync = user_data;

  bp_bench_sync (sync->shop);
  g_atomic_int_set (&sync->done, TRUE);
  return NULL;
}

static void
save_meanwhile (const BpBenchServer *server,
                GArray              *samples)
{
  g_autofree char *folder = bp_bench_make_folder ();
  g_autoptr (BpShop) shop = bp_bench_pair (folder, server);
  Sync sync = { shop, FALSE };
  GThread *thread = g_thread_new ("syncs", sync_in_thread, &sync);

  for (gint64 amount = 1; !g_atomic_int_get (&sync.done); amount++)
    {
      double start = bp_bench_now (), took;

      bp_bench_save_payment (bp_shop_get_store (shop), amount);
      took = bp_bench_now () - start;
      g_array_append_val (samples, took);
      g_usleep (PAUSE_US);
    }
  g_thread_join (thread);
  g_clear_object (&shop);
  bp_bench_remove_folder (folder);
}

int
main (int    argc,
      char **argv)
{
  guint n_products = argc > 1 ? (guint)atoi (argv[1]) : 100000;
  guint rounds = argc > 2 ? (guint)atoi (argv[2]) : 3;
  g_autofree char *folder = bp_bench_make_folder ();
  g_autofree char *loader_folder = g_build_filename (folder, "loader", NULL);
  BpBenchServer *server = bp_bench_server_start (folder, 0);
  g_autoptr (BpShop) loader = bp_bench_pair (loader_folder, server);
  g_autoptr (GArray) samples = g_array_new (FALSE, FALSE, sizeof (double));

  setlocale (LC_ALL, "");
  bp_bench_save_products (loader, n_products);
  bp_bench_sync (loader);
  for (guint round = 0; round < rounds; round++)
    save_meanwhile (server, samples);

  g_print ("%u saves during first syncs of %u products: p50 %.1f ms, p99 %.1f ms, longest %.1f ms"
           " (aim: p99 < 50)\n",
           samples->len, n_products, bp_bench_median (samples), bp_bench_quantile (samples, 0.99),
           bp_bench_quantile (samples, 1));
  g_clear_object (&loader);
  bp_bench_server_stop (server);
  bp_bench_remove_folder (folder);
  return 0;
}

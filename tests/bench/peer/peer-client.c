/* CLIENT sync|write|w6 DATADIR PORT …: the device's half of the peer
 * benchmark. Times are taken inside, from the call to its data being
 * committed. */
#include "config.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>

#include "bp-peer.h"
#include "bp-sync.h"

#define WAIT_US 10000

static long
get_rss (void)
{
  struct rusage usage;

  getrusage (RUSAGE_SELF, &usage);
  return usage.ru_maxrss;
}

static double
get_cpu (void)
{
  struct rusage usage;

  getrusage (RUSAGE_SELF, &usage);
  return (double)(usage.ru_utime.tv_sec + usage.ru_stime.tv_sec)
         + (double)(usage.ru_utime.tv_usec + usage.ru_stime.tv_usec) / 1e6;
}

static void
pair (BpShop     *shop,
      const char *folder,
      const char *port)
{
  g_autofree char *database = g_strdup_printf ("sqlite:%s/../server/server.db", folder);
  g_autofree char *note = g_build_filename (folder, "..", "server", "store", NULL);
  g_autofree char *url = g_strdup_printf ("http://127.0.0.1:%s", port);
  g_autofree char *store = NULL;
  g_autofree char *code = NULL;
  g_autoptr (GError) error = NULL;
  BpPairTerms terms;

  bp_bench_check (g_file_get_contents (note, &store, NULL, &error), &error);
  code = bp_bench_server_make_code (database, store);
  terms = (BpPairTerms){ url, code, "Peer", TRUE };
  bp_bench_check (bp_sync_pair (bp_shop_get_store (shop), &terms, NULL, &error), &error);
}

static gint64
count_queue (BpShop *shop)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (BpSyncStatus) status = bp_sync_get_status (bp_shop_get_store (shop), &error);

  bp_bench_check (status != NULL, &error);
  return status->n_pending;
}

static void
run_sync (BpShop *shop,
          double  open_ms)
{
  char line[256];

  do
    {
      double cpu = get_cpu ();
      double start = bp_bench_now ();
      double ms;
      BpPeerCounts counts;
      long rss;

      bp_bench_sync (shop);
      ms = bp_bench_now () - start;
      cpu = get_cpu () - cpu;
      rss = get_rss ();
      bp_peer_count (shop, &counts);
      printf ("{\"open_ms\":%.1f,\"ms\":%.2f,\"cpu_s\":%.3f,\"rss_kb\":%ld,\"products\":%"
              G_GINT64_FORMAT ",\"sales\":%" G_GINT64_FORMAT ",\"changed\":%" G_GINT64_FORMAT
              ",\"queue\":%" G_GINT64_FORMAT "}\n",
              open_ms, ms, cpu, rss, counts.products, counts.sales, counts.changed,
              count_queue (shop));
      fflush (stdout);
    }
  while (fgets (line, sizeof line, stdin) != NULL && line[0] == '{');
}

static void
run_write (BpShop     *shop,
           const char *path,
           guint       n_sales)
{
  g_autoptr (GPtrArray) lines = bp_peer_read_lines (path, 0, n_sales);
  g_autoptr (GArray) samples = g_array_new (FALSE, FALSE, sizeof (double));
  double start = bp_bench_now ();
  double total;

  for (guint i = 0; i < lines->len; i++)
    {
      double before = bp_bench_now ();
      double took;

      bp_peer_save (shop, bp_peer_read_sale (lines->pdata[i]));
      took = (bp_bench_now () - before) * 1000;
      g_array_append_val (samples, took);
    }
  total = bp_bench_now () - start;
  printf ("{\"n\":%u,\"ms\":%.1f,\"p50_us\":%.1f,\"p99_us\":%.1f,\"ops_s\":%.0f,\"rss_kb\":%ld}\n",
          lines->len, total, bp_bench_median (samples), bp_bench_quantile (samples, 0.99),
          lines->len / total * 1000, get_rss ());
}

static void
prepare_fleet_changes (BpShop *shop,
                       char  **args)
{
  guint number = (guint)atoi (args[1]);
  guint half = (guint)atoi (args[3]) / 2;
  g_autoptr (GPtrArray) lines = bp_peer_read_lines (args[0], number * half, half);
  g_autoptr (GPtrArray) ids = bp_peer_list_ids (shop, number * half, half);

  for (guint i = 0; i < lines->len; i++)
    bp_peer_save (shop, bp_peer_read_sale (lines->pdata[i]));
  for (guint i = 0; i < ids->len; i++)
    bp_peer_set_price (shop, ids->pdata[i], BP_PEER_CHANGED + number);
}

static void
run_fleet (BpShop *shop,
           char  **args)
{
  gint64 want = 2 * (gint64)(atoi (args[3]) / 2) * atoi (args[2]);
  gint64 got = 0;
  int rounds = 0;
  char line[256];
  double start;

  bp_bench_sync (shop);
  prepare_fleet_changes (shop, args);
  puts ("ready");
  fflush (stdout);
  if (fgets (line, sizeof line, stdin) == NULL)
    return;

  start = bp_bench_now ();
  while (got < want)
    {
      BpPeerCounts counts;

      bp_bench_sync (shop);
      bp_peer_count (shop, &counts);
      got = counts.sales + counts.changed;
      rounds++;
      if (got < want)
        g_usleep (WAIT_US);
    }
  printf ("{\"ms\":%.1f,\"rounds\":%d,\"got\":%" G_GINT64_FORMAT ",\"want\":%" G_GINT64_FORMAT
          ",\"rss_kb\":%ld}\n",
          bp_bench_now () - start, rounds, got, want, get_rss ());
  fflush (stdout);
  if (fgets (line, sizeof line, stdin) == NULL)
    return;
}

int
main (int    argc,
      char **argv)
{
  double start = bp_bench_now ();
  g_autoptr (BpShop) shop = NULL;
  g_autoptr (BpPairing) pairing = NULL;

  if (argc < 5)
    {
      fprintf (stderr, "usage: peer-client sync|write|w6 DATADIR PORT …\n");
      return 2;
    }

  shop = bp_bench_open_shop (argv[2]);
  pairing = bp_sync_get_pairing (bp_shop_get_store (shop));
  if (pairing == NULL)
    pair (shop, argv[2], argv[3]);

  if (g_str_equal (argv[1], "sync"))
    run_sync (shop, bp_bench_now () - start);
  else if (g_str_equal (argv[1], "write") && argc == 6)
    run_write (shop, argv[4], (guint)atoi (argv[5]));
  else if (g_str_equal (argv[1], "w6") && argc == 9)
    run_fleet (shop, argv + 4);
  fflush (stdout);
  return 0;
}

/* SERVER DATADIR PORT products.ndjson: the server's half of the peer
 * benchmark. Its products come from a device of its own, which also makes the
 * changes that the harness asks for. */
#include "config.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "bp-peer.h"

#define PRODUCTS_A_TRANSACTION 500

typedef struct
{
  GPtrArray *lines; /* (unowned) (element-type utf8) */
  guint next;
  guint end;
} Range;

static gboolean
save_range (BpStore *store,
            gpointer user_data,
            GError **error)
{
  Range *range = user_data;

  for (; range->next < range->end; range->next++)
    {
      g_autoptr (GPtrArray) writes = g_ptr_array_new_with_free_func ((GDestroyNotify)bp_write_free);

      g_ptr_array_add (writes, bp_peer_read_product (range->lines->pdata[range->next]));
      if (!bp_store_save (store, writes, NULL, error))
        return FALSE;
    }

  return TRUE;
}

static void
load_products (BpShop     *shop,
               const char *path)
{
  g_autoptr (GPtrArray) lines = bp_peer_read_lines (path, 0, G_MAXUINT);

  for (guint i = 0; i < lines->len; i += PRODUCTS_A_TRANSACTION)
    {
      g_autoptr (GError) error = NULL;
      Range range = { lines, i, MIN (i + PRODUCTS_A_TRANSACTION, lines->len) };

      bp_bench_check (bp_store_transact (bp_shop_get_store (shop), save_range, &range, &error),
                      &error);
    }
  bp_bench_sync (shop);
}

static void
change_products (BpShop *shop,
                 guint   n_products,
                 gint64  salt)
{
  g_autoptr (GPtrArray) ids = bp_peer_list_ids (shop, 0, n_products);

  for (guint i = 0; i < ids->len; i++)
    bp_peer_set_price (shop, ids->pdata[i], BP_PEER_CHANGED + salt);
  bp_bench_sync (shop);
  puts ("ok");
}

static void
print_counts (BpShop *shop)
{
  BpPeerCounts counts;

  bp_bench_sync (shop);
  bp_peer_count (shop, &counts);
  printf ("{\"products\":%" G_GINT64_FORMAT ",\"sales\":%" G_GINT64_FORMAT "}\n",
          counts.products, counts.sales);
}

static void
answer (BpShop *shop)
{
  char line[256];

  while (fgets (line, sizeof line, stdin) != NULL && !g_str_has_prefix (line, "quit"))
    {
      guint n_products;
      long long salt;

      if (sscanf (line, "change %u %lld", &n_products, &salt) == 2)
        change_products (shop, n_products, salt);
      else if (g_str_has_prefix (line, "count"))
        print_counts (shop);
      fflush (stdout);
    }
}

int
main (int    argc,
      char **argv)
{
  g_autofree char *device = NULL;
  g_autofree char *note = NULL;
  g_autoptr (GError) error = NULL;
  g_autoptr (BpShop) shop = NULL;
  BpBenchServer *server;

  if (argc != 4)
    {
      fprintf (stderr, "usage: peer-server DATADIR PORT products.ndjson\n");
      return 2;
    }

  g_mkdir_with_parents (argv[1], 0700);
  device = g_build_filename (argv[1], "device", NULL);
  note = g_build_filename (argv[1], "store", NULL);
  server = bp_bench_server_start (argv[1], (guint)atoi (argv[2]));
  bp_bench_check (g_file_set_contents (note, server->store, -1, &error), &error);
  shop = bp_bench_pair (device, server);
  load_products (shop, argv[3]);
  puts ("ready");
  fflush (stdout);

  answer (shop);
  g_clear_object (&shop);
  bp_bench_server_stop (server);
  return 0;
}

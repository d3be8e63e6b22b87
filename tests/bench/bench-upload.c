/* Queued sales go up: how long the sync takes until nothing waits and their
 * effects have come back, what it costs both ends, and how often that is what
 * HTTP and a table alone take. */
#include "config.h"

#include <locale.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <unistd.h>

#include "bp-bare.h"
#include "bp-bench.h"
#include "bp-id.h"

#define LINES_A_SALE 3
#define SALES_A_PUSH 100

typedef struct
{
  guint next;
  guint end;
  guint n_products;
} Range;

static BpWrite *
make_sale (BpClock *clock,
           guint    number,
           guint    n_products)
{
  const BpTable *table = bp_table_find ("sales");
  BpChange *change = bp_change_new (table);
  g_autoptr (GString) lines = g_string_new ("[");
  g_autofree char *text = g_strdup_printf ("BENCH-%u", number);
  g_autofree char *id = bp_id_new (clock);

  for (guint i = 0; i < LINES_A_SALE; i++)
    {
      g_autoptr (BpWrite) product
        = bp_bench_make_product ((number * LINES_A_SALE + i) * 7919u % n_products);

      g_string_append_printf (lines,
                              "%s{\"product_id\":\"%s\",\"name\":\"organic roasted coffee\","
                              "\"quantity\":1000,\"unit_price\":500,\"total\":500}",
                              i > 0 ? "," : "", product->id);
    }
  g_string_append_c (lines, ']');
  bp_change_set_text (change, "number", text);
  bp_change_set_integer (change, "sale_date", G_GINT64_CONSTANT (1750000000000) + number);
  bp_change_set_text (change, "business_date", "2025-06-15");
  bp_change_set_text (change, "status", "posted");
  bp_change_set_text (change, "kind", "sale");
  bp_change_set_text (change, "currency", "INR");
  bp_change_set_text (change, "lines", lines->str);
  bp_change_set_integer (change, "subtotal", 500 * LINES_A_SALE);
  bp_change_set_integer (change, "total_amount", 500 * LINES_A_SALE);
  return bp_write_new (table, id, BP_OPERATION_INSERT, change);
}

static gboolean
save_sales (BpStore *store,
            gpointer user_data,
            GError **error)
{
  Range *range = user_data;

  for (; range->next < range->end; range->next++)
    {
      g_autoptr (GPtrArray) writes = g_ptr_array_new_with_free_func ((GDestroyNotify)bp_write_free);

      g_ptr_array_add (writes, make_sale (bp_store_get_clock (store), range->next,
                                          range->n_products));
      if (!bp_store_save (store, writes, NULL, error))
        return FALSE;
    }

  return TRUE;
}

/* The same sales, as many to a request as a push holds. */
static double
time_bare (BpStore    *store,
           Range       range,
           const char *folder)
{
  g_autoptr (GPtrArray) bodies = g_ptr_array_new_with_free_func ((GDestroyNotify)g_bytes_unref);

  while (range.next < range.end)
    {
      GString *body = g_string_new ("[");

      for (guint i = 0; i < SALES_A_PUSH && range.next < range.end; i++)
        {
          g_autoptr (BpWrite) write = make_sale (bp_store_get_clock (store), range.next++,
                                                 range.n_products);

          if (i > 0)
            g_string_append_c (body, ',');
          bp_change_append_json (write->change, body);
        }
      g_string_append_c (body, ']');
      g_ptr_array_add (bodies, g_string_free_to_bytes (body));
    }

  return bp_bare_upload (bodies, folder);
}

static double
get_own_cpu (void)
{
  struct rusage usage;

  getrusage (RUSAGE_SELF, &usage);
  return (double)(usage.ru_utime.tv_sec + usage.ru_stime.tv_sec) * 1000
         + (double)(usage.ru_utime.tv_usec + usage.ru_stime.tv_usec) / 1000;
}

int
main (int    argc,
      char **argv)
{
  guint n_products = argc > 1 ? (guint)atoi (argv[1]) : 20000;
  guint n_sales = argc > 2 ? (guint)atoi (argv[2]) : 10000;
  guint rounds = argc > 3 ? (guint)atoi (argv[3]) : 3;
  g_autofree char *folder = bp_bench_make_folder ();
  g_autofree char *device = g_build_filename (folder, "device", NULL);
  BpBenchServer *server = bp_bench_server_start (folder, 0);
  g_autoptr (BpShop) shop = bp_bench_pair (device, server);

  setlocale (LC_ALL, "");
  bp_bench_save_products (shop, n_products);
  bp_bench_sync (shop);
  for (guint round = 0; round < rounds; round++)
    {
      g_autoptr (GError) error = NULL;
      Range range = { round *n_sales, (round + 1) * n_sales, n_products };
      double start, own, other, taken, bare;

      bp_bench_check (bp_store_transact (bp_shop_get_store (shop), save_sales, &range, &error),
                      &error);
      own = get_own_cpu ();
      other = bp_bench_server_get_cpu (server);
      start = bp_bench_now ();
      bp_bench_sync (shop);
      taken = bp_bench_now () - start;
      own = get_own_cpu () - own;
      other = bp_bench_server_get_cpu (server) - other;
      range.next = round * n_sales;
      bare = time_bare (bp_shop_get_store (shop), range, folder);
      g_print ("%u sales go up, beside %u products: %.0f ms, %.1f × bare HTTP and %s (%.0f ms);"
               " processor time: device %.0f ms, server %.0f ms\n",
               n_sales, n_products, taken, taken / bare,
               g_getenv ("BIZPULSE_TEST_POSTGRESQL") != NULL ? "COPY" : "insert", bare, own, other);
    }

  g_clear_object (&shop);
  bp_bench_server_stop (server);
  bp_bench_remove_folder (folder);
  return 0;
}

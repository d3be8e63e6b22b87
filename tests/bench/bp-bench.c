#include "config.h"

#include "bp-bench.h"

#include <glib/gstdio.h>
#include <signal.h>
#include <string.h>
#include <unistd.h>

#include "bp-id.h"
#include "bp-json.h"
#include "bp-sync.h"

#define ACTIONS_A_TRANSACTION 500
#define FIRST_COUNTED_FIELD 11

/**
 * bp_bench_now:
 *
 * Returns: monotonic time in milliseconds
 */
double
bp_bench_now (void)
{
  return (double)g_get_monotonic_time () / 1000.0;
}

static int
compare_doubles (gconstpointer a,
                 gconstpointer b)
{
  double difference = *(const double *)a - *(const double *)b;

  return difference < 0 ? -1 : difference > 0;
}

/**
 * bp_bench_quantile:
 * @samples: (element-type double): at least one; sorted afterwards
 * @share: 0 to 1
 *
 * Returns: the sample that @share of them do not exceed
 */
double
bp_bench_quantile (GArray *samples,
                   double  share)
{
  g_array_sort (samples, compare_doubles);
  return g_array_index (samples, double, MIN ((guint)(samples->len * share), samples->len - 1));
}

/**
 * bp_bench_median:
 * @samples: (element-type double): at least one; sorted afterwards
 *
 * Returns: the middle one
 */
double
bp_bench_median (GArray *samples)
{
  return bp_bench_quantile (samples, 0.5);
}

/**
 * bp_bench_check:
 * @success: what a function returned
 * @error: (nullable): where it says why; a place, for arguments may be worked
 *   out in any order
 *
 * Ends the program with the reason where @success is %FALSE.
 */
void
bp_bench_check (gboolean       success,
                GError *const *error)
{
  if (success)
    return;

  g_printerr ("%s\n", error != NULL && *error != NULL ? (*error)->message
                                                     : "failed without a reason");
  exit (1);
}

/**
 * bp_bench_make_folder:
 *
 * Returns: (transfer full): a new, empty folder, in `BENCH_TMP` where set
 */
char *
bp_bench_make_folder (void)
{
  const char *parent = g_getenv ("BENCH_TMP");
  char *folder = g_build_filename (parent != NULL ? parent : g_get_tmp_dir (),
                                   "bizpulse-bench-XXXXXX", NULL);

  bp_bench_check (g_mkdtemp_full (folder, 0700) != NULL, NULL);
  return folder;
}

/**
 * bp_bench_remove_folder:
 * @folder: a folder and everything in it, gone afterwards
 */
void
bp_bench_remove_folder (const char *folder)
{
  g_autoptr (GDir) dir = g_dir_open (folder, 0, NULL);
  const char *name;

  while (dir != NULL && (name = g_dir_read_name (dir)) != NULL)
    {
      g_autofree char *path = g_build_filename (folder, name, NULL);

      if (g_file_test (path, G_FILE_TEST_IS_DIR))
        bp_bench_remove_folder (path);
      else
        g_unlink (path);
    }
  g_rmdir (folder);
}

static char *
run_admin (const char *const *argv)
{
  g_autoptr (GError) error = NULL;
  g_autofree char *output = NULL;
  int status;

  bp_bench_check (g_spawn_sync (NULL, (char **)argv, NULL, G_SPAWN_DEFAULT, NULL, NULL, &output,
                                NULL, &status, &error),
                  &error);
  bp_bench_check (g_spawn_check_wait_status (status, &error), &error);
  return g_steal_pointer (&output);
}

static char *
get_member (const char *json,
            const char *member)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (JsonNode) node = bp_json_parse_object (json, -1, &error);

  bp_bench_check (node != NULL, &error);
  return g_strdup (json_object_get_string_member (json_node_get_object (node), member));
}

/**
 * bp_bench_server_make_code:
 * @database: the server's `--database`
 * @store: a store's id
 *
 * Returns: (transfer full): a pairing code
 */
char *
bp_bench_server_make_code (const char *database,
                           const char *store)
{
  const char *argv[] = { BIZPULSE_SERVER, "pair-code", store, "--database", database, NULL };
  g_autofree char *output = run_admin (argv);

  return get_member (output, "code");
}

/**
 * bp_bench_server_add_store:
 * @database: the server's `--database`
 *
 * Returns: (transfer full): the id of a new store
 */
char *
bp_bench_server_add_store (const char *database)
{
  const char *argv[] = { BIZPULSE_SERVER, "store-add", "Bench", "--database", database, NULL };
  g_autofree char *output = run_admin (argv);

  return get_member (output, "store");
}

/**
 * bp_bench_server_start:
 * @folder: where its database lies; it lies in PostgreSQL where
 *   `BIZPULSE_TEST_POSTGRESQL` tells of one
 * @port: 0 for any
 *
 * Returns: (transfer full): a server of one store that is ready
 */
BpBenchServer *
bp_bench_server_start (const char *folder,
                       guint       port)
{
  BpBenchServer *server = g_new0 (BpBenchServer, 1);
  g_autoptr (GError) error = NULL;
  g_autoptr (GDataInputStream) output = NULL;
  g_autofree char *listen = g_strdup_printf ("127.0.0.1:%u", port);
  g_autofree char *line = NULL;
  const char *postgresql = g_getenv ("BIZPULSE_TEST_POSTGRESQL");

  server->database = postgresql != NULL ? g_strdup (postgresql)
                                        : g_strdup_printf ("sqlite:%s/server.db", folder);
  server->store = bp_bench_server_add_store (server->database);
  server->process
    = g_subprocess_new (G_SUBPROCESS_FLAGS_STDOUT_PIPE, &error, BIZPULSE_SERVER, "--listen",
                        listen, "--database", server->database, NULL);
  bp_bench_check (server->process != NULL, &error);
  output = g_data_input_stream_new (g_subprocess_get_stdout_pipe (server->process));
  line = g_data_input_stream_read_line (output, NULL, NULL, &error);
  bp_bench_check (line != NULL && g_str_has_prefix (line, "listening on "), &error);
  server->url = g_strdup (line + strlen ("listening on "));
  return server;
}

/**
 * bp_bench_server_stop:
 * @server: (transfer full): a server, ended afterwards
 */
void
bp_bench_server_stop (BpBenchServer *server)
{
  g_subprocess_send_signal (server->process, SIGTERM);
  g_subprocess_wait (server->process, NULL, NULL);
  g_clear_object (&server->process);
  g_free (server->database);
  g_free (server->url);
  g_free (server->store);
  g_free (server);
}

/**
 * bp_bench_server_get_cpu:
 * @server: a server
 *
 * Returns: user and system time that it has used, in milliseconds, as Linux
 *   tells it
 */
double
bp_bench_server_get_cpu (const BpBenchServer *server)
{
  g_autofree char *path = g_strdup_printf ("/proc/%s/stat",
                                           g_subprocess_get_identifier (server->process));
  g_autofree char *text = NULL;
  g_auto (GStrv) fields = NULL;
  const char *rest;

  if (!g_file_get_contents (path, &text, NULL, NULL) || (rest = strrchr (text, ')')) == NULL)
    return 0;

  fields = g_strsplit (rest + 2, " ", -1);
  return (double)(g_ascii_strtoll (fields[FIRST_COUNTED_FIELD], NULL, 10)
                  + g_ascii_strtoll (fields[FIRST_COUNTED_FIELD + 1], NULL, 10))
         * 1000 / (double)sysconf (_SC_CLK_TCK);
}

/**
 * bp_bench_open_shop:
 * @folder: a data folder, made where missing
 *
 * Returns: (transfer full): its shop
 */
BpShop *
bp_bench_open_shop (const char *folder)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (BpClock) clock = bp_system_clock_new ();
  BpShop *shop = bp_shop_open (folder, clock, &error);

  bp_bench_check (shop != NULL, &error);
  return shop;
}

/**
 * bp_bench_pair:
 * @folder: a data folder, made where missing
 * @server: whose store it joins
 *
 * Returns: (transfer full): its shop
 */
BpShop *
bp_bench_pair (const char          *folder,
               const BpBenchServer *server)
{
  g_autoptr (GError) error = NULL;
  g_autofree char *code = bp_bench_server_make_code (server->database, server->store);
  BpShop *shop = bp_bench_open_shop (folder);
  BpPairTerms terms = { server->url, code, "Bench", TRUE };

  bp_bench_check (bp_sync_pair (bp_shop_get_store (shop), &terms, NULL, &error), &error);
  return shop;
}

/**
 * bp_bench_sync:
 * @shop: a paired shop, in step with its server afterwards
 */
void
bp_bench_sync (BpShop *shop)
{
  g_autoptr (GError) error = NULL;
  BpSyncOptions options = { .to_the_end = TRUE, .wait = TRUE };
  BpSyncReport report = { 0 };

  bp_bench_check (bp_sync_run (bp_shop_get_store (shop), &options, &report, NULL, &error), &error);
}

/**
 * bp_bench_make_product:
 * @number: which; the same number gives the same product
 *
 * Returns: (transfer full): its insertion
 */
BpWrite *
bp_bench_make_product (guint number)
{
  const BpTable *table = bp_table_find ("products");
  BpChange *change = bp_change_new (table);
  g_autofree char *sku = g_strdup_printf ("SKU-%08u", number);
  g_autofree char *name = g_strdup_printf ("organic roasted coffee %u family pack", number);
  g_autofree char *id = g_strdup_printf ("%08x-bench", number * 2654435761u);

  bp_change_set_text (change, "name", name);
  bp_change_set_text (change, "sku", sku);
  bp_change_set_text (change, "category", "Beverages/Coffee");
  bp_change_set_text (change, "note",
                      "store away from sunlight serve best before date weight net gluten free "
                      "vegan contains nuts suitable for adults and children");
  bp_change_set_integer (change, "price", 50 + number % 20000);
  return bp_write_new (table, id, BP_OPERATION_INSERT, change);
}

typedef struct
{
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

      g_ptr_array_add (writes, bp_bench_make_product (range->next));
      if (!bp_store_save (store, writes, NULL, error))
        return FALSE;
    }

  return TRUE;
}

/**
 * bp_bench_save_products:
 * @shop: a shop
 * @n_products: how many are saved, each an action of its own
 */
void
bp_bench_save_products (BpShop *shop,
                        guint   n_products)
{
  for (guint i = 0; i < n_products; i += ACTIONS_A_TRANSACTION)
    {
      g_autoptr (GError) error = NULL;
      Range range = { i, MIN (i + ACTIONS_A_TRANSACTION, n_products) };

      bp_bench_check (bp_store_transact (bp_shop_get_store (shop), save_range, &range, &error),
                      &error);
    }
}

/**
 * bp_bench_save_payment:
 * @store: a store
 * @amount: of the payment, in the minor unit
 *
 * Saves one, durably.
 */
void
bp_bench_save_payment (BpStore *store,
                       gint64   amount)
{
  const BpTable *table = bp_table_find ("payments");
  g_autoptr (GPtrArray) writes = g_ptr_array_new_with_free_func ((GDestroyNotify)bp_write_free);
  g_autoptr (GError) error = NULL;
  g_autofree char *id = bp_id_new (bp_store_get_clock (store));
  BpChange *change = bp_change_new (table);

  bp_change_set_integer (change, "amount", amount);
  bp_change_set_text (change, "method", "cash");
  bp_change_set_integer (change, "paid_at", amount);
  bp_change_set_text (change, "business_date", "2025-06-01");
  g_ptr_array_add (writes, bp_write_new (table, id, BP_OPERATION_INSERT, change));
  bp_bench_check (bp_store_save (store, writes, NULL, &error), &error);
}

/* A first sync of products against a bare HTTP download and insert of the
 * same rows: one gzipped body, stepped over with the same scanner, into one
 * table in one transaction. */
#include "config.h"

#include <locale.h>
#include <libsoup/soup.h>
#include <sqlite3.h>
#include <stdlib.h>
#include <string.h>

#include "bp-bench.h"
#include "bp-gzip.h"
#include "bp-json.h"

#define BARE_MAX (256 * 1024 * 1024)

typedef struct
{
  GBytes *body; /* (owned) gzip */
  GMainContext *context; /* (owned) */
  GMainLoop *loop;       /* (owned) */
  GMutex mutex;
  GCond cond;
  char *url; /* (owned) (nullable) */
} BareServer;

static void
on_request (SoupServer        *server,
            SoupServerMessage *message,
            const char        *path,
            GHashTable        *query,
            gpointer           user_data)
{
  BareServer *bare = user_data;

  soup_server_message_set_status (message, 200, NULL);
  soup_message_headers_append (soup_server_message_get_response_headers (message),
                               "Content-Type", "application/octet-stream");
  soup_message_body_append_bytes (soup_server_message_get_response_body (message), bare->body);
}

static gpointer
serve (gpointer user_data)
{
  BareServer *bare = user_data;
  g_autoptr (SoupServer) server = NULL;
  g_autoptr (GError) error = NULL;
  GSList *uris;

  g_main_context_push_thread_default (bare->context);
  server = soup_server_new (NULL, NULL);
  soup_server_add_handler (server, NULL, on_request, bare, NULL);
  bp_bench_check (soup_server_listen_local (server, 0, SOUP_SERVER_LISTEN_IPV4_ONLY, &error),
                  &error);
  uris = soup_server_get_uris (server);
  g_mutex_lock (&bare->mutex);
  bare->url = g_uri_to_string (uris->data);
  g_cond_signal (&bare->cond);
  g_mutex_unlock (&bare->mutex);
  g_slist_free_full (uris, (GDestroyNotify)g_uri_unref);
  g_main_loop_run (bare->loop);
  soup_server_disconnect (server);
  g_main_context_pop_thread_default (bare->context);
  return NULL;
}

static gboolean
append_product (const BpRow *row,
                gpointer     user_data)
{
  GString *json = user_data;
  const BpChange *data = row->state->data;

  if (json->len > 1)
    g_string_append_c (json, ',');
  g_string_append_c (json, '[');
  bp_json_append_string (json, row->state->id);
  for (guint i = 0; i < data->table->n_fields; i++)
    {
      g_string_append_c (json, ',');
      bp_value_append_json (&data->values[i], &data->table->fields[i], json);
    }
  g_string_append_c (json, ']');
  return TRUE;
}

static void
insert_row (sqlite3_stmt *statement,
            BpJsonCursor *cursor,
            GString      *text)
{
  bp_json_cursor_enter (cursor, '[');
  for (int column = 1; bp_json_cursor_next (cursor); column++)
    {
      gint64 integer;

      if (bp_json_cursor_null (cursor))
        sqlite3_bind_null (statement, column);
      else if (bp_json_cursor_peek (cursor) == '"' && bp_json_cursor_string (cursor, text))
        sqlite3_bind_text (statement, column, text->str, (int)text->len, SQLITE_TRANSIENT);
      else if (bp_json_cursor_integer (cursor, &integer))
        sqlite3_bind_int64 (statement, column, integer);
    }
  sqlite3_step (statement);
  sqlite3_reset (statement);
}

static double
time_bare (BareServer *bare,
           const char *folder)
{
  g_autofree char *path = g_build_filename (folder, "bare.db", NULL);
  g_autoptr (SoupSession) session = soup_session_new ();
  g_autoptr (SoupMessage) message = soup_message_new ("GET", bare->url);
  g_autoptr (GBytes) packed = NULL;
  g_autoptr (GBytes) body = NULL;
  g_autoptr (GError) error = NULL;
  g_autoptr (GString) text = g_string_new (NULL);
  double start = bp_bench_now ();
  sqlite3_stmt *statement;
  BpJsonCursor cursor;
  sqlite3 *handle;
  gsize length;

  sqlite3_open (path, &handle);
  sqlite3_exec (handle,
                "PRAGMA journal_mode=WAL; PRAGMA synchronous=FULL; PRAGMA cache_size=-16384;"
                "CREATE TABLE products (id TEXT PRIMARY KEY, name TEXT, sku TEXT, barcode TEXT,"
                " category TEXT, unit TEXT, price INTEGER, cost INTEGER, tax_rate INTEGER,"
                " tax_inclusive INTEGER, tax_code TEXT, reorder_level INTEGER, note TEXT,"
                " stock INTEGER) STRICT; BEGIN IMMEDIATE",
                NULL, NULL, NULL);
  sqlite3_prepare_v2 (handle, "INSERT INTO products VALUES (?,?,?,?,?,?,?,?,?,?,?,?,?,?)", -1,
                      &statement, NULL);
  packed = soup_session_send_and_read (session, message, NULL, &error);
  bp_bench_check (packed != NULL, &error);
  body = bp_gzip_unpack (g_bytes_get_data (packed, NULL), g_bytes_get_size (packed), BARE_MAX,
                         &error);
  bp_bench_check (body != NULL, &error);
  bp_json_cursor_init (&cursor, g_bytes_get_data (body, &length), g_bytes_get_size (body));
  bp_json_cursor_enter (&cursor, '[');
  while (bp_json_cursor_next (&cursor))
    insert_row (statement, &cursor, text);
  sqlite3_finalize (statement);
  sqlite3_exec (handle, "COMMIT", NULL, NULL, NULL);
  sqlite3_close (handle);
  return bp_bench_now () - start;
}

static double
time_ours (const BpBenchServer *server,
           const char          *folder)
{
  g_autoptr (BpShop) shop = bp_bench_pair (folder, server);
  double start = bp_bench_now ();

  bp_bench_sync (shop);
  return bp_bench_now () - start;
}

static void
start_bare (BareServer *bare,
            BpShop     *shop,
            GThread   **thread)
{
  g_autoptr (GString) json = g_string_new ("[");
  g_autoptr (GError) error = NULL;

  bp_bench_check (bp_store_list (bp_shop_get_store (shop),
                                 &(BpListFilter){ bp_table_find ("products"), NULL, FALSE, -1 },
                                 append_product, json, &error),
                  &error);
  g_string_append_c (json, ']');
  bare->body = bp_gzip_pack (json->str, json->len);
  bare->context = g_main_context_new ();
  bare->loop = g_main_loop_new (bare->context, FALSE);
  *thread = g_thread_new ("bare", serve, bare);
  g_mutex_lock (&bare->mutex);
  while (bare->url == NULL)
    g_cond_wait (&bare->cond, &bare->mutex);
  g_mutex_unlock (&bare->mutex);
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
  g_autoptr (GArray) ours = g_array_new (FALSE, FALSE, sizeof (double));
  g_autoptr (GArray) bares = g_array_new (FALSE, FALSE, sizeof (double));
  BareServer bare = { NULL };
  GThread *thread;

  setlocale (LC_ALL, "");
  bp_bench_save_products (loader, n_products);
  bp_bench_sync (loader);
  start_bare (&bare, loader, &thread);
  for (guint round = 0; round < rounds; round++)
    {
      g_autofree char *bare_folder = bp_bench_make_folder ();
      g_autofree char *our_folder = bp_bench_make_folder ();
      double bare_ms = time_bare (&bare, bare_folder);
      double our_ms = time_ours (server, our_folder);

      g_print ("round %u: bare %.0f ms, BizPulse %.0f ms\n", round + 1, bare_ms, our_ms);
      g_array_append_val (bares, bare_ms);
      g_array_append_val (ours, our_ms);
      bp_bench_remove_folder (bare_folder);
      bp_bench_remove_folder (our_folder);
    }
  g_print ("first sync of %u products: %.2f × bare HTTP download and insert (medians; aim ≤ 2)\n",
           n_products, bp_bench_median (ours) / bp_bench_median (bares));

  g_main_loop_quit (bare.loop);
  g_thread_join (thread);
  g_main_loop_unref (bare.loop);
  g_main_context_unref (bare.context);
  g_bytes_unref (bare.body);
  g_free (bare.url);
  g_clear_object (&loader);
  bp_bench_server_stop (server);
  bp_bench_remove_folder (folder);
  return 0;
}

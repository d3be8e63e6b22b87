#include "config.h"

#include "bp-bare.h"

#include <libpq-fe.h>
#include <libsoup/soup.h>
#include <sqlite3.h>

#include "bp-bench.h"
#include "bp-json.h"

#define CREATE "CREATE TABLE IF NOT EXISTS bare_operations (body TEXT)"
#define COPY \
  "COPY bare_operations FROM STDIN (FORMAT csv, QUOTE e'\\x01', DELIMITER e'\\x02')"

typedef struct
{
  sqlite3 *sqlite;   /* (owned) (nullable) */
  PGconn *postgresql; /* (owned) (nullable) */
  GMainContext *context;
  GMainLoop *loop;
  GMutex mutex;
  GCond cond;
  char *url; /* (owned) (nullable) */
} Bare;

static void
run (Bare       *self,
     const char *sql)
{
  PGresult *result;

  if (self->sqlite != NULL)
    {
      bp_bench_check (sqlite3_exec (self->sqlite, sql, NULL, NULL, NULL) == SQLITE_OK, NULL);
      return;
    }

  result = PQexec (self->postgresql, sql);
  bp_bench_check (PQresultStatus (result) == PGRES_COMMAND_OK
                  || PQresultStatus (result) == PGRES_COPY_IN,
                  NULL);
  PQclear (result);
}

static void
add_row (Bare         *self,
         sqlite3_stmt *statement,
         const char   *text,
         gsize         size)
{
  if (statement == NULL)
    {
      PQputCopyData (self->postgresql, text, (int)size);
      PQputCopyData (self->postgresql, "\n", 1);
      return;
    }

  sqlite3_bind_text (statement, 1, text, (int)size, SQLITE_STATIC);
  bp_bench_check (sqlite3_step (statement) == SQLITE_DONE, NULL);
  sqlite3_reset (statement);
}

static void
add_rows (Bare         *self,
          sqlite3_stmt *statement,
          GBytes       *body)
{
  BpJsonCursor cursor;
  const char *text;
  gsize size;

  text = g_bytes_get_data (body, &size);
  bp_json_cursor_init (&cursor, text, size);
  bp_json_cursor_enter (&cursor, '[');
  while (bp_json_cursor_next (&cursor) && bp_json_cursor_skip (&cursor, &text, &size))
    add_row (self, statement, text, size);
}

/* Durable before it is answered, as a push is. */
static void
store_body (Bare   *self,
            GBytes *body)
{
  sqlite3_stmt *statement = NULL;

  run (self, "BEGIN");
  if (self->sqlite != NULL)
    sqlite3_prepare_v2 (self->sqlite, "INSERT INTO bare_operations VALUES (?)", -1, &statement,
                        NULL);
  else
    run (self, COPY);
  add_rows (self, statement, body);
  sqlite3_finalize (statement);
  if (self->postgresql != NULL)
    {
      PQputCopyEnd (self->postgresql, NULL);
      PQclear (PQgetResult (self->postgresql));
      PQclear (PQgetResult (self->postgresql));
    }
  run (self, "COMMIT");
}

static void
on_request (SoupServer        *soup,
            SoupServerMessage *message,
            const char        *path,
            GHashTable        *query,
            gpointer           user_data)
{
  g_autoptr (GBytes) body
    = soup_message_body_flatten (soup_server_message_get_request_body (message));

  store_body (user_data, body);
  soup_server_message_set_response (message, "application/json", SOUP_MEMORY_STATIC, "{}", 2);
  soup_server_message_set_status (message, 200, NULL);
}

static gpointer
serve (gpointer data)
{
  Bare *self = data;
  g_autoptr (SoupServer) soup = NULL;
  g_autoptr (GError) error = NULL;
  GSList *uris;

  g_main_context_push_thread_default (self->context);
  soup = soup_server_new (NULL, NULL);
  soup_server_add_handler (soup, NULL, on_request, self, NULL);
  bp_bench_check (soup_server_listen_local (soup, 0, SOUP_SERVER_LISTEN_IPV4_ONLY, &error), &error);
  uris = soup_server_get_uris (soup);
  g_mutex_lock (&self->mutex);
  self->url = g_uri_to_string (uris->data);
  g_cond_signal (&self->cond);
  g_mutex_unlock (&self->mutex);
  g_slist_free_full (uris, (GDestroyNotify)g_uri_unref);
  g_main_loop_run (self->loop);
  soup_server_disconnect (soup);
  g_main_context_pop_thread_default (self->context);
  return NULL;
}

static void
open_database (Bare       *self,
               const char *folder)
{
  const char *address = g_getenv ("BIZPULSE_TEST_POSTGRESQL");
  g_autofree char *path = g_build_filename (folder, "bare.db", NULL);

  if (address != NULL)
    {
      self->postgresql = PQconnectdb (address);
      bp_bench_check (PQstatus (self->postgresql) == CONNECTION_OK, NULL);
    }
  else
    {
      bp_bench_check (sqlite3_open (path, &self->sqlite) == SQLITE_OK, NULL);
      run (self, "PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL");
    }
  run (self, CREATE);
}

static double
post_all (Bare      *self,
          GPtrArray *bodies)
{
  g_autoptr (SoupSession) session = soup_session_new ();
  double start = bp_bench_now ();

  for (guint i = 0; i < bodies->len; i++)
    {
      g_autoptr (SoupMessage) message = soup_message_new ("POST", self->url);
      g_autoptr (GBytes) answer = NULL;
      g_autoptr (GError) error = NULL;

      soup_message_add_flags (message, SOUP_MESSAGE_IDEMPOTENT);
      soup_message_set_request_body_from_bytes (message, "application/json", bodies->pdata[i]);
      answer = soup_session_send_and_read (session, message, NULL, &error);
      bp_bench_check (answer != NULL && soup_message_get_status (message) == 200, &error);
    }

  return bp_bench_now () - start;
}

/**
 * bp_bare_upload:
 * @bodies: (element-type GBytes): arrays of JSON, one a request
 * @folder: where a database may be made; it is PostgreSQL where
 *   `BIZPULSE_TEST_POSTGRESQL` tells of one
 *
 * Sends them over one kept connection to a server that knows nothing but how to
 * store their elements as rows, durably, before it answers.
 *
 * Returns: how long that took, in milliseconds
 */
double
bp_bare_upload (GPtrArray  *bodies,
                const char *folder)
{
  Bare self = { NULL };
  GThread *thread;
  double taken;

  open_database (&self, folder);
  self.context = g_main_context_new ();
  self.loop = g_main_loop_new (self.context, FALSE);
  thread = g_thread_new ("bare", serve, &self);
  g_mutex_lock (&self.mutex);
  while (self.url == NULL)
    g_cond_wait (&self.cond, &self.mutex);
  g_mutex_unlock (&self.mutex);
  taken = post_all (&self, bodies);

  g_main_loop_quit (self.loop);
  g_thread_join (thread);
  g_main_loop_unref (self.loop);
  g_main_context_unref (self.context);
  sqlite3_close (self.sqlite);
  PQfinish (self.postgresql);
  g_free (self.url);
  return taken;
}

/* What only a database on the other side of a connection can do to the rules. */
#include "config.h"

#include <gio/gio.h>
#include <gio/gunixsocketaddress.h>
#include <glib/gstdio.h>
#include <string.h>
#include <sys/socket.h>

#include "bp-backend-open.h"
#include "bp-fixture.h"
#include "bp-pg-connection.h"

#define SOCKET_NAME ".s.PGSQL.5432"
#define N_MIGRATING 6

/* Stands between the server and PostgreSQL, and cuts the line at the message
 * it is told: before PostgreSQL gets it, or before its answer comes back. */
typedef struct
{
  GSocketService *service; /* (owned) */
  GMainContext *context;   /* (owned) */
  GMainLoop *loop;         /* (owned) */
  GThread *thread;         /* (owned) */
  char *folder;            /* (owned) */
  char *target;            /* (owned) */
  int cut_at;              /* atomic: 0 for never */
  gboolean eats_answer;
} Line;

static gboolean
pass_on (GSocket *from,
         GSocket *to)
{
  static const gsize size = 65536;
  g_autofree char *buffer = g_malloc (size);
  gssize got = g_socket_receive (from, buffer, size, NULL, NULL);

  for (gssize sent = 0; got > 0 && sent < got;)
    {
      gssize n = g_socket_send (to, buffer + sent, (gsize)(got - sent), NULL, NULL);

      if (n <= 0)
        return FALSE;
      sent += n;
    }
  return got > 0;
}

static gboolean
on_line (GThreadedSocketService *service,
         GSocketConnection      *connection,
         GObject                *source,
         gpointer                user_data)
{
  Line *line = user_data;
  GSocket *near = g_socket_connection_get_socket (connection);
  g_autoptr (GSocketAddress) address = g_unix_socket_address_new (line->target);
  g_autoptr (GSocket) far = g_socket_new (G_SOCKET_FAMILY_UNIX, G_SOCKET_TYPE_STREAM, 0, NULL);
  GPollFD fds[2];
  gboolean goes_on = g_socket_connect (far, address, NULL, NULL);

  fds[0] = (GPollFD) { .fd = g_socket_get_fd (near), .events = G_IO_IN };
  fds[1] = (GPollFD) { .fd = g_socket_get_fd (far), .events = G_IO_IN };
  while (goes_on)
    {
      g_poll (fds, 2, -1);
      if (fds[1].revents != 0 && !pass_on (far, near))
        break;
      if (fds[0].revents == 0)
        continue;
      if (g_atomic_int_get (&line->cut_at) > 0
          && g_atomic_int_dec_and_test (&line->cut_at))
        {
          /* PostgreSQL has done it when its answer is there. */
          if (line->eats_answer && pass_on (near, far))
            g_socket_condition_wait (far, G_IO_IN, NULL, NULL);
          break;
        }
      goes_on = pass_on (near, far);
    }
  g_socket_close (far, NULL);
  g_socket_close (near, NULL);
  return TRUE;
}

static gpointer
run_line (gpointer user_data)
{
  Line *line = user_data;

  g_main_context_push_thread_default (line->context);
  g_main_loop_run (line->loop);
  g_main_context_pop_thread_default (line->context);
  return NULL;
}

/* The address's own host is a folder, after `host=` and before `&`. */
static char *
find_host (const char *address)
{
  const char *host = strstr (address, "host=") + strlen ("host=");

  return g_strndup (host, strcspn (host, "&"));
}

static Line *
line_new (Fixture *fixture)
{
  Line *line = g_new0 (Line, 1);
  g_autofree char *host = find_host (fixture->address);
  g_autofree char *path = NULL;
  g_autoptr (GSocketAddress) address = NULL;
  g_autoptr (GError) error = NULL;

  line->folder = g_dir_make_tmp ("bizpulse-line-XXXXXX", &error);
  g_assert_no_error (error);
  line->target = g_build_filename (host, SOCKET_NAME, NULL);
  path = g_build_filename (line->folder, SOCKET_NAME, NULL);
  address = g_unix_socket_address_new (path);
  line->context = g_main_context_new ();
  line->loop = g_main_loop_new (line->context, FALSE);
  g_main_context_push_thread_default (line->context);
  line->service = g_threaded_socket_service_new (-1);
  g_assert_true (g_socket_listener_add_address (G_SOCKET_LISTENER (line->service), address,
                                                G_SOCKET_TYPE_STREAM, 0, NULL, NULL, &error));
  g_signal_connect (line->service, "run", G_CALLBACK (on_line), line);
  g_socket_service_start (line->service);
  g_main_context_pop_thread_default (line->context);
  line->thread = g_thread_new ("line", run_line, line);
  return line;
}

static char *
line_get_address (Line    *line,
                  Fixture *fixture)
{
  g_autofree char *host = find_host (fixture->address);
  g_auto (GStrv) parts = g_strsplit (fixture->address, host, 2);

  return g_strconcat (parts[0], line->folder, parts[1], NULL);
}

static void
line_free (Line *line)
{
  g_autofree char *path = g_build_filename (line->folder, SOCKET_NAME, NULL);

  g_main_loop_quit (line->loop);
  g_thread_join (line->thread);
  g_socket_service_stop (line->service);
  g_socket_listener_close (G_SOCKET_LISTENER (line->service));
  g_object_unref (line->service);
  g_main_loop_unref (line->loop);
  g_main_context_unref (line->context);
  g_unlink (path);
  g_rmdir (line->folder);
  g_free (line->folder);
  g_free (line->target);
  g_free (line);
}

static char *
make_push (Fixture *fixture,
           int      round)
{
  g_autofree char *op = g_strdup_printf ("m%d", round);
  g_autofree char *id = g_strdup_printf ("v%d", round);
  g_autofree char *moved = movement (op, id, 1000);
  g_autofree char *op2 = g_strdup_printf ("q%d", round);
  g_autofree char *id2 = g_strdup_printf ("p%d", round + 10);
  g_autofree char *made = product (op2, id2, ",'sku':null");

  return g_strdup_printf ("%s,%s", moved, made);
}

static BpReply *
try_push (Fixture    *fixture,
          const char *operations)
{
  g_autofree char *raw = g_strdup_printf ("{'epoch':'%s','attempt':%" G_GINT64_FORMAT
                                          ",'operations':[%s]}", fixture->epoch,
                                          ++fixture->attempt, operations);
  g_autofree char *body = quote (raw);

  return fixture_call (fixture, BP_ENDPOINT_PUSH, fixture->token, body);
}

/* Until the message at which the line is cut comes after the answer. */
static int
cut_everywhere (Fixture *fixture,
                Line    *line)
{
  for (int at = 1;; at++)
    {
      g_autofree char *operations = make_push (fixture, at + (line->eats_answer ? 100 : 0));
      g_autoptr (BpReply) reply = NULL;
      gboolean was_cut;

      g_atomic_int_set (&line->cut_at, at);
      reply = try_push (fixture, operations);
      was_cut = g_atomic_int_get (&line->cut_at) == 0;
      g_atomic_int_set (&line->cut_at, 0);
      /* Cut where it was read who asks, or where it begins, it may connect
       * again and go on. */
      if (was_cut && reply->status != 503)
        g_assert_cmpint (reply->status, ==, 200);
      if (!was_cut)
        g_assert_cmpint (reply->status, ==, 200);
      assert_push (fixture, operations, "applied:1 applied:1");
      if (!was_cut)
        return at;
    }
}

static void
lost_anywhere (Fixture      *fixture,
               gconstpointer data)
{
  Line *line = line_new (fixture);
  g_autofree char *address = line_get_address (line, fixture);
  g_autoptr (GError) error = NULL;
  int n_before, n_after;

  add_basics (fixture);
  g_assert_finalize_object (fixture->backend);
  fixture->backend = bp_backend_open (address, &error);
  g_assert_no_error (error);
  n_before = cut_everywhere (fixture, line);
  line->eats_answer = TRUE;
  n_after = cut_everywhere (fixture, line);

  g_test_message ("cut at %d and %d messages", n_before, n_after);
  g_assert_cmpint (n_before, >, 10);
  g_assert_cmpint (n_after, >, 10);
  g_assert_cmpint (fixture_get_integer (fixture, "products", "p1", "stock"), ==,
                   1000 * (n_before + n_after));
  g_assert_cmpuint (fixture_check (fixture), ==, 0);
  fixture_reopen (fixture);
  line_free (line);
}

/* What PostgreSQL says is either worth another try or not. */
static void
states (Fixture      *fixture,
        gconstpointer data)
{
  static const struct
  {
    const char *state;
    int code;
  } cases[] = {
    { "40001", BP_PG_ERROR_BUSY }, { "40P01", BP_PG_ERROR_BUSY }, { "55P03", BP_PG_ERROR_BUSY },
    { "57014", BP_PG_ERROR_BUSY }, { "53100", BP_PG_ERROR_BUSY }, { "58030", BP_PG_ERROR_BUSY },
    { "25006", BP_PG_ERROR_LOST }, { "0A000", BP_PG_ERROR_BUSY }, { "26000", BP_PG_ERROR_BUSY },
    { "23505", BP_PG_ERROR_FAILED }, { "22021", BP_PG_ERROR_FAILED },
  };
  g_autoptr (BpPgConnection) connection = bp_pg_connection_new (fixture->address, NULL);

  g_assert_nonnull (connection);
  for (guint i = 0; i < G_N_ELEMENTS (cases); i++)
    {
      g_autoptr (GError) error = NULL;
      g_autofree char *sql = g_strdup_printf (
        "DO $$ BEGIN RAISE EXCEPTION 'so' USING ERRCODE = '%s'; END $$", cases[i].state);

      g_assert_true (bp_pg_begin (connection, TRUE, NULL));
      g_assert_false (bp_pg_run_script (connection, sql, &error));
      g_test_message ("%s: %s", cases[i].state, error->message);
      if (cases[i].code == BP_PG_ERROR_FAILED)
        g_assert_error (error, BP_PG_ERROR, BP_PG_ERROR_FAILED);
      else
        g_assert_false (g_error_matches (error, BP_PG_ERROR, BP_PG_ERROR_FAILED));
      bp_pg_rollback (connection);
    }
}

static void
secrets (Fixture      *fixture,
         gconstpointer data)
{
  static const char *const addresses[] = {
    "postgresql://u:hidden@[::1/x", "postgresql://u:hidden%zz@h/x",
    "postgresql://u:hidden@/x?port=999999&host=/nonexistent",
    "postgresql://u:pass@/x?password=hidden%",
    "postgresql://u@h/x?password=hidden&hidden",
    "postgresql://u:hidden@/x?host=/nonexistent", "postgresql://u:hidden@h:hidden/x",
    "postgresql://u:pass@hidden@h/x",
  };

  for (guint i = 0; i < G_N_ELEMENTS (addresses); i++)
    {
      g_autoptr (GError) error = NULL;
      g_autoptr (BpBackend) backend = bp_backend_open (addresses[i], &error);

      g_assert_null (backend);
      g_test_message ("%s", error->message);
      g_assert_null (strstr (error->message, "hidden"));
    }
}

/* A newer server may change the tables under one that serves. */
static void
tables_change (Fixture      *fixture,
               gconstpointer data)
{
  g_autofree char *operations = product ("o2", "p2", "");
  g_autoptr (BpReply) reply = NULL;

  add_basics (fixture);
  assert_pushed (fixture, "applied:1", product ("o1", "p9", ""));
  fixture_run (fixture, "ALTER TABLE products ALTER COLUMN name TYPE varchar");
  reply = try_push (fixture, operations);
  if (reply->status != 200)
    g_assert_cmpint (reply->status, ==, 503);
  assert_push (fixture, operations, "applied:1");
  g_assert_cmpuint (fixture_check (fixture), ==, 0);
}

static gpointer
open_database (gpointer address)
{
  g_autoptr (GError) error = NULL;
  BpBackend *backend = bp_backend_open (address, &error);

  g_assert_no_error (error);
  g_object_unref (backend);
  return NULL;
}

static void
started_at_once (Fixture      *fixture,
                 gconstpointer data)
{
  GThread *threads[N_MIGRATING];
  g_autofree char *version = NULL;
  g_autofree char *sql = g_strdup ("DO $$ BEGIN EXECUTE 'DROP SCHEMA ' || current_schema () || "
                                   "' CASCADE; CREATE SCHEMA ' || current_schema (); END $$");

  fixture_run (fixture, sql);
  for (guint i = 0; i < N_MIGRATING; i++)
    threads[i] = g_thread_new ("server", open_database, fixture->address);
  for (guint i = 0; i < N_MIGRATING; i++)
    g_thread_join (threads[i]);
  version = fixture_ask (fixture, "SELECT string_agg (version::text, ',' ORDER BY version)"
                         " FROM bizpulse_schema");
  g_assert_cmpstr (version, ==, "1,2,3");
}

/* Who serves needs no right to change the tables. */
static void
plain_role (Fixture      *fixture,
            gconstpointer data)
{
  g_autofree char *address = g_strconcat (fixture->address, "%20-crole%3Dbizpulse_plain", NULL);
  g_autoptr (GError) error = NULL;

  fixture_run (fixture,
               "DO $$ BEGIN "
               "IF NOT EXISTS (SELECT FROM pg_roles WHERE rolname = 'bizpulse_plain') THEN "
               "EXECUTE 'CREATE ROLE bizpulse_plain ROLE ' || current_user; END IF; "
               "EXECUTE 'GRANT USAGE ON SCHEMA ' || current_schema () || ' TO bizpulse_plain'; "
               "EXECUTE 'GRANT SELECT, INSERT, UPDATE, DELETE ON ALL TABLES IN SCHEMA ' || "
               "current_schema () || ' TO bizpulse_plain'; END $$");
  g_assert_finalize_object (fixture->backend);
  fixture->backend = bp_backend_open (address, &error);
  g_assert_no_error (error);
  add_basics (fixture);
  g_assert_cmpuint (fixture_check (fixture), ==, 0);
}

static void
other_encoding (Fixture      *fixture,
                gconstpointer data)
{
  g_autofree char *host = find_host (fixture->address);
  g_autofree char *address = g_strdup_printf ("postgresql:///bizpulse_latin?host=%s&user=bizpulse",
                                              host);
  g_autofree char *sql = g_strdup_printf (
    "psql -qX -d 'postgresql:///postgres?host=%s&user=bizpulse' -c \"CREATE DATABASE bizpulse_latin"
    " ENCODING 'LATIN1' LOCALE 'C' TEMPLATE template0\"", host);
  g_autoptr (BpBackend) backend = NULL;
  g_autoptr (GError) error = NULL;

  g_assert_true (g_spawn_command_line_sync (sql, NULL, NULL, NULL, NULL));
  backend = bp_backend_open (address, &error);
  g_assert_error (error, BP_PG_ERROR, BP_PG_ERROR_FAILED);
  g_assert_nonnull (strstr (error->message, "UTF8"));
}

#define ADD(name, function) \
  g_test_add ("/server/postgresql/" name, Fixture, NULL, fixture_set_up, function, \
              fixture_tear_down)

int
main (int    argc,
      char **argv)
{
  g_test_init (&argc, &argv, NULL);
  ADD ("lost-at-any-message-counts-once", lost_anywhere);
  ADD ("what-passes-can-be-tried-again", states);
  ADD ("no-error-tells-the-password", secrets);
  ADD ("tables-may-change-under-a-server", tables_change);
  ADD ("servers-started-at-once-take-turns", started_at_once);
  ADD ("a-role-without-rights-on-the-schema-serves", plain_role);
  ADD ("a-database-of-another-encoding-is-refused", other_encoding);
  return g_test_run ();
}

#include "config.h"

#include "bp-fixture.h"

#include <glib/gstdio.h>
#include <string.h>
#include <sqlite3.h>
#include <unistd.h>

#include "bp-backend-open.h"
#include "bp-check.h"
#include "bp-id.h"
#include "bp-json.h"
#include "bp-pg-connection.h"
#include "bp-token.h"

G_DEFINE_FINAL_TYPE (BpFixedClock, bp_fixed_clock, BP_TYPE_CLOCK)

static gint64
get_now (BpClock *clock)
{
  return BP_FIXED_CLOCK (clock)->now;
}

static void
fill_random (BpClock *clock,
             guint8  *bytes,
             gsize    length)
{
  BpFixedClock *self = BP_FIXED_CLOCK (clock);

  for (gsize i = 0; i < length; i++)
    {
      self->random = self->random * G_GUINT64_CONSTANT (6364136223846793005) + 1442695040888963407;
      bytes[i] = (guint8)(self->random >> 33);
    }
}

static void
bp_fixed_clock_class_init (BpFixedClockClass *klass)
{
  BpClockClass *clock_class = BP_CLOCK_CLASS (klass);

  clock_class->get_now = get_now;
  clock_class->get_monotonic = get_now;
  clock_class->fill_random = fill_random;
}

static void
bp_fixed_clock_init (BpFixedClock *self)
{
  self->now = G_GINT64_CONSTANT (1763000000000);
  self->random = 1;
}

/* Tests are read more often than written: ' for ". */
char *
quote (const char *text)
{
  return g_strdelimit (g_strdup (text), "'", '"');
}

/* Whatever else is among them. */
gboolean
bytes_hold (GBytes     *bytes,
            const char *text)
{
  gsize size;
  const char *data = g_bytes_get_data (bytes, &size);
  gsize length = strlen (text);

  for (gsize i = 0; i + length <= size; i++)
    {
      if (memcmp (data + i, text, length) == 0)
        return TRUE;
    }
  return FALSE;
}

char *
fixture_add_code (Fixture    *fixture,
                  const char *store_id)
{
  g_autoptr (GError) error = NULL;
  char *code = bp_code_make (BP_CLOCK (fixture->clock));
  g_autofree char *normal = bp_code_normalize (code);
  g_autofree char *hash = bp_token_hash (normal);
  BpPairingCode pairing = {
    .store_id = (char *)store_id, .hash = hash, .expires_at = fixture->clock->now + 15 * 60 * 1000
  };

  bp_backend_call (fixture->backend, begin_write, NULL, &error);
  bp_backend_call (fixture->backend, add_code, &pairing, fixture->clock->now, &error);
  BP_BACKEND_GET_CLASS (fixture->backend)->commit (fixture->backend, &error);
  g_assert_no_error (error);
  return code;
}

char *
fixture_add_store (Fixture    *fixture,
                   const char *name,
                   char      **code)
{
  g_autoptr (GError) error = NULL;
  g_autofree char *id = bp_id_new (BP_CLOCK (fixture->clock));
  g_autofree char *epoch = bp_id_new (BP_CLOCK (fixture->clock));
  g_autofree char *secret = bp_token_make_secret (BP_CLOCK (fixture->clock));
  BpStore store = { .id = id, .name = (char *)name, .currency = (char *)"INR",
                    .time_zone = (char *)"Asia/Kolkata", .epoch = epoch, .secret = secret };

  bp_backend_call (fixture->backend, begin_write, NULL, &error);
  bp_backend_call (fixture->backend, add_store, &store, &error);
  BP_BACKEND_GET_CLASS (fixture->backend)->commit (fixture->backend, &error);
  g_assert_no_error (error);
  *code = fixture_add_code (fixture, id);
  return g_steal_pointer (&id);
}

BpReply *
fixture_call (Fixture     *fixture,
              BpEndpointId endpoint,
              const char  *token,
              const char  *body)
{
  BpCall call = { .endpoint = endpoint, .token = token, .body = body, .length = strlen (body) };

  return bp_rules_answer (fixture->backend, BP_CLOCK (fixture->clock), &call);
}

JsonNode *
fixture_pair (Fixture    *fixture,
              const char *code,
              const char *request,
              int         status)
{
  g_autofree char *body = g_strdup_printf (
    "{\"code\":\"%s\",\"request\":\"%s\",\"device\":{\"name\":\"Till\",\"prefix\":\"KQX\"}}", code,
    request);
  g_autoptr (BpReply) reply = fixture_call (fixture, BP_ENDPOINT_PAIR, NULL, body);

  g_assert_cmpint (reply->status, ==, status);
  return bp_json_parse (reply->body, -1, NULL);
}

/* With PostgreSQL each test has a schema of its own in the database that is
 * named in the environment. */
static char *
make_address (Fixture *fixture)
{
  static guint n_schemas = 0;
  const char *address = g_getenv ("BIZPULSE_TEST_POSTGRESQL");
  g_autofree char *sql = NULL;
  g_autoptr (GError) error = NULL;
  g_autoptr (BpPgConnection) connection = NULL;

  if (address == NULL)
    {
      fixture->path = g_build_filename (fixture->folder, "server.db", NULL);
      return g_strconcat ("sqlite:", fixture->path, NULL);
    }

  connection = bp_pg_connection_new (address, &error);
  g_assert_no_error (error);
  sql = g_strdup_printf ("CREATE SCHEMA t_%d_%u", getpid (), ++n_schemas);
  g_assert_true (bp_pg_begin (connection, TRUE, NULL));
  g_assert_true (bp_pg_run_script (connection, sql, &error));
  g_assert_true (bp_pg_commit (connection, NULL));
  return g_strdup_printf ("%s&options=-csearch_path%%3Dt_%d_%u", address, getpid (), n_schemas);
}

void
fixture_set_up (Fixture      *fixture,
                gconstpointer data)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (JsonNode) answer = NULL;
  JsonObject *object;

  fixture->folder = g_dir_make_tmp ("bizpulse-server-XXXXXX", &error);
  g_assert_no_error (error);
  fixture->address = make_address (fixture);
  fixture->clock = g_object_new (BP_TYPE_FIXED_CLOCK, NULL);
  fixture->backend = bp_backend_open (fixture->address, &error);
  g_assert_no_error (error);
  fixture->store_id = fixture_add_store (fixture, "Asha Stores", &fixture->code);
  answer = fixture_pair (fixture, fixture->code, "r1", 201);
  object = json_node_get_object (answer);
  fixture->token = g_strdup (json_object_get_string_member (object, "token"));
  fixture->epoch = g_strdup (json_object_get_string_member (object, "epoch"));
  object = json_object_get_object_member (object, "device");
  fixture->device_id = g_strdup (json_object_get_string_member (object, "id"));
}

void
fixture_tear_down (Fixture      *fixture,
                   gconstpointer data)
{
  static const char *const names[] = { "server.db", "server.db-wal", "server.db-shm",
                                       "server.db.lock" };

  g_assert_finalize_object (fixture->backend);
  g_object_unref (fixture->clock);
  for (guint i = 0; i < G_N_ELEMENTS (names); i++)
    {
      g_autofree char *path = g_build_filename (fixture->folder, names[i], NULL);

      g_unlink (path);
    }
  g_assert_cmpint (g_rmdir (fixture->folder), ==, 0);
  g_free (fixture->folder);
  g_free (fixture->path);
  g_free (fixture->address);
  g_free (fixture->store_id);
  g_free (fixture->code);
  g_free (fixture->token);
  g_free (fixture->device_id);
  g_free (fixture->epoch);
}

void
fixture_reopen (Fixture *fixture)
{
  g_autoptr (GError) error = NULL;

  g_assert_finalize_object (fixture->backend);
  fixture->backend = bp_backend_open (fixture->address, &error);
  g_assert_no_error (error);
}

JsonNode *
fixture_push (Fixture    *fixture,
              const char *operations)
{
  g_autofree char *raw = g_strdup_printf ("{'epoch':'%s','attempt':%" G_GINT64_FORMAT
                                          ",'operations':[%s]}",
                                          fixture->epoch, ++fixture->attempt, operations);
  g_autofree char *body = quote (raw);
  g_autoptr (BpReply) reply = fixture_call (fixture, BP_ENDPOINT_PUSH, fixture->token, body);

  if (reply->status != 200)
    g_test_message ("%s", reply->body);
  g_assert_cmpint (reply->status, ==, 200);
  g_assert_cmpstr (reply->epoch, ==, fixture->epoch);
  return bp_json_parse (reply->body, -1, NULL);
}

JsonObject *
get_result (JsonNode *answer,
            guint     index)
{
  JsonArray *results = json_object_get_array_member (json_node_get_object (answer), "results");

  return json_array_get_object_element (results, index);
}

static void
tell_result (GString    *told,
             JsonObject *result)
{
  const char *status = json_object_get_string_member (result, "status");

  g_string_append_printf (told, "%s%s", told->len > 0 ? " " : "", status);
  if (g_str_equal (status, "applied"))
    g_string_append_printf (told, ":%" G_GINT64_FORMAT,
                            json_object_get_int_member (result, "version"));
  if (g_str_equal (status, "conflict"))
    g_string_append_printf (told, ":%s", json_object_get_string_member (result, "conflict_type"));
  if (json_object_has_member (result, "key"))
    g_string_append_printf (told, ":%s", json_object_get_string_member (result, "key"));
  if (json_object_has_member (result, "code"))
    g_string_append_printf (told, ":%s", json_object_get_string_member (result, "code"));
  if (json_object_has_member (result, "server") && json_object_get_null_member (result, "server"))
    g_string_append (told, ":null");
}

/* Results in short: `applied:VERSION conflict:TYPE[:KEY] rejected:CODE held` */
char *
fixture_push_told (Fixture    *fixture,
                   const char *operations)
{
  g_autoptr (JsonNode) answer = fixture_push (fixture, operations);
  JsonArray *results = json_object_get_array_member (json_node_get_object (answer), "results");
  GString *told = g_string_new (NULL);

  for (guint i = 0; i < json_array_get_length (results); i++)
    tell_result (told, json_array_get_object_element (results, i));
  return g_string_free (told, FALSE);
}

char *
fixture_pull (Fixture    *fixture,
              const char *request)
{
  g_autofree char *raw = g_strdup_printf ("{'epoch':'%s',%s}", fixture->epoch, request);
  g_autofree char *body = quote (raw);
  g_autoptr (BpReply) reply = fixture_call (fixture, BP_ENDPOINT_PULL, fixture->token, body);

  if (reply->status != 200)
    g_test_message ("%s", reply->body);
  g_assert_cmpint (reply->status, ==, 200);
  return g_steal_pointer (&reply->body);
}

BpState *
fixture_get (Fixture    *fixture,
             const char *table,
             const char *id)
{
  g_autoptr (GPtrArray) ids = g_ptr_array_new ();
  g_autoptr (GPtrArray) states = g_ptr_array_new ();
  g_autoptr (GError) error = NULL;

  g_ptr_array_add (ids, (gpointer)id);
  BP_BACKEND_GET_CLASS (fixture->backend)->begin_read (fixture->backend, &error);
  bp_backend_call (fixture->backend, load_states, fixture->store_id, bp_table_find (table), ids,
                   states, &error);
  bp_backend_rollback (fixture->backend);
  g_assert_no_error (error);
  return states->len > 0 ? states->pdata[0] : NULL;
}

gint64
fixture_get_integer (Fixture    *fixture,
                     const char *table,
                     const char *id,
                     const char *field)
{
  g_autoptr (BpState) state = fixture_get (fixture, table, id);

  g_assert_nonnull (state);
  return bp_change_get_integer (state->data, field);
}

gint64
fixture_get_seq (Fixture *fixture)
{
  g_autoptr (BpStore) store = NULL;
  g_autoptr (GError) error = NULL;

  BP_BACKEND_GET_CLASS (fixture->backend)->begin_read (fixture->backend, &error);
  bp_backend_call (fixture->backend, load_store, fixture->store_id, &store, &error);
  bp_backend_rollback (fixture->backend);
  g_assert_no_error (error);
  return store->seq;
}

static void
count_fault (const char *fault,
             const char *table,
             const char *id,
             gpointer    user_data)
{
  g_test_message ("%s %s: %s", table, id, fault);
  (*(guint *)user_data)++;
}

guint
fixture_check (Fixture *fixture)
{
  g_autoptr (GError) error = NULL;
  guint n_faults = 0;

  bp_check_backend (fixture->backend, count_fault, &n_faults, &error);
  g_assert_no_error (error);
  return n_faults;
}

/* @op is an op_id, or `OP/ACTION`; alone it is an action of its own. */
char *
operation (const char *op,
           const char *table,
           const char *id,
           const char *kind,
           const char *rest)
{
  g_auto (GStrv) parts = g_strsplit (op, "/", 2);

  return g_strdup_printf ("{'op_id':'%s','action_id':'%s','table':'%s','id':'%s',"
                          "'operation':'%s','modified_at':17,'user':'Asha'%s%s}",
                          parts[0], parts[1] != NULL ? parts[1] : parts[0], table, id, kind,
                          rest[0] != '\0' ? "," : "", rest);
}

/* Of product p1 to customer c1; its number is its id. */
char *
sale (const char *op,
      const char *id,
      const char *kind,
      gint64      quantity,
      gint64      total,
      const char *more)
{
  g_autofree char *data = g_strdup_printf (
    "'data':{'number':'%s','customer_id':'c1','sale_date':1,'business_date':'2026-01-02',"
    "'status':'posted','kind':'%s','currency':'INR','total_amount':%" G_GINT64_FORMAT
    ",'lines':[{'product_id':'p1','name':'Tea','quantity':%" G_GINT64_FORMAT
    ",'total':%" G_GINT64_FORMAT "}]%s}",
    id, kind, total, quantity, total, more);

  return operation (op, "sales", id, "INSERT", data);
}

char *
product (const char *op,
         const char *id,
         const char *more)
{
  g_autofree char *data = g_strdup_printf ("'data':{'name':'Tea'%s}", more);

  return operation (op, "products", id, "INSERT", data);
}

char *
payment (const char *op,
         const char *id,
         gint64      amount,
         const char *more)
{
  g_autofree char *data = g_strdup_printf ("'data':{'amount':%" G_GINT64_FORMAT
                                           ",'method':'cash'%s}", amount, more);

  return operation (op, "payments", id, "INSERT", data);
}

char *
movement (const char *op,
          const char *id,
          gint64      quantity)
{
  g_autofree char *data = g_strdup_printf ("'data':{'product_id':'p1','reason':'opening',"
                                           "'quantity':%" G_GINT64_FORMAT "}", quantity);

  return operation (op, "stock_movements", id, "INSERT", data);
}

/* Takes the operations over and tells their results. */
char *
push_all (Fixture *fixture,
          char    *first,
          ...)
{
  g_autoptr (GString) operations = g_string_new (NULL);
  va_list arguments;

  va_start (arguments, first);
  for (char *one = first; one != NULL; one = va_arg (arguments, char *))
    {
      g_string_append_printf (operations, "%s%s", operations->len > 0 ? "," : "", one);
      g_free (one);
    }
  va_end (arguments);
  return fixture_push_told (fixture, operations->str);
}

/* Product p1 and customer c1. */
void
add_basics (Fixture *fixture)
{
  assert_pushed (fixture, "applied:1 applied:1", product ("b1", "p1", ""),
                 operation ("b2", "customers", "c1", "INSERT", "'data':{'name':'Ravi'}"));
}

/* A server of this process may write at the same moment. */
#define BUSY_MS 10000

static char *
ask_file (Fixture    *fixture,
          const char *sql)
{
  sqlite3 *handle;
  sqlite3_stmt *statement;
  char *answer = NULL;

  g_assert_cmpint (sqlite3_open_v2 (fixture->path, &handle, SQLITE_OPEN_READWRITE, NULL), ==,
                   SQLITE_OK);
  sqlite3_busy_timeout (handle, BUSY_MS);
  g_assert_cmpint (sqlite3_prepare_v2 (handle, sql, -1, &statement, NULL), ==, SQLITE_OK);
  if (sqlite3_step (statement) == SQLITE_ROW)
    answer = g_strdup ((const char *)sqlite3_column_text (statement, 0));
  g_assert_cmpint (sqlite3_finalize (statement), ==, SQLITE_OK);
  sqlite3_close (handle);
  return answer;
}

/* The first column of the first row, past the backend. */
char *
fixture_ask (Fixture    *fixture,
             const char *sql)
{
  g_autoptr (BpPgConnection) connection = NULL;
  g_autoptr (BpPgResult) result = NULL;
  g_autoptr (GError) error = NULL;

  if (fixture->path != NULL)
    return ask_file (fixture, sql);

  connection = bp_pg_connection_new (fixture->address, &error);
  g_assert_no_error (error);
  g_assert_true (bp_pg_begin (connection, TRUE, NULL));
  bp_pg_enter_every_store (connection);
  result = bp_pg_query (connection, &error, sql, "");
  g_assert_no_error (error);
  g_assert_true (bp_pg_commit (connection, NULL));
  return PQntuples (result) > 0 ? g_strdup (bp_pg_get_text (result, 0, 0)) : NULL;
}

void
fixture_run (Fixture    *fixture,
             const char *sql)
{
  g_autofree char *answer = fixture_ask (fixture, sql);
}

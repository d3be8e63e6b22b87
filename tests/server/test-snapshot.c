/* The rules of a snapshot: what is in it, when one is made, who gets which. */
#include "config.h"

#include "bp-fixture.h"

#include <glib/gstdio.h>
#include <sqlite3.h>
#include <string.h>

#include "bp-json.h"
#include "bp-snapshot.h"

typedef struct
{
  Fixture fixture;
  BpSpool *spool;
  gboolean accepts_gzip;
  const char *if_range;
} Books;

static void
begin_spool (Books               *books,
             const BpSpoolLimits *limits)
{
  g_autoptr (GError) error = NULL;

  books->spool = bp_spool_new (BP_CLOCK (books->fixture.clock), limits, &error);
  g_assert_no_error (error);
}

static void
end_spool (Books *books)
{
  bp_spool_close (books->spool);
  g_clear_pointer (&books->spool, bp_spool_unref);
}

static void
set_up (Books        *books,
        gconstpointer data)
{
  BpSpoolLimits limits;

  fixture_set_up (&books->fixture, data);
  bp_spool_limits_init (&limits);
  begin_spool (books, &limits);
}

static void
tear_down (Books        *books,
           gconstpointer data)
{
  end_spool (books);
  fixture_tear_down (&books->fixture, data);
}

static BpReply *
ask_as (Books      *books,
        const char *token,
        const char *query)
{
  BpCall call = { .endpoint = BP_ENDPOINT_SNAPSHOT, .token = token, .body = query };

  call.length = strlen (query);
  call.spool = books->spool;
  call.accepts_gzip = books->accepts_gzip;
  call.if_range = books->if_range;
  return bp_rules_answer (books->fixture.backend, BP_CLOCK (books->fixture.clock), &call);
}

static BpReply *
ask (Books      *books,
     const char *query)
{
  BpReply *reply = ask_as (books, books->fixture.token, query);

  if (reply->status != 200)
    g_test_message ("%s: %s", query, reply->body);
  g_assert_cmpint (reply->status, ==, 200);
  g_assert_nonnull (reply->file);
  g_assert_null (reply->body);
  g_assert_cmpstr (reply->epoch, ==, books->fixture.epoch);
  return reply;
}

static GBytes *
read_all (BpSpoolFile *file)
{
  g_autoptr (GError) error = NULL;
  guint8 *bytes = g_malloc ((gsize)file->size);
  gssize got = bp_spool_file_read (file, 0, bytes, (gsize)file->size, &error);

  g_assert_no_error (error);
  g_assert_cmpint (got, ==, file->size);
  return g_bytes_new_take (bytes, (gsize)got);
}

static GBytes *
unpack (GBytes *packed)
{
  g_autoptr (GZlibDecompressor) unpacker
    = g_zlib_decompressor_new (G_ZLIB_COMPRESSOR_FORMAT_GZIP);
  g_autoptr (GInputStream) bytes = g_memory_input_stream_new_from_bytes (packed);
  g_autoptr (GInputStream) input
    = g_converter_input_stream_new (bytes, G_CONVERTER (unpacker));
  g_autoptr (GOutputStream) output = g_memory_output_stream_new_resizable ();
  g_autoptr (GError) error = NULL;

  g_output_stream_splice (output, input, G_OUTPUT_STREAM_SPLICE_CLOSE_TARGET, NULL, &error);
  g_assert_no_error (error);
  return g_memory_output_stream_steal_as_bytes (G_MEMORY_OUTPUT_STREAM (output));
}

static sqlite3 *
open_bytes (GBytes *bytes)
{
  gsize size;
  gconstpointer data = g_bytes_get_data (bytes, &size);
  guint8 *copy = sqlite3_malloc64 (size);
  sqlite3 *handle;

  memcpy (copy, data, size);
  g_assert_cmpint (sqlite3_open (":memory:", &handle), ==, SQLITE_OK);
  g_assert_cmpint (sqlite3_deserialize (handle, "main", copy, (gint64)size, (gint64)size,
                                        SQLITE_DESERIALIZE_FREEONCLOSE), ==, SQLITE_OK);
  return handle;
}

static sqlite3 *
open_file (BpReply *reply)
{
  g_autoptr (GBytes) bytes = read_all (reply->file);

  return open_bytes (bytes);
}

/* All values of all rows. */
static char *
query (sqlite3    *handle,
       const char *sql)
{
  GString *text = g_string_new (NULL);
  sqlite3_stmt *statement;

  g_assert_cmpint (sqlite3_prepare_v2 (handle, sql, -1, &statement, NULL), ==, SQLITE_OK);
  while (sqlite3_step (statement) == SQLITE_ROW)
    {
      g_string_append (text, text->len > 0 ? " " : "");
      for (int i = 0; i < sqlite3_column_count (statement); i++)
        {
          g_string_append (text, i > 0 ? "|" : "");
          if (sqlite3_column_type (statement, i) != SQLITE_NULL)
            g_string_append (text, (const char *)sqlite3_column_text (statement, i));
        }
    }
  sqlite3_finalize (statement);
  return g_string_free (text, FALSE);
}

#define assert_query(handle, sql, expected) \
  do \
    { \
      g_autofree char *told_ = query (handle, sql); \
      g_assert_cmpstr (told_, ==, expected); \
    } \
  while (0)

static void
fill (Books *books)
{
  Fixture *fixture = &books->fixture;

  add_basics (fixture);
  assert_pushed (fixture, "applied:1 applied:1 applied:1 applied:1 applied:1",
                 sale ("s1", "sale-1", "sale", 2000, 500, ",'note':'“two” ☕'"),
                 product ("o3", "p3", ",'price':700"), product ("o2", "p2", ",'sku':'S'"),
                 payment ("y1", "pay-1", 200, ",'sale_id':'sale-1'"),
                 operation ("e1", "settings", "shop.name", "INSERT",
                            "'data':{'value':'\\\"Corner\\\"'}"));
  assert_pushed (fixture, "applied:2",
                 operation ("d1", "products", "p3", "DELETE", "'base_version':1"));
}

static char *
describe_node (JsonNode *node)
{
  if (JSON_NODE_HOLDS_VALUE (node) && json_node_get_value_type (node) == G_TYPE_STRING)
    return json_node_dup_string (node);
  return JSON_NODE_HOLDS_NULL (node) ? g_strdup ("") : json_to_string (node, FALSE);
}

static int
compare (gconstpointer a,
         gconstpointer b)
{
  return strcmp (*(const char *const *)a, *(const char *const *)b);
}

/* The rows of one table of a pull, as query() writes them, by their ids. */
static char *
describe_table (JsonObject *table)
{
  JsonArray *rows = json_object_get_array_member (table, "rows");
  g_autoptr (GPtrArray) lines = g_ptr_array_new_with_free_func (g_free);

  for (guint r = 0; r < json_array_get_length (rows); r++)
    {
      JsonArray *row = json_array_get_array_element (rows, r);
      g_autoptr (GString) line = g_string_new (NULL);

      for (guint c = 0; c < json_array_get_length (row); c++)
        {
          g_autofree char *value = describe_node (json_array_get_element (row, c));

          g_string_append_printf (line, "%s%s", c > 0 ? "|" : "", value);
        }
      g_ptr_array_add (lines, g_string_free (g_steal_pointer (&line), FALSE));
    }
  g_ptr_array_sort (lines, compare);
  g_ptr_array_add (lines, NULL);
  return g_strjoinv (" ", (char **)lines->pdata);
}

static char *
describe_columns (JsonObject *table)
{
  JsonArray *columns = json_object_get_array_member (table, "columns");
  GString *text = g_string_new (NULL);

  for (guint c = 0; c < json_array_get_length (columns); c++)
    g_string_append_printf (text, "%s%s", c > 0 ? " " : "",
                            json_array_get_string_element (columns, c));
  return g_string_free (text, FALSE);
}

static void
holds_what_a_pull_brings (Books        *books,
                          gconstpointer data)
{
  g_autoptr (BpReply) reply = NULL;
  g_autoptr (BpReply) page = NULL;
  g_autoptr (JsonNode) node = NULL;
  g_autofree char *request = NULL;
  g_autofree char *meta = NULL;
  g_autofree char *body = NULL;
  JsonArray *tables;
  sqlite3 *handle;

  fill (books);
  reply = ask (books, "");
  handle = open_file (reply);
  assert_query (handle, "PRAGMA quick_check", "ok");
  meta = g_strdup_printf ("%s|%" G_GINT64_FORMAT, books->fixture.epoch,
                          fixture_get_seq (&books->fixture));
  assert_query (handle, "SELECT * FROM meta", meta);

  request = g_strdup_printf ("{'epoch':'%s','since':{'products':0,'customers':0,'sales':0,"
                             "'payments':0,'stock_movements':0,'settings':0}}",
                             books->fixture.epoch);
  body = quote (request);
  page = fixture_call (&books->fixture, BP_ENDPOINT_PULL, books->fixture.token, body);
  node = bp_json_parse (page->body, -1, NULL);
  tables = json_object_get_array_member (json_node_get_object (node), "tables");
  g_assert_cmpuint (json_array_get_length (tables), >=, 5);
  for (guint i = 0; i < json_array_get_length (tables); i++)
    {
      JsonObject *table = json_array_get_object_element (tables, i);
      const char *name = json_object_get_string_member (table, "name");
      g_autofree char *rows = describe_table (table);
      g_autofree char *columns = describe_columns (table);
      g_autofree char *select = g_strdup_printf ("SELECT * FROM %s ORDER BY rowid", name);
      g_autofree char *list = g_strdup_printf ("SELECT name FROM pragma_table_info ('%s')"
                                               " ORDER BY cid", name);

      g_test_message ("%s", name);
      assert_query (handle, select, rows);
      assert_query (handle, list, columns);
    }
  sqlite3_close (handle);
}

static void
tables_without_rows_are_there (Books        *books,
                               gconstpointer data)
{
  g_autoptr (BpReply) all = ask (books, "");
  g_autoptr (BpReply) two = ask (books, "tables=sales,products&more=1");
  sqlite3 *handle = open_file (all);

  assert_query (handle, "SELECT name FROM sqlite_schema ORDER BY name",
                "analytics customers meta payments products reports sales settings"
                " stock_movements");
  assert_query (handle, "SELECT (SELECT count (*) FROM sales), (SELECT seq FROM meta)", "0|0");
  sqlite3_close (handle);
  handle = open_file (two);
  assert_query (handle, "SELECT name FROM sqlite_schema ORDER BY name", "meta products sales");
  sqlite3_close (handle);
}

static void
what_is_no_table_is_refused (Books        *books,
                             gconstpointer data)
{
  static const char *const queries[] = {
    "tables=gadgets", "tables=products,gadgets", "tables=", "tables=products,,sales", "tables=,",
    "tables=meta", "tables=products_local", "tables=stores", "=&=&%zz",
  };

  for (guint i = 0; i < G_N_ELEMENTS (queries); i++)
    {
      g_autoptr (BpReply) reply = ask_as (books, books->fixture.token, queries[i]);

      g_test_message ("%s", queries[i]);
      g_assert_cmpint (reply->status, ==, 422);
      g_assert_null (reply->file);
    }
}

static void
one_state_is_made_once (Books        *books,
                        gconstpointer data)
{
  g_autoptr (BpReply) first = NULL;
  g_autoptr (BpReply) again = NULL;
  g_autoptr (BpReply) other = NULL;
  g_autoptr (BpReply) later = NULL;

  fill (books);
  first = ask (books, "tables=products");
  again = ask (books, "tables=products");
  other = ask (books, "tables=products,sales");
  assert_pushed (&books->fixture, "applied:1", product ("o9", "p9", ""));
  later = ask (books, "tables=products");

  g_assert_cmpint (first->bytes_made, ==, first->file->size);
  g_assert_cmpint (again->bytes_made, ==, 0);
  g_assert_true (again->file == first->file);
  g_assert_cmpint (other->bytes_made, >, 0);
  g_assert_cmpstr (other->file->etag, !=, first->file->etag);
  g_assert_cmpint (later->bytes_made, >, 0);
  g_assert_cmpstr (later->file->etag, !=, first->file->etag);
  g_assert_cmpint (later->file->number, ==, first->file->number + 1);
}

static void
what_was_begun_goes_on (Books        *books,
                        gconstpointer data)
{
  g_autoptr (BpReply) first = ask (books, "tables=products");
  g_autoptr (BpReply) other = NULL;
  g_autoptr (BpReply) rest = NULL;
  g_autoptr (BpReply) unknown = NULL;

  assert_pushed (&books->fixture, "applied:1", product ("o9", "p9", ""));
  books->if_range = first->file->etag;
  rest = ask (books, "tables=products");
  other = ask (books, "tables=sales");
  books->if_range = "\"0123\"";
  unknown = ask (books, "tables=products");

  g_assert_true (rest->file == first->file);
  g_assert_true (other->file != first->file);
  g_assert_cmpint (unknown->file->number, ==, first->file->number + 1);
}

static void
another_past_is_another_file (Books        *books,
                              gconstpointer data)
{
  g_autoptr (BpReply) first = ask (books, "");
  g_autoptr (BpReply) later = NULL;

  fixture_run (&books->fixture, "UPDATE stores SET epoch = 'e2'");
  books->if_range = first->file->etag;
  later = ask_as (books, books->fixture.token, "");
  g_assert_cmpint (later->status, ==, 200);
  g_assert_cmpstr (later->epoch, ==, "e2");
  g_assert_cmpstr (later->file->etag, !=, first->file->etag);
}

static void
packed_it_is_the_same (Books        *books,
                       gconstpointer data)
{
  g_autoptr (BpReply) plain = NULL;
  g_autoptr (BpReply) packed = NULL;
  g_autoptr (BpReply) again = NULL;
  g_autoptr (GBytes) wanted = NULL;
  g_autoptr (GBytes) bytes = NULL;
  g_autoptr (GBytes) unpacked = NULL;

  fill (books);
  plain = ask (books, "");
  books->accepts_gzip = TRUE;
  packed = ask (books, "");
  again = ask (books, "");
  wanted = read_all (plain->file);
  bytes = read_all (packed->file);
  unpacked = unpack (bytes);

  g_assert_true (packed->file->is_gzip && !plain->file->is_gzip);
  g_assert_cmpstr (packed->file->etag, !=, plain->file->etag);
  g_assert_true (again->file == packed->file);
  g_assert_true (g_bytes_equal (unpacked, wanted));
  g_assert_cmpint (packed->file->size, <, plain->file->size);
}

/* Two servers of one database: a download that one began goes on at the other. */
static void
two_servers_make_the_same_bytes (Books        *books,
                                 gconstpointer data)
{
  g_autoptr (BpReply) plain = NULL;
  g_autoptr (BpReply) packed = NULL;
  g_autoptr (BpReply) other_plain = NULL;
  g_autoptr (BpReply) other_packed = NULL;
  BpSpoolLimits limits;

  fill (books);
  plain = ask (books, "");
  books->accepts_gzip = TRUE;
  packed = ask (books, "");

  end_spool (books);
  bp_spool_limits_init (&limits);
  begin_spool (books, &limits);
  fixture_reopen (&books->fixture);
  other_packed = ask (books, "");
  books->accepts_gzip = FALSE;
  other_plain = ask (books, "");

  g_assert_cmpint (other_packed->bytes_made, >, 0);
  g_assert_cmpint (other_plain->bytes_made, >, 0);
  g_assert_cmpstr (other_plain->file->etag, ==, plain->file->etag);
  g_assert_cmpstr (other_packed->file->etag, ==, packed->file->etag);
}

static void
another_store_gets_its_own (Books        *books,
                            gconstpointer data)
{
  g_autofree char *code = NULL;
  g_autofree char *other = fixture_add_store (&books->fixture, "Other", &code);
  g_autoptr (JsonNode) node = fixture_pair (&books->fixture, code, "r7", 201);
  const char *token = json_object_get_string_member (json_node_get_object (node), "token");
  g_autoptr (BpReply) first = NULL;
  g_autoptr (BpReply) reply = NULL;
  g_autoptr (GBytes) bytes = NULL;
  sqlite3 *handle;

  fill (books);
  first = ask (books, "");
  books->if_range = first->file->etag;
  reply = ask_as (books, token, "");
  g_assert_cmpint (reply->status, ==, 200);
  g_assert_cmpstr (reply->file->etag, !=, first->file->etag);
  bytes = read_all (reply->file);
  g_assert_false (bytes_hold (bytes, "sale-1"));
  handle = open_bytes (bytes);
  assert_query (handle, "SELECT count (*) FROM products", "0");
  sqlite3_close (handle);
}

static void
a_store_that_asks_all_the_time_gets_older_ones (Books        *books,
                                                gconstpointer data)
{
  g_autoptr (BpReply) other_tables = NULL;
  g_autoptr (BpReply) after = NULL;
  gint64 last = -1;
  guint n_made = 0;
  guint n_asked = 150;

  for (guint i = 0; i < n_asked; i++)
    {
      g_autofree char *op = g_strdup_printf ("o%u", i);
      g_autoptr (BpReply) reply = NULL;

      assert_pushed (&books->fixture, "applied:1", product (op, op, ""));
      reply = ask (books, "");
      n_made += reply->bytes_made > 0 ? 1 : 0;
      g_assert_cmpint (reply->file->number, >=, last);
      last = reply->file->number;
    }
  g_assert_cmpuint (n_made, >=, 50);
  g_assert_cmpuint (n_made, <, n_asked);
  other_tables = ask_as (books, books->fixture.token, "tables=sales");
  g_assert_cmpint (other_tables->status, ==, 503);

  books->fixture.clock->now += 60 * 1000;
  after = ask (books, "");
  g_assert_cmpint (after->file->number, ==, fixture_get_seq (&books->fixture));
}

/* What is pulled after an older file would not tell of a deletion that has been
 * forgotten since: then it is no longer handed out. */
static void
none_from_before_the_horizon (Books        *books,
                              gconstpointer data)
{
  g_autoptr (BpReply) old = ask (books, "");
  g_autoptr (BpReply) later = NULL;

  fill (books);
  bp_spool_charge (books->spool, books->fixture.store_id, 60 * 1000);
  fixture_run (&books->fixture, "UPDATE stores SET horizon = seq");
  later = ask_as (books, books->fixture.token, "");
  g_assert_cmpint (later->status, ==, 503);
}

static void
no_room_is_no_harm (Books        *books,
                    gconstpointer data)
{
  BpSpoolLimits limits;
  g_autoptr (BpReply) none = NULL;
  g_autoptr (BpReply) whole = NULL;

  fill (books);
  for (guint i = 0; i < 20; i++)
    {
      g_autofree char *op = g_strdup_printf ("n%u", i);
      g_autofree char *note = g_strnfill (60000, 'x');
      g_autofree char *more = g_strdup_printf (",'note':'%s'", note);

      assert_pushed (&books->fixture, "applied:1", product (op, op, more));
    }
  end_spool (books);
  bp_spool_limits_init (&limits);
  limits.max_of_store = 700 * 1024;
  begin_spool (books, &limits);
  none = ask_as (books, books->fixture.token, "");
  g_assert_cmpint (none->status, ==, 404);

  end_spool (books);
  bp_spool_limits_init (&limits);
  begin_spool (books, &limits);
  whole = ask (books, "");
  g_assert_cmpint (whole->file->size, >, 1000000);
}

static void
without_a_place_there_is_none (Books        *books,
                               gconstpointer data)
{
  g_autoptr (BpReply) reply
    = fixture_call (&books->fixture, BP_ENDPOINT_SNAPSHOT, books->fixture.token, "");
  g_autoptr (BpReply) stranger = ask_as (books, NULL, "");

  g_assert_cmpint (reply->status, ==, 404);
  g_assert_cmpint (stranger->status, ==, 401);
}

int
main (int    argc,
      char **argv)
{
  g_test_init (&argc, &argv, NULL);
#define add(name, function) \
  g_test_add ("/server/snapshot/" name, Books, NULL, set_up, function, tear_down)
  add ("holds-what-a-pull-brings", holds_what_a_pull_brings);
  add ("tables-without-rows-are-there", tables_without_rows_are_there);
  add ("what-is-no-table-is-refused", what_is_no_table_is_refused);
  add ("one-state-is-made-once", one_state_is_made_once);
  add ("what-was-begun-goes-on", what_was_begun_goes_on);
  add ("another-past-is-another-file", another_past_is_another_file);
  add ("packed-it-is-the-same", packed_it_is_the_same);
  add ("two-servers-make-the-same-bytes", two_servers_make_the_same_bytes);
  add ("another-store-gets-its-own", another_store_gets_its_own);
  add ("a-store-that-asks-all-the-time-gets-older-ones",
       a_store_that_asks_all_the_time_gets_older_ones);
  add ("none-from-before-the-horizon", none_from_before_the_horizon);
  add ("no-room-is-no-harm", no_room_is_no_harm);
  add ("without-a-place-there-is-none", without_a_place_there_is_none);
#undef add

  return g_test_run ();
}

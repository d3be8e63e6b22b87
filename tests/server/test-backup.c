/* The rules of backups: whose a name is, what is kept, and what is left. */
#include "config.h"

#include "bp-fixture.h"

#include <string.h>

#include "bp-json.h"

typedef struct
{
  Fixture fixture;
  BpSpool *spool;
} Books;

static void
set_up (Books        *books,
        gconstpointer data)
{
  g_autoptr (GError) error = NULL;
  BpSpoolLimits limits;

  fixture_set_up (&books->fixture, data);
  bp_spool_limits_init (&limits);
  limits.max_backups = 10 * 1000 * 1000;
  books->spool = bp_spool_new (BP_CLOCK (books->fixture.clock), &limits, &error);
  g_assert_no_error (error);
}

static void
tear_down (Books        *books,
           gconstpointer data)
{
  bp_spool_close (books->spool);
  bp_spool_unref (books->spool);
  fixture_tear_down (&books->fixture, data);
}

static BpReply *
call (Books       *books,
      BpEndpointId endpoint,
      const char  *name,
      BpSpoolFile *upload)
{
  BpCall asked = { .endpoint = endpoint, .token = books->fixture.token, .body = "", .name = name };

  asked.spool = books->spool;
  asked.upload = upload;
  books->fixture.clock->now += 1000;
  return bp_rules_answer (books->fixture.backend, BP_CLOCK (books->fixture.clock), &asked);
}

static BpReply *
put (Books      *books,
     const char *name,
     gsize       size,
     char        fill)
{
  g_autoptr (BpSpoolFile) file = bp_spool_make (books->spool, books->fixture.store_id, NULL);
  g_autofree char *bytes = g_strnfill (size, fill);

  g_assert_true (bp_spool_file_append (file, bytes, size, NULL));
  bp_spool_file_finish (file, NULL);
  return call (books, BP_ENDPOINT_PUT_BACKUP, name, file);
}

#define assert_put(books, name, size, fill, expected) \
  do \
    { \
      g_autoptr (BpReply) reply_ = put (books, name, size, fill); \
      g_assert_cmpint (reply_->status, ==, expected); \
    } \
  while (0)

static void
assert_content (Books      *books,
                const char *name,
                gsize       size,
                char        fill)
{
  g_autoptr (BpReply) reply = call (books, BP_ENDPOINT_GET_BACKUP, name, NULL);
  g_autofree char *expected = g_strnfill (size, fill);
  g_autofree char *came = g_malloc0 (size + 1);

  g_assert_cmpint (reply->status, ==, 200);
  g_assert_cmpint (reply->file->size, ==, size);
  g_assert_cmpint (bp_spool_file_read (reply->file, 0, came, size, NULL), ==, size);
  g_assert_cmpstr (came, ==, expected);
}

static char *
list (Books *books)
{
  g_autoptr (BpReply) reply = call (books, BP_ENDPOINT_BACKUPS, NULL, NULL);
  g_autoptr (JsonNode) node = bp_json_parse (reply->body, -1, NULL);
  JsonArray *all = json_object_get_array_member (json_node_get_object (node), "backups");
  GString *names = g_string_new (NULL);

  for (guint i = 0; i < json_array_get_length (all); i++)
    g_string_append_printf (names, "%s%s", i > 0 ? " " : "",
                            json_object_get_string_member (json_array_get_object_element (all, i),
                                                           "name"));
  return g_string_free (names, FALSE);
}

#define assert_list(books, expected) \
  do \
    { \
      g_autofree char *told_ = list (books); \
      g_assert_cmpstr (told_, ==, expected); \
    } \
  while (0)

#define assert_asked(books, sql, expected) \
  do \
    { \
      g_autofree char *told_ = fixture_ask (&(books)->fixture, sql); \
      g_assert_cmpstr (told_, ==, expected); \
    } \
  while (0)

static void
comes_back_as_it_was (Books        *books,
                      gconstpointer data)
{
  assert_put (books, "small", 1, 'a', 201);
  assert_put (books, "piece", 256 * 1024, 'b', 201);
  assert_put (books, "large", 5 * 1000 * 1000, 'c', 201);
  assert_put (books, "none", 0, ' ', 201);
  assert_content (books, "small", 1, 'a');
  assert_content (books, "piece", 256 * 1024, 'b');
  assert_content (books, "large", 5 * 1000 * 1000, 'c');
  assert_content (books, "none", 0, ' ');
  assert_list (books, "none large piece small");
  g_assert_cmpuint (fixture_check (&books->fixture), ==, 0);
}

static void
the_same_again_is_no_other (Books        *books,
                            gconstpointer data)
{
  g_autoptr (BpReply) first = put (books, "books", 1000, 'a');
  g_autoptr (BpReply) again = put (books, "books", 1000, 'a');

  g_assert_cmpint (first->status, ==, 201);
  g_assert_cmpint (again->status, ==, 200);
  g_assert_cmpstr (again->body, ==, first->body);
  assert_asked (books, "SELECT count (*) FROM backups", "1");
  assert_put (books, "books", 1001, 'a', 200);
  assert_content (books, "books", 1001, 'a');
  assert_asked (books, "SELECT count (*) FROM backup_chunks", "1");
}

static void
the_last_seven_are_kept (Books        *books,
                         gconstpointer data)
{
  for (char fill = 'a'; fill <= 'i'; fill++)
    {
      char name[] = { fill, '\0' };

      assert_put (books, name, 300 * 1024, fill, 201);
    }
  assert_list (books, "i h g f e d c");
  assert_put (books, "c", 10, 'x', 200);
  assert_list (books, "c i h g f e d");
  assert_asked (books, "SELECT count (*) FROM backups", "7");
  assert_asked (books, "SELECT count (*) FROM backup_chunks", "13");
}

/* What it takes the place of does not count. */
static void
a_store_holds_so_much (Books        *books,
                       gconstpointer data)
{
  g_autoptr (BpReply) asked = NULL;

  assert_put (books, "a", 6 * 1000 * 1000, 'a', 201);
  assert_put (books, "b", 5 * 1000 * 1000, 'b', 413);
  assert_put (books, "b", 4 * 1000 * 1000, 'b', 201);
  assert_put (books, "a", 6 * 1000 * 1000, 'c', 200);
  assert_list (books, "a b");
  asked = call (books, BP_ENDPOINT_PUT_BACKUP, "d", NULL);
  g_assert_cmpint (asked->status, ==, 200);
  assert_list (books, "a b");
}

static void
names_are_looked_at (Books        *books,
                     gconstpointer data)
{
  static const char *const names[] = { "", ".a", "a/b", "a b" };

  for (guint i = 0; i < G_N_ELEMENTS (names); i++)
    {
      g_autoptr (BpReply) get = call (books, BP_ENDPOINT_GET_BACKUP, names[i], NULL);

      assert_put (books, names[i], 1, 'a', 422);
      g_assert_cmpint (get->status, ==, 422);
    }
}

static void
what_was_left_goes (Books        *books,
                    gconstpointer data)
{
  g_autoptr (GError) error = NULL;

  assert_put (books, "left", 3 * 1000 * 1000, 'a', 201);
  fixture_run (&books->fixture, "UPDATE backups SET is_complete = 0");
  assert_list (books, "");
  assert_put (books, "young", 1, 'a', 201);
  assert_asked (books, "SELECT count (*) FROM backups", "2");

  books->fixture.clock->now += 60 * 60 * 1000;
  g_assert_true (bp_rules_forget_backups (books->fixture.backend, BP_CLOCK (books->fixture.clock),
                                          &error));
  g_assert_no_error (error);
  assert_list (books, "young");
  assert_asked (books, "SELECT count (*) FROM backups", "1");
  assert_asked (books, "SELECT count (*) FROM backup_chunks", "1");
}

static void
damage_is_told (Books        *books,
                gconstpointer data)
{
  g_autoptr (BpReply) reply = NULL;

  assert_put (books, "books", 600 * 1024, 'a', 201);
  fixture_run (&books->fixture, "DELETE FROM backup_chunks WHERE number = 1");
  reply = call (books, BP_ENDPOINT_GET_BACKUP, "books", NULL);
  g_assert_cmpint (reply->status, ==, 500);
  g_assert_cmpuint (fixture_check (&books->fixture), ==, 1);
}

int
main (int    argc,
      char **argv)
{
  g_test_init (&argc, &argv, NULL);
#define add(name, function) \
  g_test_add ("/server/backup/" name, Books, NULL, set_up, function, tear_down)
  add ("comes-back-as-it-was", comes_back_as_it_was);
  add ("the-same-again-is-no-other", the_same_again_is_no_other);
  add ("the-last-seven-are-kept", the_last_seven_are_kept);
  add ("a-store-holds-so-much", a_store_holds_so_much);
  add ("names-are-looked-at", names_are_looked_at);
  add ("what-was-left-goes", what_was_left_goes);
  add ("damage-is-told", damage_is_told);
#undef add

  return g_test_run ();
}

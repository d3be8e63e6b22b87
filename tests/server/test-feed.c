/* Many writers at once, each with a connection of its own, and one who pulls
 * all the while: what is pulled is whole and in order. */
#include "config.h"

#include <string.h>

#include "bp-backend-open.h"
#include "bp-fixture.h"
#include "bp-json.h"

#define N_WRITERS 8
#define BATCH 25
#define POLL_MS 2

typedef struct
{
  const char *address; /* (unowned) */
  const char *epoch;   /* (unowned) */
  char *token;         /* (owned) */
  guint number;
  guint n_changes;
  int *n_running;     /* (unowned): atomic */
} Writer;

static char *
call (BpBackend   *backend,
      BpClock     *clock,
      const char  *token,
      BpEndpointId endpoint,
      const char  *text)
{
  g_autofree char *body = quote (text);
  const BpCall asked = { .endpoint = endpoint, .token = token, .body = body,
                         .length = strlen (body) };
  g_autoptr (BpReply) reply = bp_rules_answer (backend, clock, &asked);

  if (reply->status != 200 && reply->status != 201)
    g_error ("%d %s", reply->status, reply->body);
  return g_steal_pointer (&reply->body);
}

static gpointer
write_all (gpointer user_data)
{
  Writer *self = user_data;
  g_autoptr (GError) error = NULL;
  g_autoptr (BpBackend) backend = bp_backend_open (self->address, &error);
  g_autoptr (BpClock) clock = bp_system_clock_new ();

  g_assert_no_error (error);
  for (guint done = 0; done < self->n_changes; done += BATCH)
    {
      g_autoptr (GString) text = g_string_new (NULL);
      g_autofree char *answer = NULL;

      g_string_printf (text, "{'epoch':'%s','attempt':%u,'operations':[", self->epoch, done + 1);
      for (guint i = done; i < done + BATCH; i++)
        {
          g_autofree char *op = g_strdup_printf ("w%u-%u", self->number, i);
          g_autofree char *one = product (op, op, "");

          g_string_append_printf (text, "%s%s", i > done ? "," : "", one);
        }
      g_string_append (text, "]}");
      answer = call (backend, clock, self->token, BP_ENDPOINT_PUSH, text->str);
      g_assert_null (strstr (answer, "rejected"));
    }
  g_atomic_int_add (self->n_running, -1);
  return NULL;
}

/* Returns the cursor after the page; @seen gets the ids of its rows. */
static gint64
take_page (const char *page,
           gint64      since,
           GHashTable *seen)
{
  g_autoptr (JsonNode) root = bp_json_parse (page, -1, NULL);
  JsonObject *object = json_node_get_object (root);
  JsonArray *tables = json_object_get_array_member (object, "tables");
  gint64 last = since;

  for (guint t = 0; t < json_array_get_length (tables); t++)
    {
      JsonArray *rows = json_object_get_array_member (json_array_get_object_element (tables, t),
                                                      "rows");

      for (guint i = 0; i < json_array_get_length (rows); i++)
        {
          JsonArray *row = json_array_get_array_element (rows, i);
          gint64 seq = json_array_get_int_element (row, 2);

          /* Each change is a record of its own: no seq is ever passed over. */
          g_assert_cmpint (seq, ==, last + 1);
          g_assert_true (g_hash_table_add (seen,
                                           g_strdup (json_array_get_string_element (row, 0))));
          last = seq;
        }
    }

  object = json_object_get_object_member (object, "since");
  g_assert_cmpint (json_object_get_int_member (object, "products"), ==, last);
  return last;
}

static guint
read_all (Fixture *fixture,
          int     *n_running,
          guint    n_changes)
{
  g_autoptr (GHashTable) seen = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, NULL);
  g_autoptr (BpClock) clock = bp_system_clock_new ();
  gint64 since = 0;
  guint n_polls = 0;
  gboolean is_over = FALSE;

  while (!is_over || g_hash_table_size (seen) < n_changes)
    {
      g_autofree char *text = g_strdup_printf (
        "{'epoch':'%s','since':{'products':%" G_GINT64_FORMAT "}}", fixture->epoch, since);
      g_autofree char *page = NULL;
      guint before = g_hash_table_size (seen);

      if (is_over && n_polls > 0)
        g_test_message ("all wrote, %u read", before);
      is_over = g_atomic_int_get (n_running) == 0;
      page = call (fixture->backend, clock, fixture->token, BP_ENDPOINT_PULL, text);
      since = take_page (page, since, seen);
      n_polls++;
      if (is_over && g_hash_table_size (seen) == before)
        break;
      g_poll (NULL, 0, POLL_MS);
    }

  g_assert_cmpuint (g_hash_table_size (seen), ==, n_changes);
  return n_polls;
}

static void
nothing_skipped (Fixture      *fixture,
                 gconstpointer data)
{
  guint n_changes = g_test_slow () ? 20000 : 2000;
  Writer writers[N_WRITERS];
  GThread *threads[N_WRITERS];
  int n_running = N_WRITERS;
  gint64 began = g_get_monotonic_time ();
  guint n_polls;

  for (guint i = 0; i < N_WRITERS; i++)
    {
      g_autofree char *asked = g_strdup_printf ("{'request':'w%u','device':{'name':'W'}}", i);
      g_autofree char *answer = call (fixture->backend, BP_CLOCK (fixture->clock), fixture->token,
                                      BP_ENDPOINT_PAIR, asked);
      g_autoptr (JsonNode) root = bp_json_parse (answer, -1, NULL);

      writers[i] = (Writer) { fixture->address, fixture->epoch, NULL, i, n_changes / N_WRITERS,
                              &n_running };
      writers[i].token = g_strdup (json_object_get_string_member (json_node_get_object (root),
                                                                  "token"));
    }
  for (guint i = 0; i < N_WRITERS; i++)
    threads[i] = g_thread_new ("writer", write_all, &writers[i]);
  n_polls = read_all (fixture, &n_running, n_changes);
  for (guint i = 0; i < N_WRITERS; i++)
    {
      g_thread_join (threads[i]);
      g_free (writers[i].token);
    }
  g_test_message ("%u changes by %d writers, %u pulls, %.2f s", n_changes, N_WRITERS, n_polls,
                  (double)(g_get_monotonic_time () - began) / G_USEC_PER_SEC);
  g_assert_cmpint (fixture_get_seq (fixture), ==, n_changes);
  g_assert_cmpuint (fixture_check (fixture), ==, 0);
}

int
main (int    argc,
      char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add ("/server/feed/many-writers-and-nothing-is-skipped", Fixture, NULL, fixture_set_up,
              nothing_skipped, fixture_tear_down);
  return g_test_run ();
}

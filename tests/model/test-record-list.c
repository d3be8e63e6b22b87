#include "config.h"

#include "bp-record-list.h"
#include "model-fixture.h"

#define MANY 100000
#define PULLED 1000
#define PATIENCE_SECONDS 60

/* A list as a view would follow it: what it was told must add up. */
typedef struct
{
  BpRecordList *list; /* (owned) */
  guint n_items;
  guint n_signals;
} View;

static void
on_items_changed (GListModel *model,
                  guint       position,
                  guint       removed,
                  guint       added,
                  View       *view)
{
  g_assert_cmpuint (position + removed, <=, view->n_items);
  g_assert_true (position + removed == view->n_items);
  g_assert_cmpuint (removed + added, >, 0);
  view->n_items = view->n_items - removed + added;
  view->n_signals++;
  g_assert_cmpuint (view->n_items, ==, g_list_model_get_n_items (model));
}

static gboolean
on_impatience (gpointer data)
{
  g_error ("The list is not read within %d s", PATIENCE_SECONDS);
  return G_SOURCE_REMOVE;
}

static void
wait_until_read (BpRecordList *list)
{
  guint source = g_timeout_add_seconds (PATIENCE_SECONDS, on_impatience, NULL);

  while (bp_record_list_is_loading (list))
    g_main_context_iteration (NULL, TRUE);
  g_source_remove (source);
}

static void
wait_until_loaded (BpRecord *record)
{
  guint source = g_timeout_add_seconds (PATIENCE_SECONDS, on_impatience, NULL);

  while (!bp_record_is_loaded (record))
    g_main_context_iteration (NULL, TRUE);
  g_source_remove (source);
}

static void
view_open (View       *view,
           Fixture    *fixture,
           const char *table)
{
  view->list = bp_record_list_new (fixture->shop, bp_table_find (table));
  view->n_items = 0;
  view->n_signals = 0;
  g_signal_connect (view->list, "items-changed", G_CALLBACK (on_items_changed), view);
}

/* What is being read keeps the list until it is there. */
static void
view_close (View *view)
{
  guint source = g_timeout_add_seconds (PATIENCE_SECONDS, on_impatience, NULL);

  g_object_add_weak_pointer (G_OBJECT (view->list), (gpointer *)&view->list);
  g_object_unref (view->list);
  while (view->list != NULL)
    g_main_context_iteration (NULL, TRUE);
  g_source_remove (source);
}

static char *
get_name (View *view,
          guint position)
{
  g_autoptr (BpRecord) record = g_list_model_get_item (G_LIST_MODEL (view->list), position);

  g_assert_nonnull (record);
  wait_until_loaded (record);
  return g_strdup (bp_record_get_text (record, "name"));
}

static void
assert_names (View       *view,
              const char *names)
{
  g_autoptr (GString) found = g_string_new (NULL);

  for (guint i = 0; i < view->n_items; i++)
    {
      g_autofree char *name = get_name (view, i);

      g_string_append_printf (found, i > 0 ? " %s" : "%s", name);
    }
  g_assert_cmpstr (found->str, ==, names);
}

static void
add (Fixture    *fixture,
     const char *id,
     const char *name,
     int         price)
{
  g_autofree char *json
    = g_strdup_printf ("{\"id\":\"%s\",\"name\":\"%s\",\"price\":%d}", id, name, price);

  g_free (fixture_add (fixture, "products", json));
}

static void
add_three (Fixture *fixture)
{
  add (fixture, "b", "Banana", 100);
  add (fixture, "a", "Apple", 300);
  add (fixture, "c", "Cherry", 200);
}

static void
an_empty_table_is_an_empty_list (Fixture      *fixture,
                                 gconstpointer data)
{
  View view;

  view_open (&view, fixture, "products");
  g_assert_true (bp_record_list_is_loading (view.list));
  wait_until_read (view.list);
  g_assert_cmpuint (view.n_items, ==, 0);
  g_assert_cmpuint (view.n_signals, ==, 0);
  g_assert_null (g_list_model_get_item (G_LIST_MODEL (view.list), 0));
  view_close (&view);
}

static void
sorts_searches_and_filters (Fixture      *fixture,
                            gconstpointer data)
{
  View view;

  add_three (fixture);
  view_open (&view, fixture, "products");
  wait_until_read (view.list);
  bp_record_list_set_sort (view.list, "name", FALSE);
  wait_until_read (view.list);
  assert_names (&view, "Apple Banana Cherry");

  bp_record_list_set_sort (view.list, "price", TRUE);
  wait_until_read (view.list);
  assert_names (&view, "Apple Cherry Banana");

  bp_record_list_set_search (view.list, " ban ");
  wait_until_read (view.list);
  assert_names (&view, "Banana");
  bp_record_list_set_search (view.list, "zzz");
  wait_until_read (view.list);
  assert_names (&view, "");
  bp_record_list_set_search (view.list, "");
  wait_until_read (view.list);
  g_assert_cmpuint (view.n_items, ==, 3);

  bp_record_list_set_status (view.list, BP_RECORD_SYNCED);
  wait_until_read (view.list);
  g_assert_cmpuint (view.n_items, ==, 0);
  bp_record_list_set_status (view.list, BP_RECORD_PENDING);
  wait_until_read (view.list);
  g_assert_cmpuint (view.n_items, ==, 3);
  view_close (&view);
}

static void
only_the_last_of_many_searches_counts (Fixture      *fixture,
                                       gconstpointer data)
{
  View view;

  add_three (fixture);
  view_open (&view, fixture, "products");
  bp_record_list_set_search (view.list, "a");
  bp_record_list_set_search (view.list, "ap");
  bp_record_list_set_search (view.list, "che");
  wait_until_read (view.list);
  assert_names (&view, "Cherry");
  view_close (&view);
}

static void
count_signal (GObject *object,
              guint   *count)
{
  (*count)++;
}

static void
a_slot_is_of_its_place (Fixture      *fixture,
                        gconstpointer data)
{
  View view;
  guint changed = 0, signals_before;
  g_autoptr (BpRecord) first = NULL;
  g_autoptr (BpRecord) again = NULL;

  add_three (fixture);
  view_open (&view, fixture, "products");
  bp_record_list_set_sort (view.list, "name", FALSE);
  wait_until_read (view.list);
  first = g_list_model_get_item (G_LIST_MODEL (view.list), 0);
  wait_until_loaded (first);
  g_assert_cmpstr (bp_record_get_id (first), ==, "a");
  again = g_list_model_get_item (G_LIST_MODEL (view.list), 0);
  g_assert_true (first == again);

  g_signal_connect (first, "changed", G_CALLBACK (count_signal), &changed);
  signals_before = view.n_signals;
  bp_record_list_set_sort (view.list, "name", TRUE);
  wait_until_read (view.list);
  g_assert_cmpstr (bp_record_get_id (first), ==, "c");
  g_assert_cmpuint (changed, ==, 1);
  g_assert_cmpuint (view.n_signals, ==, signals_before);

  bp_record_list_refresh (view.list);
  wait_until_read (view.list);
  g_assert_cmpuint (changed, ==, 1);
  g_clear_object (&again);
  g_clear_object (&first);
  view_close (&view);
}

static void
wait_for_items (View *view,
                guint n_items)
{
  guint source = g_timeout_add_seconds (PATIENCE_SECONDS, on_impatience, NULL);

  while (view->n_items != n_items || bp_record_list_is_loading (view->list))
    g_main_context_iteration (NULL, TRUE);
  g_source_remove (source);
}

static void
follows_what_is_saved (Fixture      *fixture,
                       gconstpointer data)
{
  View view;
  g_autoptr (BpRecord) first = NULL;

  add_three (fixture);
  view_open (&view, fixture, "products");
  bp_record_list_set_sort (view.list, "name", FALSE);
  wait_until_read (view.list);
  first = g_list_model_get_item (G_LIST_MODEL (view.list), 0);
  wait_until_loaded (first);

  add (fixture, "0", "Apricot", 1);
  fixture_set (fixture, "products", "a", "{\"price\":777}");
  wait_for_items (&view, 4);
  g_assert_cmpint (bp_record_get_integer (first, "price"), ==, 777);
  assert_names (&view, "Apple Apricot Banana Cherry");

  g_assert_true (bp_shop_delete (fixture->shop, bp_table_find ("products"), "b", NULL));
  wait_for_items (&view, 3);
  assert_names (&view, "Apple Apricot Cherry");
  g_clear_object (&first);
  view_close (&view);
}

static void
follows_another_program (Fixture      *fixture,
                         gconstpointer data)
{
  View view;
  g_autoptr (GError) error = NULL;
  Fixture other = *fixture;

  add_three (fixture);
  bp_shop_watch (fixture->shop);
  view_open (&view, fixture, "products");
  wait_until_read (view.list);
  other.shop = bp_shop_open (fixture->folder, BP_CLOCK (fixture->clock), &error);
  g_assert_no_error (error);
  add (&other, "d", "Date", 5);
  wait_for_items (&view, 4);
  g_assert_finalize_object (other.shop);
  view_close (&view);
}

static void
finds_a_record_again (Fixture      *fixture,
                      gconstpointer data)
{
  View view;

  add_three (fixture);
  view_open (&view, fixture, "products");
  bp_record_list_set_sort (view.list, "name", FALSE);
  wait_until_read (view.list);
  g_assert_cmpint (bp_record_list_find (view.list, "c"), ==, 2);
  bp_record_list_set_sort (view.list, "name", TRUE);
  wait_until_read (view.list);
  g_assert_cmpint (bp_record_list_find (view.list, "c"), ==, 0);
  g_assert_cmpint (bp_record_list_find (view.list, "none"), ==, -1);

  g_assert_cmpint (bp_record_list_find (view.list, "z"), ==, -1);
  add (fixture, "z", "Aubergine", 5);
  wait_for_items (&view, 4);
  g_assert_cmpint (bp_record_list_find (view.list, "z"), ==, 2);
  view_close (&view);
}

static BpState *
make_product (guint i)
{
  const BpTable *products = bp_table_find ("products");
  g_autofree char *id = g_strdup_printf ("p%06u", i);
  g_autofree char *name
    = g_strdup_printf ("Product %06u %s", i, i % 1000 == 0 ? "rare" : "usual");
  BpState *state = bp_state_new (products, id);

  state->version = 1;
  state->seq = i + 1;
  bp_change_set_text (state->data, "name", name);
  bp_change_set_integer (state->data, "price", i * 7919 % 100000);
  bp_change_complete (state->data);
  return state;
}

/* As a first sync brings them. */
static void
add_many (Fixture *fixture)
{
  BpStore *store = bp_shop_get_store (fixture->shop);

  for (guint from = 0; from < MANY; from += PULLED)
    {
      g_autoptr (GPtrArray) rows
        = g_ptr_array_new_with_free_func ((GDestroyNotify)bp_state_free);
      BpPulledTable pulled
        = { .table = bp_table_find ("products"), .rows = rows, .since = from + PULLED };
      g_autoptr (GError) error = NULL;
      guint n_stored;

      for (guint i = 0; i < PULLED; i++)
        g_ptr_array_add (rows, make_product (from + i));
      bp_store_apply_page (store, &pulled, 1, &n_stored, &error);
      g_assert_no_error (error);
    }
}

static void
wait_for_first (View *view)
{
  guint source = g_timeout_add_seconds (PATIENCE_SECONDS, on_impatience, NULL);

  while (view->n_items == 0)
    g_main_context_iteration (NULL, TRUE);
  g_source_remove (source);
}

static void
message (const char *what,
         GTimer     *timer)
{
  g_test_message ("%s: %.0f ms", what, g_timer_elapsed (timer, NULL) * 1000);
  g_timer_start (timer);
}

static void
a_hundred_thousand_rows (Fixture      *fixture,
                         gconstpointer data)
{
  View view;
  g_autoptr (GTimer) timer = g_timer_new ();
  g_autofree char *first = NULL;
  g_autofree char *middle = NULL;

  add_many (fixture);
  message ("filling", timer);
  view_open (&view, fixture, "products");
  bp_record_list_set_sort (view.list, "name", FALSE);
  message ("opening (main thread)", timer);
  wait_for_first (&view);
  first = get_name (&view, 0);
  message ("first row", timer);
  g_assert_cmpstr (first, ==, "Product 000000 rare");
  wait_until_read (view.list);
  message ("all rows", timer);
  g_assert_cmpuint (view.n_items, ==, MANY);

  middle = get_name (&view, MANY / 2);
  message ("a row in the middle", timer);
  g_assert_cmpstr (middle, ==, "Product 050000 rare");
  bp_record_list_set_sort (view.list, "price", TRUE);
  wait_until_read (view.list);
  message ("sort", timer);
  bp_record_list_set_search (view.list, "rare");
  wait_until_read (view.list);
  message ("search", timer);
  g_assert_cmpuint (view.n_items, ==, MANY / 1000);
  bp_record_list_set_search (view.list, NULL);
  wait_until_read (view.list);
  g_assert_cmpuint (view.n_items, ==, MANY);
  message ("no search", timer);
  bp_record_list_refresh (view.list);
  wait_until_read (view.list);
  message ("refresh", timer);
  for (guint i = 0; i < MANY; i += 997)
    {
      g_autofree char *name = get_name (&view, i);

      g_assert_true (g_str_has_prefix (name, "Product "));
    }
  message ("hundred pages", timer);
  view_close (&view);
}

int
main (int   argc,
      char *argv[])
{
  static const struct
  {
    const char *path;
    void (*test) (Fixture      *fixture,
                  gconstpointer data);
  } tests[] = {
    { "/model/record-list/an-empty-table-is-an-empty-list", an_empty_table_is_an_empty_list },
    { "/model/record-list/sorts-searches-and-filters", sorts_searches_and_filters },
    { "/model/record-list/only-the-last-of-many-searches-counts",
      only_the_last_of_many_searches_counts },
    { "/model/record-list/a-slot-is-of-its-place", a_slot_is_of_its_place },
    { "/model/record-list/follows-what-is-saved", follows_what_is_saved },
    { "/model/record-list/follows-another-program", follows_another_program },
    { "/model/record-list/finds-a-record-again", finds_a_record_again },
    { "/model/record-list/a-hundred-thousand-rows", a_hundred_thousand_rows },
  };

  g_test_init (&argc, &argv, NULL);
  for (guint i = 0; i < G_N_ELEMENTS (tests); i++)
    g_test_add (tests[i].path, Fixture, NULL, fixture_set_up, tests[i].test, fixture_tear_down);
  return g_test_run ();
}

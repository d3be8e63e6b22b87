/* What is told of a conflict beside the conflict itself. */
#include "config.h"

#include "bp-conflict-case.h"
#include "model-fixture.h"

static void
on_read (GObject      *source,
         GAsyncResult *result,
         gpointer      user_data)
{
  *(GAsyncResult **)user_data = g_object_ref (result);
}

static BpConflictCase *
read_case (Fixture *fixture,
           gint64   id,
           GError **error)
{
  g_autoptr (GAsyncResult) result = NULL;

  bp_conflict_case_read_async (fixture->shop, id, NULL, on_read, &result);
  while (result == NULL)
    g_main_context_iteration (NULL, TRUE);
  return bp_conflict_case_read_finish (fixture->shop, result, error);
}

static void
pull (Fixture    *fixture,
      const char *id,
      gint64      version)
{
  const BpTable *table = bp_table_find ("products");
  g_autoptr (GPtrArray) rows = g_ptr_array_new_with_free_func ((GDestroyNotify)bp_state_free);
  g_autoptr (GError) error = NULL;
  BpState *state = bp_state_new (table, id);
  BpPulledTable pulled = { table, rows, version, FALSE, TRUE };
  guint n_stored;

  state->version = version;
  state->seq = version;
  bp_change_complete (state->data);
  bp_change_set_text (state->data, "name", version == 1 ? "Tea" : "Green Tea");
  g_ptr_array_add (rows, state);
  bp_store_apply_page (bp_shop_get_store (fixture->shop), &pulled, 1, &n_stored, &error);
  g_assert_no_error (error);
}

static void
collide (Fixture    *fixture,
         const char *id)
{
  pull (fixture, id, 1);
  fixture_set (fixture, "products", id, "{\"name\":\"Black Tea\"}");
  pull (fixture, id, 2);
}

static gint64
count (Fixture    *fixture,
       const char *table,
       const char *id,
       const char *from)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (BpStoreReader) reader = bp_store_reader_new (fixture->folder, &error);
  g_autoptr (GArray) found = NULL;
  gint64 n = 0;

  g_assert_no_error (error);
  found = bp_store_reader_count_references (reader, bp_table_find (table), id, &error);
  g_assert_no_error (error);
  for (guint i = 0; i < found->len; i++)
    {
      const BpReferences *references = &g_array_index (found, BpReferences, i);

      if (references->table == bp_table_find (from))
        n += references->n;
    }
  return n;
}

static void
test_references (Fixture      *fixture,
                 gconstpointer data)
{
  g_autofree char *tea = fixture_add (fixture, "products", "{\"name\":\"Tea\",\"price\":100}");
  g_autofree char *soap = fixture_add (fixture, "products", "{\"name\":\"Soap\",\"price\":100}");
  g_autofree char *asha = fixture_add (fixture, "customers", "{\"name\":\"Asha\"}");
  g_autofree char *json = g_strdup_printf (
    "{\"customer_id\":\"%s\",\"lines\":[{\"product_id\":\"%s\",\"quantity\":1000},"
    "{\"product_id\":\"%s\",\"quantity\":2000}],\"payments\":[{\"method\":\"cash\"}]}", asha,
    tea, tea);
  g_autofree char *sale = fixture_add (fixture, "sales", json);
  g_autofree char *movement = g_strdup_printf (
    "{\"product_id\":\"%s\",\"quantity\":5000,\"reason\":\"purchase\"}", tea);
  g_autofree char *moved = fixture_add (fixture, "stock_movements", movement);

  g_assert_nonnull (moved);
  g_assert_cmpint (count (fixture, "products", tea, "sales"), ==, 1);
  g_assert_cmpint (count (fixture, "products", tea, "stock_movements"), ==, 1);
  g_assert_cmpint (count (fixture, "products", tea, "payments"), ==, 0);
  g_assert_cmpint (count (fixture, "products", soap, "sales"), ==, 0);
  g_assert_cmpint (count (fixture, "customers", asha, "sales"), ==, 1);
  g_assert_cmpint (count (fixture, "sales", sale, "payments"), ==, 1);
}

static void
test_none (Fixture      *fixture,
           gconstpointer data)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (BpConflictCase) none = read_case (fixture, 0, &error);

  g_assert_no_error (error);
  g_assert_null (none->conflict);
  g_assert_cmpuint (none->n_open, ==, 0);
  g_assert_null (read_case (fixture, 7, &error));
  g_assert_error (error, BP_STORE_ERROR, BP_STORE_ERROR_NOT_FOUND);
}

static void
test_place (Fixture      *fixture,
            gconstpointer data)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (BpConflictCase) first = NULL;
  g_autoptr (BpConflictCase) second = NULL;

  collide (fixture, "a");
  collide (fixture, "b");
  first = read_case (fixture, 0, &error);
  g_assert_no_error (error);
  g_assert_nonnull (first->conflict);
  g_assert_cmpstr (first->conflict->record_id, ==, "a");
  g_assert_cmpuint (first->position, ==, 1);
  g_assert_cmpuint (first->n_open, ==, 2);
  second = read_case (fixture, first->next, &error);
  g_assert_no_error (error);
  g_assert_cmpstr (second->conflict->record_id, ==, "b");
  g_assert_cmpuint (second->position, ==, 2);
  g_assert_cmpint (second->next, ==, first->conflict->id);
}

#define ADD(path, func) \
  g_test_add ("/model/conflict-case/" path, Fixture, NULL, fixture_set_up, func, \
              fixture_tear_down)

int
main (int   argc,
      char *argv[])
{
  g_test_init (&argc, &argv, NULL);

  ADD ("what-refers-to-a-record", test_references);
  ADD ("none-is-open", test_none);
  ADD ("first-and-next-of-those-that-are-open", test_place);

  return g_test_run ();
}

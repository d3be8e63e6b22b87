/* The lists of what syncing does: read piece by piece, told of what changes. */
#include "config.h"

#include "bp-activity-list.h"
#include "model-fixture.h"

#include <string.h>

#define MANY 5000

typedef struct
{
  guint n_items;
  guint n_added;
  guint n_removed;
} View;

static void
on_items_changed (GListModel *model,
                  guint       position,
                  guint       removed,
                  guint       added,
                  View       *view)
{
  g_assert_cmpuint (position + removed, <=, view->n_items);
  view->n_items = view->n_items - removed + added;
  view->n_added += added;
  view->n_removed += removed;
  g_assert_cmpuint (view->n_items, ==, g_list_model_get_n_items (model));
}

static void
wait_for_items (BpActivityList *list,
                guint           n_items)
{
  while (bp_activity_list_is_loading (list)
         || g_list_model_get_n_items (G_LIST_MODEL (list)) != n_items)
    g_main_context_iteration (NULL, TRUE);
}

static const BpActivityRow *
wait_for_row (BpActivityItem *item)
{
  while (bp_activity_item_get_row (item) == NULL)
    g_main_context_iteration (NULL, TRUE);
  return bp_activity_item_get_row (item);
}

/* The server takes what goes first. */
static void
answer (Fixture *fixture,
        guint    n)
{
  BpStore *store = bp_shop_get_store (fixture->shop);
  g_autoptr (GError) error = NULL;
  g_autoptr (GPtrArray) results = g_ptr_array_new_with_free_func ((GDestroyNotify)bp_result_free);
  g_autoptr (BpClaim) claim = bp_store_claim (store, BP_CLAIM_ALL, n, n, &error);
  BpAnswerSummary summary;

  g_assert_no_error (error);
  for (guint i = 0; i < claim->operations->len; i++)
    {
      BpResult *result = bp_result_new (((BpOperation *)claim->operations->pdata[i])->op_id);

      result->status = BP_RESULT_APPLIED;
      result->version = 1;
      result->seq = i + 1;
      g_ptr_array_add (results, result);
    }
  bp_store_apply_answer (store, claim, results, &summary, &error);
  g_assert_no_error (error);
}

static void
test_queue (Fixture      *fixture,
            gconstpointer data)
{
  g_autoptr (BpActivityList) list = NULL;
  g_autoptr (BpActivityItem) last = NULL;
  g_autoptr (BpActivityItem) still = NULL;
  View view = { 0 };

  for (guint i = 0; i < 30; i++)
    {
      g_autofree char *json = g_strdup_printf ("{\"name\":\"Tea %u\"}", i);

      g_free (fixture_add (fixture, "products", json));
    }
  list = bp_activity_list_new (fixture->shop, BP_ACTIVITY_QUEUE);
  g_signal_connect (list, "items-changed", G_CALLBACK (on_items_changed), &view);
  wait_for_items (list, 30);
  last = g_list_model_get_item (G_LIST_MODEL (list), 29);
  g_assert_cmpstr (wait_for_row (last)->title, ==, "Tea 29");
  g_assert_cmpstr (wait_for_row (last)->queue->status, ==, "pending");

  view = (View){ 30, 0, 0 };
  answer (fixture, 10);
  g_free (fixture_add (fixture, "products", "{\"name\":\"Soap\"}"));
  wait_for_items (list, 21);
  g_assert_cmpuint (view.n_removed, ==, 10);
  g_assert_cmpuint (view.n_added, ==, 1);
  still = g_list_model_get_item (G_LIST_MODEL (list), 19);
  g_assert_true (still == last);
}

static void
test_few_are_read (Fixture      *fixture,
                   gconstpointer data)
{
  BpStore *store = bp_shop_get_store (fixture->shop);
  g_autoptr (GPtrArray) writes = NULL;
  g_autoptr (GError) error = NULL;
  g_autoptr (BpActivityList) list = NULL;
  g_autoptr (BpActivityItem) kept = NULL;

  for (guint i = 0; i < MANY; i += 100)
    {
      g_clear_pointer (&writes, g_ptr_array_unref);
      writes = g_ptr_array_new_with_free_func ((GDestroyNotify)bp_write_free);
      for (guint j = 0; j < 100; j++)
        {
          BpChange *change = bp_change_new (bp_table_find ("products"));
          g_autofree char *id = g_strdup_printf ("p%u", i + j);

          bp_change_set_text (change, "name", "Tea");
          g_ptr_array_add (writes, bp_write_new (change->table, id, BP_OPERATION_INSERT, change));
        }
      bp_store_save (store, writes, NULL, &error);
      g_assert_no_error (error);
    }
  list = bp_activity_list_new (fixture->shop, BP_ACTIVITY_QUEUE);
  wait_for_items (list, MANY);
  for (guint i = 0; i < MANY; i++)
    {
      g_autoptr (BpActivityItem) item = g_list_model_get_item (G_LIST_MODEL (list), i);

      g_assert_null (bp_activity_item_get_row (item));
      if (i == MANY / 2)
        kept = g_object_ref (item);
    }
  g_assert_cmpstr (wait_for_row (kept)->queue->record_id, ==, "p2500");
}

static void
on_result (GObject      *source,
           GAsyncResult *result,
           gpointer      user_data)
{
  *(GAsyncResult **)user_data = g_object_ref (result);
}

static void
wait_for_result (GAsyncResult **result)
{
  while (*result == NULL)
    g_main_context_iteration (NULL, TRUE);
}

static void
refuse (Fixture *fixture)
{
  BpStore *store = bp_shop_get_store (fixture->shop);
  g_autoptr (GError) error = NULL;
  g_autoptr (BpClaim) claim = bp_store_claim (store, BP_CLAIM_ALL, 100, 100, &error);

  g_assert_no_error (error);
  bp_store_fail_claim (store, claim, "invalid_value: No such thing", &error);
  g_assert_no_error (error);
}

static void
test_failed (Fixture      *fixture,
             gconstpointer data)
{
  g_autofree char *tea = fixture_add (fixture, "products", "{\"name\":\"=Tea\",\"price\":100}");
  g_autoptr (BpActivityList) failed = NULL;
  g_autoptr (BpActivityItem) item = NULL;
  g_autoptr (GAsyncResult) read = NULL;
  g_autoptr (GAsyncResult) mended = NULL;
  g_autoptr (BpActivityDetails) details = NULL;
  g_autoptr (GError) error = NULL;
  const BpActivityRow *row;

  g_assert_nonnull (tea);
  refuse (fixture);
  failed = bp_activity_list_new (fixture->shop, BP_ACTIVITY_FAILED);
  wait_for_items (failed, 1);
  item = g_list_model_get_item (G_LIST_MODEL (failed), 0);
  row = wait_for_row (item);
  g_assert_cmpstr (row->title, ==, "=Tea");
  g_assert_cmpstr (row->queue->last_error, ==, "invalid_value: No such thing");

  bp_activity_read_details_async (fixture->shop, row->queue, NULL, on_result, &read);
  wait_for_result (&read);
  details = bp_activity_read_details_finish (fixture->shop, read, &error);
  g_assert_no_error (error);
  g_assert_cmpuint (details->action->len, ==, 1);

  bp_activity_mend_async (fixture->shop, BP_ACTIVITY_RETRY_ALL, NULL, on_result, &mended);
  wait_for_result (&mended);
  g_assert_true (bp_activity_mend_finish (fixture->shop, mended, &error));
  wait_for_items (failed, 0);
}

static void
test_export (Fixture      *fixture,
             gconstpointer data)
{
  g_autofree char *path = g_build_filename (fixture->folder, "failed.csv", NULL);
  g_autofree char *text = NULL;
  g_autoptr (GAsyncResult) done = NULL;
  g_autoptr (GError) error = NULL;

  g_free (fixture_add (fixture, "products", "{\"name\":\"=Tea\",\"price\":100}"));
  refuse (fixture);
  bp_activity_export_async (fixture->shop, BP_ACTIVITY_FAILED, path, NULL, on_result, &done);
  wait_for_result (&done);
  g_assert_true (bp_activity_export_finish (fixture->shop, done, &error));
  g_assert_no_error (error);
  g_file_get_contents (path, &text, NULL, &error);
  g_assert_no_error (error);
  g_assert_nonnull (strstr (text, "id,table,record_id,record"));
  g_assert_nonnull (strstr (text, ",products,"));
  g_assert_nonnull (strstr (text, ",'=Tea,"));
  g_assert_nonnull (strstr (text, "No such thing"));
}

static void
test_history (Fixture      *fixture,
              gconstpointer data)
{
  g_autoptr (BpActivityList) list = NULL;
  g_autoptr (BpActivityItem) first = NULL;
  g_autoptr (GError) error = NULL;
  BpLogEntry entry = { .kind = (char *)"run", .state = (char *)"synced", .pushed = 1 };

  for (guint i = 1; i <= 2; i++)
    {
      entry.time = FIXTURE_NOW + i;
      entry.pulled = i;
      bp_store_add_log (bp_shop_get_store (fixture->shop), &entry, &error);
      g_assert_no_error (error);
    }
  list = bp_activity_list_new (fixture->shop, BP_ACTIVITY_HISTORY);
  wait_for_items (list, 2);
  first = g_list_model_get_item (G_LIST_MODEL (list), 0);
  g_assert_cmpint (wait_for_row (first)->run->pulled, ==, 2);
}

#define ADD(path, func) \
  g_test_add ("/model/activity/" path, Fixture, NULL, fixture_set_up, func, fixture_tear_down)

int
main (int   argc,
      char *argv[])
{
  g_test_init (&argc, &argv, NULL);

  ADD ("only-what-came-and-went-is-told", test_queue);
  ADD ("only-what-is-looked-at-is-read", test_few_are_read);
  ADD ("failed-and-tried-again", test_failed);
  ADD ("exported-without-formulas", test_export);
  ADD ("history-latest-first", test_history);

  return g_test_run ();
}

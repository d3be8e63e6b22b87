#include "config.h"

#include "bp-device.h"

static void
pull (BpDevice   *device,
      gint64      version,
      gint64      seq,
      const char *json)
{
  bp_device_pull (device, "products", seq, FALSE,
                  bp_device_state ("products", "p1", version, seq, json), NULL);
}

static void
test_list (BpDevice     *device,
           gconstpointer data)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (GPtrArray) open = NULL;
  g_autoptr (GPtrArray) all = NULL;
  const BpConflict *conflict;

  pull (device, 3, 5, "{\"name\":\"Soap\",\"price\":1}");
  bp_device_save (device, "products", "p1", "=", "{\"price\":2}", NULL);
  pull (device, 4, 9, "{\"name\":\"Soap\",\"price\":3}");
  bp_store_decide (device->store, bp_device_get_open_conflict (device), 4, BP_DECISION_SERVER,
                   NULL, &error);
  g_assert_no_error (error);
  bp_device_save (device, "products", "p1", "=", "{\"price\":5}", NULL);
  bp_test_clock_advance (device->clock, 7);
  pull (device, 5, 12, "{\"name\":\"Soap\",\"price\":4}");

  open = bp_store_list_conflicts (device->store, FALSE, &error);
  all = bp_store_list_conflicts (device->store, TRUE, &error);
  g_assert_no_error (error);
  g_assert_cmpuint (open->len, ==, 1);
  g_assert_cmpuint (all->len, ==, 2);
  conflict = all->pdata[0];
  g_assert_cmpstr (conflict->decision, ==, "server");
  g_assert_cmpint (conflict->created_at, ==, BP_DEVICE_START);
  g_assert_cmpint (conflict->resolved, ==, BP_DEVICE_START);
  g_assert_cmpint (bp_change_get_integer (conflict->local->data, "price"), ==, 2);
  conflict = open->pdata[0];
  g_assert_null (conflict->decision);
  g_assert_cmpstr (conflict->record_id, ==, "p1");
  g_assert_cmpint (conflict->created_at, ==, BP_DEVICE_START + 7);
  g_assert_cmpint (conflict->base->version, ==, 4);
  g_assert_cmpint (conflict->server->version, ==, 5);
  g_assert_cmpstr (conflict->server->user, ==, "Ravi");
}

static void
test_not_there (BpDevice     *device,
                gconstpointer data)
{
  g_autoptr (GError) error = NULL;

  g_assert_null (bp_store_get_conflict (device->store, 1, &error));
  g_assert_error (error, BP_STORE_ERROR, BP_STORE_ERROR_NOT_FOUND);
}

/* Newer edits fold in, and may change what the conflict is about. */
static void
test_edited (BpDevice     *device,
             gconstpointer data)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (BpConflict) conflict = NULL;
  gint64 id;

  pull (device, 3, 5, "{\"name\":\"Soap\",\"price\":1}");
  bp_device_save (device, "products", "p1", "=", "{\"price\":2}", NULL);
  pull (device, 4, 9, "{\"name\":\"Tea\",\"price\":3}");
  id = bp_device_get_open_conflict (device);
  bp_device_save (device, "products", "p1", "-", NULL, NULL);

  conflict = bp_store_get_conflict (device->store, id, &error);
  g_assert_no_error (error);
  g_assert_cmpint (conflict->type, ==, BP_CONFLICT_UPDATE_DELETE);
  g_assert_true (conflict->local->is_deleted);
  bp_store_decide (device->store, id, 4, BP_DECISION_LOCAL, NULL, &error);
  g_assert_no_error (error);
  bp_assert_text (bp_device_describe_queue (device), "DELETE products p1 pending");
  g_assert_cmpint (bp_device_ask (device, "SELECT count (*) FROM sync_conflicts"
                                  " WHERE conflict_type = 'UPDATE_DELETE'"), ==, 1);
}

/* An edit that takes back what was changed here leaves nothing in conflict. */
static void
test_taken_back (BpDevice     *device,
                 gconstpointer data)
{
  pull (device, 3, 5, "{\"name\":\"Soap\",\"price\":1}");
  bp_device_save (device, "products", "p1", "=", "{\"price\":2}", NULL);
  pull (device, 4, 9, "{\"name\":\"Tea\",\"price\":3}");
  bp_device_save (device, "products", "p1", "=", "{\"price\":1}", NULL);
  bp_assert_text (bp_device_describe (device, "products", "p1", "name price"),
                  "synced v4 name=Tea price=3");
  g_assert_cmpint (bp_device_ask (device, "SELECT count (*) FROM sync_conflicts"
                                  " WHERE decision IS NULL"), ==, 0);
}

static void
test_names (void)
{
  static const char *const names[] = { NULL, "merged", "server", "local", "renumbered", "joined" };

  for (BpDecision decision = BP_DECISION_ASK; decision <= BP_DECISION_JOINED; decision++)
    g_assert_cmpstr (bp_decision_to_string (decision), ==, names[decision]);
}

#define ADD(name, function) \
  g_test_add ("/store/conflict/" name, BpDevice, NULL, bp_device_set_up, function, \
              bp_device_tear_down)

int
main (int   argc,
      char *argv[])
{
  g_test_init (&argc, &argv, NULL);

  ADD ("lists-open-ones-and-all", test_list);
  ADD ("not-there", test_not_there);
  ADD ("edits-fold-in", test_edited);
  ADD ("an-edit-taken-back-ends-it", test_taken_back);
  g_test_add_func ("/store/conflict/decisions-have-names", test_names);

  return g_test_run ();
}

#include "config.h"

#include "bp-device.h"

static void
make_conflict (BpDevice   *device,
               const char *edit,
               const char *server)
{
  bp_device_pull (device, "products", 5, TRUE,
                  bp_device_state ("products", "p1", 3, 5,
                                   "{\"name\":\"Soap\",\"price\":100,\"stock\":7000}"), NULL);
  bp_device_save (device, "products", "p1", edit, edit + 1, NULL);
  bp_device_pull (device, "products", 9, FALSE,
                  bp_device_state ("products", "p1", 5, 9, server), NULL);
}

/* What is decided, what the record is then, what waits, and on which version
 * it goes. */
static const struct
{
  const char *name;
  const char *edit;
  const char *server; /* %NULL: deleted there */
  BpDecision decision;
  const char *merged;
  const char *record;
  const char *queue;
  const char *claim;
} cases[] = {
  { "merged", "={\"price\":200}", "{\"name\":\"Tea\",\"price\":100,\"stock\":7000}",
    BP_DECISION_MERGED, "{\"name\":\"Tea\",\"price\":200}",
    "pending v5 name=Tea price=200 stock=7000",
    "UPDATE products p1 pending {\"price\":200}", "UPDATE p1@5" },
  { "merged-to-the-same", "={\"price\":200}", "{\"name\":\"Soap\",\"price\":200,\"stock\":1}",
    BP_DECISION_MERGED, "{\"name\":\"Soap\",\"price\":200}",
    "synced v5 name=Soap price=200 stock=1", "", "" },
  { "local", "={\"price\":200}", "{\"name\":\"Tea\",\"price\":300,\"stock\":1}",
    BP_DECISION_LOCAL, NULL, "pending v5 name=Soap price=200 stock=1",
    "UPDATE products p1 pending {\"name\":\"Soap\",\"price\":200}", "UPDATE p1@5" },
  { "server", "={\"price\":200}", "{\"name\":\"Tea\",\"price\":300,\"stock\":1}",
    BP_DECISION_SERVER, NULL, "synced v5 name=Tea price=300 stock=1", "", "" },
  { "restored", "={\"price\":200}", NULL, BP_DECISION_LOCAL, NULL,
    "pending v5 name=Soap price=200 stock=0", "UPDATE restore products p1 pending",
    "UPDATE p1@5" },
  { "deletion-accepted", "={\"price\":200}", NULL, BP_DECISION_SERVER, NULL,
    "synced v5 deleted name=gone price=0 stock=0", "", "" },
  { "deleted-all-the-same", "-", "{\"name\":\"Tea\",\"price\":300,\"stock\":1}",
    BP_DECISION_LOCAL, NULL, "pending v5 deleted name=Tea price=300 stock=1",
    "DELETE products p1 pending", "DELETE p1@5" },
  { "deletion-taken-back", "-", "{\"name\":\"Tea\",\"price\":300,\"stock\":1}",
    BP_DECISION_SERVER, NULL, "synced v5 name=Tea price=300 stock=1", "", "" },
};

static void
test_case (gconstpointer data)
{
  BpDevice device;
  guint i = GPOINTER_TO_UINT (data);
  g_autoptr (BpClaim) claim = NULL;

  bp_device_set_up (&device, NULL);
  make_conflict (&device, cases[i].edit, cases[i].server);
  bp_device_decide_open (&device, cases[i].decision, cases[i].merged);

  bp_assert_text (bp_device_describe (&device, "products", "p1", "name price stock"),
                  cases[i].record);
  bp_assert_text (bp_device_describe_queue (&device), cases[i].queue);
  bp_device_assert_decided (&device, bp_decision_to_string (cases[i].decision));
  bp_device_reopen (&device);
  claim = bp_device_claim (&device, BP_CLAIM_ALL);
  bp_assert_text (bp_device_describe_claim (claim), cases[i].claim);
  bp_device_tear_down (&device, NULL);
}

static void
test_backup (BpDevice     *device,
             gconstpointer data)
{
  make_conflict (device, "={\"price\":200}", "{\"name\":\"Tea\",\"price\":300}");
  bp_device_decide_open (device, BP_DECISION_SERVER, NULL);
  g_assert_cmpint (bp_device_ask (device, "SELECT count (*) FROM sync_conflicts WHERE"
                                  " base_data ->> '$.data.price' = 100 AND"
                                  " local_data ->> '$.data.price' = 200 AND"
                                  " server_data ->> '$.data.price' = 300"), ==, 1);
}

static void
test_stale (BpDevice     *device,
            gconstpointer data)
{
  g_autoptr (GError) error = NULL;
  gint64 id;

  make_conflict (device, "={\"price\":200}", "{\"name\":\"Tea\"}");
  id = bp_device_get_open_conflict (device);
  bp_device_pull (device, "products", 12, FALSE,
                  bp_device_state ("products", "p1", 6, 12, "{\"name\":\"Rice\"}"), NULL);
  g_assert_false (bp_store_decide (device->store, id, 5, BP_DECISION_SERVER, NULL, &error));
  g_assert_error (error, BP_STORE_ERROR, BP_STORE_ERROR_STALE);
  g_clear_error (&error);
  g_assert_cmpint (bp_device_get_open_conflict (device), ==, id);

  g_assert_false (bp_store_decide (device->store, 99, 5, BP_DECISION_SERVER, NULL, &error));
  g_assert_error (error, BP_STORE_ERROR, BP_STORE_ERROR_NOT_FOUND);
  bp_device_decide (device, id, BP_DECISION_SERVER, NULL);
  bp_assert_text (bp_device_describe (device, "products", "p1", "name"), "synced v6 name=Rice");
}

/* Known to nobody there: an edit of a record that the server never heard of. */
static void
test_unknown_there (BpDevice     *device,
                    gconstpointer data)
{
  g_autoptr (BpClaim) claim = NULL;

  bp_device_pull (device, "products", 5, TRUE,
                  bp_device_state ("products", "p1", 3, 5, "{\"name\":\"Soap\"}"), NULL);
  bp_device_save (device, "products", "p1", "=", "{\"price\":200}", NULL);
  bp_device_answer (device, bp_device_claim (device, BP_CLAIM_ALL), "conflict:DELETE_UPDATE", NULL);
  bp_device_decide_open (device, BP_DECISION_LOCAL, NULL);

  bp_assert_text (bp_device_describe_queue (device), "UPDATE restore products p1 pending");
  claim = bp_device_claim (device, BP_CLAIM_ALL);
  g_assert_cmpint (bp_change_get_integer (((BpOperation *)claim->operations->pdata[0])->data,
                                          "price"), ==, 200);
}

static void
test_unknown_there_dropped (BpDevice     *device,
                            gconstpointer data)
{
  bp_device_pull (device, "products", 5, TRUE,
                  bp_device_state ("products", "p1", 3, 5, "{\"name\":\"Soap\"}"), NULL);
  bp_device_save (device, "products", "p1", "=", "{\"price\":200}", NULL);
  bp_device_answer (device, bp_device_claim (device, BP_CLAIM_ALL), "conflict:DELETE_UPDATE", NULL);
  bp_device_decide_open (device, BP_DECISION_SERVER, NULL);
  bp_assert_text (bp_device_describe (device, "products", "p1", ""), "none");
  bp_assert_text (bp_device_describe_queue (device), "");
}

/* Several operations of the record become one, and held siblings are freed. */
static void
test_one_operation (BpDevice     *device,
                    gconstpointer data)
{
  g_autoptr (BpState) server = bp_device_state ("products", "p1", 4, 9, "{\"name\":\"Tea\"}");
  BpClaim *claim;

  bp_device_pull (device, "products", 5, TRUE,
                  bp_device_state ("products", "p1", 3, 5, "{\"name\":\"Soap\"}"), NULL);
  bp_device_save (device, "products", "p1", "=", "{\"price\":200}",
                  "products", "p2", "+", "{\"name\":\"Rice\"}", NULL);
  claim = bp_device_claim (device, BP_CLAIM_ALL);
  bp_device_save (device, "products", "p1", "=", "{\"cost\":90}", NULL);
  bp_device_answer (device, claim, "conflict:UPDATE_UPDATE held", server);
  g_assert_null (bp_device_claim (device, BP_CLAIM_ALL));

  bp_device_decide_open (device, BP_DECISION_MERGED,
                         "{\"name\":\"Tea\",\"price\":200,\"cost\":90}");
  bp_assert_text (bp_device_describe_queue (device),
                  "UPDATE products p1 pending {\"price\":200,\"cost\":90}\n"
                  "INSERT products p2 pending");
  claim = bp_device_claim (device, BP_CLAIM_ALL);
  bp_assert_text (bp_device_describe_claim (claim), "UPDATE p1@4, INSERT p2");
  bp_device_answer (device, claim, "applied:5:10 applied:1:11", NULL);
  bp_assert_text (bp_device_describe (device, "products", "p1", "name price cost"),
                  "synced v5 name=Tea price=200 cost=90");
}

static void
test_decided_again (BpDevice     *device,
                    gconstpointer data)
{
  gint64 id;

  make_conflict (device, "={\"price\":200}", "{\"name\":\"Tea\",\"price\":300}");
  id = bp_device_get_open_conflict (device);
  bp_device_decide (device, id, BP_DECISION_SERVER, NULL);
  bp_device_pull (device, "products", 12, FALSE,
                  bp_device_state ("products", "p1", 6, 12,
                                   "{\"name\":\"Tea\",\"price\":300,\"cost\":1}"), NULL);

  bp_device_decide (device, id, BP_DECISION_MERGED, "{\"price\":200,\"cost\":1,\"name\":\"Tea\"}");
  bp_assert_text (bp_device_describe (device, "products", "p1", "name price cost"),
                  "pending v6 name=Tea price=200 cost=1");
  bp_assert_text (bp_device_describe_queue (device), "UPDATE products p1 pending {\"price\":200}");
  bp_device_assert_decided (device, "merged");

  /* The cost is no matter of the conflict: what came later stays. */
  bp_device_decide (device, id, BP_DECISION_SERVER, NULL);
  bp_assert_text (bp_device_describe (device, "products", "p1", "name price cost"),
                  "synced v6 name=Tea price=300 cost=1");
}

/* Keeping the local state by now: its fields, the rest as others left it. */
static void
test_again_local (BpDevice     *device,
                  gconstpointer data)
{
  gint64 id;

  make_conflict (device, "={\"price\":200}", "{\"name\":\"Tea\",\"price\":300}");
  id = bp_device_get_open_conflict (device);
  bp_device_decide (device, id, BP_DECISION_SERVER, NULL);
  bp_device_pull (device, "products", 12, FALSE,
                  bp_device_state ("products", "p1", 6, 12,
                                   "{\"name\":\"Tea\",\"price\":310,\"cost\":1}"), NULL);
  bp_device_decide (device, id, BP_DECISION_LOCAL, NULL);
  bp_assert_text (bp_device_describe (device, "products", "p1", "name price cost"),
                  "pending v6 name=Soap price=200 cost=1");
  bp_assert_text (bp_device_describe_queue (device),
                  "UPDATE products p1 pending {\"name\":\"Soap\",\"price\":200}");
  bp_device_assert_decided (device, "local");
}

/* A deletion taken back after all, and again. */
static void
test_again_deleted (BpDevice     *device,
                    gconstpointer data)
{
  gint64 id;

  make_conflict (device, "={\"price\":200}", NULL);
  id = bp_device_get_open_conflict (device);
  bp_device_decide (device, id, BP_DECISION_SERVER, NULL);
  bp_assert_text (bp_device_describe (device, "products", "p1", ""), "synced v5 deleted");
  bp_device_decide (device, id, BP_DECISION_LOCAL, NULL);
  bp_assert_text (bp_device_describe (device, "products", "p1", "name price"),
                  "pending v5 name=Soap price=200");
  bp_assert_text (bp_device_describe_queue (device), "UPDATE restore products p1 pending");
  bp_device_decide (device, id, BP_DECISION_SERVER, NULL);
  bp_assert_text (bp_device_describe (device, "products", "p1", ""), "synced v5 deleted");
  bp_assert_text (bp_device_describe_queue (device), "");
}

/* The record exists nowhere any more. */
static void
test_again_nowhere (BpDevice     *device,
                    gconstpointer data)
{
  g_autoptr (BpClaim) claim = NULL;
  gint64 id;

  bp_device_pull (device, "products", 5, TRUE,
                  bp_device_state ("products", "p1", 3, 5, "{\"name\":\"Soap\",\"stock\":9}"),
                  NULL);
  bp_device_save (device, "products", "p1", "=", "{\"price\":200}", NULL);
  bp_device_answer (device, bp_device_claim (device, BP_CLAIM_ALL), "conflict:DELETE_UPDATE", NULL);
  id = bp_device_get_open_conflict (device);
  bp_device_decide (device, id, BP_DECISION_SERVER, NULL);
  bp_assert_text (bp_device_describe (device, "products", "p1", ""), "none");

  bp_device_decide (device, id, BP_DECISION_LOCAL, NULL);
  bp_assert_text (bp_device_describe (device, "products", "p1", "name price stock"),
                  "pending v0 name=Soap price=200 stock=0");
  claim = bp_device_claim (device, BP_CLAIM_ALL);
  bp_assert_text (bp_device_describe_claim (claim), "UPDATE p1@0");
  g_assert_true (((BpOperation *)claim->operations->pdata[0])->restore);
}

static void
test_again_deleted_here (BpDevice     *device,
                         gconstpointer data)
{
  gint64 id;

  make_conflict (device, "-", "{\"name\":\"Tea\",\"price\":300}");
  id = bp_device_get_open_conflict (device);
  bp_device_decide (device, id, BP_DECISION_LOCAL, NULL);
  bp_device_push_all (device, 10);
  bp_assert_text (bp_device_describe (device, "products", "p1", ""), "synced v6 deleted");
  bp_device_decide (device, id, BP_DECISION_SERVER, NULL);
  bp_assert_text (bp_device_describe (device, "products", "p1", "name price"),
                  "pending v6 name=Tea price=300");
  bp_device_push_all (device, 20);
  bp_device_decide (device, id, BP_DECISION_LOCAL, NULL);
  bp_assert_text (bp_device_describe_queue (device), "DELETE products p1 pending");
}

/* Edits name the device that made them, whoever had the record before. */
static void
test_local_names_this_device (BpDevice     *device,
                              gconstpointer data)
{
  g_autoptr (BpConflict) conflict = NULL;
  g_autoptr (GError) error = NULL;

  bp_store_set_value (device->store, "device.name", "Counter", &error);
  g_assert_no_error (error);
  make_conflict (device, "={\"price\":200}", "{\"name\":\"Tea\"}");
  conflict = bp_store_get_conflict (device->store, bp_device_get_open_conflict (device), &error);
  g_assert_no_error (error);
  g_assert_cmpstr (conflict->local->device_name, ==, "Counter");
  g_assert_cmpstr (conflict->server->device_name, ==, "Till 2");
}

#define POSTED(status, note) \
  "{\"number\":\"A/26/1\",\"kind\":\"sale\",\"status\":\"" status "\",\"note\":\"" note "\"}"

/* What was voided there stays so, whatever else is kept of what was done here. */
static void
test_void_is_final (BpDevice     *device,
                    gconstpointer data)
{
  gint64 id;

  bp_device_pull (device, "sales", 5, TRUE,
                  bp_device_state ("sales", "s1", 1, 5, POSTED ("posted", "old")), NULL);
  bp_device_save (device, "sales", "s1", "=", "{\"note\":\"here\"}", NULL);
  bp_device_pull (device, "sales", 9, FALSE,
                  bp_device_state ("sales", "s1", 2, 9, POSTED ("void", "there")), NULL);
  id = bp_device_get_open_conflict (device);
  bp_device_decide (device, id, BP_DECISION_LOCAL, NULL);
  bp_assert_text (bp_device_describe (device, "sales", "s1", "status note"),
                  "pending v2 status=void note=here");
  bp_assert_text (bp_device_describe_queue (device), "UPDATE sales s1 pending {\"note\":\"here\"}");

  bp_device_decide (device, id, BP_DECISION_SERVER, NULL);
  bp_device_decide (device, id, BP_DECISION_LOCAL, NULL);
  bp_assert_text (bp_device_describe (device, "sales", "s1", "status note"),
                  "pending v2 status=void note=here");
}

static void
test_refused (BpDevice     *device,
              gconstpointer data)
{
  g_autoptr (GError) error = NULL;
  gint64 id;

  make_conflict (device, "={\"price\":200}", "{\"name\":\"Tea\"}");
  id = bp_device_get_open_conflict (device);
  for (BpDecision decision = BP_DECISION_ASK; decision <= BP_DECISION_JOINED; decision++)
    {
      if (decision == BP_DECISION_SERVER || decision == BP_DECISION_LOCAL)
        continue;
      g_assert_false (bp_store_decide (device->store, id, 5, decision, NULL, &error));
      g_assert_error (error, BP_STORE_ERROR, BP_STORE_ERROR_REFUSED);
      g_clear_error (&error);
      g_assert_cmpint (bp_device_get_open_conflict (device), ==, id);
    }
}

#define ADD(name, function) \
  g_test_add ("/store/decide/" name, BpDevice, NULL, bp_device_set_up, function, \
              bp_device_tear_down)

int
main (int   argc,
      char *argv[])
{
  g_test_init (&argc, &argv, NULL);

  for (guint i = 0; i < G_N_ELEMENTS (cases); i++)
    {
      g_autofree char *path = g_strconcat ("/store/decide/", cases[i].name, NULL);

      g_test_add_data_func (path, GUINT_TO_POINTER (i), test_case);
    }
  ADD ("keeps-all-sides", test_backup);
  ADD ("refused-when-it-has-moved", test_stale);
  ADD ("unknown-there-is-restored", test_unknown_there);
  ADD ("unknown-there-goes", test_unknown_there_dropped);
  ADD ("leaves-one-operation", test_one_operation);
  ADD ("again-is-a-new-edit", test_decided_again);
  ADD ("again-for-the-local-state", test_again_local);
  ADD ("again-about-a-deletion-there", test_again_deleted);
  ADD ("again-about-what-is-nowhere", test_again_nowhere);
  ADD ("again-about-a-deletion-here", test_again_deleted_here);
  ADD ("the-local-state-names-this-device", test_local_names_this_device);
  ADD ("what-is-void-stays-void", test_void_is_final);
  ADD ("what-makes-no-sense-is-refused", test_refused);

  return g_test_run ();
}

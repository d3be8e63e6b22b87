#include "config.h"

#include "bp-device.h"

#define SALE(number, product) \
  "{\"number\":\"" number "\",\"kind\":\"sale\",\"status\":\"posted\",\"currency\":\"INR\"," \
  "\"sale_date\":1763000000000,\"business_date\":\"2026-11-13\",\"total_amount\":5000," \
  "\"lines\":[{\"product_id\":\"" product "\",\"quantity\":1000,\"total\":5000}]}"

static gint64
get_server_version (BpDevice *device,
                    gint64    id)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (BpConflict) conflict = bp_store_get_conflict (device->store, id, &error);

  g_assert_no_error (error);
  return conflict->server != NULL ? conflict->server->version : 0;
}

static void
decide (BpDevice   *device,
        gint64      id,
        BpDecision  decision,
        const char *merged)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (BpConflict) conflict = bp_store_get_conflict (device->store, id, &error);
  g_autoptr (BpChange) change = NULL;

  if (merged != NULL)
    change = bp_change_new_from_text (conflict->table, merged, BP_CHANGE_STRICT, &error);
  g_assert_no_error (error);
  bp_store_decide (device->store, id, get_server_version (device, id), decision, change, &error);
  g_assert_no_error (error);
}

static void
decide_open (BpDevice   *device,
             BpDecision  decision,
             const char *merged)
{
  decide (device, bp_device_get_open_conflict (device), decision, merged);
}

static void
assert_decided (BpDevice   *device,
                const char *decision)
{
  g_autoptr (GPtrArray) conflicts = bp_store_list_conflicts (device->store, TRUE, NULL);
  const BpConflict *conflict = conflicts->pdata[conflicts->len - 1];

  g_assert_cmpstr (conflict->decision, ==, decision);
  g_assert_cmpint (conflict->resolved, ==, BP_DEVICE_START);
  g_assert_cmpint (bp_device_ask (device, "SELECT count (*) FROM sync_conflicts"
                                  " WHERE decision IS NULL"), ==, 0);
}

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
  decide_open (&device, cases[i].decision, cases[i].merged);

  bp_assert_text (bp_device_describe (&device, "products", "p1", "name price stock"),
                  cases[i].record);
  bp_assert_text (bp_device_describe_queue (&device), cases[i].queue);
  assert_decided (&device, bp_decision_to_string (cases[i].decision));
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
  decide_open (device, BP_DECISION_SERVER, NULL);
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
  decide (device, id, BP_DECISION_SERVER, NULL);
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
  decide_open (device, BP_DECISION_LOCAL, NULL);

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
  decide_open (device, BP_DECISION_SERVER, NULL);
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

  decide_open (device, BP_DECISION_MERGED, "{\"name\":\"Tea\",\"price\":200,\"cost\":90}");
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
  decide (device, id, BP_DECISION_SERVER, NULL);
  bp_device_pull (device, "products", 12, FALSE,
                  bp_device_state ("products", "p1", 6, 12,
                                   "{\"name\":\"Tea\",\"price\":300,\"cost\":1}"), NULL);

  decide (device, id, BP_DECISION_MERGED, "{\"price\":200,\"cost\":1,\"name\":\"Tea\"}");
  bp_assert_text (bp_device_describe (device, "products", "p1", "name price cost"),
                  "pending v6 name=Tea price=200 cost=1");
  bp_assert_text (bp_device_describe_queue (device), "UPDATE products p1 pending {\"price\":200}");
  assert_decided (device, "merged");

  decide (device, id, BP_DECISION_SERVER, NULL);
  bp_assert_text (bp_device_describe (device, "products", "p1", "name price cost"),
                  "pending v6 name=Tea price=300 cost=0");
}

/* The same id, another record: the local one gets a new id, and what refers to
 * it follows; both are kept. */
static void
test_renumbered_id (BpDevice     *device,
                    gconstpointer data)
{
  g_autofree char *new_id = NULL;
  g_autofree char *lines = NULL;
  BpClaim *claim;

  bp_device_save (device, "products", "p1", "+", "{\"name\":\"Soap\"}", NULL);
  bp_device_save (device, "sales", "s1", "+", SALE ("A/26-27/1", "p1"), NULL);
  bp_device_save (device, "sales", "d1", "+",
                  "{\"kind\":\"sale\",\"status\":\"draft\",\"lines\":[{\"product_id\":\"p1\","
                  "\"quantity\":1000}]}", NULL);
  bp_device_save (device, "stock_movements", "m1", "+",
                  "{\"product_id\":\"p1\",\"quantity\":4000,\"reason\":\"opening\"}", NULL);
  bp_device_pull (device, "products", 9, TRUE,
                  bp_device_state ("products", "p1", 2, 9, "{\"name\":\"Tea\",\"stock\":500}"),
                  NULL);
  bp_assert_text (bp_device_describe (device, "products", "p1", "name"), "conflict v0 name=Soap");

  decide_open (device, BP_DECISION_RENUMBERED, NULL);
  claim = bp_device_claim (device, BP_CLAIM_ALL);
  new_id = g_strdup (((BpOperation *)claim->operations->pdata[0])->id);
  g_assert_cmpstr (new_id, !=, "p1");
  bp_device_answer (device, claim, "applied:1:10", NULL);

  bp_assert_text (bp_device_describe (device, "products", "p1", "name stock"),
                  "synced v2 name=Tea stock=500");
  bp_assert_text (bp_device_describe (device, "products", new_id, "name stock"),
                  "synced v1 name=Soap stock=3000");
  claim = bp_device_claim (device, BP_CLAIM_ALL);
  bp_assert_text (bp_device_describe_claim (claim), "INSERT s1, INSERT m1");
  g_assert_cmpstr (bp_change_get_text (((BpOperation *)claim->operations->pdata[1])->data,
                                       "product_id"), ==, new_id);
  lines = g_strdup_printf ("[{\"product_id\":\"%s\",\"quantity\":1000,\"total\":5000}]", new_id);
  g_assert_cmpstr (bp_change_get_text (((BpOperation *)claim->operations->pdata[0])->data,
                                       "lines"), ==, lines);
  bp_claim_free (claim);
  g_free (lines);
  lines = g_strdup_printf ("synced v0 lines=[{\"product_id\":\"%s\",\"quantity\":1000}]", new_id);
  bp_assert_text (bp_device_describe (device, "sales", "d1", "lines"), lines);
  g_assert_cmpint (bp_device_ask (device, "SELECT count (*) FROM sync_aliases"
                                  " WHERE alias = 'p1'"), ==, 1);
  assert_decided (device, "renumbered");
}

static void
test_renumbered_number (BpDevice     *device,
                        gconstpointer data)
{
  g_autoptr (BpState) server = bp_device_state ("sales", "s9", 1, 9,
                                                SALE ("KQX/26-27/000001", "p"));
  g_autoptr (GError) error = NULL;
  BpClaim *claim;

  bp_store_set_value (device->store, "device.prefix", "KQX", &error);
  g_assert_no_error (error);
  bp_device_save (device, "sales", "s0", "+", SALE ("KQX/26-27/000002", "p"), NULL);
  bp_device_push_all (device, 5);
  bp_device_save (device, "sales", "s1", "+", SALE ("KQX/26-27/000001", "p"),
                  "payments", "y1", "+", "{\"sale_id\":\"s1\",\"amount\":1,\"method\":\"cash\"}",
                  NULL);
  bp_device_answer (device, bp_device_claim (device, BP_CLAIM_ALL),
                    "conflict:ID_COLLISION:number held", server);
  decide_open (device, BP_DECISION_RENUMBERED, NULL);

  /* 000002 is taken here, too. */
  bp_assert_text (bp_device_describe (device, "sales", "s1", "number paid"),
                  "pending v0 number=KQX/26-27/000003 paid=1");
  g_assert_cmpint (bp_device_ask (device, "SELECT count (*) FROM sync_aliases WHERE"
                                  " alias = 'KQX/26-27/000001' AND record_id = 's1'"),
                   ==, 1);
  claim = bp_device_claim (device, BP_CLAIM_ALL);
  bp_assert_text (bp_device_describe_claim (claim), "INSERT s1, INSERT y1");
  g_assert_cmpstr (bp_change_get_text (((BpOperation *)claim->operations->pdata[0])->data,
                                       "number"), ==, "KQX/26-27/000003");
  bp_claim_free (claim);
}

/* A number brought along, not of the series: the year comes from the date. */
static void
test_renumbered_foreign (BpDevice     *device,
                         gconstpointer data)
{
  g_autoptr (BpState) server = bp_device_state ("sales", "s9", 1, 9, SALE ("536365", "p"));
  g_autoptr (GError) error = NULL;

  bp_store_set_value (device->store, "device.prefix", "KQX", &error);
  g_assert_no_error (error);
  bp_device_save (device, "sales", "s1", "+", SALE ("536365", "p"), NULL);
  bp_device_answer (device, bp_device_claim (device, BP_CLAIM_ALL),
                    "conflict:ID_COLLISION:number", server);
  decide_open (device, BP_DECISION_RENUMBERED, NULL);
  bp_assert_text (bp_device_describe (device, "sales", "s1", "number"),
                  "pending v0 number=KQX/26-27/000001");
}

/* The same product made on two devices. */
static void
check_joined (BpDevice *device,
              gboolean  pulled)
{
  g_autoptr (BpState) server = bp_device_state ("products", "p9", 1, 9,
                                                "{\"name\":\"Soap\",\"sku\":\"S\",\"stock\":500}");
  BpClaim *claim;

  bp_device_save (device, "products", "p1", "+", "{\"name\":\"Bar\",\"sku\":\"S\",\"price\":5}",
                  "stock_movements", "m1", "+",
                  "{\"product_id\":\"p1\",\"quantity\":4000,\"reason\":\"opening\"}", NULL);
  bp_device_save (device, "sales", "s1", "+", SALE ("A/26-27/1", "p1"), NULL);
  if (pulled)
    bp_device_pull (device, "products", 9, TRUE, bp_state_copy (server), NULL);
  claim = bp_device_claim (device, BP_CLAIM_ALL);
  bp_assert_text (bp_device_describe_claim (claim), "INSERT p1, INSERT m1");
  bp_device_answer (device, claim, "conflict:ID_COLLISION:sku held", server);

  decide_open (device, BP_DECISION_JOINED, NULL);
  bp_assert_text (bp_device_describe (device, "products", "p1", ""), "none");
  bp_assert_text (bp_device_describe (device, "products", "p9", "name stock"),
                  "synced v1 name=Soap stock=3500");
  bp_assert_text (bp_device_describe (device, "stock_movements", "m1", "product_id"),
                  "pending v0 product_id=p9");
  claim = bp_device_claim (device, BP_CLAIM_ALL);
  bp_assert_text (bp_device_describe_claim (claim), "INSERT m1, INSERT s1");
  bp_claim_free (claim);
  g_assert_cmpint (bp_device_ask (device, "SELECT count (*) FROM sync_conflicts WHERE"
                                  " decision = 'joined' AND"
                                  " local_data ->> '$.data.name' = 'Bar'"), ==, 1);
}

static void
test_joined_unknown (BpDevice     *device,
                     gconstpointer data)
{
  check_joined (device, FALSE);
}

static void
test_joined_known (BpDevice     *device,
                   gconstpointer data)
{
  check_joined (device, TRUE);
}

static void
test_join_undone (BpDevice     *device,
                  gconstpointer data)
{
  g_autoptr (BpState) server = bp_device_state ("products", "p9", 1, 9,
                                                "{\"name\":\"Soap\",\"sku\":\"S\"}");
  g_autoptr (GError) error = NULL;
  gint64 id;

  bp_device_save (device, "products", "p1", "+", "{\"name\":\"Bar\",\"sku\":\"S\"}", NULL);
  bp_device_answer (device, bp_device_claim (device, BP_CLAIM_ALL), "conflict:ID_COLLISION:sku",
                    server);
  id = bp_device_get_open_conflict (device);
  decide (device, id, BP_DECISION_JOINED, NULL);

  g_assert_false (bp_store_decide (device->store, id, 1, BP_DECISION_LOCAL, NULL, &error));
  g_assert_error (error, BP_STORE_ERROR, BP_STORE_ERROR_DUPLICATE);
  assert_decided (device, "joined");
  decide (device, id, BP_DECISION_MERGED, "{\"sku\":\"S2\"}");
  bp_assert_text (bp_device_describe (device, "products", "p1", "name sku"),
                  "pending v0 name=Bar sku=S2");
}

/* Three records: the local one, the one with its SKU, and another one there
 * with its id. */
static void
test_joined_and_collided (BpDevice     *device,
                          gconstpointer data)
{
  g_autoptr (BpState) server = bp_device_state ("products", "p9", 1, 9,
                                                "{\"name\":\"Soap\",\"sku\":\"S\"}");

  bp_device_save (device, "products", "p1", "+", "{\"name\":\"Bar\",\"sku\":\"S\"}", NULL);
  bp_device_answer (device, bp_device_claim (device, BP_CLAIM_ALL), "conflict:ID_COLLISION:sku",
                    server);
  bp_device_pull (device, "products", 12, TRUE, bp_state_copy (server),
                  bp_device_state ("products", "p1", 1, 12, "{\"name\":\"Third\"}"), NULL);
  decide_open (device, BP_DECISION_JOINED, NULL);
  bp_assert_text (bp_device_describe (device, "products", "p1", "name"), "synced v1 name=Third");
}

/* What it should be joined with was deleted meanwhile: the key is free. */
static void
test_joined_with_nothing (BpDevice     *device,
                          gconstpointer data)
{
  g_autoptr (BpState) server = bp_device_state ("products", "p9", 1, 9,
                                                "{\"name\":\"Soap\",\"sku\":\"S\"}");
  g_autoptr (BpClaim) claim = NULL;

  bp_device_save (device, "products", "p1", "+", "{\"name\":\"Bar\",\"sku\":\"S\"}", NULL);
  bp_device_answer (device, bp_device_claim (device, BP_CLAIM_ALL), "conflict:ID_COLLISION:sku",
                    server);
  bp_device_pull (device, "products", 12, TRUE, NULL);
  decide_open (device, BP_DECISION_JOINED, NULL);
  assert_decided (device, "local");
  claim = bp_device_claim (device, BP_CLAIM_ALL);
  bp_assert_text (bp_device_describe_claim (claim), "INSERT p1");
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

/* Made here and deleted here while it was on its way, and in the way there. */
static void
test_deleted_meanwhile (BpDevice     *device,
                        gconstpointer data)
{
  g_autoptr (BpState) server = bp_device_state ("products", "p9", 1, 9,
                                                "{\"name\":\"Soap\",\"sku\":\"S\"}");
  BpClaim *claim;

  bp_device_save (device, "products", "p1", "+", "{\"name\":\"Bar\",\"sku\":\"S\"}", NULL);
  claim = bp_device_claim (device, BP_CLAIM_ALL);
  bp_device_save (device, "products", "p1", "-", NULL, NULL);
  bp_device_answer (device, claim, "conflict:ID_COLLISION:sku", server);
  bp_assert_text (bp_device_describe (device, "products", "p1", ""), "none");
  bp_assert_text (bp_device_describe_queue (device), "");
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
  ADD ("a-new-id", test_renumbered_id);
  ADD ("a-new-number", test_renumbered_number);
  ADD ("a-new-number-for-a-foreign-one", test_renumbered_foreign);
  ADD ("joined-with-an-unknown-record", test_joined_unknown);
  ADD ("joined-with-a-known-record", test_joined_known);
  ADD ("joined-and-its-id-collided", test_joined_and_collided);
  ADD ("joined-with-one-that-is-gone", test_joined_with_nothing);
  ADD ("a-join-is-undone-with-another-key", test_join_undone);
  ADD ("what-makes-no-sense-is-refused", test_refused);
  ADD ("deleted-meanwhile", test_deleted_meanwhile);

  return g_test_run ();
}

#include "config.h"

#include <string.h>

#include "bp-device.h"

#define SALE(number, product) \
  "{\"number\":\"" number "\",\"kind\":\"sale\",\"status\":\"posted\",\"currency\":\"INR\"," \
  "\"sale_date\":1763000000000,\"business_date\":\"2026-11-13\",\"total_amount\":5000," \
  "\"lines\":[{\"product_id\":\"" product "\",\"quantity\":1000,\"total\":5000}]}"

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
  claim = bp_device_claim (device, BP_CLAIM_ALL);
  bp_assert_text (bp_device_describe_claim (claim), "INSERT p1");
  bp_device_answer (device, claim, "conflict:ID_COLLISION", NULL);
  bp_assert_text (bp_device_describe (device, "products", "p1", "name"), "conflict v0 name=Soap");

  bp_device_decide_open (device, BP_DECISION_RENUMBERED, NULL);
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
  bp_device_assert_decided (device, "renumbered");
}

/* The server's record was deleted before the first pull, which leaves
 * deletions out. */
static void
test_renumbered_and_deleted (BpDevice     *device,
                             gconstpointer data)
{
  g_autoptr (BpState) server = bp_device_state ("products", "p1", 1, 3, "{\"name\":\"Tea\"}");

  bp_device_save (device, "products", "p1", "+", "{\"name\":\"Soap\"}", NULL);
  bp_device_answer (device, bp_device_claim (device, BP_CLAIM_ALL), "conflict:ID_COLLISION",
                    server);
  bp_device_pull (device, "products", 9, TRUE, NULL);
  bp_device_decide_open (device, BP_DECISION_RENUMBERED, NULL);
  bp_assert_text (bp_device_describe (device, "products", "p1", ""), "none");
  bp_device_push_all (device, 10);
  g_assert_cmpint (bp_device_ask (device, "SELECT count (*) FROM products_local"
                                  " WHERE name = 'Soap' AND id <> 'p1'"), ==, 1);
}

/* The server's record was pulled, and deleted before it was all pulled anew. */
static void
test_renumbered_and_not_brought (BpDevice     *device,
                                 gconstpointer data)
{
  g_autoptr (BpState) server = bp_device_state ("products", "p1", 1, 3, "{\"name\":\"Tea\"}");
  g_autoptr (GError) error = NULL;

  bp_device_save (device, "products", "p1", "+", "{\"name\":\"Soap\"}", NULL);
  bp_device_pull (device, "products", 4, TRUE,
                  bp_device_state ("products", "p1", 1, 3, "{\"name\":\"Tea\"}"), NULL);
  bp_device_answer (device, bp_device_claim (device, BP_CLAIM_ALL), "conflict:ID_COLLISION",
                    server);
  bp_store_reset_cursor (device->store, bp_table_find ("products"), &error);
  g_assert_no_error (error);
  bp_device_pull (device, "products", 9, TRUE, NULL);
  bp_device_decide_open (device, BP_DECISION_RENUMBERED, NULL);
  bp_assert_text (bp_device_describe (device, "products", "p1", ""), "none");
}

/* What the server has of a record refers to the server's records, whatever
 * waits on top of it. */
static void
test_server_keeps_referring (BpDevice     *device,
                             gconstpointer data)
{
  BpClaim *claim;

  bp_device_save (device, "sales", "s1", "+", SALE ("A/26-27/1", "p1"), NULL);
  bp_device_push_all (device, 5);
  bp_device_save (device, "products", "p1", "+", "{\"name\":\"Soap\"}", NULL);
  bp_device_save (device, "sales", "s1", "=", "{\"status\":\"void\"}", NULL);
  bp_device_pull (device, "products", 9, TRUE,
                  bp_device_state ("products", "p1", 1, 9, "{\"name\":\"Tea\",\"stock\":-1000}"),
                  NULL);
  claim = bp_device_claim (device, BP_CLAIM_ALL);
  bp_assert_text (bp_device_describe_claim (claim), "UPDATE s1@1, INSERT p1");
  bp_device_answer (device, claim, "rejected:returned conflict:ID_COLLISION", NULL);
  bp_device_decide_open (device, BP_DECISION_RENUMBERED, NULL);

  bp_assert_text (bp_device_describe (device, "sales", "s1", "status lines"),
                  "failed v1 status=void lines="
                  "[{\"product_id\":\"p1\",\"quantity\":1000,\"total\":5000}]");
  bp_assert_text (bp_device_describe (device, "products", "p1", "name stock"),
                  "synced v1 name=Tea stock=0");
  g_assert_cmpint (bp_device_ask (device, "SELECT sum (stock) FROM products_local"
                                  " WHERE name = 'Soap'"), ==, 0);
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
  bp_device_decide_open (device, BP_DECISION_RENUMBERED, NULL);

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
  bp_device_decide_open (device, BP_DECISION_RENUMBERED, NULL);
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

  bp_device_decide_open (device, BP_DECISION_JOINED, NULL);
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

static gint64
join (BpDevice *device)
{
  g_autoptr (BpState) server = bp_device_state ("products", "p9", 1, 9,
                                                "{\"name\":\"Soap\",\"sku\":\"S\"}");
  gint64 id;

  bp_device_save (device, "products", "p1", "+", "{\"name\":\"Bar\",\"sku\":\"S\"}", NULL);
  bp_device_answer (device, bp_device_claim (device, BP_CLAIM_ALL), "conflict:ID_COLLISION:sku",
                    server);
  id = bp_device_get_open_conflict (device);
  bp_device_decide (device, id, BP_DECISION_JOINED, NULL);
  return id;
}

static void
test_join_undone (BpDevice     *device,
                  gconstpointer data)
{
  g_autoptr (GError) error = NULL;
  gint64 id = join (device);

  g_assert_false (bp_store_decide (device->store, id, 1, BP_DECISION_LOCAL, NULL, &error));
  g_assert_error (error, BP_STORE_ERROR, BP_STORE_ERROR_DUPLICATE);
  g_assert_nonnull (strstr (error->message, "It needs another sku (resolve 1 merge sku=:…): "));
  bp_device_assert_decided (device, "joined");
  bp_device_decide (device, id, BP_DECISION_MERGED, "{\"sku\":\"S2\"}");
  bp_assert_text (bp_device_describe (device, "products", "p1", "name sku"),
                  "pending v0 name=Bar sku=S2");
  bp_assert_text (bp_device_describe (device, "products", "p9", "name sku"),
                  "synced v1 name=Soap sku=S");
  bp_device_assert_decided (device, "merged");

  /* Kept already; and joined after all, with what refers to it by now. */
  bp_device_decide (device, id, BP_DECISION_LOCAL, NULL);
  bp_assert_text (bp_device_describe (device, "products", "p1", "sku"), "pending v0 sku=S2");
  bp_device_save (device, "stock_movements", "m1", "+",
                  "{\"product_id\":\"p1\",\"quantity\":1000,\"reason\":\"opening\"}", NULL);
  bp_device_decide (device, id, BP_DECISION_SERVER, NULL);
  bp_device_assert_decided (device, "joined");
  bp_assert_text (bp_device_describe (device, "products", "p1", ""), "none");
  bp_assert_text (bp_device_describe (device, "products", "p9", "stock"), "synced v1 stock=1000");
  bp_assert_text (bp_device_describe_queue (device),
                  "INSERT stock_movements m1 pending");
}

/* The key is free by now. */
static void
test_join_undone_with_its_key (BpDevice     *device,
                               gconstpointer data)
{
  gint64 id = join (device);

  bp_device_pull (device, "products", 12, FALSE,
                  bp_device_state ("products", "p9", 2, 12, "{\"name\":\"Soap\",\"sku\":\"T\"}"),
                  NULL);
  bp_device_decide (device, id, BP_DECISION_LOCAL, NULL);
  bp_assert_text (bp_device_describe (device, "products", "p1", "name sku"),
                  "pending v0 name=Bar sku=S");
  bp_assert_text (bp_device_describe_queue (device), "INSERT products p1 pending");
}

/* It is so already. */
static void
test_joined_again (BpDevice     *device,
                   gconstpointer data)
{
  gint64 id = join (device);

  bp_device_decide (device, id, BP_DECISION_SERVER, NULL);
  bp_device_assert_decided (device, "joined");
  bp_assert_text (bp_device_describe_queue (device), "");
}

/* Who holds the id of before the two were one means the other. */
static void
test_old_id_is_followed (BpDevice     *device,
                         gconstpointer data)
{
  join (device);
  bp_device_save (device, "stock_movements", "m1", "+",
                  "{\"product_id\":\"p1\",\"quantity\":1000,\"reason\":\"opening\"}", NULL);
  bp_device_save (device, "sales", "s1", "+", SALE ("A/26-27/1", "p1"), NULL);
  bp_assert_text (bp_device_describe (device, "stock_movements", "m1", "product_id"),
                  "pending v0 product_id=p9");
  bp_assert_text (bp_device_describe (device, "sales", "s1", "lines"),
                  "pending v0 lines=[{\"product_id\":\"p9\",\"quantity\":1000,\"total\":5000}]");
  bp_assert_text (bp_device_describe (device, "products", "p9", "stock"), "synced v1 stock=0");
}

/* An open one of a key that people give: kept under another, or joined. */
static void
test_collision_by_hand (BpDevice     *device,
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
  g_assert_false (bp_store_decide (device->store, id, 1, BP_DECISION_LOCAL, NULL, &error));
  g_assert_error (error, BP_STORE_ERROR, BP_STORE_ERROR_REFUSED);
  g_assert_nonnull (strstr (error->message, "resolve 1 merge sku=:"));
  g_assert_cmpint (bp_device_get_open_conflict (device), ==, id);

  bp_device_decide (device, id, BP_DECISION_MERGED, "{\"sku\":\"S2\"}");
  bp_device_assert_decided (device, "merged");
  bp_assert_text (bp_device_describe (device, "products", "p1", "name sku"),
                  "pending v0 name=Bar sku=S2");
  bp_assert_text (bp_device_describe_queue (device), "INSERT products p1 pending");
}

/* It got another key while the answer was on its way: nothing collides. */
static void
test_joined_with_another_key (BpDevice     *device,
                              gconstpointer data)
{
  g_autoptr (BpState) server = bp_device_state ("products", "p9", 1, 9,
                                                "{\"name\":\"Soap\",\"sku\":\"S\"}");

  bp_device_save (device, "products", "p1", "+", "{\"name\":\"Bar\",\"sku\":\"S\"}", NULL);
  bp_device_answer (device, bp_device_claim (device, BP_CLAIM_ALL), "conflict:ID_COLLISION:sku",
                    server);
  bp_device_save (device, "products", "p1", "=", "{\"sku\":\"S2\"}", NULL);
  bp_device_decide_open (device, BP_DECISION_JOINED, NULL);
  bp_device_assert_decided (device, "local");
  bp_assert_text (bp_device_describe (device, "products", "p1", "name sku"),
                  "pending v0 name=Bar sku=S2");
}

/* Neither side may overwrite the other record after both were kept. */
static void
test_renumbered_again (BpDevice     *device,
                       gconstpointer data)
{
  g_autoptr (GError) error = NULL;
  gint64 id;

  bp_device_save (device, "products", "p1", "+", "{\"name\":\"Soap\"}", NULL);
  bp_device_pull (device, "products", 9, TRUE,
                  bp_device_state ("products", "p1", 2, 9, "{\"name\":\"Tea\"}"), NULL);
  bp_device_answer (device, bp_device_claim (device, BP_CLAIM_ALL), "conflict:ID_COLLISION", NULL);
  id = bp_device_get_open_conflict (device);
  bp_device_decide (device, id, BP_DECISION_LOCAL, NULL);
  bp_device_assert_decided (device, "renumbered");

  bp_device_decide (device, id, BP_DECISION_LOCAL, NULL);
  bp_device_assert_decided (device, "renumbered");
  bp_assert_text (bp_device_describe (device, "products", "p1", "name"), "synced v2 name=Tea");
  g_assert_false (bp_store_decide (device->store, id, 2, BP_DECISION_SERVER, NULL, &error));
  g_assert_error (error, BP_STORE_ERROR, BP_STORE_ERROR_REFUSED);
  g_assert_cmpint (bp_device_ask (device, "SELECT count (*) FROM products_local"), ==, 2);
}

/* The server's record of the same id was taken, and the local one wanted back:
 * it becomes a record of its own. */
static void
test_given_up_and_renumbered (BpDevice     *device,
                              gconstpointer data)
{
  gint64 id;

  bp_device_save (device, "products", "p1", "+", "{\"name\":\"Soap\"}", NULL);
  bp_device_pull (device, "products", 9, TRUE,
                  bp_device_state ("products", "p1", 2, 9, "{\"name\":\"Tea\"}"), NULL);
  bp_device_answer (device, bp_device_claim (device, BP_CLAIM_ALL), "conflict:ID_COLLISION", NULL);
  id = bp_device_get_open_conflict (device);
  bp_device_decide (device, id, BP_DECISION_SERVER, NULL);
  bp_device_assert_decided (device, "server");
  bp_assert_text (bp_device_describe (device, "products", "p1", "name"), "synced v2 name=Tea");
  bp_device_decide (device, id, BP_DECISION_LOCAL, NULL);
  bp_device_assert_decided (device, "renumbered");
  bp_assert_text (bp_device_describe (device, "products", "p1", "name"), "synced v2 name=Tea");
  g_assert_cmpint (bp_device_ask (device, "SELECT count (*) FROM products_local"
                                  " WHERE name = 'Soap' AND id <> 'p1'"), ==, 1);
}

/* A bill is never given up for another one that has its number. */
static void
test_number_by_hand (BpDevice     *device,
                     gconstpointer data)
{
  g_autoptr (BpState) server = bp_device_state ("sales", "s9", 1, 9, SALE ("536365", "p"));

  bp_device_save (device, "sales", "s1", "+", SALE ("536365", "p"), NULL);
  bp_device_answer (device, bp_device_claim (device, BP_CLAIM_ALL),
                    "conflict:ID_COLLISION:number", server);
  bp_device_decide_open (device, BP_DECISION_SERVER, NULL);
  bp_device_assert_decided (device, "renumbered");
  bp_assert_text (bp_device_describe (device, "sales", "s1", "total_amount"),
                  "pending v0 total_amount=5000");
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
  bp_device_decide_open (device, BP_DECISION_JOINED, NULL);
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
  bp_device_decide_open (device, BP_DECISION_JOINED, NULL);
  bp_device_assert_decided (device, "local");
  claim = bp_device_claim (device, BP_CLAIM_ALL);
  bp_assert_text (bp_device_describe_claim (claim), "INSERT p1");
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
  g_test_add ("/store/collide/" name, BpDevice, NULL, bp_device_set_up, function, \
              bp_device_tear_down)

int
main (int   argc,
      char *argv[])
{
  g_test_init (&argc, &argv, NULL);

  ADD ("again-of-two-both-stay", test_renumbered_again);
  ADD ("again-of-two-one-given-up", test_given_up_and_renumbered);
  ADD ("a-new-id", test_renumbered_id);
  ADD ("a-new-id-and-the-other-is-gone", test_renumbered_and_deleted);
  ADD ("a-new-id-and-the-other-is-not-brought", test_renumbered_and_not_brought);
  ADD ("what-the-server-has-refers-as-before", test_server_keeps_referring);
  ADD ("a-new-number", test_renumbered_number);
  ADD ("a-new-number-for-a-foreign-one", test_renumbered_foreign);
  ADD ("joined-with-an-unknown-record", test_joined_unknown);
  ADD ("joined-with-a-known-record", test_joined_known);
  ADD ("joined-and-its-id-collided", test_joined_and_collided);
  ADD ("joined-with-one-that-is-gone", test_joined_with_nothing);
  ADD ("a-join-is-undone-with-another-key", test_join_undone);
  ADD ("a-join-is-undone-when-its-key-is-free", test_join_undone_with_its_key);
  ADD ("a-join-is-decided-again-as-it-is", test_joined_again);
  ADD ("an-id-from-before-a-join-is-followed", test_old_id_is_followed);
  ADD ("a-key-collision-by-hand", test_collision_by_hand);
  ADD ("a-number-collision-by-hand", test_number_by_hand);
  ADD ("not-joined-once-it-has-another-key", test_joined_with_another_key);
  ADD ("deleted-meanwhile", test_deleted_meanwhile);

  return g_test_run ();
}

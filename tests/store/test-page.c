#include "config.h"

#include "bp-device.h"

static BpState *
product (gint64      version,
         gint64      seq,
         const char *json)
{
  return bp_device_state ("products", "p1", version, seq, json);
}

static void
test_rows_and_cursor (BpDevice     *device,
                      gconstpointer data)
{
  const BpTable *table = bp_table_find ("products");

  g_assert_cmpint (bp_store_get_cursor (device->store, table), ==, 0);
  g_assert_cmpuint (bp_device_pull (device, "products", 20, FALSE,
                                    product (1, 5, "{\"name\":\"Soap\"}"),
                                    bp_device_state ("products", "p2", 1, 6,
                                                     "{\"name\":\"Rice\"}"), NULL), ==, 2);
  g_assert_cmpint (bp_store_get_cursor (device->store, table), ==, 20);
  g_assert_true (bp_store_is_from_zero (device->store, table));

  /* Never back. */
  bp_device_pull (device, "products", 15, TRUE, NULL);
  g_assert_cmpint (bp_store_get_cursor (device->store, table), ==, 20);
  g_assert_false (bp_store_is_from_zero (device->store, table));
}

/* A row in the page cannot be stored: neither it, nor the others, nor the
 * cursor. */
static void
test_all_or_nothing (BpDevice     *device,
                     gconstpointer data)
{
  g_autoptr (GPtrArray) rows = g_ptr_array_new_with_free_func ((GDestroyNotify)bp_state_free);
  g_autoptr (GError) error = NULL;
  BpPulledTable pulled = { bp_table_find ("products"), rows, 9, TRUE };
  BpState *bad = product (1, 6, "{\"name\":\"Soap\"}");
  guint n_stored;

  g_ptr_array_add (rows, bp_device_state ("products", "p2", 1, 5, "{\"name\":\"Rice\"}"));
  bp_change_set_text (bad->data, "price", "a lot");
  g_ptr_array_add (rows, bad);
  g_assert_false (bp_store_apply_page (device->store, &pulled, 1, &n_stored, &error));
  g_assert_nonnull (error);
  g_assert_cmpuint (n_stored, ==, 0);
  g_assert_cmpint (bp_device_ask (device, "SELECT count (*) FROM products_local"), ==, 0);
  g_assert_cmpint (bp_store_get_cursor (device->store, pulled.table), ==, 0);
}

static void
test_older_is_passed_over (BpDevice     *device,
                           gconstpointer data)
{
  bp_device_pull (device, "products", 9, TRUE, product (3, 9, "{\"name\":\"Soap\"}"), NULL);
  g_assert_cmpuint (bp_device_pull (device, "products", 9, FALSE,
                                    product (2, 8, "{\"name\":\"Old\"}"), NULL), ==, 0);
  bp_assert_text (bp_device_describe (device, "products", "p1", "name"), "synced v3 name=Soap");

  /* What was answered here is younger than what a snapshot brings. */
  bp_device_save (device, "products", "p1", "=", "{\"price\":5}", NULL);
  bp_device_push_all (device, 20);
  g_assert_cmpuint (bp_device_pull (device, "products", 9, FALSE,
                                    product (3, 10, "{\"name\":\"Soap\"}"), NULL), ==, 0);
  bp_assert_text (bp_device_describe (device, "products", "p1", "price"), "synced v4 price=5");
}

static void
test_keys_are_not_checked (BpDevice     *device,
                           gconstpointer data)
{
  bp_device_save (device, "products", "p0", "+", "{\"name\":\"Soap\",\"sku\":\"S\"}", NULL);
  g_assert_cmpuint (bp_device_pull (device, "products", 9, TRUE,
                                    product (1, 9, "{\"name\":\"Soap\",\"sku\":\"S\"}"), NULL),
                    ==, 1);
  bp_assert_text (bp_device_describe (device, "products", "p1", "sku"), "synced v1 sku=S");
  bp_assert_text (bp_device_describe (device, "products", "p0", "sku"), "pending v0 sku=S");
}

static void
test_tombstone (BpDevice     *device,
                gconstpointer data)
{
  bp_device_pull (device, "products", 5, TRUE, product (1, 5, "{\"name\":\"Soap\"}"), NULL);
  bp_device_pull (device, "products", 6, FALSE, product (2, 6, NULL), NULL);
  bp_assert_text (bp_device_describe (device, "products", "p1", ""), "synced v2 deleted");
}

/* The server has forgotten its tombstone, and somebody restored the record. */
static void
test_restored_after_the_tombstone_was_forgotten (BpDevice     *device,
                                                 gconstpointer data)
{
  bp_device_pull (device, "products", 6, TRUE, product (2, 6, NULL), NULL);
  bp_device_pull (device, "products", 9, FALSE, product (1, 9, "{\"name\":\"Soap\"}"), NULL);
  bp_assert_text (bp_device_describe (device, "products", "p1", "name"), "synced v1 name=Soap");
}

/* What a record that waits makes of a pulled row. */
static const struct
{
  const char *name;
  const char *edit;   /* kind and JSON of a local edit of p1, which is v3 */
  gboolean sent;
  gint64 version;
  const char *pulled; /* %NULL: a tombstone */
  const char *expected;
  const char *conflict;
} waiting[] = {
  { "same-version-brings-figures-only", "={\"price\":5500}", FALSE, 3,
    "{\"name\":\"Other\",\"stock\":7000}", "pending v3 name=Soap price=5500 stock=7000", NULL },
  { "newer-is-a-conflict", "={\"price\":5500}", FALSE, 4,
    "{\"name\":\"Other\",\"stock\":7000}", "conflict v3 name=Soap price=5500 stock=7000",
    "UPDATE_UPDATE" },
  { "newer-while-sent-waits", "={\"price\":5500}", TRUE, 4,
    "{\"name\":\"Other\",\"stock\":7000}", "pending v3 name=Soap price=5500 stock=7000", NULL },
  { "deleted-there-changed-here", "={\"price\":5500}", FALSE, 4, NULL,
    "conflict v3 name=Soap price=5500 stock=0", "DELETE_UPDATE" },
  { "changed-there-deleted-here", "-", FALSE, 4, "{\"name\":\"Other\"}",
    "conflict v3 deleted name=Soap price=0 stock=0", "UPDATE_DELETE" },
  { "deleted-on-both-sides", "-", FALSE, 4, NULL,
    "pending v3 deleted name=Soap price=0 stock=0", NULL },
};

static void
test_waiting (gconstpointer data)
{
  BpDevice device;
  guint i = GPOINTER_TO_UINT (data);
  BpClaim *claim = NULL;

  bp_device_set_up (&device, NULL);
  bp_device_pull (&device, "products", 5, TRUE, product (3, 5, "{\"name\":\"Soap\",\"price\":0}"),
                  NULL);
  bp_device_save (&device, "products", "p1", waiting[i].edit, waiting[i].edit + 1, NULL);
  if (waiting[i].sent)
    claim = bp_device_claim (&device, BP_CLAIM_ALL);
  bp_device_pull (&device, "products", 9, FALSE,
                  product (waiting[i].version, 9, waiting[i].pulled), NULL);

  bp_assert_text (bp_device_describe (&device, "products", "p1", "name price stock"),
                  waiting[i].expected);
  if (waiting[i].conflict == NULL)
    g_assert_cmpint (bp_device_ask (&device, "SELECT count (*) FROM sync_conflicts"), ==, 0);
  else
    {
      g_autoptr (GPtrArray) conflicts = bp_store_list_conflicts (device.store, FALSE, NULL);

      g_assert_cmpuint (conflicts->len, ==, 1);
      g_assert_cmpstr (bp_conflict_type_to_string (((BpConflict *)conflicts->pdata[0])->type), ==,
                       waiting[i].conflict);
      /* Nothing of a record in conflict goes. */
      g_assert_null (bp_device_claim (&device, BP_CLAIM_ALL));
    }
  bp_claim_free (claim);
  bp_device_tear_down (&device, NULL);
}

/* A pulled row that an own operation made, before its answer is known. */
static void
test_own_row (BpDevice     *device,
              gconstpointer data)
{
  BpClaim *claim;
  BpState *own;

  bp_device_pull (device, "products", 5, TRUE, product (3, 5, "{\"name\":\"Soap\"}"), NULL);
  bp_device_save (device, "products", "p1", "=", "{\"price\":5500}", NULL);
  claim = bp_device_claim (device, BP_CLAIM_ALL);
  bp_device_save (device, "products", "p1", "=", "{\"price\":6000}", NULL);
  own = product (4, 9, "{\"name\":\"Soap\",\"price\":5500}");
  own->op_id = g_strdup (((BpOperation *)claim->operations->pdata[0])->op_id);
  bp_device_pull (device, "products", 9, FALSE, own, NULL);
  bp_device_answer (device, claim, "applied:4:9", NULL);

  bp_assert_text (bp_device_describe (device, "products", "p1", "price"), "pending v3 price=6000");
  claim = bp_device_claim (device, BP_CLAIM_ALL);
  bp_assert_text (bp_device_describe_claim (claim), "UPDATE p1@4");
  bp_device_answer (device, claim, "applied:5:10", NULL);
  bp_assert_text (bp_device_describe (device, "products", "p1", "price"), "synced v5 price=6000");
}

/* One open conflict a record: newer rows replace its server side. */
static void
test_conflict_moves (BpDevice     *device,
                     gconstpointer data)
{
  g_autoptr (BpConflict) conflict = NULL;
  g_autoptr (GError) error = NULL;

  bp_device_pull (device, "products", 5, TRUE, product (3, 5, "{\"name\":\"Soap\"}"), NULL);
  bp_device_save (device, "products", "p1", "=", "{\"price\":5500}", NULL);
  bp_device_pull (device, "products", 9, FALSE, product (4, 9, "{\"name\":\"Other\"}"), NULL);
  bp_device_save (device, "products", "p1", "=", "{\"price\":5600}", NULL);
  bp_device_pull (device, "products", 12, FALSE, product (5, 12, NULL), NULL);

  conflict = bp_store_get_conflict (device->store, bp_device_get_open_conflict (device), &error);
  g_assert_no_error (error);
  g_assert_cmpint (conflict->type, ==, BP_CONFLICT_DELETE_UPDATE);
  g_assert_cmpint (conflict->server->version, ==, 5);
  g_assert_cmpint (bp_change_get_integer (conflict->local->data, "price"), ==, 5600);
}

static void
assert_conflict (BpDevice      *device,
                 BpConflictType type,
                 gint64         version)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (BpConflict) conflict = NULL;

  conflict = bp_store_get_conflict (device->store, bp_device_get_open_conflict (device), &error);
  g_assert_no_error (error);
  g_assert_cmpint (conflict->type, ==, type);
  g_assert_nonnull (conflict->server);
  g_assert_cmpint (conflict->server->version, ==, version);
}

/* The server had forgotten the record, and somebody made it again: that is what
 * stands against what waits here, whatever its version. */
static void
test_remade_while_unknown (gconstpointer data)
{
  gint64 version = GPOINTER_TO_INT (data);
  g_autoptr (GError) error = NULL;
  g_autofree char *expected = NULL;
  BpDevice device;

  bp_device_set_up (&device, NULL);
  bp_device_pull (&device, "products", 5, TRUE, product (2, 5, "{\"name\":\"Soap\"}"), NULL);
  bp_device_save (&device, "products", "p1", "=", "{\"price\":5500}", NULL);
  bp_device_answer (&device, bp_device_claim (&device, BP_CLAIM_ALL), "conflict:DELETE_UPDATE",
                    NULL);
  bp_device_pull (&device, "products", 9, FALSE,
                  product (version, 9, "{\"name\":\"Soap\",\"price\":1}"), NULL);
  assert_conflict (&device, BP_CONFLICT_UPDATE_UPDATE, version);

  bp_store_decide (device.store, bp_device_get_open_conflict (&device), version,
                   BP_DECISION_LOCAL, NULL, &error);
  g_assert_no_error (error);
  bp_assert_text (bp_device_describe_queue (&device),
                  "UPDATE products p1 pending {\"price\":5500}");
  bp_store_discard (device.store, "1", &error);
  g_assert_no_error (error);
  expected = g_strdup_printf ("synced v%" G_GINT64_FORMAT " price=1", version);
  bp_assert_text (bp_device_describe (&device, "products", "p1", "price"), expected);
  bp_device_tear_down (&device, NULL);
}

static void
test_remade_after_a_deletion (BpDevice     *device,
                              gconstpointer data)
{
  bp_device_pull (device, "products", 5, TRUE, product (3, 5, "{\"name\":\"Soap\"}"), NULL);
  bp_device_save (device, "products", "p1", "=", "{\"price\":5500}", NULL);
  bp_device_pull (device, "products", 9, FALSE, product (4, 9, NULL), NULL);
  assert_conflict (device, BP_CONFLICT_DELETE_UPDATE, 4);
  bp_device_pull (device, "products", 12, FALSE, product (1, 12, "{\"name\":\"Tea\"}"), NULL);
  assert_conflict (device, BP_CONFLICT_UPDATE_UPDATE, 1);
}

/* Away for longer than deletions are remembered: what the pull from 0 brings is
 * the record, though its versions begin anew. */
static void
test_remade_while_away (BpDevice     *device,
                        gconstpointer data)
{
  const BpTable *products = bp_table_find ("products");
  g_autoptr (GError) error = NULL;

  bp_device_pull (device, "products", 5, TRUE, product (3, 5, "{\"name\":\"Soap\"}"),
                  bp_device_state ("products", "p2", 3, 5, "{\"name\":\"Rice\"}"), NULL);
  bp_device_save (device, "products", "p2", "=", "{\"price\":5500}", NULL);
  bp_store_reset_cursor (device->store, products, &error);
  g_assert_no_error (error);
  bp_device_pull (device, "products", 9, TRUE, product (1, 8, "{\"name\":\"Tea\"}"),
                  bp_device_state ("products", "p2", 1, 9, "{\"name\":\"Oil\"}"), NULL);
  bp_assert_text (bp_device_describe (device, "products", "p1", "name"), "synced v1 name=Tea");
  bp_assert_text (bp_device_describe (device, "products", "p2", "name"), "conflict v3 name=Rice");
  assert_conflict (device, BP_CONFLICT_UPDATE_UPDATE, 1);
}

static BpState *
made_by (const char *op_id,
         gint64      seq,
         const char *json)
{
  BpState *state = product (1, seq, json);

  state->op_id = g_strdup (op_id);
  return state;
}

/* The same, and the version is the one that was known: it is another's. */
static void
test_remade_as_the_same_version (BpDevice     *device,
                                 gconstpointer data)
{
  g_autoptr (GError) error = NULL;

  bp_device_pull (device, "products", 5, TRUE, made_by ("o1", 5, "{\"name\":\"Soap\"}"), NULL);
  bp_device_save (device, "products", "p1", "=", "{\"price\":5500}", NULL);
  bp_store_reset_cursor (device->store, bp_table_find ("products"), &error);
  g_assert_no_error (error);
  bp_device_pull (device, "products", 9, TRUE, made_by ("o2", 9, "{\"name\":\"Tea\"}"), NULL);
  assert_conflict (device, BP_CONFLICT_UPDATE_UPDATE, 1);
  bp_assert_text (bp_device_describe (device, "products", "p1", "name price"),
                  "conflict v1 name=Soap price=5500");
}

/* The same file imported on two devices: same ids, same content, no conflict.
 * Other content under one id is two records, unless it was this folder's own,
 * sent before it was put back: the server says which. */
static void
test_same_id (BpDevice     *device,
              gconstpointer data)
{
  bp_device_save (device, "products", "p1", "+", "{\"name\":\"Soap\"}", NULL);
  bp_device_save (device, "products", "p2", "+", "{\"name\":\"Rice\"}", NULL);
  bp_device_save (device, "settings", "shop.name", "+", "{\"value\":\"\\\"A\\\"\"}", NULL);
  bp_device_pull (device, "products", 9, TRUE, product (1, 5, "{\"name\":\"Soap\",\"stock\":4}"),
                  bp_device_state ("products", "p2", 1, 6, "{\"name\":\"Tea\"}"), NULL);
  bp_device_pull (device, "settings", 9, TRUE,
                  bp_device_state ("settings", "shop.name", 1, 7, "{\"value\":\"\\\"B\\\"\"}"),
                  NULL);

  bp_assert_text (bp_device_describe (device, "products", "p1", "stock"), "pending v0 stock=4");
  bp_assert_text (bp_device_describe (device, "products", "p2", "name"), "pending v0 name=Rice");
  g_assert_cmpint (bp_device_ask (device, "SELECT count (*) FROM sync_conflicts WHERE"
                                  " record_id = 'shop.name' AND base_data IS NULL"
                                  " AND conflict_type = 'UPDATE_UPDATE'"), ==, 1);
  bp_device_answer (device, bp_device_claim (device, BP_CLAIM_ALL),
                    "applied:1:5 conflict:ID_COLLISION", NULL);
  bp_assert_text (bp_device_describe (device, "products", "p1", "stock"), "synced v1 stock=4");
  bp_assert_text (bp_device_describe (device, "products", "p2", "name"), "conflict v0 name=Rice");
  g_assert_cmpint (bp_device_ask (device, "SELECT count (*) FROM sync_conflicts WHERE"
                                  " record_id = 'p2' AND key_field IS NULL"
                                  " AND server_data ->> '$.data.name' = 'Tea'"
                                  " AND conflict_type = 'ID_COLLISION'"), ==, 1);
}

/* Waited when the folder was copied, was sent, changed and deleted by the
 * other one: this one's own again. */
static void
test_sent_meanwhile (BpDevice     *device,
                     gconstpointer data)
{
  BpClaim *claim;

  bp_device_save (device, "products", "p1", "+", "{\"name\":\"Soap\"}", NULL);
  bp_device_save (device, "products", "p2", "+", "{\"name\":\"Rice\"}", NULL);
  bp_device_pull (device, "products", 9, FALSE, product (2, 8, "{\"name\":\"Tea\"}"),
                  bp_device_state ("products", "p2", 2, 9, NULL), NULL);
  bp_assert_text (bp_device_describe (device, "products", "p1", "name"), "pending v0 name=Soap");
  claim = bp_device_claim (device, BP_CLAIM_ALL);
  bp_assert_text (bp_device_describe_claim (claim), "INSERT p1, INSERT p2");
  bp_device_answer (device, claim, "applied:1:5 applied:1:6", NULL);
  bp_assert_text (bp_device_describe (device, "products", "p1", "name"), "synced v2 name=Tea");
  bp_assert_text (bp_device_describe (device, "products", "p2", ""), "synced v2 deleted");
  g_assert_cmpint (bp_device_ask (device, "SELECT count (*) FROM sync_conflicts"), ==, 0);
}

static void
test_drops_what_is_gone (BpDevice     *device,
                         gconstpointer data)
{
  const BpTable *table = bp_table_find ("products");
  g_autoptr (GError) error = NULL;

  bp_device_pull (device, "products", 9, TRUE,
                  bp_device_state ("products", "gone", 1, 5, "{\"name\":\"A\"}"),
                  bp_device_state ("products", "there", 1, 6, "{\"name\":\"B\"}"),
                  bp_device_state ("products", "edited", 1, 7, "{\"name\":\"C\"}"),
                  bp_device_state ("products", "open", 1, 8, "{\"name\":\"D\"}"), NULL);
  bp_device_save (device, "products", "new", "+", "{\"name\":\"E\"}", NULL);
  bp_device_answer (device, bp_device_claim (device, BP_CLAIM_ALL), "applied:1:50", NULL);
  bp_device_save (device, "products", "edited", "=", "{\"price\":1}", NULL);
  bp_device_save (device, "products", "open", "=", "{\"price\":1}", NULL);
  bp_device_pull (device, "products", 10, FALSE,
                  bp_device_state ("products", "open", 2, 10, "{\"name\":\"F\"}"), NULL);

  bp_store_reset_cursor (device->store, table, &error);
  g_assert_no_error (error);
  g_assert_cmpint (bp_store_get_cursor (device->store, table), ==, 0);
  bp_assert_text (bp_device_describe (device, "products", "gone", ""), "synced v1");
  bp_device_pull (device, "products", 6, FALSE,
                  bp_device_state ("products", "there", 1, 6, "{\"name\":\"B\"}"), NULL);
  bp_device_reopen (device);
  g_assert_true (bp_store_is_from_zero (device->store, table));
  bp_device_pull (device, "products", 20, TRUE, NULL);

  bp_assert_text (bp_device_describe (device, "products", "gone", ""), "none");
  bp_assert_text (bp_device_describe (device, "products", "there", ""), "synced v1");
  bp_assert_text (bp_device_describe (device, "products", "edited", ""), "pending v1");
  bp_assert_text (bp_device_describe (device, "products", "open", ""), "conflict v1");
  /* Answered with a seq above the pull's: not looked at yet. */
  bp_assert_text (bp_device_describe (device, "products", "new", ""), "synced v1");
}

/* What waited when a whole pull left it out goes once it is put back. */
static void
test_drops_what_waited (BpDevice     *device,
                        gconstpointer data)
{
  g_autoptr (GError) error = NULL;

  bp_device_pull (device, "products", 9, TRUE,
                  bp_device_state ("products", "p1", 3, 5, "{\"name\":\"Soap\"}"),
                  bp_device_state ("products", "p2", 3, 6, "{\"name\":\"Rice\"}"), NULL);
  bp_device_save (device, "products", "p1", "=", "{\"price\":6}", NULL);
  bp_device_save (device, "products", "p2", "=", "{\"price\":6}", NULL);
  bp_store_reset_cursor (device->store, bp_table_find ("products"), &error);
  g_assert_no_error (error);
  bp_device_pull (device, "products", 20, TRUE,
                  bp_device_state ("products", "p2", 3, 18, "{\"name\":\"Rice\"}"), NULL);
  bp_assert_text (bp_device_describe (device, "products", "p1", "name price"),
                  "pending v3 name=Soap price=6");

  /* As they were before. */
  bp_device_save (device, "products", "p1", "=", "{\"price\":0}", NULL);
  bp_device_save (device, "products", "p2", "=", "{\"price\":0}", NULL);
  bp_assert_text (bp_device_describe (device, "products", "p1", ""), "none");
  bp_assert_text (bp_device_describe (device, "products", "p2", "price"), "synced v3 price=0");
}

static void
test_draft_stays (BpDevice     *device,
                  gconstpointer data)
{
  bp_device_save (device, "sales", "d1", "+",
                  "{\"kind\":\"sale\",\"status\":\"draft\",\"lines\":[]}", NULL);
  bp_device_pull (device, "sales", 9, TRUE, NULL);
  bp_assert_text (bp_device_describe (device, "sales", "d1", "status"), "synced v0 status=draft");
}

static void
count_changes (BpStore *store,
               guint    tables,
               guint   *changed)
{
  *changed |= tables;
}

static void
test_tells_of_changes (BpDevice     *device,
                       gconstpointer data)
{
  guint changed = 0;

  g_signal_connect (device->store, "changed", G_CALLBACK (count_changes), &changed);
  bp_device_pull (device, "products", 5, TRUE, NULL);
  g_assert_cmpuint (changed, ==, 0);
  bp_device_pull (device, "products", 9, FALSE, product (1, 9, "{\"name\":\"Soap\"}"), NULL);
  g_assert_cmpuint (changed, ==, 1u << bp_table_get_index (bp_table_find ("products")));
}

/* The first sync of a large shop: how it compares with bare SQLite is for the
 * benchmarks, that it is no slower than this for the tests. */
static void
test_first_sync (BpDevice     *device,
                 gconstpointer data)
{
  const BpTable *table = bp_table_find ("products");
  g_autoptr (GPtrArray) rows = g_ptr_array_new_with_free_func ((GDestroyNotify)bp_state_free);
  g_autoptr (GError) error = NULL;
  gint64 began, took;
  guint n_stored;
  BpPulledTable pulled = { table, rows, 20000, TRUE };

  for (int i = 0; i < 20000; i++)
    {
      g_autofree char *id = g_strdup_printf ("%08d", i);

      g_ptr_array_add (rows, bp_device_state ("products", id, 1, i + 1,
                                              "{\"name\":\"White hanging heart\",\"sku\":\"85123\","
                                              "\"price\":255,\"unit\":\"piece\"}"));
    }
  began = g_get_monotonic_time ();
  bp_store_apply_page (device->store, &pulled, 1, &n_stored, &error);
  took = g_get_monotonic_time () - began;
  g_assert_no_error (error);
  g_assert_cmpuint (n_stored, ==, 20000);
  g_test_message ("20,000 rows in %" G_GINT64_FORMAT " ms", took / 1000);
}

/* Another thread, while this one has the store. */
typedef struct
{
  BpStore *store;
  GThread *thread;
} Waiter;

static gpointer
save_number (gpointer data)
{
  Waiter *waiter = data;

  return GINT_TO_POINTER (bp_store_set_number (waiter->store, "other", 1, NULL));
}

static gboolean
until_somebody_waits (BpStore *store,
                      gpointer user_data,
                      GError **error)
{
  Waiter *waiter = user_data;

  waiter->thread = g_thread_new ("waits", save_number, waiter);
  while (!bp_store_give_way (store))
    ;
  return TRUE;
}

static void
test_gives_way (BpDevice     *device,
                gconstpointer data)
{
  g_autoptr (GError) error = NULL;
  Waiter waiter = { device->store, NULL };

  g_assert_false (bp_store_give_way (device->store));
  bp_store_transact (device->store, until_somebody_waits, &waiter, &error);
  g_assert_no_error (error);
  bp_store_give_way (device->store);
  g_assert_cmpint (bp_store_get_number (device->store, "other", 0), ==, 1);
  g_assert_true (GPOINTER_TO_INT (g_thread_join (waiter.thread)));
}

#define ADD(name, function) \
  g_test_add ("/store/page/" name, BpDevice, NULL, bp_device_set_up, function, \
              bp_device_tear_down)

int
main (int   argc,
      char *argv[])
{
  g_test_init (&argc, &argv, NULL);

  ADD ("who-waits-goes-before-the-next-rows", test_gives_way);
  ADD ("rows-and-cursor-together", test_rows_and_cursor);
  ADD ("all-or-nothing", test_all_or_nothing);
  ADD ("older-rows-are-passed-over", test_older_is_passed_over);
  ADD ("keys-are-not-checked", test_keys_are_not_checked);
  ADD ("tombstone", test_tombstone);
  ADD ("restored-after-the-tombstone-was-forgotten",
       test_restored_after_the_tombstone_was_forgotten);
  ADD ("own-row-before-its-answer", test_own_row);
  ADD ("newer-rows-move-the-conflict", test_conflict_moves);
  g_test_add_data_func ("/store/page/made-again-below-what-was-agreed-on", GINT_TO_POINTER (1),
                        test_remade_while_unknown);
  g_test_add_data_func ("/store/page/made-again-with-the-same-version", GINT_TO_POINTER (2),
                        test_remade_while_unknown);
  g_test_add_data_func ("/store/page/made-again-above-what-was-agreed-on", GINT_TO_POINTER (3),
                        test_remade_while_unknown);
  ADD ("made-again-after-a-deletion", test_remade_after_a_deletion);
  ADD ("made-again-while-away", test_remade_while_away);
  ADD ("made-again-as-the-same-version-while-away", test_remade_as_the_same_version);
  ADD ("one-id-on-two-devices", test_same_id);
  ADD ("what-was-sent-before-it-was-put-back-is-its-own", test_sent_meanwhile);
  ADD ("a-whole-pull-drops-what-is-gone", test_drops_what_is_gone);
  ADD ("a-whole-pull-drops-what-waited-then", test_drops_what_waited);
  ADD ("a-draft-stays", test_draft_stays);
  ADD ("tells-of-changes", test_tells_of_changes);
  ADD ("first-sync", test_first_sync);
  for (guint i = 0; i < G_N_ELEMENTS (waiting); i++)
    {
      g_autofree char *path = g_strconcat ("/store/page/waiting/", waiting[i].name, NULL);

      g_test_add_data_func (path, GUINT_TO_POINTER (i), test_waiting);
    }

  return g_test_run ();
}

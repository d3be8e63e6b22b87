#include "config.h"

#include "bp-demo.h"
#include "bp-error.h"
#include "bp-json.h"
#include "bp-shop-json.h"
#include "model-fixture.h"

static void
a_product_gets_the_shops_tax (Fixture      *fixture,
                              gconstpointer data)
{
  g_autofree char *plain = NULL;
  g_autofree char *own = NULL;

  g_assert_true (bp_shop_set_config (fixture->shop, "shop.tax_rate", "1800", NULL));
  plain = fixture_add (fixture, "products", "{\"name\":\"Plain\"}");
  own = fixture_add (fixture, "products",
                     "{\"name\":\"Own\",\"tax_rate\":0,\"tax_inclusive\":false}");
  g_assert_cmpint (fixture_get_integer (fixture, "products", plain, "tax_rate"), ==, 1800);
  g_assert_cmpint (fixture_get_integer (fixture, "products", plain, "tax_inclusive"), ==, 1);
  g_assert_cmpint (fixture_get_integer (fixture, "products", own, "tax_rate"), ==, 0);
  g_assert_cmpint (fixture_get_integer (fixture, "products", own, "tax_inclusive"), ==, 0);
}

static void
facts_are_of_now_unless_said (Fixture      *fixture,
                              gconstpointer data)
{
  g_autofree char *now = NULL;
  g_autofree char *then = NULL;
  g_autofree char *then_date = NULL;
  g_autofree char *movement = NULL;

  now = fixture_add (fixture, "payments", "{\"amount\":5,\"method\":\"cash\"}");
  then = fixture_add (fixture, "payments",
                      "{\"amount\":5,\"method\":\"cash\",\"paid_at\":1743445799000}");
  movement = fixture_add (fixture, "stock_movements",
                          "{\"product_id\":\"p\",\"quantity\":-1,\"reason\":\"adjustment\"}");
  g_assert_cmpint (fixture_get_integer (fixture, "payments", now, "paid_at"), ==, FIXTURE_NOW);
  then_date = fixture_get_text (fixture, "payments", then, "business_date");
  g_assert_cmpstr (then_date, ==, "2025-03-31");
  g_assert_cmpint (fixture_get_integer (fixture, "stock_movements", movement, "moved_at"), ==,
                   FIXTURE_NOW);
}

static void
refuses_what_no_record_may_hold (Fixture      *fixture,
                                 gconstpointer data)
{
  static const struct
  {
    const char *table;
    const char *json;
    int code;
  } bad[] = {
    { "products", "{}", BP_DATA_ERROR_MISSING_FIELD },
    { "products", "{\"name\":\"A\",\"stock\":5}", BP_DATA_ERROR_UNKNOWN_FIELD },
    { "products", "{\"name\":\"A\",\"colour\":\"red\"}", BP_DATA_ERROR_UNKNOWN_FIELD },
    { "products", "{\"name\":\"A\",\"price\":1.5}", BP_DATA_ERROR_INVALID_VALUE },
    { "products", "{\"name\":\"A\",\"price\":true}", BP_DATA_ERROR_INVALID_VALUE },
    { "products", "{\"name\":\"A\",\"id\":\"not an id\"}", BP_DATA_ERROR_INVALID_VALUE },
    { "settings", "{\"value\":\"1\"}", BP_DATA_ERROR_MISSING_FIELD },
    { "payments", "{\"amount\":5,\"method\":\"shells\"}", BP_DATA_ERROR_INVALID_VALUE },
  };

  for (guint i = 0; i < G_N_ELEMENTS (bad); i++)
    fixture_refuse_add (fixture, bad[i].table, bad[i].json, BP_DATA_ERROR, bad[i].code);
  g_free (fixture_add (fixture, "products", "{\"id\":\"p\",\"name\":\"A\",\"sku\":\"S\"}"));
  fixture_refuse_add (fixture, "products", "{\"id\":\"p\",\"name\":\"B\"}", BP_STORE_ERROR,
                      BP_STORE_ERROR_DUPLICATE);
  fixture_refuse_add (fixture, "products", "{\"name\":\"B\",\"sku\":\" S \"}", BP_STORE_ERROR,
                      BP_STORE_ERROR_DUPLICATE);
  fixture_refuse_set (fixture, "products", "none", "{\"name\":\"B\"}", BP_STORE_ERROR,
                      BP_STORE_ERROR_NOT_FOUND);
}

/* A record that the server has. */
static void
pull (Fixture    *fixture,
      const char *id,
      const char *json)
{
  const BpTable *products = bp_table_find ("products");
  g_autoptr (GPtrArray) rows = g_ptr_array_new_with_free_func ((GDestroyNotify)bp_state_free);
  BpPulledTable pulled = { .table = products, .rows = rows, .since = 1 };
  BpState *state = bp_state_new (products, id);
  g_autoptr (GError) error = NULL;
  guint n_stored;

  bp_change_free (state->data);
  state->data = bp_change_new_from_text (products, json, BP_CHANGE_STRICT, &error);
  g_assert_no_error (error);
  bp_change_complete (state->data);
  state->version = 1;
  state->seq = 1;
  g_ptr_array_add (rows, state);
  bp_store_apply_page (bp_shop_get_store (fixture->shop), &pulled, 1, &n_stored, &error);
  g_assert_no_error (error);
  g_assert_cmpuint (n_stored, ==, 1);
}

static void
changes_deletes_and_restores (Fixture      *fixture,
                              gconstpointer data)
{
  const BpTable *products = bp_table_find ("products");
  g_autoptr (BpRow) row = NULL;

  pull (fixture, "p", "{\"name\":\"A\",\"unit\":\"kg\",\"price\":5}");
  fixture_set (fixture, "products", "p", "{\"unit\":null,\"price\":7}");
  g_assert_true (bp_shop_delete (fixture->shop, products, "p", NULL));
  row = fixture_get (fixture, "products", "p");
  g_assert_true (row->state->is_deleted);

  fixture_set (fixture, "products", "p", "{\"name\":\"B\"}");
  g_clear_pointer (&row, bp_row_free);
  row = fixture_get (fixture, "products", "p");
  g_assert_false (row->state->is_deleted);
  g_assert_cmpint (bp_change_get_integer (row->state->data, "price"), ==, 7);
  g_assert_null (bp_change_get_text (row->state->data, "unit"));
  g_assert_cmpstr (bp_change_get_text (row->state->data, "name"), ==, "B");
}

static void
a_record_is_one_object (Fixture      *fixture,
                        gconstpointer data)
{
  g_autofree char *id = NULL;
  g_autofree char *text = NULL;
  g_autoptr (BpRow) row = NULL;
  g_autoptr (JsonNode) node = NULL;
  g_autoptr (GError) error = NULL;
  JsonObject *object;

  id = fixture_add (fixture, "sales",
                    "{\"lines\":[{\"name\":\"Bag\",\"unit_price\":500,\"quantity\":2000}]}");
  row = fixture_get (fixture, "sales", id);
  text = bp_shop_row_to_json (row);
  node = bp_json_parse_object (text, -1, &error);
  g_assert_no_error (error);
  object = json_node_get_object (node);
  g_assert_cmpuint (json_object_get_size (object), ==, bp_table_find ("sales")->n_fields + 5);
  g_assert_cmpstr (json_object_get_string_member (object, "id"), ==, id);
  g_assert_true (json_object_get_null_member (object, "customer_id"));
  g_assert_cmpint (json_array_get_length (json_object_get_array_member (object, "lines")), ==, 1);
  g_assert_cmpint (json_object_get_int_member (object, "version"), ==, 0);
  g_assert_cmpint (json_object_get_int_member (object, "is_deleted"), ==, 0);
  g_assert_cmpint (json_object_get_int_member (object, "last_modified"), ==, FIXTURE_NOW);
  g_assert_cmpstr (json_object_get_string_member (object, "sync_status"), ==, "pending");
}

typedef struct
{
  guint tables;
  guint n_signals;
} Told;

static void
on_changed (BpShop *shop,
            guint   tables,
            Told   *told)
{
  told->tables |= tables;
  told->n_signals++;
}

static void
tells_of_many_changes_at_once (Fixture      *fixture,
                               gconstpointer data)
{
  Told told = { 0, 0 };
  guint expected = 1u << bp_table_get_index (bp_table_find ("products"))
                   | 1u << bp_table_get_index (bp_table_find ("customers"));

  g_signal_connect (fixture->shop, "changed", G_CALLBACK (on_changed), &told);
  g_free (fixture_add (fixture, "products", "{\"name\":\"A\"}"));
  g_free (fixture_add (fixture, "products", "{\"name\":\"B\"}"));
  g_free (fixture_add (fixture, "customers", "{\"name\":\"C\"}"));
  g_assert_cmpuint (told.n_signals, ==, 0);
  while (told.n_signals == 0)
    g_main_context_iteration (NULL, TRUE);
  g_assert_cmpuint (told.n_signals, ==, 1);
  g_assert_cmpuint (told.tables, ==, expected);
}

static void
a_changed_setting_is_seen_at_once (Fixture      *fixture,
                                   gconstpointer data)
{
  g_autoptr (BpProfile) before = bp_shop_dup_profile (fixture->shop);
  g_autoptr (BpProfile) after = NULL;

  g_assert_cmpint (before->round_off, ==, 0);
  g_assert_true (bp_shop_set_config (fixture->shop, "shop.round_off", "100", NULL));
  after = bp_shop_dup_profile (fixture->shop);
  g_assert_cmpint (after->round_off, ==, 100);
}

static void
keeps_who_did_it (Fixture      *fixture,
                  gconstpointer data)
{
  g_autofree char *id = NULL;
  g_autoptr (BpRow) row = NULL;

  bp_shop_set_user (fixture->shop, "Asha");
  id = fixture_add (fixture, "products", "{\"name\":\"A\"}");
  row = fixture_get (fixture, "products", id);
  g_assert_cmpstr (row->state->user, ==, "Asha");
}

static void
on_done (GObject      *source,
         GAsyncResult *result,
         gpointer      user_data)
{
  *(GAsyncResult **)user_data = g_object_ref (result);
}

static GAsyncResult *
wait_for (GAsyncResult **result)
{
  while (*result == NULL)
    g_main_context_iteration (NULL, TRUE);
  return *result;
}

static BpRow *
find_product (Fixture    *fixture,
              const char *text,
              GError    **error)
{
  g_autoptr (GAsyncResult) result = NULL;

  bp_shop_find_product_async (fixture->shop, text, NULL, on_done, &result);
  return bp_shop_find_product_finish (fixture->shop, wait_for (&result), error);
}

static void
finds_what_was_scanned_or_typed (Fixture      *fixture,
                                 gconstpointer data)
{
  static const struct
  {
    const char *text;
    const char *id;
  } found[] = { { "890", "a" }, { " B1 ", "b" }, { "basm", "a" }, { "tea", "b" } };
  g_autoptr (GError) error = NULL;

  g_free (fixture_add (fixture, "products",
                       "{\"id\":\"a\",\"name\":\"Basmati Rice\",\"barcode\":\"890\"}"));
  g_free (fixture_add (fixture, "products", "{\"id\":\"b\",\"name\":\"Tea\",\"sku\":\"B1\"}"));
  for (guint i = 0; i < G_N_ELEMENTS (found); i++)
    {
      g_autoptr (BpRow) row = find_product (fixture, found[i].text, &error);

      g_assert_no_error (error);
      g_assert_cmpstr (row->state->id, ==, found[i].id);
    }
  g_assert_null (find_product (fixture, "nothing like it", &error));
  g_assert_error (error, BP_STORE_ERROR, BP_STORE_ERROR_NOT_FOUND);
}

static char *
save (Fixture        *fixture,
      const char     *id,
      BpOperationKind kind,
      const char     *json)
{
  const BpTable *products = bp_table_find ("products");
  BpChange *change
    = json != NULL ? bp_change_new_from_text (products, json, BP_CHANGE_STRICT, NULL) : NULL;
  g_autoptr (GAsyncResult) result = NULL;
  g_autoptr (GError) error = NULL;
  char *saved;

  bp_shop_save_async (fixture->shop, bp_write_new (products, id, kind, change), NULL, on_done,
                      &result);
  saved = bp_shop_save_finish (fixture->shop, wait_for (&result), &error);
  g_assert_no_error (error);
  return saved;
}

static void
saves_in_a_thread (Fixture      *fixture,
                   gconstpointer data)
{
  g_autofree char *id = save (fixture, NULL, BP_OPERATION_INSERT, "{\"name\":\"A\"}");
  g_autofree char *changed = NULL;
  g_autofree char *name = NULL;
  g_autofree char *deleted = NULL;

  changed = save (fixture, id, BP_OPERATION_UPDATE, "{\"name\":\"B\"}");
  g_assert_cmpstr (changed, ==, id);
  name = fixture_get_text (fixture, "products", id, "name");
  g_assert_cmpstr (name, ==, "B");
  deleted = save (fixture, id, BP_OPERATION_DELETE, NULL);
  g_assert_cmpstr (deleted, ==, id);
  g_assert_cmpuint (fixture_count (fixture, "products"), ==, 0);
}

static void
records_a_sale_in_a_thread (Fixture      *fixture,
                            gconstpointer data)
{
  BpSaleDraft *draft = bp_sale_draft_new ();
  BpLineDraft *line = bp_line_draft_new ();
  g_autoptr (GAsyncResult) result = NULL;
  g_autoptr (GError) error = NULL;
  g_autofree char *id = NULL;

  line->name = g_strdup ("Bag");
  line->unit_price = 500;
  line->has_unit_price = TRUE;
  line->quantity = 1000;
  g_ptr_array_add (draft->lines, line);
  g_ptr_array_add (draft->payments, bp_payment_draft_new ("card"));
  bp_shop_record_sale_async (fixture->shop, draft, NULL, on_done, &result);
  bp_sale_draft_free (draft);
  id = bp_shop_record_sale_finish (fixture->shop, wait_for (&result), &error);
  g_assert_no_error (error);
  g_assert_cmpint (fixture_get_integer (fixture, "sales", id, "paid"), ==, 500);
}

static void
a_demonstration_fills_an_empty_folder_only (Fixture      *fixture,
                                            gconstpointer data)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (GPtrArray) faults = g_ptr_array_new_with_free_func (g_free);
  g_autofree char *mark = NULL;

  g_assert_true (bp_demo_fill (fixture->shop, &error));
  g_assert_no_error (error);
  g_assert_cmpuint (fixture_count (fixture, "products"), ==, 40);
  g_assert_cmpuint (fixture_count (fixture, "sales"), ==, 180);
  g_assert_cmpuint (fixture_count (fixture, "customers"), ==, 8);
  mark = bp_store_get_value (bp_shop_get_store (fixture->shop), "demo");
  g_assert_cmpstr (mark, ==, "1");
  g_assert_cmpint (fixture_sum (fixture, "sales", "total_amount"), >, 0);

  g_assert_false (bp_demo_fill (fixture->shop, &error));
  g_assert_error (error, BP_STORE_ERROR, BP_STORE_ERROR_REFUSED);
  g_assert_cmpuint (fixture_count (fixture, "sales"), ==, 180);
}

static void
a_paired_folder_takes_no_demonstration (Fixture      *fixture,
                                        gconstpointer data)
{
  g_autoptr (GError) error = NULL;

  g_assert_true (bp_store_set_value (bp_shop_get_store (fixture->shop), "store.id", "s", NULL));
  g_assert_false (bp_demo_fill (fixture->shop, &error));
  g_assert_error (error, BP_STORE_ERROR, BP_STORE_ERROR_REFUSED);
  g_assert_cmpuint (fixture_count (fixture, "products"), ==, 0);
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
    { "/model/shop/a-product-gets-the-shops-tax", a_product_gets_the_shops_tax },
    { "/model/shop/facts-are-of-now-unless-said", facts_are_of_now_unless_said },
    { "/model/shop/refuses-what-no-record-may-hold", refuses_what_no_record_may_hold },
    { "/model/shop/changes-deletes-and-restores", changes_deletes_and_restores },
    { "/model/shop/a-record-is-one-object", a_record_is_one_object },
    { "/model/shop/tells-of-many-changes-at-once", tells_of_many_changes_at_once },
    { "/model/shop/a-changed-setting-is-seen-at-once", a_changed_setting_is_seen_at_once },
    { "/model/shop/keeps-who-did-it", keeps_who_did_it },
    { "/model/shop/finds-what-was-scanned-or-typed", finds_what_was_scanned_or_typed },
    { "/model/shop/saves-in-a-thread", saves_in_a_thread },
    { "/model/shop/records-a-sale-in-a-thread", records_a_sale_in_a_thread },
    { "/model/shop/a-demonstration-fills-an-empty-folder-only",
      a_demonstration_fills_an_empty_folder_only },
    { "/model/shop/a-paired-folder-takes-no-demonstration",
      a_paired_folder_takes_no_demonstration },
  };

  g_test_init (&argc, &argv, NULL);
  for (guint i = 0; i < G_N_ELEMENTS (tests); i++)
    g_test_add (tests[i].path, Fixture, NULL, fixture_set_up, tests[i].test, fixture_tear_down);
  return g_test_run ();
}

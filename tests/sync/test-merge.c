#include "config.h"

#include "bp-error.h"
#include "bp-merge.h"

/* A product with a price and a name; NULL for a side that has nothing. */
static BpState *
make_product (const char *json,
              gint64      version,
              gint64      modified_at)
{
  const BpTable *table = bp_table_find ("products");
  g_autoptr (BpChange) change = NULL;
  g_autoptr (GError) error = NULL;
  BpState *state;

  if (json == NULL)
    return NULL;

  state = bp_state_new (table, "p1");
  state->version = version;
  state->modified_at = modified_at;
  change = bp_change_new_from_text (table, json, BP_CHANGE_LENIENT, &error);
  g_assert_no_error (error);
  bp_change_complete (state->data);
  bp_change_apply (state->data, change);
  return state;
}

static BpConflict *
make_conflict (BpConflictType type,
               const char    *base,
               const char    *local,
               const char    *server)
{
  BpConflict *conflict = g_new0 (BpConflict, 1);

  conflict->id = 1;
  conflict->table = bp_table_find ("products");
  conflict->record_id = g_strdup ("p1");
  conflict->type = type;
  conflict->base = make_product (base, 1, 1000);
  conflict->local = make_product (local, 1, 5000);
  conflict->server = make_product (server, 2, 6000);
  return conflict;
}

/* What becomes of one field, by what each side did to it, and of the whole:
 * every combination of two fields, each changed nowhere, here, there, on both
 * sides the same, or differently. */
typedef enum
{
  NOWHERE,
  HERE,
  THERE,
  SAME,
  BOTH,
  N_WAYS,
} Way;

static const struct
{
  int base;
  int local;
  int server;
} values[N_WAYS] = { { 1, 1, 1 }, { 1, 2, 1 }, { 1, 1, 3 }, { 1, 4, 4 }, { 1, 2, 3 } };

static const char *const policies[] = { "server-wins", "latest-wins", "ask" };

static int
get_expected (Way      way,
              gboolean local_wins)
{
  if (way == BOTH)
    return local_wins ? values[way].local : values[way].server;
  return way == HERE ? values[way].local : values[way].server;
}

static BpDecision
get_decision (Way      price,
              Way      cost,
              BpPolicy policy,
              gboolean local_wins)
{
  gboolean has_local = price == HERE || cost == HERE;
  gboolean has_server = price == THERE || cost == THERE;

  if (price != BOTH && cost != BOTH)
    return BP_DECISION_MERGED;
  if (policy == BP_POLICY_ASK)
    return BP_DECISION_ASK;
  if (local_wins)
    return has_server ? BP_DECISION_MERGED : BP_DECISION_LOCAL;
  return has_local ? BP_DECISION_MERGED : BP_DECISION_SERVER;
}

static char *
make_json (int price,
           int cost)
{
  return g_strdup_printf ("{\"name\":\"Rice\",\"price\":%d,\"cost\":%d}", price, cost);
}

static void
check_combination (Way      price,
                   Way      cost,
                   BpPolicy policy,
                   gint64   skew)
{
  gboolean local_wins = policy == BP_POLICY_LATEST_WINS && 5000 + skew > 6000;
  g_autofree char *base = make_json (values[price].base, values[cost].base);
  g_autofree char *local = make_json (values[price].local, values[cost].local);
  g_autofree char *server = make_json (values[price].server, values[cost].server);
  g_autoptr (BpConflict) conflict = make_conflict (BP_CONFLICT_UPDATE_UPDATE, base, local, server);
  g_autoptr (BpChange) merged = NULL;
  BpDecision decision = bp_merge (conflict, policy, skew, &merged);

  g_test_message ("price %d, cost %d, %s, skew %" G_GINT64_FORMAT, price, cost, policies[policy],
                  skew);
  g_assert_cmpint (decision, ==, get_decision (price, cost, policy, local_wins));
  if (decision != BP_DECISION_MERGED)
    {
      g_assert_null (merged);
      return;
    }
  g_assert_cmpint (bp_change_get_integer (merged, "price"), ==, get_expected (price, local_wins));
  g_assert_cmpint (bp_change_get_integer (merged, "cost"), ==, get_expected (cost, local_wins));
  g_assert_cmpstr (bp_change_get_text (merged, "name"), ==, "Rice");
  g_assert_false (bp_change_has (merged, (guint)bp_table_find_field (merged->table, "stock")));
}

static void
test_all_combinations (void)
{
  static const gint64 skews[] = { 0, 2000, -2000, 1000, 1001 };

  for (int price = 0; price < N_WAYS; price++)
    for (int cost = 0; cost < N_WAYS; cost++)
      for (guint policy = 0; policy < G_N_ELEMENTS (policies); policy++)
        for (guint skew = 0; skew < G_N_ELEMENTS (skews); skew++)
          check_combination (price, cost, (BpPolicy)policy, skews[skew]);
}

static void
test_null_is_a_value (void)
{
  g_autoptr (BpConflict) conflict = NULL;
  g_autoptr (BpChange) merged = NULL;

  conflict = make_conflict (BP_CONFLICT_UPDATE_UPDATE, "{\"name\":\"Rice\",\"note\":\"old\"}",
                            "{\"name\":\"Rice\",\"note\":null}",
                            "{\"name\":\"Rice\",\"note\":\"old\",\"unit\":\"kg\"}");
  g_assert_cmpint (bp_merge (conflict, BP_POLICY_SERVER_WINS, 0, &merged), ==, BP_DECISION_MERGED);
  g_assert_null (bp_change_get_text (merged, "note"));
  g_assert_cmpstr (bp_change_get_text (merged, "unit"), ==, "kg");
}

static void
test_projections_are_no_choice (void)
{
  g_autoptr (BpConflict) conflict = NULL;
  g_autoptr (BpChange) merged = NULL;

  conflict = make_conflict (BP_CONFLICT_UPDATE_UPDATE, "{\"name\":\"Rice\",\"stock\":1}",
                            "{\"name\":\"Rice\",\"price\":7,\"stock\":2}",
                            "{\"name\":\"Rice\",\"stock\":3}");
  g_assert_cmpint (bp_merge (conflict, BP_POLICY_ASK, 0, &merged), ==, BP_DECISION_MERGED);
  g_assert_cmpint (bp_change_get_integer (merged, "price"), ==, 7);
}

static void
test_without_base_all_differences_contradict (void)
{
  const BpTable *settings = bp_table_find ("settings");
  g_autoptr (BpConflict) conflict = g_new0 (BpConflict, 1);
  g_autoptr (BpChange) merged = NULL;

  conflict->table = settings;
  conflict->type = BP_CONFLICT_UPDATE_UPDATE;
  conflict->record_id = g_strdup ("shop.name");
  conflict->local = bp_state_new (settings, "shop.name");
  bp_change_set_text (conflict->local->data, "value", "\"Here\"");
  conflict->server = bp_state_new (settings, "shop.name");
  bp_change_set_text (conflict->server->data, "value", "\"There\"");

  g_assert_cmpint (bp_merge (conflict, BP_POLICY_SERVER_WINS, 0, &merged), ==, BP_DECISION_SERVER);
  g_assert_cmpint (bp_merge (conflict, BP_POLICY_ASK, 0, &merged), ==, BP_DECISION_ASK);
  conflict->local->modified_at = 2;
  g_assert_cmpint (bp_merge (conflict, BP_POLICY_LATEST_WINS, 0, &merged), ==, BP_DECISION_LOCAL);
  bp_change_set_text (conflict->server->data, "value", "\"Here\"");
  g_assert_cmpint (bp_merge (conflict, BP_POLICY_ASK, 0, &merged), ==, BP_DECISION_MERGED);
}

/* All amounts of a sale are one field: never a total of one side with lines of
 * the other. */
static void
test_amounts_are_one (void)
{
  const BpTable *sales = bp_table_find ("sales");
  g_autoptr (BpConflict) conflict = g_new0 (BpConflict, 1);
  g_autoptr (BpChange) merged = NULL;
  static const char *const local_choice[] = { "lines=local", NULL };
  static const char *const torn_choice[] = { "lines=local", "total_amount=server", NULL };
  g_autoptr (BpChange) chosen = NULL;
  g_autoptr (GError) error = NULL;

  conflict->table = sales;
  conflict->type = BP_CONFLICT_UPDATE_UPDATE;
  conflict->record_id = g_strdup ("s1");
  conflict->base = bp_state_new (sales, "s1");
  conflict->local = bp_state_new (sales, "s1");
  bp_change_set_integer (conflict->local->data, "discount", 5);
  bp_change_set_integer (conflict->local->data, "total_amount", 95);
  bp_change_set_text (conflict->local->data, "note", "mine");
  conflict->server = bp_state_new (sales, "s1");
  bp_change_set_text (conflict->server->data, "lines", "[]");

  g_assert_cmpint (bp_merge (conflict, BP_POLICY_SERVER_WINS, 0, &merged), ==, BP_DECISION_MERGED);
  g_assert_cmpstr (bp_change_get_text (merged, "lines"), ==, "[]");
  g_assert_cmpint (bp_change_get (merged, "discount")->kind, ==, BP_VALUE_NULL);
  g_assert_cmpint (bp_change_get (merged, "total_amount")->kind, ==, BP_VALUE_NULL);
  g_assert_cmpstr (bp_change_get_text (merged, "note"), ==, "mine");

  g_assert_true (bp_merge_choose (conflict, local_choice, &chosen, &error));
  g_assert_no_error (error);
  g_assert_cmpint (bp_change_get_integer (chosen, "total_amount"), ==, 95);
  g_assert_null (bp_change_get_text (chosen, "lines"));
  g_clear_pointer (&chosen, bp_change_free);
  g_assert_false (bp_merge_choose (conflict, torn_choice, &chosen, &error));
  g_assert_error (error, BP_DATA_ERROR, BP_DATA_ERROR_INVALID_VALUE);
}

static void
test_deletions_ask (void)
{
  static const BpConflictType types[] = { BP_CONFLICT_DELETE_UPDATE, BP_CONFLICT_UPDATE_DELETE };

  for (guint i = 0; i < G_N_ELEMENTS (types); i++)
    {
      g_autoptr (BpConflict) conflict = make_conflict (types[i], "{\"name\":\"a\"}",
                                                       "{\"name\":\"b\"}", "{\"name\":\"a\"}");

      for (guint policy = 0; policy < G_N_ELEMENTS (policies); policy++)
        {
          g_autoptr (BpChange) merged = NULL;

          g_assert_cmpint (bp_merge (conflict, (BpPolicy)policy, 0, &merged), ==, BP_DECISION_ASK);
          g_assert_null (merged);
        }
    }
}

static void
test_unknown_or_deleted_side_asks (void)
{
  g_autoptr (BpConflict) unknown = make_conflict (BP_CONFLICT_UPDATE_UPDATE, "{\"name\":\"a\"}",
                                                  "{\"name\":\"b\"}", NULL);
  g_autoptr (BpConflict) deleted = make_conflict (BP_CONFLICT_UPDATE_UPDATE, "{\"name\":\"a\"}",
                                                  "{\"name\":\"b\"}", "{\"name\":\"a\"}");
  g_autoptr (BpChange) merged = NULL;

  deleted->server->is_deleted = TRUE;
  g_assert_cmpint (bp_merge (unknown, BP_POLICY_SERVER_WINS, 0, &merged), ==, BP_DECISION_ASK);
  g_assert_cmpint (bp_merge (deleted, BP_POLICY_SERVER_WINS, 0, &merged), ==, BP_DECISION_ASK);
}

static void
test_collisions (void)
{
  static const struct
  {
    const char *table;
    const char *key;
    BpDecision decision;
  } cases[] = {
    { "products", NULL, BP_DECISION_RENUMBERED },
    { "products", "sku", BP_DECISION_JOINED },
    { "products", "barcode", BP_DECISION_JOINED },
    { "sales", NULL, BP_DECISION_RENUMBERED },
    { "sales", "number", BP_DECISION_RENUMBERED },
    { "customers", NULL, BP_DECISION_RENUMBERED },
    { "products", "unknown_to_this_version", BP_DECISION_RENUMBERED },
  };

  for (guint i = 0; i < G_N_ELEMENTS (cases); i++)
    {
      g_autoptr (BpConflict) conflict = g_new0 (BpConflict, 1);
      g_autoptr (BpChange) merged = NULL;

      conflict->table = bp_table_find (cases[i].table);
      conflict->type = BP_CONFLICT_ID_COLLISION;
      conflict->key = g_strdup (cases[i].key);
      g_assert_cmpint (bp_merge (conflict, BP_POLICY_ASK, 0, &merged), ==, cases[i].decision);
    }
}

/* A sale that another device brought back, void meanwhile, is the same sale. */
static void
test_same_fact (void)
{
  const BpTable *table = bp_table_find ("sales");
  g_autoptr (BpConflict) conflict = g_new0 (BpConflict, 1);
  g_autoptr (BpChange) merged = NULL;

  conflict->table = table;
  conflict->record_id = g_strdup ("s1");
  conflict->type = BP_CONFLICT_ID_COLLISION;
  conflict->local = bp_state_new (table, "s1");
  conflict->server = bp_state_new (table, "s1");
  bp_change_set_text (conflict->local->data, "number", "N1");
  bp_change_set_text (conflict->server->data, "number", "N1");
  bp_change_set_text (conflict->local->data, "status", "posted");
  bp_change_set_text (conflict->server->data, "status", "void");
  g_assert_cmpint (bp_merge (conflict, BP_POLICY_SERVER_WINS, 0, &merged), ==,
                   BP_DECISION_SERVER);

  bp_change_set_text (conflict->server->data, "number", "N2");
  g_assert_cmpint (bp_merge (conflict, BP_POLICY_SERVER_WINS, 0, &merged), ==,
                   BP_DECISION_RENUMBERED);
}

static BpConflict *
make_choosable (void)
{
  return make_conflict (BP_CONFLICT_UPDATE_UPDATE,
                        "{\"name\":\"Rice\",\"price\":1,\"cost\":1,\"unit\":\"kg\"}",
                        "{\"name\":\"Rice A\",\"price\":2,\"cost\":2,\"unit\":\"kg\"}",
                        "{\"name\":\"Rice B\",\"price\":3,\"cost\":1,\"unit\":\"g\"}");
}

static void
test_choices (void)
{
  static const char *const choices[] = { "name=local", "price=:450", NULL };
  g_autoptr (BpConflict) conflict = make_choosable ();
  g_autoptr (BpChange) merged = NULL;
  g_autoptr (GError) error = NULL;

  g_assert_true (bp_merge_choose (conflict, choices, &merged, &error));
  g_assert_no_error (error);
  g_assert_cmpstr (bp_change_get_text (merged, "name"), ==, "Rice A");
  g_assert_cmpint (bp_change_get_integer (merged, "price"), ==, 450);
  g_assert_cmpint (bp_change_get_integer (merged, "cost"), ==, 2);
  g_assert_cmpstr (bp_change_get_text (merged, "unit"), ==, "g");
}

static void
test_chosen_values (void)
{
  static const struct
  {
    const char *choice;
    const char *name;
  } cases[] = {
    { "name=:Plain = text", "Plain = text" },
    { "name=:\"As JSON\"", "As JSON" },
    { "name=:450", "450" },
    { "name=:{", "{" },
    { "name=server", "Rice B" },
  };

  for (guint i = 0; i < G_N_ELEMENTS (cases); i++)
    {
      const char *const choices[] = { cases[i].choice, "price=server", NULL };
      g_autoptr (BpConflict) conflict = make_choosable ();
      g_autoptr (BpChange) merged = NULL;
      g_autoptr (GError) error = NULL;

      g_assert_true (bp_merge_choose (conflict, choices, &merged, &error));
      g_assert_no_error (error);
      g_assert_cmpstr (bp_change_get_text (merged, "name"), ==, cases[i].name);
    }
}

static void
test_wrong_choices (void)
{
  static const struct
  {
    const char *choice;
    int code;
  } cases[] = {
    { "name=local", BP_DATA_ERROR_MISSING_FIELD },
    { "price=local", BP_DATA_ERROR_MISSING_FIELD },
    { "name", BP_DATA_ERROR_MALFORMED },
    { "nmae=local", BP_DATA_ERROR_UNKNOWN_FIELD },
    { "stock=local", BP_DATA_ERROR_UNKNOWN_FIELD },
    { "name=mine", BP_DATA_ERROR_INVALID_VALUE },
    { "name=", BP_DATA_ERROR_INVALID_VALUE },
    { "price=:-1", BP_DATA_ERROR_INVALID_VALUE },
    { "price=:cheap", BP_DATA_ERROR_MALFORMED },
    { "price=:1,\"cost\":2", BP_DATA_ERROR_INVALID_VALUE },
  };

  for (guint i = 0; i < G_N_ELEMENTS (cases); i++)
    {
      const char *const choices[] = { cases[i].choice, NULL };
      g_autoptr (BpConflict) conflict = make_choosable ();
      g_autoptr (BpChange) merged = NULL;
      g_autoptr (GError) error = NULL;

      g_test_message ("%s", cases[i].choice);
      g_assert_false (bp_merge_choose (conflict, choices, &merged, &error));
      g_assert_error (error, BP_DATA_ERROR, cases[i].code);
      g_assert_null (merged);
    }
}

static void
test_only_updates_can_be_mixed (void)
{
  g_autoptr (BpConflict) conflict = make_conflict (BP_CONFLICT_DELETE_UPDATE, "{\"name\":\"a\"}",
                                                   "{\"name\":\"b\"}", NULL);
  g_autoptr (BpChange) merged = NULL;
  g_autoptr (GError) error = NULL;

  g_assert_false (bp_merge_choose (conflict, NULL, &merged, &error));
  g_assert_error (error, BP_DATA_ERROR, BP_DATA_ERROR_INVALID_VALUE);
}

/* Of two records with one key the local one is made again with what is chosen,
 * and nothing of it must be; a number is given out, not chosen. */
static void
test_choices_of_two_records (void)
{
  static const char *const choices[] = { "sku=:S2", "price=server", NULL };
  g_autoptr (BpConflict) conflict = make_choosable ();
  g_autoptr (BpConflict) numbered = make_choosable ();
  g_autoptr (BpChange) merged = NULL;
  g_autoptr (GError) error = NULL;

  conflict->type = numbered->type = BP_CONFLICT_ID_COLLISION;
  conflict->key = g_strdup ("sku");
  g_assert_true (bp_merge_choose (conflict, choices, &merged, &error));
  g_assert_no_error (error);
  g_assert_cmpstr (bp_change_get_text (merged, "sku"), ==, "S2");
  g_assert_cmpint (bp_change_get_integer (merged, "price"), ==, 3);
  g_assert_false (bp_change_has (merged, (guint)bp_table_find_field (merged->table, "name")));
  g_clear_pointer (&merged, bp_change_free);

  g_assert_false (bp_merge_choose (numbered, choices, &merged, &error));
  g_assert_error (error, BP_DATA_ERROR, BP_DATA_ERROR_INVALID_VALUE);
}

int
main (int    argc,
      char **argv)
{
  g_test_init (&argc, &argv, NULL);

  g_test_add_func ("/sync/merge/a-fact-brought-back-elsewhere-is-the-same", test_same_fact);
  g_test_add_func ("/sync/merge/all-combinations-of-two-fields", test_all_combinations);
  g_test_add_func ("/sync/merge/null-is-a-value", test_null_is_a_value);
  g_test_add_func ("/sync/merge/projections-are-no-choice", test_projections_are_no_choice);
  g_test_add_func ("/sync/merge/without-base-all-differences-contradict",
                   test_without_base_all_differences_contradict);
  g_test_add_func ("/sync/merge/amounts-are-one", test_amounts_are_one);
  g_test_add_func ("/sync/merge/deletions-ask", test_deletions_ask);
  g_test_add_func ("/sync/merge/unknown-or-deleted-side-asks", test_unknown_or_deleted_side_asks);
  g_test_add_func ("/sync/merge/collisions", test_collisions);
  g_test_add_func ("/sync/merge/choices", test_choices);
  g_test_add_func ("/sync/merge/choices-of-two-records", test_choices_of_two_records);
  g_test_add_func ("/sync/merge/chosen-values", test_chosen_values);
  g_test_add_func ("/sync/merge/wrong-choices", test_wrong_choices);
  g_test_add_func ("/sync/merge/only-updates-can-be-mixed", test_only_updates_can_be_mixed);

  return g_test_run ();
}

/* bp_merge() and bp_merge_choose() against tables: every type of conflict, every
 * policy, a unit of merging changed nowhere, here, there, on both sides the same
 * or differently, with null on any side; a unit is a field, or all amounts of a
 * sale. */
#include "config.h"

#include "bp-error.h"
#include "bp-merge.h"

typedef enum
{
  NOWHERE,
  HERE,
  THERE,
  SAME,
  BOTH,
  N_WAYS,
} Way;

typedef enum
{
  SERVER_WINS,
  LATER_HERE,
  LATER_THERE,
  ASK,
  N_RULES,
} Rule;

/* What happened meanwhile to another field of the record. */
typedef enum
{
  OTHER_NOWHERE,
  OTHER_HERE,
  OTHER_THERE,
  N_OTHERS,
} Other;

/* The decision (Merged, Server's, Local, ? asks) and whose value holds. */
static const char *const outcomes[N_WAYS][N_RULES][N_OTHERS] = {
  [NOWHERE] = { { "Mb", "Mb", "Mb" }, { "Mb", "Mb", "Mb" }, { "Mb", "Mb", "Mb" },
                { "Mb", "Mb", "Mb" } },
  [HERE] = { { "Ml", "Ml", "Ml" }, { "Ml", "Ml", "Ml" }, { "Ml", "Ml", "Ml" },
             { "Ml", "Ml", "Ml" } },
  [THERE] = { { "Ms", "Ms", "Ms" }, { "Ms", "Ms", "Ms" }, { "Ms", "Ms", "Ms" },
              { "Ms", "Ms", "Ms" } },
  [SAME] = { { "Ml", "Ml", "Ml" }, { "Ml", "Ml", "Ml" }, { "Ml", "Ml", "Ml" },
             { "Ml", "Ml", "Ml" } },
  [BOTH] = { { "Ss", "Ms", "Ss" }, { "Ll", "Ll", "Ml" }, { "Ss", "Ms", "Ss" },
             { "?-", "?-", "?-" } },
};

/* A unit as null, A and B, and another field's old and new value. All fields of
 * A and B together are the unit. */
static const struct
{
  const char *table;
  const char *variants[3];
  const char *other;
  const char *other_old;
  const char *other_new;
  const char *named;
  gboolean is_amounts;
} units[] = {
  { "products", { "{\"note\":null}", "{\"note\":\"a\"}", "{\"note\":\"b\"}" }, "category",
    "{\"category\":\"x\"}", "{\"category\":\"y\"}", "note", FALSE },
  { "products", { "{\"price\":null}", "{\"price\":0}", "{\"price\":700}" }, "category",
    "{\"category\":\"x\"}", "{\"category\":null}", "price", FALSE },
  { "customers", { "{\"phone\":null}", "{\"phone\":\"1\"}", "{\"phone\":\"2\"}" }, "name",
    "{\"name\":\"x\"}", "{\"name\":\"y\"}", "phone", FALSE },
  { "sales", { "{\"note\":null}", "{\"note\":\"a\"}", "{\"note\":\"b\"}" }, "status",
    "{\"status\":\"posted\"}", "{\"status\":\"void\"}", "note", FALSE },
  { "sales",
    { "{\"lines\":null,\"discount\":null,\"total_amount\":null}",
      "{\"lines\":[{\"quantity\":1000,\"total\":50}],\"discount\":5}", "{\"total_amount\":95}" },
    "note", "{\"note\":null}", "{\"note\":\"y\"}", "lines", TRUE },
  { "sales", { "{\"round_off\":null}", "{\"subtotal\":1}", "{\"tax_total\":2,\"subtotal\":1}" },
    "note", "{\"note\":\"x\"}", "{\"note\":null}", "total_amount", TRUE },
};

static void
apply_json (BpChange   *change,
            const char *json)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (BpChange) fields = bp_change_new_from_text (change->table, json, BP_CHANGE_LENIENT,
                                                         &error);

  g_assert_no_error (error);
  bp_change_apply (change, fields);
}

static guint64
get_mask (guint unit)
{
  const BpTable *table = bp_table_find (units[unit].table);
  g_autoptr (BpChange) all = bp_change_new (table);

  for (guint i = 0; i < 3; i++)
    apply_json (all, units[unit].variants[i]);
  return all->mask;
}

static BpState *
make_side (guint    unit,
           guint    variant,
           gboolean is_other_new,
           gint64   version,
           gint64   modified_at)
{
  BpState *state = bp_state_new (bp_table_find (units[unit].table), "r1");

  apply_json (state->data, units[unit].variants[variant]);
  apply_json (state->data, is_other_new ? units[unit].other_new : units[unit].other_old);
  state->version = version;
  state->modified_at = modified_at;
  return state;
}

typedef struct
{
  guint unit;
  guint base;
  guint local;
  guint server;
  Other other;
} Combination;

static BpConflict *
make_conflict (const Combination *each)
{
  BpConflict *conflict = g_new0 (BpConflict, 1);

  conflict->id = 1;
  conflict->table = bp_table_find (units[each->unit].table);
  conflict->record_id = g_strdup ("r1");
  conflict->type = BP_CONFLICT_UPDATE_UPDATE;
  conflict->base = make_side (each->unit, each->base, FALSE, 1, 1000);
  conflict->local = make_side (each->unit, each->local, each->other == OTHER_HERE, 1, 5000);
  conflict->server = make_side (each->unit, each->server, each->other == OTHER_THERE, 2, 6000);
  return conflict;
}

static Way
get_way (const Combination *each)
{
  if (each->base == each->local)
    return each->base == each->server ? NOWHERE : THERE;
  if (each->base == each->server)
    return HERE;

  return each->local == each->server ? SAME : BOTH;
}

static char *
describe (const Combination *each)
{
  return g_strdup_printf ("%s: base %s, local %s, server %s, another field %d",
                          units[each->unit].table, units[each->unit].variants[each->base],
                          units[each->unit].variants[each->local],
                          units[each->unit].variants[each->server], (int)each->other);
}

static const BpState *
get_side (const BpConflict *conflict,
          char              whose)
{
  if (whose == 'b')
    return conflict->base;

  return whose == 'l' ? conflict->local : conflict->server;
}

/* The whole unit is that of one side, and the other field that of who changed it. */
static void
check_merged (const BpConflict  *conflict,
              const Combination *each,
              const BpChange    *merged,
              char               whose)
{
  const BpState *side = get_side (conflict, whose);
  guint64 mask = get_mask (each->unit);
  int other = bp_table_find_field (conflict->table, units[each->unit].other);
  const BpState *changed = each->other == OTHER_HERE ? conflict->local : conflict->server;

  for (guint i = 0; i < conflict->table->n_fields; i++)
    {
      if (mask & (G_GUINT64_CONSTANT (1) << i))
        g_assert_true (bp_value_equal (&merged->values[i], &side->data->values[i]));
    }
  g_assert_true (bp_value_equal (&merged->values[other], &changed->data->values[other]));
}

static void
check_outcome (const Combination *each,
               Rule               rule)
{
  static const BpPolicy policies[] = { BP_POLICY_SERVER_WINS, BP_POLICY_LATEST_WINS,
                                       BP_POLICY_LATEST_WINS, BP_POLICY_ASK };
  static const char letters[] = "?MSL";
  g_autoptr (BpConflict) conflict = make_conflict (each);
  g_autoptr (BpChange) merged = NULL;
  g_autofree char *text = describe (each);
  const char *outcome = outcomes[get_way (each)][rule][each->other];
  BpDecision decision;

  decision = bp_merge (conflict, policies[rule], rule == LATER_HERE ? 1001 : 1000, &merged);
  if (letters[decision] != outcome[0])
    g_error ("%s, rule %d: decided %c, not %c", text, (int)rule, letters[decision], outcome[0]);
  g_assert_true ((merged != NULL) == (decision == BP_DECISION_MERGED));
  if (merged != NULL)
    check_merged (conflict, each, merged, outcome[1]);
}

typedef void (*CombinationFunc) (const Combination *each);

static void
for_all (CombinationFunc func)
{
  for (guint unit = 0; unit < G_N_ELEMENTS (units); unit++)
    for (guint sides = 0; sides < 27; sides++)
      for (Other other = OTHER_NOWHERE; other < N_OTHERS; other++)
        func (&(Combination){ unit, sides / 9, sides / 3 % 3, sides % 3, other });
}

static void
check_rules (const Combination *each)
{
  for (Rule rule = SERVER_WINS; rule < N_RULES; rule++)
    check_outcome (each, rule);
}

static void
test_updates (void)
{
  for_all (check_rules);
}

/* Whatever was changed: a person decides about deletions and about sides that
 * are not known or deleted. */
static void
check_deletions (const Combination *each)
{
  static const struct
  {
    BpConflictType type;
    gboolean local_deleted;
    gboolean server_deleted;
    gboolean server_unknown;
  } cases[] = {
    { BP_CONFLICT_DELETE_UPDATE, FALSE, TRUE, FALSE },
    { BP_CONFLICT_DELETE_UPDATE, FALSE, FALSE, TRUE },
    { BP_CONFLICT_UPDATE_DELETE, TRUE, FALSE, FALSE },
    { BP_CONFLICT_UPDATE_DELETE, TRUE, FALSE, TRUE },
    { BP_CONFLICT_UPDATE_UPDATE, FALSE, FALSE, TRUE },
    { BP_CONFLICT_UPDATE_UPDATE, FALSE, TRUE, FALSE },
    { BP_CONFLICT_UPDATE_UPDATE, TRUE, FALSE, FALSE },
  };

  for (guint i = 0; i < G_N_ELEMENTS (cases); i++)
    for (guint policy = BP_POLICY_SERVER_WINS; policy <= BP_POLICY_ASK; policy++)
      {
        g_autoptr (BpConflict) conflict = make_conflict (each);
        g_autoptr (BpChange) merged = NULL;
        g_autoptr (GError) error = NULL;

        conflict->type = cases[i].type;
        conflict->local->is_deleted = cases[i].local_deleted;
        conflict->server->is_deleted = cases[i].server_deleted;
        if (cases[i].server_unknown)
          g_clear_pointer (&conflict->server, bp_state_free);
        g_assert_cmpint (bp_merge (conflict, (BpPolicy)policy, 9999, &merged), ==,
                         BP_DECISION_ASK);
        g_assert_null (merged);
        g_assert_false (bp_merge_choose (conflict, NULL, &merged, &error));
        g_assert_error (error, BP_DATA_ERROR, BP_DATA_ERROR_INVALID_VALUE);
      }
}

static void
test_deletions (void)
{
  for_all (check_deletions);
}

/* Two records with one key: what they hold is no matter, but for a fact that is
 * the same one. */
static void
check_collisions (const Combination *each)
{
  static const struct
  {
    const char *table;
    const char *key;
    gboolean has_own_id;
    BpDecision decision;
  } cases[] = {
    { "products", NULL, FALSE, BP_DECISION_RENUMBERED },
    { "products", "sku", TRUE, BP_DECISION_JOINED },
    { "products", "barcode", TRUE, BP_DECISION_JOINED },
    { "customers", NULL, FALSE, BP_DECISION_RENUMBERED },
    { "sales", NULL, FALSE, BP_DECISION_RENUMBERED },
    { "sales", "number", TRUE, BP_DECISION_RENUMBERED },
  };

  for (guint i = 0; i < G_N_ELEMENTS (cases); i++)
    for (guint policy = BP_POLICY_SERVER_WINS; policy <= BP_POLICY_ASK; policy++)
      {
        g_autoptr (BpConflict) conflict = make_conflict (each);
        g_autoptr (BpChange) merged = NULL;
        gboolean same_fact = conflict->table->fact && !cases[i].has_own_id
                             && (!units[each->unit].is_amounts || each->local == each->server);

        if (!g_str_equal (conflict->table->name, cases[i].table))
          continue;
        conflict->type = BP_CONFLICT_ID_COLLISION;
        conflict->key = g_strdup (cases[i].key);
        g_clear_pointer (&conflict->base, bp_state_free);
        if (cases[i].has_own_id)
          {
            g_free (conflict->server->id);
            conflict->server->id = g_strdup ("r2");
          }
        g_assert_cmpint (bp_merge (conflict, (BpPolicy)policy, 0, &merged), ==,
                         same_fact ? BP_DECISION_SERVER : cases[i].decision);
        g_assert_null (merged);
      }
}

static void
test_collisions (void)
{
  for_all (check_collisions);
}

/* Whose value a choice gives the unit, `0` none; `!` where it must be refused. */
static const struct
{
  const char *choice;
  const char *single; /* by way */
  const char *amounts;
} choices[] = {
  { NULL, "blsl!", "blsl!" },
  { "local", "lllll", "lllll" },
  { "server", "sssss", "sssss" },
  { ":null", "00000", "!!!!!" },
  { "neither", "!!!!!", "!!!!!" },
};

static void
check_choices (const Combination *each)
{
  Way way = get_way (each);

  for (guint i = 0; i < G_N_ELEMENTS (choices); i++)
    {
      g_autoptr (BpConflict) conflict = make_conflict (each);
      g_autoptr (BpChange) merged = NULL;
      g_autoptr (GError) error = NULL;
      g_autofree char *choice = g_strdup_printf ("%s=%s", units[each->unit].named,
                                                 choices[i].choice);
      const char *const list[] = { choices[i].choice != NULL ? choice : NULL, NULL };
      char whose = (units[each->unit].is_amounts ? choices[i].amounts : choices[i].single)[way];
      gboolean done = bp_merge_choose (conflict, list, &merged, &error);

      if (done != (whose != '!'))
        {
          g_autofree char *text = describe (each);

          g_error ("%s, choice %s: %s", text, choice, done ? "taken" : error->message);
        }
      if (whose == '0') /* a number that is emptied is 0 */
        {
          g_assert_null (bp_change_get_text (merged, units[each->unit].named));
          g_assert_cmpint (bp_change_get_integer (merged, units[each->unit].named), ==, 0);
        }
      else if (done)
        check_merged (conflict, each, merged, whose);
    }
}

static void
test_choices (void)
{
  for_all (check_choices);
}

int
main (int    argc,
      char **argv)
{
  g_test_init (&argc, &argv, NULL);

  g_test_add_func ("/sync/merge-matrix/updates-by-every-rule", test_updates);
  g_test_add_func ("/sync/merge-matrix/deletions-always-ask", test_deletions);
  g_test_add_func ("/sync/merge-matrix/collisions-go-by-their-key", test_collisions);
  g_test_add_func ("/sync/merge-matrix/a-person-s-choices", test_choices);

  return g_test_run ();
}

#include "config.h"

#include <string.h>

#include "bp-projection.h"

/* What is known of other records, and what came of it. */
typedef struct
{
  const char *customer;
  gint64 paid;
  GString *effects; /* (owned) */
} World;

static char *
customer_of_sale (const char *sale_id,
                  gpointer    user_data)
{
  World *world = user_data;

  g_assert_nonnull (sale_id);
  return g_strdup (world->customer);
}

static gint64
paid_of_sale (const char *sale_id,
              gpointer    user_data)
{
  World *world = user_data;

  g_assert_nonnull (sale_id);
  return world->paid;
}

static void
note_effect (const BpTable *table,
             const char    *id,
             guint          field,
             gint64         amount,
             gpointer       user_data)
{
  World *world = user_data;

  g_assert_true (table->fields[field].flags & BP_FIELD_PROJECTION);
  g_string_append_printf (world->effects, "%s %s %s %+" G_GINT64_FORMAT ";", table->name, id,
                          table->fields[field].name, amount);
}

static BpState *
make_state (const char *table,
            const char *text)
{
  g_autoptr (GError) error = NULL;
  g_autofree char *json = NULL;
  BpState *state;

  if (text == NULL)
    return NULL;
  json = g_strdup_printf ("{\"version\":1,\"is_deleted\":%d,\"data\":%s}", text[0] == '!',
                          text[0] == '!' ? text + 1 : text);
  state = bp_state_new_from_text (bp_table_find (table), "r1", json, &error);
  g_assert_no_error (error);
  return state;
}

#define LINES \
  "\"lines\":[{\"product_id\":\"p1\",\"quantity\":2000},{\"name\":\"loose\",\"quantity\":9}," \
  "{\"product_id\":\"p2\",\"quantity\":-500}]"
#define BILL(kind, status, customer) \
  "{\"kind\":\"" kind "\",\"status\":\"" status "\"," customer "\"total_amount\":100," LINES "}"
#define ASHA "\"customer_id\":\"c1\","
#define SALE BILL ("sale", "posted", ASHA)
#define WALK_IN BILL ("sale", "posted", "")
#define RETURN BILL ("return", "posted", ASHA)
#define VOID_SALE BILL ("sale", "void", ASHA)
#define DRAFT BILL ("sale", "draft", ASHA)
#define PAYMENT "{\"sale_id\":\"s1\",\"amount\":40,\"method\":\"cash\"}"
#define REFUND "{\"sale_id\":\"s1\",\"amount\":-40,\"method\":\"cash\"}"
#define BOTH "{\"sale_id\":\"s1\",\"customer_id\":\"c9\",\"amount\":40,\"method\":\"cash\"}"
#define ON_ACCOUNT "{\"customer_id\":\"c1\",\"amount\":40,\"method\":\"upi\"}"
#define MOVEMENT "{\"product_id\":\"p1\",\"quantity\":-3000,\"reason\":\"adjustment\"}"

static const struct
{
  const char *name;
  const char *table;
  const char *before;
  const char *after;
  const char *customer;
  gint64 paid;
  const char *effects;
} cases[] = {
  { "a-sale", "sales", NULL, SALE, NULL, 0,
    "customers c1 balance +100;products p1 stock -2000;products p2 stock +500;" },
  { "a-sale-to-nobody", "sales", NULL, WALK_IN, NULL, 40,
    "products p1 stock -2000;products p2 stock +500;" },
  { "a-sale-after-its-payment", "sales", NULL, SALE, NULL, 40,
    "customers c1 balance +100;products p1 stock -2000;products p2 stock +500;"
    "customers c1 balance -40;" },
  { "a-return", "sales", NULL, RETURN, NULL, 0,
    "customers c1 balance -100;products p1 stock +2000;products p2 stock -500;" },
  { "a-return-after-its-refund", "sales", NULL, RETURN, NULL, -100,
    "customers c1 balance -100;products p1 stock +2000;products p2 stock -500;"
    "customers c1 balance +100;" },
  { "a-draft", "sales", NULL, DRAFT, NULL, 0, "" },
  { "a-void", "sales", SALE, VOID_SALE, NULL, 40,
    "customers c1 balance -100;products p1 stock +2000;products p2 stock -500;" },
  { "a-void-that-comes-as-such", "sales", NULL, VOID_SALE, NULL, 40, "customers c1 balance -40;" },
  { "a-void-again", "sales", VOID_SALE, VOID_SALE, NULL, 40, "" },
  { "a-sale-that-goes", "sales", SALE, NULL, NULL, 40,
    "customers c1 balance -100;products p1 stock +2000;products p2 stock -500;"
    "customers c1 balance +40;" },
  { "a-sale-without-a-product-known", "sales", NULL,
    "{\"kind\":\"sale\",\"status\":\"posted\",\"lines\":[],\"total_amount\":5}", NULL, 0, "" },
  { "a-payment", "payments", NULL, PAYMENT, "c1", 0,
    "sales s1 paid +40;customers c1 balance -40;" },
  { "a-payment-before-its-sale", "payments", NULL, PAYMENT, NULL, 0, "sales s1 paid +40;" },
  { "a-refund", "payments", NULL, REFUND, "c1", 0,
    "sales s1 paid -40;customers c1 balance +40;" },
  { "a-payment-of-a-sale-counts-for-its-customer", "payments", NULL, BOTH, "c1", 0,
    "sales s1 paid +40;customers c1 balance -40;" },
  { "a-payment-on-account", "payments", NULL, ON_ACCOUNT, NULL, 0, "customers c1 balance -40;" },
  { "a-payment-that-goes", "payments", PAYMENT, NULL, "c1", 0,
    "sales s1 paid -40;customers c1 balance +40;" },
  { "a-payment-that-is-deleted", "payments", PAYMENT, "!" PAYMENT, "c1", 0,
    "sales s1 paid -40;customers c1 balance +40;" },
  { "a-deleted-payment-that-goes", "payments", "!" PAYMENT, NULL, "c1", 0, "" },
  { "a-movement", "stock_movements", NULL, MOVEMENT, NULL, 0, "products p1 stock -3000;" },
  { "a-movement-that-goes", "stock_movements", MOVEMENT, NULL, NULL, 0,
    "products p1 stock +3000;" },
  { "a-product", "products", NULL, "{\"name\":\"Salt\",\"stock\":5}", NULL, 0, "" },
  { "a-customer", "customers", "{\"name\":\"Asha\"}", NULL, NULL, 0, "" },
};

static void
test_case (gconstpointer data)
{
  guint i = GPOINTER_TO_UINT (data);
  g_autoptr (BpState) before = make_state (cases[i].table, cases[i].before);
  g_autoptr (BpState) after = make_state (cases[i].table, cases[i].after);
  World world = { cases[i].customer, cases[i].paid, g_string_new (NULL) };
  BpProjectionLookup lookup = { customer_of_sale, paid_of_sale, &world };

  bp_projection_contribute (bp_table_find (cases[i].table), before, after, &lookup, note_effect,
                            &world);
  g_assert_cmpstr (world.effects->str, ==, cases[i].effects);
  g_string_free (world.effects, TRUE);
}

int
main (int   argc,
      char *argv[])
{
  g_test_init (&argc, &argv, NULL);
  for (guint i = 0; i < G_N_ELEMENTS (cases); i++)
    {
      g_autofree char *path = g_strdup_printf ("/core/projection/counts-%s", cases[i].name);

      g_test_add_data_func (path, GUINT_TO_POINTER (i), test_case);
    }
  return g_test_run ();
}

/* A small grocer's month, made up: the same on every device. */
#include "config.h"

#include "bp-demo.h"

#include "bp-id.h"
#include "bp-shop-private.h"

#define DAYS 30
#define DAY_MS G_GINT64_CONSTANT (86400000)
#define MINUTE_MS G_GINT64_CONSTANT (60000)
#define SALES_A_DAY 6

/* Amounts in paise, quantities in thousandths, rates in basis points. */
static const struct
{
  const char *name;
  const char *sku;
  const char *category;
  const char *unit;
  gint64 price;
  gint64 cost;
  gint64 tax_rate;
  gint64 stock;
} products[] = {
  { "Basmati Rice 5 kg", "RICE-BAS-5", "Staples", "bag", 47500, 41000, 500, 60000 },
  { "Sona Masoori Rice 10 kg", "RICE-SON-10", "Staples", "bag", 62000, 54500, 500, 40000 },
  { "Wheat Flour 10 kg", "ATTA-10", "Staples", "bag", 43000, 38500, 500, 55000 },
  { "Toor Dal 1 kg", "DAL-TOOR-1", "Staples", "pack", 16500, 14200, 500, 120000 },
  { "Chana Dal 1 kg", "DAL-CHANA-1", "Staples", "pack", 9800, 8300, 500, 110000 },
  { "Moong Dal 1 kg", "DAL-MOONG-1", "Staples", "pack", 13200, 11500, 500, 90000 },
  { "Sugar", "SUGAR", "Staples", "kg", 4600, 4100, 500, 250000 },
  { "Salt 1 kg", "SALT-1", "Staples", "pack", 2800, 2200, 0, 180000 },
  { "Sunflower Oil 1 l", "OIL-SUN-1", "Oils", "bottle", 14500, 12900, 500, 140000 },
  { "Mustard Oil 1 l", "OIL-MUS-1", "Oils", "bottle", 17500, 15600, 500, 90000 },
  { "Groundnut Oil 5 l", "OIL-GND-5", "Oils", "can", 89500, 81000, 500, 25000 },
  { "Ghee 500 ml", "GHEE-500", "Oils", "jar", 32500, 29000, 500, 45000 },
  { "Tomato", "TOMATO", "Vegetables", "kg", 4000, 2600, 0, 80000 },
  { "Onion", "ONION", "Vegetables", "kg", 3500, 2400, 0, 150000 },
  { "Potato", "POTATO", "Vegetables", "kg", 2800, 1900, 0, 160000 },
  { "Green Chilli", "CHILLI-G", "Vegetables", "kg", 9000, 6000, 0, 12000 },
  { "Banana", "BANANA", "Fruit", "dozen", 6000, 4200, 0, 40000 },
  { "Apple", "APPLE", "Fruit", "kg", 18000, 14000, 0, 35000 },
  { "Milk 500 ml", "MILK-500", "Dairy", "pouch", 3300, 3000, 0, 200000 },
  { "Curd 400 g", "CURD-400", "Dairy", "cup", 4500, 3900, 500, 70000 },
  { "Butter 500 g", "BUTTER-500", "Dairy", "pack", 27500, 25000, 500, 42000 },
  { "Paneer 200 g", "PANEER-200", "Dairy", "pack", 9000, 7600, 500, 30000 },
  { "Tea 250 g", "TEA-250", "Beverages", "pack", 16000, 13800, 500, 75000 },
  { "Filter Coffee 200 g", "COFFEE-200", "Beverages", "pack", 14500, 12300, 500, 50000 },
  { "Mango Drink 1 l", "MANGO-1", "Beverages", "bottle", 7500, 6200, 500, 64000 },
  { "Glucose Biscuits 800 g", "BISC-GLU-800", "Snacks", "pack", 9000, 7800, 500, 130000 },
  { "Cream Biscuits 120 g", "BISC-CRM-120", "Snacks", "pack", 3000, 2500, 500, 160000 },
  { "Potato Chips 90 g", "CHIPS-90", "Snacks", "pack", 4000, 3300, 500, 95000 },
  { "Mixture 400 g", "MIXTURE-400", "Snacks", "pack", 11000, 9200, 500, 38000 },
  { "Instant Noodles 4 pack", "NOODLES-4", "Snacks", "pack", 5600, 4800, 500, 115000 },
  { "Turmeric Powder 200 g", "SPICE-TUR-200", "Spices", "pack", 6800, 5400, 500, 60000 },
  { "Chilli Powder 200 g", "SPICE-CHI-200", "Spices", "pack", 8800, 7100, 500, 58000 },
  { "Cumin 100 g", "SPICE-CUM-100", "Spices", "pack", 7200, 5900, 500, 52000 },
  { "Soap 125 g", "SOAP-125", "Household", "piece", 4800, 4000, 1800, 210000 },
  { "Shampoo 180 ml", "SHAMPOO-180", "Household", "bottle", 16500, 13600, 1800, 33000 },
  { "Toothpaste 200 g", "PASTE-200", "Household", "tube", 11800, 9700, 1800, 66000 },
  { "Washing Powder 1 kg", "WASH-1", "Household", "pack", 14500, 12100, 1800, 72000 },
  { "Dish Bar 500 g", "DISH-500", "Household", "piece", 5500, 4500, 1800, 88000 },
  { "Matchbox 10 pack", "MATCH-10", "Household", "pack", 2000, 1600, 500, 140000 },
  { "Notebook 200 pages", "NOTE-200", "Stationery", "piece", 7500, 5800, 1200, 48000 },
};

static const struct
{
  const char *name;
  const char *phone;
} customers[] = {
  { "Asha Kulkarni", "98450 00001" }, { "Ravi Menon", "98450 00002" },
  { "Hotel Annapurna", "98450 00003" }, { "Fatima Sheikh", "98450 00004" },
  { "Green Park School", "98450 00005" }, { "Joseph D’Souza", "98450 00006" },
  { "Lakshmi Iyer", "98450 00007" }, { "Sunrise Tea Stall", "98450 00008" },
};

static const char *const methods[] = { "cash", "upi", "card" };

static gboolean
refuse (GError    **error,
        const char *message)
{
  g_set_error_literal (error, BP_STORE_ERROR, BP_STORE_ERROR_REFUSED, message);
  return FALSE;
}

static gboolean
note_any (const BpRow *row,
          gpointer     user_data)
{
  *(gboolean *)user_data = TRUE;
  return FALSE;
}

static gboolean
check_empty (BpStore *store,
             GError **error)
{
  g_autofree char *paired = bp_store_get_value (store, "store.id");
  gboolean found = FALSE;

  if (paired != NULL)
    return refuse (error, "This folder belongs to a store; the demonstration needs an empty one");
  for (guint i = 0; i < BP_N_TABLES && !found; i++)
    {
      if (!bp_store_list (store, &(BpListFilter){ bp_table_get (i), NULL, TRUE, 1 }, note_any,
                          &found, error))
        return FALSE;
    }

  return !found || refuse (error, "There is data already; the demonstration needs an empty folder");
}

static gboolean
add_product (BpShop  *shop,
             guint    index,
             GError **error)
{
  const BpTable *table = bp_table_find ("products");
  const BpTable *movements = bp_table_find ("stock_movements");
  g_autoptr (BpChange) product = bp_change_new (table);
  g_autoptr (BpChange) movement = bp_change_new (movements);
  g_autofree char *id = bp_id_new_from_name ("products", products[index].sku);
  g_autofree char *barcode = g_strdup_printf ("29%011u", 1001 + index);
  g_autofree char *added = NULL;
  g_autofree char *moved = NULL;

  bp_change_set_text (product, "name", products[index].name);
  bp_change_set_text (product, "sku", products[index].sku);
  bp_change_set_text (product, "barcode", barcode);
  bp_change_set_text (product, "category", products[index].category);
  bp_change_set_text (product, "unit", products[index].unit);
  bp_change_set_integer (product, "price", products[index].price);
  bp_change_set_integer (product, "cost", products[index].cost);
  bp_change_set_integer (product, "tax_rate", products[index].tax_rate);
  bp_change_set_integer (product, "reorder_level", products[index].stock / 4000 * 1000);
  bp_change_set_text (movement, "product_id", id);
  bp_change_set_integer (movement, "quantity", products[index].stock);
  bp_change_set_text (movement, "reason", "opening");
  bp_change_set_integer (movement, "moved_at",
                         bp_clock_get_now (bp_shop_get_clock (shop)) - (DAYS + 1) * DAY_MS);
  added = bp_shop_add (shop, table, id, product, error);
  moved = added != NULL ? bp_shop_add (shop, movements, NULL, movement, error) : NULL;
  return moved != NULL;
}

static gboolean
add_customer (BpShop  *shop,
              guint    index,
              GError **error)
{
  const BpTable *table = bp_table_find ("customers");
  g_autoptr (BpChange) customer = bp_change_new (table);
  g_autofree char *id = bp_id_new_from_name ("customers", customers[index].name);
  g_autofree char *added = NULL;

  bp_change_set_text (customer, "name", customers[index].name);
  bp_change_set_text (customer, "phone", customers[index].phone);
  added = bp_shop_add (shop, table, id, customer, error);
  return added != NULL;
}

/* Looks like chance and is none, so that every demonstration is the same. */
static guint
pick (guint seed,
      guint bound)
{
  guint32 mixed = seed * 2654435761u;

  mixed ^= mixed >> 15;
  mixed *= 2246822519u;
  mixed ^= mixed >> 13;
  return mixed % bound;
}

static void
add_line (BpSaleDraft *draft,
          guint        seed)
{
  BpLineDraft *line = bp_line_draft_new ();
  guint index = pick (seed, G_N_ELEMENTS (products));
  gboolean by_weight = g_strcmp0 (products[index].unit, "kg") == 0;

  line->product_id = bp_id_new_from_name ("products", products[index].sku);
  line->quantity = by_weight ? 250 * (1 + pick (seed + 1, 8)) : 1000 * (1 + pick (seed + 1, 3));
  g_ptr_array_add (draft->lines, line);
}

/* Most sales are paid at once; a customer's account stays due now and then. */
static gboolean
add_sale (BpShop  *shop,
          gint64   time,
          guint    seed,
          GError **error)
{
  g_autoptr (BpSaleDraft) draft = bp_sale_draft_new ();
  guint n_lines = 1 + pick (seed, 5);
  guint customer = pick (seed + 2, G_N_ELEMENTS (customers) * 2);
  g_autofree char *id = NULL;

  draft->sale_date = time;
  for (guint i = 0; i < n_lines; i++)
    add_line (draft, seed * 31 + i * 7);
  if (customer < G_N_ELEMENTS (customers))
    draft->customer_id = bp_id_new_from_name ("customers", customers[customer].name);
  if (draft->customer_id == NULL || pick (seed + 3, 3) > 0)
    g_ptr_array_add (draft->payments,
                     bp_payment_draft_new (methods[pick (seed + 4, G_N_ELEMENTS (methods))]));

  id = bp_shop_record_sale (shop, draft, error);
  return id != NULL;
}

static gboolean
fill (BpStore *store,
      gpointer user_data,
      GError **error)
{
  BpShop *shop = user_data;
  gint64 now = bp_clock_get_now (bp_shop_get_clock (shop));

  if (!check_empty (store, error) || !bp_store_set_value (store, "demo", "1", error)
      || !bp_shop_set_config (shop, "shop.name", "Sharma General Store", error))
    return FALSE;

  for (guint i = 0; i < G_N_ELEMENTS (products); i++)
    {
      if (!add_product (shop, i, error))
        return FALSE;
    }
  for (guint i = 0; i < G_N_ELEMENTS (customers); i++)
    {
      if (!add_customer (shop, i, error))
        return FALSE;
    }
  for (guint day = DAYS; day > 0; day--)
    {
      for (guint i = 0; i < SALES_A_DAY; i++)
        {
          gint64 time = now - day * DAY_MS + i * 97 * MINUTE_MS;

          if (!add_sale (shop, time, day * SALES_A_DAY + i, error))
            return FALSE;
        }
    }

  return TRUE;
}

/**
 * bp_demo_fill:
 * @shop: a shop whose folder is empty
 * @error: %BP_STORE_ERROR_REFUSED where there is data already, or the folder is
 *   paired; #BpDatabaseError
 *
 * Fills it with a shop to try things with: products, customers, a month of
 * sales. The folder can then not be paired with a store. Nothing changes on
 * failure.
 *
 * Returns: whether it is filled
 */
gboolean
bp_demo_fill (BpShop  *shop,
              GError **error)
{
  return bp_store_transact (bp_shop_get_store (shop), fill, shop, error);
}

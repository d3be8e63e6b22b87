#include "config.h"

#include "bp-peer.h"

#include <string.h>

#include "bp-date.h"
#include "bp-json.h"

static JsonNode *
parse_line (const char *line)
{
  g_autoptr (GError) error = NULL;
  JsonNode *node = bp_json_parse_object (line, -1, &error);

  bp_bench_check (node != NULL, &error);
  return node;
}

/**
 * bp_peer_read_product:
 * @line: a product of the harness
 *
 * Our products have no supplier and nobody writes their stock: both travel in
 * fields of the same size.
 *
 * Returns: (transfer full): its insertion
 */
BpWrite *
bp_peer_read_product (const char *line)
{
  g_autoptr (JsonNode) node = parse_line (line);
  JsonObject *object = json_node_get_object (node);
  const BpTable *table = bp_table_find ("products");
  BpChange *change = bp_change_new (table);

  bp_change_set_text (change, "name", json_object_get_string_member (object, "name"));
  bp_change_set_text (change, "sku", json_object_get_string_member (object, "sku"));
  bp_change_set_text (change, "category", json_object_get_string_member (object, "category"));
  bp_change_set_text (change, "tax_code", json_object_get_string_member (object, "supplier"));
  bp_change_set_text (change, "note", json_object_get_string_member (object, "description"));
  bp_change_set_integer (change, "price", json_object_get_int_member (object, "price"));
  bp_change_set_integer (change, "reorder_level", json_object_get_int_member (object, "stock"));
  return bp_write_new (table, json_object_get_string_member (object, "id"), BP_OPERATION_INSERT,
                       change);
}

/**
 * bp_peer_read_sale:
 * @line: a sale of the harness
 *
 * Returns: (transfer full): its insertion
 */
BpWrite *
bp_peer_read_sale (const char *line)
{
  g_autoptr (JsonNode) node = parse_line (line);
  JsonObject *object = json_node_get_object (node);
  JsonArray *array = json_object_get_array_member (object, "lines");
  const char *id = json_object_get_string_member (object, "id");
  const char *date = json_object_get_string_member (object, "date");
  g_autofree char *business_date = g_strndup (date, 10);
  g_autoptr (GDateTime) time = g_date_time_new_from_iso8601 (date, NULL);
  g_autoptr (GString) lines = g_string_new ("[");
  const BpTable *table = bp_table_find ("sales");
  BpChange *change = bp_change_new (table);
  gint64 total = json_object_get_int_member (object, "total");

  for (guint i = 0; i < json_array_get_length (array); i++)
    {
      JsonObject *line_object = json_array_get_object_element (array, i);
      gint64 quantity = json_object_get_int_member (line_object, "qty");
      gint64 price = json_object_get_int_member (line_object, "price");

      g_string_append (lines, i > 0 ? ",{" : "{");
      bp_json_append_string_member (lines, "product_id",
                                    json_object_get_string_member (line_object, "product_id"));
      bp_json_append_integer_member (lines, "quantity", quantity * 1000);
      bp_json_append_integer_member (lines, "unit_price", price);
      bp_json_append_integer_member (lines, "total", quantity * price);
      g_string_append_c (lines, '}');
    }
  g_string_append_c (lines, ']');
  bp_change_set_text (change, "number", id);
  bp_change_set_text (change, "customer_name",
                      json_object_get_string_member (object, "customer_name"));
  bp_change_set_integer (change, "sale_date", g_date_time_to_unix (time) * 1000);
  bp_change_set_text (change, "business_date", business_date);
  bp_change_set_text (change, "status", "posted");
  bp_change_set_text (change, "kind", "sale");
  bp_change_set_text (change, "currency", "INR");
  bp_change_set_text (change, "lines", lines->str);
  bp_change_set_integer (change, "subtotal", total);
  bp_change_set_integer (change, "total_amount", total);
  return bp_write_new (table, id, BP_OPERATION_INSERT, change);
}

/**
 * bp_peer_save:
 * @shop: a shop
 * @write: (transfer full): saved as an action of its own, durably
 */
void
bp_peer_save (BpShop  *shop,
              BpWrite *write)
{
  g_autoptr (GPtrArray) writes = g_ptr_array_new_with_free_func ((GDestroyNotify)bp_write_free);
  g_autoptr (GError) error = NULL;

  g_ptr_array_add (writes, write);
  bp_bench_check (bp_store_save (bp_shop_get_store (shop), writes, NULL, &error), &error);
}

/**
 * bp_peer_read_lines:
 * @path: a file
 * @first: how many lines are passed over
 * @n_lines: how many are read at most
 *
 * Returns: (transfer full) (element-type utf8): the lines
 */
GPtrArray *
bp_peer_read_lines (const char *path,
                    guint       first,
                    guint       n_lines)
{
  GPtrArray *lines = g_ptr_array_new_with_free_func (g_free);
  g_autoptr (GError) error = NULL;
  g_autofree char *text = NULL;
  guint number = 0;

  bp_bench_check (g_file_get_contents (path, &text, NULL, &error), &error);
  for (char *line = text; *line != '\0' && lines->len < n_lines; number++)
    {
      char *end = line + strcspn (line, "\n");

      if (number >= first)
        g_ptr_array_add (lines, g_strndup (line, (gsize)(end - line)));
      line = *end == '\n' ? end + 1 : end;
    }

  return lines;
}

static gboolean
count_product (const BpRow *row,
               gpointer     user_data)
{
  BpPeerCounts *counts = user_data;

  counts->products++;
  counts->changed += bp_change_get_integer (row->state->data, "price") >= BP_PEER_CHANGED;
  return TRUE;
}

static gboolean
count_sale (const BpRow *row,
            gpointer     user_data)
{
  ((BpPeerCounts *)user_data)->sales++;
  return TRUE;
}

/**
 * bp_peer_count:
 * @shop: a shop
 * @counts: (out): what it holds
 */
void
bp_peer_count (BpShop       *shop,
               BpPeerCounts *counts)
{
  BpStore *store = bp_shop_get_store (shop);
  g_autoptr (GError) error = NULL;

  *counts = (BpPeerCounts){ 0 };
  bp_bench_check (bp_store_list (store,
                                 &(BpListFilter){ bp_table_find ("products"), NULL, FALSE, -1 },
                                 count_product, counts, &error)
                  && bp_store_list (store,
                                    &(BpListFilter){ bp_table_find ("sales"), NULL, FALSE, -1 },
                                    count_sale, counts, &error),
                  &error);
}

static gboolean
collect_sku (const BpRow *row,
             gpointer     user_data)
{
  g_ptr_array_add (user_data, g_strdup_printf ("%s %s",
                                               bp_change_get_text (row->state->data, "sku"),
                                               row->state->id));
  return TRUE;
}

static int
compare_texts (gconstpointer a,
               gconstpointer b)
{
  return strcmp (*(char *const *)a, *(char *const *)b);
}

/**
 * bp_peer_list_ids:
 * @shop: a shop
 * @first: how many products are passed over, in the order of SKUs
 * @n_ids: how many are wanted
 *
 * Returns: (transfer full) (element-type utf8): ids
 */
GPtrArray *
bp_peer_list_ids (BpShop *shop,
                  guint   first,
                  guint   n_ids)
{
  GPtrArray *ids = g_ptr_array_new_with_free_func (g_free);
  g_autoptr (GPtrArray) skus = g_ptr_array_new_with_free_func (g_free);
  g_autoptr (GError) error = NULL;

  bp_bench_check (bp_store_list (bp_shop_get_store (shop),
                                 &(BpListFilter){ bp_table_find ("products"), NULL, FALSE, -1 },
                                 collect_sku, skus, &error),
                  &error);
  g_ptr_array_sort (skus, compare_texts);
  for (guint i = first; i < first + n_ids && i < skus->len; i++)
    g_ptr_array_add (ids, g_strdup (strrchr (skus->pdata[i], ' ') + 1));

  return ids;
}

/**
 * bp_peer_set_price:
 * @shop: a shop
 * @id: a product
 * @price: what it becomes, in the minor unit
 */
void
bp_peer_set_price (BpShop     *shop,
                   const char *id,
                   gint64      price)
{
  const BpTable *table = bp_table_find ("products");
  BpChange *change = bp_change_new (table);

  bp_change_set_integer (change, "price", price);
  bp_peer_save (shop, bp_write_new (table, id, BP_OPERATION_UPDATE, change));
}

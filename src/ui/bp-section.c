#include "config.h"

#include "bp-section.h"

#include "bp-reports-page.h"
#include "bp-sale-detail.h"
#include "bp-today-page.h"

#include <glib/gi18n.h>

static char *
format_stock (BpFormat    *format,
              BpRecord    *record,
              const char **css_class)
{
  gint64 stock = bp_record_get_integer (record, "stock");
  gint64 reorder_level = bp_record_get_integer (record, "reorder_level");
  const BpTable *table = bp_record_get_table (record);
  const BpField *field = &table->fields[bp_table_find_field (table, "stock")];
  g_autofree char *text = bp_format_field (format, record, field);

  if (stock < 0)
    {
      *css_class = "error";
      /* Translators: %s is a negative stock; the mark says that it is wrong. */
      return g_strdup_printf (_("%s !"), text);
    }
  if (reorder_level > 0 && stock <= reorder_level)
    {
      *css_class = "warning";
      /* Translators: %s is a stock at or below the reorder level. */
      return g_strdup_printf (_("%s ↓"), text);
    }

  return g_steal_pointer (&text);
}

static char *
format_customer (BpFormat    *format,
                 BpRecord    *record,
                 const char **css_class)
{
  const char *name = bp_record_get_text (record, "customer_name");

  if (!bp_record_is_loaded (record) || (name != NULL && name[0] != '\0'))
    return g_strdup (name != NULL ? name : "");

  *css_class = "dim-label";
  return g_strdup (_("Walk-in"));
}

static char *
format_due (BpFormat    *format,
            BpRecord    *record,
            const char **css_class)
{
  gint64 total = bp_record_get_integer (record, "total_amount");
  gboolean is_return = g_strcmp0 (bp_record_get_text (record, "kind"), "return") == 0;
  gint64 due = (is_return ? -total : total) - bp_record_get_integer (record, "paid");

  if (g_strcmp0 (bp_record_get_text (record, "status"), "posted") != 0 || due == 0)
    return g_strdup (bp_record_is_loaded (record) ? "–" : "");

  *css_class = "warning";
  return bp_format_money (format, record, due);
}

/* A bill that was sold and stands needs no word. */
static char *
format_sale_status (BpFormat    *format,
                    BpRecord    *record,
                    const char **css_class)
{
  const char *status = bp_record_get_text (record, "status");

  if (g_strcmp0 (status, "posted") == 0)
    return g_strdup (bp_format_word (bp_record_get_text (record, "kind")));

  *css_class = "dim-label";
  return g_strdup (bp_format_word (status));
}

static char *
format_due_balance (BpFormat    *format,
                    BpRecord    *record,
                    const char **css_class)
{
  gint64 balance = bp_record_get_integer (record, "balance");

  if (balance == 0)
    return g_strdup (bp_record_is_loaded (record) ? "–" : "");
  if (balance > 0)
    *css_class = "warning";
  return bp_format_money (format, record, balance);
}

/* What was received for: a bill, or what a customer owes. */
static char *
format_purpose (BpFormat    *format,
                BpRecord    *record,
                const char **css_class)
{
  const char *number = bp_record_get_title (record, "sale_id");

  if (number != NULL || !bp_record_is_loaded (record))
    return g_strdup (number != NULL ? number : "");

  *css_class = "dim-label";
  /* Translators: a payment that is not for one bill. */
  return g_strdup (bp_record_get_text (record, "sale_id") != NULL ? "" : _("On account"));
}

static char *
format_movement (BpFormat    *format,
                 BpRecord    *record,
                 const char **css_class)
{
  gint64 quantity = bp_record_get_integer (record, "quantity");
  const BpTable *table = bp_record_get_table (record);
  const BpField *field = &table->fields[bp_table_find_field (table, "quantity")];
  g_autofree char *text = bp_format_field (format, record, field);

  return quantity > 0 ? g_strdup_printf ("+%s", text) : g_steal_pointer (&text);
}

/* No limit is no figure. */
static char *
format_limit (BpFormat    *format,
              BpRecord    *record,
              const char **css_class)
{
  gint64 limit = bp_record_get_integer (record, "credit_limit");

  return limit != 0 ? bp_format_money (format, record, limit) : g_strdup ("");
}

/* Only a count counts. */
static char *
format_counted (BpFormat    *format,
                BpRecord    *record,
                const char **css_class)
{
  const BpTable *table = bp_record_get_table (record);

  if (g_strcmp0 (bp_record_get_text (record, "reason"), "stocktake") != 0)
    return g_strdup ("");
  return bp_format_field (format, record, &table->fields[bp_table_find_field (table, "counted")]);
}

static void
prefill_product (const BpProfile *profile,
                 BpChange        *change)
{
  bp_change_set_integer (change, "tax_rate", profile->tax_rate);
  bp_change_set_integer (change, "tax_inclusive", profile->tax_inclusive);
}

static void
set_sale (GtkWidget *detail,
          BpRecord  *record)
{
  bp_sale_detail_set_record (BP_SALE_DETAIL (detail), record);
}

static const BpColumn product_columns[] = {
  { BP_COLUMN_FIELD, "name", NULL, 180, TRUE, 0, NULL },
  { BP_COLUMN_FIELD, "sku", NULL, 130, FALSE, 2, NULL },
  { BP_COLUMN_FIELD, "category", NULL, 120, FALSE, 4, NULL },
  { BP_COLUMN_FIELD, "price", NULL, 105, FALSE, 0, NULL },
  { BP_COLUMN_FIELD, "stock", NULL, 85, FALSE, 1, format_stock },
  { BP_COLUMN_FIELD, "tax_rate", N_("Tax"), 70, FALSE, 3, NULL },
  { BP_COLUMN_STATUS, NULL, N_("Sync"), 60, FALSE, 0, NULL },
};

static const BpColumn sale_columns[] = {
  { BP_COLUMN_FIELD, "number", NULL, 150, FALSE, 0, NULL },
  { BP_COLUMN_FIELD, "sale_date", NULL, 155, FALSE, 2, NULL },
  { BP_COLUMN_FIELD, "customer_name", N_("Customer"), 130, TRUE, 0, format_customer },
  { BP_COLUMN_FIELD, "total_amount", NULL, 110, FALSE, 0, NULL },
  { BP_COLUMN_FIELD, "paid", NULL, 110, FALSE, 4, NULL },
  { BP_COLUMN_FIELD, NULL, N_("Due"), 100, FALSE, 1, format_due },
  { BP_COLUMN_FIELD, "status", NULL, 75, FALSE, 3, format_sale_status },
  { BP_COLUMN_STATUS, NULL, N_("Sync"), 60, FALSE, 0, NULL },
};

static const BpColumn customer_columns[] = {
  { BP_COLUMN_FIELD, "name", NULL, 180, TRUE, 0, NULL },
  { BP_COLUMN_FIELD, "phone", NULL, 140, FALSE, 1, NULL },
  { BP_COLUMN_FIELD, "email", NULL, 170, FALSE, 3, NULL },
  { BP_COLUMN_FIELD, "credit_limit", NULL, 115, FALSE, 2, format_limit },
  { BP_COLUMN_FIELD, "balance", N_("Owes"), 115, FALSE, 0, format_due_balance },
  { BP_COLUMN_STATUS, NULL, N_("Sync"), 60, FALSE, 0, NULL },
};

static const BpColumn payment_columns[] = {
  { BP_COLUMN_FIELD, "paid_at", NULL, 155, FALSE, 0, NULL },
  { BP_COLUMN_FIELD, "sale_id", N_("For"), 150, TRUE, 0, format_purpose },
  { BP_COLUMN_FIELD, "customer_id", NULL, 150, FALSE, 2, NULL },
  { BP_COLUMN_FIELD, "method", NULL, 90, FALSE, 1, NULL },
  { BP_COLUMN_FIELD, "amount", NULL, 110, FALSE, 0, NULL },
  { BP_COLUMN_FIELD, "note", NULL, 120, FALSE, 3, NULL },
  { BP_COLUMN_STATUS, NULL, N_("Sync"), 60, FALSE, 0, NULL },
};

static const BpColumn movement_columns[] = {
  { BP_COLUMN_FIELD, "moved_at", NULL, 155, FALSE, 1, NULL },
  { BP_COLUMN_FIELD, "product_id", NULL, 180, TRUE, 0, NULL },
  { BP_COLUMN_FIELD, "quantity", NULL, 95, FALSE, 0, format_movement },
  { BP_COLUMN_FIELD, "reason", NULL, 110, FALSE, 0, NULL },
  { BP_COLUMN_FIELD, "counted", NULL, 85, FALSE, 3, format_counted },
  { BP_COLUMN_FIELD, "note", NULL, 130, FALSE, 2, NULL },
  { BP_COLUMN_STATUS, NULL, N_("Sync"), 60, FALSE, 0, NULL },
};

static const BpCondition low_stock[] = {
  { "reorder_level", BP_COMPARE_ABOVE, NULL, NULL, 0 },
  { "stock", BP_COMPARE_AT_MOST, "reorder_level", NULL, 0 },
};

static const BpCondition owing[] = {
  { "balance", BP_COMPARE_ABOVE, NULL, NULL, 0 },
};

static const BpCondition unpaid[] = {
  { "status", BP_COMPARE_EQUAL, NULL, "posted", 0 },
  { "kind", BP_COMPARE_EQUAL, NULL, "sale", 0 },
  { "paid", BP_COMPARE_BELOW, "total_amount", NULL, 0 },
};

static const BpCondition refunds[] = {
  { "amount", BP_COMPARE_BELOW, NULL, NULL, 0 },
};

static const BpCondition counts[] = {
  { "reason", BP_COMPARE_EQUAL, NULL, "stocktake", 0 },
};

static const BpSectionAction stock_actions[] = {
  { N_("Adjust Stock"), "win.adjust-stock" },
  { N_("Stock-Take"), "win.count-stock" },
};

static const BpSection sections[] = {
  {
    .name = "today",
    .table = "sales",
    .digit = 1,
    .title = N_("Today"),
    .icon = "go-home-symbolic",
    .create_page = bp_today_page_new,
  },
  {
    .name = "sales",
    .table = "sales",
    .digit = 2,
    .title = N_("Sales"),
    .singular = N_("Sale"),
    .icon = "emblem-documents-symbolic",
    .search_hint = N_("Search bills by number or customer"),
    .add_label = N_("New Sale"),
    .add_action = "app.new-sale",
    .empty_title = N_("No Sales Yet"),
    .empty_text = N_("Scan or type the first item; the bill is saved without a connection, too."),
    .sort = "sale_date",
    .descending = TRUE,
    .columns = sale_columns,
    .n_columns = G_N_ELEMENTS (sale_columns),
    .filter = { N_("Unpaid"), unpaid, G_N_ELEMENTS (unpaid), NULL },
    .ledger_title = N_("Payments"),
    .create_detail = bp_sale_detail_new,
    .set_record = set_sale,
  },
  {
    .name = "products",
    .table = "products",
    .digit = 3,
    .title = N_("Products"),
    .singular = N_("Product"),
    .icon = "package-x-generic-symbolic",
    .search_hint = N_("Search products, SKU or barcode"),
    .add_label = N_("Add Product"),
    .empty_title = N_("No Products Yet"),
    .empty_text = N_("What you add here can be sold at once, with or without a connection."),
    .sort = "name",
    .columns = product_columns,
    .n_columns = G_N_ELEMENTS (product_columns),
    .filter = { N_("Low Stock"), low_stock, G_N_ELEMENTS (low_stock), N_("%'u low in stock") },
    .ledger_title = N_("Stock"),
    .action_label = N_("Adjust…"),
    .action = "win.adjust-product",
    .prefill = prefill_product,
  },
  {
    .name = "customers",
    .table = "customers",
    .digit = 4,
    .title = N_("Customers"),
    .singular = N_("Customer"),
    .icon = "system-users-symbolic",
    .search_hint = N_("Search customers by name or phone"),
    .add_label = N_("Add Customer"),
    .empty_title = N_("No Customers Yet"),
    .empty_text = N_("Who buys on account is added here; what they owe is kept with them."),
    .sort = "name",
    .columns = customer_columns,
    .n_columns = G_N_ELEMENTS (customer_columns),
    .filter = { N_("Owing"), owing, G_N_ELEMENTS (owing), NULL },
    .ledger_title = N_("Statement"),
    .action_label = N_("Receive Payment…"),
    .action = "win.receive-from",
  },
  {
    .name = "payments",
    .table = "payments",
    .digit = 5,
    .title = N_("Payments"),
    .singular = N_("Payment"),
    .icon = "network-transmit-receive-symbolic",
    .search_hint = N_("Search payments by bill or customer"),
    .add_label = N_("Receive Payment"),
    .add_action = "win.receive-payment",
    .empty_title = N_("No Payments Yet"),
    .empty_text = N_("What is paid at the counter comes here by itself; receive here what is paid"
                     " later."),
    .sort = "paid_at",
    .descending = TRUE,
    .columns = payment_columns,
    .n_columns = G_N_ELEMENTS (payment_columns),
    .filter = { N_("Refunds"), refunds, G_N_ELEMENTS (refunds), NULL },
  },
  {
    .name = "stock",
    .table = "stock_movements",
    .digit = 6,
    .title = N_("Stock"),
    .singular = N_("Stock Movement"),
    .icon = "view-list-bullet-symbolic",
    .search_hint = N_("Search movements by product, SKU or barcode"),
    .add_label = N_("Receive Goods"),
    .add_action = "win.receive-goods",
    .empty_title = N_("No Stock Movements Yet"),
    .empty_text = N_("Goods received, adjustments and counts are listed here."),
    .sort = "moved_at",
    .descending = TRUE,
    .columns = movement_columns,
    .n_columns = G_N_ELEMENTS (movement_columns),
    .filter = { N_("Counts"), counts, G_N_ELEMENTS (counts), NULL },
    .more = stock_actions,
    .n_more = G_N_ELEMENTS (stock_actions),
  },
  {
    .name = "reports",
    .table = "sales",
    .digit = 7,
    .title = N_("Reports"),
    .icon = "x-office-spreadsheet-symbolic",
    .create_page = bp_reports_page_new,
  },
};

/**
 * bp_section_get:
 * @index: 0 to bp_section_get_count() − 1
 *
 * Returns: (transfer none): a section, in the order of the sidebar
 */
const BpSection *
bp_section_get (guint index)
{
  g_return_val_if_fail (index < G_N_ELEMENTS (sections), NULL);

  return &sections[index];
}

/**
 * bp_section_get_count:
 *
 * Returns: how many sections there are
 */
guint
bp_section_get_count (void)
{
  return G_N_ELEMENTS (sections);
}

/**
 * bp_section_find:
 * @name: (nullable): any text
 *
 * Returns: (transfer none) (nullable): the section of that name
 */
const BpSection *
bp_section_find (const char *name)
{
  for (guint i = 0; i < G_N_ELEMENTS (sections); i++)
    {
      if (g_strcmp0 (sections[i].name, name) == 0)
        return &sections[i];
    }

  return NULL;
}

/**
 * bp_section_find_for_table:
 * @table: name of a table
 *
 * Returns: (transfer none) (nullable): the section that lists its records
 */
const BpSection *
bp_section_find_for_table (const char *table)
{
  for (guint i = 0; i < G_N_ELEMENTS (sections); i++)
    {
      if (sections[i].create_page == NULL && g_str_equal (sections[i].table, table))
        return &sections[i];
    }

  return NULL;
}

/**
 * bp_section_get_table:
 * @section: a section
 *
 * Returns: (transfer none): the table it lists
 */
const BpTable *
bp_section_get_table (const BpSection *section)
{
  return bp_table_find (section->table);
}

/**
 * bp_section_get_column_title:
 * @section: a section
 * @column: one of its columns
 *
 * Returns: (transfer none): what stands above it
 */
const char *
bp_section_get_column_title (const BpSection *section,
                             const BpColumn  *column)
{
  const BpTable *table = bp_section_get_table (section);

  if (column->title != NULL)
    return _(column->title);
  return _(table->fields[bp_table_find_field (table, column->field)].label);
}

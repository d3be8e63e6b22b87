/* What the columns of reports mean, for lists and for files. */
#include "config.h"

#include "bp-report.h"

#define N_(text) text

static const BpReportColumn day_columns[] = {
  { "date", N_("Date"), BP_FIELD_DATE, FALSE },
  { "sales", N_("Bills"), BP_FIELD_INTEGER, TRUE },
  { "returns", N_("Returns"), BP_FIELD_INTEGER, TRUE },
  { "total", N_("Total"), BP_FIELD_MONEY, TRUE },
  { "tax_total", N_("Tax"), BP_FIELD_MONEY, TRUE },
  { "discount", N_("Discount"), BP_FIELD_MONEY, TRUE },
  { "paid", N_("Received"), BP_FIELD_MONEY, TRUE },
  { "cash", N_("Cash"), BP_FIELD_MONEY, TRUE },
  { "card", N_("Card"), BP_FIELD_MONEY, TRUE },
  { "upi", N_("UPI"), BP_FIELD_MONEY, TRUE },
  { "bank", N_("Bank"), BP_FIELD_MONEY, TRUE },
};

static const BpReportColumn product_columns[] = {
  { "name", N_("Product"), BP_FIELD_TEXT, FALSE },
  { "sku", N_("SKU"), BP_FIELD_TEXT, FALSE },
  { "category", N_("Category"), BP_FIELD_TEXT, FALSE },
  { "quantity", N_("Sold"), BP_FIELD_QUANTITY, FALSE },
  { "discount", N_("Discount"), BP_FIELD_MONEY, TRUE },
  { "taxable", N_("Taxable"), BP_FIELD_MONEY, TRUE },
  { "tax", N_("Tax"), BP_FIELD_MONEY, TRUE },
  { "total", N_("Total"), BP_FIELD_MONEY, TRUE },
};

static const BpReportColumn customer_columns[] = {
  { "name", N_("Customer"), BP_FIELD_TEXT, FALSE },
  { "sales", N_("Bills"), BP_FIELD_INTEGER, TRUE },
  { "returns", N_("Returns"), BP_FIELD_INTEGER, TRUE },
  { "total", N_("Bought"), BP_FIELD_MONEY, TRUE },
  { "paid", N_("Paid"), BP_FIELD_MONEY, TRUE },
  { "balance", N_("Balance Now"), BP_FIELD_MONEY, TRUE },
};

static const BpReportColumn stock_columns[] = {
  { "name", N_("Product"), BP_FIELD_TEXT, FALSE },
  { "sku", N_("SKU"), BP_FIELD_TEXT, FALSE },
  { "category", N_("Category"), BP_FIELD_TEXT, FALSE },
  { "received", N_("Received"), BP_FIELD_QUANTITY, FALSE },
  { "removed", N_("Removed"), BP_FIELD_QUANTITY, FALSE },
  { "sold", N_("Sold"), BP_FIELD_QUANTITY, FALSE },
  { "returned", N_("Returned"), BP_FIELD_QUANTITY, FALSE },
  { "stock", N_("Stock Now"), BP_FIELD_QUANTITY, FALSE },
  { "reorder_level", N_("Reorder Level"), BP_FIELD_QUANTITY, FALSE },
};

static const struct
{
  const BpReportColumn *columns;
  guint n_columns;
} reports[] = {
  [BP_REPORT_DAY] = { day_columns, G_N_ELEMENTS (day_columns) },
  [BP_REPORT_PRODUCTS] = { product_columns, G_N_ELEMENTS (product_columns) },
  [BP_REPORT_CUSTOMERS] = { customer_columns, G_N_ELEMENTS (customer_columns) },
  [BP_REPORT_STOCK] = { stock_columns, G_N_ELEMENTS (stock_columns) },
};

/**
 * bp_report_get_columns:
 * @kind: which figures
 * @n_columns: (out): how many
 *
 * Returns: (transfer none) (array length=n_columns): what people look at of
 *   its rows, in order
 */
const BpReportColumn *
bp_report_get_columns (BpReportKind kind,
                       guint       *n_columns)
{
  g_return_val_if_fail (kind < G_N_ELEMENTS (reports), NULL);

  *n_columns = reports[kind].n_columns;
  return reports[kind].columns;
}

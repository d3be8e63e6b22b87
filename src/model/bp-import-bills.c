/* Rows that are lines of bills, grouped by the bill's number. */
#include "config.h"

#include <string.h>

#include "bp-error.h"
#include "bp-id.h"
#include "bp-import-private.h"
#include "bp-shop-private.h"

#define N_(text) text

enum
{
  NUMBER,
  SALE_DATE,
  SKU,
  NAME,
  QUANTITY,
  UNIT_PRICE,
  DISCOUNT,
  TAX_RATE,
  CUSTOMER,
  PAID,
  N_FIELDS,
};

static const BpField fields[N_FIELDS] = {
  { "number", BP_FIELD_TEXT, BP_FIELD_NEEDED, N_("Number"), NULL, 0, 0 },
  { "sale_date", BP_FIELD_TIME, BP_FIELD_PLAIN, N_("Date"), NULL, 0, 0 },
  { "sku", BP_FIELD_TEXT, BP_FIELD_PLAIN, N_("SKU"), NULL, 0, 0 },
  { "name", BP_FIELD_TEXT, BP_FIELD_PLAIN, N_("Name"), NULL, 0, 0 },
  { "quantity", BP_FIELD_QUANTITY, BP_FIELD_NEEDED, N_("Quantity"), NULL, 0, 0 },
  { "unit_price", BP_FIELD_MONEY, BP_FIELD_PLAIN, N_("Rate"), NULL, 0, BP_INTEGER_MAX },
  { "discount", BP_FIELD_MONEY, BP_FIELD_PLAIN, N_("Discount"), NULL, 0, 0 },
  { "tax_rate", BP_FIELD_RATE, BP_FIELD_PLAIN, N_("Tax Rate"), NULL, 0, 1000000 },
  { "customer", BP_FIELD_TEXT, BP_FIELD_PLAIN, N_("Customer"), NULL, 0, 0 },
  { "paid", BP_FIELD_MONEY, BP_FIELD_PLAIN, N_("Paid"), NULL, 0, 0 },
};

/* What the rows say of a product that the shop may not know. */
typedef struct
{
  char *name; /* (owned) (nullable) */
  gint64 price;
  gboolean has_price;
} Product;

/* A row as read. */
typedef struct
{
  BpImportRow *row; /* (unowned) */
  BpValue values[N_FIELDS];
} Line;

typedef struct
{
  char *number;     /* (owned) */
  GPtrArray *rows;  /* (owned) (element-type BpImportRow) */
  GPtrArray *lines; /* (owned) (element-type Line) */
  guint bad_line;   /* of the file, where a row was bad; 0: none */
} Bill;

typedef struct
{
  GHashTable *products;  /* (owned): SKU → Product, as the file has it */
  GHashTable *skus;      /* (owned): SKU → product id, as the shop has it */
  GHashTable *customers; /* (owned) (nullable): name → id, of all customers */
  GPtrArray *made_skus;  /* (owned): that the bill under way made */
  char *made_customer;   /* (owned) (nullable): that it made */
} State;

static void
product_free (gpointer data)
{
  Product *product = data;

  g_free (product->name);
  g_free (product);
}

static void
line_free (gpointer data)
{
  Line *line = data;

  for (guint i = 0; i < N_FIELDS; i++)
    g_free (line->values[i].text);
  g_free (line);
}

static void
bill_free (gpointer data)
{
  Bill *bill = data;

  g_free (bill->number);
  g_ptr_array_unref (bill->rows);
  g_ptr_array_unref (bill->lines);
  g_free (bill);
}

static void
state_free (gpointer data)
{
  State *state = data;

  g_hash_table_unref (state->products);
  g_hash_table_unref (state->skus);
  g_clear_pointer (&state->customers, g_hash_table_unref);
  g_ptr_array_unref (state->made_skus);
  g_free (state->made_customer);
  g_free (state);
}

static const BpField *
get_fields (BpImport *self,
            guint    *n_fields)
{
  State *state = g_new0 (State, 1);

  state->products = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, product_free);
  state->skus = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, g_free);
  state->made_skus = g_ptr_array_new_with_free_func (g_free);
  self->state = state;
  self->free_state = state_free;
  *n_fields = N_FIELDS;
  return fields;
}

static gboolean
check_columns (BpImport *self,
               GError  **error)
{
  for (guint i = 0; i < N_FIELDS; i++)
    {
      if ((fields[i].flags & BP_FIELD_NEEDED) && self->columns[i] < 0)
        {
          g_set_error (error, BP_DATA_ERROR, BP_DATA_ERROR_MISSING_FIELD,
                       "No column of the file is “%s”", fields[i].name);
          return FALSE;
        }
    }

  return TRUE;
}

static gboolean
check_line (const Line *line,
            GError    **error)
{
  if (line->values[QUANTITY].kind == BP_VALUE_NULL || line->values[QUANTITY].integer == 0)
    {
      g_set_error (error, BP_DATA_ERROR, BP_DATA_ERROR_MISSING_FIELD, "“quantity” is missing");
      return FALSE;
    }
  if (line->values[SKU].kind == BP_VALUE_NULL && line->values[NAME].kind == BP_VALUE_NULL)
    {
      g_set_error (error, BP_DATA_ERROR, BP_DATA_ERROR_MISSING_FIELD,
                   "“sku” and “name” are both missing");
      return FALSE;
    }

  return TRUE;
}

static gboolean
read_line (BpImport *self,
           Line     *line,
           GError  **error)
{
  for (guint i = 0; i < N_FIELDS; i++)
    {
      if (!bp_import_read_cell (self, line->row, i, &line->values[i], error))
        return FALSE;
    }

  return check_line (line, error);
}

static Bill *
get_bill (BpImport    *self,
          BpImportRow *row,
          GHashTable  *by_number,
          GPtrArray   *bills)
{
  g_autofree char *number = g_strstrip (g_strdup (bp_import_get_cell (self, row, NUMBER)));
  Bill *bill = g_hash_table_lookup (by_number, number);

  if (number[0] == '\0')
    return NULL;
  if (bill != NULL)
    return bill;

  bill = g_new0 (Bill, 1);
  bill->number = g_steal_pointer (&number);
  bill->rows = g_ptr_array_new ();
  bill->lines = g_ptr_array_new_with_free_func (line_free);
  g_hash_table_insert (by_number, bill->number, bill);
  g_ptr_array_add (bills, bill);
  return bill;
}

static void
read_rows (BpImport  *self,
           GPtrArray *bills)
{
  g_autoptr (GHashTable) by_number = g_hash_table_new (g_str_hash, g_str_equal);

  for (guint i = 0; i < self->rows->len; i++)
    {
      BpImportRow *row = self->rows->pdata[i];
      Bill *bill = get_bill (self, row, by_number, bills);
      g_autoptr (GError) error = NULL;
      Line *line;

      if (bill == NULL)
        {
          bp_import_reject_row (self, row, "“number” is missing");
          continue;
        }
      line = g_new0 (Line, 1);
      line->row = row;
      g_ptr_array_add (bill->rows, row);
      g_ptr_array_add (bill->lines, line);
      if (read_line (self, line, &error))
        continue;
      bp_import_reject_row (self, row, error->message);
      if (bill->bad_line == 0)
        bill->bad_line = row->line;
    }
}

static void
reject_bill (BpImport   *self,
             const Bill *bill)
{
  g_autofree char *reason
    = g_strdup_printf ("line %u of the same bill cannot be read", bill->bad_line);

  for (guint i = 0; i < bill->rows->len; i++)
    bp_import_reject_row (self, bill->rows->pdata[i], reason);
}

static int
compare_lines (gconstpointer a,
               gconstpointer b)
{
  const Line *line_a = *(Line *const *)a;
  const Line *line_b = *(Line *const *)b;

  return line_a->row->line < line_b->row->line ? -1 : line_a->row->line > line_b->row->line;
}

/* In the file's order, over all bills that can be read. */
static void
note_products (State     *state,
               GPtrArray *bills)
{
  g_autoptr (GPtrArray) lines = g_ptr_array_new ();

  for (guint i = 0; i < bills->len; i++)
    g_ptr_array_extend (lines, ((Bill *)bills->pdata[i])->lines, NULL, NULL);
  g_ptr_array_sort (lines, compare_lines);

  for (guint i = 0; i < lines->len; i++)
    {
      const Line *line = lines->pdata[i];
      const char *sku = line->values[SKU].text;
      Product *product;

      if (sku == NULL)
        continue;
      product = g_hash_table_lookup (state->products, sku);
      if (product == NULL)
        {
          product = g_new0 (Product, 1);
          g_hash_table_insert (state->products, g_strdup (sku), product);
        }
      if (product->name == NULL)
        product->name = g_strdup (line->values[NAME].text);
      if (!product->has_price && line->values[UNIT_PRICE].kind != BP_VALUE_NULL)
        {
          product->price = line->values[UNIT_PRICE].integer;
          product->has_price = TRUE;
        }
    }
}

static GPtrArray *
make_items (BpImport *self)
{
  g_autoptr (GPtrArray) bills = g_ptr_array_new ();
  GPtrArray *items = g_ptr_array_new_with_free_func (bill_free);

  read_rows (self, bills);
  for (guint i = 0; i < bills->len; i++)
    {
      Bill *bill = bills->pdata[i];

      if (bill->bad_line == 0)
        {
          g_ptr_array_add (items, bill);
          continue;
        }
      reject_bill (self, bill);
      bill_free (bill);
    }
  note_products (self->state, items);
  return items;
}

static GPtrArray *
get_rows (gpointer item)
{
  return ((Bill *)item)->rows;
}

/* Makes a record whose id comes from a name, or restores it; one that lives
 * under that id stays as it is. An action of its own: a bill's must stay small. */
static gboolean
make_record (BpImport   *self,
             const char *id,
             BpChange   *change,
             GError    **error)
{
  const BpTable *table = change->table;
  gint64 now = bp_clock_get_now (bp_shop_get_clock (self->shop));
  g_autoptr (BpRow) row = NULL;

  if (!bp_import_get (self, table, id, &row, error))
    return FALSE;
  if (row != NULL && !row->state->is_deleted)
    return TRUE;

  return bp_shop_fill_in (self->profile, now, change, error)
         && bp_shop_save_one (self->shop, table, id,
                              row != NULL ? BP_OPERATION_UPDATE : BP_OPERATION_INSERT,
                              bp_change_copy (change), error)
         && bp_import_note (self, table, id, row != NULL ? row->state : NULL, error);
}

static const char *
find_product (BpImport   *self,
              const char *sku,
              GError    **error)
{
  State *state = self->state;
  const BpTable *products = bp_table_find ("products");
  const Product *product = g_hash_table_lookup (state->products, sku);
  const char *known = g_hash_table_lookup (state->skus, sku);
  g_autoptr (BpChange) change = NULL;
  g_autofree char *id = NULL;

  if (known != NULL)
    return known;
  if (!bp_shop_find_id (self->store, products, "sku", sku, &id, error))
    return NULL;

  if (id == NULL && !product->has_price)
    {
      g_set_error (error, BP_DATA_ERROR, BP_DATA_ERROR_MISSING_FIELD,
                   "“unit_price” is missing, and “%.64s” is not known", sku);
      return NULL;
    }
  if (id == NULL)
    {
      id = bp_id_new_from_name ("products", sku);
      change = bp_change_new (products);
      bp_change_set_text (change, "sku", sku);
      bp_change_set_text (change, "name", product->name != NULL ? product->name : sku);
      bp_change_set_integer (change, "price", product->price);
      if (!make_record (self, id, change, error))
        return NULL;
      g_ptr_array_add (state->made_skus, g_strdup (sku));
    }
  known = id;
  g_hash_table_insert (state->skus, g_strdup (sku), g_steal_pointer (&id));
  return known;
}

static gboolean
note_customer (const BpRow *row,
               gpointer     user_data)
{
  GHashTable *customers = user_data;
  const char *name = bp_change_get_text (row->state->data, "name");
  g_autofree char *trimmed = g_strstrip (g_strdup (name != NULL ? name : ""));

  if (!g_hash_table_contains (customers, trimmed))
    g_hash_table_insert (customers, g_steal_pointer (&trimmed), g_strdup (row->state->id));
  return TRUE;
}

static const char *
find_customer (BpImport   *self,
               const char *name,
               GError    **error)
{
  State *state = self->state;
  const BpTable *table = bp_table_find ("customers");
  const char *known;
  g_autoptr (BpChange) change = NULL;
  g_autofree char *id = NULL;

  if (state->customers == NULL)
    {
      state->customers = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, g_free);
      if (!bp_store_list (self->store, &(BpListFilter){ table, NULL, FALSE, -1 }, note_customer,
                          state->customers, error))
        return NULL;
    }
  known = g_hash_table_lookup (state->customers, name);
  if (known != NULL)
    return known;

  id = bp_id_new_from_name ("customers", name);
  change = bp_change_new (table);
  bp_change_set_text (change, "name", name);
  if (!make_record (self, id, change, error))
    return NULL;
  state->made_customer = g_strdup (name);
  known = id;
  g_hash_table_insert (state->customers, g_strdup (name), g_steal_pointer (&id));
  return known;
}

/* What was made for a bill that failed has been taken back. */
static void
forget_made (State *state)
{
  for (guint i = 0; i < state->made_skus->len; i++)
    g_hash_table_remove (state->skus, state->made_skus->pdata[i]);
  if (state->made_customer != NULL)
    g_hash_table_remove (state->customers, state->made_customer);
}

static const BpValue *
get_first (const Bill *bill,
           guint       field)
{
  for (guint i = 0; i < bill->lines->len; i++)
    {
      const Line *line = bill->lines->pdata[i];

      if (line->values[field].kind != BP_VALUE_NULL)
        return &line->values[field];
    }

  return NULL;
}

static gboolean
is_return (const Bill *bill)
{
  for (guint i = 0; i < bill->lines->len; i++)
    {
      const Line *line = bill->lines->pdata[i];

      if (line->values[QUANTITY].integer > 0)
        return FALSE;
    }

  return TRUE;
}

/* A discount is written as what it is taken from: of a line that comes back in
 * an exchange it is negative. */
static gint64
get_discount (gint64 discount,
              gint64 quantity)
{
  return (discount < 0) == (quantity < 0) ? discount : -discount;
}

static gboolean
add_line (BpImport    *self,
          BpSaleDraft *draft,
          const Line  *line,
          gboolean     turned,
          GError     **error)
{
  BpLineDraft *to = bp_line_draft_new ();
  const char *sku = line->values[SKU].text;

  g_ptr_array_add (draft->lines, to);
  if (sku != NULL)
    {
      const char *id = find_product (self, sku, error);

      if (id == NULL)
        return FALSE;
      to->product_id = g_strdup (id);
    }
  to->sku = g_strdup (sku);
  to->name = g_strdup (line->values[NAME].text);
  to->quantity = turned ? -line->values[QUANTITY].integer : line->values[QUANTITY].integer;
  to->discount = get_discount (line->values[DISCOUNT].integer, to->quantity);
  to->unit_price = line->values[UNIT_PRICE].integer;
  to->has_unit_price = line->values[UNIT_PRICE].kind != BP_VALUE_NULL;
  to->tax_rate = line->values[TAX_RATE].integer;
  to->has_tax_rate = line->values[TAX_RATE].kind != BP_VALUE_NULL;
  return TRUE;
}

static void
add_payment (BpSaleDraft   *draft,
             const BpValue *paid,
             gboolean       turned)
{
  BpPaymentDraft *payment;

  if (paid != NULL && paid->integer == 0)
    return;

  payment = bp_payment_draft_new (NULL);
  if (paid != NULL)
    {
      payment->amount = turned ? -ABS (paid->integer) : paid->integer;
      payment->has_amount = TRUE;
    }
  g_ptr_array_add (draft->payments, payment);
}

static BpSaleDraft *
make_draft (BpImport   *self,
            const Bill *bill,
            const char *id,
            GError    **error)
{
  g_autoptr (BpSaleDraft) draft = bp_sale_draft_new ();
  const BpValue *customer = get_first (bill, CUSTOMER);
  const BpValue *sale_date = get_first (bill, SALE_DATE);
  gboolean turned = is_return (bill);

  draft->id = g_strdup (id);
  draft->number = g_strdup (bill->number);
  draft->kind = g_strdup (turned ? "return" : "sale");
  draft->sale_date = sale_date != NULL ? sale_date->integer : 0;
  if (customer != NULL)
    {
      const char *customer_id = find_customer (self, customer->text, error);

      if (customer_id == NULL)
        return NULL;
      draft->customer_id = g_strdup (customer_id);
      draft->customer_name = g_strdup (customer->text);
    }
  for (guint i = 0; i < bill->lines->len; i++)
    {
      if (!add_line (self, draft, bill->lines->pdata[i], turned, error))
        return NULL;
    }
  add_payment (draft, get_first (bill, PAID), turned);
  return g_steal_pointer (&draft);
}

static gboolean
is_known (BpImport   *self,
          const Bill *bill,
          const char *id,
          gboolean   *known,
          GError    **error)
{
  const BpTable *sales = self->options->table;
  g_autoptr (BpRow) row = NULL;
  g_autofree char *other = NULL;

  if (!bp_import_get (self, sales, id, &row, error)
      || !bp_shop_find_id (self->store, sales, "number", bill->number, &other, error))
    return FALSE;

  *known = row != NULL || other != NULL;
  return TRUE;
}

/* A bill of nothing has a payment in the draft, but none in the books. */
static gboolean
note_payments (BpImport          *self,
               const BpSaleDraft *draft,
               const char        *sale_id,
               GError           **error)
{
  const BpTable *payments = bp_table_find ("payments");

  for (guint i = 0; i < draft->payments->len; i++)
    {
      g_autofree char *id = bp_shop_make_payment_id (sale_id, i);
      g_autoptr (BpRow) row = NULL;

      if (!bp_import_get (self, payments, id, &row, error))
        return FALSE;
      if (row != NULL && !bp_import_note (self, payments, id, NULL, error))
        return FALSE;
    }

  return TRUE;
}

static gboolean
add_bill (BpImport   *self,
          const Bill *bill,
          const char *id,
          GError    **error)
{
  g_autoptr (BpSaleDraft) draft = make_draft (self, bill, id, error);
  g_autofree char *sale_id = NULL;

  return draft != NULL
         && bp_shop_record_draft (self->shop, self->profile, draft, &sale_id, error)
         && bp_import_note (self, self->options->table, id, NULL, error)
         && note_payments (self, draft, id, error);
}

static gboolean
apply (BpImport *self,
       gpointer  item,
       GError  **error)
{
  const Bill *bill = item;
  State *state = self->state;
  g_autofree char *id = bp_id_new_from_name ("sales", bill->number);
  gboolean known;

  g_ptr_array_set_size (state->made_skus, 0);
  g_clear_pointer (&state->made_customer, g_free);
  if (!is_known (self, bill, id, &known, error))
    return FALSE;
  if (known)
    return TRUE;
  if (!add_bill (self, bill, id, error))
    {
      forget_made (state);
      return FALSE;
    }

  self->result->added++;
  return TRUE;
}

const BpImportKind bp_import_bills = {
  get_fields, check_columns, make_items, apply, get_rows,
};

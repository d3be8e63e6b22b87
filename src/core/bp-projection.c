/* Which figures a fact moves. Everything here is a sum, so that facts may
 * arrive in any order. */
#include "config.h"

#include "bp-projection.h"

#include "bp-line.h"

typedef struct
{
  const BpProjectionLookup *lookup; /* (unowned) */
  BpProjectionFunc func;
  gpointer user_data;
} Sink;

static void
emit (const Sink *sink,
      const char *table_name,
      const char *id,
      const char *field,
      gint64      amount)
{
  const BpTable *table = bp_table_find (table_name);

  if (id != NULL && amount != 0)
    sink->func (table, id, (guint)bp_table_find_field (table, field), amount, sink->user_data);
}

static void
count_sale (const Sink    *sink,
            const BpState *state,
            int            sign)
{
  const char *customer_id = bp_change_get_text (state->data, "customer_id");
  g_autoptr (GPtrArray) lines = NULL;

  if (g_strcmp0 (bp_change_get_text (state->data, "kind"), "return") == 0)
    sign = -sign;
  if (g_strcmp0 (bp_change_get_text (state->data, "status"), "posted") != 0)
    return;

  emit (sink, "customers", customer_id, "balance",
        sign * bp_change_get_integer (state->data, "total_amount"));
  lines = bp_lines_parse (bp_change_get_text (state->data, "lines"), NULL);
  for (guint i = 0; lines != NULL && i < lines->len; i++)
    {
      const BpLine *line = lines->pdata[i];

      emit (sink, "products", line->product_id, "stock", -sign * line->quantity);
    }
}

/* A sale that comes or goes takes the payments known of it along to its
 * customer. */
static void
count_payments_of_sale (const Sink    *sink,
                        const BpState *sale,
                        int            sign)
{
  const char *customer_id = bp_change_get_text (sale->data, "customer_id");

  if (customer_id != NULL)
    emit (sink, "customers", customer_id, "balance",
          -sign * sink->lookup->paid_of_sale (sale->id, sink->lookup->user_data));
}

static void
count_payment (const Sink    *sink,
               const BpState *state,
               int            sign)
{
  const char *sale_id = bp_change_get_text (state->data, "sale_id");
  gint64 amount = sign * bp_change_get_integer (state->data, "amount");
  g_autofree char *customer_id = NULL;

  if (sale_id != NULL)
    customer_id = sink->lookup->customer_of_sale (sale_id, sink->lookup->user_data);
  else
    customer_id = g_strdup (bp_change_get_text (state->data, "customer_id"));

  emit (sink, "sales", sale_id, "paid", amount);
  emit (sink, "customers", customer_id, "balance", -amount);
}

static void
count_movement (const Sink    *sink,
                const BpState *state,
                int            sign)
{
  emit (sink, "products", bp_change_get_text (state->data, "product_id"), "stock",
        sign * bp_change_get_integer (state->data, "quantity"));
}

static const BpState *
living (const BpState *state)
{
  return state != NULL && !state->is_deleted ? state : NULL;
}

/**
 * bp_projection_contribute:
 * @table: the table of the record that changed
 * @before: (nullable): the record before; %NULL where it did not exist
 * @after: (nullable): the record afterwards; %NULL where it no longer exists
 * @lookup: what is known of other records; asked only where it matters
 * @func: (scope call): called for each amount, also twice for one figure
 * @user_data: for @func
 *
 * Tells how figures of other records move when @before becomes @after (the
 * contract's section 1: stock, paid, balance). Nothing where neither is a
 * fact. Records must be handed in one after the other, each visible to
 * @lookup before the next; a sale's own payments are asked for when it comes
 * or goes, so they must not be counted twice.
 */
void
bp_projection_contribute (const BpTable            *table,
                          const BpState            *before,
                          const BpState            *after,
                          const BpProjectionLookup *lookup,
                          BpProjectionFunc          func,
                          gpointer                  user_data)
{
  static const struct
  {
    const char *table;
    void (*count) (const Sink    *sink,
                   const BpState *state,
                   int            sign);
  } counts[] = {
    { "sales", count_sale },
    { "payments", count_payment },
    { "stock_movements", count_movement },
  };
  Sink sink = { lookup, func, user_data };

  before = living (before);
  after = living (after);
  for (guint i = 0; i < G_N_ELEMENTS (counts); i++)
    {
      if (!g_str_equal (counts[i].table, table->name))
        continue;
      if (before != NULL)
        counts[i].count (&sink, before, -1);
      if (after != NULL)
        counts[i].count (&sink, after, 1);
      if (i == 0 && before == NULL && after != NULL)
        count_payments_of_sale (&sink, after, 1);
      if (i == 0 && before != NULL && after == NULL)
        count_payments_of_sale (&sink, before, -1);
    }
}

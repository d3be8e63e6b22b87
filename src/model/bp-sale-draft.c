#include "config.h"

#include "bp-shop.h"

/**
 * bp_line_draft_new:
 *
 * Returns: (transfer full): a line of which nothing is said
 */
BpLineDraft *
bp_line_draft_new (void)
{
  return g_new0 (BpLineDraft, 1);
}

static BpLineDraft *
copy_line (const BpLineDraft *line)
{
  BpLineDraft *copy = bp_line_draft_new ();

  *copy = *line;
  copy->product_id = g_strdup (line->product_id);
  copy->sku = g_strdup (line->sku);
  copy->name = g_strdup (line->name);
  copy->unit = g_strdup (line->unit);
  copy->tax_code = g_strdup (line->tax_code);
  return copy;
}

/**
 * bp_line_draft_free:
 * @line: (nullable) (transfer full): a line
 */
void
bp_line_draft_free (BpLineDraft *line)
{
  if (line == NULL)
    return;

  g_free (line->product_id);
  g_free (line->sku);
  g_free (line->name);
  g_free (line->unit);
  g_free (line->tax_code);
  g_free (line);
}

/**
 * bp_payment_draft_new:
 * @method: (nullable): one of the methods of `payments`; cash where %NULL
 *
 * Returns: (transfer full): a payment of what is left to pay
 */
BpPaymentDraft *
bp_payment_draft_new (const char *method)
{
  BpPaymentDraft *payment = g_new0 (BpPaymentDraft, 1);

  payment->method = g_strdup (method);
  return payment;
}

static BpPaymentDraft *
copy_payment (const BpPaymentDraft *payment)
{
  BpPaymentDraft *copy = bp_payment_draft_new (payment->method);

  copy->note = g_strdup (payment->note);
  copy->amount = payment->amount;
  copy->has_amount = payment->has_amount;
  return copy;
}

/**
 * bp_payment_draft_free:
 * @payment: (nullable) (transfer full): a payment
 */
void
bp_payment_draft_free (BpPaymentDraft *payment)
{
  if (payment == NULL)
    return;

  g_free (payment->method);
  g_free (payment->note);
  g_free (payment);
}

/**
 * bp_sale_draft_new:
 *
 * Returns: (transfer full): a sale without lines; what is not set has the
 *   default of the contract: a posted sale of now
 */
BpSaleDraft *
bp_sale_draft_new (void)
{
  BpSaleDraft *draft = g_new0 (BpSaleDraft, 1);

  draft->lines = g_ptr_array_new_with_free_func ((GDestroyNotify)bp_line_draft_free);
  draft->payments = g_ptr_array_new_with_free_func ((GDestroyNotify)bp_payment_draft_free);
  return draft;
}

/**
 * bp_sale_draft_copy:
 * @draft: a sale
 *
 * Returns: (transfer full): a copy that shares nothing with it
 */
BpSaleDraft *
bp_sale_draft_copy (const BpSaleDraft *draft)
{
  BpSaleDraft *copy = bp_sale_draft_new ();

  copy->id = g_strdup (draft->id);
  copy->number = g_strdup (draft->number);
  copy->customer_id = g_strdup (draft->customer_id);
  copy->customer_name = g_strdup (draft->customer_name);
  copy->kind = g_strdup (draft->kind);
  copy->status = g_strdup (draft->status);
  copy->refers_to = g_strdup (draft->refers_to);
  copy->note = g_strdup (draft->note);
  copy->sale_date = draft->sale_date;
  copy->discount = draft->discount;
  for (guint i = 0; i < draft->lines->len; i++)
    g_ptr_array_add (copy->lines, copy_line (draft->lines->pdata[i]));
  for (guint i = 0; i < draft->payments->len; i++)
    g_ptr_array_add (copy->payments, copy_payment (draft->payments->pdata[i]));
  return copy;
}

/**
 * bp_sale_draft_free:
 * @draft: (nullable) (transfer full): a sale
 */
void
bp_sale_draft_free (BpSaleDraft *draft)
{
  if (draft == NULL)
    return;

  g_free (draft->id);
  g_free (draft->number);
  g_free (draft->customer_id);
  g_free (draft->customer_name);
  g_free (draft->kind);
  g_free (draft->status);
  g_free (draft->refers_to);
  g_free (draft->note);
  g_ptr_array_unref (draft->lines);
  g_ptr_array_unref (draft->payments);
  g_free (draft);
}

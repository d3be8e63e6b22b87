#include "config.h"

#include "bp-sale-payment.h"

#include "bp-money.h"

#include <glib/gi18n.h>

#define N_METHODS 4
#define ACCOUNT "account"

struct _BpSalePayment
{
  AdwBin parent_instance;

  GtkLabel *items_title; /* (unowned), as all widgets here */
  GtkLabel *items;
  GtkWidget *discount_row;
  GtkLabel *discount;
  GtkWidget *tax_row;
  GtkLabel *tax_title;
  GtkLabel *tax;
  GtkWidget *round_off_row;
  GtkLabel *round_off;
  GtkLabel *total;
  GtkToggleButton *method_buttons[N_METHODS];
  GtkWidget *tendered_row;
  GtkEditable *tendered;
  GtkWidget *change_row;
  GtkLabel *change_title;
  GtkLabel *change;
  GtkLabel *note;

  BpSaleCart *cart;      /* (owned) (nullable) */
  BpFormat *format;      /* (owned) (nullable) */
};

G_DEFINE_FINAL_TYPE (BpSalePayment, bp_sale_payment, ADW_TYPE_BIN)

enum
{
  ACTIVATED,
  N_SIGNALS
};

static guint signals[N_SIGNALS];

static const char *const methods[N_METHODS] = { "cash", "upi", "card", ACCOUNT };

static const char *
get_method (BpSalePayment *self)
{
  for (guint i = 0; i < N_METHODS; i++)
    {
      if (gtk_toggle_button_get_active (self->method_buttons[i]))
        return methods[i];
    }

  return methods[0];
}

static void
show_money (BpSalePayment *self,
            GtkLabel      *label,
            gint64         amount)
{
  g_autofree char *text = bp_format_money (self->format, NULL, amount);

  gtk_label_set_text (label, text);
}

/* Two halves, where the shop's tax has them. */
static void
show_tax (BpSalePayment      *self,
          const BpSaleTotals *totals)
{
  g_autofree char *half = NULL;
  g_autofree char *tooltip = NULL;

  gtk_widget_set_visible (self->tax_row, totals->tax != 0);
  gtk_label_set_text (self->tax_title, totals->inclusive ? _("Including tax") : _("Tax"));
  show_money (self, self->tax, totals->tax);
  if (bp_format_get_profile (self->format)->tax_split)
    {
      half = bp_format_money (self->format, NULL, totals->tax / 2);
      /* Translators: the two halves of India's tax, of one amount each. */
      tooltip = g_strdup_printf (_("CGST %s + SGST %s"), half, half);
    }
  gtk_widget_set_tooltip_text (self->tax_row, tooltip);
}

/* Returns %FALSE where what is typed is no amount. An empty entry is the
 * exact amount. */
static gboolean
read_tendered (BpSalePayment *self,
               gint64        *amount,
               GError       **error)
{
  g_autofree char *text = g_strstrip (g_strdup (gtk_editable_get_text (self->tendered)));
  int decimals = bp_money_get_decimals (bp_format_get_profile (self->format)->currency);

  *amount = bp_sale_cart_get_totals (self->cart)->total;
  return text[0] == '\0' || bp_money_parse (text, decimals, amount, error);
}

static void
show_change (BpSalePayment *self)
{
  gint64 total = bp_sale_cart_get_totals (self->cart)->total;
  gint64 tendered = 0;
  gboolean is_good = read_tendered (self, &tendered, NULL);
  gboolean is_cash = g_str_equal (get_method (self), methods[0]);

  gtk_widget_set_visible (self->tendered_row, is_cash);
  gtk_widget_set_visible (self->change_row,
                          is_cash && is_good && gtk_editable_get_text (self->tendered)[0] != '\0');
  if (is_good)
    gtk_widget_remove_css_class (GTK_WIDGET (self->tendered), "error");
  else
    gtk_widget_add_css_class (GTK_WIDGET (self->tendered), "error");
  gtk_label_set_text (self->change_title, tendered >= total ? _("Change") : _("Still due"));
  show_money (self, self->change, ABS (tendered - total));
}

static void
show_note (BpSalePayment *self)
{
  gboolean on_account = g_str_equal (get_method (self), ACCOUNT);

  gtk_label_set_text (self->note,
                      on_account ? _("Nothing is paid now: the customer owes the total.") : "");
  gtk_widget_set_visible (GTK_WIDGET (self->note), on_account);
}

static void
update (BpSalePayment *self)
{
  const BpSaleTotals *totals;
  guint n_lines;
  g_autofree char *items = NULL;

  if (self->cart == NULL)
    return;

  totals = bp_sale_cart_get_totals (self->cart);
  n_lines = g_list_model_get_n_items (bp_sale_cart_get_lines (self->cart));
  items = g_strdup_printf (ngettext ("%u item", "%u items", n_lines), n_lines);
  gtk_label_set_text (self->items_title, items);
  show_money (self, self->items, totals->gross);
  gtk_widget_set_visible (self->discount_row, totals->discount != 0);
  show_money (self, self->discount, -totals->discount);
  show_tax (self, totals);
  gtk_widget_set_visible (self->round_off_row, totals->round_off != 0);
  show_money (self, self->round_off, totals->round_off);
  show_money (self, self->total, totals->total);
  show_change (self);
  show_note (self);
}

static void
on_method_toggled (BpSalePayment   *self,
                   GtkToggleButton *button)
{
  if (gtk_toggle_button_get_active (button))
    update (self);
}

static void
on_tendered_activate (BpSalePayment *self)
{
  g_signal_emit (self, signals[ACTIVATED], 0);
}

static void
bp_sale_payment_dispose (GObject *object)
{
  BpSalePayment *self = BP_SALE_PAYMENT (object);

  g_clear_object (&self->cart);
  g_clear_object (&self->format);
  gtk_widget_dispose_template (GTK_WIDGET (self), BP_TYPE_SALE_PAYMENT);

  G_OBJECT_CLASS (bp_sale_payment_parent_class)->dispose (object);
}

static void
bind_method (GtkWidgetClass *widget_class,
             guint           index)
{
  g_autofree char *name = g_strdup_printf ("%s_button", methods[index]);

  gtk_widget_class_bind_template_child_full (
    widget_class, name, FALSE,
    G_STRUCT_OFFSET (BpSalePayment, method_buttons) + (gssize)(index * sizeof (gpointer)));
}

static void
bp_sale_payment_class_init (BpSalePaymentClass *klass)
{
  GObjectClass *object_class = G_OBJECT_CLASS (klass);
  GtkWidgetClass *widget_class = GTK_WIDGET_CLASS (klass);

  object_class->dispose = bp_sale_payment_dispose;

  /**
   * BpSalePayment::activated:
   * @self: the payment
   *
   * Emitted when Enter is pressed on what was handed over.
   */
  signals[ACTIVATED] = g_signal_new ("activated", BP_TYPE_SALE_PAYMENT, G_SIGNAL_RUN_LAST, 0,
                                     NULL, NULL, NULL, G_TYPE_NONE, 0);

  gtk_widget_class_set_template_from_resource (
    widget_class, "/io/github/bizpulse/BizPulse/bp-sale-payment.ui");
  gtk_widget_class_bind_template_child (widget_class, BpSalePayment, items_title);
  gtk_widget_class_bind_template_child (widget_class, BpSalePayment, items);
  gtk_widget_class_bind_template_child (widget_class, BpSalePayment, discount_row);
  gtk_widget_class_bind_template_child (widget_class, BpSalePayment, discount);
  gtk_widget_class_bind_template_child (widget_class, BpSalePayment, tax_row);
  gtk_widget_class_bind_template_child (widget_class, BpSalePayment, tax_title);
  gtk_widget_class_bind_template_child (widget_class, BpSalePayment, tax);
  gtk_widget_class_bind_template_child (widget_class, BpSalePayment, round_off_row);
  gtk_widget_class_bind_template_child (widget_class, BpSalePayment, round_off);
  gtk_widget_class_bind_template_child (widget_class, BpSalePayment, total);
  gtk_widget_class_bind_template_child (widget_class, BpSalePayment, tendered_row);
  gtk_widget_class_bind_template_child (widget_class, BpSalePayment, tendered);
  gtk_widget_class_bind_template_child (widget_class, BpSalePayment, change_row);
  gtk_widget_class_bind_template_child (widget_class, BpSalePayment, change_title);
  gtk_widget_class_bind_template_child (widget_class, BpSalePayment, change);
  gtk_widget_class_bind_template_child (widget_class, BpSalePayment, note);
  for (guint i = 0; i < N_METHODS; i++)
    bind_method (widget_class, i);
  gtk_widget_class_bind_template_callback (widget_class, update);
  gtk_widget_class_bind_template_callback (widget_class, on_method_toggled);
  gtk_widget_class_bind_template_callback (widget_class, on_tendered_activate);
}

static void
bp_sale_payment_init (BpSalePayment *self)
{
  gtk_widget_init_template (GTK_WIDGET (self));
}

/**
 * bp_sale_payment_set_cart:
 * @self: a payment without a bill
 * @cart: the bill
 * @format: how values are written
 */
void
bp_sale_payment_set_cart (BpSalePayment *self,
                          BpSaleCart    *cart,
                          BpFormat      *format)
{
  self->cart = g_object_ref (cart);
  self->format = g_object_ref (format);
  gtk_accessible_update_property (
    GTK_ACCESSIBLE (gtk_editable_get_delegate (self->tendered)), GTK_ACCESSIBLE_PROPERTY_LABEL,
    _("Tendered"), -1);
  g_signal_connect_object (cart, "changed", G_CALLBACK (update), self, G_CONNECT_SWAPPED);
  g_signal_connect_object (format, "changed", G_CALLBACK (update), self, G_CONNECT_SWAPPED);
  update (self);
}

/**
 * bp_sale_payment_set_method:
 * @self: a payment
 * @method: `cash`, `upi`, `card` or `account`
 */
void
bp_sale_payment_set_method (BpSalePayment *self,
                            const char    *method)
{
  for (guint i = 0; i < N_METHODS; i++)
    {
      if (g_str_equal (methods[i], method))
        gtk_toggle_button_set_active (self->method_buttons[i], TRUE);
    }
}

/**
 * bp_sale_payment_focus_tendered:
 * @self: a payment
 *
 * Goes to what the customer hands over.
 */
void
bp_sale_payment_focus_tendered (BpSalePayment *self)
{
  gtk_widget_grab_focus (GTK_WIDGET (self->tendered));
}

static gboolean
check_rest (const BpSaleDraft *draft,
            gint64             rest,
            GError           **error)
{
  if (rest == 0 || draft->customer_name != NULL)
    return TRUE;

  g_set_error_literal (error, G_IO_ERROR, G_IO_ERROR_INVALID_DATA,
                       _("Who owes the rest? Enter the customer first (Ctrl+U)."));
  return FALSE;
}

/**
 * bp_sale_payment_add_to:
 * @self: a payment
 * @draft: the sale, with its customer
 * @error: what the user has to mend
 *
 * Adds what is paid now; the rest is left on the customer's account.
 *
 * Returns: whether the sale can be saved so
 */
gboolean
bp_sale_payment_add_to (BpSalePayment *self,
                        BpSaleDraft   *draft,
                        GError       **error)
{
  const char *method = get_method (self);
  gint64 total = bp_sale_cart_get_totals (self->cart)->total;
  gint64 paid = total;
  BpPaymentDraft *payment;

  if (g_str_equal (method, methods[0]) && !read_tendered (self, &paid, error))
    return FALSE;
  if (g_str_equal (method, ACCOUNT))
    paid = 0;
  else
    paid = total >= 0 ? CLAMP (paid, 0, total) : total;
  if (!check_rest (draft, total - paid, error))
    return FALSE;
  if (paid == 0)
    return TRUE;

  payment = bp_payment_draft_new (method);
  payment->has_amount = paid != total;
  payment->amount = paid;
  g_ptr_array_add (draft->payments, payment);
  return TRUE;
}

/**
 * bp_sale_payment_reset:
 * @self: a payment
 *
 * Ready for the next sale: in cash, nothing handed over.
 */
void
bp_sale_payment_reset (BpSalePayment *self)
{
  gtk_toggle_button_set_active (self->method_buttons[0], TRUE);
  gtk_editable_set_text (self->tendered, "");
  update (self);
}

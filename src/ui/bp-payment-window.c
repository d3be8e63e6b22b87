#include "config.h"

#include "bp-payment-window.h"

#include "bp-bulk.h"
#include "bp-id.h"
#include "bp-field-editor.h"
#include "bp-match-entry.h"
#include "bp-trouble.h"

#include <glib/gi18n.h>

struct _BpPaymentWindow
{
  AdwWindow parent_instance;

  GtkWidget *customer_row;    /* (unowned), as all widgets here */
  BpMatchEntry *customer;
  GtkLabel *owes;
  AdwComboRow *bill;
  AdwPreferencesGroup *fields;
  GtkLabel *fault;
  GtkWidget *save_button;

  GtkWidget *page;            /* (owned): what it was opened from */
  BpFormat *format;           /* (owned) */
  BpShop *shop;               /* (owned) */
  BpFieldEditor *amount;      /* (owned) */
  BpFieldEditor *method;      /* (owned) */
  BpFieldEditor *note;        /* (owned) */
  char *customer_id;          /* (owned) (nullable) */
  char *wanted_sale;          /* (owned) (nullable): chosen as soon as bills are known */
  GPtrArray *bills;           /* (owned) (element-type BpRow) */
  GCancellable *reading;      /* (owned) */
  gboolean saving;
};

G_DEFINE_FINAL_TYPE (BpPaymentWindow, bp_payment_window, ADW_TYPE_WINDOW)

static const BpTable *
get_table (void)
{
  return bp_table_find ("payments");
}

static const BpField *
get_field (const char *name)
{
  return &get_table ()->fields[bp_table_find_field (get_table (), name)];
}

static void
show_fault (BpPaymentWindow *self,
            const char      *message)
{
  gtk_label_set_text (self->fault, message != NULL ? message : "");
  gtk_widget_set_visible (GTK_WIDGET (self->fault), message != NULL);
}

/* The bill that is chosen; %NULL for what is paid on account. */
static const BpRow *
get_bill (BpPaymentWindow *self)
{
  guint selected = adw_combo_row_get_selected (self->bill);

  return self->bills != NULL && selected > 0 && selected <= self->bills->len
           ? self->bills->pdata[selected - 1]
           : NULL;
}

static gint64
get_due (const BpRow *bill)
{
  return bp_change_get_integer (bill->state->data, "total_amount")
         - bp_change_get_integer (bill->state->data, "paid");
}

static void
on_bill_selected (BpPaymentWindow *self)
{
  const BpRow *bill = get_bill (self);
  BpValue due = { BP_VALUE_INTEGER, bill != NULL ? get_due (bill) : 0, NULL };

  if (bill != NULL && !bp_field_editor_is_changed (self->amount))
    bp_field_editor_reset (self->amount, &due);
}

static void
show_bills (BpPaymentWindow *self)
{
  g_autoptr (GtkStringList) labels = gtk_string_list_new (NULL);
  guint selected = 0;

  gtk_string_list_append (labels, _("On account"));
  for (guint i = 0; self->bills != NULL && i < self->bills->len; i++)
    {
      const BpRow *bill = self->bills->pdata[i];
      const char *number = bp_change_get_text (bill->state->data, "number");
      g_autofree char *due = bp_format_money (self->format, NULL, get_due (bill));
      /* Translators: a bill's number and what is left to pay of it. */
      g_autofree char *label = g_strdup_printf (_("%s · %s due"), number, due);

      gtk_string_list_append (labels, label);
      if (g_strcmp0 (bill->state->id, self->wanted_sale) == 0)
        selected = i + 1;
    }
  adw_combo_row_set_model (self->bill, G_LIST_MODEL (labels));
  adw_combo_row_set_selected (self->bill, selected);
  gtk_widget_set_sensitive (GTK_WIDGET (self->bill), self->bills != NULL && self->bills->len > 0);
  on_bill_selected (self);
}

static void
drop_gone (GPtrArray *rows)
{
  for (guint i = rows->len; i > 0; i--)
    {
      if (rows->pdata[i - 1] == NULL)
        g_ptr_array_remove_index (rows, i - 1);
    }
}

static void
on_bills_found (GObject      *source,
                GAsyncResult *result,
                gpointer      user_data)
{
  g_autoptr (BpPaymentWindow) self = user_data;
  g_autoptr (GError) error = NULL;
  g_autoptr (GPtrArray) bills = bp_shop_find_unpaid_finish (BP_SHOP (source), result, &error);

  if (g_error_matches (error, G_IO_ERROR, G_IO_ERROR_CANCELLED))
    return;
  if (bills == NULL)
    {
      show_fault (self, error->message);
      return;
    }

  drop_gone (bills);
  g_clear_pointer (&self->bills, g_ptr_array_unref);
  self->bills = g_steal_pointer (&bills);
  show_bills (self);
}

static void
update_save (BpPaymentWindow *self)
{
  gtk_widget_set_sensitive (self->save_button, self->customer_id != NULL && !self->saving);
}

static void
forget_customer (BpPaymentWindow *self)
{
  g_cancellable_cancel (self->reading);
  g_object_unref (self->reading);
  self->reading = g_cancellable_new ();
  g_clear_pointer (&self->customer_id, g_free);
  g_clear_pointer (&self->bills, g_ptr_array_unref);
  gtk_label_set_text (self->owes, "");
  show_bills (self);
  update_save (self);
}

static void
choose_customer (BpPaymentWindow *self,
                 const BpState   *state)
{
  const char *name = bp_change_get_text (state->data, "name");
  gint64 balance = bp_change_get_integer (state->data, "balance");
  g_autofree char *money = bp_format_money (self->format, NULL, balance);
  g_autofree char *text = g_strdup_printf (_("Owes %s"), money);
  BpValue amount = { BP_VALUE_INTEGER, MAX (balance, 0), NULL };

  forget_customer (self);
  self->customer_id = g_strdup (state->id);
  bp_match_entry_set_text (self->customer, name != NULL ? name : "");
  gtk_label_set_text (self->owes, text);
  if (!bp_field_editor_is_changed (self->amount))
    bp_field_editor_reset (self->amount, &amount);
  bp_shop_find_unpaid_async (self->shop, self->customer_id, self->reading, on_bills_found,
                             g_object_ref (self));
  update_save (self);
  bp_field_editor_grab_focus (self->amount);
}

static void
on_customer_picked (BpPaymentWindow *self,
                    BpRecord        *record)
{
  choose_customer (self, bp_record_get_state (record));
}

static void
on_customer_typed (BpPaymentWindow *self)
{
  if (self->customer_id != NULL)
    forget_customer (self);
  show_fault (self, NULL);
}

static void
on_customer_read (GObject      *source,
                  GAsyncResult *result,
                  gpointer      user_data)
{
  g_autoptr (BpPaymentWindow) self = user_data;
  g_autoptr (GError) error = NULL;
  g_autoptr (BpRow) row = bp_record_read_finish (BP_SHOP (source), result, &error);

  if (row != NULL)
    choose_customer (self, row->state);
  else if (!g_error_matches (error, G_IO_ERROR, G_IO_ERROR_CANCELLED))
    show_fault (self, error->message);
}

static gboolean
read_into (BpChange      *change,
           BpFieldEditor *editor)
{
  g_auto (BpValue) value = { 0 };

  if (!bp_field_editor_read (editor, &value))
    return FALSE;

  bp_change_set (change,
                 (guint)bp_table_find_field (change->table,
                                             bp_field_editor_get_field (editor)->name),
                 &value);
  return TRUE;
}

/* (transfer full) (nullable) */
static BpChange *
read_payment (BpPaymentWindow *self)
{
  g_autoptr (BpChange) change = bp_change_new (get_table ());
  const BpRow *bill = get_bill (self);
  gint64 amount;

  if (!read_into (change, self->amount) || !read_into (change, self->method)
      || !read_into (change, self->note))
    return NULL;

  amount = bp_change_get_integer (change, "amount");
  if (amount <= 0)
    {
      bp_field_editor_show_fault (self->amount, _("How much is received?"));
      return NULL;
    }
  if (bill != NULL && amount > get_due (bill))
    {
      bp_field_editor_show_fault (self->amount, _("This is more than what is left of the bill"));
      return NULL;
    }

  bp_change_set_text (change, "customer_id", self->customer_id);
  if (bill != NULL)
    bp_change_set_text (change, "sale_id", bill->state->id);
  return g_steal_pointer (&change);
}

static void
on_saved (gpointer object,
          gboolean done)
{
  BpPaymentWindow *self = object;

  self->saving = FALSE;
  if (done)
    {
      gtk_window_destroy (GTK_WINDOW (self));
      return;
    }
  show_fault (self, _("The payment was not saved."));
  update_save (self);
}

static void
save (GtkWidget  *widget,
      const char *action_name,
      GVariant   *parameter)
{
  BpPaymentWindow *self = BP_PAYMENT_WINDOW (widget);
  g_autoptr (BpChange) change = NULL;
  g_autofree char *id = NULL;
  g_autofree char *money = NULL;
  g_autofree char *text = NULL;
  GPtrArray *writes;

  if (self->customer_id == NULL || self->saving)
    return;
  change = read_payment (self);
  if (change == NULL)
    return;

  id = bp_id_new (bp_shop_get_clock (self->shop));
  money = bp_format_money (self->format, NULL, bp_change_get_integer (change, "amount"));
  text = g_strdup_printf (_("%s received"), money);
  writes = g_ptr_array_new_with_free_func ((GDestroyNotify)bp_write_free);
  g_ptr_array_add (writes, bp_write_new (get_table (), id, BP_OPERATION_INSERT,
                                         g_steal_pointer (&change)));
  self->saving = TRUE;
  update_save (self);
  bp_bulk_save (self->page, self->shop, writes, text, on_saved, self);
}

static void
bp_payment_window_dispose (GObject *object)
{
  BpPaymentWindow *self = BP_PAYMENT_WINDOW (object);

  g_cancellable_cancel (self->reading);
  g_clear_object (&self->page);
  g_clear_object (&self->amount);
  g_clear_object (&self->method);
  g_clear_object (&self->note);
  gtk_widget_dispose_template (GTK_WIDGET (self), BP_TYPE_PAYMENT_WINDOW);

  G_OBJECT_CLASS (bp_payment_window_parent_class)->dispose (object);
}

static void
bp_payment_window_finalize (GObject *object)
{
  BpPaymentWindow *self = BP_PAYMENT_WINDOW (object);

  g_clear_object (&self->reading);
  g_clear_object (&self->format);
  g_clear_object (&self->shop);
  g_clear_pointer (&self->bills, g_ptr_array_unref);
  g_free (self->customer_id);
  g_free (self->wanted_sale);

  G_OBJECT_CLASS (bp_payment_window_parent_class)->finalize (object);
}

static void
bp_payment_window_class_init (BpPaymentWindowClass *klass)
{
  GtkWidgetClass *widget_class = GTK_WIDGET_CLASS (klass);

  G_OBJECT_CLASS (klass)->dispose = bp_payment_window_dispose;
  G_OBJECT_CLASS (klass)->finalize = bp_payment_window_finalize;

  g_type_ensure (BP_TYPE_MATCH_ENTRY);
  gtk_widget_class_set_template_from_resource (
    widget_class, "/io/github/bizpulse/BizPulse/bp-payment-window.ui");
  gtk_widget_class_bind_template_child (widget_class, BpPaymentWindow, customer_row);
  gtk_widget_class_bind_template_child (widget_class, BpPaymentWindow, customer);
  gtk_widget_class_bind_template_child (widget_class, BpPaymentWindow, owes);
  gtk_widget_class_bind_template_child (widget_class, BpPaymentWindow, bill);
  gtk_widget_class_bind_template_child (widget_class, BpPaymentWindow, fields);
  gtk_widget_class_bind_template_child (widget_class, BpPaymentWindow, fault);
  gtk_widget_class_bind_template_child (widget_class, BpPaymentWindow, save_button);
  gtk_widget_class_bind_template_callback (widget_class, on_customer_picked);
  gtk_widget_class_bind_template_callback (widget_class, on_customer_typed);
  gtk_widget_class_bind_template_callback (widget_class, on_bill_selected);
  gtk_widget_class_install_action (widget_class, "payment.save", NULL, save);
  gtk_widget_class_add_binding_action (widget_class, GDK_KEY_s, GDK_CONTROL_MASK, "payment.save",
                                       NULL);
  gtk_widget_class_add_binding_action (widget_class, GDK_KEY_Escape, 0, "window.close", NULL);
}

static void
bp_payment_window_init (BpPaymentWindow *self)
{
  gtk_widget_init_template (GTK_WIDGET (self));
  self->reading = g_cancellable_new ();
}

static BpFieldEditor *
add_editor (BpPaymentWindow *self,
            const char      *name)
{
  BpFieldEditor *editor = bp_field_editor_new (get_field (name), self->format);

  bp_field_editor_add_to (editor, self->fields);
  return editor;
}

/**
 * bp_payment_window_show:
 * @widget: where toasts are shown; its window is the parent
 * @format: how values are written, and the shop
 * @customer_id: (nullable): who pays; to be chosen where %NULL
 * @sale_id: (nullable): for which bill
 *
 * Opens the window.
 */
void
bp_payment_window_show (GtkWidget  *widget,
                        BpFormat   *format,
                        const char *customer_id,
                        const char *sale_id)
{
  BpPaymentWindow *self = g_object_new (BP_TYPE_PAYMENT_WINDOW, "transient-for",
                                        gtk_widget_get_root (widget), NULL);
  BpValue cash = { BP_VALUE_TEXT, 0, (char *)"cash" };

  self->page = g_object_ref (widget);
  self->format = g_object_ref (format);
  self->shop = g_object_ref (bp_format_get_shop (format));
  self->wanted_sale = g_strdup (sale_id);
  bp_match_entry_set_table (self->customer, bp_table_find ("customers"), "phone", format);
  self->amount = add_editor (self, "amount");
  self->method = add_editor (self, "method");
  self->note = add_editor (self, "note");
  bp_field_editor_reset (self->method, &cash);
  show_bills (self);
  update_save (self);
  gtk_window_present (GTK_WINDOW (self));
  gtk_widget_grab_focus (GTK_WIDGET (self->customer));
  if (customer_id != NULL)
    bp_record_read_async (self->shop, bp_table_find ("customers"), customer_id, self->reading,
                          on_customer_read, g_object_ref (self));
}

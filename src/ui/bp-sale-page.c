/* What is scanned is looked up one after the other in the order it came; what
 * comes while a sale is being saved waits for the next one. Nothing here waits
 * for the disk, nothing at all for the network. */
#include "config.h"

#include "bp-sale-page.h"

#include "bp-hold.h"
#include "bp-id.h"
#include "bp-match-entry.h"
#include "bp-notice.h"
#include "bp-sale-line-row.h"
#include "bp-sale-payment.h"
#include "bp-side-layout.h"
#include "bp-trouble.h"

#include <glib/gi18n.h>
#include <string.h>

struct _BpSalePage
{
  GtkWidget parent_instance;

  BpMatchEntry *scan;      /* (unowned), as all widgets here */
  BpMatchEntry *customer;
  GtkLabel *fault;
  GtkStack *stack;
  GtkListBox *list;
  GtkWidget *keys;
  BpSalePayment *payment;

  BpFormat *format;        /* (owned) */
  BpShop *shop;            /* (owned) */
  BpSaleCart *cart;        /* (owned) */
  char *sale_id;           /* (owned): of the sale that is being made */
  char *customer_id;       /* (owned) (nullable): where one was chosen */
  GQueue scanned;          /* (element-type utf8): to be looked up, the first just now */
  GCancellable *cancellable; /* (owned) */
  gboolean saving;
  gboolean save_wanted;    /* as soon as all that was scanned is there */
};

G_DEFINE_FINAL_TYPE (BpSalePage, bp_sale_page, GTK_TYPE_WIDGET)

enum
{
  SAVED,
  CLOSED,
  N_SIGNALS
};

static guint signals[N_SIGNALS];

/* Lines that were taken away, for the toast that brings them back. */
typedef struct
{
  GWeakRef page;
  char *sale_id;    /* (owned) (nullable): of the only sale they belong to */
  guint position;
  GPtrArray *lines; /* (owned) (element-type BpSaleLine) */
} Removal;

static void
removal_free (gpointer data)
{
  Removal *removal = data;

  g_weak_ref_clear (&removal->page);
  g_free (removal->sale_id);
  g_clear_pointer (&removal->lines, g_ptr_array_unref);
  g_free (removal);
}

static void
show_fault (BpSalePage *self,
            const char *message)
{
  gtk_label_set_text (self->fault, message != NULL ? message : "");
  gtk_widget_set_visible (GTK_WIDGET (self->fault), message != NULL);
}

static void
focus_scan (BpSalePage *self)
{
  gtk_widget_grab_focus (GTK_WIDGET (self->scan));
}

static void
update (BpSalePage *self)
{
  gboolean is_empty = bp_sale_cart_is_empty (self->cart);
  const char *fault = bp_sale_cart_get_fault (self->cart);

  gtk_stack_set_visible_child_name (self->stack, is_empty ? "empty" : "lines");
  gtk_widget_set_visible (self->keys, !is_empty);
  gtk_widget_set_sensitive (GTK_WIDGET (self->list), !self->saving);
  gtk_widget_set_sensitive (GTK_WIDGET (self->payment), !self->saving);
  gtk_widget_action_set_enabled (GTK_WIDGET (self), "sale.save",
                                 !self->saving && (!is_empty || self->scanned.length > 0));
  gtk_widget_action_set_enabled (GTK_WIDGET (self), "sale.discard", !self->saving);
  if (fault != NULL)
    show_fault (self, fault);
}

/* The line that the keys are for. */
static BpSaleLineRow *
get_row (BpSalePage *self)
{
  GtkWidget *focused = gtk_widget_get_focus_child (GTK_WIDGET (self->list));
  GtkListBoxRow *row = focused != NULL && BP_IS_SALE_LINE_ROW (focused)
                         ? GTK_LIST_BOX_ROW (focused)
                         : gtk_list_box_get_selected_row (self->list);

  return row != NULL ? BP_SALE_LINE_ROW (row) : NULL;
}

static void
scroll_to (BpSalePage    *self,
           GtkListBoxRow *row)
{
  GtkAdjustment *adjustment = gtk_list_box_get_adjustment (self->list);
  graphene_rect_t bounds;

  if (adjustment != NULL
      && gtk_widget_compute_bounds (GTK_WIDGET (row), GTK_WIDGET (self->list), &bounds))
    gtk_adjustment_clamp_page (adjustment, bounds.origin.y,
                               bounds.origin.y + bounds.size.height);
}

static BpSaleLineRow *
select_line (BpSalePage *self,
             BpSaleLine *line)
{
  GtkListBoxRow *row;

  for (int i = 0; (row = gtk_list_box_get_row_at_index (self->list, i)) != NULL; i++)
    {
      if (bp_sale_line_row_get_line (BP_SALE_LINE_ROW (row)) != line)
        continue;
      gtk_list_box_select_row (self->list, row);
      scroll_to (self, row);
      return BP_SALE_LINE_ROW (row);
    }

  return NULL;
}

static void
add_product (BpSalePage  *self,
             const BpRow *product,
             gint64       quantity)
{
  BpSaleLine *line = bp_sale_cart_add (self->cart, product->state, quantity);
  BpSaleLineRow *row = select_line (self, line);

  bp_sale_line_set_stock (line, bp_change_get_integer (product->state->data, "stock"));
  if (row != NULL && bp_sale_line_get_unit_price (line) == 0)
    bp_sale_line_row_edit (row, BP_SALE_CELL_RATE);
}

static void look_up_next (BpSalePage *self);
static void save (BpSalePage *self);

/* What could not be found stands in the box again, unless something else does. */
static void
give_back (BpSalePage *self,
           const char *text,
           const char *message)
{
  self->save_wanted = FALSE;
  show_fault (self, message);
  if (bp_match_entry_get_text (self->scan)[0] != '\0')
    return;

  bp_match_entry_set_text (self->scan, text);
  bp_match_entry_select_all (self->scan);
}

static void
on_product_found (GObject      *source,
                  GAsyncResult *result,
                  gpointer      user_data)
{
  g_autoptr (BpSalePage) self = user_data;
  g_autoptr (GError) error = NULL;
  g_autoptr (BpRow) product = bp_shop_find_product_finish (BP_SHOP (source), result, &error);
  g_autofree char *text = NULL;
  g_autofree char *message = NULL;
  gint64 quantity = 0;

  if (g_error_matches (error, G_IO_ERROR, G_IO_ERROR_CANCELLED))
    return;

  text = g_queue_pop_head (&self->scanned);
  if (product != NULL && bp_sale_line_split_quantity (text, &quantity, NULL) != NULL)
    add_product (self, product, quantity);
  else if (g_error_matches (error, BP_STORE_ERROR, BP_STORE_ERROR_NOT_FOUND))
    {
      message = g_strdup_printf (_("“%s” is not among the products."), text);
      give_back (self, text, message);
    }
  else
    give_back (self, text, error->message);
  look_up_next (self);
}

static void
look_up_next (BpSalePage *self)
{
  gint64 quantity;
  const char *text;

  update (self);
  if (self->saving)
    return;
  if (self->scanned.length == 0)
    {
      if (self->save_wanted)
        save (self);
      return;
    }

  text = bp_sale_line_split_quantity (g_queue_peek_head (&self->scanned), &quantity, NULL);
  bp_shop_find_product_async (self->shop, text, self->cancellable, on_product_found,
                              g_object_ref (self));
}

static void
on_scan_entered (BpSalePage *self,
                 const char *text)
{
  g_autofree char *scanned = g_strstrip (g_strdup (text));
  g_autoptr (GError) error = NULL;
  gint64 quantity;
  const char *product = bp_sale_line_split_quantity (scanned, &quantity, &error);

  if (product == NULL || product[0] == '\0')
    {
      if (error != NULL)
        show_fault (self, error->message);
      return;
    }

  show_fault (self, NULL);
  bp_match_entry_set_text (self->scan, "");
  g_queue_push_tail (&self->scanned, g_steal_pointer (&scanned));
  if (self->scanned.length == 1)
    look_up_next (self);
}

static void
on_product_picked (BpSalePage *self,
                   BpRecord   *record)
{
  BpRow row = { 0, (BpState *)bp_record_get_state (record), bp_record_get_status (record) };
  g_autoptr (GError) error = NULL;
  gint64 quantity;

  if (bp_sale_line_split_quantity (bp_match_entry_get_text (self->scan), &quantity, &error)
      == NULL)
    {
      show_fault (self, error->message);
      return;
    }

  if (self->saving)
    return;
  show_fault (self, NULL);
  bp_match_entry_set_text (self->scan, "");
  focus_scan (self);
  add_product (self, &row, quantity);
}

static void
on_scan_typed (BpSalePage *self)
{
  show_fault (self, NULL);
}

static void
on_moved (BpSalePage *self,
          int         by)
{
  GtkListBoxRow *row = gtk_list_box_get_selected_row (self->list);
  int index = row != NULL ? gtk_list_box_row_get_index (row) + by : 0;

  row = gtk_list_box_get_row_at_index (self->list, MAX (index, 0));
  if (row == NULL)
    return;
  gtk_list_box_select_row (self->list, row);
  scroll_to (self, row);
}

static void
on_customer_picked (BpSalePage *self,
                    BpRecord   *record)
{
  g_autofree char *id = g_strdup (bp_record_get_id (record));

  bp_match_entry_set_text (self->customer, bp_record_get_text (record, "name"));
  g_free (self->customer_id);
  self->customer_id = g_steal_pointer (&id);
  focus_scan (self);
}

/* Another name is another customer. */
static void
on_customer_typed (BpSalePage *self)
{
  g_clear_pointer (&self->customer_id, g_free);
}

static void
put_back (gpointer user_data)
{
  Removal *removal = user_data;
  g_autoptr (BpSalePage) self = g_weak_ref_get (&removal->page);
  g_autoptr (GPtrArray) lines = g_steal_pointer (&removal->lines);

  if (self == NULL || self->saving
      || (removal->sale_id != NULL && !g_str_equal (removal->sale_id, self->sale_id)))
    return;

  for (guint i = 0; lines != NULL && i < lines->len; i++)
    {
      bp_sale_cart_insert (self->cart, removal->position + i, lines->pdata[i]);
      select_line (self, lines->pdata[i]);
    }
}

/* Takes @lines over. */
static void
offer_back (BpSalePage *self,
            const char *sale_id,
            GPtrArray  *lines,
            guint       position,
            const char *text)
{
  Removal *removal = g_new0 (Removal, 1);

  g_weak_ref_init (&removal->page, self);
  removal->sale_id = g_strdup (sale_id);
  removal->position = position;
  removal->lines = lines;
  bp_notice_show_undo (GTK_WIDGET (self), text, put_back, removal, removal_free);
}

static void
on_remove (BpSaleLineRow *row,
           BpSalePage    *self)
{
  GPtrArray *lines = g_ptr_array_new_with_free_func (g_object_unref);
  BpSaleLine *line = bp_sale_line_row_get_line (row);
  int index = gtk_list_box_row_get_index (GTK_LIST_BOX_ROW (row));
  GtkListBoxRow *next;
  g_autofree char *text = g_strdup_printf (_("“%s” removed"), bp_sale_line_get_name (line));

  g_ptr_array_add (lines, g_object_ref (line));
  focus_scan (self);
  bp_sale_cart_remove (self->cart, line);
  next = gtk_list_box_get_row_at_index (self->list, index);
  if (next == NULL)
    next = gtk_list_box_get_row_at_index (self->list, index - 1);
  gtk_list_box_select_row (self->list, next);
  offer_back (self, self->sale_id, lines, (guint)index, text);
}

static GtkWidget *
create_row (gpointer item,
            gpointer user_data)
{
  BpSalePage *self = user_data;
  GtkWidget *row = bp_sale_line_row_new (item, self->format);

  g_signal_connect_object (row, "done", G_CALLBACK (focus_scan), self, G_CONNECT_SWAPPED);
  g_signal_connect_object (row, "remove", G_CALLBACK (on_remove), self, 0);
  return row;
}

static void
start_next (BpSalePage *self)
{
  g_free (self->sale_id);
  self->sale_id = bp_id_new (bp_shop_get_clock (self->shop));
  g_clear_pointer (&self->customer_id, g_free);
  bp_match_entry_set_text (self->customer, "");
  bp_sale_payment_reset (self->payment);
  show_fault (self, NULL);
}

static char *
describe (BpSalePage  *self,
          const BpRow *row)
{
  const char *number;
  g_autofree char *total = NULL;

  if (row == NULL)
    return g_strdup (_("Sale saved"));

  number = bp_change_get_text (row->state->data, "number");
  total = bp_format_money (self->format, NULL,
                           bp_change_get_integer (row->state->data, "total_amount"));
  /* Translators: number of the bill, its total. */
  return g_strdup_printf (_("Sale %s saved · %s"), number != NULL ? number : "", total);
}

static void
on_sale_read (GObject      *source,
              GAsyncResult *result,
              gpointer      user_data)
{
  g_autoptr (BpSalePage) self = user_data;
  g_autoptr (BpRow) row = bp_record_read_finish (BP_SHOP (source), result, NULL);
  g_autofree char *message = describe (self, row);

  g_signal_emit (self, signals[SAVED], 0, row != NULL ? row->state->id : NULL, message);
}

static void
on_recorded (GObject      *source,
             GAsyncResult *result,
             gpointer      user_data)
{
  g_autoptr (BpSalePage) self = user_data;
  g_autoptr (GError) error = NULL;
  g_autofree char *id = bp_shop_record_sale_finish (BP_SHOP (source), result, &error);

  bp_hold_application (FALSE);
  self->saving = FALSE;
  if (id != NULL)
    {
      g_ptr_array_unref (bp_sale_cart_take (self->cart));
      start_next (self);
      bp_record_read_async (self->shop, bp_table_find ("sales"), id, NULL, on_sale_read,
                            g_object_ref (self));
    }
  else
    show_fault (self, error->message);
  focus_scan (self);
  look_up_next (self);
}

static BpSaleDraft *
make_draft (BpSalePage *self,
            GError    **error)
{
  g_autoptr (BpSaleDraft) draft = bp_sale_cart_make_draft (self->cart);
  g_autofree char *name = g_strstrip (g_strdup (bp_match_entry_get_text (self->customer)));

  draft->id = g_strdup (self->sale_id);
  draft->customer_id = g_strdup (self->customer_id);
  draft->customer_name = name[0] != '\0' ? g_steal_pointer (&name) : NULL;
  return bp_sale_payment_add_to (self->payment, draft, error) ? g_steal_pointer (&draft) : NULL;
}

/* The sale has its id from the beginning: it cannot be recorded twice. */
static void
save (BpSalePage *self)
{
  g_autoptr (BpSaleDraft) draft = NULL;
  g_autoptr (GError) error = NULL;

  if (self->saving || bp_sale_cart_is_empty (self->cart))
    return;
  self->save_wanted = self->scanned.length > 0 || !bp_sale_cart_is_settled (self->cart);
  if (self->save_wanted)
    return;

  draft = make_draft (self, &error);
  if (draft == NULL)
    {
      show_fault (self, error->message);
      return;
    }

  show_fault (self, NULL);
  bp_hold_application (TRUE);
  self->saving = TRUE;
  focus_scan (self);
  update (self);
  bp_shop_record_sale_async (self->shop, draft, NULL, on_recorded, g_object_ref (self));
}

static void
on_cart_changed (BpSalePage *self)
{
  update (self);
  if (self->save_wanted && self->scanned.length == 0)
    save (self);
}

static void
save_sale (GtkWidget  *widget,
           const char *action_name,
           GVariant   *parameter)
{
  BpSalePage *self = BP_SALE_PAGE (widget);
  const char *typed = bp_match_entry_get_text (self->scan);

  /* An open cell is committed, and what stands in the box is not forgotten. */
  if (gtk_widget_get_focus_child (GTK_WIDGET (self->list)) != NULL)
    focus_scan (self);
  if (typed[0] != '\0')
    {
      show_fault (self, _("An item is still being typed: press Enter to add it, or clear it."));
      bp_match_entry_select_all (self->scan);
      return;
    }
  self->save_wanted = TRUE;
  save (self);
}

static void
discard_sale (GtkWidget  *widget,
              const char *action_name,
              GVariant   *parameter)
{
  BpSalePage *self = BP_SALE_PAGE (widget);

  if (!bp_sale_cart_is_empty (self->cart))
    offer_back (self, NULL, bp_sale_cart_take (self->cart), 0, _("Sale discarded"));
  bp_match_entry_set_text (self->scan, "");
  start_next (self);
  g_signal_emit (self, signals[CLOSED], 0);
}

static void
edit_cell (GtkWidget  *widget,
           const char *action_name,
           GVariant   *parameter)
{
  BpSaleLineRow *row = get_row (BP_SALE_PAGE (widget));

  if (row != NULL && !BP_SALE_PAGE (widget)->saving)
    bp_sale_line_row_edit (row, (BpSaleCell)g_variant_get_int32 (parameter));
}

static void
set_method (GtkWidget  *widget,
            const char *action_name,
            GVariant   *parameter)
{
  BpSalePage *self = BP_SALE_PAGE (widget);
  const char *method = g_variant_get_string (parameter, NULL);

  if (self->saving)
    return;
  bp_sale_payment_set_method (self->payment, method);
  if (g_str_equal (method, "cash"))
    bp_sale_payment_focus_tendered (self->payment);
}

static void
go_to_scan (GtkWidget  *widget,
            const char *action_name,
            GVariant   *parameter)
{
  bp_match_entry_select_all (BP_SALE_PAGE (widget)->scan);
}

static void
go_to_customer (GtkWidget  *widget,
                const char *action_name,
                GVariant   *parameter)
{
  bp_match_entry_select_all (BP_SALE_PAGE (widget)->customer);
}

/* In the box it takes away characters first. */
static gboolean
on_delete (GtkWidget *widget,
           GVariant  *args,
           gpointer   user_data)
{
  BpSalePage *self = BP_SALE_PAGE (widget);
  BpSaleLineRow *row = get_row (self);

  if (row == NULL || self->saving)
    return FALSE;
  on_remove (row, self);
  return TRUE;
}

static gboolean
on_scan_key (BpSalePage *self,
             guint       keyval)
{
  if ((keyval != GDK_KEY_Delete && keyval != GDK_KEY_KP_Delete)
      || bp_match_entry_get_text (self->scan)[0] != '\0')
    return FALSE;

  return on_delete (GTK_WIDGET (self), NULL, NULL);
}

static void
on_tendered (BpSalePage *self)
{
  gtk_widget_activate_action (GTK_WIDGET (self), "sale.save", NULL);
}

static gboolean
bp_sale_page_grab_focus (GtkWidget *widget)
{
  return gtk_widget_grab_focus (GTK_WIDGET (BP_SALE_PAGE (widget)->scan));
}

static void
bp_sale_page_dispose (GObject *object)
{
  BpSalePage *self = BP_SALE_PAGE (object);
  GtkWidget *child;

  g_cancellable_cancel (self->cancellable);
  g_clear_object (&self->cancellable);
  if (self->list != NULL)
    gtk_list_box_bind_model (self->list, NULL, NULL, NULL, NULL);
  g_clear_object (&self->cart);
  g_clear_object (&self->format);
  g_clear_object (&self->shop);
  gtk_widget_dispose_template (GTK_WIDGET (self), BP_TYPE_SALE_PAGE);
  while ((child = gtk_widget_get_first_child (GTK_WIDGET (self))) != NULL)
    gtk_widget_unparent (child);

  G_OBJECT_CLASS (bp_sale_page_parent_class)->dispose (object);
}

static void
bp_sale_page_finalize (GObject *object)
{
  BpSalePage *self = BP_SALE_PAGE (object);

  g_queue_clear_full (&self->scanned, g_free);
  g_free (self->sale_id);
  g_free (self->customer_id);

  G_OBJECT_CLASS (bp_sale_page_parent_class)->finalize (object);
}

static void
add_signals (void)
{
  /**
   * BpSalePage::saved:
   * @self: the page
   * @id: (nullable): the sale
   * @message: what to tell the user
   */
  signals[SAVED] = g_signal_new ("saved", BP_TYPE_SALE_PAGE, G_SIGNAL_RUN_LAST, 0, NULL, NULL,
                                 NULL, G_TYPE_NONE, 2, G_TYPE_STRING, G_TYPE_STRING);
  signals[CLOSED] = g_signal_new ("closed", BP_TYPE_SALE_PAGE, G_SIGNAL_RUN_LAST, 0, NULL, NULL,
                                  NULL, G_TYPE_NONE, 0);
}

static void
add_keys (GtkWidgetClass *widget_class)
{
  static const struct
  {
    guint key;
    int cell;
  } cells[] = { { GDK_KEY_F2, BP_SALE_CELL_QUANTITY },
                { GDK_KEY_F3, BP_SALE_CELL_RATE },
                { GDK_KEY_F4, BP_SALE_CELL_DISCOUNT } };
  static const struct
  {
    guint key;
    const char *method;
  } methods[] = { { GDK_KEY_F8, "card" },
                  { GDK_KEY_F9, "cash" },
                  { GDK_KEY_F10, "upi" },
                  { GDK_KEY_F11, "account" } };

  gtk_widget_class_install_action (widget_class, "sale.save", NULL, save_sale);
  gtk_widget_class_install_action (widget_class, "sale.discard", NULL, discard_sale);
  gtk_widget_class_install_action (widget_class, "sale.edit", "i", edit_cell);
  gtk_widget_class_install_action (widget_class, "sale.method", "s", set_method);
  gtk_widget_class_install_action (widget_class, "sale.scan", NULL, go_to_scan);
  gtk_widget_class_install_action (widget_class, "sale.customer", NULL, go_to_customer);
  for (guint i = 0; i < G_N_ELEMENTS (cells); i++)
    gtk_widget_class_add_binding_action (widget_class, cells[i].key, 0, "sale.edit", "i",
                                         cells[i].cell);
  for (guint i = 0; i < G_N_ELEMENTS (methods); i++)
    gtk_widget_class_add_binding_action (widget_class, methods[i].key, 0, "sale.method", "s",
                                         methods[i].method);
  gtk_widget_class_add_binding_action (widget_class, GDK_KEY_F12, 0, "sale.save", NULL);
  gtk_widget_class_add_binding_action (widget_class, GDK_KEY_s, GDK_CONTROL_MASK, "sale.save",
                                       NULL);
  gtk_widget_class_add_binding_action (widget_class, GDK_KEY_l, GDK_CONTROL_MASK, "sale.scan",
                                       NULL);
  gtk_widget_class_add_binding_action (widget_class, GDK_KEY_u, GDK_CONTROL_MASK,
                                       "sale.customer", NULL);
  gtk_widget_class_add_binding (widget_class, GDK_KEY_Delete, 0, on_delete, NULL);
}

static void
bp_sale_page_class_init (BpSalePageClass *klass)
{
  GObjectClass *object_class = G_OBJECT_CLASS (klass);
  GtkWidgetClass *widget_class = GTK_WIDGET_CLASS (klass);

  object_class->dispose = bp_sale_page_dispose;
  object_class->finalize = bp_sale_page_finalize;
  widget_class->grab_focus = bp_sale_page_grab_focus;
  add_signals ();
  add_keys (widget_class);

  g_type_ensure (BP_TYPE_MATCH_ENTRY);
  g_type_ensure (BP_TYPE_SALE_PAYMENT);
  g_type_ensure (BP_TYPE_SIDE_LAYOUT);
  gtk_widget_class_set_template_from_resource (
    widget_class, "/io/github/bizpulse/BizPulse/bp-sale-page.ui");
  gtk_widget_class_bind_template_child (widget_class, BpSalePage, scan);
  gtk_widget_class_bind_template_child (widget_class, BpSalePage, customer);
  gtk_widget_class_bind_template_child (widget_class, BpSalePage, fault);
  gtk_widget_class_bind_template_child (widget_class, BpSalePage, stack);
  gtk_widget_class_bind_template_child (widget_class, BpSalePage, list);
  gtk_widget_class_bind_template_child (widget_class, BpSalePage, keys);
  gtk_widget_class_bind_template_child (widget_class, BpSalePage, payment);
  gtk_widget_class_bind_template_callback (widget_class, on_product_picked);
  gtk_widget_class_bind_template_callback (widget_class, on_scan_entered);
  gtk_widget_class_bind_template_callback (widget_class, on_scan_typed);
  gtk_widget_class_bind_template_callback (widget_class, on_moved);
  gtk_widget_class_bind_template_callback (widget_class, on_customer_picked);
  gtk_widget_class_bind_template_callback (widget_class, on_customer_typed);
  gtk_widget_class_bind_template_callback (widget_class, focus_scan);
  gtk_widget_class_bind_template_callback (widget_class, on_tendered);
}

static void
bp_sale_page_init (BpSalePage *self)
{
  g_queue_init (&self->scanned);
  self->cancellable = g_cancellable_new ();
  gtk_widget_init_template (GTK_WIDGET (self));
}

static void
add_scan_keys (BpSalePage *self)
{
  GtkEventController *keys = gtk_event_controller_key_new ();

  gtk_event_controller_set_propagation_phase (keys, GTK_PHASE_CAPTURE);
  g_signal_connect_swapped (keys, "key-pressed", G_CALLBACK (on_scan_key), self);
  gtk_widget_add_controller (GTK_WIDGET (self->scan), keys);
}

/**
 * bp_sale_page_new:
 * @format: how values are written, and the shop
 *
 * Returns: (transfer floating): a page with an empty sale
 */
GtkWidget *
bp_sale_page_new (BpFormat *format)
{
  BpSalePage *self = g_object_new (BP_TYPE_SALE_PAGE, NULL);

  self->format = g_object_ref (format);
  self->shop = g_object_ref (bp_format_get_shop (format));
  self->cart = bp_sale_cart_new (self->shop);
  bp_match_entry_set_table (self->scan, bp_table_find ("products"), "price", format);
  bp_match_entry_set_table (self->customer, bp_table_find ("customers"), "phone", format);
  bp_sale_payment_set_cart (self->payment, self->cart, format);
  gtk_list_box_bind_model (self->list, bp_sale_cart_get_lines (self->cart), create_row, self,
                           NULL);
  g_signal_connect_object (self->cart, "changed", G_CALLBACK (on_cart_changed), self,
                           G_CONNECT_SWAPPED);
  add_scan_keys (self);
  start_next (self);
  update (self);
  return GTK_WIDGET (self);
}

/**
 * bp_sale_page_is_empty:
 * @self: a page
 *
 * Returns: whether there is nothing on the bill that is being made
 */
gboolean
bp_sale_page_is_empty (BpSalePage *self)
{
  return bp_sale_cart_is_empty (self->cart);
}

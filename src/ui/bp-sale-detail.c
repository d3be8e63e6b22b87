#include "config.h"

#include "bp-sale-detail.h"

#include "bp-line.h"
#include "bp-money.h"
#include "bp-notice.h"
#include "bp-status.h"
#include "bp-trouble-banner.h"

#include <glib/gi18n.h>

/* A line as it is read. */
#define BP_TYPE_SALE_ITEM (bp_sale_item_get_type ())
G_DECLARE_FINAL_TYPE (BpSaleItem, bp_sale_item, BP, SALE_ITEM, GObject)

struct _BpSaleItem
{
  GObject parent_instance;

  char *name;   /* (owned) */
  char *detail; /* (owned) */
  char *amount; /* (owned) */
};

G_DEFINE_FINAL_TYPE (BpSaleItem, bp_sale_item, G_TYPE_OBJECT)

struct _BpSaleDetail
{
  AdwBin parent_instance;

  GtkLabel *title;           /* (unowned), as all widgets here */
  GtkLabel *subtitle;
  GtkImage *status_icon;
  GtkLabel *status_text;
  GtkWidget *body;
  BpTroubleBanner *banner;
  GtkListView *view;
  GtkWidget *discount_row;
  GtkLabel *discount;
  GtkWidget *round_off_row;
  GtkLabel *round_off;
  GtkWidget *tax_row;
  GtkLabel *tax;
  GtkLabel *total;
  GtkLabel *paid;
  GtkWidget *due_row;
  GtkLabel *due;
  GtkWidget *receive_button;
  GtkLabel *note;
  GtkLabel *fault;
  GtkMenuButton *void_button;
  GtkPopover *void_popover;
  GtkEditable *reason;
  GtkWidget *confirm_button;

  BpFormat *format;          /* (owned) */
  BpShop *shop;              /* (owned) */
  BpRecord *record;          /* (owned) (nullable) */
  GListStore *items;         /* (owned) (element-type BpSaleItem) */
  char *lines;               /* (owned) (nullable): what @items are made of */
  gboolean voiding;
};

G_DEFINE_FINAL_TYPE (BpSaleDetail, bp_sale_detail, ADW_TYPE_BIN)

static void
bp_sale_item_finalize (GObject *object)
{
  BpSaleItem *self = BP_SALE_ITEM (object);

  g_free (self->name);
  g_free (self->detail);
  g_free (self->amount);

  G_OBJECT_CLASS (bp_sale_item_parent_class)->finalize (object);
}

static void
bp_sale_item_class_init (BpSaleItemClass *klass)
{
  G_OBJECT_CLASS (klass)->finalize = bp_sale_item_finalize;
}

static void
bp_sale_item_init (BpSaleItem *self)
{
}

static BpSaleItem *
make_item (BpSaleDetail *self,
           const BpLine *line)
{
  BpSaleItem *item = g_object_new (BP_TYPE_SALE_ITEM, NULL);
  g_autofree char *quantity = bp_quantity_format (line->quantity);
  g_autofree char *price = bp_format_money (self->format, self->record, line->unit_price);
  g_autofree char *discount = bp_format_money (self->format, self->record, -line->discount);

  item->name = g_strdup (line->name != NULL ? line->name : "");
  if (line->discount != 0)
    item->detail = g_strdup_printf ("%s × %s  %s", quantity, price, discount);
  else
    item->detail = g_strdup_printf ("%s × %s", quantity, price);
  item->amount = bp_format_money (self->format, self->record, line->total);
  return item;
}

static void
show_fault (BpSaleDetail *self,
            const char   *message)
{
  gtk_label_set_text (self->fault, message != NULL ? message : "");
  gtk_widget_set_visible (GTK_WIDGET (self->fault), message != NULL);
}

static void
show_lines (BpSaleDetail *self)
{
  const char *text = bp_record_get_text (self->record, "lines");
  g_autoptr (GPtrArray) lines = NULL;
  g_autoptr (GPtrArray) items = g_ptr_array_new_with_free_func (g_object_unref);

  if (g_strcmp0 (text, self->lines) == 0)
    return;

  g_free (self->lines);
  self->lines = g_strdup (text);
  lines = text != NULL ? bp_lines_parse (text, NULL) : NULL;
  for (guint i = 0; lines != NULL && i < lines->len; i++)
    g_ptr_array_add (items, make_item (self, lines->pdata[i]));
  g_list_store_splice (self->items, 0, g_list_model_get_n_items (G_LIST_MODEL (self->items)),
                       items->pdata, items->len);
}

static void
show_money (BpSaleDetail *self,
            GtkLabel     *label,
            GtkWidget    *row,
            gint64        amount)
{
  g_autofree char *text = bp_format_money (self->format, self->record, amount);

  gtk_label_set_text (label, text);
  if (row != NULL)
    gtk_widget_set_visible (row, amount != 0);
}

/* A walk-in customer who owes cannot be asked. */
static void
show_receive (BpSaleDetail *self,
              gint64        due)
{
  const char *customer_id = bp_record_get_text (self->record, "customer_id");

  gtk_widget_set_visible (self->receive_button, due > 0 && customer_id != NULL);
  if (customer_id != NULL)
    gtk_actionable_set_action_target (GTK_ACTIONABLE (self->receive_button), "(ss)", customer_id,
                                      bp_record_get_id (self->record));
}

static void
show_amounts (BpSaleDetail *self)
{
  gint64 total = bp_record_get_integer (self->record, "total_amount");
  gint64 paid = bp_record_get_integer (self->record, "paid");
  gboolean is_posted = g_strcmp0 (bp_record_get_text (self->record, "status"), "posted") == 0;
  gboolean is_return = g_strcmp0 (bp_record_get_text (self->record, "kind"), "return") == 0;
  gint64 owed = is_posted ? (is_return ? -total : total) : 0;

  show_money (self, self->discount, self->discount_row,
              -bp_record_get_integer (self->record, "discount"));
  show_money (self, self->round_off, self->round_off_row,
              bp_record_get_integer (self->record, "round_off"));
  show_money (self, self->tax, self->tax_row, bp_record_get_integer (self->record, "tax_total"));
  show_money (self, self->total, NULL, total);
  show_money (self, self->paid, NULL, paid);
  show_money (self, self->due, self->due_row, owed - paid);
  show_receive (self, owed - paid);
}

static void
show_head (BpSaleDetail *self)
{
  const char *number = bp_record_get_text (self->record, "number");
  const char *customer = bp_record_get_text (self->record, "customer_name");
  const char *status = bp_record_get_text (self->record, "status");
  const char *kind = bp_record_get_text (self->record, "kind");
  gboolean is_posted = g_strcmp0 (status, "posted") == 0;
  g_autofree char *title = g_strdup_printf ("%s %s", bp_format_word (is_posted ? kind : status),
                                            number != NULL ? number : "");
  g_autofree char *when
    = bp_format_time (self->format, bp_record_get_integer (self->record, "sale_date"));
  g_autofree char *subtitle
    = g_strdup_printf ("%s · %s", when, customer != NULL ? customer : _("Walk-in"));
  BpStatusLook look = bp_status_get_record_look (bp_record_get_status (self->record));

  gtk_label_set_text (self->title, title);
  gtk_label_set_text (self->subtitle, subtitle);
  bp_status_show (self->status_icon, look);
  gtk_label_set_text (self->status_text, look.label);
  gtk_widget_set_visible (GTK_WIDGET (self->void_button), is_posted);
}

static void
update (BpSaleDetail *self)
{
  const char *note;

  if (self->record == NULL || bp_record_get_id (self->record) == NULL)
    return;

  note = bp_record_get_text (self->record, "note");
  gtk_widget_set_visible (self->body, TRUE);
  show_head (self);
  show_lines (self);
  show_amounts (self);
  gtk_label_set_text (self->note, note != NULL ? note : "");
  gtk_widget_set_visible (GTK_WIDGET (self->note), note != NULL);
  show_fault (self, NULL);
  bp_trouble_banner_set_record (self->banner, self->shop, self->record);
}

static void
on_voided (GObject      *source,
           GAsyncResult *result,
           gpointer      user_data)
{
  g_autoptr (BpSaleDetail) self = user_data;
  g_autoptr (GError) error = NULL;
  g_autofree char *id = bp_shop_save_finish (BP_SHOP (source), result, &error);

  self->voiding = FALSE;
  if (id != NULL)
    bp_notice_show (GTK_WIDGET (self), _("Sale voided"));
  else
    show_fault (self, error->message);
}

static char *
get_reason (BpSaleDetail *self)
{
  return g_strstrip (g_strdup (gtk_editable_get_text (self->reason)));
}

static void
on_reason_changed (BpSaleDetail *self)
{
  g_autofree char *reason = get_reason (self);

  gtk_widget_set_sensitive (self->confirm_button, reason[0] != '\0');
}

static void
on_popover_map (BpSaleDetail *self)
{
  gtk_editable_set_text (self->reason, "");
  gtk_widget_grab_focus (GTK_WIDGET (self->reason));
}

static void
on_void (BpSaleDetail *self)
{
  const char *note = bp_record_get_text (self->record, "note");
  g_autofree char *reason = get_reason (self);
  g_autofree char *text = NULL;
  BpChange *change;

  if (reason[0] == '\0' || self->voiding)
    return;

  text = note != NULL ? g_strdup_printf ("%s\n%s", note, reason) : g_steal_pointer (&reason);
  change = bp_change_new (bp_record_get_table (self->record));
  bp_change_set_text (change, "status", "void");
  bp_change_set_text (change, "note", text);
  self->voiding = TRUE;
  gtk_popover_popdown (self->void_popover);
  bp_shop_save_async (self->shop,
                      bp_write_new (change->table, bp_record_get_id (self->record),
                                    BP_OPERATION_UPDATE, change),
                      NULL, on_voided, g_object_ref (self));
}

static void
on_setup (GtkListItemFactory *factory,
          GtkListItem        *item)
{
  GtkWidget *box = gtk_box_new (GTK_ORIENTATION_HORIZONTAL, 12);
  GtkWidget *texts = gtk_box_new (GTK_ORIENTATION_VERTICAL, 3);
  GtkWidget *amount = gtk_label_new (NULL);

  for (int i = 0; i < 2; i++)
    {
      GtkWidget *label = gtk_label_new (NULL);

      gtk_label_set_xalign (GTK_LABEL (label), 0);
      gtk_label_set_ellipsize (GTK_LABEL (label), PANGO_ELLIPSIZE_END);
      gtk_box_append (GTK_BOX (texts), label);
    }
  gtk_widget_add_css_class (gtk_widget_get_last_child (texts), "caption");
  gtk_widget_add_css_class (gtk_widget_get_last_child (texts), "dim-label");
  gtk_widget_set_hexpand (texts, TRUE);
  gtk_widget_add_css_class (amount, "numeric");
  gtk_box_append (GTK_BOX (box), texts);
  gtk_box_append (GTK_BOX (box), amount);
  gtk_list_item_set_activatable (item, FALSE);
  gtk_list_item_set_child (item, box);
}

static void
on_bind (GtkListItemFactory *factory,
         GtkListItem        *item)
{
  BpSaleItem *line = gtk_list_item_get_item (item);
  GtkWidget *box = gtk_list_item_get_child (item);
  GtkWidget *texts = gtk_widget_get_first_child (box);

  gtk_label_set_text (GTK_LABEL (gtk_widget_get_first_child (texts)), line->name);
  gtk_label_set_text (GTK_LABEL (gtk_widget_get_last_child (texts)), line->detail);
  gtk_label_set_text (GTK_LABEL (gtk_widget_get_last_child (box)), line->amount);
}

static void
bp_sale_detail_dispose (GObject *object)
{
  BpSaleDetail *self = BP_SALE_DETAIL (object);

  if (self->record != NULL)
    g_signal_handlers_disconnect_by_func (self->record, update, self);
  g_clear_object (&self->record);
  g_clear_object (&self->items);
  g_clear_object (&self->format);
  g_clear_object (&self->shop);
  g_clear_pointer (&self->lines, g_free);
  gtk_widget_dispose_template (GTK_WIDGET (self), BP_TYPE_SALE_DETAIL);

  G_OBJECT_CLASS (bp_sale_detail_parent_class)->dispose (object);
}

static void
bp_sale_detail_class_init (BpSaleDetailClass *klass)
{
  GObjectClass *object_class = G_OBJECT_CLASS (klass);
  GtkWidgetClass *widget_class = GTK_WIDGET_CLASS (klass);

  object_class->dispose = bp_sale_detail_dispose;

  g_type_ensure (BP_TYPE_TROUBLE_BANNER);

  gtk_widget_class_set_template_from_resource (
    widget_class, "/io/github/bizpulse/BizPulse/bp-sale-detail.ui");
  gtk_widget_class_bind_template_child (widget_class, BpSaleDetail, title);
  gtk_widget_class_bind_template_child (widget_class, BpSaleDetail, subtitle);
  gtk_widget_class_bind_template_child (widget_class, BpSaleDetail, status_icon);
  gtk_widget_class_bind_template_child (widget_class, BpSaleDetail, status_text);
  gtk_widget_class_bind_template_child (widget_class, BpSaleDetail, body);
  gtk_widget_class_bind_template_child (widget_class, BpSaleDetail, banner);
  gtk_widget_class_bind_template_child (widget_class, BpSaleDetail, view);
  gtk_widget_class_bind_template_child (widget_class, BpSaleDetail, discount_row);
  gtk_widget_class_bind_template_child (widget_class, BpSaleDetail, discount);
  gtk_widget_class_bind_template_child (widget_class, BpSaleDetail, round_off_row);
  gtk_widget_class_bind_template_child (widget_class, BpSaleDetail, round_off);
  gtk_widget_class_bind_template_child (widget_class, BpSaleDetail, tax_row);
  gtk_widget_class_bind_template_child (widget_class, BpSaleDetail, tax);
  gtk_widget_class_bind_template_child (widget_class, BpSaleDetail, total);
  gtk_widget_class_bind_template_child (widget_class, BpSaleDetail, paid);
  gtk_widget_class_bind_template_child (widget_class, BpSaleDetail, due_row);
  gtk_widget_class_bind_template_child (widget_class, BpSaleDetail, due);
  gtk_widget_class_bind_template_child (widget_class, BpSaleDetail, receive_button);
  gtk_widget_class_bind_template_child (widget_class, BpSaleDetail, note);
  gtk_widget_class_bind_template_child (widget_class, BpSaleDetail, fault);
  gtk_widget_class_bind_template_child (widget_class, BpSaleDetail, void_button);
  gtk_widget_class_bind_template_child (widget_class, BpSaleDetail, void_popover);
  gtk_widget_class_bind_template_child (widget_class, BpSaleDetail, reason);
  gtk_widget_class_bind_template_child (widget_class, BpSaleDetail, confirm_button);
  gtk_widget_class_bind_template_callback (widget_class, show_fault);
  gtk_widget_class_bind_template_callback (widget_class, on_popover_map);
  gtk_widget_class_bind_template_callback (widget_class, on_reason_changed);
  gtk_widget_class_bind_template_callback (widget_class, on_void);
}

static void
bp_sale_detail_init (BpSaleDetail *self)
{
  GtkListItemFactory *factory = gtk_signal_list_item_factory_new ();
  GtkNoSelection *selection;

  gtk_widget_init_template (GTK_WIDGET (self));
  self->items = g_list_store_new (BP_TYPE_SALE_ITEM);
  selection = gtk_no_selection_new (G_LIST_MODEL (g_object_ref (self->items)));
  g_signal_connect (factory, "setup", G_CALLBACK (on_setup), NULL);
  g_signal_connect (factory, "bind", G_CALLBACK (on_bind), NULL);
  gtk_list_view_set_factory (self->view, factory);
  gtk_list_view_set_model (self->view, GTK_SELECTION_MODEL (selection));
  gtk_accessible_update_property (GTK_ACCESSIBLE (gtk_editable_get_delegate (self->reason)),
                                  GTK_ACCESSIBLE_PROPERTY_LABEL, _("Reason"), -1);
  gtk_accessible_update_property (GTK_ACCESSIBLE (self->reason), GTK_ACCESSIBLE_PROPERTY_LABEL,
                                  _("Reason"), -1);
  g_object_unref (selection);
  g_object_unref (factory);
}

/**
 * bp_sale_detail_new:
 * @format: how values are written, and the shop
 *
 * Returns: (transfer floating): a detail that shows nothing yet
 */
GtkWidget *
bp_sale_detail_new (BpFormat *format)
{
  BpSaleDetail *self = g_object_new (BP_TYPE_SALE_DETAIL, NULL);

  self->format = g_object_ref (format);
  self->shop = g_object_ref (bp_format_get_shop (format));
  return GTK_WIDGET (self);
}

/**
 * bp_sale_detail_set_record:
 * @self: a detail
 * @record: a sale, which is followed
 */
void
bp_sale_detail_set_record (BpSaleDetail *self,
                           BpRecord     *record)
{
  if (self->record != record)
    {
      if (self->record != NULL)
        g_signal_handlers_disconnect_by_func (self->record, update, self);
      g_set_object (&self->record, record);
      g_signal_connect_object (record, "changed", G_CALLBACK (update), self, G_CONNECT_SWAPPED);
    }
  update (self);
}

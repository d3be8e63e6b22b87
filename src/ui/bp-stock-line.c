#include "config.h"

#include "bp-stock-line.h"

#include "bp-money.h"

#include <glib/gi18n.h>

struct _BpStockLineRow
{
  GtkListBoxRow parent_instance;

  GtkLabel *name;       /* (unowned), as all widgets here */
  GtkLabel *detail;
  GtkEntry *quantity;
  GtkEntry *cost;
  GtkLabel *fault;

  BpFormat *format;     /* (owned) */
  char *product_id;     /* (owned) */
  gint64 expected;      /* what was there when it was put down */
  gint64 moved_at;      /* when that was */
  gint64 known_cost;    /* of the product */
  gboolean is_count;
};

G_DEFINE_FINAL_TYPE (BpStockLineRow, bp_stock_line_row, GTK_TYPE_LIST_BOX_ROW)

enum
{
  CHANGED,
  DONE,
  REMOVED,
  N_SIGNALS
};

static guint signals[N_SIGNALS];

static const BpField *
get_field (const char *table_name,
           const char *name)
{
  const BpTable *table = bp_table_find (table_name);

  return &table->fields[bp_table_find_field (table, name)];
}

static gboolean
read_entry (BpStockLineRow *self,
            GtkEntry       *entry,
            const BpField  *field,
            gint64         *number)
{
  g_auto (BpValue) value = { 0 };
  g_autoptr (GError) error = NULL;
  const char *text = gtk_editable_get_text (GTK_EDITABLE (entry));
  gboolean good = bp_format_parse (self->format, field, text, &value, &error);

  *number = value.integer;
  if (good)
    gtk_widget_remove_css_class (GTK_WIDGET (entry), "error");
  else
    gtk_widget_add_css_class (GTK_WIDGET (entry), "error");
  gtk_accessible_update_state (GTK_ACCESSIBLE (entry), GTK_ACCESSIBLE_STATE_INVALID,
                               good ? GTK_ACCESSIBLE_INVALID_FALSE : GTK_ACCESSIBLE_INVALID_TRUE,
                               -1);
  gtk_label_set_text (self->fault, good ? "" : error->message);
  gtk_widget_set_visible (GTK_WIDGET (self->fault), !good);
  return good;
}

static gboolean
read_quantity (BpStockLineRow *self,
               gint64         *quantity)
{
  return read_entry (self, self->quantity, get_field ("stock_movements", "quantity"), quantity);
}

static void
show_detail (BpStockLineRow *self,
             gboolean        is_known,
             gint64          quantity)
{
  g_autofree char *expected = bp_quantity_format (self->expected);
  g_autofree char *after = NULL;
  g_autofree char *text = NULL;

  if (is_known && self->is_count)
    {
      g_autofree char *variance = bp_quantity_format (quantity - self->expected);

      /* Translators: what was thought to be in stock, and by how much the count
       * differs. */
      text = g_strdup_printf (_("Expected %s · variance %s%s"), expected,
                              quantity > self->expected ? "+" : "", variance);
    }
  else if (is_known)
    {
      after = bp_quantity_format (self->expected + quantity);
      /* Translators: what is in stock and what will be. */
      text = g_strdup_printf (_("In stock %s → %s"), expected, after);
    }
  else
    text = g_strdup_printf (_("In stock %s"), expected);
  gtk_label_set_text (self->detail, text);
  if (is_known && self->is_count && quantity != self->expected)
    gtk_widget_add_css_class (GTK_WIDGET (self->detail), "warning");
  else
    gtk_widget_remove_css_class (GTK_WIDGET (self->detail), "warning");
}

static void
on_quantity_changed (BpStockLineRow *self)
{
  gint64 quantity;
  gboolean good = read_quantity (self, &quantity);

  show_detail (self, good, quantity);
  g_signal_emit (self, signals[CHANGED], 0);
}

static void
on_cost_changed (BpStockLineRow *self)
{
  gint64 cost;

  read_entry (self, self->cost, get_field ("products", "cost"), &cost);
  g_signal_emit (self, signals[CHANGED], 0);
}

static void
on_activate (BpStockLineRow *self,
             GtkEntry       *entry)
{
  g_signal_emit (self, signals[DONE], 0);
}

static void
on_remove (BpStockLineRow *self)
{
  g_signal_emit (self, signals[REMOVED], 0);
}

static void
bp_stock_line_row_dispose (GObject *object)
{
  BpStockLineRow *self = BP_STOCK_LINE_ROW (object);

  g_clear_object (&self->format);
  g_clear_pointer (&self->product_id, g_free);
  gtk_widget_dispose_template (GTK_WIDGET (self), BP_TYPE_STOCK_LINE_ROW);

  G_OBJECT_CLASS (bp_stock_line_row_parent_class)->dispose (object);
}

static void
bp_stock_line_row_class_init (BpStockLineRowClass *klass)
{
  GtkWidgetClass *widget_class = GTK_WIDGET_CLASS (klass);
  GType type = G_TYPE_FROM_CLASS (klass);

  G_OBJECT_CLASS (klass)->dispose = bp_stock_line_row_dispose;

  signals[CHANGED] = g_signal_new ("changed", type, G_SIGNAL_RUN_LAST, 0, NULL, NULL, NULL,
                                   G_TYPE_NONE, 0);
  signals[DONE] = g_signal_new ("done", type, G_SIGNAL_RUN_LAST, 0, NULL, NULL, NULL, G_TYPE_NONE,
                                0);
  signals[REMOVED] = g_signal_new ("removed", type, G_SIGNAL_RUN_LAST, 0, NULL, NULL, NULL,
                                   G_TYPE_NONE, 0);

  gtk_widget_class_set_template_from_resource (
    widget_class, "/io/github/bizpulse/BizPulse/bp-stock-line.ui");
  gtk_widget_class_bind_template_child (widget_class, BpStockLineRow, name);
  gtk_widget_class_bind_template_child (widget_class, BpStockLineRow, detail);
  gtk_widget_class_bind_template_child (widget_class, BpStockLineRow, quantity);
  gtk_widget_class_bind_template_child (widget_class, BpStockLineRow, cost);
  gtk_widget_class_bind_template_child (widget_class, BpStockLineRow, fault);
  gtk_widget_class_bind_template_callback (widget_class, on_quantity_changed);
  gtk_widget_class_bind_template_callback (widget_class, on_cost_changed);
  gtk_widget_class_bind_template_callback (widget_class, on_activate);
  gtk_widget_class_bind_template_callback (widget_class, on_remove);
}

static void
bp_stock_line_row_init (BpStockLineRow *self)
{
  gtk_widget_init_template (GTK_WIDGET (self));
}

static void
name_entry (GtkEntry   *entry,
            const char *label,
            const char *product)
{
  g_autofree char *name = g_strdup_printf ("%s: %s", label, product);
  GtkEditable *delegate = gtk_editable_get_delegate (GTK_EDITABLE (entry));

  gtk_widget_set_tooltip_text (GTK_WIDGET (entry), label);
  gtk_accessible_update_property (GTK_ACCESSIBLE (entry), GTK_ACCESSIBLE_PROPERTY_LABEL, name, -1);
  gtk_accessible_update_property (GTK_ACCESSIBLE (delegate), GTK_ACCESSIBLE_PROPERTY_LABEL, name,
                                  -1);
}

/**
 * bp_stock_line_row_new:
 * @format: how values are written
 * @product: of which product, as it is now
 * @is_count: whether the quantity is what was counted, not what came
 * @has_cost: whether its cost is asked for
 *
 * Returns: (transfer floating): a row without a quantity
 */
GtkWidget *
bp_stock_line_row_new (BpFormat    *format,
                       const BpRow *product,
                       gboolean     is_count,
                       gboolean     has_cost)
{
  BpStockLineRow *self = g_object_new (BP_TYPE_STOCK_LINE_ROW, NULL);
  const BpChange *data = product->state->data;
  const char *name = bp_change_get_text (data, "name");
  g_autofree char *cost = bp_format_for_editing (format, get_field ("products", "cost"),
                                                 bp_change_get (data, "cost"));

  self->format = g_object_ref (format);
  self->product_id = g_strdup (product->state->id);
  self->expected = bp_change_get_integer (data, "stock");
  self->known_cost = bp_change_get_integer (data, "cost");
  self->moved_at = bp_clock_get_now (bp_shop_get_clock (bp_format_get_shop (format)));
  self->is_count = is_count;
  gtk_label_set_text (self->name, name != NULL ? name : "");
  name_entry (self->quantity, is_count ? _("Counted") : _("Quantity"), name != NULL ? name : "");
  name_entry (self->cost, _("Cost"), name != NULL ? name : "");
  gtk_editable_set_text (GTK_EDITABLE (self->cost), cost);
  gtk_widget_set_visible (GTK_WIDGET (self->cost), has_cost);
  show_detail (self, FALSE, 0);
  return GTK_WIDGET (self);
}

/**
 * bp_stock_line_row_get_product:
 * @self: a row
 *
 * Returns: (transfer none): the product's id
 */
const char *
bp_stock_line_row_get_product (BpStockLineRow *self)
{
  return self->product_id;
}

/**
 * bp_stock_line_row_add_one:
 * @self: a row
 *
 * One more of it was scanned.
 */
void
bp_stock_line_row_add_one (BpStockLineRow *self)
{
  gint64 quantity;
  g_autofree char *text = NULL;

  if (!read_quantity (self, &quantity))
    quantity = 0;
  text = bp_quantity_format (quantity + 1000);
  gtk_editable_set_text (GTK_EDITABLE (self->quantity), text);
}

/**
 * bp_stock_line_row_read:
 * @self: a row
 *
 * Says what is wrong where something is, and goes there.
 *
 * Returns: (transfer full) (nullable): what was typed; %NULL where it cannot be
 *   saved
 */
BpStockLine *
bp_stock_line_row_read (BpStockLineRow *self)
{
  g_autoptr (BpStockLine) line = g_new0 (BpStockLine, 1);
  gint64 quantity;

  line->product_id = g_strdup (self->product_id);
  line->is_counted = self->is_count;
  line->expected = self->expected;
  line->moved_at = self->is_count ? self->moved_at : 0;
  if (gtk_widget_get_visible (GTK_WIDGET (self->cost))
      && !read_entry (self, self->cost, get_field ("products", "cost"), &line->cost))
    {
      gtk_widget_grab_focus (GTK_WIDGET (self->cost));
      return NULL;
    }
  if (!read_quantity (self, &quantity))
    {
      bp_stock_line_row_focus (self);
      return NULL;
    }

  line->has_cost = gtk_widget_get_visible (GTK_WIDGET (self->cost))
                   && line->cost != self->known_cost;
  line->quantity = quantity;
  line->counted = quantity;
  return g_steal_pointer (&line);
}

/**
 * bp_stock_line_row_focus:
 * @self: a row
 *
 * Goes to its quantity.
 */
void
bp_stock_line_row_focus (BpStockLineRow *self)
{
  gtk_widget_grab_focus (GTK_WIDGET (self->quantity));
}

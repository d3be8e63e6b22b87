#include "config.h"

#include "bp-sale-line-row.h"

#include "bp-money.h"

#include <glib/gi18n.h>
#include <string.h>

#define WHOLE 10000
#define NO_BREAK_SPACE "\302\240"

struct _BpSaleLineRow
{
  GtkListBoxRow parent_instance;

  GtkLabel *name;                     /* (unowned), as all widgets here */
  GtkLabel *note;
  GtkLabel *tax;
  GtkLabel *amount;
  GtkWidget *remove_button;
  GtkStack *stacks[BP_N_SALE_CELLS];
  GtkWidget *buttons[BP_N_SALE_CELLS];
  GtkLabel *labels[BP_N_SALE_CELLS];
  GtkWidget *entries[BP_N_SALE_CELLS]; /* (nullable): until first needed */
  gboolean editing;
  BpSaleCell edited;
  guint idle_id;

  BpSaleLine *line;                   /* (owned) */
  BpFormat *format;                   /* (owned) */
};

G_DEFINE_FINAL_TYPE (BpSaleLineRow, bp_sale_line_row, GTK_TYPE_LIST_BOX_ROW)

enum
{
  DONE,
  REMOVE,
  N_SIGNALS
};

static guint signals[N_SIGNALS];

static const char *const cell_names[] = { N_("Quantity"), N_("Rate"), N_("Discount") };

static char *
format_percent (gint64 rate)
{
  g_autofree char *percent = bp_quantity_format (rate * 10);

  return g_strdup_printf ("%s" NO_BREAK_SPACE "%%", percent);
}

static char *
format_cell (BpSaleLineRow *self,
             BpSaleCell     cell)
{
  gint64 rate = bp_sale_line_get_discount_rate (self->line);
  gint64 discount = bp_sale_line_get_discount (self->line);

  switch (cell)
    {
    case BP_SALE_CELL_QUANTITY:
      return bp_quantity_format (bp_sale_line_get_quantity (self->line));
    case BP_SALE_CELL_RATE:
      return bp_format_money (self->format, NULL, bp_sale_line_get_unit_price (self->line));
    case BP_SALE_CELL_DISCOUNT:
    default:
      if (rate != 0)
        return format_percent (rate);
      return discount != 0 ? bp_format_money (self->format, NULL, discount) : g_strdup ("–");
    }
}

static void
show_cell (BpSaleLineRow *self,
           BpSaleCell     cell)
{
  g_autofree char *text = format_cell (self, cell);
  g_autofree char *label = g_strdup_printf ("%s, %s: %s", bp_sale_line_get_name (self->line),
                                            _(cell_names[cell]), text);

  gtk_label_set_text (self->labels[cell], text);
  gtk_accessible_update_property (GTK_ACCESSIBLE (self->buttons[cell]),
                                  GTK_ACCESSIBLE_PROPERTY_LABEL, label, -1);
}

static void
show_note (BpSaleLineRow *self,
           const char    *text,
           const char    *css_class)
{
  const char *classes[] = { "caption", css_class, NULL };

  gtk_label_set_text (self->note, text != NULL ? text : "");
  gtk_widget_set_css_classes (GTK_WIDGET (self->note), classes);
  gtk_widget_set_visible (GTK_WIDGET (self->note), text != NULL);
}

static void
show_stock (BpSaleLineRow *self)
{
  const char *policy = bp_format_get_profile (self->format)->stock_policy;
  gint64 after = bp_sale_line_get_stock_after (self->line);
  g_autofree char *number = NULL;
  g_autofree char *text = NULL;

  if (after >= 0 || bp_sale_line_get_quantity (self->line) < 0 || g_str_equal (policy, "allow"))
    {
      show_note (self, NULL, "warning");
      return;
    }

  if (g_str_equal (policy, "block"))
    {
      number = bp_quantity_format (bp_sale_line_get_stock (self->line));
      text = g_strdup_printf (_("Only %s in stock"), number);
      show_note (self, text, "error");
      return;
    }

  number = bp_quantity_format (after);
  text = g_strdup_printf (_("⚠ Stock will go to %s"), number);
  show_note (self, text, "warning");
}

static void
update (BpSaleLineRow *self)
{
  g_autofree char *tax = format_percent (bp_sale_line_get_tax_rate (self->line));
  g_autofree char *amount
    = bp_format_money (self->format, NULL, bp_sale_line_get_amount (self->line));
  g_autofree char *quantity
    = bp_quantity_format (bp_sale_line_get_quantity (self->line));
  /* Translators: a line of a bill: quantity, item, amount. */
  g_autofree char *label
    = g_strdup_printf (_("%s × %s, %s"), quantity, bp_sale_line_get_name (self->line), amount);

  for (BpSaleCell cell = 0; cell < BP_N_SALE_CELLS; cell++)
    show_cell (self, cell);
  gtk_label_set_text (self->tax, tax);
  gtk_label_set_text (self->amount, amount);
  gtk_accessible_update_property (GTK_ACCESSIBLE (self), GTK_ACCESSIBLE_PROPERTY_LABEL, label, -1);
  if (!self->editing)
    show_stock (self);
}

static void
show_buttons (BpSaleLineRow *self)
{
  for (BpSaleCell cell = 0; cell < BP_N_SALE_CELLS; cell++)
    {
      if (!self->editing || self->edited != cell)
        gtk_stack_set_visible_child (self->stacks[cell], self->buttons[cell]);
    }
  update (self);
}

static gboolean
on_idle (gpointer data)
{
  BpSaleLineRow *self = data;

  self->idle_id = 0;
  show_buttons (self);
  return G_SOURCE_REMOVE;
}

/* A share is told by its sign; no sign is the amount for the whole line. */
static gboolean
read_discount (BpSaleLineRow *self,
               const char    *text,
               GError       **error)
{
  int decimals = bp_money_get_decimals (bp_format_get_profile (self->format)->currency);
  const char *percent = strchr (text, '%');
  g_autofree char *number = NULL;
  gint64 value = 0;

  if (percent == NULL)
    {
      if (text[0] != '\0' && !bp_money_parse (text, decimals, &value, error))
        return FALSE;
      bp_sale_line_set_discount (self->line, value);
      return TRUE;
    }

  number = g_strstrip (g_strndup (text, (gsize)(percent - text)));
  if (!bp_money_parse (number, 2, &value, error))
    return FALSE;
  if (value < 0 || value > WHOLE)
    {
      g_set_error_literal (error, G_IO_ERROR, G_IO_ERROR_INVALID_DATA,
                           _("A discount is between 0 % and 100 %"));
      return FALSE;
    }
  bp_sale_line_set_discount_rate (self->line, value);
  return TRUE;
}

static gboolean
read_cell (BpSaleLineRow *self,
           const char    *text,
           GError       **error)
{
  int decimals = bp_money_get_decimals (bp_format_get_profile (self->format)->currency);
  gint64 value = 0;

  if (self->edited == BP_SALE_CELL_DISCOUNT)
    return read_discount (self, text, error);
  if (!bp_money_parse (text, self->edited == BP_SALE_CELL_RATE ? decimals : 3, &value, error))
    return FALSE;
  if (self->edited == BP_SALE_CELL_RATE ? value < 0 : value == 0)
    {
      g_set_error_literal (error, G_IO_ERROR, G_IO_ERROR_INVALID_DATA,
                           self->edited == BP_SALE_CELL_RATE ? _("A rate is not negative")
                                                             : _("A quantity is not 0"));
      return FALSE;
    }

  if (self->edited == BP_SALE_CELL_RATE)
    bp_sale_line_set_unit_price (self->line, value);
  else
    bp_sale_line_set_quantity (self->line, value);
  return TRUE;
}

static gboolean
commit (BpSaleLineRow *self)
{
  GtkWidget *entry = self->entries[self->edited];
  g_autofree char *text = g_strstrip (g_strdup (gtk_editable_get_text (GTK_EDITABLE (entry))));
  g_autoptr (GError) error = NULL;

  if (read_cell (self, text, &error))
    return TRUE;

  gtk_widget_add_css_class (entry, "error");
  show_note (self, error->message, "error");
  return FALSE;
}

static void
finish (BpSaleLineRow *self)
{
  self->editing = FALSE;
  gtk_widget_grab_focus (GTK_WIDGET (self));
  g_signal_emit (self, signals[DONE], 0);
  show_buttons (self);
}

static void
on_entry_activate (BpSaleLineRow *self)
{
  if (self->editing && commit (self))
    finish (self);
}

/* What was typed holds, as by Enter; what cannot be read is dropped. The focus
 * is on its way, so that the entry may not go at once. */
static void
on_entry_leave (BpSaleLineRow *self)
{
  if (!self->editing)
    return;

  commit (self);
  self->editing = FALSE;
  if (self->idle_id == 0)
    self->idle_id = g_idle_add (on_idle, self);
}

static gboolean
on_entry_key (BpSaleLineRow *self,
              guint          keyval)
{
  if (keyval != GDK_KEY_Escape)
    return FALSE;

  finish (self);
  return TRUE;
}

static void
on_clicked (BpSaleLineRow *self,
            GtkWidget     *button)
{
  for (BpSaleCell cell = 0; cell < BP_N_SALE_CELLS; cell++)
    {
      if (self->buttons[cell] == button)
        bp_sale_line_row_edit (self, cell);
    }
}

static void
on_remove (BpSaleLineRow *self)
{
  g_signal_emit (self, signals[REMOVE], 0);
}

static void
bp_sale_line_row_dispose (GObject *object)
{
  BpSaleLineRow *self = BP_SALE_LINE_ROW (object);

  self->editing = FALSE;
  g_clear_handle_id (&self->idle_id, g_source_remove);
  g_clear_object (&self->line);
  g_clear_object (&self->format);
  gtk_widget_dispose_template (GTK_WIDGET (self), BP_TYPE_SALE_LINE_ROW);

  G_OBJECT_CLASS (bp_sale_line_row_parent_class)->dispose (object);
}

static void
bind_cell (GtkWidgetClass *widget_class,
           const char     *name,
           BpSaleCell      cell)
{
  g_autofree char *stack = g_strdup_printf ("%s_stack", name);
  g_autofree char *button = g_strdup_printf ("%s_button", name);
  g_autofree char *label = g_strdup_printf ("%s_label", name);

  gtk_widget_class_bind_template_child_full (
    widget_class, stack, FALSE,
    G_STRUCT_OFFSET (BpSaleLineRow, stacks) + (gssize)(cell * sizeof (gpointer)));
  gtk_widget_class_bind_template_child_full (
    widget_class, button, FALSE,
    G_STRUCT_OFFSET (BpSaleLineRow, buttons) + (gssize)(cell * sizeof (gpointer)));
  gtk_widget_class_bind_template_child_full (
    widget_class, label, FALSE,
    G_STRUCT_OFFSET (BpSaleLineRow, labels) + (gssize)(cell * sizeof (gpointer)));
}

static void
bp_sale_line_row_class_init (BpSaleLineRowClass *klass)
{
  GObjectClass *object_class = G_OBJECT_CLASS (klass);
  GtkWidgetClass *widget_class = GTK_WIDGET_CLASS (klass);

  object_class->dispose = bp_sale_line_row_dispose;

  signals[DONE] = g_signal_new ("done", BP_TYPE_SALE_LINE_ROW, G_SIGNAL_RUN_LAST, 0, NULL, NULL,
                                NULL, G_TYPE_NONE, 0);
  signals[REMOVE] = g_signal_new ("remove", BP_TYPE_SALE_LINE_ROW, G_SIGNAL_RUN_LAST, 0, NULL,
                                  NULL, NULL, G_TYPE_NONE, 0);

  gtk_widget_class_set_template_from_resource (
    widget_class, "/io/github/bizpulse/BizPulse/bp-sale-line-row.ui");
  gtk_widget_class_bind_template_child (widget_class, BpSaleLineRow, name);
  gtk_widget_class_bind_template_child (widget_class, BpSaleLineRow, note);
  gtk_widget_class_bind_template_child (widget_class, BpSaleLineRow, tax);
  gtk_widget_class_bind_template_child (widget_class, BpSaleLineRow, amount);
  gtk_widget_class_bind_template_child (widget_class, BpSaleLineRow, remove_button);
  bind_cell (widget_class, "quantity", BP_SALE_CELL_QUANTITY);
  bind_cell (widget_class, "rate", BP_SALE_CELL_RATE);
  bind_cell (widget_class, "discount", BP_SALE_CELL_DISCOUNT);
  gtk_widget_class_bind_template_callback (widget_class, on_clicked);
  gtk_widget_class_bind_template_callback (widget_class, on_remove);
}

static void
bp_sale_line_row_init (BpSaleLineRow *self)
{
  gtk_widget_init_template (GTK_WIDGET (self));
}

/**
 * bp_sale_line_row_new:
 * @line: a line
 * @format: how values are written
 *
 * Returns: (transfer floating): a row that follows @line
 */
GtkWidget *
bp_sale_line_row_new (BpSaleLine *line,
                      BpFormat   *format)
{
  BpSaleLineRow *self = g_object_new (BP_TYPE_SALE_LINE_ROW, NULL);
  g_autofree char *remove = g_strdup_printf (_("Remove %s"), bp_sale_line_get_name (line));

  self->line = g_object_ref (line);
  self->format = g_object_ref (format);
  gtk_label_set_text (self->name, bp_sale_line_get_name (line));
  gtk_accessible_update_property (GTK_ACCESSIBLE (self->remove_button),
                                  GTK_ACCESSIBLE_PROPERTY_LABEL, remove, -1);
  g_signal_connect_object (line, "changed", G_CALLBACK (update), self, G_CONNECT_SWAPPED);
  update (self);
  return GTK_WIDGET (self);
}

/**
 * bp_sale_line_row_get_line:
 * @self: a row
 *
 * Returns: (transfer none): its line
 */
BpSaleLine *
bp_sale_line_row_get_line (BpSaleLineRow *self)
{
  return self->line;
}

static char *
get_text_for_editing (BpSaleLineRow *self,
                      BpSaleCell     cell)
{
  int decimals = bp_money_get_decimals (bp_format_get_profile (self->format)->currency);
  gint64 discount = bp_sale_line_get_discount (self->line);

  if (cell == BP_SALE_CELL_RATE)
    return bp_money_to_plain (bp_sale_line_get_unit_price (self->line), decimals);
  if (cell == BP_SALE_CELL_DISCOUNT && bp_sale_line_get_discount_rate (self->line) == 0)
    return discount != 0 ? bp_money_to_plain (discount, decimals) : g_strdup ("");

  return format_cell (self, cell);
}

static void
add_controllers (BpSaleLineRow *self,
                 GtkWidget     *entry)
{
  GtkEventController *keys = gtk_event_controller_key_new ();
  GtkEventController *focus = gtk_event_controller_focus_new ();

  gtk_event_controller_set_propagation_phase (keys, GTK_PHASE_CAPTURE);
  g_signal_connect_swapped (keys, "key-pressed", G_CALLBACK (on_entry_key), self);
  g_signal_connect_swapped (focus, "leave", G_CALLBACK (on_entry_leave), self);
  gtk_widget_add_controller (entry, keys);
  gtk_widget_add_controller (entry, focus);
}

static void
ensure_entry (BpSaleLineRow *self,
              BpSaleCell     cell)
{
  g_autofree char *label = g_strdup_printf ("%s, %s", bp_sale_line_get_name (self->line),
                                            _(cell_names[cell]));
  GtkWidget *entry;

  if (self->entries[cell] != NULL)
    return;

  entry = gtk_entry_new ();
  self->entries[cell] = entry;
  gtk_entry_set_alignment (GTK_ENTRY (entry), 1);
  gtk_editable_set_width_chars (GTK_EDITABLE (entry), 6);
  gtk_accessible_update_property (
    GTK_ACCESSIBLE (gtk_editable_get_delegate (GTK_EDITABLE (entry))),
    GTK_ACCESSIBLE_PROPERTY_LABEL, label, -1);
  gtk_accessible_update_property (GTK_ACCESSIBLE (entry), GTK_ACCESSIBLE_PROPERTY_LABEL, label,
                                  -1);
  g_signal_connect_swapped (entry, "activate", G_CALLBACK (on_entry_activate), self);
  add_controllers (self, entry);
  gtk_stack_add_child (self->stacks[cell], entry);
}

/**
 * bp_sale_line_row_edit:
 * @self: a row
 * @cell: what is edited from now on
 */
void
bp_sale_line_row_edit (BpSaleLineRow *self,
                       BpSaleCell     cell)
{
  g_autofree char *text = get_text_for_editing (self, cell);

  on_entry_leave (self);
  ensure_entry (self, cell);
  self->edited = cell;
  self->editing = TRUE;
  gtk_widget_remove_css_class (self->entries[cell], "error");
  gtk_editable_set_text (GTK_EDITABLE (self->entries[cell]), text);
  gtk_stack_set_visible_child (self->stacks[cell], self->entries[cell]);
  gtk_widget_grab_focus (self->entries[cell]);
}

#include "config.h"

#include "bp-cell.h"

#include "bp-status.h"

struct _BpCell
{
  AdwBin parent_instance;

  const BpColumn *column; /* (unowned) */
  const BpField *field;   /* (unowned) (nullable) */
  BpFormat *format;       /* (owned) */
  BpRecord *record;       /* (owned) (nullable) */
  gulong record_handler;
  gulong format_handler;
  const char *css_class; /* (unowned) (nullable): the one added last */
};

G_DEFINE_FINAL_TYPE (BpCell, bp_cell, ADW_TYPE_BIN)

static void
show_text (BpCell *self)
{
  GtkWidget *child = adw_bin_get_child (ADW_BIN (self));
  const char *css_class = NULL;
  g_autofree char *text = NULL;

  if (self->record == NULL)
    text = g_strdup ("");
  else if (self->column->format != NULL)
    text = self->column->format (self->format, self->record, &css_class);
  else
    text = bp_format_field (self->format, self->record, self->field);

  gtk_inscription_set_text (GTK_INSCRIPTION (child), text);
  gtk_accessible_update_property (GTK_ACCESSIBLE (child), GTK_ACCESSIBLE_PROPERTY_LABEL, text, -1);
  if (g_strcmp0 (self->css_class, css_class) == 0)
    return;
  if (self->css_class != NULL)
    gtk_widget_remove_css_class (child, self->css_class);
  if (css_class != NULL)
    gtk_widget_add_css_class (child, css_class);
  self->css_class = css_class;
}

static void
update (BpCell *self)
{
  GtkWidget *child = adw_bin_get_child (ADW_BIN (self));
  gboolean is_loaded = self->record != NULL && bp_record_is_loaded (self->record);

  if (self->column->kind == BP_COLUMN_FIELD)
    {
      show_text (self);
      return;
    }

  gtk_widget_set_visible (child, is_loaded);
  if (is_loaded)
    bp_status_show (GTK_IMAGE (child),
                    bp_status_get_record_look (bp_record_get_status (self->record)));
}

static void
bp_cell_dispose (GObject *object)
{
  BpCell *self = BP_CELL (object);

  if (self->record != NULL)
    g_clear_signal_handler (&self->record_handler, self->record);
  if (self->format != NULL)
    g_clear_signal_handler (&self->format_handler, self->format);
  g_clear_object (&self->record);
  g_clear_object (&self->format);

  G_OBJECT_CLASS (bp_cell_parent_class)->dispose (object);
}

static void
bp_cell_class_init (BpCellClass *klass)
{
  GObjectClass *object_class = G_OBJECT_CLASS (klass);

  object_class->dispose = bp_cell_dispose;
}

static void
bp_cell_init (BpCell *self)
{
}

/**
 * bp_column_is_number:
 * @column: a column
 * @table: of its records
 *
 * Returns: whether it holds numbers, which are aligned to the right
 */
gboolean
bp_column_is_number (const BpColumn *column,
                     const BpTable  *table)
{
  int index = column->field != NULL ? bp_table_find_field (table, column->field) : -1;

  if (column->kind == BP_COLUMN_STATUS)
    return FALSE;
  if (index < 0)
    return TRUE;

  return !bp_field_is_text (&table->fields[index]) && table->fields[index].type != BP_FIELD_TIME
         && table->fields[index].type != BP_FIELD_FLAG;
}

static GtkWidget *
create_text (const BpColumn *column,
             gboolean        is_number)
{
  GtkWidget *child = gtk_inscription_new (NULL);

  gtk_inscription_set_text_overflow (GTK_INSCRIPTION (child),
                                     GTK_INSCRIPTION_OVERFLOW_ELLIPSIZE_END);
  gtk_inscription_set_min_chars (GTK_INSCRIPTION (child), 0);
  gtk_inscription_set_nat_chars (GTK_INSCRIPTION (child), 0);
  gtk_inscription_set_xalign (GTK_INSCRIPTION (child), is_number ? 1.0f : 0.0f);
  if (is_number)
    gtk_widget_add_css_class (child, "numeric");
  gtk_widget_set_hexpand (child, TRUE);
  return child;
}

/* A conflict is opened by its icon. */
static void
on_icon_pressed (BpCell *self)
{
  if (self->record == NULL || bp_record_get_status (self->record) != BP_RECORD_CONFLICT)
    return;
  gtk_widget_activate_action (GTK_WIDGET (self), "app.resolve-record", "(ss)",
                              bp_record_get_table (self->record)->name,
                              bp_record_get_id (self->record));
}

static GtkWidget *
create_icon (BpCell *self)
{
  GtkWidget *child = gtk_image_new ();
  GtkGesture *click = gtk_gesture_click_new ();

  g_signal_connect_object (click, "released", G_CALLBACK (on_icon_pressed), self,
                           G_CONNECT_SWAPPED);
  gtk_widget_add_controller (child, GTK_EVENT_CONTROLLER (click));
  return child;
}

/**
 * bp_cell_new:
 * @column: what is shown
 * @table: of the records
 * @format: how
 *
 * Returns: (transfer floating): a cell that shows nothing yet
 */
GtkWidget *
bp_cell_new (const BpColumn *column,
             const BpTable  *table,
             BpFormat       *format)
{
  BpCell *self = g_object_new (BP_TYPE_CELL, NULL);
  int index = column->field != NULL ? bp_table_find_field (table, column->field) : -1;

  self->column = column;
  self->field = index >= 0 ? &table->fields[index] : NULL;
  self->format = g_object_ref (format);
  adw_bin_set_child (ADW_BIN (self),
                     column->kind == BP_COLUMN_STATUS
                       ? create_icon (self)
                       : create_text (column, bp_column_is_number (column, table)));
  self->format_handler = g_signal_connect_swapped (format, "changed", G_CALLBACK (update), self);
  return GTK_WIDGET (self);
}

/**
 * bp_cell_set_record:
 * @self: a cell
 * @record: (nullable): what it shows from now on
 */
void
bp_cell_set_record (BpCell   *self,
                    BpRecord *record)
{
  if (self->record == record)
    return;

  if (self->record != NULL)
    g_clear_signal_handler (&self->record_handler, self->record);
  g_set_object (&self->record, record);
  if (record != NULL)
    self->record_handler
      = g_signal_connect_swapped (record, "changed", G_CALLBACK (update), self);
  update (self);
}

/**
 * bp_cell_get_record:
 * @self: a cell
 *
 * Returns: (transfer none) (nullable): what it shows
 */
BpRecord *
bp_cell_get_record (BpCell *self)
{
  return self->record;
}

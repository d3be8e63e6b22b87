#include "config.h"

#include "bp-report-table.h"

#include "bp-money.h"

#include <glib/gi18n.h>

#define ROW_TYPE_ITEM (row_item_get_type ())

/* A row of the report, for the list. */
G_DECLARE_FINAL_TYPE (RowItem, row_item, ROW, ITEM, GObject)

struct _RowItem
{
  GObject parent_instance;

  JsonObject *row; /* (owned) */
};

G_DEFINE_FINAL_TYPE (RowItem, row_item, G_TYPE_OBJECT)

struct _BpReportTable
{
  AdwBin parent_instance;

  GtkColumnView *view; /* (unowned), as all widgets here */
  GtkBox *totals;

  BpFormat *format;    /* (owned) (nullable) */
};

G_DEFINE_FINAL_TYPE (BpReportTable, bp_report_table, ADW_TYPE_BIN)

static void
row_item_finalize (GObject *object)
{
  RowItem *self = ROW_ITEM (object);

  g_clear_pointer (&self->row, json_object_unref);

  G_OBJECT_CLASS (row_item_parent_class)->finalize (object);
}

static void
row_item_class_init (RowItemClass *klass)
{
  G_OBJECT_CLASS (klass)->finalize = row_item_finalize;
}

static void
row_item_init (RowItem *self)
{
}

static gboolean
is_number (const BpReportColumn *column)
{
  return column->unit != BP_FIELD_TEXT && column->unit != BP_FIELD_DATE;
}

static char *
format_number (BpReportTable        *self,
               const BpReportColumn *column,
               gint64                number)
{
  switch (column->unit)
    {
    case BP_FIELD_MONEY:
      return bp_format_money (self->format, NULL, number);
    case BP_FIELD_QUANTITY:
      return bp_quantity_format (number);
    default:
      return g_strdup_printf ("%'" G_GINT64_FORMAT, number);
    }
}

static char *
format_cell (BpReportTable        *self,
             const BpReportColumn *column,
             JsonObject           *row)
{
  if (json_object_get_null_member (row, column->member))
    return g_strdup ("");
  if (column->unit == BP_FIELD_DATE)
    return bp_format_date (self->format, json_object_get_string_member (row, column->member));
  if (!is_number (column))
    return g_strdup (json_object_get_string_member (row, column->member));

  return format_number (self, column, json_object_get_int_member (row, column->member));
}

static void
on_setup (GtkSignalListItemFactory *factory,
          GtkListItem              *item,
          const BpReportColumn     *column)
{
  GtkWidget *cell = gtk_inscription_new (NULL);

  gtk_inscription_set_xalign (GTK_INSCRIPTION (cell), is_number (column) ? 1 : 0);
  gtk_inscription_set_text_overflow (GTK_INSCRIPTION (cell),
                                     GTK_INSCRIPTION_OVERFLOW_ELLIPSIZE_END);
  gtk_inscription_set_min_chars (GTK_INSCRIPTION (cell), is_number (column) ? 4 : 14);
  if (is_number (column))
    gtk_widget_add_css_class (cell, "numeric");
  gtk_list_item_set_child (item, cell);
}

static void
on_bind (GtkSignalListItemFactory *factory,
         GtkListItem              *item,
         const BpReportColumn     *column)
{
  BpReportTable *self = g_object_get_data (G_OBJECT (factory), "table");
  g_autofree char *text = format_cell (self, column, ROW_ITEM (gtk_list_item_get_item (item))->row);

  gtk_inscription_set_text (GTK_INSCRIPTION (gtk_list_item_get_child (item)), text);
}

static int
compare_rows (gconstpointer a,
              gconstpointer b,
              gpointer      user_data)
{
  const BpReportColumn *column = user_data;
  JsonObject *first = ((RowItem *)a)->row;
  JsonObject *second = ((RowItem *)b)->row;

  if (is_number (column))
    {
      gint64 x = json_object_get_int_member_with_default (first, column->member, 0);
      gint64 y = json_object_get_int_member_with_default (second, column->member, 0);

      return x < y ? GTK_ORDERING_SMALLER : x > y ? GTK_ORDERING_LARGER : GTK_ORDERING_EQUAL;
    }

  return gtk_ordering_from_cmpfunc (
    g_utf8_collate (json_object_get_string_member_with_default (first, column->member, ""),
                    json_object_get_string_member_with_default (second, column->member, "")));
}

static int
get_width (const BpReportColumn *column)
{
  return column->unit == BP_FIELD_INTEGER ? 84 : 118;
}

static void
add_column (BpReportTable        *self,
            const BpReportColumn *column,
            gboolean              expands)
{
  GtkListItemFactory *factory = gtk_signal_list_item_factory_new ();
  g_autoptr (GtkColumnViewColumn) view_column = NULL;
  g_autoptr (GtkSorter) sorter
    = GTK_SORTER (gtk_custom_sorter_new (compare_rows, (gpointer)column, NULL));

  /* The table owns the column, and so the factory. */
  g_object_set_data (G_OBJECT (factory), "table", self);
  g_signal_connect (factory, "setup", G_CALLBACK (on_setup), (gpointer)column);
  g_signal_connect (factory, "bind", G_CALLBACK (on_bind), (gpointer)column);
  view_column = gtk_column_view_column_new (_(column->title), factory);
  gtk_column_view_column_set_sorter (view_column, sorter);
  gtk_column_view_column_set_resizable (view_column, TRUE);
  gtk_column_view_column_set_expand (view_column, expands);
  gtk_column_view_column_set_fixed_width (view_column, expands ? -1 : get_width (column));
  gtk_column_view_append_column (self->view, view_column);
}

/* As in lists of records: titles of numbers stand over them, at the right. */
static void
align_titles (BpReportTable        *self,
              const BpReportColumn *columns,
              guint                 n_columns)
{
  GtkWidget *header = gtk_widget_get_first_child (GTK_WIDGET (self->view));
  GtkWidget *title = header != NULL ? gtk_widget_get_first_child (header) : NULL;

  for (guint i = 0; i < n_columns && title != NULL; i++)
    {
      GtkWidget *box = gtk_widget_get_first_child (title);

      if (box != NULL && is_number (&columns[i]))
        gtk_widget_set_halign (box, GTK_ALIGN_END);
      title = gtk_widget_get_next_sibling (title);
    }
}

static void
clear_columns (BpReportTable *self)
{
  GListModel *columns = gtk_column_view_get_columns (self->view);

  gtk_column_view_set_model (self->view, NULL);
  while (g_list_model_get_n_items (columns) > 0)
    {
      g_autoptr (GtkColumnViewColumn) column = g_list_model_get_item (columns, 0);

      gtk_column_view_remove_column (self->view, column);
    }
}

static void
add_total (BpReportTable        *self,
           const BpReportColumn *column,
           GPtrArray            *rows)
{
  GtkWidget *box = gtk_box_new (GTK_ORIENTATION_VERTICAL, 0);
  GtkWidget *title = gtk_label_new (_(column->title));
  GtkWidget *value;
  g_autofree char *text = NULL;
  gint64 sum = 0;

  for (guint i = 0; i < rows->len; i++)
    {
      if (__builtin_add_overflow (sum,
                                  json_object_get_int_member_with_default (
                                    rows->pdata[i], column->member, 0),
                                  &sum))
        return;
    }

  text = format_number (self, column, sum);
  value = gtk_label_new (text);
  gtk_label_set_xalign (GTK_LABEL (title), 0);
  gtk_label_set_xalign (GTK_LABEL (value), 0);
  gtk_widget_add_css_class (title, "caption");
  gtk_widget_add_css_class (title, "dim-label");
  gtk_widget_add_css_class (value, "heading");
  gtk_widget_add_css_class (value, "numeric");
  gtk_box_append (GTK_BOX (box), title);
  gtk_box_append (GTK_BOX (box), value);
  gtk_box_append (self->totals, box);
}

static void
show_totals (BpReportTable        *self,
             const BpReportColumn *columns,
             guint                 n_columns,
             GPtrArray            *rows)
{
  GtkWidget *child;

  while ((child = gtk_widget_get_first_child (GTK_WIDGET (self->totals))) != NULL)
    gtk_box_remove (self->totals, child);
  for (guint i = 0; i < n_columns; i++)
    {
      if (columns[i].adds_up)
        add_total (self, &columns[i], rows);
    }
}

static void
bp_report_table_dispose (GObject *object)
{
  BpReportTable *self = BP_REPORT_TABLE (object);

  if (self->view != NULL)
    clear_columns (self);
  adw_bin_set_child (ADW_BIN (self), NULL);
  gtk_widget_dispose_template (GTK_WIDGET (self), BP_TYPE_REPORT_TABLE);
  self->view = NULL;
  g_clear_object (&self->format);

  G_OBJECT_CLASS (bp_report_table_parent_class)->dispose (object);
}

static void
bp_report_table_class_init (BpReportTableClass *klass)
{
  GObjectClass *object_class = G_OBJECT_CLASS (klass);
  GtkWidgetClass *widget_class = GTK_WIDGET_CLASS (klass);

  object_class->dispose = bp_report_table_dispose;

  gtk_widget_class_set_template_from_resource (
    widget_class, "/io/github/bizpulse/BizPulse/bp-report-table.ui");
  gtk_widget_class_bind_template_child (widget_class, BpReportTable, view);
  gtk_widget_class_bind_template_child (widget_class, BpReportTable, totals);
}

static void
bp_report_table_init (BpReportTable *self)
{
  gtk_widget_init_template (GTK_WIDGET (self));
}

/**
 * bp_report_table_set_rows:
 * @self: a table
 * @format: how values are written
 * @kind: what the rows are
 * @rows: (transfer none) (element-type JsonObject): of bp_report_run()
 *
 * Shows these instead of what was shown before.
 */
void
bp_report_table_set_rows (BpReportTable *self,
                          BpFormat      *format,
                          BpReportKind   kind,
                          GPtrArray     *rows)
{
  g_autoptr (GListStore) store = g_list_store_new (ROW_TYPE_ITEM);
  g_autoptr (GPtrArray) items = g_ptr_array_new_with_free_func (g_object_unref);
  g_autoptr (GtkNoSelection) selection = NULL;
  GtkSortListModel *sorted;
  guint n_columns;
  const BpReportColumn *columns = bp_report_get_columns (kind, &n_columns);

  g_set_object (&self->format, format);
  clear_columns (self);
  for (guint i = 0; i < n_columns; i++)
    add_column (self, &columns[i], i == 0);
  align_titles (self, columns, n_columns);
  for (guint i = 0; i < rows->len; i++)
    {
      RowItem *item = g_object_new (ROW_TYPE_ITEM, NULL);

      item->row = json_object_ref (rows->pdata[i]);
      g_ptr_array_add (items, item);
    }
  g_list_store_splice (store, 0, 0, items->pdata, items->len);

  sorted = gtk_sort_list_model_new (G_LIST_MODEL (g_steal_pointer (&store)),
                                    g_object_ref (gtk_column_view_get_sorter (self->view)));
  gtk_sort_list_model_set_incremental (sorted, TRUE);
  selection = gtk_no_selection_new (G_LIST_MODEL (sorted));
  gtk_column_view_set_model (self->view, GTK_SELECTION_MODEL (selection));
  show_totals (self, columns, n_columns, rows);
}

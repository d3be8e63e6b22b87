/* The columns of a table: what they show, how wide they are, and which of them
 * there is room for. */
#include "config.h"

#include "bp-record-table-private.h"

#include "bp-cell.h"

/* How long dragging may go on before it is told of. */
#define RESIZED_DELAY_MS 300
#define MIN_WIDTH 20
#define MAX_WIDTH 2000

static int
note_asked (gconstpointer a,
            gconstpointer b,
            gpointer      user_data)
{
  const Sorting *sorting = user_data;

  sorting->table->asked = sorting->column;
  return -1;
}

/* How wide all columns are together that are less sparable than @shown;
 * @greatest is the next that can be spared. */
static int
measure_columns (BpRecordTable *self,
                 guint          shown,
                 guint         *greatest)
{
  int needed = 0;

  *greatest = 0;
  for (guint i = 0; i < self->sortings->len; i++)
    {
      const Sorting *sorting = self->sortings->pdata[i];

      if (sorting->column->spare >= shown)
        continue;
      needed += sorting->width;
      *greatest = MAX (*greatest, sorting->column->spare);
    }

  return needed;
}

/* Hides what can be spared until the rest fits. */
static gboolean
on_fit (gpointer data)
{
  BpRecordTable *self = data;
  guint shown = G_MAXUINT;
  guint greatest;

  self->fit_id = 0;
  while (measure_columns (self, shown, &greatest) > self->width && greatest > 0)
    shown = greatest;

  self->fitting = TRUE;
  for (guint i = 0; i < self->sortings->len; i++)
    {
      const Sorting *sorting = self->sortings->pdata[i];
      guint spare = sorting->column->spare;
      gboolean is_shown = spare == 0 || spare < shown;

      if (gtk_column_view_column_get_visible (sorting->view_column) == is_shown)
        continue;
      /* GTK 4.8 keeps the width of a hidden column free. */
      gtk_column_view_column_set_fixed_width (sorting->view_column,
                                              is_shown ? sorting->width : 0);
      gtk_column_view_column_set_visible (sorting->view_column, is_shown);
    }
  self->fitting = FALSE;

  return G_SOURCE_REMOVE;
}

static const char *
get_column_key (const BpColumn *column)
{
  return column->field != NULL ? column->field : column->title;
}

static gboolean
on_resized (gpointer data)
{
  BpRecordTable *self = data;
  g_auto (GVariantBuilder) builder = G_VARIANT_BUILDER_INIT (G_VARIANT_TYPE ("a{si}"));
  g_autoptr (GVariant) widths = NULL;

  self->resized_id = 0;
  for (guint i = 0; i < self->sortings->len; i++)
    {
      const Sorting *sorting = self->sortings->pdata[i];

      if (sorting->width != sorting->column->width)
        g_variant_builder_add (&builder, "{si}", get_column_key (sorting->column),
                               sorting->width);
    }
  widths = g_variant_ref_sink (g_variant_builder_end (&builder));
  g_signal_emit_by_name (self, "resized", widths);
  return G_SOURCE_REMOVE;
}

/* Dragging a title's edge sets a width for each step of the pointer. */
static void
on_column_resized (GtkColumnViewColumn *view_column,
                   GParamSpec          *pspec,
                   Sorting             *sorting)
{
  BpRecordTable *self = sorting->table;
  int width = gtk_column_view_column_get_fixed_width (view_column);

  if (self->fitting || width <= 0 || width == sorting->width)
    return;

  sorting->width = width;
  if (self->resized_id == 0)
    self->resized_id = g_timeout_add (RESIZED_DELAY_MS, on_resized, self);
}

/**
 * bp_record_table_fit:
 * @self: a table
 *
 * Hides the columns for which there is no room, when the allocation that tells
 * the width is over.
 */
void
bp_record_table_fit (BpRecordTable *self)
{
  int width = (int)gtk_adjustment_get_page_size (
    gtk_scrolled_window_get_hadjustment (self->scroller));

  if (self->width == width || self->section == NULL)
    return;

  self->width = width;
  if (self->fit_id == 0)
    self->fit_id = g_idle_add_full (G_PRIORITY_HIGH_IDLE, on_fit, self, NULL);
}

static void
on_cell_setup (GtkSignalListItemFactory *factory,
               GtkListItem              *item,
               Sorting                  *sorting)
{
  BpRecordTable *self = sorting->table;

  gtk_list_item_set_child (item, bp_cell_new (sorting->column,
                                              bp_section_get_table (self->section),
                                              self->format));
}

static void
on_cell_bind (GtkSignalListItemFactory *factory,
              GtkListItem              *item,
              Sorting                  *sorting)
{
  bp_cell_set_record (BP_CELL (gtk_list_item_get_child (item)), gtk_list_item_get_item (item));
}

static void
on_cell_unbind (GtkSignalListItemFactory *factory,
                GtkListItem              *item,
                Sorting                  *sorting)
{
  bp_cell_set_record (BP_CELL (gtk_list_item_get_child (item)), NULL);
}

static void
add_column (BpRecordTable  *self,
            const BpColumn *column)
{
  GtkListItemFactory *factory = gtk_signal_list_item_factory_new ();
  Sorting *sorting = g_new0 (Sorting, 1);
  GtkColumnViewColumn *view_column;

  sorting->table = self;
  sorting->column = column;
  g_signal_connect (factory, "setup", G_CALLBACK (on_cell_setup), sorting);
  g_signal_connect (factory, "bind", G_CALLBACK (on_cell_bind), sorting);
  g_signal_connect (factory, "unbind", G_CALLBACK (on_cell_unbind), sorting);
  view_column = gtk_column_view_column_new (
    bp_section_get_column_title (self->section, column), factory);
  gtk_column_view_column_set_fixed_width (view_column, column->width);
  gtk_column_view_column_set_expand (view_column, column->expand);
  gtk_column_view_column_set_resizable (view_column, TRUE);
  if (column->field != NULL)
    {
      g_autoptr (GtkCustomSorter) sorter = gtk_custom_sorter_new (note_asked, sorting, NULL);

      gtk_column_view_column_set_sorter (view_column, GTK_SORTER (sorter));
    }
  gtk_column_view_append_column (self->view, view_column);
  sorting->view_column = view_column;
  sorting->width = column->width;
  g_signal_connect (view_column, "notify::fixed-width", G_CALLBACK (on_column_resized), sorting);
  g_ptr_array_add (self->sortings, sorting);
}

/* GTK 4.8 leaves all titles at the left; numbers stand at the right, and with
 * them their titles, behind the arrow that says how they are sorted. */
static void
align_titles (BpRecordTable *self)
{
  GtkWidget *header = gtk_widget_get_first_child (GTK_WIDGET (self->view));
  GtkWidget *title = header != NULL ? gtk_widget_get_first_child (header) : NULL;
  const BpTable *table = bp_section_get_table (self->section);

  for (guint i = 0; i < self->section->n_columns && title != NULL; i++)
    {
      GtkWidget *box = gtk_widget_get_first_child (title);

      if (box != NULL && bp_column_is_number (&self->section->columns[i], table))
        {
          GtkWidget *label = gtk_widget_get_first_child (box);

          gtk_widget_set_halign (box, GTK_ALIGN_END);
          if (label != NULL)
            gtk_widget_insert_before (label, box, NULL);
        }
      title = gtk_widget_get_next_sibling (title);
    }
}

/**
 * bp_record_table_add_columns:
 * @self: a table that knows its section
 */
void
bp_record_table_add_columns (BpRecordTable *self)
{
  for (guint i = 0; i < self->section->n_columns; i++)
    add_column (self, &self->section->columns[i]);
  align_titles (self);
}

/**
 * bp_record_table_set_widths:
 * @self: a table
 * @widths: `a{si}`, of the signal "resized"
 */
void
bp_record_table_set_widths (BpRecordTable *self,
                            GVariant      *widths)
{
  self->fitting = TRUE;
  for (guint i = 0; i < self->sortings->len; i++)
    {
      Sorting *sorting = self->sortings->pdata[i];
      int width = 0;

      g_variant_lookup (widths, get_column_key (sorting->column), "i", &width);
      if (width < MIN_WIDTH)
        continue;
      sorting->width = MIN (width, MAX_WIDTH);
      if (gtk_column_view_column_get_visible (sorting->view_column))
        gtk_column_view_column_set_fixed_width (sorting->view_column, sorting->width);
    }
  self->fitting = FALSE;
  if (self->fit_id == 0 && self->width > 0)
    self->fit_id = g_idle_add_full (G_PRIORITY_HIGH_IDLE, on_fit, self, NULL);
}

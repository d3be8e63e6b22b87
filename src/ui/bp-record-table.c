#include "config.h"

#include "bp-record-table.h"

#include "bp-cell.h"

#include <glib/gi18n.h>

/* What the sorter of a column tells when it is asked to compare. */
typedef struct
{
  BpRecordTable *table;   /* (unowned) */
  const BpColumn *column; /* (unowned) */
  GtkColumnViewColumn *view_column; /* (owned) */
  int width;              /* in pixels, when it is shown */
} Sorting;

/* How long dragging may go on before it is told of. */
#define RESIZED_DELAY_MS 300
#define MIN_WIDTH 20
#define MAX_WIDTH 2000

struct _BpRecordTable
{
  AdwBin parent_instance;

  GtkScrolledWindow *scroller; /* (unowned) */
  GtkColumnView *view;         /* (unowned) */

  const BpSection *section;      /* (unowned) (nullable) */
  BpFormat *format;              /* (owned) (nullable) */
  BpRecordList *list;            /* (owned) (nullable) */
  GtkSingleSelection *selection; /* (owned) (nullable) */
  GPtrArray *sortings;           /* (owned) (element-type Sorting) */
  const BpColumn *asked;         /* (unowned) (nullable): the column that was asked last */
  GtkWidget *menu;               /* (owned) (nullable) */
  char *selected_id;             /* (owned) (nullable) */
  gboolean moving;               /* while the program itself selects */
  gboolean scroll_wanted;        /* to what is selected, when it is found */
  int width;                     /* as last allocated */
  guint fit_id;
  gboolean fitting;              /* while the program itself sets widths */
  guint resized_id;
  BpRecord *awaited;             /* (owned) (nullable): selected, not read yet */
  gulong awaited_handler;
};

G_DEFINE_FINAL_TYPE (BpRecordTable, bp_record_table, ADW_TYPE_BIN)

enum
{
  SELECTED,
  ACTIVATED,
  SORTED,
  RESIZED,
  N_SIGNALS
};

static guint signals[N_SIGNALS];

static void
sorting_free (gpointer data)
{
  Sorting *sorting = data;

  g_signal_handlers_disconnect_by_data (sorting->view_column, sorting);
  g_clear_object (&sorting->view_column);
  g_free (sorting);
}

static int
note_asked (gconstpointer a,
            gconstpointer b,
            gpointer      user_data)
{
  const Sorting *sorting = user_data;

  sorting->table->asked = sorting->column;
  return -1;
}

/* The list sorts itself, in SQL: comparing any two things only tells by which
 * column, and, as every column says "less", in which direction. */
static void
on_sorter_changed (BpRecordTable *self)
{
  GtkOrdering ordering;

  /* The columns also change as they go. */
  if (self->list == NULL)
    return;

  self->asked = NULL;
  ordering = gtk_sorter_compare (gtk_column_view_get_sorter (self->view), self, self->view);
  g_signal_emit (self, signals[SORTED], 0, self->asked != NULL ? self->asked->field : NULL,
                 ordering == GTK_ORDERING_LARGER);
}

static void
forget_awaited (BpRecordTable *self)
{
  if (self->awaited != NULL)
    g_clear_signal_handler (&self->awaited_handler, self->awaited);
  g_clear_object (&self->awaited);
}

static void
on_awaited_changed (BpRecordTable *self)
{
  g_autoptr (BpRecord) record = g_object_ref (self->awaited);

  if (!bp_record_is_loaded (record))
    return;
  forget_awaited (self);
  g_free (self->selected_id);
  self->selected_id = g_strdup (bp_record_get_id (record));
  g_signal_emit (self, signals[SELECTED], 0, record);
}

static void
on_selection_changed (BpRecordTable *self)
{
  BpRecord *record = bp_record_table_get_selected (self);

  if (self->moving)
    return;

  forget_awaited (self);
  if (record == NULL)
    return;
  self->awaited = g_object_ref (record);
  self->awaited_handler
    = g_signal_connect_swapped (record, "changed", G_CALLBACK (on_awaited_changed), self);
  on_awaited_changed (self);
}

static GtkWidget *
find_inner_list (BpRecordTable *self)
{
  for (GtkWidget *child = gtk_widget_get_first_child (GTK_WIDGET (self->view)); child != NULL;
       child = gtk_widget_get_next_sibling (child))
    {
      if (GTK_IS_LIST_VIEW (child))
        return child;
    }

  return NULL;
}

/* The record that is selected may be elsewhere now, or nowhere. */
static void
find_selected (BpRecordTable *self)
{
  int position;
  guint selected;

  if (self->selected_id == NULL)
    return;

  position = bp_record_list_find (self->list, self->selected_id);
  selected = position >= 0 ? (guint)position : GTK_INVALID_LIST_POSITION;
  if (gtk_single_selection_get_selected (self->selection) == selected)
    return;

  self->moving = TRUE;
  gtk_single_selection_set_selected (self->selection, selected);
  self->moving = FALSE;
}

static void
scroll_to_selected (BpRecordTable *self)
{
  GtkWidget *inner = find_inner_list (self);
  guint position = gtk_single_selection_get_selected (self->selection);

  if (inner == NULL || position == GTK_INVALID_LIST_POSITION || !self->scroll_wanted)
    return;

  self->scroll_wanted = FALSE;
  gtk_widget_activate_action (inner, "list.scroll-to-item", "u", position);
}

static void
on_list_loading (BpRecordTable *self)
{
  if (bp_record_list_is_loading (self->list))
    return;

  find_selected (self);
  scroll_to_selected (self);
}

static void
on_activate (BpRecordTable *self,
             guint          position)
{
  g_autoptr (BpRecord) record = g_list_model_get_item (G_LIST_MODEL (self->list), position);

  if (record != NULL && bp_record_is_loaded (record))
    g_signal_emit (self, signals[ACTIVATED], 0, record);
}

static void
focus_row_of (GtkWidget *cell)
{
  GtkWidget *row = cell;

  while (row != NULL && !gtk_widget_get_focusable (row))
    row = gtk_widget_get_parent (row);
  if (row != NULL)
    gtk_widget_grab_focus (row);
}

static void
pop_up (BpRecordTable *self,
        double         x,
        double         y)
{
  GtkWidget *view = GTK_WIDGET (self->view);
  GtkWidget *under = gtk_widget_pick (view, x, y, GTK_PICK_DEFAULT);
  GtkWidget *cell = under != NULL ? gtk_widget_get_ancestor (under, BP_TYPE_CELL) : NULL;
  BpRecord *record = cell != NULL ? bp_cell_get_record (BP_CELL (cell)) : NULL;
  const char *id = record != NULL ? bp_record_get_id (record) : NULL;
  double menu_x = x, menu_y = y;

  if (self->menu == NULL || id == NULL)
    return;

  if (g_strcmp0 (self->selected_id, id) != 0)
    {
      bp_record_table_select (self, id);
      g_signal_emit (self, signals[SELECTED], 0, record);
    }
  focus_row_of (cell);
  gtk_widget_translate_coordinates (view, GTK_WIDGET (self), x, y, &menu_x, &menu_y);
  gtk_popover_set_pointing_to (GTK_POPOVER (self->menu),
                               &(GdkRectangle){ (int)menu_x, (int)menu_y, 1, 1 });
  gtk_popover_popup (GTK_POPOVER (self->menu));
}

static void
on_menu_pressed (GtkGestureClick *gesture,
                 int              n_press,
                 double           x,
                 double           y)
{
  GtkWidget *view = gtk_event_controller_get_widget (GTK_EVENT_CONTROLLER (gesture));

  pop_up (BP_RECORD_TABLE (gtk_widget_get_ancestor (view, BP_TYPE_RECORD_TABLE)), x, y);
}

static void
on_long_pressed (GtkGestureLongPress *gesture,
                 double               x,
                 double               y)
{
  GtkWidget *view = gtk_event_controller_get_widget (GTK_EVENT_CONTROLLER (gesture));

  pop_up (BP_RECORD_TABLE (gtk_widget_get_ancestor (view, BP_TYPE_RECORD_TABLE)), x, y);
}

/* The menu of what is selected, by keyboard. */
static void
show_menu (GtkWidget  *widget,
           const char *action_name,
           GVariant   *parameter)
{
  BpRecordTable *self = BP_RECORD_TABLE (widget);
  GtkWidget *focus = gtk_root_get_focus (gtk_widget_get_root (widget));
  double x = 12, y = 12;

  if (self->menu == NULL || bp_record_table_get_selected (self) == NULL)
    return;

  if (focus != NULL && gtk_widget_is_ancestor (focus, widget))
    gtk_widget_translate_coordinates (focus, widget, 24, gtk_widget_get_height (focus) / 2.0, &x,
                                      &y);
  gtk_popover_set_pointing_to (GTK_POPOVER (self->menu),
                               &(GdkRectangle){ (int)x, (int)y, 1, 1 });
  gtk_popover_popup (GTK_POPOVER (self->menu));
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
  g_signal_emit (self, signals[RESIZED], 0, widths);
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

/* Columns come and go when the allocation that tells the width is over. */
static void
on_width_changed (BpRecordTable *self,
                  GParamSpec    *pspec,
                  GtkAdjustment *adjustment)
{
  int width = (int)gtk_adjustment_get_page_size (adjustment);

  if (self->width == width || self->section == NULL)
    return;

  self->width = width;
  if (self->fit_id == 0)
    self->fit_id = g_idle_add_full (G_PRIORITY_HIGH_IDLE, on_fit, self, NULL);
}

static void
bp_record_table_dispose (GObject *object)
{
  BpRecordTable *self = BP_RECORD_TABLE (object);

  forget_awaited (self);
  g_clear_handle_id (&self->fit_id, g_source_remove);
  g_clear_handle_id (&self->resized_id, g_source_remove);
  g_clear_pointer (&self->menu, gtk_widget_unparent);
  g_clear_pointer (&self->sortings, g_ptr_array_unref);
  g_clear_object (&self->selection);
  g_clear_object (&self->list);
  g_clear_object (&self->format);
  g_clear_pointer (&self->selected_id, g_free);
  /* GTK would free it, and the bin look at it once more. */
  adw_bin_set_child (ADW_BIN (self), NULL);
  gtk_widget_dispose_template (GTK_WIDGET (self), BP_TYPE_RECORD_TABLE);

  G_OBJECT_CLASS (bp_record_table_parent_class)->dispose (object);
}

static void
bp_record_table_class_init (BpRecordTableClass *klass)
{
  GObjectClass *object_class = G_OBJECT_CLASS (klass);
  GtkWidgetClass *widget_class = GTK_WIDGET_CLASS (klass);

  object_class->dispose = bp_record_table_dispose;

  signals[SELECTED] = g_signal_new ("selected", BP_TYPE_RECORD_TABLE, G_SIGNAL_RUN_LAST, 0, NULL,
                                    NULL, NULL, G_TYPE_NONE, 1, BP_TYPE_RECORD);
  signals[ACTIVATED] = g_signal_new ("activated", BP_TYPE_RECORD_TABLE, G_SIGNAL_RUN_LAST, 0,
                                     NULL, NULL, NULL, G_TYPE_NONE, 1, BP_TYPE_RECORD);
  /**
   * BpRecordTable::sorted:
   * @self: the table
   * @field: (nullable): by which field; the natural order where %NULL
   * @descending: the other way round
   */
  signals[SORTED] = g_signal_new ("sorted", BP_TYPE_RECORD_TABLE, G_SIGNAL_RUN_LAST, 0, NULL,
                                  NULL, NULL, G_TYPE_NONE, 2, G_TYPE_STRING, G_TYPE_BOOLEAN);
  /**
   * BpRecordTable::resized:
   * @self: the table
   * @widths: `a{si}`: the widths in pixels of columns that are not as at first
   */
  signals[RESIZED] = g_signal_new ("resized", BP_TYPE_RECORD_TABLE, G_SIGNAL_RUN_LAST, 0, NULL,
                                   NULL, NULL, G_TYPE_NONE, 1, G_TYPE_VARIANT);

  gtk_widget_class_set_template_from_resource (
    widget_class, "/io/github/bizpulse/BizPulse/bp-record-table.ui");
  gtk_widget_class_bind_template_child (widget_class, BpRecordTable, scroller);
  gtk_widget_class_bind_template_child (widget_class, BpRecordTable, view);
  gtk_widget_class_bind_template_callback (widget_class, on_activate);
  gtk_widget_class_bind_template_callback (widget_class, on_menu_pressed);
  gtk_widget_class_bind_template_callback (widget_class, on_long_pressed);
  gtk_widget_class_install_action (widget_class, "table.menu", NULL, show_menu);
  gtk_widget_class_add_binding_action (widget_class, GDK_KEY_F10, GDK_SHIFT_MASK, "table.menu",
                                       NULL);
  gtk_widget_class_add_binding_action (widget_class, GDK_KEY_Menu, 0, "table.menu", NULL);
}

static void
bp_record_table_init (BpRecordTable *self)
{
  gtk_widget_init_template (GTK_WIDGET (self));
  self->sortings = g_ptr_array_new_with_free_func (sorting_free);
  g_signal_connect_object (gtk_scrolled_window_get_hadjustment (self->scroller),
                           "notify::page-size", G_CALLBACK (on_width_changed), self,
                           G_CONNECT_SWAPPED);
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
 * bp_record_table_set_list:
 * @self: a table that shows nothing yet
 * @section: which columns
 * @format: how values are written
 * @list: what it shows
 */
void
bp_record_table_set_list (BpRecordTable   *self,
                          const BpSection *section,
                          BpFormat        *format,
                          BpRecordList    *list)
{
  g_return_if_fail (self->list == NULL);

  self->section = section;
  self->format = g_object_ref (format);
  self->list = g_object_ref (list);
  for (guint i = 0; i < section->n_columns; i++)
    add_column (self, &section->columns[i]);
  align_titles (self);
  gtk_accessible_update_property (GTK_ACCESSIBLE (self->view), GTK_ACCESSIBLE_PROPERTY_LABEL,
                                  _(section->title), -1);

  self->selection = gtk_single_selection_new (g_object_ref (G_LIST_MODEL (list)));
  gtk_single_selection_set_autoselect (self->selection, FALSE);
  gtk_single_selection_set_can_unselect (self->selection, TRUE);
  gtk_single_selection_set_selected (self->selection, GTK_INVALID_LIST_POSITION);
  g_signal_connect_object (self->selection, "notify::selected", G_CALLBACK (on_selection_changed),
                           self, G_CONNECT_SWAPPED);
  g_signal_connect_object (list, "notify::loading", G_CALLBACK (on_list_loading), self,
                           G_CONNECT_SWAPPED);
  gtk_column_view_set_model (self->view, GTK_SELECTION_MODEL (self->selection));
  g_signal_connect_object (gtk_column_view_get_sorter (self->view), "changed",
                           G_CALLBACK (on_sorter_changed), self, G_CONNECT_SWAPPED);
}

/**
 * bp_record_table_set_menu:
 * @self: a table
 * @menu: what can be done with what is selected
 */
void
bp_record_table_set_menu (BpRecordTable *self,
                          GMenuModel    *menu)
{
  g_return_if_fail (self->menu == NULL);

  self->menu = gtk_popover_menu_new_from_model (menu);
  gtk_popover_set_has_arrow (GTK_POPOVER (self->menu), FALSE);
  gtk_widget_set_halign (self->menu, GTK_ALIGN_START);
  gtk_widget_set_parent (self->menu, GTK_WIDGET (self));
  g_signal_connect_object (self->menu, "closed", G_CALLBACK (bp_record_table_focus), self,
                           G_CONNECT_SWAPPED);
}

/**
 * bp_record_table_get_selected:
 * @self: a table
 *
 * Returns: (transfer none) (nullable): what is selected, if it is in the list
 */
BpRecord *
bp_record_table_get_selected (BpRecordTable *self)
{
  return gtk_single_selection_get_selected_item (self->selection);
}

/**
 * bp_record_table_select:
 * @self: a table
 * @id: (nullable): the record that is selected from now on, now or as soon as
 *   it is in the list
 */
void
bp_record_table_select (BpRecordTable *self,
                        const char    *id)
{
  forget_awaited (self);
  self->scroll_wanted = id != NULL;
  if (id != self->selected_id)
    {
      g_free (self->selected_id);
      self->selected_id = g_strdup (id);
    }
  if (id == NULL)
    {
      self->moving = TRUE;
      gtk_single_selection_set_selected (self->selection, GTK_INVALID_LIST_POSITION);
      self->moving = FALSE;
      return;
    }

  find_selected (self);
  scroll_to_selected (self);
}

/**
 * bp_record_table_focus:
 * @self: a table
 *
 * Goes to the row that had the focus last, or is selected.
 */
void
bp_record_table_focus (BpRecordTable *self)
{
  GtkWidget *inner = find_inner_list (self);

  if (inner == NULL || !gtk_widget_grab_focus (inner))
    gtk_widget_child_focus (GTK_WIDGET (self), GTK_DIR_TAB_FORWARD);
}

/**
 * bp_record_table_sort:
 * @self: a table
 * @field: by which field
 * @descending: the other way round
 */
void
bp_record_table_sort (BpRecordTable *self,
                      const char    *field,
                      gboolean       descending)
{
  for (guint i = 0; i < self->sortings->len; i++)
    {
      const Sorting *sorting = self->sortings->pdata[i];

      if (g_strcmp0 (sorting->column->field, field) == 0)
        gtk_column_view_sort_by_column (self->view, sorting->view_column,
                                        descending ? GTK_SORT_DESCENDING : GTK_SORT_ASCENDING);
    }
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

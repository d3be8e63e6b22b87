#include "config.h"

#include "bp-record-table-private.h"

#include "bp-cell.h"

#include <glib/gi18n.h>

G_DEFINE_FINAL_TYPE (BpRecordTable, bp_record_table, ADW_TYPE_BIN)

enum
{
  SELECTED,
  ACTIVATED,
  SORTED,
  CHOSEN,
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

/* The only one that is selected; GTK_INVALID_LIST_POSITION where that are none
 * or several. */
static guint
get_position (BpRecordTable *self)
{
  g_autoptr (GtkBitset) selected
    = gtk_selection_model_get_selection (GTK_SELECTION_MODEL (self->selection));

  return gtk_bitset_get_size (selected) == 1 ? gtk_bitset_get_nth (selected, 0)
                                             : GTK_INVALID_LIST_POSITION;
}

/* (transfer full) (nullable) */
static BpRecord *
get_selected (BpRecordTable *self)
{
  guint position = get_position (self);

  return position != GTK_INVALID_LIST_POSITION
           ? g_list_model_get_item (G_LIST_MODEL (self->list), position)
           : NULL;
}

static void
note_chosen (BpRecordTable *self)
{
  g_autoptr (GtkBitset) selected
    = gtk_selection_model_get_selection (GTK_SELECTION_MODEL (self->selection));
  guint64 before = gtk_bitset_get_size (self->chosen);
  GtkBitsetIter iter;
  guint position;
  gboolean has_next;

  gtk_bitset_remove_all (self->chosen);
  if (gtk_bitset_get_size (selected) > 1)
    {
      for (has_next = gtk_bitset_iter_init_first (&iter, selected, &position); has_next;
           has_next = gtk_bitset_iter_next (&iter, &position))
        gtk_bitset_add (self->chosen, bp_record_list_get_row (self->list, position));
    }
  if (gtk_bitset_get_size (self->chosen) != before)
    g_signal_emit (self, signals[CHOSEN], 0, (guint)gtk_bitset_get_size (self->chosen));
}

static void
on_selection_changed (BpRecordTable *self)
{
  g_autoptr (BpRecord) record = NULL;

  if (self->moving)
    return;

  forget_awaited (self);
  note_chosen (self);
  record = get_selected (self);
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

  if (self->selected_id == NULL || !gtk_bitset_is_empty (self->chosen))
    return;

  position = bp_record_list_find (self->list, self->selected_id);
  selected = position >= 0 ? (guint)position : GTK_INVALID_LIST_POSITION;
  if (get_position (self) == selected)
    return;

  self->moving = TRUE;
  if (selected == GTK_INVALID_LIST_POSITION)
    gtk_selection_model_unselect_all (GTK_SELECTION_MODEL (self->selection));
  else
    gtk_selection_model_select_item (GTK_SELECTION_MODEL (self->selection), selected, TRUE);
  self->moving = FALSE;
}

static void
scroll_to_selected (BpRecordTable *self)
{
  GtkWidget *inner = find_inner_list (self);
  guint position = get_position (self);

  if (inner == NULL || position == GTK_INVALID_LIST_POSITION || !self->scroll_wanted)
    return;

  self->scroll_wanted = FALSE;
  gtk_widget_activate_action (inner, "list.scroll-to-item", "u", position);
}

/* What is selected are records, wherever they are now. */
static void
on_swapped (BpRecordTable *self)
{
  guint n_items = g_list_model_get_n_items (G_LIST_MODEL (self->list));
  g_autoptr (GtkBitset) selected = NULL;
  g_autoptr (GtkBitset) all = NULL;

  if (gtk_bitset_is_empty (self->chosen))
    return;

  selected = gtk_bitset_new_empty ();
  all = gtk_bitset_new_range (0, n_items);
  for (guint i = 0; i < n_items; i++)
    {
      if (gtk_bitset_contains (self->chosen, bp_record_list_get_row (self->list, i)))
        gtk_bitset_add (selected, i);
    }
  self->moving = TRUE;
  gtk_selection_model_set_selection (GTK_SELECTION_MODEL (self->selection), selected, all);
  self->moving = FALSE;
  note_chosen (self);
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

  if (gtk_bitset_is_empty (self->chosen) && g_strcmp0 (self->selected_id, id) != 0)
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

  if (self->menu == NULL
      || (get_position (self) == GTK_INVALID_LIST_POSITION
          && gtk_bitset_is_empty (self->chosen)))
    return;

  if (focus != NULL && gtk_widget_is_ancestor (focus, widget))
    gtk_widget_translate_coordinates (focus, widget, 24, gtk_widget_get_height (focus) / 2.0, &x,
                                      &y);
  gtk_popover_set_pointing_to (GTK_POPOVER (self->menu),
                               &(GdkRectangle){ (int)x, (int)y, 1, 1 });
  gtk_popover_popup (GTK_POPOVER (self->menu));
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
  g_clear_pointer (&self->chosen, gtk_bitset_unref);
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
  g_signal_new ("resized", BP_TYPE_RECORD_TABLE, G_SIGNAL_RUN_LAST, 0, NULL,
                NULL, NULL, G_TYPE_NONE, 1, G_TYPE_VARIANT);

  /**
   * BpRecordTable::chosen:
   * @self: the table
   * @number: how many are selected, where several are; else 0
   */
  signals[CHOSEN] = g_signal_new ("chosen", BP_TYPE_RECORD_TABLE, G_SIGNAL_RUN_LAST, 0, NULL,
                                  NULL, g_cclosure_marshal_VOID__UINT, G_TYPE_NONE, 1,
                                  G_TYPE_UINT);

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
  self->chosen = gtk_bitset_new_empty ();
  g_signal_connect_object (gtk_scrolled_window_get_hadjustment (self->scroller),
                           "notify::page-size", G_CALLBACK (bp_record_table_fit), self,
                           G_CONNECT_SWAPPED);
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
  bp_record_table_add_columns (self);
  gtk_accessible_update_property (GTK_ACCESSIBLE (self->view), GTK_ACCESSIBLE_PROPERTY_LABEL,
                                  _(section->title), -1);

  self->selection = gtk_multi_selection_new (g_object_ref (G_LIST_MODEL (list)));
  g_signal_connect_object (self->selection, "selection-changed",
                           G_CALLBACK (on_selection_changed), self, G_CONNECT_SWAPPED);
  g_signal_connect_object (list, "swapped", G_CALLBACK (on_swapped), self, G_CONNECT_SWAPPED);
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
 * bp_record_table_dup_chosen:
 * @self: a table
 *
 * Returns: (transfer full) (element-type guint32): the row numbers of what is
 *   selected, where several are
 */
GArray *
bp_record_table_dup_chosen (BpRecordTable *self)
{
  GArray *rows = g_array_new (FALSE, FALSE, sizeof (guint32));
  GtkBitsetIter iter;
  guint row;
  gboolean has_next;

  for (has_next = gtk_bitset_iter_init_first (&iter, self->chosen, &row); has_next;
       has_next = gtk_bitset_iter_next (&iter, &row))
    g_array_append_val (rows, row);
  return rows;
}

/**
 * bp_record_table_unselect:
 * @self: a table
 *
 * Nothing is selected any more where several were.
 */
void
bp_record_table_unselect (BpRecordTable *self)
{
  if (!gtk_bitset_is_empty (self->chosen))
    gtk_selection_model_unselect_all (GTK_SELECTION_MODEL (self->selection));
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
  bp_record_table_unselect (self);
  self->scroll_wanted = id != NULL;
  if (id != self->selected_id)
    {
      g_free (self->selected_id);
      self->selected_id = g_strdup (id);
    }
  if (id == NULL)
    {
      self->moving = TRUE;
      gtk_selection_model_unselect_all (GTK_SELECTION_MODEL (self->selection));
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

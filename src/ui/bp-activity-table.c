#include "config.h"

#include "bp-activity-table.h"

#include "bp-activity-words.h"

#include <glib/gi18n.h>

struct _BpActivityTable
{
  AdwBin parent_instance;

  GtkStack *stack;               /* (unowned), as all widgets here */
  GtkColumnView *view;
  BpFormat *format;              /* (owned) */
  BpActivityList *list;          /* (owned) */
  GtkSingleSelection *selection; /* (owned) */
  BpActivityItem *selected;      /* (owned) (nullable) */
  gulong selected_handler;
  BpActivityKind kind;
};

G_DEFINE_FINAL_TYPE (BpActivityTable, bp_activity_table, ADW_TYPE_BIN)

enum
{
  SELECTED,
  ACTIVATED,
  COUNTED,
  N_SIGNALS
};

static guint signals[N_SIGNALS];

typedef struct
{
  const char *title;
  BpActivityColumn what;
  int width;
  gboolean expand;
  gboolean is_number;
} Column;

static const Column queue_columns[] = {
  { N_("Priority"), BP_ACTIVITY_PRIORITY, 80, FALSE, FALSE },
  { N_("Record"), BP_ACTIVITY_RECORD, 180, TRUE, FALSE },
  { N_("Change"), BP_ACTIVITY_CHANGE, 90, FALSE, FALSE },
  { N_("Fields"), BP_ACTIVITY_FIELDS, 110, TRUE, FALSE },
  { N_("Tries"), BP_ACTIVITY_TRIES, 60, FALSE, TRUE },
  { N_("Next"), BP_ACTIVITY_NEXT, 145, FALSE, FALSE },
  { N_("State"), BP_ACTIVITY_STATE, 100, FALSE, FALSE },
  { N_("Created"), BP_ACTIVITY_TIME, 145, FALSE, FALSE },
};

static const Column failed_columns[] = {
  { N_("Record"), BP_ACTIVITY_RECORD, 180, TRUE, FALSE },
  { N_("Change"), BP_ACTIVITY_CHANGE, 90, FALSE, FALSE },
  { N_("Server Said"), BP_ACTIVITY_REASON, 200, TRUE, FALSE },
  { N_("Tries"), BP_ACTIVITY_TRIES, 60, FALSE, TRUE },
  { N_("Created"), BP_ACTIVITY_TIME, 145, FALSE, FALSE },
};

static const Column conflict_columns[] = {
  { N_("Record"), BP_ACTIVITY_RECORD, 200, TRUE, FALSE },
  { N_("What Happened"), BP_ACTIVITY_WHAT, 260, TRUE, FALSE },
  { N_("Since"), BP_ACTIVITY_TIME, 145, FALSE, FALSE },
};

static const Column history_columns[] = {
  { N_("When"), BP_ACTIVITY_TIME, 145, FALSE, FALSE },
  { N_("What"), BP_ACTIVITY_WHAT, 180, TRUE, FALSE },
  { N_("Record"), BP_ACTIVITY_RECORD, 130, TRUE, FALSE },
  { N_("Result"), BP_ACTIVITY_REASON, 150, TRUE, FALSE },
  { N_("Sent"), BP_ACTIVITY_SENT, 60, FALSE, TRUE },
  { N_("Fetched"), BP_ACTIVITY_FETCHED, 70, FALSE, TRUE },
  { N_("Data"), BP_ACTIVITY_DATA, 80, FALSE, TRUE },
};

static const struct
{
  const char *label;
  const Column *columns;
  guint n_columns;
  const char *icon;
  const char *empty;
  const char *why;
} kinds[] = {
  [BP_ACTIVITY_QUEUE] = { N_("Queue"), queue_columns, G_N_ELEMENTS (queue_columns),
                          "emblem-ok-symbolic", N_("Nothing Waits"),
                          N_("All that was changed here is on the server.") },
  [BP_ACTIVITY_FAILED] = { N_("Failed"), failed_columns, G_N_ELEMENTS (failed_columns),
                           "emblem-ok-symbolic", N_("Nothing Failed"),
                           N_("The server took all that was sent.") },
  [BP_ACTIVITY_CONFLICTS] = { N_("Conflicts"), conflict_columns,
                              G_N_ELEMENTS (conflict_columns), "emblem-ok-symbolic",
                              N_("No Conflicts"),
                              N_("Nothing was changed in two places that waits for a"
                                 " decision.") },
  [BP_ACTIVITY_HISTORY] = { N_("History"), history_columns, G_N_ELEMENTS (history_columns),
                            "document-open-recent-symbolic", N_("No History Yet"),
                            N_("Runs, and what was decided in them, are listed here for 90"
                               " days.") },
};

/* A cell that follows its item. */
static void
show_text (GtkInscription *cell,
           BpActivityItem *item)
{
  GtkWidget *view = gtk_widget_get_ancestor (GTK_WIDGET (cell), BP_TYPE_ACTIVITY_TABLE);
  const Column *column = g_object_get_data (G_OBJECT (cell), "column");
  g_autofree char *text = NULL;

  if (view == NULL)
    return;
  text = bp_activity_words_get (BP_ACTIVITY_TABLE (view)->format,
                                bp_activity_item_get_row (item), column->what);
  gtk_inscription_set_text (cell, text);
}

static void
on_item_changed (BpActivityItem *item,
                 GtkInscription *cell)
{
  show_text (cell, item);
}

static void
on_setup (GtkSignalListItemFactory *factory,
          GtkListItem              *list_item,
          gpointer                  data)
{
  const Column *column = data;
  GtkWidget *cell = gtk_inscription_new (NULL);

  gtk_inscription_set_text_overflow (GTK_INSCRIPTION (cell),
                                     GTK_INSCRIPTION_OVERFLOW_ELLIPSIZE_END);
  gtk_inscription_set_min_chars (GTK_INSCRIPTION (cell), 0);
  gtk_inscription_set_nat_chars (GTK_INSCRIPTION (cell), 0);
  gtk_inscription_set_xalign (GTK_INSCRIPTION (cell), column->is_number ? 1.0f : 0.0f);
  gtk_widget_add_css_class (cell, "numeric");
  g_object_set_data (G_OBJECT (cell), "column", data);
  gtk_list_item_set_child (list_item, cell);
}

static void
on_bind (GtkSignalListItemFactory *factory,
         GtkListItem              *list_item,
         gpointer                  data)
{
  BpActivityItem *item = gtk_list_item_get_item (list_item);
  GtkWidget *cell = gtk_list_item_get_child (list_item);

  show_text (GTK_INSCRIPTION (cell), item);
  g_signal_connect_object (item, "changed", G_CALLBACK (on_item_changed), cell, 0);
}

static void
on_unbind (GtkSignalListItemFactory *factory,
           GtkListItem              *list_item,
           gpointer                  data)
{
  g_signal_handlers_disconnect_by_func (gtk_list_item_get_item (list_item), on_item_changed,
                                        gtk_list_item_get_child (list_item));
}

static void
add_column (BpActivityTable *self,
            const Column    *column)
{
  GtkListItemFactory *factory = gtk_signal_list_item_factory_new ();
  g_autoptr (GtkColumnViewColumn) made = NULL;

  g_signal_connect (factory, "setup", G_CALLBACK (on_setup), (gpointer)column);
  g_signal_connect (factory, "bind", G_CALLBACK (on_bind), NULL);
  g_signal_connect (factory, "unbind", G_CALLBACK (on_unbind), NULL);
  made = gtk_column_view_column_new (_(column->title), factory);
  gtk_column_view_column_set_resizable (made, TRUE);
  gtk_column_view_column_set_expand (made, column->expand);
  gtk_column_view_column_set_fixed_width (made, column->width);
  gtk_column_view_append_column (self->view, made);
}

static void
on_selected_changed (BpActivityTable *self)
{
  g_signal_emit (self, signals[SELECTED], 0);
}

static void
on_selection (BpActivityTable *self)
{
  BpActivityItem *item = gtk_single_selection_get_selected_item (self->selection);

  if (item == self->selected)
    return;
  if (self->selected != NULL)
    g_clear_signal_handler (&self->selected_handler, self->selected);
  g_set_object (&self->selected, item);
  if (item != NULL)
    self->selected_handler = g_signal_connect_swapped (item, "changed",
                                                       G_CALLBACK (on_selected_changed), self);
  g_signal_emit (self, signals[SELECTED], 0);
}

static void
on_activate (BpActivityTable *self)
{
  g_signal_emit (self, signals[ACTIVATED], 0);
}

static void
on_items_changed (BpActivityTable *self)
{
  gtk_stack_set_visible_child_name (self->stack,
                                    bp_activity_table_get_count (self) > 0 ? "list" : "empty");
  g_signal_emit (self, signals[COUNTED], 0);
}

static GtkWidget *
create_empty (BpActivityKind kind)
{
  GtkWidget *page = adw_status_page_new ();

  adw_status_page_set_icon_name (ADW_STATUS_PAGE (page), kinds[kind].icon);
  adw_status_page_set_title (ADW_STATUS_PAGE (page), _(kinds[kind].empty));
  adw_status_page_set_description (ADW_STATUS_PAGE (page), _(kinds[kind].why));
  return page;
}

static void
create_view (BpActivityTable *self)
{
  GtkWidget *scroller = gtk_scrolled_window_new ();

  self->view = GTK_COLUMN_VIEW (
    gtk_column_view_new (g_object_ref (GTK_SELECTION_MODEL (self->selection))));
  gtk_column_view_set_show_row_separators (self->view, TRUE);
  gtk_accessible_update_property (GTK_ACCESSIBLE (self->view), GTK_ACCESSIBLE_PROPERTY_LABEL,
                                  _(kinds[self->kind].label), -1);
  for (guint i = 0; i < kinds[self->kind].n_columns; i++)
    add_column (self, &kinds[self->kind].columns[i]);
  g_signal_connect_object (self->view, "activate", G_CALLBACK (on_activate), self,
                           G_CONNECT_SWAPPED);
  gtk_scrolled_window_set_child (GTK_SCROLLED_WINDOW (scroller), GTK_WIDGET (self->view));
  self->stack = GTK_STACK (gtk_stack_new ());
  gtk_stack_add_named (self->stack, create_empty (self->kind), "empty");
  gtk_stack_add_named (self->stack, scroller, "list");
  gtk_widget_set_vexpand (GTK_WIDGET (self->stack), TRUE);
  adw_bin_set_child (ADW_BIN (self), GTK_WIDGET (self->stack));
}

static void
bp_activity_table_dispose (GObject *object)
{
  BpActivityTable *self = BP_ACTIVITY_TABLE (object);

  if (self->selected != NULL)
    g_clear_signal_handler (&self->selected_handler, self->selected);
  g_clear_object (&self->selected);
  if (self->view != NULL)
    gtk_column_view_set_model (self->view, NULL);
  self->view = NULL;
  g_clear_object (&self->selection);
  g_clear_object (&self->list);
  g_clear_object (&self->format);

  G_OBJECT_CLASS (bp_activity_table_parent_class)->dispose (object);
}

static guint
add_signal (const char *name)
{
  return g_signal_new (name, BP_TYPE_ACTIVITY_TABLE, G_SIGNAL_RUN_LAST, 0, NULL, NULL,
                       g_cclosure_marshal_VOID__VOID, G_TYPE_NONE, 0);
}

static void
bp_activity_table_class_init (BpActivityTableClass *klass)
{
  G_OBJECT_CLASS (klass)->dispose = bp_activity_table_dispose;

  signals[SELECTED] = add_signal ("selected");
  signals[ACTIVATED] = add_signal ("activated");
  signals[COUNTED] = add_signal ("counted");
}

static void
bp_activity_table_init (BpActivityTable *self)
{
}

/**
 * bp_activity_table_new:
 * @format: how the shop's values are written
 * @kind: which list
 *
 * Returns: (transfer floating): its table, empty until it is read
 */
GtkWidget *
bp_activity_table_new (BpFormat      *format,
                       BpActivityKind kind)
{
  BpActivityTable *self = g_object_new (BP_TYPE_ACTIVITY_TABLE, NULL);

  self->format = g_object_ref (format);
  self->kind = kind;
  self->list = bp_activity_list_new (bp_format_get_shop (format), kind);
  self->selection = gtk_single_selection_new (g_object_ref (G_LIST_MODEL (self->list)));
  gtk_single_selection_set_autoselect (self->selection, FALSE);
  gtk_single_selection_set_can_unselect (self->selection, TRUE);
  gtk_single_selection_set_selected (self->selection, GTK_INVALID_LIST_POSITION);
  create_view (self);
  g_signal_connect_object (self->selection, "notify::selected-item", G_CALLBACK (on_selection),
                           self, G_CONNECT_SWAPPED);
  g_signal_connect_object (self->list, "items-changed", G_CALLBACK (on_items_changed), self,
                           G_CONNECT_SWAPPED);
  return GTK_WIDGET (self);
}

/**
 * bp_activity_table_get_kind:
 * @self: a table
 *
 * Returns: which list it shows
 */
BpActivityKind
bp_activity_table_get_kind (BpActivityTable *self)
{
  return self->kind;
}

/**
 * bp_activity_table_get_count:
 * @self: a table
 *
 * Returns: how many rows it has
 */
guint
bp_activity_table_get_count (BpActivityTable *self)
{
  return g_list_model_get_n_items (G_LIST_MODEL (self->list));
}

/**
 * bp_activity_table_get_selected:
 * @self: a table
 *
 * Returns: (transfer none) (nullable): the row that is selected, once it is
 *   read; valid until "selected"
 */
const BpActivityRow *
bp_activity_table_get_selected (BpActivityTable *self)
{
  return self->selected != NULL ? bp_activity_item_get_row (self->selected) : NULL;
}

/**
 * bp_activity_table_focus:
 * @self: a table in a window
 */
void
bp_activity_table_focus (BpActivityTable *self)
{
  gtk_widget_grab_focus (GTK_WIDGET (self->view));
}

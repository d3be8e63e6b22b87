/* One list for each table that has words to search, one below the other; the
 * keyboard stays in the entry. */
#include "config.h"

#include "bp-search-window.h"

#include "bp-record-list.h"
#include "bp-section.h"

#include <glib/gi18n.h>

/* So many of each table are offered. */
#define MAX_EACH 6

struct _BpSearchWindow
{
  AdwWindow parent_instance;

  GtkSearchEntry *entry;         /* (unowned), as all widgets here */
  GtkStack *stack;
  GtkListView *view;

  BpFormat *format;              /* (owned) */
  GPtrArray *lists;              /* (owned) (element-type BpRecordList) */
  GtkSingleSelection *selection; /* (owned) (nullable): until something is typed */
};

G_DEFINE_FINAL_TYPE (BpSearchWindow, bp_search_window, ADW_TYPE_WINDOW)

static void
update (BpSearchWindow *self)
{
  gboolean is_loading = FALSE;

  if (self->selection == NULL)
    return;

  for (guint i = 0; i < self->lists->len; i++)
    is_loading = is_loading || bp_record_list_is_loading (self->lists->pdata[i]);
  if (gtk_editable_get_text (GTK_EDITABLE (self->entry))[0] == '\0')
    gtk_stack_set_visible_child_name (self->stack, "hint");
  else if (g_list_model_get_n_items (G_LIST_MODEL (self->selection)) > 0)
    gtk_stack_set_visible_child_name (self->stack, "list");
  else if (!is_loading)
    gtk_stack_set_visible_child_name (self->stack, "nothing");
}

static gboolean
is_searched (const BpSection *section)
{
  const BpTable *table = bp_section_get_table (section);

  for (guint i = 0; section->create_page == NULL && i < table->n_fields; i++)
    {
      if (table->fields[i].flags & BP_FIELD_SEARCHED)
        return TRUE;
    }

  return FALSE;
}

/* The lists of large tables are made when something is typed, not before. */
static void
ensure_lists (BpSearchWindow *self,
              const char     *text)
{
  g_autoptr (GListStore) models = NULL;
  GtkFlattenListModel *all;

  if (self->selection != NULL)
    return;

  models = g_list_store_new (G_TYPE_LIST_MODEL);
  for (guint i = 0; i < bp_section_get_count (); i++)
    {
      const BpSection *section = bp_section_get (i);
      g_autoptr (GtkSliceListModel) slice = NULL;
      BpRecordList *list;

      if (!is_searched (section))
        continue;
      list = bp_record_list_new (bp_format_get_shop (self->format),
                                 bp_section_get_table (section));
      bp_record_list_set_search (list, text);
      g_signal_connect_object (list, "notify::loading", G_CALLBACK (update), self,
                               G_CONNECT_SWAPPED);
      g_ptr_array_add (self->lists, list);
      slice = gtk_slice_list_model_new (g_object_ref (G_LIST_MODEL (list)), 0, MAX_EACH);
      g_list_store_append (models, slice);
    }
  all = gtk_flatten_list_model_new (g_object_ref (G_LIST_MODEL (models)));
  self->selection = gtk_single_selection_new (G_LIST_MODEL (all));
  gtk_list_view_set_model (self->view, GTK_SELECTION_MODEL (self->selection));
}

static void
on_search_changed (BpSearchWindow *self)
{
  const char *text = gtk_editable_get_text (GTK_EDITABLE (self->entry));

  if (text[0] != '\0')
    ensure_lists (self, text);
  for (guint i = 0; text[0] != '\0' && i < self->lists->len; i++)
    bp_record_list_set_search (self->lists->pdata[i], text);
  update (self);
}

static void
open_record (BpSearchWindow *self,
             guint           position)
{
  g_autoptr (BpRecord) record
    = self->selection != NULL
        ? g_list_model_get_item (G_LIST_MODEL (self->selection), position)
        : NULL;
  GtkWindow *parent = gtk_window_get_transient_for (GTK_WINDOW (self));

  if (record == NULL || bp_record_get_id (record) == NULL)
    return;

  gtk_widget_activate_action (GTK_WIDGET (parent), "win.show-record", "(ss)",
                              bp_record_get_table (record)->name, bp_record_get_id (record));
  gtk_window_destroy (GTK_WINDOW (self));
}

static void
on_view_activate (BpSearchWindow *self,
                  guint           position)
{
  open_record (self, position);
}

static void
on_entry_activate (BpSearchWindow *self)
{
  if (self->selection != NULL
      && g_strcmp0 (gtk_stack_get_visible_child_name (self->stack), "list") == 0)
    open_record (self, gtk_single_selection_get_selected (self->selection));
}

static gboolean
on_key_pressed (BpSearchWindow *self,
                guint           keyval)
{
  guint n_items, selected;

  if (self->selection == NULL
      || (keyval != GDK_KEY_Down && keyval != GDK_KEY_Up && keyval != GDK_KEY_KP_Down
          && keyval != GDK_KEY_KP_Up))
    return FALSE;

  n_items = g_list_model_get_n_items (G_LIST_MODEL (self->selection));
  selected = gtk_single_selection_get_selected (self->selection);
  if (n_items == 0)
    return TRUE;
  if (keyval == GDK_KEY_Down || keyval == GDK_KEY_KP_Down)
    selected = selected == GTK_INVALID_LIST_POSITION ? 0 : MIN (selected + 1, n_items - 1);
  else
    selected = selected == 0 || selected == GTK_INVALID_LIST_POSITION ? 0 : selected - 1;
  gtk_single_selection_set_selected (self->selection, selected);
  gtk_widget_activate_action (GTK_WIDGET (self->view), "list.scroll-to-item", "u", selected);
  return TRUE;
}

static void
on_setup (BpSearchWindow *self,
          GtkListItem    *item)
{
  GtkWidget *box = gtk_box_new (GTK_ORIENTATION_HORIZONTAL, 12);
  GtkWidget *icon = gtk_image_new ();
  GtkWidget *title = gtk_label_new (NULL);
  GtkWidget *kind = gtk_label_new (NULL);

  gtk_label_set_xalign (GTK_LABEL (title), 0);
  gtk_label_set_ellipsize (GTK_LABEL (title), PANGO_ELLIPSIZE_END);
  gtk_widget_set_hexpand (title, TRUE);
  gtk_widget_add_css_class (kind, "dim-label");
  gtk_widget_add_css_class (kind, "caption");
  gtk_box_append (GTK_BOX (box), icon);
  gtk_box_append (GTK_BOX (box), title);
  gtk_box_append (GTK_BOX (box), kind);
  gtk_widget_add_css_class (box, "match-row");
  gtk_list_item_set_child (item, box);
}

/* What is searched in it, in one line. */
static char *
describe (BpSearchWindow *self,
          BpRecord       *record)
{
  const BpTable *table = bp_record_get_table (record);
  GString *text = g_string_new (NULL);

  for (guint i = 0; i < table->n_fields; i++)
    {
      g_autofree char *value = NULL;

      if (!(table->fields[i].flags & BP_FIELD_SEARCHED))
        continue;
      value = bp_format_field (self->format, record, &table->fields[i]);
      if (value[0] != '\0')
        g_string_append_printf (text, "%s%s", text->len > 0 ? " · " : "", value);
    }

  return g_string_free (text, FALSE);
}

static void
show_record (BpSearchWindow *self,
             GtkListItem    *item)
{
  BpRecord *record = gtk_list_item_get_item (item);
  const BpSection *section = bp_section_find_for_table (bp_record_get_table (record)->name);
  GtkWidget *icon = gtk_widget_get_first_child (gtk_list_item_get_child (item));
  g_autofree char *text = describe (self, record);

  gtk_image_set_from_icon_name (GTK_IMAGE (icon), section->icon);
  gtk_label_set_text (GTK_LABEL (gtk_widget_get_next_sibling (icon)), text);
  gtk_label_set_text (GTK_LABEL (gtk_widget_get_last_child (gtk_list_item_get_child (item))),
                      _(section->singular));
}

static void
on_record_changed (BpRecord    *record,
                   GtkListItem *item)
{
  GtkWidget *child = gtk_list_item_get_child (item);
  GtkWidget *window = child != NULL ? gtk_widget_get_ancestor (child, BP_TYPE_SEARCH_WINDOW)
                                    : NULL;

  if (window != NULL)
    show_record (BP_SEARCH_WINDOW (window), item);
}

static void
on_bind (BpSearchWindow *self,
         GtkListItem    *item)
{
  g_signal_connect_object (gtk_list_item_get_item (item), "changed",
                           G_CALLBACK (on_record_changed), item, 0);
  show_record (self, item);
}

static void
on_unbind (BpSearchWindow *self,
           GtkListItem    *item)
{
  g_signal_handlers_disconnect_by_func (gtk_list_item_get_item (item), on_record_changed, item);
}

static void
bp_search_window_dispose (GObject *object)
{
  BpSearchWindow *self = BP_SEARCH_WINDOW (object);

  g_clear_object (&self->selection);
  g_clear_pointer (&self->lists, g_ptr_array_unref);
  g_clear_object (&self->format);
  gtk_widget_dispose_template (GTK_WIDGET (self), BP_TYPE_SEARCH_WINDOW);

  G_OBJECT_CLASS (bp_search_window_parent_class)->dispose (object);
}

static void
bp_search_window_class_init (BpSearchWindowClass *klass)
{
  GtkWidgetClass *widget_class = GTK_WIDGET_CLASS (klass);

  G_OBJECT_CLASS (klass)->dispose = bp_search_window_dispose;

  gtk_widget_class_set_template_from_resource (
    widget_class, "/io/github/bizpulse/BizPulse/bp-search-window.ui");
  gtk_widget_class_bind_template_child (widget_class, BpSearchWindow, entry);
  gtk_widget_class_bind_template_child (widget_class, BpSearchWindow, stack);
  gtk_widget_class_bind_template_child (widget_class, BpSearchWindow, view);
  gtk_widget_class_bind_template_callback (widget_class, on_search_changed);
  gtk_widget_class_bind_template_callback (widget_class, on_entry_activate);
  gtk_widget_class_bind_template_callback (widget_class, on_view_activate);
  gtk_widget_class_bind_template_callback (widget_class, on_key_pressed);
  gtk_widget_class_bind_template_callback (widget_class, on_setup);
  gtk_widget_class_bind_template_callback (widget_class, on_bind);
  gtk_widget_class_bind_template_callback (widget_class, on_unbind);
  gtk_widget_class_add_binding_action (widget_class, GDK_KEY_Escape, 0, "window.close", NULL);
}

static void
bp_search_window_init (BpSearchWindow *self)
{
  gtk_widget_init_template (GTK_WIDGET (self));
  self->lists = g_ptr_array_new_with_free_func (g_object_unref);
}

/**
 * bp_search_window_show:
 * @parent: the window that shows what is chosen
 * @format: how values are written, and the shop
 *
 * Opens the window.
 */
void
bp_search_window_show (GtkWindow *parent,
                       BpFormat  *format)
{
  BpSearchWindow *self = g_object_new (BP_TYPE_SEARCH_WINDOW, "transient-for", parent, NULL);

  self->format = g_object_ref (format);
  gtk_window_present (GTK_WINDOW (self));
  gtk_widget_grab_focus (GTK_WIDGET (self->entry));
}

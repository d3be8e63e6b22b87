#include "config.h"

#include "bp-window.h"

#include "bp-activity.h"
#include "bp-dialogs.h"
#include "bp-list-page.h"
#include "bp-notice.h"
#include "bp-sale-page.h"
#include "bp-section.h"
#include "bp-sidebar-row.h"
#include "bp-split.h"
#include "bp-sync-button.h"

#include <glib/gi18n.h>
#include <string.h>

#define SALE_PAGE "new-sale"

struct _BpWindow
{
  AdwApplicationWindow parent_instance;

  GtkStack *outer;              /* (unowned), as all widgets here */
  AdwStatusPage *failed_page;
  BpSplit *split;
  AdwWindowTitle *shop_title;
  GtkListBox *sidebar;
  BpSyncButton *sync_button;
  GtkWidget *add_button;
  GtkMenuButton *menu_button;
  GtkStack *title_stack;
  GtkSearchEntry *search_entry;
  AdwWindowTitle *page_title;
  GtkStack *pages;
  GMenu *sort_menu;

  GSettings *settings;          /* (owned) (nullable) */
  BpFormat *format;             /* (owned) (nullable): until there is a shop */
  GtkWidget *sale_page;         /* (unowned) (nullable): until it is first shown */
  gboolean sidebar_wanted;      /* where there is width enough */
  gboolean may_close;           /* although something is not saved */
  guint prepare_id;
};

G_DEFINE_FINAL_TYPE (BpWindow, bp_window, ADW_TYPE_APPLICATION_WINDOW)

static BpListPage *
get_list_page (BpWindow *self)
{
  /* Rows and entries still tell of changes while the window goes. */
  GtkWidget *page = self->pages != NULL ? gtk_stack_get_visible_child (self->pages) : NULL;

  return page != NULL && BP_IS_LIST_PAGE (page) ? BP_LIST_PAGE (page) : NULL;
}

static gboolean
has_key (BpWindow   *self,
         const char *key)
{
  g_autoptr (GSettingsSchema) schema = NULL;

  if (self->settings == NULL)
    return FALSE;
  g_object_get (self->settings, "settings-schema", &schema, NULL);
  return g_settings_schema_has_key (schema, key);
}

static BpSidebarRow *
find_row (BpWindow   *self,
          const char *name)
{
  GtkListBoxRow *row;

  for (int i = 0; (row = gtk_list_box_get_row_at_index (self->sidebar, i)) != NULL; i++)
    {
      if (g_str_equal (bp_sidebar_row_get_section (BP_SIDEBAR_ROW (row))->name, name))
        return BP_SIDEBAR_ROW (row);
    }

  return NULL;
}

static void
on_counted (BpWindow   *self,
            const char *count,
            BpListPage *page)
{
  BpSidebarRow *row = find_row (self, bp_list_page_get_section (page)->name);

  if (row != NULL)
    bp_sidebar_row_set_count (row, count);
}

static void
set_state (BpWindow   *self,
           const char *name,
           GVariant   *state)
{
  g_simple_action_set_state (
    G_SIMPLE_ACTION (g_action_map_lookup_action (G_ACTION_MAP (self), name)), state);
}

static void
set_enabled (BpWindow   *self,
             const char *name,
             gboolean    enabled)
{
  g_simple_action_set_enabled (
    G_SIMPLE_ACTION (g_action_map_lookup_action (G_ACTION_MAP (self), name)), enabled);
}

static void
show_sort (BpWindow   *self,
           BpListPage *page)
{
  gboolean descending;
  const char *field = bp_list_page_get_sort (page, &descending);

  set_state (self, "sort", g_variant_new_string (field != NULL ? field : ""));
  set_state (self, "sort-descending", g_variant_new_boolean (descending));
}

static void
fill_sort_menu (BpWindow        *self,
                const BpSection *section)
{
  g_autoptr (GMenu) fields = g_menu_new ();
  g_autoptr (GMenu) directions = g_menu_new ();

  for (guint i = 0; i < section->n_columns; i++)
    {
      const BpColumn *column = &section->columns[i];
      g_autoptr (GMenuItem) item = NULL;

      if (column->field == NULL)
        continue;
      item = g_menu_item_new (bp_section_get_column_title (section, column), NULL);
      g_menu_item_set_action_and_target (item, "win.sort", "s", column->field);
      g_menu_append_item (fields, item);
    }
  g_menu_append (directions, _("_Descending"), "win.sort-descending");
  g_menu_remove_all (self->sort_menu);
  g_menu_append_section (self->sort_menu, NULL, G_MENU_MODEL (fields));
  g_menu_append_section (self->sort_menu, NULL, G_MENU_MODEL (directions));
}

static void
on_sorted (BpWindow   *self,
           const char *field,
           gboolean    descending,
           BpListPage *page)
{
  const char *name = bp_list_page_get_section (page)->name;
  g_autofree char *column_key = g_strdup_printf ("%s-sort-column", name);
  g_autofree char *direction_key = g_strdup_printf ("%s-sort-direction", name);

  if (page == get_list_page (self))
    show_sort (self, page);
  if (field == NULL || !has_key (self, column_key))
    return;
  g_settings_set_string (self->settings, column_key, field);
  g_settings_set_enum (self->settings, direction_key, descending);
}

static void
restore_sort (BpWindow   *self,
              BpListPage *page)
{
  const char *name = bp_list_page_get_section (page)->name;
  g_autofree char *column_key = g_strdup_printf ("%s-sort-column", name);
  g_autofree char *direction_key = g_strdup_printf ("%s-sort-direction", name);
  g_autofree char *field = NULL;

  if (!has_key (self, column_key))
    return;
  field = g_settings_get_string (self->settings, column_key);
  bp_list_page_sort (page, field, g_settings_get_enum (self->settings, direction_key) != 0);
}

/* F9 and F10 mean something else in a sale, and the window sees them before the
 * page does. */
static void
update_keys (BpWindow *self,
             gboolean  has_list)
{
  static const char *const keys[] = { "F9", NULL };
  static const char *const no_keys[] = { NULL };
  GtkApplication *application = gtk_window_get_application (GTK_WINDOW (self));

  gtk_menu_button_set_primary (self->menu_button, has_list);
  if (application != NULL)
    gtk_application_set_accels_for_action (application, "win.show-detail",
                                           has_list ? keys : no_keys);
}

static void
update_page (BpWindow *self)
{
  BpListPage *page = get_list_page (self);
  gboolean has_detail = page != NULL && bp_list_page_get_show_detail (page);

  update_keys (self, page != NULL);
  gtk_widget_set_visible (self->add_button, page != NULL);
  set_enabled (self, "show-detail", page != NULL);
  set_enabled (self, "search", page != NULL);
  set_enabled (self, "sort", page != NULL);
  set_enabled (self, "sort-descending", page != NULL);
  set_state (self, "show-detail", g_variant_new_boolean (has_detail));
}

static GtkWidget *
create_page (BpWindow        *self,
             const BpSection *section)
{
  GtkWidget *page = bp_list_page_new (section, self->format);

  restore_sort (self, BP_LIST_PAGE (page));
  g_signal_connect_object (page, "counted", G_CALLBACK (on_counted), self, G_CONNECT_SWAPPED);
  g_signal_connect_object (page, "sorted", G_CALLBACK (on_sorted), self, G_CONNECT_SWAPPED);
  g_signal_connect_object (page, "show-detail", G_CALLBACK (update_page), self,
                           G_CONNECT_SWAPPED);
  gtk_stack_add_named (self->pages, page, section->name);
  return page;
}

static void
set_header (BpWindow        *self,
            const BpSection *section)
{
  g_autofree char *tooltip = g_strdup_printf ("%s (Ctrl+N)", _(section->add_label));

  gtk_stack_set_visible_child_name (self->title_stack, "search");
  gtk_widget_set_tooltip_text (self->add_button, tooltip);
  gtk_accessible_update_property (GTK_ACCESSIBLE (self->add_button),
                                  GTK_ACCESSIBLE_PROPERTY_LABEL, _(section->add_label), -1);
  g_object_set (self->search_entry, "placeholder-text", _(section->search_hint), NULL);
  gtk_accessible_update_property (GTK_ACCESSIBLE (self->search_entry),
                                  GTK_ACCESSIBLE_PROPERTY_LABEL, _(section->search_hint), -1);
}

static void
show_section (BpWindow        *self,
              const BpSection *section)
{
  GtkWidget *page = gtk_stack_get_child_by_name (self->pages, section->name);
  BpSidebarRow *row = find_row (self, section->name);

  if (page == NULL)
    page = create_page (self, section);
  gtk_stack_set_visible_child (self->pages, page);
  set_header (self, section);
  fill_sort_menu (self, section);
  show_sort (self, BP_LIST_PAGE (page));
  gtk_editable_set_text (GTK_EDITABLE (self->search_entry),
                         bp_list_page_get_search (BP_LIST_PAGE (page)));
  gtk_list_box_select_row (self->sidebar, GTK_LIST_BOX_ROW (row));
  update_page (self);
  if (has_key (self, "last-page"))
    g_settings_set_string (self->settings, "last-page", section->name);
}

static void
on_section_selected (BpWindow      *self,
                     GtkListBoxRow *row)
{
  const BpSection *section;
  BpListPage *page;

  if (row == NULL || self->format == NULL)
    return;
  page = get_list_page (self);
  section = bp_sidebar_row_get_section (BP_SIDEBAR_ROW (row));
  if (page == NULL || bp_list_page_get_section (page) != section)
    show_section (self, section);
}

static void
on_section_activated (BpWindow      *self,
                      GtkListBoxRow *row)
{
  show_section (self, bp_sidebar_row_get_section (BP_SIDEBAR_ROW (row)));
  if (bp_split_is_folded (self->split))
    bp_split_set_show_pane (self->split, FALSE);
}

static void
on_search_changed (BpWindow *self)
{
  BpListPage *page = get_list_page (self);

  if (page != NULL)
    bp_list_page_set_search (page, gtk_editable_get_text (GTK_EDITABLE (self->search_entry)));
}

static void
on_search_activated (BpWindow *self)
{
  BpListPage *page = get_list_page (self);

  if (page != NULL)
    bp_list_page_focus (page);
}

static void
on_stop_search (BpWindow *self)
{
  gtk_editable_set_text (GTK_EDITABLE (self->search_entry), "");
  on_search_activated (self);
}

static void
show_sidebar_state (BpWindow *self)
{
  set_state (self, "show-sidebar", g_variant_new_boolean (bp_split_get_show_pane (self->split)));
}

static void
on_sidebar_shown (BpWindow *self)
{
  show_sidebar_state (self);
}

static void
on_folded (BpWindow *self)
{
  if (!bp_split_is_folded (self->split))
    bp_split_set_show_pane (self->split, self->sidebar_wanted);
  show_sidebar_state (self);
}

static void
toggle_sidebar (GSimpleAction *action,
                GVariant      *parameter,
                gpointer       user_data)
{
  BpWindow *self = user_data;
  gboolean show = !bp_split_get_show_pane (self->split);

  if (!bp_split_is_folded (self->split))
    {
      self->sidebar_wanted = show;
      if (has_key (self, "sidebar-visible"))
        g_settings_set_boolean (self->settings, "sidebar-visible", show);
    }
  bp_split_set_show_pane (self->split, show);
}

static void
toggle_detail (GSimpleAction *action,
               GVariant      *parameter,
               gpointer       user_data)
{
  BpListPage *page = get_list_page (user_data);

  if (page != NULL)
    bp_list_page_set_show_detail (page, !bp_list_page_get_show_detail (page));
}

static void
sort_by (GSimpleAction *action,
         GVariant      *parameter,
         gpointer       user_data)
{
  BpListPage *page = get_list_page (user_data);
  gboolean descending;

  if (page == NULL)
    return;
  bp_list_page_get_sort (page, &descending);
  bp_list_page_sort (page, g_variant_get_string (parameter, NULL), descending);
}

static void
toggle_descending (GSimpleAction *action,
                   GVariant      *parameter,
                   gpointer       user_data)
{
  BpListPage *page = get_list_page (user_data);
  gboolean descending;
  const char *field;

  if (page == NULL)
    return;
  field = bp_list_page_get_sort (page, &descending);
  if (field != NULL)
    bp_list_page_sort (page, field, !descending);
}

static void
focus_search (GSimpleAction *action,
              GVariant      *parameter,
              gpointer       user_data)
{
  BpWindow *self = user_data;

  gtk_widget_grab_focus (GTK_WIDGET (self->search_entry));
}

static void
clear_search (GSimpleAction *action,
              GVariant      *parameter,
              gpointer       user_data)
{
  BpWindow *self = user_data;
  BpListPage *page = get_list_page (self);

  gtk_editable_set_text (GTK_EDITABLE (self->search_entry), "");
  if (page != NULL)
    bp_list_page_set_search (page, "");
}

static void
add_here (GSimpleAction *action,
          GVariant      *parameter,
          gpointer       user_data)
{
  BpWindow *self = user_data;
  BpListPage *page = get_list_page (self);

  if (page != NULL)
    bp_list_page_add (page);
  else
    bp_window_new_sale (self);
}

static void
go_to_section (GSimpleAction *action,
               GVariant      *parameter,
               gpointer       user_data)
{
  BpWindow *self = user_data;
  const BpSection *section = bp_section_find (g_variant_get_string (parameter, NULL));

  if (section != NULL && self->format != NULL)
    show_section (self, section);
}

/* One page after the other, when there is nothing else to do. */
static gboolean
on_prepare (gpointer data)
{
  BpWindow *self = data;

  for (guint i = 0; i < bp_section_get_count (); i++)
    {
      const BpSection *section = bp_section_get (i);

      if (gtk_stack_get_child_by_name (self->pages, section->name) != NULL)
        continue;
      create_page (self, section);
      return G_SOURCE_CONTINUE;
    }

  self->prepare_id = 0;
  return G_SOURCE_REMOVE;
}

static void
show_shop_name (BpWindow *self)
{
  const char *name = bp_format_get_profile (self->format)->name;

  adw_window_title_set_subtitle (self->shop_title, name != NULL ? name : "");
}

static void
keep_size (BpWindow *self)
{
  GtkWindow *window = GTK_WINDOW (self);
  int width, height;

  if (self->settings == NULL)
    return;

  gtk_window_get_default_size (window, &width, &height);
  g_settings_set_boolean (self->settings, "window-maximized", gtk_window_is_maximized (window));
  g_settings_set_int (self->settings, "window-width", MAX (width, 360));
  g_settings_set_int (self->settings, "window-height", MAX (height, 294));
}

static void
on_discard (BpWindow *self)
{
  self->may_close = TRUE;
  gtk_window_close (GTK_WINDOW (self));
}

/* Goes to the first page that has something unsaved. */
static gboolean
go_to_unsaved (BpWindow *self)
{
  for (guint i = 0; i < bp_section_get_count (); i++)
    {
      const BpSection *section = bp_section_get (i);
      GtkWidget *page = gtk_stack_get_child_by_name (self->pages, section->name);

      if (page == NULL || !bp_list_page_is_changed (BP_LIST_PAGE (page)))
        continue;
      show_section (self, section);
      return TRUE;
    }

  if (self->sale_page == NULL || bp_sale_page_is_empty (BP_SALE_PAGE (self->sale_page)))
    return FALSE;
  bp_window_new_sale (self);
  return TRUE;
}

static gboolean
bp_window_close_request (GtkWindow *window)
{
  BpWindow *self = BP_WINDOW (window);

  if (!self->may_close && go_to_unsaved (self))
    {
      bp_dialogs_ask_discard (window, G_CALLBACK (on_discard), self);
      return TRUE;
    }

  keep_size (self);
  return GTK_WINDOW_CLASS (bp_window_parent_class)->close_request (window);
}

static void
bp_window_dispose (GObject *object)
{
  BpWindow *self = BP_WINDOW (object);

  g_clear_handle_id (&self->prepare_id, g_source_remove);
  g_clear_object (&self->settings);
  g_clear_object (&self->format);
  gtk_widget_dispose_template (GTK_WIDGET (self), BP_TYPE_WINDOW);

  G_OBJECT_CLASS (bp_window_parent_class)->dispose (object);
}

static void
bp_window_class_init (BpWindowClass *klass)
{
  GObjectClass *object_class = G_OBJECT_CLASS (klass);
  GtkWidgetClass *widget_class = GTK_WIDGET_CLASS (klass);

  object_class->dispose = bp_window_dispose;
  GTK_WINDOW_CLASS (klass)->close_request = bp_window_close_request;

  g_type_ensure (BP_TYPE_SPLIT);
  g_type_ensure (BP_TYPE_SYNC_BUTTON);
  gtk_widget_class_set_template_from_resource (widget_class,
                                               "/io/github/bizpulse/BizPulse/bp-window.ui");
  gtk_widget_class_bind_template_child (widget_class, BpWindow, outer);
  gtk_widget_class_bind_template_child (widget_class, BpWindow, failed_page);
  gtk_widget_class_bind_template_child (widget_class, BpWindow, split);
  gtk_widget_class_bind_template_child (widget_class, BpWindow, shop_title);
  gtk_widget_class_bind_template_child (widget_class, BpWindow, sidebar);
  gtk_widget_class_bind_template_child (widget_class, BpWindow, sync_button);
  gtk_widget_class_bind_template_child (widget_class, BpWindow, add_button);
  gtk_widget_class_bind_template_child (widget_class, BpWindow, menu_button);
  gtk_widget_class_bind_template_child (widget_class, BpWindow, title_stack);
  gtk_widget_class_bind_template_child (widget_class, BpWindow, search_entry);
  gtk_widget_class_bind_template_child (widget_class, BpWindow, page_title);
  gtk_widget_class_bind_template_child (widget_class, BpWindow, pages);
  gtk_widget_class_bind_template_child (widget_class, BpWindow, sort_menu);
  gtk_widget_class_bind_template_callback (widget_class, on_sidebar_shown);
  gtk_widget_class_bind_template_callback (widget_class, on_folded);
  gtk_widget_class_bind_template_callback (widget_class, on_section_selected);
  gtk_widget_class_bind_template_callback (widget_class, on_section_activated);
  gtk_widget_class_bind_template_callback (widget_class, on_search_changed);
  gtk_widget_class_bind_template_callback (widget_class, on_search_activated);
  gtk_widget_class_bind_template_callback (widget_class, on_stop_search);
}

static const GActionEntry actions[] = {
  { .name = "search", .activate = focus_search },
  { .name = "clear-search", .activate = clear_search },
  { .name = "add", .activate = add_here },
  { .name = "section", .activate = go_to_section, .parameter_type = "s" },
  { .name = "sort", .activate = sort_by, .parameter_type = "s", .state = "''" },
  { .name = "sort-descending", .activate = toggle_descending, .state = "false" },
  { .name = "show-sidebar", .activate = toggle_sidebar, .state = "true" },
  { .name = "show-detail", .activate = toggle_detail, .state = "false" },
};

static void
bp_window_init (BpWindow *self)
{
  /* Buttons in the template look for the actions as soon as they are there. */
  g_action_map_add_action_entries (G_ACTION_MAP (self), actions, G_N_ELEMENTS (actions), self);
  gtk_widget_init_template (GTK_WIDGET (self));
  self->sidebar_wanted = TRUE;
  for (guint i = 0; i < bp_section_get_count (); i++)
    gtk_list_box_append (self->sidebar, bp_sidebar_row_new (bp_section_get (i), i + 1));
}

/**
 * bp_window_new:
 * @application: the application
 * @settings: (nullable): where sizes and the like are kept
 *
 * Returns: (transfer none): a window without a shop
 */
BpWindow *
bp_window_new (GtkApplication *application,
               GSettings      *settings)
{
  BpWindow *self = g_object_new (BP_TYPE_WINDOW, "application", application, NULL);

  if (settings == NULL)
    return self;

  self->settings = g_object_ref (settings);
  self->sidebar_wanted = g_settings_get_boolean (settings, "sidebar-visible");
  bp_split_set_show_pane (self->split, self->sidebar_wanted);
  gtk_window_set_default_size (GTK_WINDOW (self), g_settings_get_int (settings, "window-width"),
                               g_settings_get_int (settings, "window-height"));
  if (g_settings_get_boolean (settings, "window-maximized"))
    gtk_window_maximize (GTK_WINDOW (self));
  return self;
}

/**
 * bp_window_set_shop:
 * @self: a window without a shop
 * @format: the shop's
 * @scheduler: the shop's
 *
 * From now on the window shows the shop.
 */
void
bp_window_set_shop (BpWindow        *self,
                    BpFormat        *format,
                    BpSyncScheduler *scheduler)
{
  g_autofree char *last_page = NULL;
  const BpSection *section;

  g_return_if_fail (self->format == NULL);

  self->format = g_object_ref (format);
  g_signal_connect_object (format, "changed", G_CALLBACK (show_shop_name), self,
                           G_CONNECT_SWAPPED);
  show_shop_name (self);
  bp_sync_button_set_scheduler (self->sync_button, scheduler, format);
  bp_activity_watch (GTK_WIDGET (self), scheduler);
  gtk_stack_set_visible_child_name (self->outer, "shop");
  if (has_key (self, "last-page"))
    last_page = g_settings_get_string (self->settings, "last-page");
  section = bp_section_find (last_page);
  show_section (self, section != NULL ? section : bp_section_get (0));
  self->prepare_id = g_idle_add_full (G_PRIORITY_LOW, on_prepare, self, NULL);
}

/**
 * bp_window_set_failed:
 * @self: a window without a shop
 * @folder: what could not be opened
 * @message: why
 */
void
bp_window_set_failed (BpWindow   *self,
                      const char *folder,
                      const char *message)
{
  g_autofree char *shown = g_filename_display_name (folder);
  g_autofree char *text = strstr (message, shown) != NULL
                            ? g_strdup (message)
                            : g_strdup_printf ("%s\n%s", message, shown);
  g_autofree char *markup = g_markup_escape_text (text, -1);

  adw_status_page_set_description (self->failed_page, markup);
  gtk_stack_set_visible_child_name (self->outer, "failed");
}

static void
on_sale_saved (BpWindow   *self,
               const char *id,
               const char *message)
{
  bp_notice_show (GTK_WIDGET (self->pages), message);
}

static void
on_sale_closed (BpWindow *self)
{
  show_section (self, bp_section_find ("sales"));
}

/* Leaving keeps the bill: the page goes on with it. */
static gboolean
on_sale_escape (GtkWidget *widget,
                GVariant  *args,
                gpointer   user_data)
{
  on_sale_closed (BP_WINDOW (gtk_widget_get_root (widget)));
  return TRUE;
}

static void
add_sale_escape (BpWindow *self)
{
  GtkEventController *keys = gtk_shortcut_controller_new ();

  gtk_shortcut_controller_add_shortcut (
    GTK_SHORTCUT_CONTROLLER (keys),
    gtk_shortcut_new (gtk_keyval_trigger_new (GDK_KEY_Escape, 0),
                      gtk_callback_action_new (on_sale_escape, NULL, NULL)));
  gtk_widget_add_controller (self->sale_page, keys);
}

static void
ensure_sale_page (BpWindow *self)
{
  if (self->sale_page != NULL)
    return;

  self->sale_page = bp_sale_page_new (self->format);
  g_signal_connect_object (self->sale_page, "saved", G_CALLBACK (on_sale_saved), self,
                           G_CONNECT_SWAPPED);
  g_signal_connect_object (self->sale_page, "closed", G_CALLBACK (on_sale_closed), self,
                           G_CONNECT_SWAPPED);
  gtk_stack_add_named (self->pages, self->sale_page, SALE_PAGE);
  add_sale_escape (self);
}

/**
 * bp_window_new_sale:
 * @self: a window
 *
 * Goes to the bill that is being made.
 */
void
bp_window_new_sale (BpWindow *self)
{
  if (self->format == NULL)
    return;

  ensure_sale_page (self);
  gtk_stack_set_visible_child (self->pages, self->sale_page);
  adw_window_title_set_title (self->page_title, _("New Sale"));
  gtk_stack_set_visible_child_name (self->title_stack, "title");
  gtk_list_box_select_row (self->sidebar, NULL);
  update_page (self);
  gtk_widget_grab_focus (self->sale_page);
}

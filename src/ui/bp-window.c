/* The sections at the side and the page of one of them. */
#include "config.h"

#include "bp-window-private.h"

#include "bp-activity.h"
#include "bp-dialogs.h"
#include "bp-section.h"

#include <glib/gi18n.h>
#include <string.h>

G_DEFINE_FINAL_TYPE (BpWindow, bp_window, ADW_TYPE_APPLICATION_WINDOW)

/**
 * bp_window_get_list_page:
 * @self: a window
 *
 * Returns: (transfer none) (nullable): the list that is shown
 */
BpListPage *
bp_window_get_list_page (BpWindow *self)
{
  /* Rows and entries still tell of changes while the window goes. */
  GtkWidget *page = self->pages != NULL ? gtk_stack_get_visible_child (self->pages) : NULL;

  return page != NULL && BP_IS_LIST_PAGE (page) ? BP_LIST_PAGE (page) : NULL;
}

/**
 * bp_window_has_key:
 * @self: a window
 * @key: of its settings
 *
 * Returns: whether there are settings, and @key in them
 */
gboolean
bp_window_has_key (BpWindow   *self,
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
            guint       attention,
            BpListPage *page)
{
  BpSidebarRow *row = find_row (self, bp_list_page_get_section (page)->name);

  if (row != NULL)
    bp_sidebar_row_set_count (row, count, attention);
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

/**
 * bp_window_update_page:
 * @self: a window
 *
 * Brings header, actions and keys in step with the page that is shown.
 */
void
bp_window_update_page (BpWindow *self)
{
  BpListPage *page = bp_window_get_list_page (self);
  gboolean has_detail = page != NULL && bp_list_page_get_show_detail (page);

  update_keys (self, page != NULL);
  gtk_widget_set_visible (self->add_button, page != NULL);
  bp_window_set_enabled (self, "show-detail", page != NULL);
  bp_window_set_enabled (self, "search", page != NULL);
  bp_window_set_enabled (self, "import", page != NULL);
  bp_window_set_enabled (self, "export", page != NULL);
  bp_window_set_enabled (self, "sort", page != NULL);
  bp_window_set_enabled (self, "sort-descending", page != NULL);
  bp_window_set_state (self, "show-detail", g_variant_new_boolean (has_detail));
}

static GtkWidget *
create_list_page (BpWindow        *self,
                  const BpSection *section)
{
  GtkWidget *page = bp_list_page_new (section, self->format);

  bp_window_follow_list (self, BP_LIST_PAGE (page));
  g_signal_connect_object (page, "counted", G_CALLBACK (on_counted), self, G_CONNECT_SWAPPED);
  g_signal_connect_object (page, "show-detail", G_CALLBACK (bp_window_update_page), self,
                           G_CONNECT_SWAPPED);
  return page;
}

static GtkWidget *
create_page (BpWindow        *self,
             const BpSection *section)
{
  GtkWidget *page = section->create_page != NULL
                      ? section->create_page (self->format, self->scheduler)
                      : create_list_page (self, section);

  gtk_stack_add_named (self->pages, page, section->name);
  return page;
}

static void
set_header (BpWindow        *self,
            const BpSection *section)
{
  g_autofree char *tooltip = NULL;

  if (section->create_page != NULL)
    {
      adw_window_title_set_title (self->page_title, _(section->title));
      gtk_stack_set_visible_child_name (self->title_stack, "title");
      return;
    }

  tooltip = g_strdup_printf ("%s (Ctrl+N)", _(section->add_label));
  gtk_stack_set_visible_child_name (self->title_stack, "search");
  gtk_widget_set_tooltip_text (self->add_button, tooltip);
  gtk_accessible_update_property (GTK_ACCESSIBLE (self->add_button),
                                  GTK_ACCESSIBLE_PROPERTY_LABEL, _(section->add_label), -1);
  g_object_set (self->search_entry, "placeholder-text", _(section->search_hint), NULL);
  gtk_accessible_update_property (GTK_ACCESSIBLE (self->search_entry),
                                  GTK_ACCESSIBLE_PROPERTY_LABEL, _(section->search_hint), -1);
}

/**
 * bp_window_show_section:
 * @self: a window with a shop
 * @section: where it goes
 */
void
bp_window_show_section (BpWindow        *self,
                        const BpSection *section)
{
  GtkWidget *page = gtk_stack_get_child_by_name (self->pages, section->name);
  BpSidebarRow *row = find_row (self, section->name);

  if (page == NULL)
    page = create_page (self, section);
  gtk_stack_set_visible_child (self->pages, page);
  self->section = section;
  set_header (self, section);
  if (BP_IS_LIST_PAGE (page))
    {
      bp_window_show_sort (self, BP_LIST_PAGE (page));
      gtk_editable_set_text (GTK_EDITABLE (self->search_entry),
                             bp_list_page_get_search (BP_LIST_PAGE (page)));
    }
  gtk_list_box_select_row (self->sidebar, GTK_LIST_BOX_ROW (row));
  bp_window_update_page (self);
  if (bp_window_has_key (self, "last-page"))
    g_settings_set_string (self->settings, "last-page", section->name);
}

static void
on_section_selected (BpWindow      *self,
                     GtkListBoxRow *row)
{
  const BpSection *section;

  if (row == NULL || self->format == NULL)
    return;
  section = bp_sidebar_row_get_section (BP_SIDEBAR_ROW (row));
  if (g_strcmp0 (gtk_stack_get_visible_child_name (self->pages), section->name) != 0)
    bp_window_show_section (self, section);
}

static void
on_section_activated (BpWindow      *self,
                      GtkListBoxRow *row)
{
  bp_window_show_section (self, bp_sidebar_row_get_section (BP_SIDEBAR_ROW (row)));
  if (bp_split_is_folded (self->split))
    bp_split_set_show_pane (self->split, FALSE);
}

static void
on_search_changed (BpWindow *self)
{
  BpListPage *page = bp_window_get_list_page (self);

  if (page != NULL)
    bp_list_page_set_search (page, gtk_editable_get_text (GTK_EDITABLE (self->search_entry)));
}

static void
on_search_activated (BpWindow *self)
{
  BpListPage *page = bp_window_get_list_page (self);

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
  bp_window_set_state (self, "show-sidebar",
                       g_variant_new_boolean (bp_split_get_show_pane (self->split)));
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

      if (page == NULL || !BP_IS_LIST_PAGE (page)
          || !bp_list_page_is_changed (BP_LIST_PAGE (page)))
        continue;
      bp_window_show_section (self, section);
      return TRUE;
    }

  if (!bp_window_has_unsaved_sale (self))
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
  g_clear_object (&self->scheduler);
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
  g_type_ensure (BP_TYPE_SHOP_BANNER);
  g_type_ensure (BP_TYPE_SYNC_BUTTON);
  gtk_widget_class_set_template_from_resource (widget_class,
                                               "/io/github/bizpulse/BizPulse/bp-window.ui");
  gtk_widget_class_bind_template_child (widget_class, BpWindow, outer);
  gtk_widget_class_bind_template_child (widget_class, BpWindow, failed_page);
  gtk_widget_class_bind_template_child (widget_class, BpWindow, split);
  gtk_widget_class_bind_template_child (widget_class, BpWindow, shop_title);
  gtk_widget_class_bind_template_child (widget_class, BpWindow, sidebar);
  gtk_widget_class_bind_template_child (widget_class, BpWindow, sync_button);
  gtk_widget_class_bind_template_child (widget_class, BpWindow, shop_banner);
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
  /* After what has the focus, where the same key undoes typing. */
  gtk_widget_class_add_binding_action (widget_class, GDK_KEY_z, GDK_CONTROL_MASK, "win.undo",
                                       NULL);
}

static void
bp_window_init (BpWindow *self)
{
  /* Buttons in the template look for the actions as soon as they are there. */
  bp_window_add_actions (self);
  gtk_widget_init_template (GTK_WIDGET (self));
  self->sidebar_wanted = TRUE;
  for (guint i = 0; i < bp_section_get_count (); i++)
    gtk_list_box_append (self->sidebar, bp_sidebar_row_new (bp_section_get (i)));
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
  self->scheduler = g_object_ref (scheduler);
  bp_sync_button_set_scheduler (self->sync_button, scheduler, format);
  bp_shop_banner_set_shop (self->shop_banner, bp_format_get_shop (format), scheduler);
  bp_activity_watch (GTK_WIDGET (self), scheduler);
  gtk_stack_set_visible_child_name (self->outer, "shop");
  if (bp_window_has_key (self, "last-page"))
    last_page = g_settings_get_string (self->settings, "last-page");
  section = bp_section_find (last_page);
  bp_window_show_section (self, section != NULL ? section : bp_section_get (0));
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

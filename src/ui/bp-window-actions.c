/* What menus and keys do in the window. */
#include "config.h"

#include "bp-window-private.h"

#include "bp-notice.h"
#include "bp-payment-window.h"
#include "bp-search-window.h"
#include "bp-stock-window.h"

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
      if (bp_window_has_key (self, "sidebar-visible"))
        g_settings_set_boolean (self->settings, "sidebar-visible", show);
    }
  bp_split_set_show_pane (self->split, show);
}

static void
toggle_detail (GSimpleAction *action,
               GVariant      *parameter,
               gpointer       user_data)
{
  BpListPage *page = bp_window_get_list_page (user_data);

  if (page != NULL)
    bp_list_page_set_show_detail (page, !bp_list_page_get_show_detail (page));
}

static void
sort_by (GSimpleAction *action,
         GVariant      *parameter,
         gpointer       user_data)
{
  BpListPage *page = bp_window_get_list_page (user_data);
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
  BpListPage *page = bp_window_get_list_page (user_data);
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
search_all (GSimpleAction *action,
            GVariant      *parameter,
            gpointer       user_data)
{
  BpWindow *self = user_data;

  if (self->format != NULL)
    bp_search_window_show (GTK_WINDOW (self), self->format);
}

static void
clear_search (GSimpleAction *action,
              GVariant      *parameter,
              gpointer       user_data)
{
  BpWindow *self = user_data;
  BpListPage *page = bp_window_get_list_page (self);

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
  BpListPage *page = bp_window_get_list_page (self);

  if (page != NULL)
    bp_list_page_add (page);
  else
    bp_window_new_sale (self);
}

static void
import_here (GSimpleAction *action,
             GVariant      *parameter,
             gpointer       user_data)
{
  bp_window_import (user_data, NULL);
}

static void
export_here (GSimpleAction *action,
             GVariant      *parameter,
             gpointer       user_data)
{
  bp_window_export (user_data);
}

static void
go_to_section (GSimpleAction *action,
               GVariant      *parameter,
               gpointer       user_data)
{
  BpWindow *self = user_data;
  const BpSection *section = bp_section_find (g_variant_get_string (parameter, NULL));

  if (section != NULL && self->format != NULL)
    bp_window_show_section (self, section);
}

/* Of a table's records the one with that id; none where it is empty. */
static void
show_record (GSimpleAction *action,
             GVariant      *parameter,
             gpointer       user_data)
{
  BpWindow *self = user_data;
  const BpSection *section;
  const char *table, *id;

  g_variant_get (parameter, "(&s&s)", &table, &id);
  section = bp_section_find_for_table (table);
  if (section == NULL || self->format == NULL)
    return;

  bp_window_show_section (self, section);
  if (id[0] != '\0')
    bp_list_page_show (bp_window_get_list_page (self), id);
}

static void
undo (GSimpleAction *action,
      GVariant      *parameter,
      gpointer       user_data)
{
  BpWindow *self = user_data;

  bp_notice_undo (GTK_WIDGET (self->pages));
}

static void
receive_payment (GSimpleAction *action,
                 GVariant      *parameter,
                 gpointer       user_data)
{
  BpWindow *self = user_data;

  if (self->format != NULL)
    bp_payment_window_show (GTK_WIDGET (self->pages), self->format,
                            parameter != NULL ? g_variant_get_string (parameter, NULL) : NULL,
                            NULL);
}

static void
receive_for_bill (GSimpleAction *action,
                  GVariant      *parameter,
                  gpointer       user_data)
{
  BpWindow *self = user_data;
  const char *customer_id, *sale_id;

  g_variant_get (parameter, "(&s&s)", &customer_id, &sale_id);
  if (self->format != NULL)
    bp_payment_window_show (GTK_WIDGET (self->pages), self->format, customer_id, sale_id);
}

static void
move_stock (BpWindow   *self,
            BpStockTask task,
            GVariant   *parameter)
{
  if (self->format != NULL)
    bp_stock_window_show (GTK_WIDGET (self->pages), self->format, task,
                          parameter != NULL ? g_variant_get_string (parameter, NULL) : NULL);
}

static void
receive_goods (GSimpleAction *action,
               GVariant      *parameter,
               gpointer       user_data)
{
  move_stock (user_data, BP_STOCK_RECEIVE, parameter);
}

static void
adjust_stock (GSimpleAction *action,
              GVariant      *parameter,
              gpointer       user_data)
{
  move_stock (user_data, BP_STOCK_ADJUST, parameter);
}

static void
count_stock (GSimpleAction *action,
             GVariant      *parameter,
             gpointer       user_data)
{
  move_stock (user_data, BP_STOCK_COUNT, parameter);
}

static const GActionEntry actions[] = {
  { .name = "receive-payment", .activate = receive_payment },
  { .name = "receive-from", .activate = receive_payment, .parameter_type = "s" },
  { .name = "receive-for", .activate = receive_for_bill, .parameter_type = "(ss)" },
  { .name = "receive-goods", .activate = receive_goods },
  { .name = "adjust-stock", .activate = adjust_stock },
  { .name = "adjust-product", .activate = adjust_stock, .parameter_type = "s" },
  { .name = "count-stock", .activate = count_stock },
  { .name = "undo", .activate = undo },
  { .name = "search", .activate = focus_search },
  { .name = "search-all", .activate = search_all },
  { .name = "clear-search", .activate = clear_search },
  { .name = "add", .activate = add_here },
  { .name = "import", .activate = import_here },
  { .name = "export", .activate = export_here },
  { .name = "section", .activate = go_to_section, .parameter_type = "s" },
  { .name = "show-record", .activate = show_record, .parameter_type = "(ss)" },
  { .name = "sort", .activate = sort_by, .parameter_type = "s", .state = "''" },
  { .name = "sort-descending", .activate = toggle_descending, .state = "false" },
  { .name = "show-sidebar", .activate = toggle_sidebar, .state = "true" },
  { .name = "show-detail", .activate = toggle_detail, .state = "false" },
};

/**
 * bp_window_add_actions:
 * @self: a window
 */
void
bp_window_add_actions (BpWindow *self)
{
  g_action_map_add_action_entries (G_ACTION_MAP (self), actions, G_N_ELEMENTS (actions), self);
}

/**
 * bp_window_set_state:
 * @self: a window
 * @name: one of its actions
 * @state: (transfer floating): what it is from now on
 */
void
bp_window_set_state (BpWindow   *self,
                     const char *name,
                     GVariant   *state)
{
  g_simple_action_set_state (
    G_SIMPLE_ACTION (g_action_map_lookup_action (G_ACTION_MAP (self), name)), state);
}

/**
 * bp_window_set_enabled:
 * @self: a window
 * @name: one of its actions
 * @enabled: whether it can be used from now on
 */
void
bp_window_set_enabled (BpWindow   *self,
                       const char *name,
                       gboolean    enabled)
{
  g_simple_action_set_enabled (
    G_SIMPLE_ACTION (g_action_map_lookup_action (G_ACTION_MAP (self), name)), enabled);
}

/* The bill that is being made is a page of the window. */
#include "config.h"

#include "bp-window-private.h"

#include "bp-notice.h"
#include "bp-sale-page.h"
#include "bp-section.h"

#include <glib/gi18n.h>

#define SALE_PAGE "new-sale"

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
  bp_window_show_section (self, self->section != NULL ? self->section : bp_section_get (0));
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
  bp_window_update_page (self);
  gtk_widget_grab_focus (self->sale_page);
}

/**
 * bp_window_has_unsaved_sale:
 * @self: a window
 *
 * Returns: whether a bill has been begun and not been saved
 */
gboolean
bp_window_has_unsaved_sale (BpWindow *self)
{
  return self->sale_page != NULL && !bp_sale_page_is_empty (BP_SALE_PAGE (self->sale_page));
}

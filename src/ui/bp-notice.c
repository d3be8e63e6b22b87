#include "config.h"

#include "bp-notice.h"

#include <adwaita.h>
#include <glib/gi18n.h>

#define NOTICE_SECONDS 2
#define UNDO_SECONDS 10

typedef struct
{
  BpUndoFunc undo;
  gpointer user_data;     /* (owned) */
  GDestroyNotify destroy;
} Undo;

/* Titles of toasts are markup, what they tell is not. */
static AdwToast *
toast_new (const char *text)
{
  g_autofree char *markup = g_markup_escape_text (text, -1);

  return adw_toast_new (markup);
}

static void
show (GtkWidget *widget,
      AdwToast  *toast)
{
  GtkWidget *overlay = gtk_widget_get_ancestor (widget, ADW_TYPE_TOAST_OVERLAY);

  if (overlay != NULL)
    adw_toast_overlay_add_toast (ADW_TOAST_OVERLAY (overlay), toast);
  else
    g_object_unref (toast);
}

static void
on_undo (AdwToast *toast,
         Undo     *undo)
{
  undo->undo (undo->user_data);
}

static void
undo_free (gpointer  data,
           GClosure *closure)
{
  Undo *undo = data;

  undo->destroy (undo->user_data);
  g_free (undo);
}

/**
 * bp_notice_show:
 * @widget: where it happened, in a window with a toast overlay
 * @text: what happened, not markup
 *
 * Goes before what waits to be undone, which comes back after it.
 */
void
bp_notice_show (GtkWidget  *widget,
                const char *text)
{
  AdwToast *toast = toast_new (text);

  adw_toast_set_priority (toast, ADW_TOAST_PRIORITY_HIGH);
  adw_toast_set_timeout (toast, NOTICE_SECONDS);
  show (widget, toast);
}

/**
 * bp_notice_show_undo:
 * @widget: where it happened, in a window with a toast overlay
 * @text: what was done, not markup
 * @undo: takes it back
 * @user_data: (transfer full): for @undo
 * @destroy: for @user_data, when it cannot be taken back any more
 */
void
bp_notice_show_undo (GtkWidget     *widget,
                     const char    *text,
                     BpUndoFunc     undo,
                     gpointer       user_data,
                     GDestroyNotify destroy)
{
  AdwToast *toast = toast_new (text);
  Undo *data = g_new (Undo, 1);

  *data = (Undo){ undo, user_data, destroy };
  adw_toast_set_button_label (toast, _("_Undo"));
  adw_toast_set_timeout (toast, UNDO_SECONDS);
  g_signal_connect_data (toast, "button-clicked", G_CALLBACK (on_undo), data, undo_free, 0);
  show (widget, toast);
}

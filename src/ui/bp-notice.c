#include "config.h"

#include "bp-notice.h"

#include <adwaita.h>
#include <glib/gi18n.h>

#define NOTICE_SECONDS 2
#define UNDO_SECONDS 10

#define STACK_KEY "bp-undo-stack"
#define MAX_STACK 20

/* Shared by the toast that offers it and by the window's stack. */
typedef struct
{
  BpUndoFunc undo;
  gpointer user_data;     /* (owned) (nullable): until it is taken back */
  GDestroyNotify destroy;
  GWeakRef toast;
} Undo;

static void
undo_clear (gpointer data)
{
  Undo *undo = data;

  if (undo->user_data != NULL)
    undo->destroy (undo->user_data);
  g_weak_ref_clear (&undo->toast);
}

static void
undo_unref (gpointer data)
{
  g_atomic_rc_box_release_full (data, undo_clear);
}

static void
undo_run (Undo *undo)
{
  gpointer user_data = g_steal_pointer (&undo->user_data);

  if (user_data == NULL)
    return;

  undo->undo (user_data);
  undo->destroy (user_data);
}

/* Titles of toasts are markup, what they tell is not. */
static AdwToast *
toast_new (const char *text)
{
  g_autofree char *markup = g_markup_escape_text (text, -1);

  return adw_toast_new (markup);
}

static GtkWidget *
find_overlay (GtkWidget *widget)
{
  return gtk_widget_get_ancestor (widget, ADW_TYPE_TOAST_OVERLAY);
}

static void
show (GtkWidget *widget,
      AdwToast  *toast)
{
  GtkWidget *overlay = find_overlay (widget);

  if (overlay != NULL)
    adw_toast_overlay_add_toast (ADW_TOAST_OVERLAY (overlay), toast);
  else
    g_object_unref (toast);
}

/* What was done last can be taken back after its toast has gone, too. */
static void
push (GtkWidget *widget,
      Undo      *undo)
{
  GtkWidget *overlay = find_overlay (widget);
  GPtrArray *stack;

  if (overlay == NULL)
    return;

  stack = g_object_get_data (G_OBJECT (overlay), STACK_KEY);
  if (stack == NULL)
    {
      stack = g_ptr_array_new_with_free_func (undo_unref);
      g_object_set_data_full (G_OBJECT (overlay), STACK_KEY, stack,
                              (GDestroyNotify)g_ptr_array_unref);
    }
  if (stack->len == MAX_STACK)
    g_ptr_array_remove_index (stack, 0);
  g_ptr_array_add (stack, g_atomic_rc_box_acquire (undo));
}

static void
on_undo (AdwToast *toast,
         Undo     *undo)
{
  undo_run (undo);
}

static void
undo_closure_free (gpointer  data,
                   GClosure *closure)
{
  undo_unref (data);
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
 * @destroy: for @user_data, when it has been taken back or cannot be any more
 *
 * Offers to take it back, by the toast or by bp_notice_undo().
 */
void
bp_notice_show_undo (GtkWidget     *widget,
                     const char    *text,
                     BpUndoFunc     undo,
                     gpointer       user_data,
                     GDestroyNotify destroy)
{
  AdwToast *toast = toast_new (text);
  Undo *data = g_atomic_rc_box_new0 (Undo);

  data->undo = undo;
  data->user_data = user_data;
  data->destroy = destroy;
  g_weak_ref_init (&data->toast, toast);
  adw_toast_set_button_label (toast, _("_Undo"));
  adw_toast_set_timeout (toast, UNDO_SECONDS);
  push (widget, data);
  g_signal_connect_data (toast, "button-clicked", G_CALLBACK (on_undo), data, undo_closure_free,
                         0);
  show (widget, toast);
}

/**
 * bp_notice_undo:
 * @widget: in a window with a toast overlay
 *
 * Takes back what was done last in that window and has not been taken back;
 * says so where there is nothing.
 */
void
bp_notice_undo (GtkWidget *widget)
{
  GtkWidget *overlay = find_overlay (widget);
  GPtrArray *stack
    = overlay != NULL ? g_object_get_data (G_OBJECT (overlay), STACK_KEY) : NULL;

  while (stack != NULL && stack->len > 0)
    {
      Undo *undo = g_ptr_array_steal_index (stack, stack->len - 1);
      g_autoptr (AdwToast) toast = g_weak_ref_get (&undo->toast);
      gboolean is_open = undo->user_data != NULL;

      if (is_open)
        undo_run (undo);
      if (toast != NULL)
        adw_toast_dismiss (toast);
      undo_unref (undo);
      if (is_open)
        return;
    }

  bp_notice_show (widget, _("Nothing to undo"));
}

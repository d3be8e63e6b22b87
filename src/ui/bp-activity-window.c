#include "config.h"

#include "bp-activity-window.h"

#include "bp-activity-detail.h"
#include "bp-activity-table.h"
#include "bp-dialogs.h"
#include "bp-hold.h"
#include "bp-notice.h"

#include <glib/gi18n.h>

#define WIDTH 980
#define HEIGHT 620

struct _BpActivityWindow
{
  AdwWindow parent_instance;

  GtkWidget *overlay;                       /* (unowned), as all widgets here */
  GtkWidget *retry_button;
  GtkWidget *export_button;
  AdwViewStack *stack;
  BpActivityDetail *detail;
  BpActivityTable *tables[BP_N_ACTIVITIES]; /* by kind */

  BpFormat *format;                         /* (owned) */
};

G_DEFINE_FINAL_TYPE (BpActivityWindow, bp_activity_window, ADW_TYPE_WINDOW)

static const struct
{
  const char *name;
  const char *label;
  const char *icon;
} pages[] = {
  [BP_ACTIVITY_QUEUE] = { "queue", N_("Queue"), "content-loading-symbolic" },
  [BP_ACTIVITY_FAILED] = { "failed", N_("Failed"), "dialog-error-symbolic" },
  [BP_ACTIVITY_CONFLICTS] = { "conflicts", N_("Conflicts"), "dialog-warning-symbolic" },
  [BP_ACTIVITY_HISTORY] = { "history", N_("History"), "document-open-recent-symbolic" },
};

static BpActivityTable *
get_table (BpActivityWindow *self)
{
  GtkWidget *page = self->stack != NULL ? adw_view_stack_get_visible_child (self->stack) : NULL;

  return page != NULL ? BP_ACTIVITY_TABLE (page) : NULL;
}

static void
update (BpActivityWindow *self)
{
  BpActivityTable *table = get_table (self);
  guint n = table != NULL ? bp_activity_table_get_count (table) : 0;

  gtk_widget_set_visible (self->retry_button,
                          n > 0 && bp_activity_table_get_kind (table) == BP_ACTIVITY_FAILED);
  gtk_widget_set_sensitive (self->export_button, n > 0);
  if (table != NULL)
    bp_activity_detail_show (self->detail, bp_activity_table_get_selected (table));
}

static void
on_page (BpActivityWindow *self)
{
  if (self->format != NULL)
    update (self);
}

static void
on_selected (BpActivityWindow *self,
             BpActivityTable  *table)
{
  if (table == get_table (self))
    bp_activity_detail_show (self->detail, bp_activity_table_get_selected (table));
}

static void
on_counted (BpActivityWindow *self,
            BpActivityTable  *table)
{
  BpActivityKind kind = bp_activity_table_get_kind (table);
  AdwViewStackPage *page = adw_view_stack_get_page (self->stack, GTK_WIDGET (table));
  guint n = bp_activity_table_get_count (table);
  g_autofree char *title
    = n > 0 && kind != BP_ACTIVITY_HISTORY
      /* Translators: the name of a list, and how many are in it. */
        ? g_strdup_printf (_("%s (%'u)"), _(pages[kind].label), n)
        : g_strdup (_(pages[kind].label));

  adw_view_stack_page_set_title (page, title);
  if (table != get_table (self))
    return;
  gtk_widget_set_sensitive (self->export_button, n > 0);
  gtk_widget_set_visible (self->retry_button, n > 0 && kind == BP_ACTIVITY_FAILED);
}

static void
on_activated (BpActivityWindow *self,
              BpActivityTable  *table)
{
  const BpActivityRow *row = bp_activity_table_get_selected (table);

  if (row == NULL)
    return;
  if (row->conflict != NULL)
    gtk_widget_activate_action (GTK_WIDGET (self), "app.resolve-conflict", "x",
                                row->conflict->id);
  else
    gtk_widget_child_focus (GTK_WIDGET (self->detail), GTK_DIR_TAB_FORWARD);
}

static void
on_failed (BpActivityWindow *self,
           const char       *message)
{
  bp_notice_show (self->overlay, message);
}

static void
on_retried (GObject      *source,
            GAsyncResult *result,
            gpointer      user_data)
{
  g_autoptr (BpActivityWindow) self = user_data;
  g_autoptr (GError) error = NULL;

  bp_hold_application (FALSE);
  if (!bp_activity_mend_finish (BP_SHOP (source), result, &error))
    bp_notice_show (self->overlay, error->message);
}

static void
on_retry_all (BpActivityWindow *self)
{
  bp_hold_application (TRUE);
  bp_activity_mend_async (bp_format_get_shop (self->format), BP_ACTIVITY_RETRY_ALL, NULL,
                          on_retried, g_object_ref (self));
}

static void
on_exported (GObject      *source,
             GAsyncResult *result,
             gpointer      user_data)
{
  g_autoptr (BpActivityWindow) self = user_data;
  g_autoptr (GError) error = NULL;

  bp_hold_application (FALSE);
  if (bp_activity_export_finish (BP_SHOP (source), result, &error))
    bp_notice_show (self->overlay, _("The list is exported"));
  else
    bp_notice_show (self->overlay, error->message);
}

static void
on_file_chosen (GObject    *object,
                const char *path)
{
  BpActivityWindow *self = BP_ACTIVITY_WINDOW (object);

  bp_hold_application (TRUE);
  bp_activity_export_async (bp_format_get_shop (self->format),
                            bp_activity_table_get_kind (get_table (self)), path, NULL,
                            on_exported, g_object_ref (self));
}

static void
on_export (BpActivityWindow *self)
{
  g_autofree char *name
    = g_strdup_printf ("%s.csv", pages[bp_activity_table_get_kind (get_table (self))].name);

  bp_dialogs_choose_new_file (GTK_WINDOW (self), _("Export"), name, on_file_chosen,
                              G_OBJECT (self));
}

static void
bp_activity_window_dispose (GObject *object)
{
  BpActivityWindow *self = BP_ACTIVITY_WINDOW (object);

  g_clear_object (&self->format);
  gtk_widget_dispose_template (GTK_WIDGET (self), BP_TYPE_ACTIVITY_WINDOW);

  G_OBJECT_CLASS (bp_activity_window_parent_class)->dispose (object);
}

static void
bp_activity_window_class_init (BpActivityWindowClass *klass)
{
  GtkWidgetClass *widget_class = GTK_WIDGET_CLASS (klass);

  G_OBJECT_CLASS (klass)->dispose = bp_activity_window_dispose;

  g_type_ensure (BP_TYPE_ACTIVITY_DETAIL);
  gtk_widget_class_add_binding_action (widget_class, GDK_KEY_Escape, 0, "window.close", NULL);
  gtk_widget_class_set_template_from_resource (
    widget_class, "/io/github/bizpulse/BizPulse/bp-activity-window.ui");
  gtk_widget_class_bind_template_child (widget_class, BpActivityWindow, overlay);
  gtk_widget_class_bind_template_child (widget_class, BpActivityWindow, retry_button);
  gtk_widget_class_bind_template_child (widget_class, BpActivityWindow, export_button);
  gtk_widget_class_bind_template_child (widget_class, BpActivityWindow, stack);
  gtk_widget_class_bind_template_child (widget_class, BpActivityWindow, detail);
  gtk_widget_class_bind_template_callback (widget_class, on_page);
  gtk_widget_class_bind_template_callback (widget_class, on_retry_all);
  gtk_widget_class_bind_template_callback (widget_class, on_export);
  gtk_widget_class_bind_template_callback (widget_class, on_failed);
}

static void
bp_activity_window_init (BpActivityWindow *self)
{
  gtk_widget_init_template (GTK_WIDGET (self));
}

static void
add_table (BpActivityWindow *self,
           BpActivityKind    kind)
{
  GtkWidget *table = bp_activity_table_new (self->format, kind);

  self->tables[kind] = BP_ACTIVITY_TABLE (table);
  adw_view_stack_add_titled (self->stack, table, pages[kind].name, _(pages[kind].label));
  adw_view_stack_page_set_icon_name (adw_view_stack_get_page (self->stack, table),
                                     pages[kind].icon);
  g_signal_connect_object (table, "selected", G_CALLBACK (on_selected), self, G_CONNECT_SWAPPED);
  g_signal_connect_object (table, "activated", G_CALLBACK (on_activated), self,
                           G_CONNECT_SWAPPED);
  g_signal_connect_object (table, "counted", G_CALLBACK (on_counted), self, G_CONNECT_SWAPPED);
}

/**
 * bp_activity_window_new:
 * @parent: (nullable): beside which window
 * @format: how the shop's values are written
 *
 * Returns: (transfer none): a window that is not shown yet
 */
BpActivityWindow *
bp_activity_window_new (GtkWindow *parent,
                        BpFormat  *format)
{
  BpActivityWindow *self = g_object_new (BP_TYPE_ACTIVITY_WINDOW, NULL);

  self->format = g_object_ref (format);
  bp_activity_detail_set_format (self->detail, format);
  for (guint i = 0; i < BP_N_ACTIVITIES; i++)
    add_table (self, i);
  bp_dialogs_attach (GTK_WINDOW (self), parent, WIDTH, HEIGHT);
  update (self);
  return self;
}

/**
 * bp_activity_window_show:
 * @self: a window
 * @kind: which of its lists comes first
 */
void
bp_activity_window_show (BpActivityWindow *self,
                         BpActivityKind    kind)
{
  adw_view_stack_set_visible_child_name (self->stack, pages[kind].name);
  gtk_window_present (GTK_WINDOW (self));
  bp_activity_table_focus (self->tables[kind]);
}

#include "config.h"

#include "bp-preferences-window.h"

#include "bp-dialogs.h"
#include "bp-preferences-pages.h"

#include <glib/gi18n.h>

#define WIDTH 640
#define HEIGHT 680

struct _BpPreferencesWindow
{
  AdwWindow parent_instance;

  AdwViewStack *stack;        /* (unowned) */
  BpPreferences *preferences; /* (owned) */
};

G_DEFINE_FINAL_TYPE (BpPreferencesWindow, bp_preferences_window, ADW_TYPE_WINDOW)

static const struct
{
  const char *name;
  const char *title;
  const char *icon;
  GtkWidget *(*create) (BpPreferences *preferences);
} pages[] = {
  { "shop", N_("Shop"), "go-home-symbolic", bp_preferences_create_shop_page },
  { "selling", N_("Selling"), "view-list-symbolic", bp_preferences_create_selling_page },
  { "taxes", N_("Taxes"), "accessories-calculator-symbolic", bp_preferences_create_taxes_page },
  { "sync", N_("Sync"), "emblem-synchronizing-symbolic", bp_preferences_create_sync_page },
};

static void
bp_preferences_window_dispose (GObject *object)
{
  BpPreferencesWindow *self = BP_PREFERENCES_WINDOW (object);

  g_clear_object (&self->preferences);

  G_OBJECT_CLASS (bp_preferences_window_parent_class)->dispose (object);
}

static void
bp_preferences_window_class_init (BpPreferencesWindowClass *klass)
{
  G_OBJECT_CLASS (klass)->dispose = bp_preferences_window_dispose;
  gtk_widget_class_add_binding_action (GTK_WIDGET_CLASS (klass), GDK_KEY_Escape, 0,
                                       "window.close", NULL);
}

static void
bp_preferences_window_init (BpPreferencesWindow *self)
{
  GtkWidget *box = gtk_box_new (GTK_ORIENTATION_VERTICAL, 0);
  GtkWidget *header = adw_header_bar_new ();
  GtkWidget *switcher = adw_view_switcher_new ();
  GtkWidget *stack = adw_view_stack_new ();

  self->stack = ADW_VIEW_STACK (stack);
  adw_view_switcher_set_stack (ADW_VIEW_SWITCHER (switcher), self->stack);
  adw_view_switcher_set_policy (ADW_VIEW_SWITCHER (switcher), ADW_VIEW_SWITCHER_POLICY_WIDE);
  adw_header_bar_set_title_widget (ADW_HEADER_BAR (header), switcher);
  gtk_widget_set_vexpand (stack, TRUE);
  gtk_box_append (GTK_BOX (box), header);
  gtk_box_append (GTK_BOX (box), stack);
  adw_window_set_content (ADW_WINDOW (self), box);
  gtk_window_set_title (GTK_WINDOW (self), _("Preferences"));
  gtk_window_set_modal (GTK_WINDOW (self), TRUE);
}

/**
 * bp_preferences_window_new:
 * @parent: (nullable): above which window
 * @format: the shop's
 *
 * Returns: (transfer none): a window that is not shown yet
 */
BpPreferencesWindow *
bp_preferences_window_new (GtkWindow *parent,
                           BpFormat  *format)
{
  BpPreferencesWindow *self = g_object_new (BP_TYPE_PREFERENCES_WINDOW, NULL);

  self->preferences = bp_preferences_new (format);
  for (guint i = 0; i < G_N_ELEMENTS (pages); i++)
    {
      GtkWidget *page = pages[i].create (self->preferences);

      adw_view_stack_add_titled (self->stack, page, pages[i].name, _(pages[i].title));
      adw_view_stack_page_set_icon_name (adw_view_stack_get_page (self->stack, page),
                                         pages[i].icon);
    }
  bp_dialogs_attach (GTK_WINDOW (self), parent, WIDTH, HEIGHT);
  return self;
}

/**
 * bp_preferences_window_show:
 * @self: a window
 * @page: (nullable): the name of the page to begin with
 */
void
bp_preferences_window_show (BpPreferencesWindow *self,
                            const char          *page)
{
  if (page != NULL)
    adw_view_stack_set_visible_child_name (self->stack, page);
  gtk_window_present (GTK_WINDOW (self));
}

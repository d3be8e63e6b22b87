#include "config.h"

#include "bp-sidebar-row.h"

#include <glib/gi18n.h>

struct _BpSidebarRow
{
  GtkListBoxRow parent_instance;

  GtkImage *icon;  /* (unowned), as all widgets here */
  GtkLabel *title;
  GtkLabel *count;
  GtkLabel *attention;

  char *reason;             /* (owned) (nullable): what needs attention */
  const BpSection *section; /* (unowned) */
};

G_DEFINE_FINAL_TYPE (BpSidebarRow, bp_sidebar_row, GTK_TYPE_LIST_BOX_ROW)

static void
bp_sidebar_row_dispose (GObject *object)
{
  g_clear_pointer (&BP_SIDEBAR_ROW (object)->reason, g_free);
  gtk_widget_dispose_template (GTK_WIDGET (object), BP_TYPE_SIDEBAR_ROW);

  G_OBJECT_CLASS (bp_sidebar_row_parent_class)->dispose (object);
}

static void
bp_sidebar_row_class_init (BpSidebarRowClass *klass)
{
  GObjectClass *object_class = G_OBJECT_CLASS (klass);
  GtkWidgetClass *widget_class = GTK_WIDGET_CLASS (klass);

  object_class->dispose = bp_sidebar_row_dispose;

  gtk_widget_class_set_template_from_resource (
    widget_class, "/io/github/bizpulse/BizPulse/bp-sidebar-row.ui");
  gtk_widget_class_bind_template_child (widget_class, BpSidebarRow, icon);
  gtk_widget_class_bind_template_child (widget_class, BpSidebarRow, title);
  gtk_widget_class_bind_template_child (widget_class, BpSidebarRow, count);
  gtk_widget_class_bind_template_child (widget_class, BpSidebarRow, attention);
}

static void
bp_sidebar_row_init (BpSidebarRow *self)
{
  gtk_widget_init_template (GTK_WIDGET (self));
}

static void
name_row (BpSidebarRow *self)
{
  const char *count = gtk_label_get_text (self->count);
  g_autofree char *label = g_strdup_printf ("%s%s%s%s%s", _(self->section->title),
                                            count[0] != '\0' ? ", " : "", count,
                                            self->reason != NULL ? ", " : "",
                                            self->reason != NULL ? self->reason : "");

  gtk_accessible_update_property (GTK_ACCESSIBLE (self), GTK_ACCESSIBLE_PROPERTY_LABEL, label, -1);
}

/**
 * bp_sidebar_row_new:
 * @section: what it stands for
 *
 * Returns: (transfer floating): a row
 */
GtkWidget *
bp_sidebar_row_new (const BpSection *section)
{
  BpSidebarRow *self = g_object_new (BP_TYPE_SIDEBAR_ROW, NULL);
  g_autofree char *tooltip = g_strdup_printf ("%s (Alt+%u)", _(section->title),
                                              section->digit);

  self->section = section;
  gtk_image_set_from_icon_name (self->icon, section->icon);
  gtk_label_set_text (self->title, _(section->title));
  gtk_widget_set_tooltip_text (GTK_WIDGET (self), tooltip);
  name_row (self);
  return GTK_WIDGET (self);
}

/**
 * bp_sidebar_row_get_section:
 * @self: a row
 *
 * Returns: (transfer none): what it stands for
 */
const BpSection *
bp_sidebar_row_get_section (BpSidebarRow *self)
{
  return self->section;
}

/**
 * bp_sidebar_row_set_count:
 * @self: a row
 * @count: how many records its section has, as text
 * @attention: how many of them need attention
 */
void
bp_sidebar_row_set_count (BpSidebarRow *self,
                          const char   *count,
                          guint         attention)
{
  g_autofree char *number = g_strdup_printf ("%'u", attention);

  g_clear_pointer (&self->reason, g_free);
  if (attention > 0)
    self->reason = g_strdup_printf (_(self->section->filter.attention), attention);
  gtk_label_set_text (self->count, count);
  gtk_label_set_text (self->attention, number);
  gtk_widget_set_visible (GTK_WIDGET (self->attention), attention > 0);
  gtk_widget_set_tooltip_text (GTK_WIDGET (self->attention), self->reason);
  name_row (self);
}

#include "config.h"

#include "bp-figure.h"

struct _BpFigure
{
  AdwBin parent_instance;

  GtkLabel *title; /* (unowned), as all widgets here */
  GtkLabel *value;
  GtkLabel *detail;
};

G_DEFINE_FINAL_TYPE (BpFigure, bp_figure, ADW_TYPE_BIN)

enum
{
  PROP_TITLE = 1,
  N_PROPERTIES
};

static GParamSpec *properties[N_PROPERTIES];

static void
bp_figure_set_property (GObject      *object,
                        guint         property_id,
                        const GValue *value,
                        GParamSpec   *pspec)
{
  BpFigure *self = BP_FIGURE (object);

  if (property_id == PROP_TITLE)
    gtk_label_set_text (self->title, g_value_get_string (value));
  else
    G_OBJECT_WARN_INVALID_PROPERTY_ID (object, property_id, pspec);
}

static void
bp_figure_dispose (GObject *object)
{
  adw_bin_set_child (ADW_BIN (object), NULL);
  gtk_widget_dispose_template (GTK_WIDGET (object), BP_TYPE_FIGURE);

  G_OBJECT_CLASS (bp_figure_parent_class)->dispose (object);
}

static void
bp_figure_class_init (BpFigureClass *klass)
{
  GObjectClass *object_class = G_OBJECT_CLASS (klass);
  GtkWidgetClass *widget_class = GTK_WIDGET_CLASS (klass);

  object_class->set_property = bp_figure_set_property;
  object_class->dispose = bp_figure_dispose;

  /**
   * BpFigure:title:
   *
   * What it is a figure of.
   */
  properties[PROP_TITLE] = g_param_spec_string ("title", NULL, NULL, NULL,
                                                G_PARAM_WRITABLE | G_PARAM_STATIC_STRINGS);
  g_object_class_install_properties (object_class, N_PROPERTIES, properties);

  gtk_widget_class_set_accessible_role (widget_class, GTK_ACCESSIBLE_ROLE_GROUP);
  gtk_widget_class_set_template_from_resource (widget_class,
                                               "/io/github/bizpulse/BizPulse/bp-figure.ui");
  gtk_widget_class_bind_template_child (widget_class, BpFigure, title);
  gtk_widget_class_bind_template_child (widget_class, BpFigure, value);
  gtk_widget_class_bind_template_child (widget_class, BpFigure, detail);
}

static void
bp_figure_init (BpFigure *self)
{
  gtk_widget_init_template (GTK_WIDGET (self));
}

/**
 * bp_figure_set:
 * @self: a figure
 * @value: how much
 * @detail: a remark, may be empty
 */
void
bp_figure_set (BpFigure   *self,
               const char *value,
               const char *detail)
{
  g_autofree char *label = g_strdup_printf ("%s: %s", gtk_label_get_text (self->title), value);

  gtk_label_set_text (self->value, value);
  gtk_label_set_text (self->detail, detail);
  gtk_widget_set_tooltip_text (GTK_WIDGET (self->detail), detail);
  gtk_accessible_update_property (GTK_ACCESSIBLE (self), GTK_ACCESSIBLE_PROPERTY_LABEL, label,
                                  GTK_ACCESSIBLE_PROPERTY_DESCRIPTION, detail, -1);
}

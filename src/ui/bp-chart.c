#include "config.h"

#include "bp-chart.h"

#define MAX_LINES 5
#define GAP 6
#define MIN_BAR 2
#define NO_BAR G_MAXUINT

struct _BpChart
{
  GtkWidget parent_instance;

  GtkWidget *caption; /* (owned), as all widgets here */
  GPtrArray *bars;    /* (owned) (element-type GtkWidget) */
  GPtrArray *names;   /* (owned) (element-type GtkWidget): below them */
  GPtrArray *lines;   /* (owned) (element-type GtkWidget): of the scale */
  GPtrArray *labels;  /* (owned) (element-type GtkWidget): beside the lines */

  GArray *data;       /* (owned) (element-type BpChartBar) */
  gint64 bottom;      /* the least value the scale shows */
  gint64 top;         /* the greatest */
  gint64 step;        /* from line to line */
  guint current;      /* the bar told in words; NO_BAR for none */
};

G_DEFINE_FINAL_TYPE (BpChart, bp_chart, GTK_TYPE_WIDGET)

/* Where the bars stand, in the widget's coordinates. */
typedef struct
{
  int x;
  int y;
  int width;
  int height;
} Plot;

static void
bar_clear (gpointer data)
{
  BpChartBar *bar = data;

  g_free (bar->name);
  g_free (bar->description);
}

/**
 * bp_chart_bars_new:
 *
 * Returns: (transfer full) (element-type BpChartBar): none yet; frees what its
 *   bars own
 */
GArray *
bp_chart_bars_new (void)
{
  GArray *bars = g_array_new (FALSE, TRUE, sizeof (BpChartBar));

  g_array_set_clear_func (bars, bar_clear);
  return bars;
}

static const BpChartBar *
get_bar (BpChart *self,
         guint    i)
{
  return &g_array_index (self->data, BpChartBar, i);
}

static int
get_natural (GtkWidget     *widget,
             GtkOrientation orientation)
{
  int natural;

  gtk_widget_measure (widget, orientation, -1, NULL, &natural, NULL, NULL);
  return natural;
}

static int
get_greatest (GPtrArray     *widgets,
              GtkOrientation orientation)
{
  int greatest = 0;

  for (guint i = 0; i < widgets->len; i++)
    greatest = MAX (greatest, get_natural (widgets->pdata[i], orientation));

  return greatest;
}

static Plot
get_plot (BpChart *self,
          int      width,
          int      height)
{
  int gutter = get_greatest (self->labels, GTK_ORIENTATION_HORIZONTAL) + GAP;
  int foot = get_greatest (self->names, GTK_ORIENTATION_VERTICAL) + GAP;
  int head = get_natural (self->caption, GTK_ORIENTATION_VERTICAL) + GAP
             + get_greatest (self->labels, GTK_ORIENTATION_VERTICAL) / 2;
  Plot plot = { gutter, head, MAX (width - gutter, 1), MAX (height - head - foot, 1) };

  /* Where writing goes from right to left the scale stands at the right. */
  if (gtk_widget_get_direction (GTK_WIDGET (self)) == GTK_TEXT_DIR_RTL)
    plot.x = 0;
  return plot;
}

static int
get_y (BpChart    *self,
       const Plot *plot,
       gint64      value)
{
  double part = (double)(self->top - value) / (double)(self->top - self->bottom);

  return plot->y + (int)(part * plot->height);
}

/* Time goes with the writing. */
static double
get_x (BpChart    *self,
       const Plot *plot,
       guint       i)
{
  double slot = (double)plot->width / self->data->len;
  guint place = i;

  if (gtk_widget_get_direction (GTK_WIDGET (self)) == GTK_TEXT_DIR_RTL)
    place = self->data->len - 1 - i;
  return plot->x + slot * place;
}

static void
place_bars (BpChart    *self,
            const Plot *plot)
{
  int zero = get_y (self, plot, 0);
  double slot = (double)plot->width / self->data->len;

  for (guint i = 0; i < self->bars->len; i++)
    {
      gint64 value = get_bar (self, i)->value;
      int y = get_y (self, plot, value);
      int size = MAX (ABS (zero - y), value != 0 ? MIN_BAR : 0);
      int width = MAX ((int)(slot * 0.7), MIN_BAR);
      GtkAllocation place = { (int)(get_x (self, plot, i) + (slot - width) / 2),
                              value >= 0 ? zero - size : zero, width, size };

      gtk_widget_set_child_visible (self->bars->pdata[i], size > 0);
      if (size > 0)
        gtk_widget_size_allocate (self->bars->pdata[i], &place, -1);
    }
}

/* As many as there is room for; always that of the last bar. */
static void
place_names (BpChart    *self,
             const Plot *plot)
{
  double slot = (double)plot->width / self->data->len;
  int widest = get_greatest (self->names, GTK_ORIENTATION_HORIZONTAL) + 2 * GAP;
  guint every = (guint)(widest / slot) + 1;
  guint last = self->names->len - 1;

  for (guint i = 0; i < self->names->len; i++)
    {
      GtkWidget *name = self->names->pdata[i];
      int width = get_natural (name, GTK_ORIENTATION_HORIZONTAL);
      int x = (int)(get_x (self, plot, i) + (slot - width) / 2);
      GtkAllocation place = { CLAMP (x, 0, plot->x + plot->width - width),
                              plot->y + plot->height + GAP, width,
                              get_natural (name, GTK_ORIENTATION_VERTICAL) };
      gboolean is_shown = (last - i) % every == 0;

      gtk_widget_set_child_visible (name, is_shown);
      if (is_shown)
        gtk_widget_size_allocate (name, &place, -1);
    }
}

static void
place_lines (BpChart    *self,
             const Plot *plot,
             int         width)
{
  for (guint i = 0; i < self->lines->len; i++)
    {
      int y = get_y (self, plot, self->bottom + self->step * i);
      GtkWidget *label = self->labels->pdata[i];
      int label_width = get_natural (label, GTK_ORIENTATION_HORIZONTAL);
      int label_height = get_natural (label, GTK_ORIENTATION_VERTICAL);
      GtkAllocation line = { plot->x, y, plot->width, 1 };
      GtkAllocation text = { plot->x > 0 ? plot->x - GAP - label_width : width - label_width,
                             y - label_height / 2, label_width, label_height };

      gtk_widget_size_allocate (self->lines->pdata[i], &line, -1);
      gtk_widget_size_allocate (label, &text, -1);
    }
}

static void
bp_chart_size_allocate (GtkWidget *widget,
                        int        width,
                        int        height,
                        int        baseline)
{
  BpChart *self = BP_CHART (widget);
  Plot plot = get_plot (self, width, height);
  GtkAllocation caption = { 0, 0, width, get_natural (self->caption, GTK_ORIENTATION_VERTICAL) };

  gtk_widget_size_allocate (self->caption, &caption, -1);
  if (self->data->len == 0)
    return;

  place_lines (self, &plot, width);
  place_bars (self, &plot);
  place_names (self, &plot);
}

static void
bp_chart_measure (GtkWidget     *widget,
                  GtkOrientation orientation,
                  int            for_size,
                  int           *minimum,
                  int           *natural,
                  int           *minimum_baseline,
                  int           *natural_baseline)
{
  *minimum = orientation == GTK_ORIENTATION_HORIZONTAL ? 240 : 180;
  *natural = orientation == GTK_ORIENTATION_HORIZONTAL ? 720 : 240;
}

static void
mark (BpChart *self,
      guint    i)
{
  if (self->current == i)
    return;

  if (self->current != NO_BAR)
    gtk_widget_remove_css_class (self->bars->pdata[self->current], "current");
  self->current = i;
  if (i != NO_BAR)
    gtk_widget_add_css_class (self->bars->pdata[i], "current");
  gtk_label_set_text (GTK_LABEL (self->caption), i != NO_BAR ? get_bar (self, i)->description : "");
  gtk_accessible_update_property (GTK_ACCESSIBLE (self), GTK_ACCESSIBLE_PROPERTY_DESCRIPTION,
                                  i != NO_BAR ? get_bar (self, i)->description : "", -1);
}

static void
on_motion (GtkEventControllerMotion *controller,
           double                    x,
           double                    y,
           BpChart                  *self)
{
  Plot plot = get_plot (self, gtk_widget_get_width (GTK_WIDGET (self)),
                        gtk_widget_get_height (GTK_WIDGET (self)));

  for (guint i = 0; i < self->data->len; i++)
    {
      double left = get_x (self, &plot, i);

      if (x >= left && x < left + (double)plot.width / self->data->len)
        {
          mark (self, i);
          return;
        }
    }
  mark (self, NO_BAR);
}

static void
on_leave (GtkEventControllerMotion *controller,
          BpChart                  *self)
{
  mark (self, NO_BAR);
}

static void
move (BpChart *self,
      guint    keyval)
{
  gboolean is_rtl = gtk_widget_get_direction (GTK_WIDGET (self)) == GTK_TEXT_DIR_RTL;
  guint last = self->data->len - 1;

  if (keyval == GDK_KEY_Home)
    mark (self, 0);
  else if (keyval == GDK_KEY_End || self->current == NO_BAR)
    mark (self, last);
  else if (keyval == (is_rtl ? GDK_KEY_Right : GDK_KEY_Left))
    mark (self, self->current > 0 ? self->current - 1 : 0);
  else
    mark (self, MIN (self->current + 1, last));
}

static void
on_focus_left (GtkEventControllerFocus *controller,
               BpChart                 *self)
{
  mark (self, NO_BAR);
}

static gboolean
on_key_pressed (GtkEventControllerKey *controller,
                guint                  keyval,
                guint                  keycode,
                GdkModifierType        state,
                BpChart               *self)
{
  gboolean is_ours = keyval == GDK_KEY_Left || keyval == GDK_KEY_Right || keyval == GDK_KEY_Home
                     || keyval == GDK_KEY_End;

  if (!is_ours || self->data->len == 0)
    return FALSE;

  move (self, keyval);
  return TRUE;
}

static void
drop_widgets (GPtrArray *widgets)
{
  for (guint i = 0; i < widgets->len; i++)
    gtk_widget_unparent (widgets->pdata[i]);
  g_ptr_array_set_size (widgets, 0);
}

static void
bp_chart_dispose (GObject *object)
{
  BpChart *self = BP_CHART (object);

  drop_widgets (self->lines);
  drop_widgets (self->labels);
  drop_widgets (self->bars);
  drop_widgets (self->names);
  g_clear_pointer (&self->caption, gtk_widget_unparent);

  G_OBJECT_CLASS (bp_chart_parent_class)->dispose (object);
}

static void
bp_chart_finalize (GObject *object)
{
  BpChart *self = BP_CHART (object);

  g_ptr_array_unref (self->lines);
  g_ptr_array_unref (self->labels);
  g_ptr_array_unref (self->bars);
  g_ptr_array_unref (self->names);
  g_array_unref (self->data);

  G_OBJECT_CLASS (bp_chart_parent_class)->finalize (object);
}

static void
bp_chart_class_init (BpChartClass *klass)
{
  GObjectClass *object_class = G_OBJECT_CLASS (klass);
  GtkWidgetClass *widget_class = GTK_WIDGET_CLASS (klass);

  object_class->dispose = bp_chart_dispose;
  object_class->finalize = bp_chart_finalize;
  widget_class->measure = bp_chart_measure;
  widget_class->size_allocate = bp_chart_size_allocate;
  gtk_widget_class_set_css_name (widget_class, "chart");
  gtk_widget_class_set_accessible_role (widget_class, GTK_ACCESSIBLE_ROLE_IMG);
}

static void
bp_chart_init (BpChart *self)
{
  GtkEventController *motion = gtk_event_controller_motion_new ();
  GtkEventController *key = gtk_event_controller_key_new ();
  GtkEventController *focus = gtk_event_controller_focus_new ();

  self->lines = g_ptr_array_new ();
  self->labels = g_ptr_array_new ();
  self->bars = g_ptr_array_new ();
  self->names = g_ptr_array_new ();
  self->data = bp_chart_bars_new ();
  self->current = NO_BAR;
  self->caption = gtk_label_new (NULL);
  gtk_widget_add_css_class (self->caption, "numeric");
  gtk_widget_set_parent (self->caption, GTK_WIDGET (self));
  gtk_widget_set_focusable (GTK_WIDGET (self), TRUE);

  g_signal_connect (motion, "motion", G_CALLBACK (on_motion), self);
  g_signal_connect (motion, "enter", G_CALLBACK (on_motion), self);
  g_signal_connect (motion, "leave", G_CALLBACK (on_leave), self);
  g_signal_connect (key, "key-pressed", G_CALLBACK (on_key_pressed), self);
  g_signal_connect (focus, "leave", G_CALLBACK (on_focus_left), self);
  gtk_widget_add_controller (GTK_WIDGET (self), motion);
  gtk_widget_add_controller (GTK_WIDGET (self), key);
  gtk_widget_add_controller (GTK_WIDGET (self), focus);
}

/* 1, 2 or 5 times a power of ten, so that MAX_LINES of them span it. */
static gint64
find_step (gint64 span)
{
  static const gint64 factors[] = { 1, 2, 5 };

  for (gint64 power = 1; power <= G_MAXINT64 / 100; power *= 10)
    {
      for (guint i = 0; i < G_N_ELEMENTS (factors); i++)
        {
          if (span / (factors[i] * power) < MAX_LINES)
            return factors[i] * power;
        }
    }

  return span / MAX_LINES;
}

static void
set_scale (BpChart *self)
{
  gint64 least = 0;
  gint64 greatest = 0;

  for (guint i = 0; i < self->data->len; i++)
    {
      least = MIN (least, get_bar (self, i)->value);
      greatest = MAX (greatest, get_bar (self, i)->value);
    }

  self->step = find_step (greatest - least);
  self->bottom = -((-least + self->step - 1) / self->step) * self->step;
  self->top = MAX ((greatest + self->step - 1) / self->step, self->bottom == 0) * self->step;
}

static GtkWidget *
add_label (BpChart    *self,
           GPtrArray  *labels,
           const char *text)
{
  GtkWidget *label = gtk_label_new (text);

  gtk_widget_add_css_class (label, "caption");
  gtk_widget_add_css_class (label, "dim-label");
  gtk_widget_add_css_class (label, "numeric");
  gtk_widget_set_parent (label, GTK_WIDGET (self));
  g_ptr_array_add (labels, label);
  return label;
}

static void
add_part (BpChart    *self,
          GPtrArray  *parts,
          const char *css_class)
{
  GtkWidget *part = g_object_new (GTK_TYPE_BOX, "css-name", css_class, "accessible-role",
                                  GTK_ACCESSIBLE_ROLE_PRESENTATION, NULL);

  gtk_widget_set_parent (part, GTK_WIDGET (self));
  g_ptr_array_add (parts, part);
}

/**
 * bp_chart_set_bars:
 * @self: a chart
 * @bars: (transfer full) (element-type BpChartBar): from bp_chart_bars_new(),
 *   in the order of reading
 * @format: (scope call): writes the values beside the scale
 * @user_data: for @format
 *
 * Shows these instead of what was shown before.
 */
void
bp_chart_set_bars (BpChart          *self,
                   GArray           *bars,
                   BpChartFormatFunc format,
                   gpointer          user_data)
{
  mark (self, NO_BAR);
  drop_widgets (self->lines);
  drop_widgets (self->labels);
  drop_widgets (self->bars);
  drop_widgets (self->names);
  g_array_unref (self->data);
  self->data = bars;
  set_scale (self);

  for (gint64 value = self->bottom; value <= self->top && bars->len > 0; value += self->step)
    {
      g_autofree char *text = format (value, user_data);

      add_part (self, self->lines, "line");
      add_label (self, self->labels, text);
    }
  for (guint i = 0; i < bars->len; i++)
    {
      add_part (self, self->bars, "bar");
      add_label (self, self->names, get_bar (self, i)->name);
    }
  gtk_widget_queue_resize (GTK_WIDGET (self));
}

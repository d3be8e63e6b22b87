#include "config.h"

#include "bp-side-layout.h"

#define FOLD_WIDTH 760
#define SIDE_WIDTH 300

struct _BpSideLayout
{
  GtkLayoutManager parent_instance;
};

G_DEFINE_FINAL_TYPE (BpSideLayout, bp_side_layout, GTK_TYPE_LAYOUT_MANAGER)

static GtkSizeRequestMode
bp_side_layout_get_request_mode (GtkLayoutManager *manager,
                                 GtkWidget        *widget)
{
  return GTK_SIZE_REQUEST_HEIGHT_FOR_WIDTH;
}

static int
get_side_width (GtkWidget *side)
{
  int minimum;

  gtk_widget_measure (side, GTK_ORIENTATION_HORIZONTAL, -1, &minimum, NULL, NULL, NULL);
  return MAX (minimum, SIDE_WIDTH);
}

static void
measure_width (GtkWidget *main,
               GtkWidget *side,
               int       *minimum,
               int       *natural)
{
  int main_minimum, main_natural, side_minimum;

  gtk_widget_measure (main, GTK_ORIENTATION_HORIZONTAL, -1, &main_minimum, &main_natural, NULL,
                      NULL);
  gtk_widget_measure (side, GTK_ORIENTATION_HORIZONTAL, -1, &side_minimum, NULL, NULL, NULL);
  *minimum = MAX (main_minimum, side_minimum);
  *natural = main_natural + get_side_width (side);
}

static void
bp_side_layout_measure (GtkLayoutManager *manager,
                        GtkWidget        *widget,
                        GtkOrientation    orientation,
                        int               for_size,
                        int              *minimum,
                        int              *natural,
                        int              *minimum_baseline,
                        int              *natural_baseline)
{
  GtkWidget *main = gtk_widget_get_first_child (widget);
  GtkWidget *side = gtk_widget_get_last_child (widget);
  gboolean folded = for_size >= 0 && for_size < FOLD_WIDTH;
  gboolean beside = for_size >= FOLD_WIDTH;
  int main_minimum, main_natural, side_minimum, side_natural;

  if (orientation == GTK_ORIENTATION_HORIZONTAL)
    {
      measure_width (main, side, minimum, natural);
      return;
    }

  gtk_widget_measure (main, orientation, beside ? for_size - get_side_width (side) : for_size,
                      &main_minimum, &main_natural, NULL, NULL);
  gtk_widget_measure (side, orientation, beside ? get_side_width (side) : for_size,
                      &side_minimum, &side_natural, NULL, NULL);
  *minimum = folded ? main_minimum + side_minimum : MAX (main_minimum, side_minimum);
  *natural = folded ? main_natural + side_natural : MAX (main_natural, side_natural);
}

static void
allocate_beside (GtkWidget *widget,
                 int        width,
                 int        height)
{
  GtkWidget *main = gtk_widget_get_first_child (widget);
  GtkWidget *side = gtk_widget_get_last_child (widget);
  gboolean is_rtl = gtk_widget_get_direction (widget) == GTK_TEXT_DIR_RTL;
  int side_width = get_side_width (side);
  int main_width = width - side_width;
  GtkAllocation main_place = { is_rtl ? side_width : 0, 0, main_width, height };
  GtkAllocation side_place = { is_rtl ? 0 : main_width, 0, side_width, height };

  gtk_widget_size_allocate (main, &main_place, -1);
  gtk_widget_size_allocate (side, &side_place, -1);
}

static void
allocate_below (GtkWidget *widget,
                int        width,
                int        height)
{
  GtkWidget *main = gtk_widget_get_first_child (widget);
  GtkWidget *side = gtk_widget_get_last_child (widget);
  int main_minimum, side_minimum, side_height;

  gtk_widget_measure (main, GTK_ORIENTATION_VERTICAL, width, &main_minimum, NULL, NULL, NULL);
  gtk_widget_measure (side, GTK_ORIENTATION_VERTICAL, width, &side_minimum, &side_height, NULL,
                      NULL);
  side_height = MIN (side_height, height - MAX (main_minimum, height / 2));
  side_height = MAX (side_height, side_minimum);
  gtk_widget_size_allocate (main, &(GtkAllocation){ 0, 0, width, height - side_height }, -1);
  gtk_widget_size_allocate (side, &(GtkAllocation){ 0, height - side_height, width, side_height },
                            -1);
}

static void
bp_side_layout_allocate (GtkLayoutManager *manager,
                         GtkWidget        *widget,
                         int               width,
                         int               height,
                         int               baseline)
{
  if (width >= FOLD_WIDTH)
    allocate_beside (widget, width, height);
  else
    allocate_below (widget, width, height);
}

static void
bp_side_layout_class_init (BpSideLayoutClass *klass)
{
  GtkLayoutManagerClass *layout_class = GTK_LAYOUT_MANAGER_CLASS (klass);

  layout_class->get_request_mode = bp_side_layout_get_request_mode;
  layout_class->measure = bp_side_layout_measure;
  layout_class->allocate = bp_side_layout_allocate;
}

static void
bp_side_layout_init (BpSideLayout *self)
{
}

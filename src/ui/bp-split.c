#include "config.h"

#include "bp-split.h"

#define SHADE 0.35f

struct _BpSplit
{
  GtkWidget parent_instance;

  GtkWidget *content; /* (owned) (nullable) */
  GtkWidget *pane;    /* (owned) (nullable) */
  int fold_width;     /* in pixels: below it the pane lies over the content */
  gboolean pane_at_end;
  gboolean pane_fills; /* where folded: takes all the width */
  gboolean show_pane;
  gboolean folded;
  guint notify_id;
};

typedef enum
{
  PROP_CONTENT = 1,
  PROP_PANE,
  PROP_FOLD_WIDTH,
  PROP_PANE_AT_END,
  PROP_PANE_FILLS,
  PROP_SHOW_PANE,
  PROP_FOLDED,
} BpSplitProperty;

static GParamSpec *properties[PROP_FOLDED + 1];

G_DEFINE_FINAL_TYPE (BpSplit, bp_split, GTK_TYPE_WIDGET)

static void
bp_split_measure (GtkWidget     *widget,
                  GtkOrientation orientation,
                  int            for_size,
                  int           *minimum,
                  int           *natural,
                  int           *minimum_baseline,
                  int           *natural_baseline)
{
  BpSplit *self = BP_SPLIT (widget);
  int content_min = 0, content_nat = 0, pane_min = 0, pane_nat = 0;

  if (self->content != NULL)
    gtk_widget_measure (self->content, orientation, -1, &content_min, &content_nat, NULL, NULL);
  if (self->pane != NULL)
    gtk_widget_measure (self->pane, orientation, -1, &pane_min, &pane_nat, NULL, NULL);

  *minimum = MAX (content_min, pane_min);
  *natural = orientation == GTK_ORIENTATION_HORIZONTAL && self->show_pane
               ? content_nat + pane_nat
               : MAX (content_nat, pane_nat);
}

static gboolean
on_notify_folded (gpointer data)
{
  BpSplit *self = data;

  self->notify_id = 0;
  g_object_notify_by_pspec (G_OBJECT (self), properties[PROP_FOLDED]);
  g_object_notify_by_pspec (G_OBJECT (self), properties[PROP_SHOW_PANE]);
  return G_SOURCE_REMOVE;
}

/* During an allocation nothing may be told, as others would change sizes. */
static void
set_folded (BpSplit *self,
            gboolean folded)
{
  if (self->folded == folded)
    return;

  self->folded = folded;
  if (folded && !self->pane_fills)
    self->show_pane = FALSE;
  if (self->notify_id == 0)
    self->notify_id = g_idle_add (on_notify_folded, self);
}

static void
place (GtkWidget *child,
       int        x,
       int        width,
       int        height)
{
  GtkAllocation allocation = { x, 0, width, height };

  gtk_widget_set_child_visible (child, TRUE);
  gtk_widget_size_allocate (child, &allocation, -1);
}

static void
bp_split_size_allocate (GtkWidget *widget,
                        int        width,
                        int        height,
                        int        baseline)
{
  BpSplit *self = BP_SPLIT (widget);
  gboolean at_right
    = self->pane_at_end == (gtk_widget_get_direction (widget) != GTK_TEXT_DIR_RTL);
  int minimum = 0, pane_width = 0, content_width = width;
  gboolean covers;

  set_folded (self, width < self->fold_width);
  if (self->pane != NULL && self->show_pane)
    {
      gtk_widget_measure (self->pane, GTK_ORIENTATION_HORIZONTAL, -1, &minimum, &pane_width, NULL,
                          NULL);
      pane_width = self->folded && self->pane_fills ? width : MIN (pane_width, width);
      content_width = self->folded ? width : width - pane_width;
      place (self->pane, at_right ? width - pane_width : 0, pane_width, height);
    }
  else if (self->pane != NULL)
    gtk_widget_set_child_visible (self->pane, FALSE);

  covers = pane_width >= width;
  if (self->content != NULL && !covers)
    place (self->content, at_right || self->folded ? 0 : pane_width, content_width, height);
  else if (self->content != NULL)
    gtk_widget_set_child_visible (self->content, FALSE);
}

/* Whether the pane lies over the content and should go when it has served. */
static gboolean
covers_content (BpSplit *self)
{
  return self->folded && self->show_pane && !self->pane_fills;
}

/* The pane after the content, as it may lie over it. */
static void
bp_split_snapshot (GtkWidget   *widget,
                   GtkSnapshot *snapshot)
{
  BpSplit *self = BP_SPLIT (widget);

  if (self->content != NULL)
    gtk_widget_snapshot_child (widget, self->content, snapshot);
  if (covers_content (self))
    gtk_snapshot_append_color (
      snapshot, &(GdkRGBA){ 0, 0, 0, SHADE },
      &GRAPHENE_RECT_INIT (0, 0, (float)gtk_widget_get_width (widget),
                           (float)gtk_widget_get_height (widget)));
  if (self->pane != NULL)
    gtk_widget_snapshot_child (widget, self->pane, snapshot);
}

static void
on_pressed (BpSplit         *self,
            int              n_press,
            double           x,
            double           y,
            GtkGestureClick *gesture)
{
  graphene_rect_t bounds;

  if (!covers_content (self) || self->pane == NULL
      || !gtk_widget_compute_bounds (self->pane, GTK_WIDGET (self), &bounds)
      || graphene_rect_contains_point (&bounds, &GRAPHENE_POINT_INIT ((float)x, (float)y)))
    return;

  gtk_gesture_set_state (GTK_GESTURE (gesture), GTK_EVENT_SEQUENCE_CLAIMED);
  bp_split_set_show_pane (self, FALSE);
}

static gboolean
on_escape (GtkWidget *widget,
           GVariant  *args,
           gpointer   user_data)
{
  BpSplit *self = BP_SPLIT (widget);

  if (!covers_content (self))
    return FALSE;

  bp_split_set_show_pane (self, FALSE);
  return TRUE;
}

static void
set_child (BpSplit    *self,
           GtkWidget **child,
           GtkWidget  *widget)
{
  g_clear_pointer (child, gtk_widget_unparent);
  *child = widget;
  if (widget == NULL)
    return;

  /* Input goes to the last child first, and so to a pane that lies above;
   * the keyboard goes in reading order. */
  if (child == &self->content)
    gtk_widget_insert_after (widget, GTK_WIDGET (self), NULL);
  else
    gtk_widget_insert_before (widget, GTK_WIDGET (self), NULL);
}

static void
bp_split_set_property (GObject      *object,
                       guint         prop_id,
                       const GValue *value,
                       GParamSpec   *pspec)
{
  BpSplit *self = BP_SPLIT (object);

  switch ((BpSplitProperty)prop_id)
    {
    case PROP_CONTENT:
      set_child (self, &self->content, g_value_get_object (value));
      break;
    case PROP_PANE:
      set_child (self, &self->pane, g_value_get_object (value));
      break;
    case PROP_FOLD_WIDTH:
      self->fold_width = g_value_get_int (value);
      break;
    case PROP_PANE_AT_END:
      self->pane_at_end = g_value_get_boolean (value);
      break;
    case PROP_PANE_FILLS:
      self->pane_fills = g_value_get_boolean (value);
      break;
    case PROP_SHOW_PANE:
      bp_split_set_show_pane (self, g_value_get_boolean (value));
      break;
    case PROP_FOLDED:
    default:
      G_OBJECT_WARN_INVALID_PROPERTY_ID (object, prop_id, pspec);
    }
}

static void
bp_split_get_property (GObject    *object,
                       guint       prop_id,
                       GValue     *value,
                       GParamSpec *pspec)
{
  BpSplit *self = BP_SPLIT (object);

  switch ((BpSplitProperty)prop_id)
    {
    case PROP_CONTENT:
      g_value_set_object (value, self->content);
      break;
    case PROP_PANE:
      g_value_set_object (value, self->pane);
      break;
    case PROP_FOLD_WIDTH:
      g_value_set_int (value, self->fold_width);
      break;
    case PROP_PANE_AT_END:
      g_value_set_boolean (value, self->pane_at_end);
      break;
    case PROP_PANE_FILLS:
      g_value_set_boolean (value, self->pane_fills);
      break;
    case PROP_SHOW_PANE:
      g_value_set_boolean (value, self->show_pane);
      break;
    case PROP_FOLDED:
      g_value_set_boolean (value, self->folded);
      break;
    default:
      G_OBJECT_WARN_INVALID_PROPERTY_ID (object, prop_id, pspec);
    }
}

static void
bp_split_dispose (GObject *object)
{
  BpSplit *self = BP_SPLIT (object);

  g_clear_handle_id (&self->notify_id, g_source_remove);
  g_clear_pointer (&self->content, gtk_widget_unparent);
  g_clear_pointer (&self->pane, gtk_widget_unparent);

  G_OBJECT_CLASS (bp_split_parent_class)->dispose (object);
}

static void
bp_split_class_init (BpSplitClass *klass)
{
  GObjectClass *object_class = G_OBJECT_CLASS (klass);
  GtkWidgetClass *widget_class = GTK_WIDGET_CLASS (klass);
  const GParamFlags flags
    = G_PARAM_READWRITE | G_PARAM_EXPLICIT_NOTIFY | G_PARAM_STATIC_STRINGS;

  object_class->set_property = bp_split_set_property;
  object_class->get_property = bp_split_get_property;
  object_class->dispose = bp_split_dispose;
  widget_class->measure = bp_split_measure;
  widget_class->size_allocate = bp_split_size_allocate;
  widget_class->snapshot = bp_split_snapshot;
  gtk_widget_class_add_binding (widget_class, GDK_KEY_Escape, 0, on_escape, NULL);

  properties[PROP_CONTENT]
    = g_param_spec_object ("content", NULL, NULL, GTK_TYPE_WIDGET, flags);
  properties[PROP_PANE] = g_param_spec_object ("pane", NULL, NULL, GTK_TYPE_WIDGET, flags);
  /**
   * BpSplit:fold-width:
   *
   * In pixels: below it the pane lies over the content.
   */
  properties[PROP_FOLD_WIDTH]
    = g_param_spec_int ("fold-width", NULL, NULL, 0, G_MAXINT, 0, flags);
  properties[PROP_PANE_AT_END]
    = g_param_spec_boolean ("pane-at-end", NULL, NULL, FALSE, flags);
  /**
   * BpSplit:pane-fills:
   *
   * Whether a pane that lies over the content takes all the width. One that
   * does not is hidden when it comes to lie over the content.
   */
  properties[PROP_PANE_FILLS]
    = g_param_spec_boolean ("pane-fills", NULL, NULL, FALSE, flags);
  properties[PROP_SHOW_PANE]
    = g_param_spec_boolean ("show-pane", NULL, NULL, FALSE, flags);
  properties[PROP_FOLDED]
    = g_param_spec_boolean ("folded", NULL, NULL, FALSE,
                            G_PARAM_READABLE | G_PARAM_EXPLICIT_NOTIFY | G_PARAM_STATIC_STRINGS);
  g_object_class_install_properties (object_class, G_N_ELEMENTS (properties), properties);
}

static void
bp_split_init (BpSplit *self)
{
  GtkGesture *gesture = gtk_gesture_click_new ();

  gtk_event_controller_set_propagation_phase (GTK_EVENT_CONTROLLER (gesture), GTK_PHASE_CAPTURE);
  g_signal_connect_swapped (gesture, "pressed", G_CALLBACK (on_pressed), self);
  gtk_widget_add_controller (GTK_WIDGET (self), GTK_EVENT_CONTROLLER (gesture));
}

/**
 * bp_split_set_show_pane:
 * @self: a split
 * @show_pane: whether the pane is shown
 */
void
bp_split_set_show_pane (BpSplit *self,
                        gboolean show_pane)
{
  if (self->show_pane == !!show_pane)
    return;

  self->show_pane = !!show_pane;
  gtk_widget_queue_resize (GTK_WIDGET (self));
  g_object_notify_by_pspec (G_OBJECT (self), properties[PROP_SHOW_PANE]);
}

/**
 * bp_split_get_show_pane:
 * @self: a split
 *
 * Returns: whether the pane is shown
 */
gboolean
bp_split_get_show_pane (BpSplit *self)
{
  return self->show_pane;
}

/**
 * bp_split_is_folded:
 * @self: a split
 *
 * Returns: whether there is not width enough for both
 */
gboolean
bp_split_is_folded (BpSplit *self)
{
  return self->folded;
}

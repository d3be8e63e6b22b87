#include "config.h"

#include "bp-event-list.h"

struct _BpEvent
{
  GObject parent_instance;

  char *title;  /* (owned) */
  char *detail; /* (owned) (nullable) */
  char *amount; /* (owned) (nullable) */
  char *figure; /* (owned) (nullable) */
};

G_DEFINE_FINAL_TYPE (BpEvent, bp_event, G_TYPE_OBJECT)

struct _BpEventList
{
  AdwBin parent_instance;

  GtkLabel *note;         /* (unowned), as all widgets here */
  GtkStack *stack;
  GtkListView *view;
  AdwStatusPage *status;

  GListStore *events;     /* (owned) (element-type BpEvent) */
  char *empty;            /* (owned) */
};

G_DEFINE_FINAL_TYPE (BpEventList, bp_event_list, ADW_TYPE_BIN)

static void
bp_event_finalize (GObject *object)
{
  BpEvent *self = BP_EVENT (object);

  g_free (self->title);
  g_free (self->detail);
  g_free (self->amount);
  g_free (self->figure);

  G_OBJECT_CLASS (bp_event_parent_class)->finalize (object);
}

static void
bp_event_class_init (BpEventClass *klass)
{
  G_OBJECT_CLASS (klass)->finalize = bp_event_finalize;
}

static void
bp_event_init (BpEvent *self)
{
}

/**
 * bp_event_new:
 * @title: what happened
 * @detail: (nullable): when, by whom, what changed; may be several lines
 * @amount: (nullable): what it added
 * @figure: (nullable): what there was after it
 *
 * Returns: (transfer full): an event
 */
BpEvent *
bp_event_new (const char *title,
              const char *detail,
              const char *amount,
              const char *figure)
{
  BpEvent *self = g_object_new (BP_TYPE_EVENT, NULL);

  self->title = g_strdup (title);
  self->detail = g_strdup (detail);
  self->amount = g_strdup (amount);
  self->figure = g_strdup (figure);
  return self;
}

static void
append_label (GtkWidget  *box,
              float       xalign,
              const char *css_class)
{
  GtkWidget *label = gtk_label_new (NULL);

  gtk_label_set_xalign (GTK_LABEL (label), xalign);
  if (xalign < 0.5f)
    {
      gtk_label_set_wrap (GTK_LABEL (label), TRUE);
      gtk_label_set_wrap_mode (GTK_LABEL (label), PANGO_WRAP_WORD_CHAR);
    }
  else
    gtk_widget_add_css_class (label, "numeric");
  if (css_class != NULL)
    {
      gtk_widget_add_css_class (label, css_class);
      gtk_widget_add_css_class (label, "caption");
    }
  gtk_box_append (GTK_BOX (box), label);
}

static void
on_setup (GtkListItemFactory *factory,
          GtkListItem        *item)
{
  GtkWidget *row = gtk_box_new (GTK_ORIENTATION_HORIZONTAL, 12);
  GtkWidget *texts = gtk_box_new (GTK_ORIENTATION_VERTICAL, 3);
  GtkWidget *figures = gtk_box_new (GTK_ORIENTATION_VERTICAL, 3);

  append_label (texts, 0, NULL);
  append_label (texts, 0, "dim-label");
  append_label (figures, 1, NULL);
  append_label (figures, 1, "dim-label");
  gtk_widget_set_hexpand (texts, TRUE);
  gtk_box_append (GTK_BOX (row), texts);
  gtk_box_append (GTK_BOX (row), figures);
  gtk_list_item_set_activatable (item, FALSE);
  gtk_list_item_set_child (item, row);
}

static void
show_text (GtkWidget  *label,
           const char *text)
{
  gtk_label_set_text (GTK_LABEL (label), text != NULL ? text : "");
  gtk_widget_set_visible (label, text != NULL);
}

static void
on_bind (GtkListItemFactory *factory,
         GtkListItem        *item)
{
  BpEvent *event = gtk_list_item_get_item (item);
  GtkWidget *row = gtk_list_item_get_child (item);
  GtkWidget *texts = gtk_widget_get_first_child (row);
  GtkWidget *figures = gtk_widget_get_last_child (row);

  show_text (gtk_widget_get_first_child (texts), event->title);
  show_text (gtk_widget_get_last_child (texts), event->detail);
  show_text (gtk_widget_get_first_child (figures), event->amount);
  show_text (gtk_widget_get_last_child (figures), event->figure);
}

static void
bp_event_list_dispose (GObject *object)
{
  BpEventList *self = BP_EVENT_LIST (object);

  g_clear_object (&self->events);
  g_clear_pointer (&self->empty, g_free);
  /* GTK would free it, and the bin look at it once more. */
  adw_bin_set_child (ADW_BIN (self), NULL);
  gtk_widget_dispose_template (GTK_WIDGET (self), BP_TYPE_EVENT_LIST);

  G_OBJECT_CLASS (bp_event_list_parent_class)->dispose (object);
}

static void
bp_event_list_class_init (BpEventListClass *klass)
{
  GtkWidgetClass *widget_class = GTK_WIDGET_CLASS (klass);

  G_OBJECT_CLASS (klass)->dispose = bp_event_list_dispose;

  gtk_widget_class_set_template_from_resource (
    widget_class, "/io/github/bizpulse/BizPulse/bp-event-list.ui");
  gtk_widget_class_bind_template_child (widget_class, BpEventList, note);
  gtk_widget_class_bind_template_child (widget_class, BpEventList, stack);
  gtk_widget_class_bind_template_child (widget_class, BpEventList, view);
  gtk_widget_class_bind_template_child (widget_class, BpEventList, status);
  gtk_widget_class_bind_template_callback (widget_class, on_setup);
  gtk_widget_class_bind_template_callback (widget_class, on_bind);
}

static void
bp_event_list_init (BpEventList *self)
{
  GtkNoSelection *selection;

  gtk_widget_init_template (GTK_WIDGET (self));
  self->events = g_list_store_new (BP_TYPE_EVENT);
  selection = gtk_no_selection_new (G_LIST_MODEL (g_object_ref (self->events)));
  gtk_list_view_set_model (self->view, GTK_SELECTION_MODEL (selection));
  g_object_unref (selection);
}

/**
 * bp_event_list_new:
 * @label: what it lists, for a screen reader
 * @empty: what it says where there is nothing
 *
 * Returns: (transfer floating): a list of nothing
 */
GtkWidget *
bp_event_list_new (const char *label,
                   const char *empty)
{
  BpEventList *self = g_object_new (BP_TYPE_EVENT_LIST, NULL);

  self->empty = g_strdup (empty);
  gtk_accessible_update_property (GTK_ACCESSIBLE (self->view), GTK_ACCESSIBLE_PROPERTY_LABEL,
                                  label, -1);
  return GTK_WIDGET (self);
}

static void
show_status (BpEventList *self,
             const char  *icon,
             const char  *text)
{
  g_autofree char *markup = g_markup_escape_text (text, -1);

  adw_status_page_set_icon_name (self->status, icon);
  adw_status_page_set_description (self->status, markup);
  gtk_stack_set_visible_child_name (self->stack, "status");
}

/**
 * bp_event_list_set_loading:
 * @self: a list
 *
 * Forgets what it shows: it is being read.
 */
void
bp_event_list_set_loading (BpEventList *self)
{
  g_list_store_remove_all (self->events);
  show_text (GTK_WIDGET (self->note), NULL);
  gtk_stack_set_visible_child_name (self->stack, "loading");
}

/**
 * bp_event_list_set_events:
 * @self: a list
 * @events: (element-type BpEvent): what happened, newest first
 * @note: (nullable): what to know about them
 */
void
bp_event_list_set_events (BpEventList *self,
                          GPtrArray   *events,
                          const char  *note)
{
  g_list_store_splice (self->events, 0, g_list_model_get_n_items (G_LIST_MODEL (self->events)),
                       events->pdata, events->len);
  show_text (GTK_WIDGET (self->note), note);
  if (events->len > 0)
    gtk_stack_set_visible_child_name (self->stack, "list");
  else
    show_status (self, "document-open-recent-symbolic", self->empty);
}

/**
 * bp_event_list_set_fault:
 * @self: a list
 * @message: why it could not be read
 */
void
bp_event_list_set_fault (BpEventList *self,
                         const char  *message)
{
  show_text (GTK_WIDGET (self->note), NULL);
  show_status (self, "dialog-error-symbolic", message);
}

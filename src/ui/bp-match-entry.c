/* The keyboard stays in the entry: the list below it is moved through from
 * there and never takes the focus. */
#include "config.h"

#include "bp-match-entry.h"

#include "bp-record-list.h"

#include <glib/gi18n.h>
#include <string.h>

struct _BpMatchEntry
{
  GtkWidget parent_instance;

  GtkWidget *entry;              /* (unowned), as all widgets here */
  GtkPopover *popover;
  GtkListView *view;

  BpFormat *format;              /* (owned) (nullable) */
  const BpTable *table;          /* (unowned) (nullable) */
  const BpField *detail;         /* (unowned) (nullable): shown beside the name */
  const BpField *name;           /* (unowned) */
  BpRecordList *list;            /* (owned) (nullable) */
  GtkSingleSelection *selection; /* (owned) (nullable) */
  char *hint;                    /* (owned) (nullable) */
  char *label;                   /* (owned) (nullable) */
};

typedef enum
{
  PROP_HINT = 1,
  PROP_LABEL,
} BpMatchEntryProperty;

static GParamSpec *properties[PROP_LABEL + 1];

enum
{
  PICKED,
  ENTERED,
  TYPED,
  MOVED,
  N_SIGNALS
};

static guint signals[N_SIGNALS];

G_DEFINE_FINAL_TYPE (BpMatchEntry, bp_match_entry, GTK_TYPE_WIDGET)

/* What is looked for: a quantity before it (“3*”) is not. */
static const char *
get_search (BpMatchEntry *self)
{
  const char *text = gtk_editable_get_text (GTK_EDITABLE (self->entry));
  const char *star = strrchr (text, '*');

  return star != NULL ? star + 1 : text;
}

static gboolean
has_matches (BpMatchEntry *self)
{
  return self->list != NULL && get_search (self)[0] != '\0'
         && g_list_model_get_n_items (G_LIST_MODEL (self->list)) > 0;
}

static void
update_popover (BpMatchEntry *self)
{
  gboolean is_focused = gtk_widget_has_focus (
    GTK_WIDGET (gtk_editable_get_delegate (GTK_EDITABLE (self->entry))));

  if (self->list != NULL && bp_record_list_is_loading (self->list))
    return;
  if (has_matches (self) && is_focused)
    gtk_popover_popup (self->popover);
  else
    gtk_popover_popdown (self->popover);
}

static void
pick (BpMatchEntry *self,
      guint         position)
{
  g_autoptr (BpRecord) record = g_list_model_get_item (G_LIST_MODEL (self->list), position);

  gtk_popover_popdown (self->popover);
  if (record != NULL && bp_record_is_loaded (record))
    g_signal_emit (self, signals[PICKED], 0, record);
}

static void
on_row_activated (BpMatchEntry *self,
                  guint         position)
{
  pick (self, position);
}

static void
on_activate (BpMatchEntry *self)
{
  guint selected = self->selection != NULL
                     ? gtk_single_selection_get_selected (self->selection)
                     : GTK_INVALID_LIST_POSITION;
  g_autofree char *text = g_strdup (gtk_editable_get_text (GTK_EDITABLE (self->entry)));

  if (gtk_widget_get_visible (GTK_WIDGET (self->popover)) && selected != GTK_INVALID_LIST_POSITION)
    {
      pick (self, selected);
      return;
    }

  gtk_popover_popdown (self->popover);
  g_signal_emit (self, signals[ENTERED], 0, text);
}

static void
move (BpMatchEntry *self,
      int           by)
{
  guint n_items = g_list_model_get_n_items (G_LIST_MODEL (self->list));
  guint selected = gtk_single_selection_get_selected (self->selection);

  if (selected == GTK_INVALID_LIST_POSITION)
    selected = by > 0 ? 0 : n_items - 1;
  else if (by < 0 && selected == 0)
    selected = GTK_INVALID_LIST_POSITION;
  else
    selected = MIN (selected + by, n_items - 1);

  gtk_single_selection_set_selected (self->selection, selected);
  if (selected != GTK_INVALID_LIST_POSITION)
    gtk_widget_activate_action (GTK_WIDGET (self->view), "list.scroll-to-item", "u", selected);
}

static gboolean
on_key_pressed (BpMatchEntry   *self,
                guint           keyval,
                guint           keycode,
                GdkModifierType state)
{
  gboolean is_open = gtk_widget_get_visible (GTK_WIDGET (self->popover));
  int by = keyval == GDK_KEY_Down || keyval == GDK_KEY_KP_Down ? 1 : -1;

  switch (keyval)
    {
    case GDK_KEY_Down:
    case GDK_KEY_KP_Down:
    case GDK_KEY_Up:
    case GDK_KEY_KP_Up:
      if (is_open)
        move (self, by);
      else
        g_signal_emit (self, signals[MOVED], 0, by);
      return TRUE;
    case GDK_KEY_Escape:
      if (is_open)
        gtk_popover_popdown (self->popover);
      return is_open;
    default:
      return FALSE;
    }
}

static void
on_leave (BpMatchEntry *self)
{
  gtk_popover_popdown (self->popover);
}

/* A row: name, and what tells it from others of that name. */
static void
on_setup (BpMatchEntry *self,
          GtkListItem  *item)
{
  GtkWidget *box = gtk_box_new (GTK_ORIENTATION_HORIZONTAL, 12);
  GtkWidget *name = gtk_label_new (NULL);
  GtkWidget *detail = gtk_label_new (NULL);

  gtk_label_set_xalign (GTK_LABEL (name), 0);
  gtk_label_set_ellipsize (GTK_LABEL (name), PANGO_ELLIPSIZE_END);
  gtk_widget_set_hexpand (name, TRUE);
  gtk_widget_add_css_class (detail, "dim-label");
  gtk_widget_add_css_class (detail, "numeric");
  gtk_box_append (GTK_BOX (box), name);
  gtk_box_append (GTK_BOX (box), detail);
  gtk_widget_add_css_class (box, "match-row");
  gtk_list_item_set_child (item, box);
}

static void
show_row (BpMatchEntry *self,
          GtkListItem  *item)
{
  BpRecord *record = gtk_list_item_get_item (item);
  GtkWidget *box = gtk_list_item_get_child (item);
  g_autofree char *name = bp_format_field (self->format, record, self->name);
  g_autofree char *detail
    = self->detail != NULL ? bp_format_field (self->format, record, self->detail) : g_strdup ("");

  gtk_label_set_text (GTK_LABEL (gtk_widget_get_first_child (box)), name);
  gtk_label_set_text (GTK_LABEL (gtk_widget_get_last_child (box)), detail);
}

static void
on_record_changed (BpRecord    *record,
                   GtkListItem *item)
{
  GtkWidget *box = gtk_list_item_get_child (item);
  GtkWidget *entry
    = box != NULL ? gtk_widget_get_ancestor (box, BP_TYPE_MATCH_ENTRY) : NULL;

  if (entry != NULL)
    show_row (BP_MATCH_ENTRY (entry), item);
}

static void
on_bind (BpMatchEntry *self,
         GtkListItem  *item)
{
  g_signal_connect_object (gtk_list_item_get_item (item), "changed",
                           G_CALLBACK (on_record_changed), item, 0);
  show_row (self, item);
}

static void
on_unbind (BpMatchEntry *self,
           GtkListItem  *item)
{
  g_signal_handlers_disconnect_by_func (gtk_list_item_get_item (item), on_record_changed,
                                        item);
}

/* The list of a large table is made when something is typed, not before. */
static void
ensure_list (BpMatchEntry *self)
{
  GtkListItemFactory *factory;

  if (self->list != NULL)
    return;

  factory = gtk_signal_list_item_factory_new ();
  self->list = bp_record_list_new (bp_format_get_shop (self->format), self->table);
  self->selection = gtk_single_selection_new (G_LIST_MODEL (g_object_ref (self->list)));
  gtk_single_selection_set_autoselect (self->selection, FALSE);
  gtk_single_selection_set_can_unselect (self->selection, TRUE);
  g_signal_connect_object (factory, "setup", G_CALLBACK (on_setup), self, G_CONNECT_SWAPPED);
  g_signal_connect_object (factory, "bind", G_CALLBACK (on_bind), self, G_CONNECT_SWAPPED);
  g_signal_connect_object (factory, "unbind", G_CALLBACK (on_unbind), self, G_CONNECT_SWAPPED);
  gtk_list_view_set_factory (self->view, factory);
  gtk_list_view_set_model (self->view, GTK_SELECTION_MODEL (self->selection));
  g_object_unref (factory);
  g_signal_connect_object (self->list, "notify::loading", G_CALLBACK (update_popover), self,
                           G_CONNECT_SWAPPED);
}

static void
on_changed (BpMatchEntry *self)
{
  const char *search = get_search (self);

  ensure_list (self);
  gtk_single_selection_set_selected (self->selection, GTK_INVALID_LIST_POSITION);
  if (search[0] != '\0')
    bp_record_list_set_search (self->list, search);
  update_popover (self);
  g_signal_emit (self, signals[TYPED], 0);
}

static gboolean
bp_match_entry_grab_focus (GtkWidget *widget)
{
  return gtk_widget_grab_focus (BP_MATCH_ENTRY (widget)->entry);
}

static void
bp_match_entry_set_property (GObject      *object,
                             guint         prop_id,
                             const GValue *value,
                             GParamSpec   *pspec)
{
  BpMatchEntry *self = BP_MATCH_ENTRY (object);

  switch ((BpMatchEntryProperty)prop_id)
    {
    case PROP_HINT:
      g_free (self->hint);
      self->hint = g_value_dup_string (value);
      gtk_entry_set_placeholder_text (GTK_ENTRY (self->entry), self->hint);
      break;
    case PROP_LABEL:
      g_free (self->label);
      self->label = g_value_dup_string (value);
      gtk_accessible_update_property (
        GTK_ACCESSIBLE (gtk_editable_get_delegate (GTK_EDITABLE (self->entry))),
        GTK_ACCESSIBLE_PROPERTY_LABEL, self->label, -1);
      gtk_accessible_update_property (GTK_ACCESSIBLE (self->entry), GTK_ACCESSIBLE_PROPERTY_LABEL,
                                      self->label, -1);
      break;
    default:
      G_OBJECT_WARN_INVALID_PROPERTY_ID (object, prop_id, pspec);
    }
}

static void
bp_match_entry_get_property (GObject    *object,
                             guint       prop_id,
                             GValue     *value,
                             GParamSpec *pspec)
{
  BpMatchEntry *self = BP_MATCH_ENTRY (object);

  switch ((BpMatchEntryProperty)prop_id)
    {
    case PROP_HINT:
      g_value_set_string (value, self->hint);
      break;
    case PROP_LABEL:
      g_value_set_string (value, self->label);
      break;
    default:
      G_OBJECT_WARN_INVALID_PROPERTY_ID (object, prop_id, pspec);
    }
}

static void
bp_match_entry_dispose (GObject *object)
{
  BpMatchEntry *self = BP_MATCH_ENTRY (object);

  if (self->view != NULL)
    gtk_list_view_set_model (self->view, NULL);
  g_clear_object (&self->selection);
  g_clear_object (&self->list);
  g_clear_object (&self->format);
  gtk_widget_dispose_template (GTK_WIDGET (self), BP_TYPE_MATCH_ENTRY);

  G_OBJECT_CLASS (bp_match_entry_parent_class)->dispose (object);
}

static void
bp_match_entry_finalize (GObject *object)
{
  BpMatchEntry *self = BP_MATCH_ENTRY (object);

  g_free (self->hint);
  g_free (self->label);

  G_OBJECT_CLASS (bp_match_entry_parent_class)->finalize (object);
}

static void
add_signals (void)
{
  /**
   * BpMatchEntry::picked:
   * @self: the entry
   * @record: what was chosen from the list
   */
  signals[PICKED] = g_signal_new ("picked", BP_TYPE_MATCH_ENTRY, G_SIGNAL_RUN_LAST, 0, NULL, NULL,
                                  NULL, G_TYPE_NONE, 1, BP_TYPE_RECORD);
  /**
   * BpMatchEntry::entered:
   * @self: the entry
   * @text: what stands in it
   */
  signals[ENTERED] = g_signal_new ("entered", BP_TYPE_MATCH_ENTRY, G_SIGNAL_RUN_LAST, 0, NULL,
                                   NULL, NULL, G_TYPE_NONE, 1, G_TYPE_STRING);
  signals[TYPED] = g_signal_new ("typed", BP_TYPE_MATCH_ENTRY, G_SIGNAL_RUN_LAST, 0, NULL, NULL,
                                 NULL, G_TYPE_NONE, 0);
  /**
   * BpMatchEntry::moved:
   * @self: the entry
   * @by: −1 or 1
   */
  signals[MOVED] = g_signal_new ("moved", BP_TYPE_MATCH_ENTRY, G_SIGNAL_RUN_LAST, 0, NULL, NULL,
                                 NULL, G_TYPE_NONE, 1, G_TYPE_INT);
}

static void
bp_match_entry_class_init (BpMatchEntryClass *klass)
{
  GObjectClass *object_class = G_OBJECT_CLASS (klass);
  GtkWidgetClass *widget_class = GTK_WIDGET_CLASS (klass);
  const GParamFlags flags = G_PARAM_READWRITE | G_PARAM_STATIC_STRINGS;

  object_class->set_property = bp_match_entry_set_property;
  object_class->get_property = bp_match_entry_get_property;
  object_class->dispose = bp_match_entry_dispose;
  object_class->finalize = bp_match_entry_finalize;
  widget_class->grab_focus = bp_match_entry_grab_focus;
  add_signals ();

  properties[PROP_HINT] = g_param_spec_string ("hint", NULL, NULL, NULL, flags);
  properties[PROP_LABEL] = g_param_spec_string ("label", NULL, NULL, NULL, flags);
  g_object_class_install_properties (object_class, G_N_ELEMENTS (properties), properties);

  gtk_widget_class_set_template_from_resource (
    widget_class, "/io/github/bizpulse/BizPulse/bp-match-entry.ui");
  gtk_widget_class_bind_template_child (widget_class, BpMatchEntry, entry);
  gtk_widget_class_bind_template_child (widget_class, BpMatchEntry, popover);
  gtk_widget_class_bind_template_child (widget_class, BpMatchEntry, view);
  gtk_widget_class_bind_template_callback (widget_class, on_changed);
  gtk_widget_class_bind_template_callback (widget_class, on_activate);
  gtk_widget_class_bind_template_callback (widget_class, on_key_pressed);
  gtk_widget_class_bind_template_callback (widget_class, on_leave);
  gtk_widget_class_bind_template_callback (widget_class, on_row_activated);
}

static void
bp_match_entry_init (BpMatchEntry *self)
{
  gtk_widget_init_template (GTK_WIDGET (self));
}

static const BpField *
find_field (const BpTable *table,
            const char    *name)
{
  int index = bp_table_find_field (table, name);

  return index >= 0 ? &table->fields[index] : NULL;
}

/**
 * bp_match_entry_set_table:
 * @self: an entry without a table
 * @table: of the records that are listed
 * @detail: (nullable): which of its fields is shown beside the name
 * @format: how they are written
 */
void
bp_match_entry_set_table (BpMatchEntry  *self,
                          const BpTable *table,
                          const char    *detail,
                          BpFormat      *format)
{
  self->table = table;
  self->format = g_object_ref (format);
  self->name = &table->fields[0];
  self->detail = detail != NULL ? find_field (table, detail) : NULL;
}

/**
 * bp_match_entry_get_text:
 * @self: an entry
 *
 * Returns: (transfer none): what stands in it
 */
const char *
bp_match_entry_get_text (BpMatchEntry *self)
{
  return gtk_editable_get_text (GTK_EDITABLE (self->entry));
}

/**
 * bp_match_entry_set_text:
 * @self: an entry
 * @text: what stands in it from now on; nothing is listed for it
 */
void
bp_match_entry_set_text (BpMatchEntry *self,
                         const char   *text)
{
  g_signal_handlers_block_by_func (self->entry, on_changed, self);
  gtk_editable_set_text (GTK_EDITABLE (self->entry), text);
  gtk_editable_set_position (GTK_EDITABLE (self->entry), -1);
  g_signal_handlers_unblock_by_func (self->entry, on_changed, self);
  gtk_popover_popdown (self->popover);
}

/**
 * bp_match_entry_select_all:
 * @self: an entry
 *
 * What is typed next replaces what stands in it.
 */
void
bp_match_entry_select_all (BpMatchEntry *self)
{
  gtk_widget_grab_focus (self->entry);
  gtk_editable_select_region (GTK_EDITABLE (self->entry), 0, -1);
}

/* What is typed is kept as text, whatever the widget, and compared as text
 * with what was there before. */
#include "config.h"

#include "bp-field-editor.h"

#include <glib/gi18n.h>

#define NOTE_HEIGHT 72

struct _BpFieldEditor
{
  GObject parent_instance;

  const BpField *field;  /* (unowned) */
  BpFormat *format;      /* (owned) */
  char *original;        /* (owned): as text, before the user changed it */
  GtkWidget *row;        /* (owned) */
  GtkWidget *input;      /* (unowned): part of the row, or the row itself */
  GtkWidget *fault_row;  /* (owned) */
  GtkWidget *fault_text; /* (unowned) */
  gboolean silent;       /* while the program itself changes the input */
};

G_DEFINE_FINAL_TYPE (BpFieldEditor, bp_field_editor, G_TYPE_OBJECT)

enum
{
  CHANGED,
  N_SIGNALS
};

static guint signals[N_SIGNALS];

static char **
split_words (const BpField *field)
{
  return g_strsplit (field->detail, " ", -1);
}

static char *
get_text (BpFieldEditor *self)
{
  if (GTK_IS_SWITCH (self->input))
    return g_strdup (gtk_switch_get_active (GTK_SWITCH (self->input)) ? "1" : "0");
  if (GTK_IS_TEXT_VIEW (self->input))
    {
      GtkTextBuffer *buffer = gtk_text_view_get_buffer (GTK_TEXT_VIEW (self->input));
      GtkTextIter start, end;

      gtk_text_buffer_get_bounds (buffer, &start, &end);
      return gtk_text_buffer_get_text (buffer, &start, &end, FALSE);
    }
  if (ADW_IS_COMBO_ROW (self->input))
    {
      g_auto (GStrv) words = split_words (self->field);
      guint selected = adw_combo_row_get_selected (ADW_COMBO_ROW (self->input));

      return g_strdup (selected < g_strv_length (words) ? words[selected] : "");
    }

  return g_strdup (gtk_editable_get_text (GTK_EDITABLE (self->input)));
}

static void
set_choice (BpFieldEditor *self,
            const char    *text)
{
  g_auto (GStrv) words = split_words (self->field);
  guint selected = GTK_INVALID_LIST_POSITION;

  for (guint i = 0; words[i] != NULL; i++)
    {
      if (g_str_equal (words[i], text))
        selected = i;
    }
  adw_combo_row_set_selected (ADW_COMBO_ROW (self->input), selected);
}

static void
set_text (BpFieldEditor *self,
          const char    *text)
{
  self->silent = TRUE;
  if (GTK_IS_SWITCH (self->input))
    gtk_switch_set_active (GTK_SWITCH (self->input), g_str_equal (text, "1"));
  else if (GTK_IS_TEXT_VIEW (self->input))
    gtk_text_buffer_set_text (gtk_text_view_get_buffer (GTK_TEXT_VIEW (self->input)), text, -1);
  else if (ADW_IS_COMBO_ROW (self->input))
    set_choice (self, text);
  else
    gtk_editable_set_text (GTK_EDITABLE (self->input), text);
  self->silent = FALSE;
}

/* A flag that is null is off. */
static char *
to_text (BpFieldEditor *self,
         const BpValue *value)
{
  if (self->field->type == BP_FIELD_FLAG)
    return g_strdup (value != NULL && value->integer != 0 ? "1" : "0");

  return bp_format_for_editing (self->format, self->field, value);
}

static void
on_input_changed (BpFieldEditor *self)
{
  g_auto (BpValue) value = { 0 };

  if (self->silent)
    return;

  bp_field_editor_read (self, &value);
  g_signal_emit (self, signals[CHANGED], 0);
}

static GtkWidget *
create_switch_row (BpFieldEditor *self)
{
  GtkWidget *row = adw_action_row_new ();

  self->input = gtk_switch_new ();
  gtk_widget_set_valign (self->input, GTK_ALIGN_CENTER);
  adw_action_row_add_suffix (ADW_ACTION_ROW (row), self->input);
  adw_action_row_set_activatable_widget (ADW_ACTION_ROW (row), self->input);
  g_signal_connect_object (self->input, "notify::active", G_CALLBACK (on_input_changed), self,
                           G_CONNECT_SWAPPED);
  return row;
}

static GtkWidget *
create_note_row (BpFieldEditor *self,
                 const char    *label)
{
  GtkWidget *row = adw_preferences_row_new ();
  GtkWidget *box = gtk_box_new (GTK_ORIENTATION_VERTICAL, 3);
  GtkWidget *caption = gtk_label_new (label);
  GtkWidget *scroller = gtk_scrolled_window_new ();

  self->input = gtk_text_view_new ();
  gtk_text_view_set_wrap_mode (GTK_TEXT_VIEW (self->input), GTK_WRAP_WORD_CHAR);
  gtk_text_view_set_accepts_tab (GTK_TEXT_VIEW (self->input), FALSE);
  gtk_widget_add_css_class (self->input, "note");
  gtk_accessible_update_property (GTK_ACCESSIBLE (self->input), GTK_ACCESSIBLE_PROPERTY_LABEL,
                                  label, -1);
  gtk_label_set_xalign (GTK_LABEL (caption), 0);
  gtk_widget_add_css_class (caption, "caption");
  gtk_widget_add_css_class (caption, "dim-label");
  gtk_scrolled_window_set_min_content_height (GTK_SCROLLED_WINDOW (scroller), NOTE_HEIGHT);
  gtk_scrolled_window_set_child (GTK_SCROLLED_WINDOW (scroller), self->input);
  gtk_widget_add_css_class (box, "note-row");
  gtk_box_append (GTK_BOX (box), caption);
  gtk_box_append (GTK_BOX (box), scroller);
  gtk_list_box_row_set_child (GTK_LIST_BOX_ROW (row), box);
  gtk_list_box_row_set_activatable (GTK_LIST_BOX_ROW (row), FALSE);
  gtk_widget_set_focusable (row, FALSE);
  gtk_accessible_update_property (GTK_ACCESSIBLE (row), GTK_ACCESSIBLE_PROPERTY_LABEL, label, -1);
  g_signal_connect_object (gtk_text_view_get_buffer (GTK_TEXT_VIEW (self->input)), "changed",
                           G_CALLBACK (on_input_changed), self, G_CONNECT_SWAPPED);
  return row;
}

static GtkWidget *
create_choice_row (BpFieldEditor *self)
{
  GtkWidget *row = adw_combo_row_new ();
  g_auto (GStrv) words = split_words (self->field);
  g_autoptr (GtkStringList) labels = gtk_string_list_new (NULL);

  for (guint i = 0; words[i] != NULL; i++)
    gtk_string_list_append (labels, bp_format_word (words[i]));
  adw_combo_row_set_model (ADW_COMBO_ROW (row), G_LIST_MODEL (labels));
  self->input = row;
  g_signal_connect_object (row, "notify::selected", G_CALLBACK (on_input_changed), self,
                           G_CONNECT_SWAPPED);
  return row;
}

/* Enter goes on, as a scanner ends each code with it. */
static void
on_entry_activated (GtkWidget *row)
{
  gtk_widget_child_focus (GTK_WIDGET (gtk_widget_get_root (row)), GTK_DIR_TAB_FORWARD);
}

static GtkWidget *
create_entry_row (BpFieldEditor *self)
{
  GtkWidget *row = adw_entry_row_new ();

  self->input = row;
  if (!bp_field_is_text (self->field))
    {
      adw_entry_row_set_input_purpose (ADW_ENTRY_ROW (row), GTK_INPUT_PURPOSE_NUMBER);
      gtk_widget_add_css_class (row, "numeric");
    }
  g_signal_connect (row, "entry-activated", G_CALLBACK (on_entry_activated), NULL);
  g_signal_connect_object (row, "changed", G_CALLBACK (on_input_changed), self,
                           G_CONNECT_SWAPPED);
  return row;
}

static void
create_rows (BpFieldEditor *self)
{
  g_autofree char *label = bp_format_label (self->format, self->field);

  switch (self->field->type)
    {
    case BP_FIELD_FLAG:
      self->row = create_switch_row (self);
      break;
    case BP_FIELD_NOTE:
      self->row = create_note_row (self, label);
      break;
    case BP_FIELD_CHOICE:
      self->row = create_choice_row (self);
      break;
    default:
      self->row = create_entry_row (self);
      break;
    }
  g_object_ref_sink (self->row);
  adw_preferences_row_set_use_markup (ADW_PREFERENCES_ROW (self->row), FALSE);
  adw_preferences_row_set_title (ADW_PREFERENCES_ROW (self->row), label);

  self->fault_text = gtk_label_new (NULL);
  gtk_label_set_xalign (GTK_LABEL (self->fault_text), 0);
  gtk_label_set_wrap (GTK_LABEL (self->fault_text), TRUE);
  gtk_widget_add_css_class (self->fault_text, "error");
  gtk_widget_add_css_class (self->fault_text, "caption");
  gtk_widget_add_css_class (self->fault_text, "field-fault");
  self->fault_row = g_object_ref_sink (adw_preferences_row_new ());
  gtk_list_box_row_set_child (GTK_LIST_BOX_ROW (self->fault_row), self->fault_text);
  gtk_list_box_row_set_activatable (GTK_LIST_BOX_ROW (self->fault_row), FALSE);
  gtk_widget_set_focusable (self->fault_row, FALSE);
  gtk_widget_set_visible (self->fault_row, FALSE);
}

static void
bp_field_editor_finalize (GObject *object)
{
  BpFieldEditor *self = BP_FIELD_EDITOR (object);

  g_clear_object (&self->row);
  g_clear_object (&self->fault_row);
  g_clear_object (&self->format);
  g_free (self->original);

  G_OBJECT_CLASS (bp_field_editor_parent_class)->finalize (object);
}

static void
bp_field_editor_class_init (BpFieldEditorClass *klass)
{
  GObjectClass *object_class = G_OBJECT_CLASS (klass);

  object_class->finalize = bp_field_editor_finalize;

  /**
   * BpFieldEditor::changed:
   * @self: the editor
   *
   * Emitted when the user changed what it holds.
   */
  signals[CHANGED] = g_signal_new ("changed", BP_TYPE_FIELD_EDITOR, G_SIGNAL_RUN_LAST, 0, NULL,
                                   NULL, g_cclosure_marshal_VOID__VOID, G_TYPE_NONE, 0);
}

static void
bp_field_editor_init (BpFieldEditor *self)
{
}

/**
 * bp_field_editor_can_edit:
 * @table: a table
 * @field: one of its fields
 *
 * Returns: whether a form lets people edit @field
 */
gboolean
bp_field_editor_can_edit (const BpTable *table,
                          const BpField *field)
{
  if (field->flags & BP_FIELD_PROJECTION)
    return FALSE;
  if (table->fact && !(field->flags & BP_FIELD_CHANGEABLE))
    return FALSE;

  return field->type != BP_FIELD_LINES && field->type != BP_FIELD_JSON
         && field->type != BP_FIELD_REFERENCE;
}

/**
 * bp_field_editor_new:
 * @field: a field
 * @format: how its values are written
 *
 * Returns: (transfer full): an editor that holds nothing
 */
BpFieldEditor *
bp_field_editor_new (const BpField *field,
                     BpFormat      *format)
{
  BpFieldEditor *self = g_object_new (BP_TYPE_FIELD_EDITOR, NULL);

  self->field = field;
  self->format = g_object_ref (format);
  create_rows (self);
  self->original = to_text (self, NULL);
  return self;
}

/**
 * bp_field_editor_add_to:
 * @self: an editor
 * @group: where its rows go
 */
void
bp_field_editor_add_to (BpFieldEditor       *self,
                        AdwPreferencesGroup *group)
{
  adw_preferences_group_add (group, self->row);
  adw_preferences_group_add (group, self->fault_row);
}

/**
 * bp_field_editor_get_row:
 * @self: an editor
 *
 * Returns: (transfer none): the row by which it is edited
 */
GtkWidget *
bp_field_editor_get_row (BpFieldEditor *self)
{
  return self->row;
}

/**
 * bp_field_editor_get_field:
 * @self: an editor
 *
 * Returns: (transfer none): what it edits
 */
const BpField *
bp_field_editor_get_field (BpFieldEditor *self)
{
  return self->field;
}

/**
 * bp_field_editor_reset:
 * @self: an editor
 * @value: (nullable): what it holds from now on, as if never changed
 */
void
bp_field_editor_reset (BpFieldEditor *self,
                       const BpValue *value)
{
  g_free (self->original);
  self->original = to_text (self, value);
  set_text (self, self->original);
  bp_field_editor_show_fault (self, NULL);
}

/**
 * bp_field_editor_update:
 * @self: an editor
 * @value: (nullable): what the record holds now
 *
 * Shows it, unless the user has typed something else meanwhile.
 */
void
bp_field_editor_update (BpFieldEditor *self,
                        const BpValue *value)
{
  g_autofree char *text = to_text (self, value);

  if (g_str_equal (self->original, text))
    return;
  if (!bp_field_editor_is_changed (self))
    set_text (self, text);
  g_free (self->original);
  self->original = g_steal_pointer (&text);
}

/**
 * bp_field_editor_type:
 * @self: an editor
 * @value: (nullable): what it holds from now on, as if the user had typed it
 */
void
bp_field_editor_type (BpFieldEditor *self,
                      const BpValue *value)
{
  g_autofree char *text = to_text (self, value);

  set_text (self, text);
  on_input_changed (self);
}

/**
 * bp_field_editor_is_changed:
 * @self: an editor
 *
 * Returns: whether it holds something else than it was given
 */
gboolean
bp_field_editor_is_changed (BpFieldEditor *self)
{
  g_autofree char *text = get_text (self);

  return !g_str_equal (text, self->original);
}

/**
 * bp_field_editor_commit:
 * @self: an editor
 * @value: what has been saved
 *
 * What it holds counts as unchanged, unless the user has typed something else
 * since it was read.
 */
void
bp_field_editor_commit (BpFieldEditor *self,
                        const BpValue *value)
{
  g_auto (BpValue) now = { 0 };

  g_free (self->original);
  if (bp_field_editor_read (self, &now) && bp_value_equal (&now, value))
    self->original = get_text (self);
  else
    self->original = to_text (self, value);
}

/**
 * bp_field_editor_read:
 * @self: an editor
 * @value: (inout): what is typed
 *
 * Says what is wrong with it below the row, or nothing where all is well.
 *
 * Returns: whether it can be saved
 */
gboolean
bp_field_editor_read (BpFieldEditor *self,
                      BpValue       *value)
{
  g_autofree char *text = get_text (self);
  g_autoptr (GError) error = NULL;
  gboolean good = bp_format_parse (self->format, self->field, text, value, &error);

  bp_field_editor_show_fault (self, good ? NULL : error->message);
  return good;
}

/**
 * bp_field_editor_show_fault:
 * @self: an editor
 * @message: (nullable): what is wrong with what it holds
 */
void
bp_field_editor_show_fault (BpFieldEditor *self,
                            const char    *message)
{
  gtk_label_set_text (GTK_LABEL (self->fault_text), message != NULL ? message : "");
  gtk_widget_set_visible (self->fault_row, message != NULL);
  if (message != NULL)
    gtk_widget_add_css_class (self->row, "error");
  else
    gtk_widget_remove_css_class (self->row, "error");
  gtk_accessible_update_state (GTK_ACCESSIBLE (self->row), GTK_ACCESSIBLE_STATE_INVALID,
                               message != NULL ? GTK_ACCESSIBLE_INVALID_TRUE
                                               : GTK_ACCESSIBLE_INVALID_FALSE,
                               -1);
}

/**
 * bp_field_editor_grab_focus:
 * @self: an editor
 */
void
bp_field_editor_grab_focus (BpFieldEditor *self)
{
  gtk_widget_grab_focus (self->input);
}

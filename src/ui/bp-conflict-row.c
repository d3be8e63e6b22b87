/* The result is what counts; the radio buttons only say whose it is. */
#include "config.h"

#include "bp-conflict-row.h"

#include "bp-field-editor.h"
#include "bp-merge.h"

#include <glib/gi18n.h>

#define N_COLUMNS 5
#define VALUE_CHARS 22
#define VALUE_LINES 12
#define LEAST_CHARS 14
#define NOTE_HEIGHT 66
#define NOTE_MARGIN 8

struct _BpConflictRow
{
  GObject parent_instance;

  BpConflictWords *words;     /* (unowned) */
  const BpField *field;       /* (unowned) */
  guint unit;
  GtkWidget *cells[N_COLUMNS];/* (unowned), as all widgets here */
  GtkWidget *radios[3];       /* by side */
  GtkWidget *input;           /* shows the result, and lets it be typed */
  GtkWidget *fault;
  BpConflictSide picked;      /* NOW where the result is neither side's */
  gboolean silent;            /* while the program itself changes something */
};

G_DEFINE_FINAL_TYPE (BpConflictRow, bp_conflict_row, G_TYPE_OBJECT)

enum
{
  CHANGED,
  N_SIGNALS
};

static guint signals[N_SIGNALS];

static const BpTable *
get_table (BpConflictRow *self)
{
  return bp_conflict_words_get_case (self->words)->conflict->table;
}

static BpFormat *
get_format (BpConflictRow *self)
{
  return bp_conflict_words_get_format (self->words);
}

/* A flag that is null is off. */
static char *
make_text (BpConflictRow *self,
           BpConflictSide side)
{
  const BpValue *value = bp_conflict_words_get_value (self->words, side, self->unit);

  if (self->field->type == BP_FIELD_FLAG)
    return g_strdup (value->integer != 0 ? "1" : "0");
  return bp_format_for_editing (get_format (self), self->field, value);
}

static guint
find_word (const BpField *field,
           const char    *text)
{
  g_auto (GStrv) words = g_strsplit (field->detail, " ", -1);

  for (guint i = 0; words[i] != NULL; i++)
    {
      if (g_str_equal (words[i], text))
        return i;
    }

  return GTK_INVALID_LIST_POSITION;
}

static char *
get_text (BpConflictRow *self)
{
  if (GTK_IS_SWITCH (self->input))
    return g_strdup (gtk_switch_get_active (GTK_SWITCH (self->input)) ? "1" : "0");
  if (GTK_IS_DROP_DOWN (self->input))
    {
      g_auto (GStrv) words = g_strsplit (self->field->detail, " ", -1);
      guint selected = gtk_drop_down_get_selected (GTK_DROP_DOWN (self->input));

      return g_strdup (selected < g_strv_length (words) ? words[selected] : "");
    }
  if (GTK_IS_TEXT_VIEW (self->input))
    {
      GtkTextBuffer *buffer = gtk_text_view_get_buffer (GTK_TEXT_VIEW (self->input));
      GtkTextIter start, end;

      gtk_text_buffer_get_bounds (buffer, &start, &end);
      return gtk_text_buffer_get_text (buffer, &start, &end, FALSE);
    }

  return g_strdup (gtk_editable_get_text (GTK_EDITABLE (self->input)));
}

static void
set_result (BpConflictRow *self,
            BpConflictSide side)
{
  g_autofree char *text = NULL;

  if (GTK_IS_LABEL (self->input))
    {
      text = bp_conflict_words_make_value (self->words, side, self->unit);
      gtk_label_set_text (GTK_LABEL (self->input), text);
      return;
    }

  text = make_text (self, side);
  if (GTK_IS_SWITCH (self->input))
    gtk_switch_set_active (GTK_SWITCH (self->input), g_str_equal (text, "1"));
  else if (GTK_IS_DROP_DOWN (self->input))
    gtk_drop_down_set_selected (GTK_DROP_DOWN (self->input), find_word (self->field, text));
  else if (GTK_IS_TEXT_VIEW (self->input))
    gtk_text_buffer_set_text (gtk_text_view_get_buffer (GTK_TEXT_VIEW (self->input)), text, -1);
  else
    gtk_editable_set_text (GTK_EDITABLE (self->input), text);
}

static void
show_fault (BpConflictRow *self,
            const char    *message)
{
  gtk_label_set_text (GTK_LABEL (self->fault), message != NULL ? message : "");
  gtk_widget_set_visible (self->fault, message != NULL);
  if (message != NULL)
    gtk_widget_add_css_class (self->input, "error");
  else
    gtk_widget_remove_css_class (self->input, "error");
  gtk_accessible_update_state (GTK_ACCESSIBLE (self->input), GTK_ACCESSIBLE_STATE_INVALID,
                               message != NULL ? GTK_ACCESSIBLE_INVALID_TRUE
                                               : GTK_ACCESSIBLE_INVALID_FALSE,
                               -1);
}

static gboolean
parse (BpConflictRow *self,
       BpValue       *value)
{
  g_autofree char *text = get_text (self);
  g_autoptr (GError) error = NULL;
  gboolean good = bp_format_parse (get_format (self), self->field, text, value, &error);

  show_fault (self, good ? NULL : error->message);
  return good;
}

static void
show_pick (BpConflictRow *self)
{
  self->silent = TRUE;
  for (guint side = BP_CONFLICT_LOCAL; side <= BP_CONFLICT_SERVER; side++)
    {
      if (self->radios[side] != NULL)
        gtk_check_button_set_active (GTK_CHECK_BUTTON (self->radios[side]), self->picked == side);
    }
  self->silent = FALSE;
}

static gboolean
is_of (BpConflictRow *self,
       BpConflictSide side,
       const char    *text)
{
  g_autofree char *other = make_text (self, side);

  return bp_conflict_words_has (self->words, side) && g_str_equal (text, other);
}

/* Typing what one side has is picking it. */
static void
on_input_changed (BpConflictRow *self)
{
  g_auto (BpValue) value = { 0 };
  g_autofree char *text = NULL;

  if (self->silent)
    return;

  text = get_text (self);
  self->picked = BP_CONFLICT_NOW;
  if (is_of (self, BP_CONFLICT_SERVER, text))
    self->picked = BP_CONFLICT_SERVER;
  else if (is_of (self, BP_CONFLICT_LOCAL, text))
    self->picked = BP_CONFLICT_LOCAL;
  parse (self, &value);
  show_pick (self);
  g_signal_emit (self, signals[CHANGED], 0);
}

static void
on_toggled (BpConflictRow  *self,
            GtkCheckButton *radio)
{
  if (self->silent || !gtk_check_button_get_active (radio))
    return;

  bp_conflict_row_pick (self, GTK_WIDGET (radio) == self->radios[BP_CONFLICT_LOCAL]
                                ? BP_CONFLICT_LOCAL
                                : BP_CONFLICT_SERVER);
  g_signal_emit (self, signals[CHANGED], 0);
}

static GtkWidget *
create_label (const char *text)
{
  GtkWidget *label = gtk_label_new (text);

  gtk_label_set_xalign (GTK_LABEL (label), 0);
  gtk_label_set_wrap (GTK_LABEL (label), TRUE);
  gtk_label_set_wrap_mode (GTK_LABEL (label), PANGO_WRAP_WORD_CHAR);
  gtk_label_set_max_width_chars (GTK_LABEL (label), VALUE_CHARS);
  if (text != NULL)
    gtk_label_set_width_chars (GTK_LABEL (label),
                               (int)MIN (g_utf8_strlen (text, -1), LEAST_CHARS));
  gtk_label_set_lines (GTK_LABEL (label), VALUE_LINES);
  gtk_label_set_ellipsize (GTK_LABEL (label), PANGO_ELLIPSIZE_END);
  gtk_widget_add_css_class (label, "numeric");
  return label;
}

static const char *
get_side_name (BpConflictSide side)
{
  return side == BP_CONFLICT_LOCAL ? _("this device") : _("server");
}

static gboolean
is_changed_by (BpConflictRow *self,
               BpConflictSide side)
{
  BpMergeSide found = bp_merge_get_side (bp_conflict_words_get_case (self->words)->conflict,
                                         self->unit);

  return found == BP_MERGE_SIDE_BOTH || found == BP_MERGE_SIDE_SAME
         || found == (side == BP_CONFLICT_LOCAL ? BP_MERGE_SIDE_LOCAL : BP_MERGE_SIDE_SERVER);
}

static GtkWidget *
create_radio (BpConflictRow *self,
              BpConflictSide side,
              const char    *label)
{
  g_autofree char *text = bp_conflict_words_make_value (self->words, side, self->unit);
  g_autofree char *spoken = g_strdup_printf ("%s, %s %s", label, get_side_name (side), text);
  GtkWidget *radio = gtk_check_button_new ();
  GtkWidget *value = create_label (text);

  if (!is_changed_by (self, side))
    gtk_widget_add_css_class (value, "dim-label");
  gtk_check_button_set_child (GTK_CHECK_BUTTON (radio), value);
  gtk_widget_set_valign (radio, GTK_ALIGN_START);
  gtk_widget_set_tooltip_text (radio, side == BP_CONFLICT_LOCAL ? "Alt+1" : "Alt+2");
  gtk_accessible_update_property (GTK_ACCESSIBLE (radio), GTK_ACCESSIBLE_PROPERTY_LABEL, spoken,
                                  -1);
  g_signal_connect_object (radio, "toggled", G_CALLBACK (on_toggled), self, G_CONNECT_SWAPPED);
  return radio;
}

static GtkWidget *
create_drop_down (BpConflictRow *self)
{
  g_auto (GStrv) words = g_strsplit (self->field->detail, " ", -1);
  GtkStringList *labels = gtk_string_list_new (NULL);

  for (guint i = 0; words[i] != NULL; i++)
    gtk_string_list_append (labels, bp_format_word (words[i]));
  return gtk_drop_down_new (G_LIST_MODEL (labels), NULL);
}

static gboolean
can_type (BpConflictRow *self)
{
  return bp_field_editor_can_edit (get_table (self), self->field)
         || (self->field->type == BP_FIELD_JSON && !get_table (self)->fact);
}

/* What is shown of the result; @holder is where it goes into the grid. */
static GtkWidget *
create_input (BpConflictRow *self,
              GtkWidget    **holder)
{
  GtkWidget *input;

  *holder = NULL;
  if (!can_type (self))
    return create_label (NULL);

  switch (self->field->type)
    {
    case BP_FIELD_FLAG:
      input = gtk_switch_new ();
      gtk_widget_set_halign (input, GTK_ALIGN_START);
      g_signal_connect_object (input, "notify::active", G_CALLBACK (on_input_changed), self,
                               G_CONNECT_SWAPPED);
      return input;
    case BP_FIELD_CHOICE:
      input = create_drop_down (self);
      g_signal_connect_object (input, "notify::selected", G_CALLBACK (on_input_changed), self,
                               G_CONNECT_SWAPPED);
      return input;
    case BP_FIELD_NOTE:
      input = gtk_text_view_new ();
      gtk_text_view_set_wrap_mode (GTK_TEXT_VIEW (input), GTK_WRAP_WORD_CHAR);
      gtk_text_view_set_accepts_tab (GTK_TEXT_VIEW (input), FALSE);
      gtk_text_view_set_left_margin (GTK_TEXT_VIEW (input), NOTE_MARGIN);
      gtk_text_view_set_right_margin (GTK_TEXT_VIEW (input), NOTE_MARGIN);
      gtk_text_view_set_top_margin (GTK_TEXT_VIEW (input), NOTE_MARGIN);
      *holder = gtk_scrolled_window_new ();
      gtk_scrolled_window_set_min_content_height (GTK_SCROLLED_WINDOW (*holder), NOTE_HEIGHT);
      gtk_scrolled_window_set_has_frame (GTK_SCROLLED_WINDOW (*holder), TRUE);
      gtk_scrolled_window_set_child (GTK_SCROLLED_WINDOW (*holder), input);
      g_signal_connect_object (gtk_text_view_get_buffer (GTK_TEXT_VIEW (input)), "changed",
                               G_CALLBACK (on_input_changed), self, G_CONNECT_SWAPPED);
      return input;
    default:
      input = gtk_entry_new ();
      gtk_entry_set_activates_default (GTK_ENTRY (input), FALSE);
      gtk_editable_set_width_chars (GTK_EDITABLE (input), 12);
      g_signal_connect_object (input, "changed", G_CALLBACK (on_input_changed), self,
                               G_CONNECT_SWAPPED);
      return input;
    }
}

static GtkWidget *
create_result (BpConflictRow *self,
               const char    *label)
{
  GtkWidget *box = gtk_box_new (GTK_ORIENTATION_VERTICAL, 3);
  g_autofree char *spoken = g_strdup_printf (_("%s, result"), label);
  GtkWidget *holder;

  self->input = create_input (self, &holder);
  if (!GTK_IS_LABEL (self->input))
    gtk_accessible_update_property (GTK_ACCESSIBLE (self->input), GTK_ACCESSIBLE_PROPERTY_LABEL,
                                    spoken, -1);
  self->fault = create_label (NULL);
  gtk_widget_add_css_class (self->fault, "error");
  gtk_widget_add_css_class (self->fault, "caption");
  gtk_widget_set_visible (self->fault, FALSE);
  gtk_box_append (GTK_BOX (box), holder != NULL ? holder : self->input);
  gtk_box_append (GTK_BOX (box), self->fault);
  gtk_widget_set_hexpand (box, TRUE);
  return box;
}

static void
create_cells (BpConflictRow *self)
{
  g_autofree char *label = bp_conflict_words_make_label (self->words, self->unit);
  g_autofree char *before
    = bp_conflict_words_make_value (self->words, BP_CONFLICT_BEFORE, self->unit);

  self->cells[0] = create_label (label);
  self->cells[1] = create_label (before);
  gtk_widget_add_css_class (self->cells[1], "dim-label");
  for (guint side = BP_CONFLICT_LOCAL; side <= BP_CONFLICT_SERVER; side++)
    {
      self->radios[side] = create_radio (self, side, label);
      self->cells[1 + side] = self->radios[side];
    }
  gtk_check_button_set_group (GTK_CHECK_BUTTON (self->radios[BP_CONFLICT_SERVER]),
                              GTK_CHECK_BUTTON (self->radios[BP_CONFLICT_LOCAL]));
  self->cells[4] = create_result (self, label);
}

static void
bp_conflict_row_class_init (BpConflictRowClass *klass)
{
  /**
   * BpConflictRow::changed:
   * @self: the row
   *
   * Emitted when the user picked or typed something.
   */
  signals[CHANGED] = g_signal_new ("changed", BP_TYPE_CONFLICT_ROW, G_SIGNAL_RUN_LAST, 0, NULL,
                                   NULL, g_cclosure_marshal_VOID__VOID, G_TYPE_NONE, 0);
}

static void
bp_conflict_row_init (BpConflictRow *self)
{
  self->picked = BP_CONFLICT_NOW;
}

/**
 * bp_conflict_row_new:
 * @words: of the conflict; must outlive the row
 * @unit: the index of a field
 *
 * Returns: (transfer full): its row, which is nowhere and has picked nothing
 */
BpConflictRow *
bp_conflict_row_new (BpConflictWords *words,
                     guint            unit)
{
  BpConflictRow *self = g_object_new (BP_TYPE_CONFLICT_ROW, NULL);

  self->words = words;
  self->unit = unit;
  self->field = &get_table (self)->fields[unit];
  create_cells (self);
  return self;
}

/**
 * bp_conflict_row_attach:
 * @self: a row that is nowhere
 * @grid: where it goes; its widgets live as long as that keeps them
 * @at: in which line
 */
void
bp_conflict_row_attach (BpConflictRow *self,
                        GtkGrid       *grid,
                        int            at)
{
  for (int i = 0; i < N_COLUMNS; i++)
    {
      gtk_widget_set_valign (self->cells[i], GTK_ALIGN_BASELINE);
      gtk_grid_attach (grid, self->cells[i], i, at, 1, 1);
    }
}

/**
 * bp_conflict_row_get_unit:
 * @self: a row
 *
 * Returns: the index of its field
 */
guint
bp_conflict_row_get_unit (BpConflictRow *self)
{
  return self->unit;
}

/**
 * bp_conflict_row_pick:
 * @self: a row
 * @side: whose value is the result from now on
 */
void
bp_conflict_row_pick (BpConflictRow *self,
                      BpConflictSide side)
{
  g_auto (BpValue) value = { 0 };

  self->silent = TRUE;
  set_result (self, side);
  self->silent = FALSE;
  self->picked = side;
  if (side == BP_CONFLICT_NOW && !GTK_IS_LABEL (self->input))
    {
      on_input_changed (self);
      return;
    }
  if (!GTK_IS_LABEL (self->input))
    parse (self, &value);
  show_pick (self);
}

/**
 * bp_conflict_row_read:
 * @self: a row
 * @merged: gets the result, and whatever is decided with it
 *
 * Says below what is typed what is wrong with it.
 *
 * Returns: whether it can be saved
 */
gboolean
bp_conflict_row_read (BpConflictRow *self,
                      BpChange      *merged)
{
  const BpTable *table = get_table (self);
  g_auto (BpValue) value = { 0 };

  if (self->picked == BP_CONFLICT_NOW && !GTK_IS_LABEL (self->input))
    {
      if (!parse (self, &value))
        return FALSE;
      bp_change_set (merged, self->unit, &value);
      return TRUE;
    }

  for (guint i = 0; i < table->n_fields; i++)
    {
      if (bp_merge_is_in_unit (table, self->unit, i))
        bp_change_set (merged, i, bp_conflict_words_get_value (self->words, self->picked, i));
    }
  return TRUE;
}

/**
 * bp_conflict_row_contains:
 * @self: a row
 * @widget: (nullable): a widget
 *
 * Returns: whether @widget is a part of it
 */
gboolean
bp_conflict_row_contains (BpConflictRow *self,
                          GtkWidget     *widget)
{
  for (guint i = 0; widget != NULL && i < N_COLUMNS; i++)
    {
      if (widget == self->cells[i] || gtk_widget_is_ancestor (widget, self->cells[i]))
        return TRUE;
    }

  return FALSE;
}

/**
 * bp_conflict_row_grab_focus:
 * @self: a row in a window
 */
void
bp_conflict_row_grab_focus (BpConflictRow *self)
{
  BpConflictSide side
    = self->picked == BP_CONFLICT_LOCAL ? BP_CONFLICT_LOCAL : BP_CONFLICT_SERVER;

  gtk_widget_grab_focus (self->radios[side]);
}

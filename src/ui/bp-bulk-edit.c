#include "config.h"

#include "bp-bulk-edit.h"

#include "bp-bulk.h"
#include "bp-event-list.h"
#include "bp-field-editor.h"

#include <glib/gi18n.h>

/* So many records are shown before and after. */
#define MAX_PREVIEW 200

typedef struct
{
  BpFieldEditor *editor; /* (owned) */
  GtkCheckButton *check; /* (unowned): whether the field is changed */
  guint index;           /* of the field */
} Choice;

struct _BpBulkEdit
{
  AdwWindow parent_instance;

  AdwWindowTitle *title;      /* (unowned), as all widgets here */
  GtkWidget *apply_button;
  AdwPreferencesGroup *fields;
  AdwBin *preview_bin;
  BpEventList *preview;
  GtkLabel *fault;

  GtkWidget *page;            /* (owned): what it was opened from */
  const BpSection *section;   /* (unowned) */
  BpFormat *format;           /* (owned) */
  GPtrArray *rows;            /* (owned) (element-type BpRow) */
  GPtrArray *choices;         /* (owned) (element-type Choice) */
  gboolean saving;
};

G_DEFINE_FINAL_TYPE (BpBulkEdit, bp_bulk_edit, ADW_TYPE_WINDOW)

static void
choice_free (gpointer data)
{
  Choice *choice = data;

  g_clear_object (&choice->editor);
  g_free (choice);
}

/* What is to be set; %NULL where something of it cannot be. */
static BpChange *
read_change (BpBulkEdit *self)
{
  g_autoptr (BpChange) change = bp_change_new (bp_section_get_table (self->section));
  gboolean good = TRUE;

  for (guint i = 0; i < self->choices->len; i++)
    {
      const Choice *choice = self->choices->pdata[i];
      g_auto (BpValue) value = { 0 };

      if (!gtk_check_button_get_active (choice->check))
        {
          bp_field_editor_show_fault (choice->editor, NULL);
          continue;
        }
      if (bp_field_editor_read (choice->editor, &value))
        bp_change_set (change, choice->index, &value);
      else
        good = FALSE;
    }

  return good ? g_steal_pointer (&change) : NULL;
}

/* What changes in one record; empty where nothing does. */
static BpChange *
get_difference (const BpChange *before,
                const BpChange *change)
{
  BpChange *difference = bp_change_new (change->table);

  for (guint i = 0; i < change->table->n_fields; i++)
    {
      if (bp_change_has (change, i) && !bp_value_equal (&before->values[i], &change->values[i]))
        bp_change_set (difference, i, &change->values[i]);
    }

  return difference;
}

static void
append_field (GString       *text,
              BpFormat      *format,
              const BpField *field,
              const BpValue *before,
              const BpValue *after)
{
  g_autofree char *old = bp_format_value (format, field, before);
  g_autofree char *new = bp_format_value (format, field, after);

  /* Translators: a field, what it is, and what it becomes. */
  g_string_append_printf (text, _("%s%s: %s → %s"), text->len > 0 ? "\n" : "", _(field->label),
                          old[0] != '\0' ? old : "–", new[0] != '\0' ? new : "–");
}

static BpEvent *
make_preview (BpBulkEdit     *self,
              const BpRow    *row,
              const BpChange *difference)
{
  const BpTable *table = difference->table;
  const char *name = bp_change_get_text (row->state->data, table->fields[0].name);
  g_autoptr (GString) text = g_string_new (NULL);

  for (guint i = 0; i < table->n_fields; i++)
    {
      if (bp_change_has (difference, i))
        append_field (text, self->format, &table->fields[i], &row->state->data->values[i],
                      &difference->values[i]);
    }

  return bp_event_new (name != NULL ? name : "", text->str, NULL, NULL);
}

static void
update (BpBulkEdit *self)
{
  g_autoptr (BpChange) change = read_change (self);
  g_autoptr (GPtrArray) events = g_ptr_array_new_with_free_func (g_object_unref);
  g_autofree char *note = NULL;
  guint n_changed = 0;

  for (guint i = 0; change != NULL && i < self->rows->len; i++)
    {
      const BpRow *row = self->rows->pdata[i];
      g_autoptr (BpChange) difference = get_difference (row->state->data, change);

      if (bp_change_is_empty (difference))
        continue;
      n_changed++;
      if (events->len < MAX_PREVIEW)
        g_ptr_array_add (events, make_preview (self, row, difference));
    }
  if (n_changed > 0)
    note = g_strdup_printf (ngettext ("%'u record changes", "%'u records change", n_changed),
                            n_changed);
  bp_event_list_set_events (self->preview, events, note);
  gtk_widget_set_sensitive (self->apply_button, n_changed > 0 && !self->saving);
  gtk_widget_set_visible (GTK_WIDGET (self->fault), FALSE);
}

static void
on_editor_changed (BpBulkEdit    *self,
                   BpFieldEditor *editor)
{
  for (guint i = 0; i < self->choices->len; i++)
    {
      const Choice *choice = self->choices->pdata[i];

      if (choice->editor == editor)
        gtk_check_button_set_active (choice->check, TRUE);
    }
  update (self);
}

static void
on_saved (gpointer object,
          gboolean done)
{
  BpBulkEdit *self = object;

  self->saving = FALSE;
  if (done)
    {
      gtk_window_destroy (GTK_WINDOW (self));
      return;
    }

  gtk_widget_set_sensitive (self->apply_button, TRUE);
  gtk_label_set_text (self->fault, _("Nothing was changed: one of the records cannot be."));
  gtk_widget_set_visible (GTK_WIDGET (self->fault), TRUE);
}

static void
apply (GtkWidget  *widget,
       const char *action_name,
       GVariant   *parameter)
{
  BpBulkEdit *self = BP_BULK_EDIT (widget);
  const BpTable *table = bp_section_get_table (self->section);
  g_autoptr (BpChange) change = read_change (self);
  GPtrArray *writes;
  g_autofree char *text = NULL;

  if (change == NULL || self->saving)
    return;

  writes = g_ptr_array_new_with_free_func ((GDestroyNotify)bp_write_free);
  for (guint i = 0; i < self->rows->len; i++)
    {
      const BpRow *row = self->rows->pdata[i];
      g_autoptr (BpChange) difference = get_difference (row->state->data, change);

      if (!bp_change_is_empty (difference))
        g_ptr_array_add (writes, bp_write_new (table, row->state->id, BP_OPERATION_UPDATE,
                                               g_steal_pointer (&difference)));
    }
  if (writes->len == 0)
    {
      g_ptr_array_unref (writes);
      return;
    }

  text = g_strdup_printf (ngettext ("%'u record changed", "%'u records changed", writes->len),
                          writes->len);
  self->saving = TRUE;
  gtk_widget_set_sensitive (self->apply_button, FALSE);
  bp_bulk_save (self->page, bp_format_get_shop (self->format), writes, text, on_saved, self);
}

static void
bp_bulk_edit_dispose (GObject *object)
{
  BpBulkEdit *self = BP_BULK_EDIT (object);

  g_clear_object (&self->page);
  g_clear_object (&self->format);
  g_clear_pointer (&self->rows, g_ptr_array_unref);
  g_clear_pointer (&self->choices, g_ptr_array_unref);
  gtk_widget_dispose_template (GTK_WIDGET (self), BP_TYPE_BULK_EDIT);

  G_OBJECT_CLASS (bp_bulk_edit_parent_class)->dispose (object);
}

static void
bp_bulk_edit_class_init (BpBulkEditClass *klass)
{
  GtkWidgetClass *widget_class = GTK_WIDGET_CLASS (klass);

  G_OBJECT_CLASS (klass)->dispose = bp_bulk_edit_dispose;

  gtk_widget_class_set_template_from_resource (
    widget_class, "/io/github/bizpulse/BizPulse/bp-bulk-edit.ui");
  gtk_widget_class_bind_template_child (widget_class, BpBulkEdit, title);
  gtk_widget_class_bind_template_child (widget_class, BpBulkEdit, apply_button);
  gtk_widget_class_bind_template_child (widget_class, BpBulkEdit, fields);
  gtk_widget_class_bind_template_child (widget_class, BpBulkEdit, preview_bin);
  gtk_widget_class_bind_template_child (widget_class, BpBulkEdit, fault);
  gtk_widget_class_install_action (widget_class, "bulk.apply", NULL, apply);
  gtk_widget_class_add_binding_action (widget_class, GDK_KEY_s, GDK_CONTROL_MASK, "bulk.apply",
                                       NULL);
  gtk_widget_class_add_binding_action (widget_class, GDK_KEY_Return, GDK_CONTROL_MASK,
                                       "bulk.apply", NULL);
  gtk_widget_class_add_binding_action (widget_class, GDK_KEY_Escape, 0, "window.close", NULL);
}

static void
bp_bulk_edit_init (BpBulkEdit *self)
{
  gtk_widget_init_template (GTK_WIDGET (self));
  self->choices = g_ptr_array_new_with_free_func (choice_free);
}

static void
add_choice (BpBulkEdit    *self,
            const BpField *field)
{
  Choice *choice = g_new0 (Choice, 1);
  GtkWidget *check = gtk_check_button_new ();
  g_autofree char *label = g_strdup_printf (_("Change %s"), _(field->label));
  GtkWidget *row;

  choice->editor = bp_field_editor_new (field, self->format);
  choice->check = GTK_CHECK_BUTTON (check);
  choice->index = (guint)bp_table_find_field (bp_section_get_table (self->section), field->name);
  gtk_widget_set_valign (check, GTK_ALIGN_CENTER);
  gtk_widget_set_tooltip_text (check, label);
  gtk_accessible_update_property (GTK_ACCESSIBLE (check), GTK_ACCESSIBLE_PROPERTY_LABEL, label,
                                  -1);
  bp_field_editor_add_to (choice->editor, self->fields);
  row = bp_field_editor_get_row (choice->editor);
  if (ADW_IS_ENTRY_ROW (row))
    adw_entry_row_add_prefix (ADW_ENTRY_ROW (row), check);
  else
    adw_action_row_add_prefix (ADW_ACTION_ROW (row), check);
  g_ptr_array_add (self->choices, choice);
  g_signal_connect_object (choice->editor, "changed", G_CALLBACK (on_editor_changed), self,
                           G_CONNECT_SWAPPED);
  g_signal_connect_object (check, "toggled", G_CALLBACK (update), self, G_CONNECT_SWAPPED);
}

/* What two records may not share is not set for several at once. */
static gboolean
can_choose (const BpTable *table,
            const BpField *field)
{
  return bp_field_editor_can_edit (table, field) && field->type != BP_FIELD_NOTE
         && !(field->flags & (BP_FIELD_KEY | BP_FIELD_NEEDED));
}

/**
 * bp_bulk_edit_show:
 * @widget: where toasts are shown; its window is the parent
 * @section: whose records
 * @format: how values are written
 * @rows: (transfer full) (element-type BpRow): the records
 *
 * Opens the window.
 */
void
bp_bulk_edit_show (GtkWidget       *widget,
                   const BpSection *section,
                   BpFormat        *format,
                   GPtrArray       *rows)
{
  BpBulkEdit *self = g_object_new (BP_TYPE_BULK_EDIT, "transient-for",
                                   gtk_widget_get_root (widget), NULL);
  const BpTable *table = bp_section_get_table (section);
  g_autofree char *subtitle = g_strdup_printf (ngettext ("%'u selected", "%'u selected", rows->len),
                                               rows->len);

  self->page = g_object_ref (widget);
  self->section = section;
  self->format = g_object_ref (format);
  self->rows = rows;
  adw_window_title_set_subtitle (self->title, subtitle);
  for (guint i = 0; i < table->n_fields; i++)
    {
      if (can_choose (table, &table->fields[i]))
        add_choice (self, &table->fields[i]);
    }
  self->preview = BP_EVENT_LIST (bp_event_list_new (_("Preview"),
                                                    _("Choose what shall be changed.")));
  adw_bin_set_child (self->preview_bin, GTK_WIDGET (self->preview));
  update (self);
  gtk_window_present (GTK_WINDOW (self));
}

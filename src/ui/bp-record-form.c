#include "config.h"

#include "bp-record-form.h"

#include "bp-field-editor.h"

struct _BpRecordForm
{
  AdwBin parent_instance;

  AdwPreferencesGroup *group; /* (unowned) */

  const BpTable *table; /* (unowned) (nullable) */
  BpFormat *format;     /* (owned) (nullable) */
  GPtrArray *editors;   /* (owned) (element-type BpFieldEditor) */
};

G_DEFINE_FINAL_TYPE (BpRecordForm, bp_record_form, ADW_TYPE_BIN)

enum
{
  CHANGED,
  N_SIGNALS
};

static guint signals[N_SIGNALS];

static void
on_editor_changed (BpRecordForm *self)
{
  g_signal_emit (self, signals[CHANGED], 0);
}

static void
bp_record_form_dispose (GObject *object)
{
  BpRecordForm *self = BP_RECORD_FORM (object);

  g_clear_pointer (&self->editors, g_ptr_array_unref);
  g_clear_object (&self->format);
  /* GTK would free it, and the bin look at it once more. */
  adw_bin_set_child (ADW_BIN (self), NULL);
  gtk_widget_dispose_template (GTK_WIDGET (self), BP_TYPE_RECORD_FORM);

  G_OBJECT_CLASS (bp_record_form_parent_class)->dispose (object);
}

static void
bp_record_form_class_init (BpRecordFormClass *klass)
{
  GObjectClass *object_class = G_OBJECT_CLASS (klass);
  GtkWidgetClass *widget_class = GTK_WIDGET_CLASS (klass);

  object_class->dispose = bp_record_form_dispose;

  /**
   * BpRecordForm::changed:
   * @self: the form
   *
   * Emitted when the user changed a field.
   */
  signals[CHANGED] = g_signal_new ("changed", BP_TYPE_RECORD_FORM, G_SIGNAL_RUN_LAST, 0, NULL,
                                   NULL, g_cclosure_marshal_VOID__VOID, G_TYPE_NONE, 0);

  gtk_widget_class_set_template_from_resource (
    widget_class, "/io/github/bizpulse/BizPulse/bp-record-form.ui");
  gtk_widget_class_bind_template_child (widget_class, BpRecordForm, group);
}

static void
bp_record_form_init (BpRecordForm *self)
{
  gtk_widget_init_template (GTK_WIDGET (self));
  self->editors = g_ptr_array_new_with_free_func (g_object_unref);
}

/**
 * bp_record_form_new:
 *
 * Returns: (transfer floating): a form of nothing
 */
GtkWidget *
bp_record_form_new (void)
{
  return g_object_new (BP_TYPE_RECORD_FORM, NULL);
}

/**
 * bp_record_form_set_table:
 * @self: a form of nothing
 * @table: whose fields it shall edit
 * @format: how their values are written
 */
void
bp_record_form_set_table (BpRecordForm  *self,
                          const BpTable *table,
                          BpFormat      *format)
{
  g_return_if_fail (self->table == NULL);

  self->table = table;
  self->format = g_object_ref (format);
  for (guint i = 0; i < table->n_fields; i++)
    {
      BpFieldEditor *editor;

      if (!bp_field_editor_can_edit (table, &table->fields[i]))
        continue;
      editor = bp_field_editor_new (&table->fields[i], format);
      bp_field_editor_add_to (editor, self->group);
      g_signal_connect_object (editor, "changed", G_CALLBACK (on_editor_changed), self,
                               G_CONNECT_SWAPPED);
      g_ptr_array_add (self->editors, editor);
    }
}

/**
 * bp_record_form_set_title:
 * @self: a form
 * @title: what stands above its fields
 */
void
bp_record_form_set_title (BpRecordForm *self,
                          const char   *title)
{
  adw_preferences_group_set_title (self->group, title);
}

typedef void (*EditorFunc) (BpFieldEditor *editor,
                            const BpValue *value);

static void
for_each (BpRecordForm   *self,
          const BpChange *data,
          EditorFunc      func)
{
  for (guint i = 0; i < self->editors->len; i++)
    {
      BpFieldEditor *editor = self->editors->pdata[i];
      const char *name = bp_field_editor_get_field (editor)->name;

      func (editor, data != NULL ? bp_change_get (data, name) : NULL);
    }
}

/**
 * bp_record_form_reset:
 * @self: a form
 * @data: (nullable): what it holds from now on, as if never changed
 */
void
bp_record_form_reset (BpRecordForm   *self,
                      const BpChange *data)
{
  for_each (self, data, bp_field_editor_reset);
}

/**
 * bp_record_form_update:
 * @self: a form
 * @data: what the record holds now
 *
 * Shows it; what the user has typed and not saved stays.
 */
void
bp_record_form_update (BpRecordForm   *self,
                       const BpChange *data)
{
  for_each (self, data, bp_field_editor_update);
}

/**
 * bp_record_form_type:
 * @self: a form
 * @change: some fields, which it holds from now on as if the user had typed
 *   them
 */
void
bp_record_form_type (BpRecordForm   *self,
                     const BpChange *change)
{
  for (guint i = 0; i < self->editors->len; i++)
    {
      BpFieldEditor *editor = self->editors->pdata[i];
      int index = bp_table_find_field (self->table, bp_field_editor_get_field (editor)->name);

      if (bp_change_has (change, (guint)index))
        bp_field_editor_type (editor, &change->values[index]);
    }
}

/**
 * bp_record_form_is_changed:
 * @self: a form
 *
 * Returns: whether the user has changed something that is not saved
 */
gboolean
bp_record_form_is_changed (BpRecordForm *self)
{
  for (guint i = 0; i < self->editors->len; i++)
    {
      if (bp_field_editor_is_changed (self->editors->pdata[i]))
        return TRUE;
    }

  return FALSE;
}

/**
 * bp_record_form_dup_draft:
 * @self: a form
 *
 * Returns: (transfer full): what the user has changed and not saved, as far as
 *   it could be saved
 */
BpChange *
bp_record_form_dup_draft (BpRecordForm *self)
{
  BpChange *draft = bp_change_new (self->table);

  for (guint i = 0; i < self->editors->len; i++)
    {
      BpFieldEditor *editor = self->editors->pdata[i];
      const BpField *field = bp_field_editor_get_field (editor);
      g_auto (BpValue) value = { 0 };

      if (bp_field_editor_is_changed (editor) && bp_field_editor_read (editor, &value))
        bp_change_set (draft, (guint)bp_table_find_field (self->table, field->name), &value);
    }

  return draft;
}

/**
 * bp_record_form_read:
 * @self: a form
 * @everything: whether fields that were not changed count, too
 *
 * Where a field cannot be saved, says why below it and goes there.
 *
 * Returns: (transfer full) (nullable): what the user typed; %NULL where
 *   something of it cannot be saved
 */
BpChange *
bp_record_form_read (BpRecordForm *self,
                     gboolean      everything)
{
  g_autoptr (BpChange) change = bp_change_new (self->table);
  BpFieldEditor *first_bad = NULL;

  for (guint i = 0; i < self->editors->len; i++)
    {
      BpFieldEditor *editor = self->editors->pdata[i];
      const BpField *field = bp_field_editor_get_field (editor);
      g_auto (BpValue) value = { 0 };

      if (!everything && !bp_field_editor_is_changed (editor))
        continue;
      if (bp_field_editor_read (editor, &value))
        bp_change_set (change, (guint)bp_table_find_field (self->table, field->name), &value);
      else if (first_bad == NULL)
        first_bad = editor;
    }
  if (first_bad == NULL)
    return g_steal_pointer (&change);

  bp_field_editor_grab_focus (first_bad);
  return NULL;
}

/**
 * bp_record_form_commit:
 * @self: a form
 * @change: what has been saved: it counts as unchanged
 */
void
bp_record_form_commit (BpRecordForm   *self,
                       const BpChange *change)
{
  for (guint i = 0; i < self->editors->len; i++)
    {
      BpFieldEditor *editor = self->editors->pdata[i];
      int index = bp_table_find_field (self->table, bp_field_editor_get_field (editor)->name);

      if (bp_change_has (change, (guint)index))
        bp_field_editor_commit (editor, &change->values[index]);
    }
}

/**
 * bp_record_form_focus_first:
 * @self: a form
 */
void
bp_record_form_focus_first (BpRecordForm *self)
{
  if (self->editors->len > 0)
    bp_field_editor_grab_focus (self->editors->pdata[0]);
}

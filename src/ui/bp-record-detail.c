/* Saving waits for the disk only, in a thread: whether there is a connection
 * makes no difference here. */
#include "config.h"

#include "bp-record-detail.h"

#include "bp-field-editor.h"
#include "bp-hold.h"
#include "bp-notice.h"
#include "bp-record-form.h"
#include "bp-status.h"
#include "bp-trouble-banner.h"

#include <glib/gi18n.h>

struct _BpRecordDetail
{
  AdwBin parent_instance;

  GtkLabel *title;           /* (unowned), as all widgets here */
  GtkWidget *status_box;
  GtkImage *status_icon;
  GtkLabel *status_text;
  BpTroubleBanner *banner;
  GtkLabel *fault;
  AdwPreferencesGroup *facts;
  BpRecordForm *form;
  GtkWidget *foot;
  GtkWidget *delete_button;
  GtkButton *revert_button;
  GtkWidget *action_button;  /* (nullable) */

  const BpSection *section; /* (unowned) */
  const BpTable *table;     /* (unowned) */
  BpFormat *format;         /* (owned) */
  BpShop *shop;             /* (owned) */
  GPtrArray *fact_rows;     /* (owned) (element-type GtkLabel): values that are only shown */

  BpRecord *record;         /* (owned) (nullable) */
  char *id;                 /* (owned) (nullable): of what is shown; none for a new one */
  gboolean is_new;
  gboolean saving;
  BpChange *sent;           /* (owned) (nullable): what is being saved */
  char *sent_id;            /* (owned) (nullable): of which record; none for a new one */
  guint serial;             /* of what is shown */
  guint sent_serial;
  char *draft_id;           /* (owned) (nullable) */
  BpChange *draft;          /* (owned) (nullable): to be typed when its record is here */
};

G_DEFINE_FINAL_TYPE (BpRecordDetail, bp_record_detail, ADW_TYPE_BIN)

enum
{
  SAVED,
  DELETE,
  CLOSED,
  REOPEN,
  N_SIGNALS
};

static guint signals[N_SIGNALS];

/* What was left unsaved, for the toast that offers it back. */
typedef struct
{
  GWeakRef detail;
  char *id;         /* (owned) (nullable) */
  BpChange *change; /* (owned) */
} Draft;

static void
draft_free (gpointer data)
{
  Draft *draft = data;

  g_weak_ref_clear (&draft->detail);
  g_free (draft->id);
  g_clear_pointer (&draft->change, bp_change_free);
  g_free (draft);
}

static void
show_fault (BpRecordDetail *self,
            const char     *message)
{
  gtk_label_set_text (self->fault, message != NULL ? message : "");
  gtk_widget_set_visible (GTK_WIDGET (self->fault), message != NULL);
}

/* What cannot be edited is only shown. */
static gboolean
is_only_shown (const BpTable *table,
               const BpField *field)
{
  return field->label != NULL && field->type != BP_FIELD_LINES && field->type != BP_FIELD_JSON
         && (field->flags & BP_FIELD_PROJECTION || table->fact)
         && !bp_field_editor_can_edit (table, field);
}

/* A new record has an id when it is saved, and is read a moment later. */
static gboolean
shows_record (BpRecordDetail *self)
{
  return !self->is_new && self->record != NULL && self->id != NULL
         && g_strcmp0 (bp_record_get_id (self->record), self->id) == 0;
}

static void
update_actions (BpRecordDetail *self)
{
  gboolean changed = bp_record_form_is_changed (self->form);
  gboolean can_save = !self->saving && (self->is_new || changed);

  gtk_widget_action_set_enabled (GTK_WIDGET (self), "detail.save", can_save);
  gtk_widget_set_sensitive (GTK_WIDGET (self->revert_button), can_save);
  gtk_button_set_label (self->revert_button, self->is_new ? _("Cancel") : _("Revert"));
  gtk_widget_set_visible (self->delete_button, !self->is_new && !self->table->fact);
  gtk_widget_set_visible (self->foot, !self->table->fact);
  gtk_widget_set_visible (GTK_WIDGET (self->form), !self->table->fact);
}

static void
update_title (BpRecordDetail *self)
{
  const BpField *first = &self->table->fields[0];
  g_autofree char *name
    = shows_record (self) ? bp_format_field (self->format, self->record, first) : NULL;

  if (self->is_new)
    gtk_label_set_text (self->title, _(self->section->add_label));
  else if (name != NULL)
    gtk_label_set_text (self->title, name[0] != '\0' ? name : _(self->section->singular));
}

static void
update_status (BpRecordDetail *self)
{
  BpRecordStatus status;
  g_autofree char *when = NULL;
  g_autofree char *text = NULL;

  gtk_widget_set_visible (self->status_box, shows_record (self));
  if (!shows_record (self))
    return;

  status = bp_record_get_status (self->record);
  bp_status_show (self->status_icon, bp_status_get_record_look (status));
  when = bp_format_time (self->format, bp_record_get_state (self->record)->modified_at);
  if (status == BP_RECORD_PENDING)
    text = g_strdup_printf (_("Saved %s · Pending"), when);
  else
    text = g_strdup_printf ("%s · %s", bp_status_get_record_look (status).label, when);
  gtk_label_set_text (self->status_text, text);
}

static void
update_facts (BpRecordDetail *self)
{
  gtk_widget_set_visible (GTK_WIDGET (self->facts),
                          self->fact_rows->len > 0 && shows_record (self));
  if (self->action_button != NULL && shows_record (self))
    gtk_actionable_set_action_target (GTK_ACTIONABLE (self->action_button), "s", self->id);
  for (guint i = 0, row = 0; shows_record (self) && i < self->table->n_fields; i++)
    {
      const BpField *field = &self->table->fields[i];
      g_autofree char *text = NULL;

      if (!is_only_shown (self->table, field))
        continue;
      text = bp_format_field (self->format, self->record, field);
      gtk_label_set_text (GTK_LABEL (self->fact_rows->pdata[row++]), text);
    }
}

static void
type_draft (BpRecordDetail *self)
{
  g_autoptr (BpChange) draft = g_steal_pointer (&self->draft);

  if (draft != NULL && g_strcmp0 (self->draft_id, self->id) == 0)
    bp_record_form_type (self->form, draft);
  g_clear_pointer (&self->draft_id, g_free);
}

static void
update_all (BpRecordDetail *self)
{
  update_title (self);
  update_status (self);
  bp_trouble_banner_set_record (self->banner, self->shop,
                                shows_record (self) ? self->record : NULL);
  update_facts (self);
  update_actions (self);
}

static void
on_record_changed (BpRecordDetail *self)
{
  const char *id = bp_record_get_id (self->record);

  if (id == NULL)
    return;
  if (!self->is_new && g_strcmp0 (self->id, id) == 0)
    {
      bp_record_form_update (self->form, bp_record_get_state (self->record)->data);
      update_all (self);
      return;
    }

  bp_record_detail_leave (self);
  self->serial++;
  self->is_new = FALSE;
  g_free (self->id);
  self->id = g_strdup (id);
  show_fault (self, NULL);
  bp_record_form_reset (self->form, bp_record_get_state (self->record)->data);
  type_draft (self);
  update_all (self);
}

static void
on_form_changed (BpRecordDetail *self)
{
  show_fault (self, NULL);
  update_actions (self);
}

static void
on_want_back (gpointer user_data)
{
  Draft *draft = user_data;
  g_autoptr (BpRecordDetail) self = g_weak_ref_get (&draft->detail);

  if (self == NULL || draft->change == NULL)
    return;

  g_clear_pointer (&self->draft, bp_change_free);
  g_free (self->draft_id);
  self->draft = g_steal_pointer (&draft->change);
  self->draft_id = g_strdup (draft->id);
  g_signal_emit (self, signals[REOPEN], 0, draft->id);
}

/* Takes @change over. */
static void
offer_back (BpRecordDetail *self,
            const char     *id,
            BpChange       *change,
            const char     *text)
{
  Draft *draft = g_new0 (Draft, 1);

  g_weak_ref_init (&draft->detail, self);
  draft->id = g_strdup (id);
  draft->change = change;
  bp_notice_show_undo (GTK_WIDGET (self), text, on_want_back, draft, draft_free);
}

static void
fail_saving (BpRecordDetail *self,
             BpChange       *sent,
             const char     *sent_id,
             const char     *message)
{
  if (self->sent_serial == self->serial)
    {
      bp_change_free (sent);
      show_fault (self, message);
    }
  else
    offer_back (self, sent_id, sent, message);
  update_actions (self);
}

static void
on_saved (GObject      *source,
          GAsyncResult *result,
          gpointer      user_data)
{
  g_autoptr (BpRecordDetail) self = user_data;
  g_autoptr (GError) error = NULL;
  g_autofree char *id = bp_shop_save_finish (BP_SHOP (source), result, &error);
  g_autoptr (BpChange) sent = g_steal_pointer (&self->sent);
  g_autofree char *sent_id = g_steal_pointer (&self->sent_id);

  bp_hold_application (FALSE);
  self->saving = FALSE;
  if (id == NULL)
    {
      fail_saving (self, g_steal_pointer (&sent), sent_id, error->message);
      return;
    }

  bp_notice_show (GTK_WIDGET (self), _("Saved"));
  if (self->sent_serial == self->serial)
    {
      bp_record_form_commit (self->form, sent);
      self->is_new = FALSE;
      g_free (self->id);
      self->id = g_strdup (id);
      g_signal_emit (self, signals[SAVED], 0, id, sent_id == NULL);
    }
  update_actions (self);
}

static void
save_record (GtkWidget  *widget,
             const char *action_name,
             GVariant   *parameter)
{
  BpRecordDetail *self = BP_RECORD_DETAIL (widget);
  g_autoptr (BpChange) change = NULL;

  if (self->saving)
    return;
  change = bp_record_form_read (self->form, self->is_new);
  if (change == NULL || (!self->is_new && bp_change_is_empty (change)))
    return;

  bp_hold_application (TRUE);
  self->saving = TRUE;
  self->sent = bp_change_copy (change);
  self->sent_id = g_strdup (self->is_new ? NULL : self->id);
  self->sent_serial = self->serial;
  show_fault (self, NULL);
  update_actions (self);
  bp_shop_save_async (self->shop,
                      bp_write_new (self->table, self->is_new ? NULL : self->id,
                                    self->is_new ? BP_OPERATION_INSERT : BP_OPERATION_UPDATE,
                                    g_steal_pointer (&change)),
                      NULL, on_saved, g_object_ref (self));
}

static void
close_detail (GtkWidget  *widget,
              const char *action_name,
              GVariant   *parameter)
{
  g_signal_emit (widget, signals[CLOSED], 0);
}

static void
on_delete (BpRecordDetail *self)
{
  g_signal_emit (self, signals[DELETE], 0);
}

static void
on_revert (BpRecordDetail *self)
{
  if (!shows_record (self))
    {
      bp_record_form_reset (self->form, NULL);
      g_signal_emit (self, signals[CLOSED], 0);
      return;
    }

  bp_record_form_reset (self->form, bp_record_get_state (self->record)->data);
  show_fault (self, NULL);
  update_actions (self);
}

static void
drop_record (BpRecordDetail *self)
{
  if (self->record != NULL)
    g_signal_handlers_disconnect_by_func (self->record, on_record_changed, self);
  g_clear_object (&self->record);
}

static void
bp_record_detail_dispose (GObject *object)
{
  BpRecordDetail *self = BP_RECORD_DETAIL (object);

  drop_record (self);
  g_clear_object (&self->format);
  g_clear_object (&self->shop);
  g_clear_pointer (&self->fact_rows, g_ptr_array_unref);
  g_clear_pointer (&self->sent, bp_change_free);
  g_clear_pointer (&self->sent_id, g_free);
  g_clear_pointer (&self->draft, bp_change_free);
  g_clear_pointer (&self->draft_id, g_free);
  g_clear_pointer (&self->id, g_free);
  gtk_widget_dispose_template (GTK_WIDGET (self), BP_TYPE_RECORD_DETAIL);

  G_OBJECT_CLASS (bp_record_detail_parent_class)->dispose (object);
}

static void
add_signals (GObjectClass *object_class)
{
  GType type = G_TYPE_FROM_CLASS (object_class);

  /**
   * BpRecordDetail::saved:
   * @self: the detail
   * @id: the record
   * @is_new: whether it has just been made
   */
  signals[SAVED] = g_signal_new ("saved", type, G_SIGNAL_RUN_LAST, 0, NULL, NULL, NULL,
                                 G_TYPE_NONE, 2, G_TYPE_STRING, G_TYPE_BOOLEAN);
  signals[DELETE] = g_signal_new ("delete", type, G_SIGNAL_RUN_LAST, 0, NULL, NULL, NULL,
                                  G_TYPE_NONE, 0);
  signals[CLOSED] = g_signal_new ("closed", type, G_SIGNAL_RUN_LAST, 0, NULL, NULL, NULL,
                                  G_TYPE_NONE, 0);
  /**
   * BpRecordDetail::reopen:
   * @self: the detail
   * @id: (nullable): the record that shall be shown again; a new one where
   *   %NULL
   */
  signals[REOPEN] = g_signal_new ("reopen", type, G_SIGNAL_RUN_LAST, 0, NULL, NULL, NULL,
                                  G_TYPE_NONE, 1, G_TYPE_STRING);
}

static void
bp_record_detail_class_init (BpRecordDetailClass *klass)
{
  GObjectClass *object_class = G_OBJECT_CLASS (klass);
  GtkWidgetClass *widget_class = GTK_WIDGET_CLASS (klass);

  object_class->dispose = bp_record_detail_dispose;
  add_signals (object_class);

  g_type_ensure (BP_TYPE_RECORD_FORM);
  g_type_ensure (BP_TYPE_TROUBLE_BANNER);
  gtk_widget_class_set_template_from_resource (
    widget_class, "/io/github/bizpulse/BizPulse/bp-record-detail.ui");
  gtk_widget_class_bind_template_child (widget_class, BpRecordDetail, title);
  gtk_widget_class_bind_template_child (widget_class, BpRecordDetail, status_box);
  gtk_widget_class_bind_template_child (widget_class, BpRecordDetail, status_icon);
  gtk_widget_class_bind_template_child (widget_class, BpRecordDetail, status_text);
  gtk_widget_class_bind_template_child (widget_class, BpRecordDetail, banner);
  gtk_widget_class_bind_template_child (widget_class, BpRecordDetail, fault);
  gtk_widget_class_bind_template_child (widget_class, BpRecordDetail, facts);
  gtk_widget_class_bind_template_child (widget_class, BpRecordDetail, form);
  gtk_widget_class_bind_template_child (widget_class, BpRecordDetail, foot);
  gtk_widget_class_bind_template_child (widget_class, BpRecordDetail, delete_button);
  gtk_widget_class_bind_template_child (widget_class, BpRecordDetail, revert_button);
  gtk_widget_class_bind_template_callback (widget_class, on_form_changed);
  gtk_widget_class_bind_template_callback (widget_class, show_fault);
  gtk_widget_class_bind_template_callback (widget_class, on_delete);
  gtk_widget_class_bind_template_callback (widget_class, on_revert);
  gtk_widget_class_install_action (widget_class, "detail.save", NULL, save_record);
  gtk_widget_class_install_action (widget_class, "detail.close", NULL, close_detail);
  gtk_widget_class_add_binding_action (widget_class, GDK_KEY_s, GDK_CONTROL_MASK, "detail.save",
                                       NULL);
  gtk_widget_class_add_binding_action (widget_class, GDK_KEY_Escape, 0, "detail.close", NULL);
}

static void
bp_record_detail_init (BpRecordDetail *self)
{
  gtk_widget_init_template (GTK_WIDGET (self));
  self->fact_rows = g_ptr_array_new ();
}

/* Its target is the record that is shown. */
static GtkWidget *
create_action_button (BpRecordDetail *self)
{
  GtkWidget *button = gtk_button_new_with_label (_(self->section->action_label));

  gtk_widget_set_valign (button, GTK_ALIGN_CENTER);
  gtk_actionable_set_action_name (GTK_ACTIONABLE (button), self->section->action);
  gtk_actionable_set_action_target (GTK_ACTIONABLE (button), "s", "");
  self->action_button = button;
  return button;
}

static void
add_fact_row (BpRecordDetail *self,
              const BpField  *field)
{
  g_autofree char *label = g_strdup (_(field->label));
  GtkWidget *row = adw_action_row_new ();
  GtkWidget *value = gtk_label_new (NULL);

  adw_preferences_row_set_use_markup (ADW_PREFERENCES_ROW (row), FALSE);
  adw_preferences_row_set_title (ADW_PREFERENCES_ROW (row), label);
  gtk_widget_set_focusable (row, FALSE);
  gtk_widget_add_css_class (value, "numeric");
  gtk_label_set_ellipsize (GTK_LABEL (value), PANGO_ELLIPSIZE_END);
  gtk_label_set_xalign (GTK_LABEL (value), 1);
  adw_action_row_add_suffix (ADW_ACTION_ROW (row), value);
  if (field->flags & BP_FIELD_PROJECTION && self->section->action != NULL)
    adw_action_row_add_suffix (ADW_ACTION_ROW (row), create_action_button (self));
  adw_preferences_group_add (self->facts, row);
  g_ptr_array_add (self->fact_rows, value);
}

/**
 * bp_record_detail_new:
 * @section: whose records
 * @format: how their values are written
 *
 * Returns: (transfer floating): a detail that shows nothing
 */
GtkWidget *
bp_record_detail_new (const BpSection *section,
                      BpFormat        *format)
{
  BpRecordDetail *self = g_object_new (BP_TYPE_RECORD_DETAIL, NULL);

  self->section = section;
  self->table = bp_section_get_table (section);
  self->format = g_object_ref (format);
  self->shop = g_object_ref (bp_format_get_shop (format));
  bp_record_form_set_table (self->form, self->table, format);
  for (guint i = 0; i < self->table->n_fields; i++)
    {
      if (is_only_shown (self->table, &self->table->fields[i]))
        add_fact_row (self, &self->table->fields[i]);
    }
  g_signal_connect_object (format, "changed", G_CALLBACK (update_all), self, G_CONNECT_SWAPPED);
  update_all (self);
  return GTK_WIDGET (self);
}

/**
 * bp_record_detail_set_record:
 * @self: a detail
 * @record: what it shows from now on, and follows
 *
 * What was typed into another record and not saved is offered back.
 */
void
bp_record_detail_set_record (BpRecordDetail *self,
                             BpRecord       *record)
{
  if (self->record != record)
    {
      drop_record (self);
      self->record = g_object_ref (record);
      g_signal_connect_swapped (record, "changed", G_CALLBACK (on_record_changed), self);
    }
  on_record_changed (self);
}

/**
 * bp_record_detail_begin_new:
 * @self: a detail
 *
 * Shows a form for a new record and goes to its first field.
 */
void
bp_record_detail_begin_new (BpRecordDetail *self)
{
  g_autoptr (BpChange) change = bp_change_new (self->table);

  bp_record_detail_leave (self);
  self->serial++;
  self->is_new = TRUE;
  g_clear_pointer (&self->id, g_free);
  if (self->section->prefill != NULL)
    self->section->prefill (bp_format_get_profile (self->format), change);
  show_fault (self, NULL);
  bp_record_form_reset (self->form, change);
  type_draft (self);
  update_all (self);
  bp_record_form_focus_first (self->form);
}

/**
 * bp_record_detail_leave:
 * @self: a detail
 *
 * Gives up what was typed and not saved; a toast offers it back.
 */
void
bp_record_detail_leave (BpRecordDetail *self)
{
  g_autofree char *text = NULL;

  if (self->saving || !bp_record_form_is_changed (self->form))
    return;

  text = g_strdup_printf (_("Changes to “%s” were not saved"), gtk_label_get_text (self->title));
  offer_back (self, self->is_new ? NULL : self->id, bp_record_form_dup_draft (self->form), text);
  bp_record_form_reset (self->form, NULL);
}

/**
 * bp_record_detail_is_changed:
 * @self: a detail
 *
 * Returns: whether something is typed that is not saved
 */
gboolean
bp_record_detail_is_changed (BpRecordDetail *self)
{
  return bp_record_form_is_changed (self->form);
}

/**
 * bp_record_detail_focus:
 * @self: a detail
 */
void
bp_record_detail_focus (BpRecordDetail *self)
{
  bp_record_form_focus_first (self->form);
}

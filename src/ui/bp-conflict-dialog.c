#include "config.h"

#include "bp-conflict-dialog.h"

#include "bp-conflict-row.h"
#include "bp-dialogs.h"
#include "bp-hold.h"
#include "bp-merge.h"
#include "bp-notice.h"

#include <glib/gi18n.h>

#define WIDTH 900
#define HEIGHT 540

struct _BpConflictDialog
{
  AdwWindow parent_instance;

  AdwWindowTitle *heading;   /* (unowned), as all widgets here */
  GtkWidget *later_button;
  GtkWidget *save_button;
  GtkRevealer *notice_revealer;
  GtkLabel *notice;
  GtkStack *stack;
  AdwBin *grid_bin;
  GtkLabel *projections;
  GtkWidget *mine_button;
  GtkWidget *server_button;
  GtkCheckButton *unchanged_button;
  GtkLabel *question;
  GtkLabel *body;
  GtkButton *delete_button;
  GtkButton *keep_button;

  BpFormat *format;          /* (owned) */
  BpShop *shop;              /* (owned) */
  BpConflictWords *words;    /* (owned) (nullable): until one is read */
  GPtrArray *rows;           /* (owned) (element-type BpConflictRow) */
  GPtrArray *unchanged;      /* (owned) (element-type GtkWidget): what is shown on demand */
  GCancellable *cancellable; /* (owned) */
  gint64 id;                 /* of what is read or shown */
  gint64 server_version;     /* of what is shown; −1 for none */
  gboolean deciding;
};

G_DEFINE_FINAL_TYPE (BpConflictDialog, bp_conflict_dialog, ADW_TYPE_WINDOW)

static const BpConflictCase *
get_case (BpConflictDialog *self)
{
  return bp_conflict_words_get_case (self->words);
}

static gboolean
is_question (const BpConflict *conflict)
{
  return conflict->type == BP_CONFLICT_DELETE_UPDATE
         || conflict->type == BP_CONFLICT_UPDATE_DELETE;
}

/* Nothing is left to choose between, or it cannot be undone here. */
static gboolean
is_only_shown (const BpConflict *conflict)
{
  return g_strcmp0 (conflict->decision, "renumbered") == 0 || conflict->local == NULL
         || (conflict->server == NULL && conflict->type != BP_CONFLICT_DELETE_UPDATE);
}

static void
show_notice (BpConflictDialog *self,
             const char       *text)
{
  gtk_label_set_text (self->notice, text != NULL ? text : "");
  gtk_revealer_set_reveal_child (self->notice_revealer, text != NULL);
}

static void
set_busy (BpConflictDialog *self,
          gboolean          busy)
{
  self->deciding = busy;
  gtk_widget_set_sensitive (GTK_WIDGET (self->stack), !busy);
  gtk_widget_set_sensitive (self->save_button, !busy);
}

static void
show_heading (BpConflictDialog *self)
{
  const BpConflictCase *contested = get_case (self);
  g_autofree char *title = bp_conflict_words_make_title (self->words);
  g_autofree char *place = NULL;

  if (contested->conflict->decision != NULL)
    place = bp_conflict_words_make_decision (self->words);
  else
    /* Translators: which conflict of how many. */
    place = g_strdup_printf (_("Conflict %u of %u"), contested->position, contested->n_open);
  adw_window_title_set_title (self->heading, title);
  adw_window_title_set_subtitle (self->heading, place);
  gtk_window_set_title (GTK_WINDOW (self), title);
}

static GtkWidget *
create_title (const char *title,
              const char *who)
{
  GtkWidget *box = gtk_box_new (GTK_ORIENTATION_VERTICAL, 0);
  GtkWidget *label = gtk_label_new (title);

  gtk_label_set_xalign (GTK_LABEL (label), 0);
  gtk_widget_add_css_class (label, "heading");
  gtk_box_append (GTK_BOX (box), label);
  if (who != NULL && who[0] != '\0')
    {
      GtkWidget *caption = gtk_label_new (who);

      gtk_label_set_xalign (GTK_LABEL (caption), 0);
      gtk_label_set_wrap (GTK_LABEL (caption), TRUE);
      gtk_label_set_max_width_chars (GTK_LABEL (caption), 24);
      gtk_widget_add_css_class (caption, "caption");
      gtk_widget_add_css_class (caption, "dim-label");
      gtk_box_append (GTK_BOX (box), caption);
    }
  return box;
}

static void
add_titles (BpConflictDialog *self,
            GtkGrid          *grid)
{
  g_autofree char *local = bp_conflict_words_make_who (self->words, BP_CONFLICT_LOCAL);
  g_autofree char *server = bp_conflict_words_make_who (self->words, BP_CONFLICT_SERVER);

  gtk_grid_attach (grid, create_title (_("Field"), NULL), 0, 0, 1, 1);
  gtk_grid_attach (grid, create_title (_("Before"), NULL), 1, 0, 1, 1);
  gtk_grid_attach (grid, create_title (_("This Device"), local), 2, 0, 1, 1);
  gtk_grid_attach (grid, create_title (_("Server"), server), 3, 0, 1, 1);
  gtk_grid_attach (grid, create_title (_("Result"), NULL), 4, 0, 1, 1);
}

/* Of a conflict that was decided, the record as it is now counts. */
static BpConflictSide
get_first_pick (const BpConflict *conflict,
                guint             unit)
{
  if (conflict->decision != NULL)
    return BP_CONFLICT_NOW;
  return bp_merge_get_side (conflict, unit) == BP_MERGE_SIDE_LOCAL ? BP_CONFLICT_LOCAL
                                                                   : BP_CONFLICT_SERVER;
}

static void
add_row (BpConflictDialog *self,
         GtkGrid          *grid,
         guint             unit,
         int               at)
{
  BpConflictRow *row = bp_conflict_row_new (self->words, unit);
  BpConflictSide pick = get_first_pick (get_case (self)->conflict, unit);

  if (pick == BP_CONFLICT_NOW && !bp_conflict_words_has (self->words, pick))
    pick = BP_CONFLICT_LOCAL;
  bp_conflict_row_attach (row, grid, at);
  bp_conflict_row_pick (row, pick);
  g_ptr_array_add (self->rows, row);
}

static void
add_unchanged (BpConflictDialog *self,
               GtkGrid          *grid,
               guint             unit,
               int               at)
{
  g_autofree char *label = bp_conflict_words_make_label (self->words, unit);
  g_autofree char *text = bp_conflict_words_make_value (self->words, BP_CONFLICT_SERVER, unit);
  const char *texts[] = { label, text };

  for (int i = 0; i < 2; i++)
    {
      GtkWidget *cell = gtk_label_new (texts[i]);

      gtk_label_set_xalign (GTK_LABEL (cell), 0);
      gtk_label_set_ellipsize (GTK_LABEL (cell), PANGO_ELLIPSIZE_END);
      gtk_widget_add_css_class (cell, "dim-label");
      gtk_widget_set_visible (cell, FALSE);
      gtk_grid_attach (grid, cell, i, at, i == 0 ? 1 : 4, 1);
      g_ptr_array_add (self->unchanged, cell);
    }
}

static gboolean
differs (const BpConflict *conflict,
         guint             unit)
{
  BpMergeSide side = bp_merge_get_side (conflict, unit);

  return side != BP_MERGE_SIDE_NONE && side != BP_MERGE_SIDE_SAME;
}

/* A sale's amounts are one; its lines stand for them all. */
static gboolean
is_shown (const BpField *field)
{
  return (field->flags & BP_FIELD_PROJECTION) == 0
         && (!(field->flags & BP_FIELD_AMOUNTS) || field->type == BP_FIELD_LINES);
}

static void
fill_grid (BpConflictDialog *self)
{
  const BpConflict *conflict = get_case (self)->conflict;
  GtkWidget *grid = gtk_grid_new ();
  g_autofree char *unchanged = NULL;
  int at = 1;

  gtk_grid_set_column_spacing (GTK_GRID (grid), 18);
  gtk_grid_set_row_spacing (GTK_GRID (grid), 12);
  add_titles (self, GTK_GRID (grid));
  for (guint i = 0; i < conflict->table->n_fields; i++)
    {
      if (is_shown (&conflict->table->fields[i]) && differs (conflict, i))
        add_row (self, GTK_GRID (grid), i, at++);
    }
  for (guint i = 0; i < conflict->table->n_fields; i++)
    {
      if (is_shown (&conflict->table->fields[i]) && !differs (conflict, i))
        add_unchanged (self, GTK_GRID (grid), i, at++);
    }
  adw_bin_set_child (self->grid_bin, grid);
  unchanged = g_strdup_printf (_("Show unchanged fields (%u)"), self->unchanged->len / 2);
  gtk_check_button_set_label (self->unchanged_button, unchanged);
  gtk_check_button_set_active (self->unchanged_button, FALSE);
  gtk_widget_set_visible (GTK_WIDGET (self->unchanged_button), self->unchanged->len > 0);
}

/* Figures that nobody writes are no choice. */
static void
show_projections (BpConflictDialog *self)
{
  const BpConflict *conflict = get_case (self)->conflict;
  g_autoptr (GString) text = g_string_new (NULL);

  for (guint i = 0; i < conflict->table->n_fields; i++)
    {
      g_autofree char *label = NULL;
      g_autofree char *value = NULL;

      if (!(conflict->table->fields[i].flags & BP_FIELD_PROJECTION))
        continue;
      label = bp_conflict_words_make_label (self->words, i);
      value = bp_conflict_words_make_value (self->words, BP_CONFLICT_NOW, i);
      g_string_append_printf (text,
                              /* Translators: a figure’s label and its value. */
                              _("%s: %s. Not a choice: it is worked out from what both sides did."),
                              label, value);
    }
  gtk_label_set_text (self->projections, text->str);
  gtk_widget_set_visible (GTK_WIDGET (self->projections), text->len > 0);
}

static void
show_fields (BpConflictDialog *self)
{
  const BpConflict *conflict = get_case (self)->conflict;
  gboolean can_decide = !is_only_shown (conflict);

  fill_grid (self);
  show_projections (self);
  gtk_widget_set_visible (self->save_button, can_decide);
  gtk_widget_set_visible (self->mine_button, can_decide);
  gtk_widget_set_visible (self->server_button, can_decide);
  gtk_widget_set_sensitive (GTK_WIDGET (self->grid_bin), can_decide);
  gtk_stack_set_visible_child_name (self->stack, "fields");
  if (can_decide && self->rows->len > 0)
    bp_conflict_row_grab_focus (self->rows->pdata[0]);
  else
    gtk_widget_grab_focus (self->later_button);
}

static void
show_question (BpConflictDialog *self)
{
  const BpConflict *conflict = get_case (self)->conflict;
  g_autofree char *heading = bp_conflict_words_make_heading (self->words);
  g_autofree char *body = bp_conflict_words_make_body (self->words);
  gboolean is_deleted_here = conflict->type == BP_CONFLICT_UPDATE_DELETE;

  gtk_label_set_text (self->question, heading);
  gtk_label_set_text (self->body, body);
  gtk_button_set_label (self->delete_button,
                        is_deleted_here ? _("Delete All the Same") : _("Accept Deletion"));
  gtk_button_set_label (self->keep_button,
                        is_deleted_here ? _("Use the Server’s") : _("Keep Mine"));
  gtk_widget_set_visible (self->save_button, FALSE);
  gtk_stack_set_visible_child_name (self->stack, "question");
  /* Enter alone decides nothing. */
  gtk_widget_grab_focus (self->later_button);
}

static void
show_nothing (BpConflictDialog *self)
{
  adw_window_title_set_title (self->heading, _("Conflicts"));
  adw_window_title_set_subtitle (self->heading, "");
  gtk_widget_set_visible (self->save_button, FALSE);
  gtk_stack_set_visible_child_name (self->stack, "none");
  gtk_widget_grab_focus (self->later_button);
}

static void
clear (BpConflictDialog *self)
{
  g_ptr_array_set_size (self->rows, 0);
  g_ptr_array_set_size (self->unchanged, 0);
  adw_bin_set_child (self->grid_bin, NULL);
  g_clear_pointer (&self->words, bp_conflict_words_free);
  self->server_version = -1;
}

static void
on_read (GObject      *source,
         GAsyncResult *result,
         gpointer      user_data)
{
  g_autoptr (BpConflictDialog) self = user_data;
  g_autoptr (GError) error = NULL;
  BpConflictCase *contested = bp_conflict_case_read_finish (BP_SHOP (source), result, &error);

  if (g_error_matches (error, G_IO_ERROR, G_IO_ERROR_CANCELLED))
    return;

  clear (self);
  set_busy (self, FALSE);
  if (contested == NULL)
    {
      show_notice (self, error->message);
      show_nothing (self);
      return;
    }
  if (contested->conflict == NULL)
    {
      bp_conflict_case_free (contested);
      show_nothing (self);
      return;
    }

  self->words = bp_conflict_words_new (self->format, contested);
  self->id = contested->conflict->id;
  self->server_version = bp_conflict_case_get_server_version (contested);
  show_heading (self);
  if (is_question (contested->conflict) && !is_only_shown (contested->conflict))
    show_question (self);
  else
    show_fields (self);
}

static void
read_case (BpConflictDialog *self)
{
  bp_conflict_case_read_async (self->shop, self->id, self->cancellable, on_read,
                               g_object_ref (self));
}

static void
tell (BpConflictDialog *self,
      const char       *text)
{
  GtkWindow *parent = gtk_window_get_transient_for (GTK_WINDOW (self));

  if (parent != NULL && ADW_IS_APPLICATION_WINDOW (parent))
    bp_notice_show (adw_application_window_get_content (ADW_APPLICATION_WINDOW (parent)), text);
}

/* What was decided is left behind; the next one comes, if there is any. */
static void
go_on (BpConflictDialog *self)
{
  const BpConflictCase *contested = get_case (self);
  g_autofree char *title = bp_conflict_words_make_title (self->words);
  g_autofree char *text = g_strdup_printf (_("“%s” is decided"), title);

  tell (self, text);
  if (contested->conflict->decision != NULL || contested->next == 0)
    {
      gtk_window_close (GTK_WINDOW (self));
      return;
    }

  self->id = contested->next;
  show_notice (self, NULL);
  read_case (self);
}

static void
on_decided (GObject      *source,
            GAsyncResult *result,
            gpointer      user_data)
{
  g_autoptr (BpConflictDialog) self = user_data;
  g_autoptr (GError) error = NULL;
  gboolean done = bp_conflict_case_decide_finish (BP_SHOP (source), result, &error);

  bp_hold_application (FALSE);
  if (g_cancellable_is_cancelled (self->cancellable))
    return;
  if (done)
    {
      go_on (self);
      return;
    }

  set_busy (self, FALSE);
  if (!g_error_matches (error, BP_STORE_ERROR, BP_STORE_ERROR_STALE))
    {
      show_notice (self, error->message);
      return;
    }

  show_notice (self, _("The server’s side has changed meanwhile: look again, nothing was saved."));
  read_case (self);
}

static void
decide (BpConflictDialog *self,
        BpDecision        decision,
        const BpChange   *merged)
{
  if (self->words == NULL || self->deciding)
    return;

  set_busy (self, TRUE);
  bp_hold_application (TRUE);
  bp_conflict_case_decide_async (self->shop, get_case (self), decision, merged, on_decided,
                                 g_object_ref (self));
}

static void
on_keep_mine (BpConflictDialog *self)
{
  decide (self, BP_DECISION_LOCAL, NULL);
}

static void
on_use_server (BpConflictDialog *self)
{
  decide (self, BP_DECISION_SERVER, NULL);
}

static void
on_delete (BpConflictDialog *self)
{
  decide (self,
          get_case (self)->conflict->type == BP_CONFLICT_UPDATE_DELETE ? BP_DECISION_LOCAL
                                                                       : BP_DECISION_SERVER,
          NULL);
}

static void
on_keep (BpConflictDialog *self)
{
  decide (self,
          get_case (self)->conflict->type == BP_CONFLICT_UPDATE_DELETE ? BP_DECISION_SERVER
                                                                       : BP_DECISION_LOCAL,
          NULL);
}

static BpChange *
make_merged (BpConflictDialog *self)
{
  const BpConflict *conflict = get_case (self)->conflict;
  g_autoptr (BpChange) merged = bp_change_new (conflict->table);
  BpConflictRow *wrong = NULL;

  for (guint i = 0; i < conflict->table->n_fields; i++)
    {
      if (!(conflict->table->fields[i].flags & BP_FIELD_PROJECTION))
        bp_change_set (merged, i,
                       bp_conflict_words_get_value (self->words, BP_CONFLICT_SERVER, i));
    }
  for (guint i = 0; i < self->rows->len; i++)
    {
      if (!bp_conflict_row_read (self->rows->pdata[i], merged) && wrong == NULL)
        wrong = self->rows->pdata[i];
    }
  if (wrong == NULL)
    return g_steal_pointer (&merged);

  bp_conflict_row_grab_focus (wrong);
  return NULL;
}

static void
on_save (BpConflictDialog *self)
{
  g_autoptr (BpChange) merged = NULL;

  if (self->words == NULL || is_question (get_case (self)->conflict)
      || is_only_shown (get_case (self)->conflict))
    return;

  merged = make_merged (self);
  if (merged != NULL)
    decide (self, BP_DECISION_MERGED, merged);
}

static void
on_unchanged_toggled (BpConflictDialog *self)
{
  gboolean show = gtk_check_button_get_active (self->unchanged_button);

  for (guint i = 0; i < self->unchanged->len; i++)
    gtk_widget_set_visible (self->unchanged->pdata[i], show);
}

/* What is looked at may be decided elsewhere, or move on the server. */
static void
on_looked (GObject      *source,
           GAsyncResult *result,
           gpointer      user_data)
{
  g_autoptr (BpConflictDialog) self = user_data;
  g_autoptr (BpConflictCase) contested
    = bp_conflict_case_read_finish (BP_SHOP (source), result, NULL);

  if (contested == NULL || contested->conflict == NULL || self->words == NULL || self->deciding
      || contested->conflict->id != self->id)
    return;
  if ((contested->conflict->decision != NULL) != (get_case (self)->conflict->decision != NULL))
    {
      show_notice (self, _("This was decided elsewhere meanwhile."));
      read_case (self);
    }
  else if (bp_conflict_case_get_server_version (contested) != self->server_version)
    {
      show_notice (self, _("The server’s side has changed meanwhile: look again."));
      read_case (self);
    }
}

static void
on_shop_changed (BpConflictDialog *self,
                 guint             tables)
{
  if (self->words == NULL || self->deciding
      || !(tables & (1u << bp_table_get_index (get_case (self)->conflict->table))))
    return;

  bp_conflict_case_read_async (self->shop, self->id, self->cancellable, on_looked,
                               g_object_ref (self));
}

static BpConflictRow *
find_focused (BpConflictDialog *self)
{
  GtkWidget *focus = gtk_window_get_focus (GTK_WINDOW (self));

  for (guint i = 0; i < self->rows->len; i++)
    {
      if (bp_conflict_row_contains (self->rows->pdata[i], focus))
        return self->rows->pdata[i];
    }

  return NULL;
}

static gboolean
pick_key (GtkWidget *widget,
          GVariant  *args,
          gpointer   user_data)
{
  BpConflictDialog *self = BP_CONFLICT_DIALOG (widget);
  BpConflictRow *row = self->deciding ? NULL : find_focused (self);
  BpConflictSide side = (BpConflictSide)g_variant_get_uint32 (args);

  if (row == NULL)
    return FALSE;
  bp_conflict_row_pick (row, side);
  bp_conflict_row_grab_focus (row);
  return TRUE;
}

static gboolean
save_key (GtkWidget *widget,
          GVariant  *args,
          gpointer   user_data)
{
  on_save (BP_CONFLICT_DIALOG (widget));
  return TRUE;
}

static void
bp_conflict_dialog_dispose (GObject *object)
{
  BpConflictDialog *self = BP_CONFLICT_DIALOG (object);

  g_cancellable_cancel (self->cancellable);
  g_clear_object (&self->cancellable);
  g_clear_pointer (&self->rows, g_ptr_array_unref);
  g_clear_pointer (&self->unchanged, g_ptr_array_unref);
  g_clear_pointer (&self->words, bp_conflict_words_free);
  g_clear_object (&self->shop);
  g_clear_object (&self->format);
  gtk_widget_dispose_template (GTK_WIDGET (self), BP_TYPE_CONFLICT_DIALOG);

  G_OBJECT_CLASS (bp_conflict_dialog_parent_class)->dispose (object);
}

static void
add_keys (GtkWidgetClass *widget_class)
{
  gtk_widget_class_add_binding (widget_class, GDK_KEY_1, GDK_ALT_MASK, pick_key, "u",
                                BP_CONFLICT_LOCAL);
  gtk_widget_class_add_binding (widget_class, GDK_KEY_2, GDK_ALT_MASK, pick_key, "u",
                                BP_CONFLICT_SERVER);
  gtk_widget_class_add_binding (widget_class, GDK_KEY_Return, GDK_CONTROL_MASK, save_key, NULL);
  gtk_widget_class_add_binding (widget_class, GDK_KEY_KP_Enter, GDK_CONTROL_MASK, save_key, NULL);
  gtk_widget_class_add_binding_action (widget_class, GDK_KEY_Escape, 0, "window.close", NULL);
}

static void
bp_conflict_dialog_class_init (BpConflictDialogClass *klass)
{
  GObjectClass *object_class = G_OBJECT_CLASS (klass);
  GtkWidgetClass *widget_class = GTK_WIDGET_CLASS (klass);

  object_class->dispose = bp_conflict_dialog_dispose;

  add_keys (widget_class);
  gtk_widget_class_set_template_from_resource (
    widget_class, "/io/github/bizpulse/BizPulse/bp-conflict-dialog.ui");
  gtk_widget_class_bind_template_child (widget_class, BpConflictDialog, heading);
  gtk_widget_class_bind_template_child (widget_class, BpConflictDialog, later_button);
  gtk_widget_class_bind_template_child (widget_class, BpConflictDialog, save_button);
  gtk_widget_class_bind_template_child (widget_class, BpConflictDialog, notice_revealer);
  gtk_widget_class_bind_template_child (widget_class, BpConflictDialog, notice);
  gtk_widget_class_bind_template_child (widget_class, BpConflictDialog, stack);
  gtk_widget_class_bind_template_child (widget_class, BpConflictDialog, grid_bin);
  gtk_widget_class_bind_template_child (widget_class, BpConflictDialog, projections);
  gtk_widget_class_bind_template_child (widget_class, BpConflictDialog, mine_button);
  gtk_widget_class_bind_template_child (widget_class, BpConflictDialog, server_button);
  gtk_widget_class_bind_template_child (widget_class, BpConflictDialog, unchanged_button);
  gtk_widget_class_bind_template_child (widget_class, BpConflictDialog, question);
  gtk_widget_class_bind_template_child (widget_class, BpConflictDialog, body);
  gtk_widget_class_bind_template_child (widget_class, BpConflictDialog, delete_button);
  gtk_widget_class_bind_template_child (widget_class, BpConflictDialog, keep_button);
  gtk_widget_class_bind_template_callback (widget_class, on_save);
  gtk_widget_class_bind_template_callback (widget_class, on_keep_mine);
  gtk_widget_class_bind_template_callback (widget_class, on_use_server);
  gtk_widget_class_bind_template_callback (widget_class, on_delete);
  gtk_widget_class_bind_template_callback (widget_class, on_keep);
  gtk_widget_class_bind_template_callback (widget_class, on_unchanged_toggled);
}

static void
bp_conflict_dialog_init (BpConflictDialog *self)
{
  gtk_widget_init_template (GTK_WIDGET (self));
  self->rows = g_ptr_array_new_with_free_func (g_object_unref);
  self->unchanged = g_ptr_array_new ();
  self->cancellable = g_cancellable_new ();
  self->server_version = -1;
}

/**
 * bp_conflict_dialog_new:
 * @parent: (nullable): above which window, no larger than that
 * @format: how the shop's values are written
 *
 * Returns: (transfer none): a dialog that shows nothing yet
 */
BpConflictDialog *
bp_conflict_dialog_new (GtkWindow *parent,
                        BpFormat  *format)
{
  BpConflictDialog *self = g_object_new (BP_TYPE_CONFLICT_DIALOG, NULL);

  self->format = g_object_ref (format);
  self->shop = g_object_ref (bp_format_get_shop (format));
  bp_dialogs_attach (GTK_WINDOW (self), parent, WIDTH, HEIGHT);
  g_signal_connect_object (self->shop, "changed", G_CALLBACK (on_shop_changed), self,
                           G_CONNECT_SWAPPED);
  return self;
}

/**
 * bp_conflict_dialog_show:
 * @self: a dialog
 * @id: a conflict, open or decided; 0 for the oldest open one
 *
 * Shows it as soon as it is read.
 */
void
bp_conflict_dialog_show (BpConflictDialog *self,
                         gint64            id)
{
  self->id = id;
  read_case (self);
  gtk_window_present (GTK_WINDOW (self));
}

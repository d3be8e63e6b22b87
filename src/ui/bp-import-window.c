#include "config.h"

#include "bp-import-window.h"

#include "bp-dialogs.h"
#include "bp-hold.h"
#include "bp-id.h"
#include "bp-import-columns.h"
#include "bp-import-undo.h"

#include <glib/gi18n.h>

#define WIDTH 860
#define HEIGHT 600
#define PREVIEW_ROWS 8
#define MAX_REASONS 100

typedef enum
{
  STAGE_START,
  STAGE_COLUMNS,
  STAGE_BUSY,
  STAGE_CHECKED,
  STAGE_IMPORTED,
  STAGE_STOPPED,
  STAGE_UNDONE,
} Stage;

struct _BpImportWindow
{
  AdwWindow parent_instance;

  AdwWindowTitle *title; /* (unowned), as all widgets here */
  GtkButton *back_button;
  GtkButton *next_button;
  GtkButton *choose_button;
  GtkButton *stop_button;
  GtkLabel *trouble;
  GtkStack *stack;
  GtkLabel *columns_hint;
  BpImportColumns *columns;
  GtkLabel *busy_label;
  GtkProgressBar *progress;
  GtkLabel *heading;
  GtkListBox *figures;
  GtkLabel *rejects;
  GtkLabel *reasons;

  BpFormat *format;          /* (owned) (nullable): until it is closed */
  const BpTable *table;
  char *path;                /* (owned) (nullable): until it is chosen */
  char *import_id;           /* (owned) (nullable): of the last import */
  GCancellable *cancellable; /* (owned) (nullable): of what is under way */
  Stage stage;
  Stage stage_before;        /* while it is busy: where it goes back to */
  gboolean has_begun;        /* something of the import is saved */
};

G_DEFINE_FINAL_TYPE (BpImportWindow, bp_import_window, ADW_TYPE_WINDOW)

static void check (BpImportWindow *self);
static void choose (BpImportWindow *self);
static void import (BpImportWindow *self);
static void return_to_columns (BpImportWindow *self);
static void undo (BpImportWindow *self);

/* What the two buttons above say and do in a stage. */
static const struct
{
  const char *page;
  const char *back;
  void (*go_back) (BpImportWindow *self);
  const char *next;
  void (*go_on)   (BpImportWindow *self);
} stages[] = {
  [STAGE_START] = { "start", NULL, NULL, NULL, NULL },
  [STAGE_COLUMNS] = { "columns", N_("Other File…"), choose, N_("Check"), check },
  [STAGE_BUSY] = { "busy", NULL, NULL, NULL, NULL },
  [STAGE_CHECKED] = { "outcome", N_("Back"), return_to_columns, N_("Import"), import },
  [STAGE_IMPORTED] = { "outcome", N_("Undo Import"), undo, NULL, NULL },
  [STAGE_STOPPED] = { "outcome", N_("Undo Import"), undo, NULL, NULL },
  [STAGE_UNDONE] = { "outcome", NULL, NULL, NULL, NULL },
};

static void
show_button (GtkButton  *button,
             const char *label)
{
  gtk_widget_set_visible (GTK_WIDGET (button), label != NULL);
  if (label != NULL)
    gtk_button_set_label (button, _(label));
}

static void
show_stage (BpImportWindow *self,
            Stage           stage)
{
  self->stage = stage;
  gtk_stack_set_visible_child_name (self->stack, stages[stage].page);
  show_button (self->back_button, stages[stage].back);
  show_button (self->next_button, stages[stage].next);
  gtk_widget_set_sensitive (GTK_WIDGET (self->next_button), TRUE);
  gtk_widget_set_visible (GTK_WIDGET (self->trouble), FALSE);
  if (stages[stage].next != NULL)
    gtk_widget_grab_focus (GTK_WIDGET (self->next_button));
}

static void
show_trouble (BpImportWindow *self,
              const GError   *error)
{
  gtk_label_set_text (self->trouble, error->message);
  gtk_widget_set_visible (GTK_WIDGET (self->trouble), TRUE);
}

/* What takes time: until end_busy() the window waits for it. */
static void
begin_busy (BpImportWindow *self,
            const char     *text,
            gboolean        may_stop)
{
  self->stage_before = self->stage;
  g_clear_object (&self->cancellable);
  if (may_stop)
    self->cancellable = g_cancellable_new ();
  gtk_label_set_text (self->busy_label, text);
  gtk_progress_bar_set_fraction (self->progress, 0);
  gtk_progress_bar_set_text (self->progress, "");
  gtk_widget_set_visible (GTK_WIDGET (self->stop_button), may_stop);
  gtk_widget_set_sensitive (GTK_WIDGET (self->stop_button), TRUE);
  show_stage (self, STAGE_BUSY);
  bp_hold_application (TRUE);
}

/* Returns: whether the window is still there. */
static gboolean
end_busy (BpImportWindow *self)
{
  bp_hold_application (FALSE);
  return self->format != NULL;
}

static void
on_progress (guint    done,
             guint    total,
             gpointer user_data)
{
  BpImportWindow *self = user_data;
  /* Translators: how many of how many are done. */
  g_autofree char *text = g_strdup_printf (_("%'u of %'u"), done, total);

  self->has_begun = TRUE;
  if (self->format == NULL)
    return;
  gtk_progress_bar_set_fraction (self->progress, (double)done / total);
  gtk_progress_bar_set_text (self->progress, text);
}

static void
begin_outcome (BpImportWindow *self,
               const char     *heading)
{
  GtkWidget *row;

  gtk_label_set_text (self->heading, heading);
  while ((row = gtk_widget_get_first_child (GTK_WIDGET (self->figures))) != NULL)
    gtk_list_box_remove (self->figures, row);
  gtk_widget_set_visible (GTK_WIDGET (self->figures), FALSE);
  gtk_widget_set_visible (GTK_WIDGET (self->rejects), FALSE);
  gtk_widget_set_visible (GTK_WIDGET (self->reasons), FALSE);
}

static void
add_figure (BpImportWindow *self,
            const char     *title,
            guint           count)
{
  GtkWidget *row = adw_action_row_new ();
  g_autofree char *text = g_strdup_printf ("%'u", count);
  /* Translators: a title and its figure, for a screen reader. */
  g_autofree char *label = g_strdup_printf (_("%s: %s"), title, text);
  GtkWidget *number = gtk_label_new (text);

  gtk_widget_add_css_class (number, "numeric");
  adw_preferences_row_set_title (ADW_PREFERENCES_ROW (row), title);
  adw_action_row_add_suffix (ADW_ACTION_ROW (row), number);
  gtk_list_box_row_set_activatable (GTK_LIST_BOX_ROW (row), FALSE);
  gtk_accessible_reset_relation (GTK_ACCESSIBLE (row), GTK_ACCESSIBLE_RELATION_LABELLED_BY);
  gtk_accessible_update_property (GTK_ACCESSIBLE (row), GTK_ACCESSIBLE_PROPERTY_LABEL, label, -1);
  gtk_list_box_append (self->figures, row);
  gtk_widget_set_visible (GTK_WIDGET (self->figures), TRUE);
}

static void
show_reasons (BpImportWindow *self,
              GPtrArray      *reasons)
{
  g_autoptr (GString) text = g_string_new (NULL);

  for (guint i = 0; i < MIN (reasons->len, MAX_REASONS); i++)
    g_string_append_printf (text, "%s%s", i > 0 ? "\n" : "", (char *)reasons->pdata[i]);
  if (reasons->len > MAX_REASONS)
    g_string_append_printf (text, "\n…");
  gtk_label_set_text (self->reasons, text->str);
  gtk_widget_set_visible (GTK_WIDGET (self->reasons), reasons->len > 0);
}

static void
show_result (BpImportWindow       *self,
             const char           *heading,
             const BpImportResult *result)
{
  begin_outcome (self, heading);
  add_figure (self, _("Rows in the file"), result->rows);
  add_figure (self, _("New"), result->added);
  add_figure (self, _("Changed"), result->changed);
  add_figure (self, _("Rejected rows"), result->rejected);
  show_reasons (self, result->reasons);
  if (result->rejects_path != NULL)
    {
      g_autofree char *path = g_filename_display_name (result->rejects_path);
      g_autofree char *text
        = g_strdup_printf (_("The rejected rows are in %s, each with the reason."), path);

      gtk_label_set_text (self->rejects, text);
      gtk_widget_set_visible (GTK_WIDGET (self->rejects), TRUE);
    }
}

static void
on_checked (GObject      *source,
            GAsyncResult *result,
            gpointer      user_data)
{
  g_autoptr (BpImportWindow) self = user_data;
  g_autoptr (GError) error = NULL;
  g_autoptr (BpImportResult) seen = bp_import_run_finish (BP_SHOP (source), result, &error);

  if (!end_busy (self))
    return;
  if (seen == NULL)
    {
      show_stage (self, STAGE_COLUMNS);
      if (!g_error_matches (error, G_IO_ERROR, G_IO_ERROR_CANCELLED))
        show_trouble (self, error);
      return;
    }

  show_result (self, _("This Would Happen"), seen);
  show_stage (self, STAGE_CHECKED);
  gtk_widget_set_sensitive (GTK_WIDGET (self->next_button), seen->added + seen->changed > 0);
}

static void
on_stopped (BpImportWindow *self,
            const GError   *error)
{
  gboolean is_wanted = g_error_matches (error, G_IO_ERROR, G_IO_ERROR_CANCELLED);

  if (self->has_begun)
    {
      begin_outcome (self, is_wanted ? _("Stopped") : _("The Import Broke Off"));
      gtk_label_set_text (self->rejects, _("What was saved before is kept. The same file again"
                                           " brings in the rest; Undo takes back what is here."));
      gtk_widget_set_visible (GTK_WIDGET (self->rejects), TRUE);
      show_stage (self, STAGE_STOPPED);
    }
  else
    {
      show_stage (self, STAGE_COLUMNS);
    }
  if (!is_wanted)
    show_trouble (self, error);
}

static void
on_imported (GObject      *source,
             GAsyncResult *result,
             gpointer      user_data)
{
  g_autoptr (BpImportWindow) self = user_data;
  g_autoptr (GError) error = NULL;
  g_autoptr (BpImportResult) done = bp_import_run_finish (BP_SHOP (source), result, &error);

  if (!end_busy (self))
    return;
  if (done == NULL)
    {
      on_stopped (self, error);
      return;
    }

  show_result (self, _("Imported"), done);
  show_stage (self, STAGE_IMPORTED);
}

static void
run (BpImportWindow     *self,
     gboolean            dry_run,
     GAsyncReadyCallback callback)
{
  g_auto (GStrv) fields = bp_import_columns_dup_fields (self->columns);
  BpImportOptions options = {
    .table = self->table,
    .path = self->path,
    .fields = (const char *const *)fields,
    .id = self->import_id,
    .dry_run = dry_run,
    .progress = on_progress,
    .progress_data = self,
  };

  self->has_begun = FALSE;
  bp_import_run_async (bp_format_get_shop (self->format), &options, self->cancellable, callback,
                       g_object_ref (self));
}

static void
check (BpImportWindow *self)
{
  begin_busy (self, _("Checking the file…"), TRUE);
  run (self, TRUE, on_checked);
}

static void
import (BpImportWindow *self)
{
  g_free (self->import_id);
  self->import_id = bp_id_new (bp_shop_get_clock (bp_format_get_shop (self->format)));
  begin_busy (self, _("Importing…"), TRUE);
  run (self, FALSE, on_imported);
}

static void
on_undone (GObject      *source,
           GAsyncResult *result,
           gpointer      user_data)
{
  g_autoptr (BpImportWindow) self = user_data;
  g_autoptr (GError) error = NULL;
  g_autoptr (BpImportUndone) undone = bp_import_undo_finish (BP_SHOP (source), result, &error);

  if (!end_busy (self))
    return;
  if (undone == NULL)
    {
      show_stage (self, self->stage_before);
      show_trouble (self, error);
      return;
    }

  begin_outcome (self, _("The Import Is Taken Back"));
  if (undone->voided > 0)
    add_figure (self, _("Sales voided"), undone->voided);
  add_figure (self, _("Deleted again"), undone->deleted);
  add_figure (self, _("As they were"), undone->restored);
  if (undone->reversed > 0)
    add_figure (self, _("Payments and movements cancelled"), undone->reversed);
  add_figure (self, _("Kept"), undone->kept);
  show_reasons (self, undone->reasons);
  show_stage (self, STAGE_UNDONE);
}

static void
undo (BpImportWindow *self)
{
  begin_busy (self, _("Taking the import back…"), FALSE);
  bp_import_undo_async (bp_format_get_shop (self->format), self->import_id, NULL, on_undone,
                        g_object_ref (self));
}

static void
return_to_columns (BpImportWindow *self)
{
  show_stage (self, STAGE_COLUMNS);
}

static void
on_file_chosen (GObject    *object,
                const char *path)
{
  bp_import_window_open (BP_IMPORT_WINDOW (object), path);
}

static void
choose (BpImportWindow *self)
{
  bp_dialogs_choose_file (GTK_WINDOW (self), gtk_window_get_title (GTK_WINDOW (self)),
                          on_file_chosen, G_OBJECT (self));
}

static void
on_choose (BpImportWindow *self)
{
  choose (self);
}

static void
on_back (BpImportWindow *self)
{
  if (stages[self->stage].go_back != NULL)
    stages[self->stage].go_back (self);
}

static void
on_next (BpImportWindow *self)
{
  if (stages[self->stage].go_on != NULL)
    stages[self->stage].go_on (self);
}

static void
on_stop (BpImportWindow *self)
{
  gtk_widget_set_sensitive (GTK_WIDGET (self->stop_button), FALSE);
  g_cancellable_cancel (self->cancellable);
}

/* What is under way stops first, so that the user sees how far it came. */
static gboolean
bp_import_window_close_request (GtkWindow *window)
{
  BpImportWindow *self = BP_IMPORT_WINDOW (window);

  if (self->stage != STAGE_BUSY)
    return GTK_WINDOW_CLASS (bp_import_window_parent_class)->close_request (window);

  if (self->cancellable != NULL)
    on_stop (self);
  return TRUE;
}

static void
bp_import_window_dispose (GObject *object)
{
  BpImportWindow *self = BP_IMPORT_WINDOW (object);

  g_cancellable_cancel (self->cancellable);
  g_clear_object (&self->format);
  gtk_widget_dispose_template (GTK_WIDGET (self), BP_TYPE_IMPORT_WINDOW);

  G_OBJECT_CLASS (bp_import_window_parent_class)->dispose (object);
}

static void
bp_import_window_finalize (GObject *object)
{
  BpImportWindow *self = BP_IMPORT_WINDOW (object);

  g_clear_object (&self->cancellable);
  g_free (self->path);
  g_free (self->import_id);

  G_OBJECT_CLASS (bp_import_window_parent_class)->finalize (object);
}

static void
bind_children (GtkWidgetClass *widget_class)
{
  gtk_widget_class_bind_template_child (widget_class, BpImportWindow, title);
  gtk_widget_class_bind_template_child (widget_class, BpImportWindow, back_button);
  gtk_widget_class_bind_template_child (widget_class, BpImportWindow, next_button);
  gtk_widget_class_bind_template_child (widget_class, BpImportWindow, choose_button);
  gtk_widget_class_bind_template_child (widget_class, BpImportWindow, stop_button);
  gtk_widget_class_bind_template_child (widget_class, BpImportWindow, trouble);
  gtk_widget_class_bind_template_child (widget_class, BpImportWindow, stack);
  gtk_widget_class_bind_template_child (widget_class, BpImportWindow, columns_hint);
  gtk_widget_class_bind_template_child (widget_class, BpImportWindow, columns);
  gtk_widget_class_bind_template_child (widget_class, BpImportWindow, busy_label);
  gtk_widget_class_bind_template_child (widget_class, BpImportWindow, progress);
  gtk_widget_class_bind_template_child (widget_class, BpImportWindow, heading);
  gtk_widget_class_bind_template_child (widget_class, BpImportWindow, figures);
  gtk_widget_class_bind_template_child (widget_class, BpImportWindow, rejects);
  gtk_widget_class_bind_template_child (widget_class, BpImportWindow, reasons);
}

static void
bp_import_window_class_init (BpImportWindowClass *klass)
{
  GObjectClass *object_class = G_OBJECT_CLASS (klass);
  GtkWidgetClass *widget_class = GTK_WIDGET_CLASS (klass);

  object_class->dispose = bp_import_window_dispose;
  object_class->finalize = bp_import_window_finalize;
  GTK_WINDOW_CLASS (klass)->close_request = bp_import_window_close_request;

  g_type_ensure (BP_TYPE_IMPORT_COLUMNS);
  gtk_widget_class_add_binding_action (widget_class, GDK_KEY_Escape, 0, "window.close", NULL);
  gtk_widget_class_set_template_from_resource (
    widget_class, "/io/github/bizpulse/BizPulse/bp-import-window.ui");
  bind_children (widget_class);
  gtk_widget_class_bind_template_callback (widget_class, on_back);
  gtk_widget_class_bind_template_callback (widget_class, on_choose);
  gtk_widget_class_bind_template_callback (widget_class, on_next);
  gtk_widget_class_bind_template_callback (widget_class, on_stop);
}

static void
bp_import_window_init (BpImportWindow *self)
{
  gtk_widget_init_template (GTK_WIDGET (self));
}

/**
 * bp_import_window_new:
 * @parent: (nullable): above which window
 * @format: how the shop's values are written
 * @table: what the rows are
 *
 * Returns: (transfer none): a window that is not shown yet
 */
BpImportWindow *
bp_import_window_new (GtkWindow     *parent,
                      BpFormat      *format,
                      const BpTable *table)
{
  BpImportWindow *self = g_object_new (BP_TYPE_IMPORT_WINDOW, NULL);
  /* Translators: %s is the name of a list, as “Products”. */
  g_autofree char *title = g_strdup_printf (_("Import %s"), _(table->label));

  self->format = g_object_ref (format);
  self->table = table;
  gtk_window_set_title (GTK_WINDOW (self), title);
  adw_window_title_set_title (self->title, title);
  bp_dialogs_attach (GTK_WINDOW (self), parent, WIDTH, HEIGHT);
  show_stage (self, STAGE_START);
  return self;
}

static void
show_preview (BpImportWindow        *self,
              const BpImportPreview *preview)
{
  g_autofree char *name = g_filename_display_basename (self->path);
  g_autofree char *hint = g_strdup_printf (
    g_dngettext (NULL, "%'u row. Choose what each column is; the rest is ignored.",
                 "%'u rows. Choose what each column is; the rest is ignored.", preview->n_rows),
    preview->n_rows);

  adw_window_title_set_subtitle (self->title, name);
  gtk_label_set_text (self->columns_hint, hint);
  bp_import_columns_show (self->columns, preview);
  show_stage (self, STAGE_COLUMNS);
}

static void
on_read (GObject      *source,
         GAsyncResult *result,
         gpointer      user_data)
{
  g_autoptr (BpImportWindow) self = user_data;
  g_autoptr (GError) error = NULL;
  g_autoptr (BpImportPreview) preview
    = bp_import_preview_finish (BP_SHOP (source), result, &error);

  if (!end_busy (self))
    return;
  if (preview != NULL)
    {
      show_preview (self, preview);
      return;
    }

  show_stage (self, STAGE_START);
  show_trouble (self, error);
}

/**
 * bp_import_window_open:
 * @self: a window where nothing is under way
 * @path: a file
 *
 * Reads the file and asks what its columns are.
 */
void
bp_import_window_open (BpImportWindow *self,
                       const char     *path)
{
  if (self->stage == STAGE_BUSY)
    return;

  g_free (self->path);
  self->path = g_strdup (path);
  begin_busy (self, _("Reading the file…"), FALSE);
  bp_import_preview_async (bp_format_get_shop (self->format), self->table, path, PREVIEW_ROWS,
                           on_read, g_object_ref (self));
}

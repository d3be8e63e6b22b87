/* Bringing files into the list that is shown, and writing it to one. */
#include "config.h"

#include "bp-window-private.h"

#include "bp-dialogs.h"
#include "bp-export.h"
#include "bp-hold.h"
#include "bp-import-window.h"
#include "bp-notice.h"

#include <glib/gi18n.h>

static const BpTable *
get_table (BpWindow *self)
{
  BpListPage *page = bp_window_get_list_page (self);

  return page != NULL ? bp_section_get_table (bp_list_page_get_section (page)) : NULL;
}

/**
 * bp_window_import:
 * @self: a window
 * @path: (nullable): a CSV file; the user chooses where %NULL
 *
 * Opens the assistant for the list that is shown; nothing where there is none.
 */
void
bp_window_import (BpWindow   *self,
                  const char *path)
{
  const BpTable *table = get_table (self);
  BpImportWindow *window;

  if (table == NULL)
    return;

  window = bp_import_window_new (GTK_WINDOW (self), self->format, table);
  gtk_window_present (GTK_WINDOW (window));
  if (path != NULL)
    bp_import_window_open (window, path);
}

static void
on_exported (GObject      *source,
             GAsyncResult *result,
             gpointer      user_data)
{
  g_autoptr (BpWindow) self = user_data;
  g_autoptr (GError) error = NULL;

  bp_hold_application (FALSE);
  bp_export_table_finish (BP_SHOP (source), result, &error);
  if (self->format != NULL)
    bp_notice_show (GTK_WIDGET (self->pages),
                    error != NULL ? error->message : _("The list is exported"));
}

/**
 * bp_window_export_to:
 * @self: a window
 * @path: the file, replaced as a whole
 *
 * Writes all of the list that is shown, as CSV; nothing where there is none.
 */
void
bp_window_export_to (BpWindow   *self,
                     const char *path)
{
  const BpTable *table = get_table (self);

  if (table == NULL)
    return;

  bp_hold_application (TRUE);
  bp_export_table_async (bp_format_get_shop (self->format), table, path, NULL, on_exported,
                         g_object_ref (self));
}

static void
on_file_chosen (GObject    *object,
                const char *path)
{
  bp_window_export_to (BP_WINDOW (object), path);
}

/**
 * bp_window_export:
 * @self: a window
 *
 * Asks for a file and writes all of the list that is shown to it.
 */
void
bp_window_export (BpWindow *self)
{
  const BpTable *table = get_table (self);
  g_autofree char *title = NULL;
  g_autofree char *name = NULL;

  if (table == NULL)
    return;

  /* Translators: %s is the name of a list, as “Products”. */
  title = g_strdup_printf (_("Export All %s"), _(table->label));
  name = g_strdup_printf ("%s.csv", table->name);
  bp_dialogs_choose_new_file (GTK_WINDOW (self), title, name, on_file_chosen, G_OBJECT (self));
}

/* What is done with what is selected, be it one record or many. */
#include "config.h"

#include "bp-list-page-private.h"

#include "bp-bulk.h"
#include "bp-bulk-edit.h"
#include "bp-notice.h"
#include "bp-record-detail.h"

#include <glib/gi18n.h>

static void
on_deleted (gpointer object,
            gboolean done)
{
  BpListPage *self = object;

  self->saving = FALSE;
  if (!done || self->list == NULL)
    return;

  bp_record_table_unselect (self->table);
  if (!bp_list_page_is_changed (self))
    bp_list_page_forget_shown (self);
}

static char *
describe_deletion (BpListPage *self,
                   GPtrArray  *rows)
{
  const BpTable *table = bp_section_get_table (self->section);
  const BpRow *row = rows->pdata[0];
  const char *name = bp_change_get_text (row->state->data, table->fields[0].name);

  if (rows->len > 1)
    return g_strdup_printf (ngettext ("%'u record deleted", "%'u records deleted", rows->len),
                            rows->len);
  return g_strdup_printf (_("“%s” deleted"), name != NULL ? name : "");
}

/* @rows: (element-type BpRow) */
static void
delete_rows (BpListPage *self,
             GPtrArray  *rows)
{
  GPtrArray *writes = g_ptr_array_new_with_free_func ((GDestroyNotify)bp_write_free);
  g_autofree char *text = describe_deletion (self, rows);

  for (guint i = 0; i < rows->len; i++)
    {
      const BpRow *row = rows->pdata[i];

      g_ptr_array_add (writes, bp_write_new (bp_section_get_table (self->section),
                                             row->state->id, BP_OPERATION_DELETE, NULL));
    }
  self->saving = TRUE;
  bp_bulk_save (GTK_WIDGET (self), self->shop, writes, text, on_deleted, self);
}

/* (transfer full) (element-type BpRow): those that are there still. */
static GPtrArray *
read_chosen (GObject      *source,
             GAsyncResult *result,
             BpListPage   *self)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (GPtrArray) rows
    = bp_record_list_read_finish (BP_RECORD_LIST (source), result, &error);

  if (rows == NULL)
    {
      bp_notice_show (GTK_WIDGET (self), error->message);
      return NULL;
    }
  for (guint i = rows->len; i > 0; i--)
    {
      if (rows->pdata[i - 1] == NULL)
        g_ptr_array_remove_index (rows, i - 1);
    }

  return rows->len > 0 ? g_steal_pointer (&rows) : NULL;
}

static void
on_chosen_to_delete (GObject      *source,
                     GAsyncResult *result,
                     gpointer      user_data)
{
  g_autoptr (BpListPage) self = user_data;
  g_autoptr (GPtrArray) rows = read_chosen (source, result, self);

  if (rows != NULL && !self->saving)
    delete_rows (self, rows);
}

static void
on_chosen_to_edit (GObject      *source,
                   GAsyncResult *result,
                   gpointer      user_data)
{
  g_autoptr (BpListPage) self = user_data;
  g_autoptr (GPtrArray) rows = read_chosen (source, result, self);

  if (rows != NULL)
    bp_bulk_edit_show (GTK_WIDGET (self), self->section, self->format,
                       g_steal_pointer (&rows));
}

static void
delete_record (GtkWidget  *widget,
               const char *action_name,
               GVariant   *parameter)
{
  BpListPage *self = BP_LIST_PAGE (widget);
  g_autoptr (GPtrArray) rows = NULL;

  if (self->saving || bp_section_get_table (self->section)->fact)
    return;
  if (self->n_chosen > 0)
    {
      bp_record_list_read_async (self->list, bp_record_table_dup_chosen (self->table),
                                 on_chosen_to_delete, g_object_ref (self));
      return;
    }
  if (bp_record_get_id (self->shown) == NULL)
    return;

  if (self->detail != NULL && BP_IS_RECORD_DETAIL (self->detail))
    bp_record_detail_leave (BP_RECORD_DETAIL (self->detail));
  rows = g_ptr_array_new_with_free_func ((GDestroyNotify)bp_row_free);
  g_ptr_array_add (rows, bp_record_dup_row (self->shown));
  delete_rows (self, rows);
}

static void
edit_chosen (GtkWidget  *widget,
             const char *action_name,
             GVariant   *parameter)
{
  BpListPage *self = BP_LIST_PAGE (widget);

  if (self->n_chosen > 0)
    bp_record_list_read_async (self->list, bp_record_table_dup_chosen (self->table),
                               on_chosen_to_edit, g_object_ref (self));
}

static void
unselect (GtkWidget  *widget,
          const char *action_name,
          GVariant   *parameter)
{
  bp_record_table_unselect (BP_LIST_PAGE (widget)->table);
}

static void
on_chosen (BpListPage *self,
           guint       number)
{
  g_autofree char *text
    = g_strdup_printf (ngettext ("%'u selected", "%'u selected", number), number);

  self->n_chosen = number;
  gtk_label_set_text (self->chosen_label, text);
  gtk_stack_set_visible_child_name (self->bar, number > 0 ? "chosen" : "filters");
  bp_list_page_update_actions (self);
}

/**
 * bp_list_page_install_chosen:
 * @widget_class: the page's class, its template set
 *
 * Installs the actions on what is selected.
 */
void
bp_list_page_install_chosen (GtkWidgetClass *widget_class)
{
  gtk_widget_class_bind_template_callback (widget_class, on_chosen);
  gtk_widget_class_install_action (widget_class, "page.delete", NULL, delete_record);
  gtk_widget_class_install_action (widget_class, "page.edit", NULL, edit_chosen);
  gtk_widget_class_install_action (widget_class, "page.unselect", NULL, unselect);
}

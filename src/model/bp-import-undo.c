#include "config.h"

#include "bp-import-undo.h"

#include "bp-error.h"
#include "bp-id.h"
#include "bp-json.h"
#include "bp-shop-private.h"

/* So many records share one commit, so that a sale never waits long. */
#define CHUNK 250

typedef struct
{
  BpShop *shop;              /* (unowned) */
  BpStore *store;            /* (unowned) */
  BpImportUndone *undone;    /* (owned) */
  const BpImportNote *note;  /* (unowned) (nullable): the one in hand */
  guint *counter;            /* (unowned) (nullable): what its undoing counts as */
  guint n_done;              /* in the chunk under way */
} Undo;

static void
undo_clear (Undo *self)
{
  bp_import_undone_free (self->undone);
}

G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC (Undo, undo_clear)

static gboolean
save (Undo           *self,
      BpOperationKind kind,
      BpChange       *change,
      GError        **error)
{
  return bp_shop_save_one (self->shop, self->note->table, self->note->id, kind, change, error);
}

static gboolean
void_sale (Undo        *self,
           const BpRow *row,
           GError     **error)
{
  g_autoptr (BpChange) change = NULL;

  if (g_strcmp0 (bp_change_get_text (row->state->data, "status"), "void") == 0)
    return TRUE;

  change = bp_change_new (self->note->table);
  bp_change_set_text (change, "status", "void");
  bp_change_set_text (change, "note", "Import taken back");
  self->counter = &self->undone->voided;
  return bp_shop_change (self->shop, self->note->table, self->note->id, change, error);
}

static gboolean
cancel_out (Undo        *self,
            const BpRow *row,
            GError     **error)
{
  const BpTable *table = self->note->table;
  g_autofree char *id = NULL;
  g_autoptr (BpChange) change
    = bp_shop_make_opposite (row->state->data, self->note->id, "Import taken back", &id);
  g_autoptr (BpRow) existing = NULL;

  if (change == NULL)
    {
      g_set_error (error, BP_STORE_ERROR, BP_STORE_ERROR_POSTED, "What is in “%s” stays there",
                   table->name);
      return FALSE;
    }
  if (!bp_shop_find_row (self->store, table, id, &existing, error))
    return FALSE;
  if (existing != NULL)
    return TRUE;

  self->counter = &self->undone->reversed;
  return bp_shop_save_one (self->shop, table, id, BP_OPERATION_INSERT, g_steal_pointer (&change),
                           error);
}

static gboolean
undo_fact (Undo        *self,
           const BpRow *row,
           GError     **error)
{
  if (row->state->is_deleted)
    return TRUE;
  if (bp_table_find_field (self->note->table, "status") >= 0)
    return void_sale (self, row, error);

  return cancel_out (self, row, error);
}

static gboolean
undo_record (Undo        *self,
             const BpRow *row,
             GError     **error)
{
  const BpState *before = self->note->before;
  g_autoptr (BpChange) change = NULL;

  if (before == NULL || before->is_deleted)
    {
      self->counter = &self->undone->deleted;
      if (!row->state->is_deleted)
        return save (self, BP_OPERATION_DELETE, NULL, error);
      self->counter = NULL;
      return TRUE;
    }

  change = row->state->is_deleted ? bp_change_copy (before->data)
                                  : bp_change_diff (row->state->data, before->data);
  bp_change_drop_projections (change);
  if (bp_change_is_empty (change))
    return TRUE;
  self->counter = &self->undone->restored;
  return save (self, BP_OPERATION_UPDATE, g_steal_pointer (&change), error);
}

static gboolean
undo_note (BpStore *store,
           gpointer user_data,
           GError **error)
{
  Undo *self = user_data;
  const BpImportNote *note = self->note;
  g_autoptr (GError) local_error = NULL;
  g_autoptr (BpRow) row = bp_store_get (store, note->table, note->id, &local_error);

  /* What was never sent leaves nothing behind when it is deleted. */
  if (g_error_matches (local_error, BP_STORE_ERROR, BP_STORE_ERROR_NOT_FOUND))
    return TRUE;
  if (row == NULL)
    {
      g_propagate_error (error, g_steal_pointer (&local_error));
      return FALSE;
    }

  return note->table->fact ? undo_fact (self, row, error) : undo_record (self, row, error);
}

/* Whether what went wrong lies in the record; else the undoing cannot go on. */
static gboolean
is_of_record (const GError *error)
{
  return error->domain == BP_DATA_ERROR || error->domain == BP_STORE_ERROR;
}

static gboolean
undo_one (Undo    *self,
          GError **error)
{
  g_autoptr (GError) local_error = NULL;

  self->counter = NULL;
  if (bp_store_transact (self->store, undo_note, self, &local_error))
    {
      if (self->counter != NULL)
        *self->counter += 1;
    }
  else if (is_of_record (local_error))
    {
      self->undone->kept++;
      g_ptr_array_add (self->undone->reasons,
                       g_strdup_printf ("%s %s: %s", self->note->table->name, self->note->id,
                                        local_error->message));
    }
  else
    {
      g_propagate_error (error, g_steal_pointer (&local_error));
      return FALSE;
    }

  return bp_store_forget_import_note (self->store, self->undone->id, self->note, error);
}

static gboolean
undo_chunk (BpStore *store,
            gpointer user_data,
            GError **error)
{
  Undo *self = user_data;
  g_autoptr (GPtrArray) notes = bp_store_list_import_notes (store, self->undone->id, CHUNK, error);

  if (notes == NULL)
    return FALSE;

  self->n_done = notes->len;
  for (guint i = 0; i < notes->len; i++)
    {
      self->note = notes->pdata[i];
      if (!undo_one (self, error))
        return FALSE;
    }

  return notes->len > 0 || bp_store_end_import (store, self->undone->id, error);
}

static BpImportUndone *
undone_new (const char *import_id)
{
  BpImportUndone *undone = g_new0 (BpImportUndone, 1);

  undone->id = g_strdup (import_id);
  undone->reasons = g_ptr_array_new_with_free_func (g_free);
  return undone;
}

/**
 * bp_import_undo:
 * @shop: a shop
 * @import_id: as bp_import_run() told it
 * @cancellable: (nullable): stops between two commits; what is taken back stays
 *   so, and doing it again goes on from there
 * @error: %BP_STORE_ERROR_NOT_FOUND; %BP_STORE_ERROR_REFUSED where it was taken
 *   back already; %G_IO_ERROR_CANCELLED; #BpDatabaseError
 *
 * Takes back what an import brought, the last record first, each as an action
 * of its own: sales become void, payments and stock movements are cancelled by
 * opposite ones, what was new is deleted, what was changed is again as it was
 * before. Records that cannot be taken back stay, with the reason. Waits for
 * the disk.
 *
 * Returns: (transfer full): what became of its records
 */
BpImportUndone *
bp_import_undo (BpShop       *shop,
                const char   *import_id,
                GCancellable *cancellable,
                GError      **error)
{
  g_auto (Undo) self = { .shop = shop, .store = bp_shop_get_store (shop) };
  gboolean is_undone = FALSE;

  if (!bp_store_find_import (self.store, import_id, &is_undone, error))
    return NULL;
  if (is_undone)
    {
      g_set_error (error, BP_STORE_ERROR, BP_STORE_ERROR_REFUSED,
                   "The import “%.64s” was taken back already", import_id);
      return NULL;
    }

  self.undone = undone_new (import_id);
  do
    {
      if (g_cancellable_set_error_if_cancelled (cancellable, error)
          || !bp_store_transact (self.store, undo_chunk, &self, error))
        return NULL;
    }
  while (self.n_done > 0);

  return g_steal_pointer (&self.undone);
}

/**
 * bp_import_undone_to_json:
 * @undone: what became of an import
 *
 * Returns: (transfer full): its counts as a JSON object
 */
char *
bp_import_undone_to_json (const BpImportUndone *undone)
{
  GString *json = g_string_new ("{");

  bp_json_append_string_member (json, "import", undone->id);
  bp_json_append_integer_member (json, "voided", undone->voided);
  bp_json_append_integer_member (json, "restored", undone->restored);
  bp_json_append_integer_member (json, "deleted", undone->deleted);
  bp_json_append_integer_member (json, "reversed", undone->reversed);
  bp_json_append_integer_member (json, "kept", undone->kept);
  g_string_append_c (json, '}');
  return g_string_free (json, FALSE);
}

/**
 * bp_import_undone_free:
 * @undone: (nullable) (transfer full): what became of an import
 */
void
bp_import_undone_free (BpImportUndone *undone)
{
  if (undone == NULL)
    return;

  g_free (undone->id);
  g_ptr_array_unref (undone->reasons);
  g_free (undone);
}

/* Backup files of devices: kept in pieces in the main database, so that every
 * server has them and a copy of it holds them, too. One is written by short
 * transactions and seen by others when the last of them has been committed. */
#include "config.h"

#include <string.h>

#include "bp-backup.h"
#include "bp-id.h"
#include "bp-json.h"
#include "bp-rules-private.h"

#define TYPE "application/octet-stream"
#define CHUNK (256 * 1024)
#define CHUNKS_AT_ONCE 8
#define LEFT_OVER_MS (60 * 60 * 1000)

static GPtrArray *
new_list (void)
{
  return g_ptr_array_new_with_free_func ((GDestroyNotify)bp_backup_free);
}

static guint
get_n_chunks (const BpBackup *backup)
{
  return (guint)((backup->size + CHUNK - 1) / CHUNK);
}

/* In a transaction of its own. */
static gboolean
load_list (BpBackend  *backend,
           const char *store_id,
           GPtrArray  *backups,
           GError    **error)
{
  gboolean is_loaded;

  if (!BP_BACKEND_GET_CLASS (backend)->begin_read (backend, error))
    return FALSE;
  is_loaded = bp_backend_call (backend, list_backups, store_id, backups, error);
  bp_backend_rollback (backend);
  return is_loaded;
}

static gboolean
is_same (const BpBackup *backup,
         const char     *device_id,
         const char     *name)
{
  return backup->is_complete && g_str_equal (backup->device_id, device_id)
         && g_str_equal (backup->name, name);
}

static void
append_backup (const BpBackup *backup,
               gboolean        is_listed,
               GString        *json)
{
  g_string_append_c (json, '{');
  bp_json_append_string_member (json, "name", backup->name);
  bp_json_append_string_member (json, "device", backup->device_id);
  if (is_listed)
    bp_json_append_string_member (json, "device_name", backup->device_name);
  bp_json_append_integer_member (json, "size", backup->size);
  bp_json_append_integer_member (json, "created_at", backup->created_at);
  bp_json_append_string_member (json, "sha256", backup->sha256);
  g_string_append_c (json, '}');
}

/* Where a step fails the next one that looks for what was left does the rest. */
static gboolean
remove_pieces (BpBackend      *backend,
               const BpBackup *backup,
               GError        **error)
{
  BpBackendClass *klass = BP_BACKEND_GET_CLASS (backend);
  guint n_chunks = get_n_chunks (backup);

  for (guint first = 0; first <= n_chunks; first += CHUNKS_AT_ONCE)
    {
      guint end = first + CHUNKS_AT_ONCE;

      if (!klass->begin_write (backend, NULL, error))
        return FALSE;
      if (!klass->remove_backup_chunks (backend, backup, first, end, error)
          || (end > n_chunks && !klass->remove_backup (backend, backup, error)))
        {
          bp_backend_rollback (backend);
          return FALSE;
        }
      if (!klass->commit (backend, error))
        return FALSE;
    }

  return TRUE;
}

/* What a crash left; what is on its way is younger. */
static gboolean
remove_left_overs (BpBackend  *backend,
                   const char *store_id,
                   gint64      now,
                   GError    **error)
{
  g_autoptr (GPtrArray) backups = new_list ();

  if (!load_list (backend, store_id, backups, error))
    return FALSE;
  for (guint i = 0; i < backups->len; i++)
    {
      const BpBackup *backup = backups->pdata[i];

      if (!backup->is_complete && now - backup->created_at >= LEFT_OVER_MS
          && !remove_pieces (backend, backup, error))
        return FALSE;
    }
  return TRUE;
}

/**
 * bp_rules_forget_backups:
 * @backend: not in a transaction
 * @clock: the time
 * @error: of the backend
 *
 * Removes, in every store, what is left of backups that were never completed,
 * or whose removal was not. To be done once a day.
 *
 * Returns: whether it succeeded in all of them
 */
gboolean
bp_rules_forget_backups (BpBackend *backend,
                         BpClock   *clock,
                         GError   **error)
{
  g_autoptr (GPtrArray) stores = g_ptr_array_new_with_free_func ((GDestroyNotify)bp_store_free);
  gboolean is_listed;

  if (!BP_BACKEND_GET_CLASS (backend)->begin_read (backend, error))
    return FALSE;
  is_listed = BP_BACKEND_GET_CLASS (backend)->list_stores (backend, stores, error);
  bp_backend_rollback (backend);

  for (guint i = 0; is_listed && i < stores->len; i++)
    {
      const BpStore *store = stores->pdata[i];

      if (!remove_left_overs (backend, store->id, bp_clock_get_now (clock), error))
        return FALSE;
    }
  return is_listed;
}

/**
 * bp_rules_list_backups:
 * @backend: not in a transaction
 * @device: who asks
 *
 * Returns: (transfer full): all that the devices of its store have brought,
 *   newest first
 */
BpReply *
bp_rules_list_backups (BpBackend      *backend,
                       const BpDevice *device)
{
  g_autoptr (GPtrArray) backups = new_list ();
  GString *json = g_string_new ("{\"backups\":[");
  GError *error = NULL;

  if (!load_list (backend, device->store_id, backups, &error))
    {
      g_string_free (json, TRUE);
      return bp_rules_fail (backend, error);
    }

  for (guint i = 0; i < backups->len; i++)
    {
      const BpBackup *backup = backups->pdata[i];

      if (!backup->is_complete)
        continue;
      if (json->str[json->len - 1] == '}')
        g_string_append_c (json, ',');
      append_backup (backup, TRUE, json);
    }
  g_string_append (json, "]}");
  return bp_rules_accept (200, g_string_free (json, FALSE));
}

/* The one of the device that is named, else the asking one's own, else the
 * newest of that name. */
static const BpBackup *
choose (GPtrArray      *backups,
        const BpDevice *device,
        const BpCall   *call)
{
  g_autofree char *query = g_strndup (call->body, call->length);
  g_autoptr (GHashTable) parameters
    = g_uri_parse_params (query, -1, "&", G_URI_PARAMS_WWW_FORM, NULL);
  const char *wanted = parameters != NULL ? g_hash_table_lookup (parameters, "device") : NULL;
  const BpBackup *newest = NULL;

  for (guint i = 0; i < backups->len; i++)
    {
      const BpBackup *backup = backups->pdata[i];

      if (is_same (backup, wanted != NULL ? wanted : device->id, call->name))
        return backup;
      if (newest == NULL && wanted == NULL && is_same (backup, backup->device_id, call->name))
        newest = backup;
    }
  return newest;
}

static BpSpoolFile *
gather (BpBackend      *backend,
        const BpBackup *backup,
        BpSpool        *spool,
        GError        **error)
{
  g_autoptr (BpSpoolFile) file = bp_spool_make (spool, backup->store_id, error);
  g_autofree char *hash = NULL;

  for (guint i = 0; file != NULL && i < get_n_chunks (backup); i++)
    {
      g_autoptr (GBytes) chunk = NULL;

      if (!bp_backend_call (backend, read_backup_chunk, backup, i, &chunk, error))
        return NULL;
      if (chunk != NULL
          && !bp_spool_file_append (file, g_bytes_get_data (chunk, NULL),
                                    g_bytes_get_size (chunk), error))
        return NULL;
    }
  if (file == NULL)
    return NULL;

  bp_spool_file_finish (file, NULL);
  hash = bp_spool_file_get_hash (file);
  if (g_str_equal (hash, backup->sha256))
    return g_steal_pointer (&file);
  g_set_error (error, BP_SPOOL_ERROR, BP_SPOOL_ERROR_FAILED,
               "The backup %s in the main database is damaged", backup->id);
  return NULL;
}

/* In the transaction in which it was found. */
static BpReply *
hand_out (BpBackend      *backend,
          const BpBackup *backup,
          const BpCall   *call)
{
  g_autofree char *group = g_strconcat ("backup ", backup->id, NULL);
  BpSpoolFile *file = bp_spool_find (call->spool, backup->store_id, group, NULL);
  GError *error = NULL;
  BpReply *reply;

  if (file == NULL && bp_spool_get_wait (call->spool, backup->store_id) > 0)
    return bp_rules_refuse (backend, BP_PROBLEM_UNAVAILABLE, NULL);
  if (file == NULL)
    {
      file = gather (backend, backup, call->spool, &error);
      bp_spool_charge (call->spool, backup->store_id, 0);
      if (file == NULL)
        return bp_rules_refuse_spool (backend, error);
      bp_spool_keep (call->spool, group, file);
    }

  bp_backend_rollback (backend);
  reply = bp_rules_accept (200, NULL);
  reply->file = file;
  reply->file_type = TYPE;
  return reply;
}

/**
 * bp_rules_get_backup:
 * @backend: not in a transaction
 * @device: who asks
 * @call: for which
 *
 * Returns: (transfer full): the file
 */
BpReply *
bp_rules_get_backup (BpBackend      *backend,
                     const BpDevice *device,
                     const BpCall   *call)
{
  g_autoptr (GPtrArray) backups = new_list ();
  const BpBackup *backup;
  GError *error = NULL;

  if (!bp_backup_name_is_valid (call->name))
    return bp_rules_refuse (backend, BP_PROBLEM_INVALID, "That is no name of a backup");
  if (call->spool == NULL)
    return bp_rules_refuse (backend, BP_PROBLEM_UNAVAILABLE, NULL);
  if (!BP_BACKEND_GET_CLASS (backend)->begin_read (backend, &error)
      || !bp_backend_call (backend, list_backups, device->store_id, backups, &error))
    return bp_rules_fail (backend, error);

  backup = choose (backups, device, call);
  return backup != NULL ? hand_out (backend, backup, call)
                        : bp_rules_refuse (backend, BP_PROBLEM_NOT_FOUND, NULL);
}

/* What the store holds without what the new one of @device takes the place of. */
static gint64
add_up (GPtrArray      *backups,
        const BpDevice *device,
        const char     *name)
{
  guint n_own = 1;
  gint64 bytes = 0;

  for (guint i = 0; i < backups->len; i++)
    {
      const BpBackup *backup = backups->pdata[i];
      gboolean is_own = g_str_equal (backup->device_id, device->id);

      if (backup->is_complete && !is_same (backup, device->id, name)
          && (!is_own || ++n_own <= BP_KEPT_BACKUPS))
        bytes += backup->size;
    }
  return bytes;
}

static BpReply *
tell (int             status,
      const BpBackup *backup)
{
  GString *json = g_string_new (NULL);

  append_backup (backup, FALSE, json);
  return bp_rules_accept (status, g_string_free (json, FALSE));
}

static gboolean
write_pieces (BpBackend      *backend,
              const BpBackup *backup,
              BpSpoolFile    *file,
              GError        **error)
{
  BpBackendClass *klass = BP_BACKEND_GET_CLASS (backend);
  g_autofree guint8 *piece = g_malloc (CHUNK);
  guint n_chunks = get_n_chunks (backup);

  for (guint i = 0; i < n_chunks; i++)
    {
      g_autoptr (GBytes) bytes = NULL;
      gssize length = bp_spool_file_read (file, (gint64)i * CHUNK, piece, CHUNK, error);

      if (length < 0)
        return FALSE;
      if (i % CHUNKS_AT_ONCE == 0 && !klass->begin_write (backend, NULL, error))
        return FALSE;
      bytes = g_bytes_new_static (piece, (gsize)length);
      if (!klass->write_backup_chunk (backend, backup, i, bytes, error))
        return FALSE;
      if ((i % CHUNKS_AT_ONCE == CHUNKS_AT_ONCE - 1 || i == n_chunks - 1)
          && !klass->commit (backend, error))
        return FALSE;
    }
  return TRUE;
}

static gboolean
begin_backup (BpBackend      *backend,
              const BpBackup *backup,
              GError        **error)
{
  return BP_BACKEND_GET_CLASS (backend)->begin_write (backend, NULL, error)
         && bp_backend_call (backend, add_backup, backup, error)
         && BP_BACKEND_GET_CLASS (backend)->commit (backend, error);
}

/* From here on it is seen, and what it takes the place of is not: both in one
 * transaction that locks the store, so that two at once do not both count. */
static gboolean
complete (BpBackend      *backend,
          const BpBackup *backup,
          GPtrArray      *replaced,
          gboolean       *is_new,
          GError        **error)
{
  g_autoptr (GPtrArray) backups = new_list ();
  guint n_kept = 1;

  *is_new = TRUE;
  if (!bp_backend_call (backend, begin_write, backup->store_id, error)
      || !bp_backend_call (backend, list_backups, backup->store_id, backups, error)
      || !bp_backend_call (backend, complete_backup, backup, TRUE, error))
    return FALSE;
  for (guint i = 0; i < backups->len; i++)
    {
      BpBackup *other = backups->pdata[i];
      gboolean has_its_name = is_same (other, backup->device_id, backup->name);

      if (!other->is_complete || !g_str_equal (other->device_id, backup->device_id)
          || (!has_its_name && ++n_kept <= BP_KEPT_BACKUPS))
        continue;
      *is_new = *is_new && !has_its_name;
      if (!bp_backend_call (backend, complete_backup, other, FALSE, error))
        return FALSE;
      g_ptr_array_add (replaced, bp_backup_copy (other));
    }
  return BP_BACKEND_GET_CLASS (backend)->commit (backend, error);
}

static BpReply *
store_file (BpBackend    *backend,
            BpBackup     *backup,
            const BpCall *call)
{
  g_autoptr (GPtrArray) replaced = new_list ();
  g_autoptr (GError) later = NULL;
  GError *error = NULL;
  gboolean is_new;

  if (!begin_backup (backend, backup, &error)
      || !write_pieces (backend, backup, call->upload, &error)
      || !complete (backend, backup, replaced, &is_new, &error))
    {
      bp_backend_rollback (backend);
      remove_pieces (backend, backup, NULL);
      return error->domain == BP_SPOOL_ERROR ? bp_rules_refuse_spool (backend, error)
                                             : bp_rules_fail (backend, error);
    }

  for (guint i = 0; i < replaced->len && later == NULL; i++)
    remove_pieces (backend, replaced->pdata[i], &later);
  if (later != NULL)
    g_message ("An old backup is removed later: %s", later->message);
  return tell (is_new ? 201 : 200, backup);
}

static const BpBackup *
find_equal (GPtrArray      *backups,
            const BpBackup *backup)
{
  for (guint i = 0; i < backups->len; i++)
    {
      const BpBackup *other = backups->pdata[i];

      if (is_same (other, backup->device_id, backup->name) && other->size == backup->size
          && g_str_equal (other->sha256, backup->sha256))
        return other;
    }
  return NULL;
}

/**
 * bp_rules_put_backup:
 * @backend: not in a transaction
 * @clock: time and randomness
 * @device: who brings it
 * @call: its name; and the file, but where it only asks whether it may
 *
 * Returns: (transfer full): what is kept: the same again where its answer was
 *   lost
 */
BpReply *
bp_rules_put_backup (BpBackend      *backend,
                     BpClock        *clock,
                     const BpDevice *device,
                     const BpCall   *call)
{
  g_autoptr (GPtrArray) backups = new_list ();
  g_autoptr (BpBackup) backup = NULL;
  const BpBackup *equal;
  GError *error = NULL;
  gint64 held;

  if (!bp_backup_name_is_valid (call->name))
    return bp_rules_refuse (backend, BP_PROBLEM_INVALID, "That is no name of a backup");
  if (call->spool == NULL)
    return bp_rules_refuse (backend, BP_PROBLEM_UNAVAILABLE, NULL);
  if (!remove_left_overs (backend, device->store_id, bp_clock_get_now (clock), &error)
      || !load_list (backend, device->store_id, backups, &error))
    return bp_rules_fail (backend, error);

  held = add_up (backups, device, call->name);
  if (held + (call->upload != NULL ? call->upload->size : 0)
      > bp_spool_get_limits (call->spool)->max_backups)
    return bp_rules_refuse (backend, BP_PROBLEM_TOO_LARGE, "The shop's backups hold too much");
  if (call->upload == NULL)
    return bp_rules_accept (200, g_strdup ("{}"));

  backup = g_new0 (BpBackup, 1);
  backup->store_id = g_strdup (device->store_id);
  backup->id = bp_id_new (clock);
  backup->device_id = g_strdup (device->id);
  backup->name = g_strdup (call->name);
  backup->size = call->upload->size;
  backup->sha256 = bp_spool_file_get_hash (call->upload);
  backup->created_at = bp_clock_get_now (clock);
  equal = find_equal (backups, backup);
  return equal != NULL ? tell (200, equal) : store_file (backend, backup, call);
}

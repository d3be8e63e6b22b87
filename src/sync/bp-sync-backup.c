#include "config.h"

#include "bp-sync-backup.h"

#include <errno.h>
#include <fcntl.h>
#include <glib/gstdio.h>
#include <sys/stat.h>
#include <unistd.h>

#include "bp-limits.h"
#include "bp-store-sync.h"
#include "bp-sync-private.h"

#define SCRATCH_PREFIX "bizpulse_local.carried-"
#define SCRATCH_MAX_AGE_MS (24 * 60 * 60 * G_GINT64_CONSTANT (1000))
#define MAX_TRIES 5
#define READ_SIZE (64 * 1024)

/* Who is asked, and by whom. */
typedef struct
{
  BpStore *store;           /* (unowned) */
  BpTransport *transport;   /* (owned) (nullable) */
  char *token;              /* (owned) (nullable) */
  GCancellable *cancellable; /* (unowned) (nullable) */
  const BpBackupCall *call; /* (unowned) (nullable) */
} Errand;

static void
errand_clear (Errand *self)
{
  g_clear_object (&self->transport);
  g_clear_pointer (&self->token, g_free);
}

G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC (Errand, errand_clear)

static gboolean
begin (Errand  *self,
       GError **error)
{
  self->token = bp_sync_token_load (self->store, self->cancellable, error);
  if (self->token != NULL)
    self->transport = bp_sync_open_transport (self->store, error);
  return self->transport != NULL;
}

static gboolean
check_name (const BpBackupCall *call,
            GError            **error)
{
  if (bp_backup_name_is_valid (call->name))
    return TRUE;

  g_set_error (error, BP_SYNC_ERROR, BP_SYNC_ERROR_REFUSED,
               "“%s” cannot be the name of a backup: up to 64 letters, digits, dots, hyphens "
               "and underscores, not beginning with a dot", call->name);
  return FALSE;
}

static gboolean
fail_file (const char *path,
           GError    **error)
{
  int saved = errno;

  g_set_error (error, G_IO_ERROR, g_io_error_from_errno (saved), "Could not use %s: %s", path,
               g_strerror (saved));
  return FALSE;
}

/* What a program that was killed has left. */
static void
remove_old_scratch (BpStore *store)
{
  const char *folder = bp_store_get_folder (store);
  gint64 now = bp_clock_get_now (bp_store_get_clock (store));
  g_autoptr (GDir) dir = g_dir_open (folder, 0, NULL);
  const char *name;

  while (dir != NULL && (name = g_dir_read_name (dir)) != NULL)
    {
      g_autofree char *path = g_build_filename (folder, name, NULL);
      GStatBuf info;

      if (g_str_has_prefix (name, SCRATCH_PREFIX) && g_stat (path, &info) == 0
          && now - (gint64)info.st_mtime * 1000 > SCRATCH_MAX_AGE_MS)
        g_unlink (path);
    }
}

/* An empty file of mode 0600 in the folder: the books must not lie elsewhere. */
static char *
make_scratch (BpStore *store,
              GError **error)
{
  g_autofree char *path = g_build_filename (bp_store_get_folder (store), SCRATCH_PREFIX "XXXXXX",
                                            NULL);
  int fd;

  remove_old_scratch (store);
  fd = g_mkstemp_full (path, O_RDWR | O_CLOEXEC, 0600);
  if (fd < 0)
    {
      fail_file (path, error);
      return NULL;
    }

  close (fd);
  return g_steal_pointer (&path);
}

static gboolean
check_answer (const BpAnswer *answer,
              GError        **error)
{
  if (answer == NULL)
    return FALSE;
  if (answer->problem == NULL)
    return TRUE;

  bp_answer_to_error (answer, error);
  return FALSE;
}

static GPtrArray *
list (Errand  *self,
      GError **error)
{
  g_autoptr (BpAnswer) answer
    = bp_transport_send (self->transport, bp_endpoint_get (BP_ENDPOINT_BACKUPS), self->token, NULL,
                         self->cancellable, error);
  g_autoptr (GError) reason = NULL;
  GPtrArray *entries;
  const char *text;
  gsize length;

  if (!check_answer (answer, error))
    return NULL;

  text = g_bytes_get_data (answer->body, &length);
  entries = bp_backup_list_parse (text, length, &reason);
  if (entries == NULL)
    bp_sync_error_set_unusable (error, reason);
  return entries;
}

/**
 * bp_sync_list_backups:
 * @store: of a folder
 * @cancellable: (nullable): ends the request
 * @error: as bp_transport_send(), bp_answer_to_error(),
 *   %BP_SYNC_ERROR_NOT_PAIRED
 *
 * Asks the server, in the calling thread.
 *
 * Returns: (transfer full) (element-type BpBackupEntry): what the store's
 *   devices have brought and is kept, newest first
 */
GPtrArray *
bp_sync_list_backups (BpStore      *store,
                      GCancellable *cancellable,
                      GError      **error)
{
  g_auto (Errand) errand = { .store = store, .cancellable = cancellable };

  g_return_val_if_fail (BP_IS_STORE (store), NULL);

  return begin (&errand, error) ? list (&errand, error) : NULL;
}

static void
on_sent (BpUpload *upload,
         gpointer  user_data)
{
  const BpBackupCall *call = user_data;

  if (call->moved != NULL)
    call->moved (upload->sent, upload->size, call->user_data);
}

static BpBackupEntry *
send_file (Errand  *self,
           int      fd,
           gint64   size,
           GError **error)
{
  BpUpload upload = {
    .name = self->call->name,
    .fd = fd,
    .size = size,
    .moved = on_sent,
    .user_data = (gpointer)self->call,
  };
  g_autoptr (BpAnswer) answer = NULL;
  g_autoptr (GError) reason = NULL;
  BpBackupEntry *entry;
  const char *text;
  gsize length;

  answer = bp_transport_upload (self->transport, bp_endpoint_get (BP_ENDPOINT_PUT_BACKUP),
                                self->token, &upload, self->cancellable, error);
  bp_sync_add_data (self->store, upload.sent, NULL);
  if (!check_answer (answer, error))
    return NULL;

  text = g_bytes_get_data (answer->body, &length);
  entry = bp_backup_entry_parse (text, length, &reason);
  if (entry == NULL)
    bp_sync_error_set_unusable (error, reason);
  return entry;
}

/* The sum of all bytes of a file. */
static char *
hash_file (int      fd,
           GError **error)
{
  g_autoptr (GChecksum) checksum = g_checksum_new (G_CHECKSUM_SHA256);
  g_autofree guchar *buffer = g_malloc (READ_SIZE);
  off_t offset = 0;
  gssize length;

  while ((length = pread (fd, buffer, READ_SIZE, offset)) != 0)
    {
      if (length < 0 && errno == EINTR)
        continue;
      if (length < 0)
        {
          fail_file ("the backup", error);
          return NULL;
        }
      g_checksum_update (checksum, buffer, length);
      offset += length;
    }

  return g_strdup (g_checksum_get_string (checksum));
}

static BpBackupEntry *
send_and_compare (Errand  *self,
                  int      fd,
                  GError **error)
{
  g_autofree char *hash = hash_file (fd, error);
  g_autoptr (BpBackupEntry) entry = NULL;
  struct stat info;

  if (hash == NULL)
    return NULL;
  if (fstat (fd, &info) != 0)
    {
      fail_file ("the copy", error);
      return NULL;
    }
  entry = send_file (self, fd, info.st_size, error);
  if (entry == NULL)
    return NULL;
  if (g_str_equal (entry->sha256, hash))
    return g_steal_pointer (&entry);

  g_set_error (error, BP_SYNC_ERROR, BP_SYNC_ERROR_NO_CONNECTION,
               "The backup did not reach the server as it was sent");
  return NULL;
}

/* Nothing is left where the program ends meanwhile: the copy has no name any
 * more while it is sent. */
static int
make_copy (BpStore *store,
           GError **error)
{
  g_autofree char *path = make_scratch (store, error);
  int fd = -1;

  if (path == NULL)
    return -1;
  if (bp_store_backup (store, path, error))
    {
      fd = open (path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW);
      if (fd < 0)
        fail_file (path, error);
    }

  g_unlink (path);
  return fd;
}

/**
 * bp_sync_put_backup:
 * @store: of a folder, not in a transaction
 * @call: what it shall be called; another one of this device that is called so
 *   is replaced
 * @cancellable: (nullable): ends it
 * @error: as bp_transport_upload(), bp_answer_to_error(), bp_store_backup();
 *   %BP_SYNC_ERROR_NOT_PAIRED
 *
 * Makes a verified copy of the books and brings it to the server, in the
 * calling thread. The token, which is no part of the books, is not in it. The
 * server is asked what it has before: who is not let in learns it from that,
 * before a long file is on its way.
 *
 * Returns: (transfer full): what the server has now
 */
BpBackupEntry *
bp_sync_put_backup (BpStore            *store,
                    const BpBackupCall *call,
                    GCancellable       *cancellable,
                    GError            **error)
{
  g_auto (Errand) errand = { .store = store, .cancellable = cancellable, .call = call };
  g_autoptr (GPtrArray) entries = NULL;
  BpBackupEntry *entry;
  int fd;

  g_return_val_if_fail (BP_IS_STORE (store), NULL);
  g_return_val_if_fail (call != NULL && call->name != NULL, NULL);

  if (!check_name (call, error) || !begin (&errand, error))
    return NULL;
  entries = list (&errand, error);
  fd = entries != NULL ? make_copy (store, error) : -1;
  if (fd < 0)
    return NULL;

  entry = send_and_compare (&errand, fd, error);
  close (fd);
  return entry;
}

/* As the server chooses. */
static const BpBackupEntry *
choose (Errand    *self,
        GPtrArray *entries)
{
  g_autofree char *own = bp_store_get_value (self->store, BP_VALUE_DEVICE_ID);
  const char *wanted = self->call->device;
  const BpBackupEntry *newest = NULL;

  for (guint i = 0; i < entries->len; i++)
    {
      const BpBackupEntry *entry = entries->pdata[i];

      if (!g_str_equal (entry->name, self->call->name))
        continue;
      if (g_strcmp0 (entry->device_id, wanted != NULL ? wanted : own) == 0)
        return entry;
      if (newest == NULL && wanted == NULL)
        newest = entry;
    }

  return newest;
}

static gboolean
on_received (BpDownload *download,
             gpointer    user_data)
{
  const BpBackupCall *call = user_data;

  if (call->moved != NULL)
    call->moved (download->offset, download->size, call->user_data);
  return TRUE;
}

/* Goes on where it broke, as long as something comes. */
static BpAnswer *
receive (Errand     *self,
         BpDownload *download,
         GError    **error)
{
  BpAnswer *answer = NULL;
  gboolean goes_on = TRUE;

  for (guint i = 0; goes_on && answer == NULL; i++)
    {
      g_autoptr (GError) local_error = NULL;

      answer = bp_transport_download (self->transport, bp_endpoint_get (BP_ENDPOINT_GET_BACKUP),
                                      self->token, download, self->cancellable, &local_error);
      bp_sync_add_data (self->store, download->received, NULL);
      goes_on = i + 1 < MAX_TRIES && download->received > 0
                && g_error_matches (local_error, BP_SYNC_ERROR, BP_SYNC_ERROR_NO_CONNECTION);
      if (local_error != NULL && !goes_on)
        g_propagate_error (error, g_steal_pointer (&local_error));
    }

  return answer;
}

static gboolean
fetch (Errand              *self,
       const BpBackupEntry *entry,
       int                  fd,
       GError             **error)
{
  g_autofree char *device = g_uri_escape_string (entry->device_id, NULL, FALSE);
  g_autofree char *query = g_strconcat ("device=", device, NULL);
  g_autofree char *hash = NULL;
  g_autoptr (BpAnswer) answer = NULL;
  g_auto (BpDownload) download = {
    .name = entry->name,
    .query = query,
    .fd = fd,
    .max_size = BP_MAX_BACKUP,
    .moved = on_received,
    .user_data = (gpointer)self->call,
  };

  answer = receive (self, &download, error);
  if (!check_answer (answer, error))
    return FALSE;
  hash = hash_file (fd, error);
  if (hash == NULL || g_str_equal (hash, entry->sha256))
    return hash != NULL;

  g_set_error (error, BP_SYNC_ERROR, BP_SYNC_ERROR_NO_CONNECTION,
               "The backup did not arrive as the server has it");
  return FALSE;
}

static gboolean
fetch_to (Errand              *self,
          const BpBackupEntry *entry,
          const char          *path,
          GError             **error)
{
  int fd = open (path, O_RDWR | O_CREAT | O_TRUNC | O_CLOEXEC | O_NOFOLLOW, 0600);
  gboolean is_fetched;

  if (fd < 0)
    return fail_file (path, error);

  is_fetched = fetch (self, entry, fd, error);
  close (fd);
  if (!is_fetched)
    g_unlink (path);
  return is_fetched;
}

/**
 * bp_sync_get_backup:
 * @store: of a folder
 * @call: which
 * @path: where to, mode 0600 where there is none; what is there is replaced
 * @cancellable: (nullable): ends it
 * @error: as bp_transport_download(), bp_answer_to_error();
 *   %BP_SYNC_ERROR_NOT_PAIRED; %BP_SYNC_ERROR_REFUSED where there is none;
 *   %BP_SYNC_ERROR_NO_CONNECTION where it is not what the server says it has
 *
 * Fetches a backup in the calling thread. Where that breaks off, the rest is
 * asked for a few times. On failure nothing is at @path.
 *
 * Returns: whether it is at @path, as it was sent
 */
gboolean
bp_sync_get_backup (BpStore            *store,
                    const BpBackupCall *call,
                    const char         *path,
                    GCancellable       *cancellable,
                    GError            **error)
{
  g_auto (Errand) errand = { .store = store, .cancellable = cancellable, .call = call };
  g_autoptr (GPtrArray) entries = NULL;
  const BpBackupEntry *entry;

  g_return_val_if_fail (BP_IS_STORE (store), FALSE);
  g_return_val_if_fail (call != NULL && call->name != NULL && path != NULL, FALSE);

  if (!begin (&errand, error))
    return FALSE;
  entries = list (&errand, error);
  if (entries == NULL)
    return FALSE;

  entry = choose (&errand, entries);
  if (entry != NULL)
    return fetch_to (&errand, entry, path, error);

  g_set_error (error, BP_SYNC_ERROR, BP_SYNC_ERROR_REFUSED, "The server has no backup “%s”%s",
               call->name, call->device != NULL ? " of that device" : "");
  return FALSE;
}

/**
 * bp_sync_restore_backup:
 * @store: of a folder, not in a transaction
 * @call: which
 * @cancellable: (nullable): ends the fetching
 * @error: as bp_sync_get_backup(), bp_store_restore()
 *
 * Fetches a backup and replaces the books by it, as bp_store_restore() does, in
 * the calling thread. On failure they are as before.
 *
 * Returns: whether the books are the restored ones
 */
gboolean
bp_sync_restore_backup (BpStore            *store,
                        const BpBackupCall *call,
                        GCancellable       *cancellable,
                        GError            **error)
{
  g_autofree char *path = NULL;
  gboolean is_restored;

  g_return_val_if_fail (BP_IS_STORE (store), FALSE);

  path = make_scratch (store, error);
  if (path == NULL)
    return FALSE;

  is_restored = bp_sync_get_backup (store, call, path, cancellable, error)
                && bp_store_restore (store, path, error);
  g_unlink (path);
  return is_restored;
}

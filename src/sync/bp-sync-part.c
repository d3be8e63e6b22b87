/* The books say how much of the file is certainly there, and of which version
 * of it: so whatever ended the program, the rest can be asked for. */
#include "config.h"

#include "bp-sync-part.h"

#include <errno.h>
#include <fcntl.h>
#include <glib/gstdio.h>
#include <unistd.h>

#include "bp-gzip.h"
#include "bp-json.h"
#include "bp-store-sync.h"

#define FILE_NAME "bizpulse_local.snapshot"
#define UNPACKED_NAME FILE_NAME ".unpacked"
#define VALUE_PART "snapshot"
#define VALUE_REFUSED "snapshot.refused"
#define DAY_MS (24 * 60 * 60 * G_GINT64_CONSTANT (1000))
#define TEXT_MAX 4096

static gboolean
is_recent (BpStore *store,
           gint64   time)
{
  return ABS (bp_clock_get_now (bp_store_get_clock (store)) - time) < DAY_MS;
}

/**
 * bp_part_is_there:
 * @store: of a folder
 *
 * Returns: whether something of a snapshot was fetched before
 */
gboolean
bp_part_is_there (BpStore *store)
{
  g_autofree char *note = bp_store_get_value (store, VALUE_PART);

  return note != NULL;
}

/**
 * bp_part_is_refused:
 * @store: of a folder
 *
 * Returns: whether none is to be asked for, since within a day there was none,
 *   or none of use
 */
gboolean
bp_part_is_refused (BpStore *store)
{
  gint64 refused_at = bp_store_get_number (store, VALUE_REFUSED, 0);

  return refused_at != 0 && is_recent (store, refused_at);
}

static gboolean
read_texts (BpPart     *self,
            JsonObject *note)
{
  g_autofree char *epoch = NULL;
  g_autofree char *tables = NULL;

  return bp_json_dup_optional_string (note, "epoch", TEXT_MAX, &epoch, NULL)
         && bp_json_dup_optional_string (note, "tables", TEXT_MAX, &tables, NULL)
         && bp_json_dup_optional_string (note, "etag", TEXT_MAX, &self->etag, NULL)
         && g_strcmp0 (epoch, self->epoch) == 0 && g_strcmp0 (tables, self->tables) == 0;
}

static gboolean
read_numbers (BpPart     *self,
              JsonObject *note)
{
  gint64 is_packed;

  if (!bp_json_get_integer (note, "offset", 0, BP_INTEGER_MAX, &self->offset, NULL)
      || !bp_json_get_integer (note, "size", 0, BP_INTEGER_MAX, &self->size, NULL)
      || !bp_json_get_integer (note, "packed", 0, 1, &is_packed, NULL)
      || !bp_json_get_integer (note, "begun_at", -BP_INTEGER_MAX, BP_INTEGER_MAX,
                               &self->begun_at, NULL)
      || !bp_json_get_integer (note, "fails", 0, G_MAXINT32, &self->n_fails, NULL))
    return FALSE;

  self->is_packed = is_packed != 0;
  return is_recent (self->store, self->begun_at);
}

/* What was noted of a file that is there still, of what is asked for now. */
static gboolean
read_note (BpPart *self)
{
  g_autofree char *text = bp_store_get_value (self->store, VALUE_PART);
  g_autoptr (JsonNode) root = NULL;
  JsonObject *note;

  if (text != NULL)
    root = bp_json_parse_object (text, -1, NULL);
  if (root == NULL)
    return FALSE;

  note = json_node_get_object (root);
  return read_texts (self, note) && read_numbers (self, note)
         && lseek (self->fd, 0, SEEK_END) >= self->offset;
}

static gboolean
fail (GError    **error,
      const char *path)
{
  int saved = errno;

  g_set_error (error, G_IO_ERROR, g_io_error_from_errno (saved), "Could not write %s: %s", path,
               g_strerror (saved));
  return FALSE;
}

/**
 * bp_part_open:
 * @self: (out): to be cleared in any case
 * @store: of a folder
 * @tables: what is asked for, as it stands in an address
 * @error: of #GIOErrorEnum where there can be no file
 *
 * Takes up what was fetched before, where it is of the same and not older than
 * a day, or begins anew.
 *
 * Returns: whether the file is open
 */
gboolean
bp_part_open (BpPart     *self,
              BpStore    *store,
              const char *tables,
              GError    **error)
{
  const char *folder = bp_store_get_folder (store);

  *self = (BpPart){ .store = store };
  self->path = g_build_filename (folder, FILE_NAME, NULL);
  self->unpacked_path = g_build_filename (folder, UNPACKED_NAME, NULL);
  self->epoch = bp_store_get_value (store, "epoch");
  self->tables = g_strdup (tables);
  self->fd = open (self->path, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600);
  if (self->fd < 0)
    return fail (error, self->path);

  if (!read_note (self))
    {
      g_clear_pointer (&self->etag, g_free);
      self->offset = 0;
      self->size = 0;
      self->is_packed = FALSE;
      self->n_fails = 0;
      self->begun_at = bp_clock_get_now (bp_store_get_clock (store));
    }
  return ftruncate (self->fd, (off_t)self->offset) == 0 || fail (error, self->path);
}

/**
 * bp_part_keep:
 * @self: a part
 * @error: #BpDatabaseError, of #GIOErrorEnum
 *
 * Makes the first bytes of the file durable, then what is said of them.
 *
 * Returns: whether both are
 */
gboolean
bp_part_keep (BpPart  *self,
              GError **error)
{
  g_autoptr (GString) note = g_string_new ("{");

  if (self->offset > 0 && fdatasync (self->fd) != 0)
    return fail (error, self->path);

  if (self->epoch != NULL)
    bp_json_append_string_member (note, "epoch", self->epoch);
  bp_json_append_string_member (note, "tables", self->tables);
  if (self->etag != NULL)
    bp_json_append_string_member (note, "etag", self->etag);
  bp_json_append_integer_member (note, "offset", self->offset);
  bp_json_append_integer_member (note, "size", self->size);
  bp_json_append_integer_member (note, "packed", self->is_packed);
  bp_json_append_integer_member (note, "begun_at", self->begun_at);
  bp_json_append_integer_member (note, "fails", self->n_fails);
  g_string_append_c (note, '}');
  return bp_store_set_value (self->store, VALUE_PART, note->str, error);
}

/**
 * bp_part_is_whole:
 * @self: a part
 *
 * Returns: whether all of it is there
 */
gboolean
bp_part_is_whole (const BpPart *self)
{
  return self->size > 0 && self->offset == self->size;
}

/**
 * bp_part_unpack:
 * @self: a part that is whole
 * @max_size: most bytes it may have when it is unpacked
 * @error: %BP_DATA_ERROR_MALFORMED, %BP_DATA_ERROR_TOO_LARGE; of #GIOErrorEnum
 *
 * Returns: (transfer none) (nullable): where the file is, unpacked
 */
const char *
bp_part_unpack (BpPart  *self,
                gint64   max_size,
                GError **error)
{
  gboolean ok;
  int fd;

  if (!self->is_packed)
    return self->path;

  fd = open (self->unpacked_path, O_RDWR | O_CREAT | O_TRUNC | O_CLOEXEC | O_NOFOLLOW, 0600);
  if (fd < 0)
    {
      fail (error, self->unpacked_path);
      return NULL;
    }
  ok = lseek (self->fd, 0, SEEK_SET) == 0
       && bp_gzip_unpack_file (self->fd, fd, max_size, error);
  close (fd);
  return ok ? self->unpacked_path : NULL;
}

/**
 * bp_part_clear:
 * @self: a part, opened or not; its file stays
 */
void
bp_part_clear (BpPart *self)
{
  if (self->path != NULL && self->fd >= 0)
    close (self->fd);
  if (self->unpacked_path != NULL)
    g_unlink (self->unpacked_path);
  g_free (self->path);
  g_free (self->unpacked_path);
  g_free (self->epoch);
  g_free (self->tables);
  g_free (self->etag);
  *self = (BpPart){ .fd = -1 };
}

/**
 * bp_part_drop:
 * @store: of a folder
 * @error: #BpDatabaseError
 *
 * Nothing of a snapshot is kept any more.
 *
 * Returns: whether that is stored
 */
gboolean
bp_part_drop (BpStore *store,
              GError **error)
{
  static const char *const names[] = { FILE_NAME, UNPACKED_NAME };

  for (guint i = 0; i < G_N_ELEMENTS (names); i++)
    {
      g_autofree char *path = g_build_filename (bp_store_get_folder (store), names[i], NULL);

      g_unlink (path);
    }

  return !bp_part_is_there (store) || bp_store_set_value (store, VALUE_PART, NULL, error);
}

/**
 * bp_part_refuse:
 * @store: of a folder
 * @error: #BpDatabaseError
 *
 * Nothing of a snapshot is kept, nor is any asked for within a day.
 *
 * Returns: whether that is stored
 */
gboolean
bp_part_refuse (BpStore *store,
                GError **error)
{
  return bp_part_drop (store, error)
         && bp_store_set_number (store, VALUE_REFUSED,
                                 bp_clock_get_now (bp_store_get_clock (store)), error);
}

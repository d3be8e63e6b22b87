#include "config.h"

#include "bp-backup.h"

#include <string.h>

#include "bp-error.h"
#include "bp-id.h"
#include "bp-json.h"
#include "bp-table.h"

#define MAX_LENGTH 64
#define TEXT_MAX 4096
#define SHA256_LENGTH 64

/**
 * bp_backup_name_is_valid:
 * @name: (nullable): what a backup may be called
 *
 * Returns: whether it has 1 to 64 letters, digits, dots, hyphens and
 *   underscores of ASCII, and does not begin with a dot
 */
gboolean
bp_backup_name_is_valid (const char *name)
{
  gsize length = name != NULL ? strlen (name) : 0;

  if (length == 0 || length > MAX_LENGTH || name[0] == '.')
    return FALSE;

  for (gsize i = 0; i < length; i++)
    {
      if (!g_ascii_isalnum (name[i]) && strchr ("._-", name[i]) == NULL)
        return FALSE;
    }
  return TRUE;
}

static gboolean
refuse (const char *why,
        GError    **error)
{
  g_set_error_literal (error, BP_DATA_ERROR, BP_DATA_ERROR_INVALID_VALUE, why);
  return FALSE;
}

/* They go into addresses and are compared: what is no name, no id and no
 * checksum must not come in. */
static gboolean
check_texts (const BpBackupEntry *entry,
             GError             **error)
{
  if (!bp_backup_name_is_valid (entry->name))
    return refuse ("A backup has no usable name", error);
  if (entry->device_id == NULL || !bp_id_is_valid (entry->device_id))
    return refuse ("A backup is of no device", error);
  if (entry->sha256 == NULL || strlen (entry->sha256) != SHA256_LENGTH
      || strspn (entry->sha256, "0123456789abcdef") != SHA256_LENGTH)
    return refuse ("A backup has no checksum", error);

  return TRUE;
}

static BpBackupEntry *
read_entry (JsonNode *node,
            GError  **error)
{
  g_autoptr (BpBackupEntry) entry = g_new0 (BpBackupEntry, 1);
  JsonObject *object = JSON_NODE_HOLDS_OBJECT (node) ? json_node_get_object (node) : NULL;

  if (object == NULL)
    {
      refuse ("A backup is no object", error);
      return NULL;
    }
  if (!bp_json_dup_optional_string (object, "name", TEXT_MAX, &entry->name, error)
      || !bp_json_dup_optional_string (object, "device", TEXT_MAX, &entry->device_id, error)
      || !bp_json_dup_optional_string (object, "device_name", TEXT_MAX, &entry->device_name, error)
      || !bp_json_dup_optional_string (object, "sha256", TEXT_MAX, &entry->sha256, error)
      || !bp_json_get_integer (object, "size", 0, BP_INTEGER_MAX, &entry->size, error)
      || !bp_json_get_integer (object, "created_at", 0, BP_INTEGER_MAX, &entry->created_at, error)
      || !check_texts (entry, error))
    return NULL;

  return g_steal_pointer (&entry);
}

/**
 * bp_backup_entry_parse:
 * @text: (array length=length): the answer to one that was brought
 * @length: in bytes
 * @error: #BpDataError
 *
 * Returns: (transfer full): what the server has now
 */
BpBackupEntry *
bp_backup_entry_parse (const char *text,
                       gsize       length,
                       GError    **error)
{
  g_autoptr (JsonNode) root = bp_json_parse_object (text, (gssize)length, error);

  return root != NULL ? read_entry (root, error) : NULL;
}

/**
 * bp_backup_list_parse:
 * @text: (array length=length): the answer to who asks what there is
 * @length: in bytes
 * @error: #BpDataError
 *
 * Returns: (transfer full) (element-type BpBackupEntry): in the answer's order,
 *   newest first
 */
GPtrArray *
bp_backup_list_parse (const char *text,
                      gsize       length,
                      GError    **error)
{
  g_autoptr (JsonNode) root = bp_json_parse_object (text, (gssize)length, error);
  g_autoptr (GPtrArray) entries = NULL;
  JsonArray *array;

  array = root != NULL ? bp_json_get_array (json_node_get_object (root), "backups", error) : NULL;
  if (array == NULL)
    return NULL;

  entries = g_ptr_array_new_with_free_func ((GDestroyNotify)bp_backup_entry_free);
  for (guint i = 0; i < json_array_get_length (array); i++)
    {
      BpBackupEntry *entry = read_entry (json_array_get_element (array, i), error);

      if (entry == NULL)
        return NULL;
      g_ptr_array_add (entries, entry);
    }

  return g_steal_pointer (&entries);
}

/**
 * bp_backup_entry_append:
 * @entry: a backup
 * @json: where it is appended as a JSON object
 */
void
bp_backup_entry_append (const BpBackupEntry *entry,
                        GString             *json)
{
  g_string_append_c (json, '{');
  bp_json_append_string_member (json, "name", entry->name);
  bp_json_append_string_member (json, "device", entry->device_id);
  if (entry->device_name != NULL)
    bp_json_append_string_member (json, "device_name", entry->device_name);
  bp_json_append_integer_member (json, "size", entry->size);
  bp_json_append_integer_member (json, "created_at", entry->created_at);
  bp_json_append_string_member (json, "sha256", entry->sha256);
  g_string_append_c (json, '}');
}

/**
 * bp_backup_entry_free:
 * @entry: (nullable) (transfer full): a backup
 */
void
bp_backup_entry_free (BpBackupEntry *entry)
{
  if (entry == NULL)
    return;

  g_free (entry->name);
  g_free (entry->device_id);
  g_free (entry->device_name);
  g_free (entry->sha256);
  g_free (entry);
}

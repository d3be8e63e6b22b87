#include "config.h"

#include "bp-backup.h"

#include <string.h>

#define MAX_LENGTH 64

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

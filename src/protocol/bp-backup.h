/* Backup files that a server keeps for a store's devices. */
#pragma once

#include <glib.h>

G_BEGIN_DECLS

/* How many of each device are kept. */
#define BP_KEPT_BACKUPS 7

gboolean bp_backup_name_is_valid (const char *name);

G_END_DECLS

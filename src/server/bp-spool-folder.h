/* Where a server's temporary files lie. */
#pragma once

#include <glib.h>

G_BEGIN_DECLS

typedef struct _BpSpoolFolder BpSpoolFolder;

BpSpoolFolder *bp_spool_folder_make (gint64   now_s,
                                     GError **error);
const char *bp_spool_folder_get_path (BpSpoolFolder *self);
void bp_spool_folder_remove (BpSpoolFolder *self);

G_END_DECLS

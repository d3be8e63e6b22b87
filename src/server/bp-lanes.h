/* Jobs on their way to the workers, so that those of one store leave room for
 * the others. */
#pragma once

#include <glib.h>

G_BEGIN_DECLS

typedef struct _BpLanes BpLanes;

BpLanes *bp_lanes_new (GThreadPool   *pool,
                       guint          width,
                       GDestroyNotify free_job);
void bp_lanes_free (BpLanes *self);
void bp_lanes_push (BpLanes    *self,
                    const char *name,
                    gpointer    job);
void bp_lanes_leave (BpLanes    *self,
                     const char *name);

G_END_DECLS

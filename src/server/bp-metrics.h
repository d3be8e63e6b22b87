/* What the server has answered, counted for Prometheus. */
#pragma once

#include <gio/gio.h>

#include "bp-rules.h"

G_BEGIN_DECLS

typedef struct _BpMetrics BpMetrics;

BpMetrics *bp_metrics_new (void);
void bp_metrics_free (BpMetrics *self);
void bp_metrics_count (BpMetrics     *self,
                       const char    *path,
                       const BpReply *reply,
                       gint64         microseconds);
void bp_metrics_count_sent (BpMetrics *self,
                            gsize      bytes);
char *bp_metrics_to_text (BpMetrics *self);
gboolean bp_metrics_serve (BpMetrics      *self,
                           GSocketAddress *address,
                           GError        **error);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (BpMetrics, bp_metrics_free)

G_END_DECLS

#pragma once

#include "bp-clock.h"

G_BEGIN_DECLS

typedef struct _BpRate BpRate;

BpRate *bp_rate_new (BpClock *clock,
                     guint    per_s,
                     guint    burst);
void bp_rate_free (BpRate *self);
gint64 bp_rate_take (BpRate     *self,
                     const char *key);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (BpRate, bp_rate_free)

G_END_DECLS

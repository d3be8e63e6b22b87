#pragma once

#include "bp-clock.h"

G_BEGIN_DECLS

typedef struct _BpLimiter BpLimiter;

BpLimiter *bp_limiter_new (BpClock *clock,
                           guint    max_faults,
                           gint64   window_ms);
void bp_limiter_free (BpLimiter *self);
gint64 bp_limiter_get_wait (BpLimiter  *self,
                            const char *address);
void bp_limiter_count (BpLimiter  *self,
                       const char *address);
char *bp_limiter_get_network (const char *address);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (BpLimiter, bp_limiter_free)

G_END_DECLS

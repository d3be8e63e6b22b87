/* What a device does all day, one durable action after the other, the same for
 * the same seed. */
#pragma once

#include "bp-store-sync.h"
#include "bp-test-clock.h"

G_BEGIN_DECLS

/**
 * Workload:
 * @folder: the store's
 * @store: (nullable): %NULL where it could not be opened again
 * @claim: (nullable): what was sent and is not answered
 * @round: how often all steps were done
 * @seq: of the server's last change
 */
typedef struct
{
  char *folder;
  BpTestClock *clock;
  BpStore *store;
  BpClaim *claim;
  guint round;
  gint64 seq;
  guint64 random;
} Workload;

void workload_init (Workload   *self,
                    const char *folder,
                    guint64     seed);
void workload_set_clock (Workload *self,
                         gint64    now,
                         guint64   seed);
void workload_clear (Workload *self);
gboolean workload_open (Workload *self,
                        GError  **error);
void workload_close (Workload *self);
guint workload_get_n_steps (void);
const char *workload_get_name (guint step);
gboolean workload_run (Workload *self,
                       guint     step,
                       GError  **error);

GBytes *workload_read_all (BpStore *store);

G_END_DECLS

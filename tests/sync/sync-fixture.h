/* A shop of a few devices and their server, in one process. */
#pragma once

#include "bp-rules-transport.h"
#include "bp-store-sync.h"
#include "bp-sync-engine.h"
#include "bp-test-clock.h"

G_BEGIN_DECLS

typedef struct
{
  char *folder;
  BpTestClock *clock;
  BpStore *store;
  BpRulesTransport *transport;
  BpSyncEngine *engine;
} Device;

typedef struct
{
  char *root;
  BpTestClock *clock; /* the server's */
  BpRulesServer *server;
  char *store_id;
  Device *devices[3]; /* made by make_device() */
  guint n_devices;
} Shop;

#define SHOP_START G_GINT64_CONSTANT (1763800000000)

void shop_set_up (Shop         *shop,
                  gconstpointer data);
void shop_tear_down (Shop         *shop,
                     gconstpointer data);
Device *shop_open_folder (Shop *shop);
Device *shop_add_device (Shop *shop);
void device_open_engine (Device *device);

gboolean device_run (Device              *device,
                     const BpSyncOptions *options,
                     BpSyncReport        *report,
                     GError             **error);
BpSyncReport device_sync (Device *device);
void device_fail_to_sync (Device *device,
                          int     code);
guint device_count_requests (Device     *device,
                             const char *prefix);

void device_save (Device         *device,
                  const char     *table,
                  const char     *id,
                  BpOperationKind kind,
                  const char     *json);
void device_add (Device     *device,
                 const char *table,
                 const char *id,
                 const char *json);
void device_change (Device     *device,
                    const char *table,
                    const char *id,
                    const char *json);
void device_delete (Device     *device,
                    const char *table,
                    const char *id);
void device_sell (Device     *device,
                  const char *id,
                  const char *number,
                  const char *product_id,
                  gint64      quantity);

BpRow *device_get (Device     *device,
                   const char *table,
                   const char *id);
void device_expect (Device        *device,
                    const char    *table,
                    const char    *id,
                    const char    *json,
                    BpRecordStatus status);
void device_expect_none (Device     *device,
                         const char *table,
                         const char *id);
BpQueueCounts device_count_queue (Device *device);
BpConflict *device_get_only_conflict (Device  *device,
                                      gboolean all);
void device_set_policy (Device     *device,
                        const char *policy);
void device_decide (Device     *device,
                    BpDecision  decision,
                    const char *merged);
void device_expect_decision (Device     *device,
                             const char *decision);
void device_check (Device *device);

G_END_DECLS

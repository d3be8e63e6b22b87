/* A scheduler whose seconds last a few milliseconds, over a network and with
 * runs that are whatever the test says. */
#pragma once

#include "bp-sync-private.h"
#include "bp-sync-scheduler-private.h"
#include "bp-test-clock.h"
#include "bp-transport.h"

G_BEGIN_DECLS

#define START G_GINT64_CONSTANT (1763800000000)
#define SECOND_MS 20

#define TEST_TYPE_MONITOR (test_monitor_get_type ())

G_DECLARE_FINAL_TYPE (TestMonitor, test_monitor, TEST, MONITOR, GObject)

void test_monitor_set (TestMonitor         *self,
                       gboolean             metered,
                       GNetworkConnectivity connectivity);

/* What the runs of a test do; written before a run, read after it. */
typedef struct
{
  int n_begun;
  int n_runs;
  int error;          /* of BpSyncError; −1 for none */
  gint64 retry_after;
  gboolean unfinished;
  gboolean hang;      /* until cancelled */
  gboolean hang_hard; /* also then */
  gboolean beat;      /* something moves meanwhile */
  gboolean save_last_sync;
  gint64 rows_left;   /* −1 for none told of */
  int work;           /* what the last run was allowed */

  int n_listening;    /* how often it began to listen */
  int n_connected;
  int live_error;     /* of BpSyncError; −1 where it connects */
  int live_seq;       /* to be told; 0 for nothing */
  int live_cut;       /* the connection ends once */
  int is_listening;
} Plan;

extern Plan plan;

typedef struct
{
  char *folder;
  BpTestClock *clock;
  BpStore *store;
  TestMonitor *monitor;
  BpSyncScheduler *scheduler;
} Fixture;

void set_up (Fixture      *fixture,
             gconstpointer data);
void tear_down (Fixture      *fixture,
                gconstpointer data);
void put_value (Fixture    *fixture,
                const char *name,
                const char *value);
void put_setting (Fixture    *fixture,
                  const char *name,
                  const char *value);
void pass (guint seconds);
void wait_for_begun (int wanted);
void wait_for_runs (int wanted);
void wait_for (int *count,
               int  wanted);
void listen_live (Fixture *fixture);
void save (Fixture    *fixture,
           const char *table,
           const char *id);
void save_product (Fixture    *fixture,
                   const char *id);

G_END_DECLS

/* A shop of a few devices and their server in one thread, moved by a seed: the
 * same plan, the same run. */
#pragma once

#include <sqlite3.h>

#include "bp-rules-transport.h"
#include "bp-store-sync.h"
#include "bp-sync-engine.h"
#include "bp-test-clock.h"
#include "sim-place.h"
#include "sim-plan.h"
#include "sim-random.h"
#include "sim-reader.h"

G_BEGIN_DECLS

#define SIM_DAY_MS (G_GINT64_CONSTANT (24) * 60 * 60 * 1000)

/**
 * SimToken:
 * @text: `~DEVICE-NUMBER~`, written into one field of one record
 * @device: whose edit it is
 * @number: how many there were before it
 * @group: the save it was a part of
 * @is_fact: whether it stands in a fact, where it never moves
 * @is_over: whether its author wrote over it, or gave it up
 *
 * What proves that an edit was not lost.
 */
typedef struct
{
  char *text;
  guint device;
  guint number;
  guint group;
  gboolean is_fact;
  gboolean is_over;
} SimToken;

typedef struct _Sim Sim;

/**
 * SimDevice:
 *
 * One folder, on a disk of its own; while that has no power nothing of the
 * device reaches the server either.
 */
typedef struct
{
  Sim *sim; /* (unowned) */
  guint index;
  char *name;
  const char *folder;     /* (unowned) */
  BpFaultDisk *disk;      /* (unowned) */
  char *token;
  SimFolder books;
  BpTransport *transport;
  BpSyncEngine *engine;
  gboolean is_running;
  gboolean trusts_clocks; /* its policy is, or was, “latest-wins” */
  gboolean is_touched;    /* something may have changed since it was checked */
  guint n_numbers;
  char *epoch;            /* (nullable): of @cursors */
  gint64 cursors[BP_N_TABLES];
  gint64 n_conflicts;     /* the last that was looked at when it came up */
  gboolean has_limited;   /* whether its user ever limited what it gets */
  gboolean may_go_back;   /* whether its cursors may begin anew */
  GHashTable *decided;    /* conflicts that its user decided, by id */
  BpFaultImage *copy;     /* (nullable): its disk at an earlier time */
  char *token_then;       /* (nullable) */
  guint n_tokens_then;
} SimDevice;

/**
 * SimLate:
 *
 * A request that the network will deliver once more.
 */
typedef struct
{
  const BpEndpoint *endpoint;
  char *token;
  GBytes *body;
} SimLate;

struct _Sim
{
  SimPlace *place;      /* (unowned) */
  const SimPlan *plan;  /* (unowned) */
  SimRandom work;
  SimRandom faults;
  guint rates[SIM_N_FAULTS];
  BpFaultImage *backup; /* (nullable): the server's disk at an earlier time */
  gboolean has_restored;
  gboolean has_forked;  /* whether a folder was put back or copied */
  gboolean are_faults_on;
  BpTestClock *clock;
  BpRulesServer *server;
  BpTransport *wire;    /* to the server, without faults */
  SimReader *reader;    /* (nullable): reads the server's file */
  SimDevice devices[SIM_MAX_DEVICES];
  guint n_devices;
  guint n_clones;
  guint depth;
  guint step;
  guint n_saves;
  guint n_tokens;
  GPtrArray *tokens;    /* (element-type SimToken) */
  GHashTable *token_index;
  GHashTable *known;    /* tokens in the server's log, with how many operations */
  gint64 n_known;       /* the last row of the log that was read */
  GPtrArray *late;      /* (element-type SimLate) */
  GBytes *old_answers[SIM_MAX_DEVICES];
  GString *trace;       /* (nullable): where nobody reads it */
  char *failure;        /* (nullable): the first invariant that broke */
};

/* sim.c */
gboolean sim_run (SimPlace      *place,
                  const SimPlan *plan,
                  char         **failure,
                  char         **trace);
void sim_say (Sim        *sim,
              const char *format,
              ...) G_GNUC_PRINTF (2, 3);
void sim_fail (Sim        *sim,
               const char *format,
               ...) G_GNUC_PRINTF (2, 3);
gboolean sim_strikes (Sim     *sim,
                      SimFault fault);

/* sim-server.c */
void sim_server_open (Sim *sim);
void sim_server_close (Sim *sim);
void sim_server_take (Sim *sim);
void sim_server_leave (Sim *sim);
void sim_server_back_up (Sim *sim);
void sim_server_restore (Sim *sim);
void sim_server_forget (Sim *sim);
gboolean sim_server_revive (Sim *sim);
SimReader *sim_server_read (Sim *sim);

/* sim-device.c */
void sim_device_init (Sim  *sim,
                      guint index);
void sim_device_clear (SimDevice *device);
void sim_device_revive (SimDevice *device);
gboolean sim_device_is_dead (SimDevice *device);
void sim_device_copy (SimDevice *device);
void sim_device_put_back (SimDevice *device);
void sim_device_clone (SimDevice *device);
gboolean sim_device_sync (SimDevice           *device,
                          const BpSyncOptions *options);
SimReader *sim_device_read (SimDevice *device);

/* sim-transport.c */
BpTransport *sim_transport_new (SimDevice *device);
void sim_deliver_late (Sim *sim);
void sim_late_free (SimLate *late);

/* sim-mutant.c */
GBytes *sim_mutate_request (Sim              *sim,
                            const BpEndpoint *endpoint,
                            GBytes           *body,
                            GPtrArray        *renamed);
void sim_mutate_answer (Sim              *sim,
                        const BpEndpoint *endpoint,
                        BpAnswer         *answer,
                        GPtrArray        *renamed);
void sim_mutate_device (SimDevice *device);
void sim_mutate_save (SimDevice *device);

/* sim-user.c: what people do with a device */
void sim_user_act (SimDevice *device);

/* sim-sale.c */
void sim_user_sell (SimDevice *device);
void sim_user_measure (SimDevice *device);

/* sim-bulk.c */
void sim_user_move_stock (SimDevice *device);
void sim_user_do_many (SimDevice *device,
                       guint      n);
void sim_user_edit_many (SimDevice *device);

/* sim-people.c */
guint sim_user_decide (SimDevice *device);
void sim_user_decide_again (SimDevice *device);
gboolean sim_user_clear_up (SimDevice *device);
void sim_user_configure (SimDevice *device);

/* sim-write.c */
guint sim_user_below (SimDevice *device,
                      guint      bound);
char *sim_user_make_id (SimDevice  *device,
                        const char *letter);
char *sim_user_make_product_id (SimDevice *device);
BpRow *sim_user_pick (SimDevice  *device,
                      const char *table,
                      const char *where);
BpChange *sim_user_parse (const char *table,
                          const char *json);
BpChange *sim_user_make_change (SimDevice     *device,
                                const BpTable *table,
                                gboolean       whole);
GPtrArray *sim_user_begin (SimDevice *device);
void sim_user_add (GPtrArray      *writes,
                   const char     *table,
                   const char     *id,
                   BpOperationKind kind,
                   BpChange       *change);
gboolean sim_user_save (SimDevice *device,
                        GPtrArray *writes,
                        guint      n_tokens);

/* sim-token.c */
char *sim_token_new (SimDevice *device,
                     gboolean   is_fact);
void sim_token_drop_last (Sim  *sim,
                          guint n_before);
void sim_token_write_over (SimDevice  *device,
                           const char *text);
void sim_token_give_up (SimDevice *device,
                        guint      first);
void sim_token_add (GHashTable *found,
                    const char *text);
GHashTable *sim_token_collect (sqlite3_stmt *statement);
void sim_token_end_past (Sim *sim);
void sim_token_free (SimToken *token);

/* sim-check.c: the invariants */
void sim_check_step (Sim *sim);
void sim_check_at_rest (Sim *sim);
gboolean sim_is_quiet (Sim *sim);

G_END_DECLS

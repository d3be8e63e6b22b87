/* A shop of a few devices and their server in one thread, moved by a seed: the
 * same seed, the same run. */
#pragma once

#include <sqlite3.h>

#include "bp-rules-transport.h"
#include "bp-store-sync.h"
#include "bp-sync-engine.h"
#include "bp-test-clock.h"

G_BEGIN_DECLS

#define SIM_MAX_DEVICES 4
#define SIM_START G_GINT64_CONSTANT (1763800000000)
#define SIM_DAY_MS (G_GINT64_CONSTANT (24) * 60 * 60 * 1000)

/**
 * SimMutant:
 * @SIM_MUTANT_NONE: the product as it is
 * @SIM_MUTANT_ACKNOWLEDGE_ALL: whatever the server answered counts as applied
 * @SIM_MUTANT_CURSOR_BEFORE_ROWS: a cursor moves although the rows are lost
 * @SIM_MUTANT_NO_OP_ID: the server does not know an operation again
 * @SIM_MUTANT_CLOCK: a device's clock decides where the server should win
 *
 * Planted bugs, that the simulation must find.
 */
typedef enum
{
  SIM_MUTANT_NONE,
  SIM_MUTANT_ACKNOWLEDGE_ALL,
  SIM_MUTANT_CURSOR_BEFORE_ROWS,
  SIM_MUTANT_NO_OP_ID,
  SIM_MUTANT_CLOCK,
} SimMutant;

/**
 * SimRandom:
 *
 * A stream of randomness; see sim_random_next().
 */
typedef struct
{
  guint64 state;
} SimRandom;

/**
 * SimRates:
 *
 * What may go wrong in this run, and how often: of a thousand occasions.
 */
typedef struct
{
  guint lost_request;
  guint lost_answer;
  guint twice;
  guint late;
  guint cut;
  guint portal;
  guint server_error;
  guint busy;
  guint too_large;
  guint old_answer;
  guint between;
  guint crash;
  guint jump;
  guint restore;
  guint horizon;
  guint selection;
} SimRates;

/**
 * SimToken:
 * @text: `~DEVICE-NUMBER~`, written into one field of one record
 * @device: whose edit it is
 * @is_fact: whether it stands in a fact, where it never moves
 * @is_over: whether its author wrote over it, or gave it up
 *
 * What proves that an edit was not lost.
 */
typedef struct
{
  char *text;
  guint device;
  gboolean is_fact;
  gboolean is_over;
} SimToken;

typedef struct _Sim Sim;

/**
 * SimDevice:
 *
 * One device. @is_dead from the moment it was killed until it is opened again:
 * nothing of it reaches the disk or the server meanwhile. @dies_in counts the
 * commits it has left, −1 where it lives on.
 */
typedef struct
{
  Sim *sim; /* (unowned) */
  guint index;
  char *name;
  char *folder;
  char *token;
  BpTestClock *clock;
  BpStore *store;         /* (nullable) while it is dead */
  BpTransport *transport;
  BpSyncEngine *engine;
  gboolean is_dead;
  gboolean is_running;
  int dies_in;
  guint n_numbers;
  char *epoch;            /* (nullable): of @cursors */
  gint64 cursors[BP_N_TABLES];
  gboolean may_go_back;   /* whether its cursors may begin anew */
  GHashTable *decided;    /* conflicts that its user decided, by id */
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
  guint64 seed;
  SimMutant mutant;
  gboolean is_loud;
  SimRandom work;
  SimRandom faults;
  SimRates rates;
  char *root;
  char *server_path;
  char *backup_path;
  gboolean has_backup;
  gboolean has_restored;
  gboolean are_faults_on;
  BpTestClock *clock;
  BpRulesServer *server;
  BpTransport *wire; /* to the server, without faults */
  char *store_id;
  sqlite3 *reader;   /* (nullable): reads the server's file */
  SimDevice devices[SIM_MAX_DEVICES];
  guint n_devices;
  guint depth;
  guint n_steps;
  guint n_tokens;
  GPtrArray *tokens;      /* (element-type SimToken) */
  GHashTable *token_index;
  GPtrArray *late;        /* (element-type SimLate) */
  GBytes *old_answers[SIM_MAX_DEVICES];
  GString *trace;
  char *failure;          /* (nullable): the first invariant that broke */
};

/* sim-random.c */
guint64 sim_random_next (SimRandom *random);
guint sim_random_below (SimRandom *random,
                        guint      bound);
gboolean sim_random_chance (SimRandom *random,
                            guint      per_mille);

/* sim.c */
gboolean sim_run (guint64   seed,
                  SimMutant mutant,
                  gboolean  is_loud,
                  char    **failure,
                  char    **trace);
void sim_say (Sim        *sim,
              const char *format,
              ...) G_GNUC_PRINTF (2, 3);
void sim_fail (Sim        *sim,
               const char *format,
               ...) G_GNUC_PRINTF (2, 3);

/* sim-place.c */
void sim_server_open (Sim *sim);
void sim_server_close (Sim *sim);
void sim_server_back_up (Sim *sim);
void sim_server_restore (Sim *sim);
void sim_server_forget (Sim *sim);
sqlite3 *sim_server_read (Sim *sim);
void sim_server_check (Sim *sim);
char *sim_files_make_root (void);
void sim_files_remove (const char *path);

/* sim-device.c */
void sim_device_init (Sim  *sim,
                      guint index);
void sim_device_clear (SimDevice *device);
void sim_device_revive (SimDevice *device);
void sim_device_sync (SimDevice           *device,
                      const BpSyncOptions *options);
sqlite3 *sim_device_read (SimDevice *device);

/* sim-transport.c */
BpTransport *sim_transport_new (SimDevice *device);
void sim_deliver_late (Sim *sim);
void sim_late_free (SimLate *late);

/* sim-mutant.c */
GBytes *sim_mutate_request (Sim       *sim,
                            GBytes    *body,
                            GPtrArray *renamed);
void sim_mutate_answer (Sim              *sim,
                        const BpEndpoint *endpoint,
                        BpAnswer         *answer,
                        GPtrArray        *renamed);

/* sim-user.c */
void sim_user_act (SimDevice *device);
void sim_user_decide (SimDevice *device);
void sim_user_clear_up (SimDevice *device);
void sim_user_configure (SimDevice *device);

/* sim-token.c */
char *sim_token_new (SimDevice *device,
                     gboolean   is_fact);
void sim_token_drop_last (Sim  *sim,
                          guint n_before);
void sim_token_write_over (SimDevice  *device,
                           const char *text);
GHashTable *sim_token_collect (sqlite3    *database,
                               const char *sql,
                               GHashTable *found);
void sim_token_end_past (Sim *sim);
void sim_token_free (SimToken *token);

/* sim-check.c */
void sim_check_step (SimDevice *device);
void sim_check_tokens (Sim     *sim,
                       gboolean is_quiet);
void sim_check_books (SimDevice *device);
void sim_check_equal (Sim *sim);
gboolean sim_is_quiet (Sim *sim);

G_END_DECLS

/* A device's store in a folder of its own, and the other side played by hand. */
#pragma once

#include "bp-store-sync.h"
#include "bp-test-clock.h"

G_BEGIN_DECLS

#define BP_DEVICE_START G_GINT64_CONSTANT (1763000000000)

typedef struct
{
  char *folder;
  BpTestClock *clock;
  BpStore *store;
} BpDevice;

void bp_device_set_up (BpDevice     *self,
                       gconstpointer data);
void bp_device_tear_down (BpDevice     *self,
                          gconstpointer data);
void bp_device_reopen (BpDevice *self);

/* Saving: @... are table, id, kind ("+" INSERT, "=" UPDATE, "-" DELETE) and
 * JSON, ended by NULL; one action. */
void bp_device_save (BpDevice *self,
                     ...) G_GNUC_NULL_TERMINATED;

/* What is here. A record as "STATUS vVERSION[ deleted] JSON", of JSON only the
 * fields named. */
char *bp_device_describe (BpDevice   *self,
                          const char *table,
                          const char *id,
                          const char *fields);
char *bp_device_describe_queue (BpDevice *self);
gint64 bp_device_ask (BpDevice   *self,
                      const char *sql);
void bp_device_run (BpDevice   *self,
                    const char *sql);

/* The other side. @answers: a word for each operation: "applied:VERSION:SEQ",
 * "held", "rejected:CODE[:retry]", "conflict:TYPE[:KEY]", "-" for none. */
BpClaim *bp_device_claim (BpDevice    *self,
                          BpClaimScope scope);
char *bp_device_describe_claim (const BpClaim *claim);
BpAnswerSummary bp_device_answer (BpDevice      *self,
                                  BpClaim       *claim,
                                  const char    *answers,
                                  const BpState *server);
void bp_device_push_all (BpDevice *self,
                         gint64    seq);
BpState *bp_device_state (const char *table,
                          const char *id,
                          gint64      version,
                          gint64      seq,
                          const char *json);
guint bp_device_pull (BpDevice   *self,
                      const char *table,
                      gint64      since,
                      gboolean    from_zero,
                      ...) G_GNUC_NULL_TERMINATED;
gint64 bp_device_get_open_conflict (BpDevice *self);

/* Deciding, as a person does. */
void bp_device_decide (BpDevice   *device,
                       gint64      id,
                       BpDecision  decision,
                       const char *merged);
void bp_device_decide_open (BpDevice   *device,
                            BpDecision  decision,
                            const char *merged);
void bp_device_assert_decided (BpDevice   *device,
                               const char *decision);

#define bp_assert_text(actual, expected) \
  G_STMT_START { \
    g_autofree char *bp_actual = (actual); \
    g_assert_cmpstr (bp_actual, ==, (expected)); \
  } G_STMT_END

G_END_DECLS

/* A main database of its own in a folder of its own, a clock that stands
 * still, one store and one paired device. */
#pragma once

#include <json-glib/json-glib.h>

#include "bp-rules.h"

#define BP_TYPE_FIXED_CLOCK (bp_fixed_clock_get_type ())

G_DECLARE_FINAL_TYPE (BpFixedClock, bp_fixed_clock, BP, FIXED_CLOCK, BpClock)

struct _BpFixedClock
{
  BpClock parent_instance;

  gint64 now;
  guint64 random;
};

typedef struct
{
  char *folder;
  char *path;    /* (nullable): of the file, with SQLite */
  char *address;
  BpBackend *backend;
  BpFixedClock *clock;
  char *store_id;
  char *code;
  char *token;
  char *device_id;
  char *epoch;
  gint64 attempt;
} Fixture;

void fixture_set_up (Fixture      *fixture,
                     gconstpointer data);
void fixture_tear_down (Fixture      *fixture,
                        gconstpointer data);
void fixture_reopen (Fixture *fixture);
char *fixture_add_store (Fixture    *fixture,
                         const char *name,
                         char      **code);
char *fixture_add_code (Fixture    *fixture,
                        const char *store_id);
JsonNode *fixture_pair (Fixture    *fixture,
                        const char *code,
                        const char *request,
                        int         status);

char *quote (const char *text);
gboolean bytes_hold (GBytes     *bytes,
                     const char *text);
BpReply *fixture_call (Fixture     *fixture,
                       BpEndpointId endpoint,
                       const char  *token,
                       const char  *body);
JsonNode *fixture_push (Fixture    *fixture,
                        const char *operations);
char *fixture_push_told (Fixture    *fixture,
                         const char *operations);
char *fixture_pull (Fixture    *fixture,
                    const char *request);
JsonObject *get_result (JsonNode *answer,
                        guint     index);
BpState *fixture_get (Fixture    *fixture,
                      const char *table,
                      const char *id);
gint64 fixture_get_integer (Fixture    *fixture,
                            const char *table,
                            const char *id,
                            const char *field);
gint64 fixture_get_seq (Fixture *fixture);
guint fixture_check (Fixture *fixture);
char *fixture_ask (Fixture    *fixture,
                   const char *sql);
void fixture_run (Fixture    *fixture,
                  const char *sql);

char *operation (const char *op,
                 const char *table,
                 const char *id,
                 const char *kind,
                 const char *rest);
char *sale (const char *op,
            const char *id,
            const char *kind,
            gint64      quantity,
            gint64      total,
            const char *more);
char *product (const char *op,
               const char *id,
               const char *more);
char *payment (const char *op,
               const char *id,
               gint64      amount,
               const char *more);
char *movement (const char *op,
                const char *id,
                gint64      quantity);
void add_basics (Fixture *fixture);

#define assert_pushed(fixture, expected, ...) \
  do \
    { \
      g_autofree char *told_ = push_all (fixture, __VA_ARGS__, NULL); \
      g_assert_cmpstr (told_, ==, expected); \
    } \
  while (0)

char *push_all (Fixture *fixture,
                char    *first,
                ...) G_GNUC_NULL_TERMINATED;

#define assert_push(fixture, operations, expected) \
  do \
    { \
      g_autofree char *told_ = fixture_push_told (fixture, operations); \
      g_assert_cmpstr (told_, ==, expected); \
    } \
  while (0)

/* A store in a folder of its own, and short words for what tests do to it. */
#pragma once

#include "bp-store-private.h"
#include "bp-test-clock.h"

G_BEGIN_DECLS

/**
 * StoreFixture:
 * @folder: (transfer full): the store's, removed by store_fixture_clear()
 * @clock: (transfer full): stands at 1000 at first
 * @store: (transfer full): opened
 */
typedef struct
{
  char *folder;
  BpTestClock *clock;
  BpStore *store;
} StoreFixture;

void store_fixture_init (StoreFixture *fixture,
                         gconstpointer data);
void store_fixture_clear (StoreFixture *fixture,
                          gconstpointer data);
void store_fixture_reopen (StoreFixture *fixture);

GPtrArray *writes_new (void);
void writes_add (GPtrArray      *writes,
                 BpOperationKind kind,
                 const char     *table,
                 const char     *id,
                 const char     *json);
gboolean try_save (StoreFixture   *fixture,
                   BpOperationKind kind,
                   const char     *table,
                   const char     *id,
                   const char     *json,
                   GError        **error);
void save_writes (StoreFixture *fixture,
                  GPtrArray    *writes);
void save (StoreFixture   *fixture,
           BpOperationKind kind,
           const char     *table,
           const char     *id,
           const char     *json);
void run_sql (StoreFixture *fixture,
              const char   *sql);
gint64 ask (StoreFixture *fixture,
            const char   *sql);
char *ask_text (StoreFixture *fixture,
                const char   *sql);
char *describe_queue (StoreFixture *fixture);
void assert_queue (StoreFixture *fixture,
                   const char   *expected);
void assert_status (StoreFixture *fixture,
                    const char   *table,
                    const char   *id,
                    const char   *expected);
void assert_field (StoreFixture *fixture,
                   const char   *table,
                   const char   *id,
                   const char   *field,
                   const char   *expected);

G_END_DECLS

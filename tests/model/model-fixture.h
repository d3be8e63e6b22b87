/* A shop in a folder of its own, with a clock that stands still. */
#pragma once

#include "bp-shop.h"
#include "fixed-clock.h"

G_BEGIN_DECLS

/* 2025-06-01 10:00 in Kolkata. */
#define FIXTURE_NOW G_GINT64_CONSTANT (1748752200000)
#define FIXTURE_DAY G_GINT64_CONSTANT (86400000)

typedef struct
{
  char *folder;      /* (owned) */
  FixedClock *clock; /* (owned) */
  BpShop *shop;      /* (owned) */
} Fixture;

void fixture_set_up (Fixture      *fixture,
                     gconstpointer data);
void fixture_tear_down (Fixture      *fixture,
                        gconstpointer data);

char *fixture_add (Fixture    *fixture,
                   const char *table,
                   const char *json);
void fixture_set (Fixture    *fixture,
                  const char *table,
                  const char *id,
                  const char *json);
void fixture_refuse_add (Fixture    *fixture,
                         const char *table,
                         const char *json,
                         GQuark      domain,
                         int         code);
void fixture_refuse_set (Fixture    *fixture,
                         const char *table,
                         const char *id,
                         const char *json,
                         GQuark      domain,
                         int         code);
BpRow *fixture_get (Fixture    *fixture,
                    const char *table,
                    const char *id);
gint64 fixture_get_integer (Fixture    *fixture,
                            const char *table,
                            const char *id,
                            const char *field);
char *fixture_get_text (Fixture    *fixture,
                        const char *table,
                        const char *id,
                        const char *field);
guint fixture_count (Fixture    *fixture,
                     const char *table);
gint64 fixture_sum (Fixture    *fixture,
                    const char *table,
                    const char *field);
guint fixture_count_queue (Fixture *fixture);
char *fixture_write (Fixture    *fixture,
                     const char *name,
                     const char *text);

G_END_DECLS

/* How often each of many may do something: so often at once, and so often a
 * second in the long run. Of each only the moment is kept at which it will have
 * everything again that it may do at once. */
#include "config.h"

#include "bp-rate.h"

#define MAX_KEYS 10000
#define US_PER_MS 1000

struct _BpRate
{
  BpClock *clock;   /* (owned) */
  GHashTable *full; /* (owned): key → when it is as new, in microseconds */
  gint64 step_us;
  gint64 burst_us;
};

/**
 * bp_rate_new:
 * @clock: monotonic time
 * @per_s: how often a second, ≥ 1
 * @burst: how often at once, ≥ 1
 *
 * Returns: (transfer full): a rate, for one thread at a time; at most 10,000 keys
 *   are kept
 */
BpRate *
bp_rate_new (BpClock *clock,
             guint    per_s,
             guint    burst)
{
  BpRate *self = g_new0 (BpRate, 1);

  self->clock = g_object_ref (clock);
  self->full = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, g_free);
  self->step_us = G_USEC_PER_SEC / per_s;
  self->burst_us = self->step_us * burst;
  return self;
}

/**
 * bp_rate_free:
 * @self: (nullable) (transfer full): a rate
 */
void
bp_rate_free (BpRate *self)
{
  if (self == NULL)
    return;

  g_object_unref (self->clock);
  g_hash_table_unref (self->full);
  g_free (self);
}

static gint64
get_now (BpRate *self)
{
  return bp_clock_get_monotonic (self->clock) * US_PER_MS;
}

static gboolean
is_as_new (gpointer key,
           gpointer value,
           gpointer user_data)
{
  const gint64 *now = user_data;

  return *(gint64 *)value <= *now;
}

/* Where nobody can be forgotten all are: who asks too often begins anew, which
 * is better than to keep more and more of them. */
static gint64 *
get_full (BpRate     *self,
          const char *key,
          gint64      now)
{
  gint64 *full = g_hash_table_lookup (self->full, key);

  if (full != NULL)
    return full;

  if (g_hash_table_size (self->full) >= MAX_KEYS)
    g_hash_table_foreach_remove (self->full, is_as_new, &now);
  if (g_hash_table_size (self->full) >= MAX_KEYS)
    g_hash_table_remove_all (self->full);
  full = g_new0 (gint64, 1);
  g_hash_table_insert (self->full, g_strdup (key), full);
  return full;
}

/**
 * bp_rate_take:
 * @self: a rate
 * @key: who wants to do it once more
 *
 * What may not be done is not counted.
 *
 * Returns: 0 where it may; else how long it has to wait, in milliseconds
 */
gint64
bp_rate_take (BpRate     *self,
              const char *key)
{
  gint64 now = get_now (self);
  gint64 *full = get_full (self, key, now);
  gint64 next = MAX (*full, now) + self->step_us;

  if (next - now > self->burst_us)
    return (next - now - self->burst_us + US_PER_MS - 1) / US_PER_MS;

  *full = next;
  return 0;
}

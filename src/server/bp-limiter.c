/* How often an address may be wrong within a while. */
#include "config.h"

#include "bp-limiter.h"

#include <gio/gio.h>

#define MAX_ADDRESSES 10000
#define NETWORK_BYTES 8

typedef struct
{
  gint64 since;
  guint n_faults;
} Faults;

struct _BpLimiter
{
  BpClock *clock;     /* (owned) */
  GHashTable *faults; /* (owned): address → Faults */
  guint max_faults;
  gint64 window_ms;
};

/**
 * bp_limiter_new:
 * @clock: monotonic time
 * @max_faults: how many are let pass within @window_ms
 * @window_ms: in milliseconds
 *
 * Returns: (transfer full): a limiter, for one thread
 */
BpLimiter *
bp_limiter_new (BpClock *clock,
                guint    max_faults,
                gint64   window_ms)
{
  BpLimiter *self = g_new0 (BpLimiter, 1);

  self->clock = g_object_ref (clock);
  self->faults = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, g_free);
  self->max_faults = max_faults;
  self->window_ms = window_ms;
  return self;
}

/**
 * bp_limiter_free:
 * @self: (nullable) (transfer full): a limiter
 */
void
bp_limiter_free (BpLimiter *self)
{
  if (self == NULL)
    return;

  g_object_unref (self->clock);
  g_hash_table_unref (self->faults);
  g_free (self);
}

static gboolean
is_over (gpointer key,
         gpointer value,
         gpointer user_data)
{
  BpLimiter *self = user_data;
  Faults *faults = value;

  return bp_clock_get_monotonic (self->clock) - faults->since >= self->window_ms;
}

/**
 * bp_limiter_get_wait:
 * @self: a limiter
 * @address: who asks
 *
 * Returns: how long it has to wait, in milliseconds; 0 where it may try
 */
gint64
bp_limiter_get_wait (BpLimiter  *self,
                     const char *address)
{
  Faults *faults = g_hash_table_lookup (self->faults, address);
  gint64 passed;

  if (faults == NULL || faults->n_faults < self->max_faults)
    return 0;

  passed = bp_clock_get_monotonic (self->clock) - faults->since;
  return MAX (self->window_ms - passed, 0);
}

/**
 * bp_limiter_count:
 * @self: a limiter
 * @address: who was wrong
 */
void
bp_limiter_count (BpLimiter  *self,
                  const char *address)
{
  Faults *faults = g_hash_table_lookup (self->faults, address);

  if (faults != NULL && is_over (NULL, faults, self))
    faults->n_faults = 0;
  if (faults == NULL)
    {
      if (g_hash_table_size (self->faults) >= MAX_ADDRESSES)
        g_hash_table_foreach_remove (self->faults, is_over, self);
      if (g_hash_table_size (self->faults) >= MAX_ADDRESSES)
        g_hash_table_remove_all (self->faults);
      faults = g_new0 (Faults, 1);
      g_hash_table_insert (self->faults, g_strdup (address), faults);
    }
  if (faults->n_faults == 0)
    faults->since = bp_clock_get_monotonic (self->clock);
  faults->n_faults++;
}

/**
 * bp_limiter_get_network:
 * @address: an IP address as text
 *
 * Returns: (transfer full): what stands for whoever is behind it: the address
 *   itself, or the first 64 bits where it is of IPv6; where it is no address at
 *   all, something that stands for all of those
 */
char *
bp_limiter_get_network (const char *address)
{
  g_autoptr (GInetAddress) inet = g_inet_address_new_from_string (address);
  GString *network;

  if (inet == NULL)
    return g_strdup ("");
  if (g_inet_address_get_family (inet) != G_SOCKET_FAMILY_IPV6)
    return g_inet_address_to_string (inet);

  network = g_string_new (NULL);
  for (guint i = 0; i < NETWORK_BYTES; i++)
    g_string_append_printf (network, "%02x", g_inet_address_to_bytes (inet)[i]);
  return g_string_free (network, FALSE);
}

#include "config.h"

#include "bp-gate.h"

#include <gio/gio.h>
#include <string.h>

#include "bp-limiter.h"
#include "bp-rate.h"
#include "bp-token.h"

#define MAX_KNOWN 10000
#define MAX_TOKEN_LENGTH 256
#define WRONG_TOKENS_MS (60 * 1000)

struct _BpGate
{
  GMutex mutex;
  BpRate *devices;       /* (owned): by token */
  BpRate *strangers;     /* (owned): by network */
  BpLimiter *wrong;      /* (owned): by network */
  GHashTable *known;     /* (owned): token that held when it was last shown → epoch */
  gboolean spare_loopback;
};

/**
 * bp_gate_new:
 * @clock: monotonic time
 * @limits: copied
 *
 * Returns: (transfer full): a gate that nobody has come to yet, for any number
 *   of threads
 */
BpGate *
bp_gate_new (BpClock            *clock,
             const BpGateLimits *limits)
{
  BpGate *self = g_new0 (BpGate, 1);

  g_mutex_init (&self->mutex);
  self->devices = bp_rate_new (clock, limits->device_per_s, limits->device_burst);
  self->strangers = bp_rate_new (clock, limits->stranger_per_s, limits->stranger_burst);
  self->wrong = bp_limiter_new (clock, limits->wrong_tokens, WRONG_TOKENS_MS);
  self->known = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, g_free);
  self->spare_loopback = limits->spare_loopback;
  return self;
}

/**
 * bp_gate_free:
 * @self: (nullable) (transfer full): a gate
 */
void
bp_gate_free (BpGate *self)
{
  if (self == NULL)
    return;

  bp_rate_free (self->devices);
  bp_rate_free (self->strangers);
  bp_limiter_free (self->wrong);
  g_hash_table_unref (self->known);
  g_mutex_clear (&self->mutex);
  g_free (self);
}

static gboolean
is_loopback (const char *address)
{
  g_autoptr (GInetAddress) inet = g_inet_address_new_from_string (address);

  return inet != NULL && g_inet_address_get_is_loopback (inet);
}

/* Who has shown a token that holds is asked no more than how often it comes:
 * neighbours behind its address, and what they do, are no affair of its. */
static gint64
get_wait (BpGate     *self,
          const char *token,
          const char *address)
{
  gboolean is_spared = self->spare_loopback && is_loopback (address);
  g_autofree char *network = NULL;
  gint64 wait = 0;

  if (token != NULL && g_hash_table_contains (self->known, token))
    return is_spared ? 0 : bp_rate_take (self->devices, token);

  network = bp_limiter_get_network (address);
  if (token != NULL)
    wait = bp_limiter_get_wait (self->wrong, network);
  if (wait > 0 || is_spared)
    return wait;
  return bp_rate_take (self->strangers, network);
}

/**
 * bp_gate_refuse:
 * @self: a gate
 * @endpoint: (nullable): what is asked for
 * @token: (nullable): what is shown
 * @address: who asks
 * @wait_s: (out): how long it has to wait, in seconds; 0 where it need not
 *
 * Counts one more request, before the database has been asked anything. Asking
 * whether the server is there costs nothing, and is not counted.
 *
 * Returns: (transfer full) (nullable): 429; %NULL where it may ask
 */
BpReply *
bp_gate_refuse (BpGate           *self,
                const BpEndpoint *endpoint,
                const char       *token,
                const char       *address,
                gint64           *wait_s)
{
  BpReply *reply;
  gint64 wait;

  *wait_s = 0;
  if (endpoint != NULL && endpoint->id == BP_ENDPOINT_INFO)
    return NULL;

  g_mutex_lock (&self->mutex);
  wait = get_wait (self, token, address);
  reply = wait > 0 ? bp_reply_new_problem (bp_problem_new (BP_PROBLEM_TOO_MANY_REQUESTS, NULL))
                   : NULL;
  if (reply != NULL && token != NULL)
    reply->epoch = g_strdup (g_hash_table_lookup (self->known, token));
  g_mutex_unlock (&self->mutex);

  *wait_s = (wait + 999) / 1000;
  return reply;
}

/**
 * bp_gate_note:
 * @self: a gate
 * @token: (nullable): what was shown
 * @address: who asked
 * @reply: what the rules answered
 *
 * Learns whether the token holds.
 */
void
bp_gate_note (BpGate        *self,
              const char    *token,
              const char    *address,
              const BpReply *reply)
{
  if (token == NULL)
    return;

  g_mutex_lock (&self->mutex);
  if (reply->caller_id != NULL && strlen (token) <= MAX_TOKEN_LENGTH)
    {
      if (g_hash_table_size (self->known) >= MAX_KNOWN)
        g_hash_table_remove_all (self->known);
      g_hash_table_replace (self->known, g_strdup (token), g_strdup (reply->epoch));
    }
  else if (reply->problem != NULL && reply->problem->code == BP_PROBLEM_UNAUTHORIZED)
    {
      g_autofree char *network = bp_limiter_get_network (address);

      g_hash_table_remove (self->known, token);
      bp_limiter_count (self->wrong, network);
    }
  g_mutex_unlock (&self->mutex);
}

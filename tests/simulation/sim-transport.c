/* The network between a device and the server, with what it does to requests. */
#include "config.h"

#include "sim.h"

#include <string.h>

#define SIM_TYPE_TRANSPORT (sim_transport_get_type ())

G_DECLARE_FINAL_TYPE (SimTransport, sim_transport, SIM, TRANSPORT, BpTransport)

struct _SimTransport
{
  BpTransport parent_instance;

  SimDevice *device; /* (unowned) */
};

G_DEFINE_FINAL_TYPE (SimTransport, sim_transport, BP_TYPE_TRANSPORT)

/**
 * sim_late_free:
 * @late: (transfer full): a request
 */
void
sim_late_free (SimLate *late)
{
  g_free (late->token);
  g_bytes_unref (late->body);
  g_free (late);
}

static BpAnswer *
fail (GError    **error,
      const char *reason)
{
  g_set_error_literal (error, BP_SYNC_ERROR, BP_SYNC_ERROR_NO_CONNECTION, reason);
  return NULL;
}

/* A page of @n rows at most. */
static GBytes *
limit_page (GBytes *body,
            guint   n)
{
  gsize length;
  const char *text = g_bytes_get_data (body, &length);
  g_autofree char *whole = g_strndup (text, length);
  g_auto (GStrv) parts = g_strsplit (whole, "\"limit\":1000", 2);
  g_autofree char *limit = g_strdup_printf ("\"limit\":%u", n);
  char *joined = g_strjoinv (limit, parts);

  return g_bytes_new_take (joined, strlen (joined));
}

static BpAnswer *
carry (Sim              *sim,
       const BpEndpoint *endpoint,
       const char       *token,
       GBytes           *body)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (GPtrArray) renamed = g_ptr_array_new_with_free_func (g_free);
  g_autoptr (GBytes) sent = NULL;
  BpAnswer *answer;

  if (endpoint->id == BP_ENDPOINT_PULL)
    sent = limit_page (body, 1 + sim_random_below (&sim->faults, 40));
  else if (endpoint->id == BP_ENDPOINT_PUSH)
    sent = sim_mutate_request (sim, body, renamed);
  g_ptr_array_set_size (bp_rules_transport_get_requests (BP_RULES_TRANSPORT (sim->wire)), 0);
  answer = bp_transport_send (sim->wire, endpoint, token, sent != NULL ? sent : body, NULL, &error);
  g_assert_no_error (error);
  if (answer->status >= 500)
    sim_fail (sim, "The server failed by itself");
  sim_mutate_answer (sim, endpoint, answer, renamed);
  return answer;
}

/**
 * sim_deliver_late:
 * @sim: a simulation
 *
 * The network delivers a request that it delivered before; nobody waits for
 * the answer.
 */
void
sim_deliver_late (Sim *sim)
{
  SimLate *late;

  if (sim->late->len == 0)
    return;
  late = g_ptr_array_steal_index (sim->late, sim_random_below (&sim->faults, sim->late->len));
  sim_say (sim, "network: %s again", late->endpoint->path);
  bp_answer_free (carry (sim, late->endpoint, late->token, late->body));
  sim_late_free (late);
}

/* Others act while this one waits; its own user, too. */
static void
let_others_act (SimDevice *self)
{
  Sim *sim = self->sim;
  SimDevice *other = &sim->devices[sim_random_below (&sim->work, sim->n_devices)];

  if (!sim_random_chance (&sim->faults, sim->rates.between) || other->is_dead)
    return;
  if (sim_random_chance (&sim->faults, 300))
    sim_deliver_late (sim);
  if (!other->is_running && sim->depth < 1 && sim_random_chance (&sim->faults, 300))
    {
      sim->depth++;
      sim_device_sync (other, NULL);
      sim->depth--;
    }
  else
    sim_user_act (other);
}

static BpAnswer *
refuse (SimDevice *self)
{
  Sim *sim = self->sim;
  const SimRates *rates = &sim->rates;

  if (sim_random_chance (&sim->faults, rates->server_error))
    return bp_rules_make_problem (sim_random_chance (&sim->faults, 500) ? BP_PROBLEM_INTERNAL
                                                                        : BP_PROBLEM_UNAVAILABLE,
                                  NULL);
  if (sim_random_chance (&sim->faults, rates->busy))
    return bp_rules_make_problem (BP_PROBLEM_TOO_MANY_REQUESTS, NULL);
  if (sim_random_chance (&sim->faults, rates->too_large))
    return bp_rules_make_problem (BP_PROBLEM_TOO_LARGE, "Too large for the network");
  return NULL;
}

/* What comes of a good answer on its way back. */
static BpAnswer *
spoil (SimDevice        *self,
       const BpEndpoint *endpoint,
       BpAnswer         *answer,
       GError          **error)
{
  Sim *sim = self->sim;
  const SimRates *rates = &sim->rates;
  g_autoptr (BpAnswer) own = answer;

  if (sim_random_chance (&sim->faults, rates->lost_answer))
    return fail (error, "The answer is lost");
  if (sim_random_chance (&sim->faults, rates->portal))
    return fail (error, "A page of somebody else");
  if (answer->problem == NULL && sim_random_chance (&sim->faults, rates->cut))
    {
      gsize length = g_bytes_get_size (answer->body);
      gsize kept = sim_random_next (&sim->faults) % length;
      GBytes *part = g_bytes_new_from_bytes (answer->body, 0, kept);

      g_bytes_unref (answer->body);
      answer->body = part;
    }
  if (answer->problem == NULL && endpoint->id == BP_ENDPOINT_PUSH)
    {
      GBytes *kept = g_bytes_ref (answer->body);

      if (sim->old_answers[self->index] != NULL
          && sim_random_chance (&sim->faults, rates->old_answer))
        {
          g_bytes_unref (answer->body);
          answer->body = g_bytes_ref (sim->old_answers[self->index]);
        }
      g_clear_pointer (&sim->old_answers[self->index], g_bytes_unref);
      sim->old_answers[self->index] = kept;
    }

  return g_steal_pointer (&own);
}

static void
keep_for_later (SimDevice        *self,
                const BpEndpoint *endpoint,
                GBytes           *body)
{
  SimLate *late;

  if (body == NULL || !sim_random_chance (&self->sim->faults, self->sim->rates.late))
    return;
  late = g_new0 (SimLate, 1);
  late->endpoint = endpoint;
  late->token = g_strdup (self->token);
  late->body = g_bytes_ref (body);
  g_ptr_array_add (self->sim->late, late);
}

static BpAnswer *
send_with_faults (SimDevice        *self,
                  const BpEndpoint *endpoint,
                  const char       *token,
                  GBytes           *body,
                  GError          **error)
{
  Sim *sim = self->sim;
  BpAnswer *answer;

  let_others_act (self);
  answer = refuse (self);
  if (answer != NULL)
    return answer;
  keep_for_later (self, endpoint, body);
  if (sim_random_chance (&sim->faults, sim->rates.lost_request))
    return fail (error, "The request is lost");
  if (sim_random_chance (&sim->faults, sim->rates.twice))
    bp_answer_free (carry (sim, endpoint, token, body));
  answer = carry (sim, endpoint, token, body);
  let_others_act (self);
  return spoil (self, endpoint, answer, error);
}

static BpAnswer *
sim_transport_send (BpTransport      *transport,
                    const BpEndpoint *endpoint,
                    const char       *token,
                    GBytes           *body,
                    GCancellable     *cancellable,
                    GError          **error)
{
  SimDevice *self = SIM_TRANSPORT (transport)->device;
  Sim *sim = self->sim;
  BpAnswer *answer;

  if (!self->is_dead && sim->are_faults_on && self->dies_in == 0)
    self->is_dead = TRUE;
  if (self->is_dead)
    return fail (error, "It is dead");

  bp_test_clock_advance (self->clock, 1 + sim_random_below (&sim->faults, 400));
  bp_test_clock_advance (sim->clock, 1 + sim_random_below (&sim->faults, 400));
  answer = sim->are_faults_on ? send_with_faults (self, endpoint, token, body, error)
                              : carry (sim, endpoint, token, body);
  sim_say (sim, "%s: %s %.*s → %.*s", self->name, endpoint->path,
           body != NULL ? (int)MIN (g_bytes_get_size (body), 8000) : 0,
           body != NULL ? (const char *)g_bytes_get_data (body, NULL) : "",
           answer != NULL ? (int)MIN (g_bytes_get_size (answer->body), 8000) : 4,
           answer != NULL ? (const char *)g_bytes_get_data (answer->body, NULL) : "lost");
  return answer;
}

static void
sim_transport_class_init (SimTransportClass *klass)
{
  BP_TRANSPORT_CLASS (klass)->send = sim_transport_send;
}

static void
sim_transport_init (SimTransport *self)
{
}

/**
 * sim_transport_new:
 * @device: whose way to the server it is
 *
 * Returns: (transfer full): a transport
 */
BpTransport *
sim_transport_new (SimDevice *device)
{
  SimTransport *self = g_object_new (SIM_TYPE_TRANSPORT, NULL);

  self->device = device;
  return BP_TRANSPORT (self);
}

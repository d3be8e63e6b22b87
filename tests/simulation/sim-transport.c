/* The network between a device and the server, with what it does to requests. */
#include "config.h"

#include "sim.h"

#include <string.h>

#define SAID_BYTES 8000
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

static guint
count_rows (const BpAnswer *answer)
{
  gsize length;
  const char *text = g_bytes_get_data (answer->body, &length);
  guint n = 0;

  for (gsize i = 1; i < length; i++)
    n += text[i] == '[' && (text[i - 1] == '[' || text[i - 1] == ',');
  return n;
}

static BpAnswer *
ask_server (Sim              *sim,
            const BpEndpoint *endpoint,
            const char       *token,
            GBytes           *body)
{
  g_autoptr (GError) error = NULL;
  BpAnswer *answer;

  g_ptr_array_set_size (bp_rules_transport_get_requests (BP_RULES_TRANSPORT (sim->wire)), 0);
  answer = bp_transport_send (sim->wire, endpoint, token, body, NULL, &error);
  g_assert_no_error (error);
  if (answer->status >= 500 && !bp_fault_disk_is_off (sim->place->server_disk))
    sim_fail (sim, "I-14 the server failed by itself: %s",
              answer->problem != NULL ? answer->problem->detail : "");
  return answer;
}

/* Pages of a few rows, and such that end with the last row of all. */
static GBytes *
choose_pages (Sim              *sim,
              const BpEndpoint *endpoint,
              const char       *token,
              GBytes           *body)
{
  g_autoptr (BpAnswer) whole = NULL;
  guint n;

  if (endpoint->id != BP_ENDPOINT_PULL || !sim_strikes (sim, SIM_FAULT_PAGES))
    return NULL;
  if (sim_random_below (&sim->faults, 3) > 0)
    return limit_page (body, 1 + sim_random_below (&sim->faults, 12));

  whole = ask_server (sim, endpoint, token, body);
  n = whole->problem == NULL ? count_rows (whole) : 0;
  return n > 0 ? limit_page (body, n) : NULL;
}

static gboolean
says_epoch (GBytes     *body,
            const char *epoch)
{
  g_autofree char *member = g_strdup_printf ("\"epoch\":\"%s\"", epoch);
  gsize length;
  const char *text = g_bytes_get_data (body, &length);

  return g_strstr_len (text, (gssize)length, member) != NULL;
}

/* What holds for each exchange. */
static void
check_exchange (Sim              *sim,
                const BpEndpoint *endpoint,
                GBytes           *body,
                const BpAnswer   *answer)
{
  gsize length = 0;
  const char *text = body != NULL ? g_bytes_get_data (body, &length) : "";
  guint n = 0;

  if ((endpoint->id != BP_ENDPOINT_PUSH && endpoint->id != BP_ENDPOINT_PULL)
      || answer->epoch == NULL)
    return;
  if (answer->problem == NULL && !says_epoch (body, answer->epoch))
    sim_fail (sim, "I-9 an epoch is over, and the server answers all the same");
  for (const char *at = g_strstr_len (text, (gssize)length, "{\"op_id\":"); at != NULL;
       at = g_strstr_len (at + 1, (gssize)length - (at + 1 - text), "{\"op_id\":"))
    n++;
  if (n > 100 || length > 8 << 20 || g_bytes_get_size (answer->body) > 8 << 20)
    sim_fail (sim, "I-18 a message is too large: %u operations, %u bytes", n, (guint)length);
}

static BpAnswer *
carry (Sim              *sim,
       const BpEndpoint *endpoint,
       const char       *token,
       GBytes           *body)
{
  g_autoptr (GPtrArray) renamed = g_ptr_array_new_with_free_func (g_free);
  g_autoptr (GBytes) paged = choose_pages (sim, endpoint, token, body);
  g_autoptr (GBytes) sent = NULL;
  BpAnswer *answer;

  sent = sim_mutate_request (sim, endpoint, paged != NULL ? paged : body, renamed);
  if (sent == NULL)
    sent = g_steal_pointer (&paged);
  if (sent == NULL && body != NULL)
    sent = g_bytes_ref (body);
  answer = ask_server (sim, endpoint, token, sent);
  check_exchange (sim, endpoint, sent, answer);
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

  if (!sim_strikes (sim, SIM_FAULT_BETWEEN) || sim_device_is_dead (other))
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
refuse (Sim *sim)
{
  static const struct
  {
    SimFault fault;
    BpProblemCode code;
  } refusals[] = {
    { SIM_FAULT_SERVER_ERROR, BP_PROBLEM_INTERNAL },
    { SIM_FAULT_SERVER_ERROR, BP_PROBLEM_UNAVAILABLE },
    { SIM_FAULT_BUSY, BP_PROBLEM_TOO_MANY_REQUESTS },
    { SIM_FAULT_TOO_LARGE, BP_PROBLEM_TOO_LARGE },
  };

  for (guint i = 0; i < G_N_ELEMENTS (refusals); i++)
    {
      if (sim_strikes (sim, refusals[i].fault))
        return bp_rules_make_problem (refusals[i].code, "Not now");
    }

  return NULL;
}

static void
replace_body (BpAnswer *answer,
              GBytes   *body)
{
  g_bytes_unref (answer->body);
  answer->body = body;
}

/* What comes of a good answer on its way back. */
static BpAnswer *
spoil (SimDevice        *self,
       const BpEndpoint *endpoint,
       BpAnswer         *answer,
       GError          **error)
{
  Sim *sim = self->sim;
  g_autoptr (BpAnswer) own = answer;

  if (sim_strikes (sim, SIM_FAULT_LOST_ANSWER))
    return fail (error, "The answer is lost");
  if (sim_strikes (sim, SIM_FAULT_PORTAL))
    return fail (error, "A page of somebody else");
  if (answer->problem != NULL)
    return g_steal_pointer (&own);

  if (sim_strikes (sim, SIM_FAULT_CUT))
    replace_body (answer, g_bytes_new_from_bytes (answer->body, 0,
                                                  sim_random_next (&sim->faults)
                                                  % g_bytes_get_size (answer->body)));
  if (endpoint->id == BP_ENDPOINT_PUSH)
    {
      GBytes *kept = g_bytes_ref (answer->body);

      if (sim->old_answers[self->index] != NULL && sim_strikes (sim, SIM_FAULT_OLD_ANSWER))
        replace_body (answer, g_bytes_ref (sim->old_answers[self->index]));
      g_clear_pointer (&sim->old_answers[self->index], g_bytes_unref);
      sim->old_answers[self->index] = kept;
    }

  return g_steal_pointer (&own);
}

static void
keep_for_later (SimDevice        *self,
                const BpEndpoint *endpoint,
                const char       *token,
                GBytes           *body)
{
  SimLate *late;

  if (body == NULL || !sim_strikes (self->sim, SIM_FAULT_LATE))
    return;
  late = g_new0 (SimLate, 1);
  late->endpoint = endpoint;
  late->token = g_strdup (token);
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
  answer = refuse (sim);
  if (answer != NULL)
    return answer;
  keep_for_later (self, endpoint, token, body);
  if (sim_strikes (sim, SIM_FAULT_LOST_REQUEST))
    return fail (error, "The request is lost");
  if (sim_strikes (sim, SIM_FAULT_TWICE))
    bp_answer_free (carry (sim, endpoint, token, body));
  if (sim_strikes (sim, SIM_FAULT_SERVER_CRASH))
    bp_fault_disk_cut_at (sim->place->server_disk, BP_FAULT_CHANGE,
                          1 + sim_random_below (&sim->faults, 24));
  answer = carry (sim, endpoint, token, body);
  bp_fault_disk_cut_at (sim->place->server_disk, BP_FAULT_CHANGE, 0);
  if (sim_server_revive (sim))
    {
      bp_answer_free (answer);
      return fail (error, "The server is gone");
    }
  let_others_act (self);
  if (sim_device_is_dead (self))
    {
      bp_answer_free (answer);
      return fail (error, "It is dead");
    }
  return spoil (self, endpoint, answer, error);
}

static void
say_exchange (SimDevice        *self,
              const BpEndpoint *endpoint,
              GBytes           *body,
              const BpAnswer   *answer)
{
  gsize n_sent = 0, n_received = 4;
  const char *sent = body != NULL ? g_bytes_get_data (body, &n_sent) : "";
  const char *received = answer != NULL ? g_bytes_get_data (answer->body, &n_received) : "lost";

  sim_say (self->sim, "%s: %s %.*s → %.*s", self->name, endpoint->path,
           (int)MIN (n_sent, SAID_BYTES), sent, (int)MIN (n_received, SAID_BYTES), received);
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

  if (sim_device_is_dead (self))
    return fail (error, "It is dead");

  bp_test_clock_advance (self->books.clock, 1 + sim_random_below (&sim->faults, 400));
  bp_test_clock_advance (sim->clock, 1 + sim_random_below (&sim->faults, 400));
  answer = sim->are_faults_on ? send_with_faults (self, endpoint, token, body, error)
                              : carry (sim, endpoint, token, body);
  say_exchange (self, endpoint, body, answer);
  return answer;
}

/* What becomes of a file on the way. */
static void
choose_file_faults (Sim          *sim,
                    BpRulesFiles *files)
{
  *files = (BpRulesFiles){ .piece = 4096 };
  files->is_lossy = sim->plan->mutant == SIM_MUTANT_SNAPSHOT_LOSES_ROWS;
  if (!sim->are_faults_on)
    return;

  files->is_packed = sim_random_chance (&sim->faults, 300);
  if (sim_strikes (sim, SIM_FAULT_CUT))
    files->cut_after = 1 + sim_random_below (&sim->faults, 40000);
  if (sim_strikes (sim, SIM_FAULT_CUT))
    files->damage_at = 1 + sim_random_below (&sim->faults, 100000);
}

static BpAnswer *
sim_transport_download (BpTransport      *transport,
                        const BpEndpoint *endpoint,
                        const char       *token,
                        BpDownload       *download,
                        GCancellable     *cancellable,
                        GError          **error)
{
  SimDevice *self = SIM_TRANSPORT (transport)->device;
  Sim *sim = self->sim;
  BpRulesTransport *wire;
  BpAnswer *answer = NULL;

  if (sim_device_is_dead (self))
    return fail (error, "It is dead");

  self->may_go_back = TRUE;
  if (sim->are_faults_on)
    let_others_act (self);
  if (sim->are_faults_on)
    answer = refuse (sim);
  if (answer != NULL)
    return answer;
  if (sim->are_faults_on && sim_strikes (sim, SIM_FAULT_LOST_REQUEST))
    return fail (error, "The request is lost");

  /* Where the server was put back meanwhile it is another. */
  wire = BP_RULES_TRANSPORT (sim->wire);
  choose_file_faults (sim, bp_rules_transport_get_files (wire));
  g_ptr_array_set_size (bp_rules_transport_get_requests (wire), 0);
  answer = bp_transport_download (sim->wire, endpoint, token, download, cancellable, error);
  sim_say (sim, "%s: snapshot: %d of %d bytes, status %d", self->name, (int)download->offset,
           (int)download->size, answer != NULL ? answer->status : 0);
  if (sim->are_faults_on)
    let_others_act (self);
  return answer;
}

static void
sim_transport_class_init (SimTransportClass *klass)
{
  BP_TRANSPORT_CLASS (klass)->send = sim_transport_send;
  BP_TRANSPORT_CLASS (klass)->download = sim_transport_download;
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

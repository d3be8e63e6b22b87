#include "config.h"

#include "bp-metrics.h"

#include <libsoup/soup.h>
#include <string.h>

#define CONTENT_TYPE "text/plain; version=0.0.4"

static const gint64 limits_us[] = { 5000, 25000, 100000, 500000, 2500000, 10000000 };
static const char *const limit_names[] = { "0.005", "0.025", "0.1", "0.5", "2.5", "10" };

static const struct
{
  BpResultStatus status;
  const char *name;
} results[] = {
  { BP_RESULT_APPLIED, "applied" },
  { BP_RESULT_CONFLICT, "conflict" },
  { BP_RESULT_REJECTED, "rejected" },
  { BP_RESULT_HELD, "held" },
};

typedef struct
{
  guint64 below[G_N_ELEMENTS (limits_us)];
  guint64 n;
  gint64 sum_us;
} Latency;

struct _BpMetrics
{
  GMutex lock;
  GHashTable *requests;  /* (owned): labels → guint64 */
  GHashTable *latencies; /* (owned): path → Latency */
  guint64 n_results[BP_N_RESULTS];
  guint64 n_backend_errors;
  guint64 n_made;
  guint64 bytes_made;
  guint64 bytes_sent;
  SoupServer *soup; /* (owned) (nullable) */
};

/**
 * bp_metrics_new:
 *
 * Returns: (transfer full): counters at 0, for any number of threads
 */
BpMetrics *
bp_metrics_new (void)
{
  BpMetrics *self = g_new0 (BpMetrics, 1);

  g_mutex_init (&self->lock);
  self->requests = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, g_free);
  self->latencies = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, g_free);
  return self;
}

/**
 * bp_metrics_free:
 * @self: (nullable) (transfer full): counters
 */
void
bp_metrics_free (BpMetrics *self)
{
  if (self == NULL)
    return;

  if (self->soup != NULL)
    soup_server_disconnect (self->soup);
  g_clear_object (&self->soup);
  g_hash_table_unref (self->requests);
  g_hash_table_unref (self->latencies);
  g_mutex_clear (&self->lock);
  g_free (self);
}

static gpointer
get_or_add (GHashTable *table,
            const char *key,
            gsize       size)
{
  gpointer value = g_hash_table_lookup (table, key);

  if (value == NULL)
    {
      value = g_malloc0 (size);
      g_hash_table_insert (table, g_strdup (key), value);
    }
  return value;
}

/**
 * bp_metrics_count:
 * @self: counters
 * @path: of an endpoint; never what a client made up
 * @reply: what was answered
 * @microseconds: how long it took, from the last byte of the request
 */
void
bp_metrics_count (BpMetrics     *self,
                  const char    *path,
                  const BpReply *reply,
                  gint64         microseconds)
{
  g_autofree char *labels = g_strdup_printf ("path=\"%s\",status=\"%d\"", path, reply->status);
  Latency *latency;

  g_mutex_lock (&self->lock);
  ++*(guint64 *)get_or_add (self->requests, labels, sizeof (guint64));
  latency = get_or_add (self->latencies, path, sizeof *latency);
  for (guint i = 0; i < G_N_ELEMENTS (limits_us); i++)
    latency->below[i] += microseconds <= limits_us[i] ? 1 : 0;
  latency->n++;
  latency->sum_us += microseconds;
  for (guint i = 0; i < BP_N_RESULTS; i++)
    self->n_results[i] += reply->n_results[i];
  if (reply->is_backend_error)
    self->n_backend_errors++;
  self->n_made += reply->bytes_made > 0 ? 1 : 0;
  self->bytes_made += (guint64)reply->bytes_made;
  g_mutex_unlock (&self->lock);
}

/**
 * bp_metrics_count_sent:
 * @self: counters
 * @bytes: of a file, taken by who asked for it
 */
void
bp_metrics_count_sent (BpMetrics *self,
                       gsize      bytes)
{
  g_mutex_lock (&self->lock);
  self->bytes_sent += bytes;
  g_mutex_unlock (&self->lock);
}

static GList *
get_sorted_keys (GHashTable *table)
{
  return g_list_sort (g_hash_table_get_keys (table), (GCompareFunc)strcmp);
}

static void
append_head (GString    *text,
             const char *name,
             const char *type,
             const char *help)
{
  g_string_append_printf (text, "# HELP %s %s\n# TYPE %s %s\n", name, help, name, type);
}

static void
append_requests (BpMetrics *self,
                 GString   *text)
{
  g_autoptr (GList) keys = get_sorted_keys (self->requests);

  append_head (text, "bizpulse_requests_total", "counter", "Requests answered.");
  for (GList *l = keys; l != NULL; l = l->next)
    g_string_append_printf (text, "bizpulse_requests_total{%s} %" G_GUINT64_FORMAT "\n",
                            (const char *)l->data,
                            *(guint64 *)g_hash_table_lookup (self->requests, l->data));
}

static void
append_latencies (BpMetrics *self,
                  GString   *text)
{
  static const char name[] = "bizpulse_request_seconds";
  g_autoptr (GList) keys = get_sorted_keys (self->latencies);

  append_head (text, name, "histogram", "Time from the last byte of a request to its answer.");
  for (GList *l = keys; l != NULL; l = l->next)
    {
      const char *path = l->data;
      const Latency *latency = g_hash_table_lookup (self->latencies, path);

      for (guint i = 0; i < G_N_ELEMENTS (limits_us); i++)
        g_string_append_printf (text, "%s_bucket{path=\"%s\",le=\"%s\"} %" G_GUINT64_FORMAT "\n",
                                name, path, limit_names[i], latency->below[i]);
      g_string_append_printf (text, "%s_bucket{path=\"%s\",le=\"+Inf\"} %" G_GUINT64_FORMAT "\n",
                              name, path, latency->n);
      g_string_append_printf (text, "%s_sum{path=\"%s\"} %" G_GINT64_FORMAT ".%06d\n", name, path,
                              latency->sum_us / G_USEC_PER_SEC,
                              (int)(latency->sum_us % G_USEC_PER_SEC));
      g_string_append_printf (text, "%s_count{path=\"%s\"} %" G_GUINT64_FORMAT "\n", name, path,
                              latency->n);
    }
}

static void
append_total (GString    *text,
              const char *name,
              const char *help,
              guint64     value)
{
  append_head (text, name, "counter", help);
  g_string_append_printf (text, "%s %" G_GUINT64_FORMAT "\n", name, value);
}

/**
 * bp_metrics_to_text:
 * @self: counters
 *
 * Returns: (transfer full): them in Prometheus' text format
 */
char *
bp_metrics_to_text (BpMetrics *self)
{
  GString *text = g_string_new (NULL);

  g_mutex_lock (&self->lock);
  append_requests (self, text);
  append_latencies (self, text);
  append_head (text, "bizpulse_operations_total", "counter", "Operations pushed, by result.");
  for (guint i = 0; i < G_N_ELEMENTS (results); i++)
    g_string_append_printf (text,
                            "bizpulse_operations_total{result=\"%s\"} %" G_GUINT64_FORMAT "\n",
                            results[i].name, self->n_results[results[i].status]);
  append_total (text, "bizpulse_backend_errors_total", "Requests that failed for the database.",
                self->n_backend_errors);
  append_total (text, "bizpulse_snapshots_total", "Snapshots built.", self->n_made);
  append_total (text, "bizpulse_snapshot_bytes_total", "Bytes of the snapshots built.",
                self->bytes_made);
  append_total (text, "bizpulse_file_sent_bytes_total", "Bytes of files taken by devices.",
                self->bytes_sent);
  g_mutex_unlock (&self->lock);

  return g_string_free (text, FALSE);
}

static void
on_request (SoupServer        *soup,
            SoupServerMessage *message,
            const char        *path,
            GHashTable        *query,
            gpointer           user_data)
{
  gboolean is_get = soup_server_message_get_method (message) == SOUP_METHOD_GET;
  char *text;

  if (!is_get || !g_str_equal (path, "/metrics"))
    {
      soup_server_message_set_status (message, is_get ? SOUP_STATUS_NOT_FOUND
                                                      : SOUP_STATUS_METHOD_NOT_ALLOWED, NULL);
      return;
    }

  text = bp_metrics_to_text (user_data);
  soup_server_message_set_status (message, SOUP_STATUS_OK, NULL);
  soup_server_message_set_response (message, CONTENT_TYPE, SOUP_MEMORY_TAKE, text, strlen (text));
}

/**
 * bp_metrics_serve:
 * @self: counters
 * @address: where only the operator can reach it: nobody is asked for a token
 * @error: of GIO
 *
 * Answers `GET /metrics` there, on the thread's main context.
 *
 * Returns: whether it listens
 */
gboolean
bp_metrics_serve (BpMetrics      *self,
                  GSocketAddress *address,
                  GError        **error)
{
  g_return_val_if_fail (self->soup == NULL, FALSE);

  self->soup = soup_server_new (NULL, NULL);
  soup_server_add_handler (self->soup, NULL, on_request, self, NULL);
  return soup_server_listen (self->soup, address, 0, error);
}

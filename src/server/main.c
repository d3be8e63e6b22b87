/* bizpulse-server: serves, or does one of the operator's commands. */
#include "config.h"

#include <glib-unix.h>
#include <locale.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>

#include "bp-admin.h"
#include "bp-backend-open.h"
#include "bp-http-server.h"

#define DEFAULT_LISTEN "127.0.0.1:8750"
#define STOP_SECONDS 15
#define N_WORKERS 8
#define N_BUILDERS 2
#define EXIT_USAGE 2
#define FILES_WANTED 8192

typedef struct
{
  char *listen;        /* (owned) */
  char *database;      /* (owned) (nullable) */
  char *tls_cert;      /* (owned) (nullable) */
  char *tls_key;       /* (owned) (nullable) */
  char *metrics;       /* (owned) (nullable) */
  char *currency;      /* (owned) (nullable) */
  char *time_zone;     /* (owned) (nullable) */
  int keep_history;    /* in days; -1 for good */
  gboolean behind_proxy;
  gboolean version;
  char **arguments; /* (owned) (nullable) */
} Options;

static void
options_clear (Options *options)
{
  g_free (options->listen);
  g_free (options->database);
  g_free (options->tls_cert);
  g_free (options->tls_key);
  g_free (options->metrics);
  g_free (options->currency);
  g_free (options->time_zone);
  g_strfreev (options->arguments);
}

G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC (Options, options_clear)

static int
fail (int         status,
      const char *message)
{
  g_printerr ("bizpulse-server: %s\n", message);
  return status;
}

static gboolean
parse_options (Options *options,
               int     *argc,
               char  ***argv,
               GError **error)
{
  const GOptionEntry entries[] = {
    { "listen", 0, 0, G_OPTION_ARG_STRING, &options->listen,
      "Where to listen (" DEFAULT_LISTEN "); port 0 takes any", "ADDR:PORT" },
    { "database", 0, 0, G_OPTION_ARG_FILENAME, &options->database,
      "The main database: sqlite:FILE (in $XDG_DATA_HOME/bizpulse-server), postgresql://…", "URL" },
    { "tls-cert", 0, 0, G_OPTION_ARG_FILENAME, &options->tls_cert,
      "Serve HTTPS with this certificate (PEM)", "FILE" },
    { "tls-key", 0, 0, G_OPTION_ARG_FILENAME, &options->tls_key,
      "The certificate's key (PEM)", "FILE" },
    { "metrics", 0, 0, G_OPTION_ARG_STRING, &options->metrics,
      "Where to answer GET /metrics, for Prometheus; port 0 takes any", "ADDR:PORT" },
    { "keep-history", 0, 0, G_OPTION_ARG_INT, &options->keep_history,
      "Forget what was changed, and by whom, after so many days (never)", "DAYS" },
    { "behind-proxy", 0, 0, G_OPTION_ARG_NONE, &options->behind_proxy,
      "A proxy in front brings TLS and tells the client's address", NULL },
    { "currency", 0, 0, G_OPTION_ARG_STRING, &options->currency,
      "Of store-add: ISO 4217 (INR)", "CODE" },
    { "time-zone", 0, 0, G_OPTION_ARG_STRING, &options->time_zone,
      "Of store-add: IANA name (Asia/Kolkata)", "ZONE" },
    { "version", 0, 0, G_OPTION_ARG_NONE, &options->version, "Print the version", NULL },
    { G_OPTION_REMAINING, 0, 0, G_OPTION_ARG_FILENAME_ARRAY, &options->arguments, NULL, NULL },
    { NULL }
  };
  g_autoptr (GOptionContext) context = g_option_context_new ("[COMMAND [ARGUMENT]]");

  g_option_context_add_main_entries (context, entries, NULL);
  g_option_context_set_summary (context,
                                "Serves the shops of a main database, or, with a command:\n"
                                "  store-add NAME      adds a store, prints its pairing code\n"
                                "  pair-code STORE     prints a new pairing code\n"
                                "  stores              lists the stores\n"
                                "  devices STORE       lists its devices\n"
                                "  revoke DEVICE       shuts a device out\n"
                                "  check               checks the main database\n"
                                "  backup FILE         makes a consistent copy\n"
                                "  new-epoch [STORE]   after a restore: devices send again\n"
                                "STORE is an id, or a name that only one store has. All take\n"
                                "--database and work while a server serves the same one.");
  return g_option_context_parse (context, argc, argv, error);
}

static char *
find_database (const Options *options,
               int           *status)
{
  g_autofree char *path = NULL;

  if (options->database == NULL)
    {
      path = g_build_filename (g_get_user_data_dir (), "bizpulse-server", "server.db", NULL);
      return g_strconcat ("sqlite:", path, NULL);
    }
  if (bp_backend_is_address (options->database))
    return g_strdup (options->database);

  *status = fail (EXIT_USAGE, "--database must be sqlite:FILE or postgresql://…");
  return NULL;
}

static GSocketAddress *
parse_address (const char *text)
{
  g_autoptr (GSocketConnectable) address = NULL;
  g_autofree char *host = NULL;
  const char *colon = strrchr (text, ':');
  guint64 port;

  if (colon == NULL || !g_ascii_string_to_unsigned (colon + 1, 10, 0, 65535, &port, NULL))
    return NULL;

  host = g_strndup (text, (gsize)(colon - text));
  if (g_str_equal (host, "localhost"))
    return g_inet_socket_address_new_from_string ("127.0.0.1", (guint)port);
  if (host[0] == '[' && g_str_has_suffix (host, "]"))
    {
      host[strlen (host) - 1] = '\0';
      return g_inet_socket_address_new_from_string (host + 1, (guint)port);
    }
  return g_inet_socket_address_new_from_string (host, (guint)port);
}

static gboolean
is_loopback (GSocketAddress *address)
{
  GInetSocketAddress *inet = G_INET_SOCKET_ADDRESS (address);

  return g_inet_address_get_is_loopback (g_inet_socket_address_get_address (inet));
}

static void
on_stopped (GObject      *source,
            GAsyncResult *result,
            gpointer      user_data)
{
  g_main_loop_quit (user_data);
}

typedef struct
{
  const Options *options; /* (unowned) */
  BpHttpServer *server;   /* (unowned) */
  GMainLoop *loop;        /* (unowned) */
  gboolean is_stopping;
} Serving;

static gboolean
on_late (gpointer user_data)
{
  g_main_loop_quit (user_data);
  return G_SOURCE_REMOVE;
}

static gboolean
on_signal (gpointer user_data)
{
  Serving *serving = user_data;

  if (!serving->is_stopping)
    {
      serving->is_stopping = TRUE;
      bp_http_server_stop (serving->server, on_stopped, serving->loop);
      g_timeout_add_seconds (STOP_SECONDS, on_late, serving->loop);
    }
  return G_SOURCE_CONTINUE;
}

static GTlsCertificate *
load_certificate (const Options *options,
                  GError       **error)
{
  return g_tls_certificate_new_from_files (
    options->tls_cert, options->tls_key != NULL ? options->tls_key : options->tls_cert, error);
}

/* One that cannot be read is no reason to serve with none. */
static gboolean
on_hangup (gpointer user_data)
{
  Serving *serving = user_data;
  g_autoptr (GTlsCertificate) certificate = NULL;
  g_autoptr (GError) error = NULL;

  if (serving->options->tls_cert == NULL)
    return G_SOURCE_CONTINUE;

  certificate = load_certificate (serving->options, &error);
  if (certificate != NULL)
    bp_http_server_set_certificate (serving->server, certificate);
  else
    g_message ("The certificate stays as it was: %s", error->message);
  return G_SOURCE_CONTINUE;
}

static void
print_ready (BpHttpServer   *server,
             GSocketAddress *address,
             gboolean        is_tls)
{
  GInetAddress *inet = g_inet_socket_address_get_address (G_INET_SOCKET_ADDRESS (address));
  g_autofree char *host = g_inet_address_to_string (inet);
  gboolean is_ipv6 = g_inet_address_get_family (inet) == G_SOCKET_FAMILY_IPV6;

  g_print ("listening on %s://%s%s%s:%u\n", is_tls ? "https" : "http", is_ipv6 ? "[" : "", host,
           is_ipv6 ? "]" : "", bp_http_server_get_port (server));
  fflush (stdout);
}

static int
serve (const Options       *options,
       GPtrArray           *backends,
       BpClock             *clock,
       const BpHttpOptions *http,
       GSocketAddress      *address)
{
  g_autoptr (BpHttpServer) server = bp_http_server_new (backends, clock, http);
  g_autoptr (GMainLoop) loop = g_main_loop_new (NULL, FALSE);
  g_autoptr (GError) error = NULL;
  Serving serving = { options, server, loop, FALSE };

  if (!bp_http_server_listen (server, address, &error))
    return fail (EXIT_FAILURE, error->message);

  g_unix_signal_add (SIGTERM, on_signal, &serving);
  g_unix_signal_add (SIGINT, on_signal, &serving);
  g_unix_signal_add (SIGHUP, on_hangup, &serving);
  print_ready (server, address, http->certificate != NULL);
  g_main_loop_run (loop);
  return EXIT_SUCCESS;
}

/* Each socket is a file. */
static void
raise_file_limit (void)
{
  struct rlimit limit;

  if (getrlimit (RLIMIT_NOFILE, &limit) < 0)
    return;
  limit.rlim_cur = MIN (limit.rlim_max, MAX (limit.rlim_cur, FILES_WANTED));
  setrlimit (RLIMIT_NOFILE, &limit);
}

static GPtrArray *
open_some (const char *database,
           guint       n_backends,
           GError    **error)
{
  g_autoptr (GPtrArray) backends = g_ptr_array_new_with_free_func (g_object_unref);

  for (guint i = 0; i < n_backends; i++)
    {
      BpBackend *backend = bp_backend_open (database, error);

      if (backend == NULL)
        return NULL;
      g_ptr_array_add (backends, backend);
    }

  return g_steal_pointer (&backends);
}

static int
prepare_and_serve (const Options  *options,
                   const char     *database,
                   GPtrArray      *backends,
                   BpClock        *clock,
                   GSocketAddress *address)
{
  g_autoptr (BpMetrics) metrics = bp_metrics_new ();
  g_autoptr (GTlsCertificate) certificate = NULL;
  g_autoptr (GSocketAddress) metrics_address = NULL;
  g_autoptr (BpBackend) listener = NULL;
  g_autoptr (BpSpool) spool = NULL;
  g_autoptr (GPtrArray) builders = NULL;
  g_autoptr (GError) error = NULL;
  BpSpoolLimits limits;
  BpHttpOptions http;

  bp_http_options_init (&http);
  http.behind_proxy = options->behind_proxy;
  http.history_days = MAX (options->keep_history, 0);
  http.metrics = metrics;
  if (options->metrics != NULL)
    {
      metrics_address = parse_address (options->metrics);
      if (!bp_metrics_serve (metrics, metrics_address, &error))
        return fail (EXIT_FAILURE, error->message);
    }
  if (options->tls_cert != NULL)
    {
      certificate = load_certificate (options, &error);
      if (certificate == NULL)
        return fail (EXIT_FAILURE, error->message);
      http.certificate = certificate;
    }

  listener = bp_backend_open (database, &error);
  if (listener == NULL)
    return fail (EXIT_FAILURE, error->message);
  http.listener = listener;
  bp_spool_limits_init (&limits);
  spool = bp_spool_new (clock, &limits, &error);
  if (spool == NULL)
    return fail (EXIT_FAILURE, error->message);
  http.spool = spool;
  builders = open_some (database, N_BUILDERS, &error);
  if (builders == NULL)
    return fail (EXIT_FAILURE, error->message);
  http.builders = builders;
  raise_file_limit ();

  return serve (options, backends, clock, &http, address);
}

/* What can be wrong before the database is touched. */
static int
check_options (const Options        *options,
               const BpAdminOptions *admin,
               GSocketAddress      **address)
{
  g_autoptr (GError) error = NULL;
  char **arguments = options->arguments;

  if (arguments != NULL)
    {
      if (!bp_admin_is_command (arguments[0], g_strv_length (arguments) - 1))
        return fail (EXIT_USAGE, "no such command, or not with these arguments; see --help");
      return bp_admin_check_options (admin, arguments, &error) ? EXIT_SUCCESS
                                                               : fail (EXIT_USAGE, error->message);
    }

  *address = parse_address (options->listen != NULL ? options->listen : DEFAULT_LISTEN);
  if (*address == NULL)
    return fail (EXIT_USAGE, "--listen must be ADDR:PORT, such as " DEFAULT_LISTEN);
  if (options->metrics != NULL)
    {
      g_autoptr (GSocketAddress) metrics = parse_address (options->metrics);

      if (metrics == NULL)
        return fail (EXIT_USAGE, "--metrics must be ADDR:PORT, such as 127.0.0.1:9750");
    }
  if (admin->currency != NULL || admin->time_zone != NULL)
    return fail (EXIT_USAGE, "--currency and --time-zone belong to store-add");
  if (options->tls_key != NULL && options->tls_cert == NULL)
    return fail (EXIT_USAGE, "--tls-key needs --tls-cert");
  if (options->keep_history == 0 || options->keep_history < -1)
    return fail (EXIT_USAGE, "--keep-history needs a number of days, at least 1");
  if (!is_loopback (*address) && options->tls_cert == NULL && !options->behind_proxy)
    return fail (EXIT_FAILURE, "plain HTTP is served on loopback only; give --tls-cert, or "
                 "--behind-proxy where a proxy brings TLS");

  return EXIT_SUCCESS;
}

int
main (int    argc,
      char **argv)
{
  g_auto (Options) options = { .keep_history = -1 };
  g_autoptr (GError) error = NULL;
  g_autoptr (GSocketAddress) address = NULL;
  g_autoptr (BpClock) clock = NULL;
  g_autoptr (GPtrArray) backends = NULL;
  g_autofree char *database = NULL;
  BpAdminOptions admin;
  int status;

  setlocale (LC_ALL, "");
  g_log_writer_default_set_use_stderr (TRUE);
  if (!parse_options (&options, &argc, &argv, &error))
    return fail (EXIT_USAGE, error->message);
  if (options.version)
    {
      g_print ("bizpulse-server " PACKAGE_VERSION "\n");
      return EXIT_SUCCESS;
    }

  admin.currency = options.currency;
  admin.time_zone = options.time_zone;
  status = check_options (&options, &admin, &address);
  database = status == EXIT_SUCCESS ? find_database (&options, &status) : NULL;
  if (database == NULL)
    return status;

  clock = bp_system_clock_new ();
  backends = open_some (database, options.arguments != NULL
                                    ? 1
                                    : bp_backend_get_n_useful (database, N_WORKERS), &error);
  if (backends == NULL)
    return fail (EXIT_FAILURE, error->message);

  return options.arguments != NULL
           ? bp_admin_run (backends->pdata[0], clock, &admin, options.arguments)
           : prepare_and_serve (&options, database, backends, clock, address);
}

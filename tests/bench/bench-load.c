/* A server under load: many devices push at once, each over a connection of its
 * own and the next sale as soon as the last one is answered, while many more
 * listen. Prints pushes a second, their latency, how long after the answer the
 * listeners are told, and what the server needs for it. */
#include "config.h"

#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <unistd.h>

#include "bp-bench.h"
#include "bp-id.h"
#include "bp-json.h"

#define N_SOCKETS 1000
#define N_PUSHERS 100
#define SOCKETS_A_DEVICE 4
#define N_PRODUCTS 1000
#define PRODUCTS_A_PUSH 100
#define LINES_A_SALE 3
#define MAX_EVENTS 256
#define DRAIN_MS 1500
#define TEXT_FRAME 0x81
#define PING_FRAME 0x89

typedef struct
{
  char *id;         /* (owned) */
  GArray *answered; /* (owned) (element-type Answered): by seq */
} Shop;

/* A change and when its device knew of it. */
typedef struct
{
  gint64 seq;
  double at;
} Answered;

typedef struct
{
  Shop *shop;  /* (unowned) */
  char *token; /* (owned) */
  char *epoch; /* (owned) */
  guint attempt;
} Device;

/* One connection: of a device that pushes, or of one that listens. */
typedef struct
{
  int fd;
  Device *device; /* (unowned) */
  GString *read;  /* (owned) */
  gboolean is_live;
  double began;   /* of the push under way */
  guint told;     /* how many of the shop's changes it was told of */
} Line;

typedef struct
{
  BpBenchServer *server;
  struct sockaddr_in address;
  BpClock *clock;
  GPtrArray *shops;
  GPtrArray *devices;
  GPtrArray *lines;
  GArray *latencies; /* (element-type double): of pushes, in milliseconds */
  GArray *lags;      /* (element-type double): from answer to hint */
  guint n_sales;
  guint n_failed;
  guint n_dropped;
  int epoll;
  gboolean is_over;
} Load;

static void
check_errno (gboolean    success,
             const char *what)
{
  if (success)
    return;

  g_printerr ("%s: %s\n", what, g_strerror (errno));
  exit (1);
}

static int
connect_line (Load *self)
{
  int fd = socket (AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  int one = 1;

  check_errno (fd >= 0, "socket");
  check_errno (connect (fd, (struct sockaddr *)&self->address, sizeof self->address) == 0,
               "connect");
  setsockopt (fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof one);
  return fd;
}

static void
send_all (int         fd,
          const char *bytes,
          gsize       length)
{
  while (length > 0)
    {
      ssize_t sent = send (fd, bytes, length, MSG_NOSIGNAL);

      check_errno (sent > 0, "send");
      bytes += sent;
      length -= (gsize)sent;
    }
}

static void
send_request (int         fd,
              const char *path,
              const char *token,
              const char *body)
{
  g_autoptr (GString) text = g_string_new (NULL);

  g_string_printf (text, "POST %s HTTP/1.1\r\nHost: bench\r\nContent-Type: application/json\r\n"
                   "Bizpulse-Protocol: 1\r\nContent-Length: %zu\r\n", path, strlen (body));
  if (token != NULL)
    g_string_append_printf (text, "Authorization: Bearer %s\r\n", token);
  g_string_append_printf (text, "\r\n%s", body);
  send_all (fd, text->str, text->len);
}

/* The body of the answer at the beginning of what was read, once it is whole. */
static const char *
find_answer (const GString *read,
             int           *status)
{
  const char *end = strstr (read->str, "\r\n\r\n");
  const char *length = end != NULL ? strstr (read->str, "\r\nContent-Length:") : NULL;

  if (end == NULL || length == NULL)
    return NULL;

  *status = atoi (read->str + strlen ("HTTP/1.1 "));
  length += strlen ("\r\nContent-Length:");
  return strlen (end + 4) >= strtoul (length, NULL, 10) ? end + 4 : NULL;
}

static gboolean
read_more (int      fd,
           GString *read,
           int      flags)
{
  char bytes[16384];
  ssize_t length = recv (fd, bytes, sizeof bytes, flags);

  if (length > 0)
    g_string_append_len (read, bytes, length);
  return length > 0 || (length < 0 && errno == EAGAIN);
}

/* One request and its answer, over a connection of its own. */
static char *
call (Load       *self,
      const char *path,
      const char *token,
      const char *body)
{
  g_autoptr (GString) read = g_string_new (NULL);
  int fd = connect_line (self);
  const char *answer = NULL;
  int status = 0;

  send_request (fd, path, token, body);
  while (answer == NULL)
    {
      check_errno (read_more (fd, read, 0), path);
      answer = find_answer (read, &status);
    }
  close (fd);
  if (status / 100 != 2)
    g_printerr ("%s: %d %s\n", path, status, answer);
  bp_bench_check (status / 100 == 2, NULL);
  return g_strdup (answer);
}

static Device *
pair (Load       *self,
      Shop       *shop,
      const char *code,
      const char *token)
{
  g_autofree char *request = bp_id_new (self->clock);
  g_autofree char *quoted = code != NULL ? g_strdup_printf ("\"code\":\"%s\",", code) : NULL;
  g_autofree char *body = g_strdup_printf ("{%s\"request\":\"%s\",\"device\":{\"name\":\"Till\"}}",
                                           quoted != NULL ? quoted : "", request);
  g_autofree char *answer = call (self, "/v1/pair", token, body);
  g_autoptr (JsonNode) node = bp_json_parse_object (answer, -1, NULL);
  JsonObject *object = json_node_get_object (node);
  Device *device = g_new0 (Device, 1);

  device->shop = shop;
  device->token = g_strdup (json_object_get_string_member (object, "token"));
  device->epoch = g_strdup (json_object_get_string_member (object, "epoch"));
  return device;
}

static void
push_products (Load   *self,
               Device *device)
{
  for (guint i = 0; i < N_PRODUCTS;)
    {
      g_autoptr (GString) body = g_string_new (NULL);
      g_autofree char *answer = NULL;

      g_string_printf (body, "{\"epoch\":\"%s\",\"attempt\":%u,\"operations\":[", device->epoch,
                       ++device->attempt);
      for (guint k = 0; k < PRODUCTS_A_PUSH; k++, i++)
        g_string_append_printf (body, "%s{\"op_id\":\"product-%u\",\"action_id\":\"product-%u\","
                                "\"table\":\"products\",\"id\":\"p%u\",\"operation\":\"INSERT\","
                                "\"modified_at\":1,\"data\":{\"name\":\"Tea %u\",\"price\":500}}",
                                k > 0 ? "," : "", i, i, i, i);
      g_string_append (body, "]}");
      answer = call (self, "/v1/push", device->token, body->str);
    }
}

static Shop *
open_shop (Load *self,
           guint n_devices)
{
  Shop *shop = g_new0 (Shop, 1);
  g_autofree char *code = NULL;
  Device *first;

  shop->id = bp_bench_server_add_store (self->server->database);
  shop->answered = g_array_new (FALSE, FALSE, sizeof (Answered));
  code = bp_bench_server_make_code (self->server->database, shop->id);
  first = pair (self, shop, code, NULL);
  push_products (self, first);
  g_ptr_array_add (self->devices, first);
  for (guint i = 1; i < n_devices; i++)
    g_ptr_array_add (self->devices, pair (self, shop, NULL, first->token));
  return shop;
}

static void
append_sale (GString *body,
             guint    number)
{
  g_string_append_printf (body,
                          "{\"op_id\":\"sale-%u\",\"action_id\":\"a%u\",\"table\":\"sales\","
                          "\"id\":\"s%u\",\"operation\":\"INSERT\",\"modified_at\":1,\"data\":{"
                          "\"number\":\"N%u\",\"sale_date\":1750000000000,"
                          "\"business_date\":\"2025-06-15\",\"status\":\"posted\","
                          "\"kind\":\"sale\",\"currency\":\"INR\",\"total_amount\":1500,"
                          "\"subtotal\":1500,\"lines\":[",
                          number, number, number, number);
  for (guint i = 0; i < LINES_A_SALE; i++)
    g_string_append_printf (body,
                            "%s{\"product_id\":\"p%u\",\"name\":\"Tea\",\"quantity\":1000,"
                            "\"unit_price\":500,\"total\":500}",
                            i > 0 ? "," : "", (number * LINES_A_SALE + i) * 7919u % N_PRODUCTS);
  g_string_append_printf (body,
                          "]}},{\"op_id\":\"payment-%u\",\"action_id\":\"a%u\","
                          "\"table\":\"payments\",\"id\":\"m%u\",\"operation\":\"INSERT\","
                          "\"modified_at\":1,\"data\":{\"sale_id\":\"s%u\",\"amount\":1500,"
                          "\"method\":\"cash\",\"paid_at\":1750000000000,"
                          "\"business_date\":\"2025-06-15\"}}",
                          number, number, number, number);
}

static void
push_sale (Load *self,
           Line *line)
{
  g_autoptr (GString) body = g_string_new (NULL);

  g_string_printf (body, "{\"epoch\":\"%s\",\"attempt\":%u,\"operations\":[", line->device->epoch,
                   ++line->device->attempt);
  append_sale (body, self->n_sales++);
  g_string_append (body, "]}");
  line->began = bp_bench_now ();
  send_request (line->fd, "/v1/push", line->device->token, body->str);
}

static void
take_answer (Load *self,
             Line *line)
{
  int status = 0;
  const char *answer = find_answer (line->read, &status);
  const char *seq = answer != NULL ? strstr (answer, "\"seq\":") : NULL;
  Answered change = { 0, bp_bench_now () };
  double latency = change.at - line->began;

  if (answer == NULL)
    return;
  if (status == 200 && seq != NULL && strstr (answer, "rejected") == NULL)
    {
      change.seq = g_ascii_strtoll (seq + strlen ("\"seq\":"), NULL, 10);
      g_array_append_val (line->device->shop->answered, change);
      g_array_append_val (self->latencies, latency);
    }
  else
    self->n_failed++;

  g_string_truncate (line->read, 0);
  if (!self->is_over)
    push_sale (self, line);
}

/* It was told of all up to @seq: the one that waited longest counts. */
static void
take_hint (Load  *self,
           Line  *line,
           gint64 seq)
{
  GArray *answered = line->device->shop->answered;
  double now = bp_bench_now ();
  double lag = -1;

  while (line->told < answered->len && g_array_index (answered, Answered, line->told).seq <= seq)
    {
      lag = MAX (lag, now - g_array_index (answered, Answered, line->told).at);
      line->told++;
    }
  if (lag >= 0)
    g_array_append_val (self->lags, lag);
}

static void
take_frames (Load *self,
             Line *line)
{
  static const char pong[] = { (char)0x8a, (char)0x80, 0, 0, 0, 0 };
  GString *read = line->read;

  while (read->len >= 2 && read->len >= 2 + (gsize)(read->str[1] & 0x7f))
    {
      gsize length = (gsize)(read->str[1] & 0x7f);
      g_autofree char *text = g_strndup (read->str + 2, length);
      const char *seq = strstr (text, "\"seq\":");

      if ((guchar)read->str[0] == TEXT_FRAME && seq != NULL)
        take_hint (self, line, g_ascii_strtoll (seq + strlen ("\"seq\":"), NULL, 10));
      if ((guchar)read->str[0] == PING_FRAME)
        send_all (line->fd, pong, sizeof pong);
      g_string_erase (read, 0, (gssize)(2 + length));
    }
}

static Line *
add_line (Load    *self,
          Device  *device,
          gboolean is_live)
{
  Line *line = g_new0 (Line, 1);
  struct epoll_event event = { .events = EPOLLIN, .data = { .ptr = line } };

  line->fd = connect_line (self);
  line->device = device;
  line->is_live = is_live;
  line->read = g_string_new (NULL);
  check_errno (epoll_ctl (self->epoll, EPOLL_CTL_ADD, line->fd, &event) == 0, "epoll");
  g_ptr_array_add (self->lines, line);
  return line;
}

static void
listen_with (Load   *self,
             Device *device)
{
  Line *line = add_line (self, device, TRUE);
  g_autofree char *request
    = g_strdup_printf ("GET /v1/live HTTP/1.1\r\nHost: bench\r\nConnection: Upgrade\r\n"
                       "Upgrade: websocket\r\nSec-WebSocket-Version: 13\r\n"
                       "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n"
                       "Authorization: Bearer %s\r\n\r\n", device->token);
  const char *end = NULL;

  send_all (line->fd, request, strlen (request));
  while (end == NULL)
    {
      check_errno (read_more (line->fd, line->read, 0), "live");
      end = strstr (line->read->str, "\r\n\r\n");
    }
  bp_bench_check (g_str_has_prefix (line->read->str, "HTTP/1.1 101"), NULL);
  g_string_erase (line->read, 0, end + 4 - line->read->str);
}

static void
look_at (Load *self,
         Line *line)
{
  if (!read_more (line->fd, line->read, MSG_DONTWAIT))
    {
      self->n_dropped++;
      epoll_ctl (self->epoll, EPOLL_CTL_DEL, line->fd, NULL);
      return;
    }
  if (line->is_live)
    take_frames (self, line);
  else
    take_answer (self, line);
}

static void
run_for (Load  *self,
         double milliseconds)
{
  double end = bp_bench_now () + milliseconds;

  while (bp_bench_now () < end)
    {
      struct epoll_event events[MAX_EVENTS];
      int n_events = epoll_wait (self->epoll, events, MAX_EVENTS, 20);

      for (int i = 0; i < n_events; i++)
        look_at (self, events[i].data.ptr);
    }
}

/* In KiB, as Linux tells it. */
static long
get_memory (Load       *self,
            const char *name)
{
  g_autofree char *path = g_strdup_printf ("/proc/%s/status",
                                           g_subprocess_get_identifier (self->server->process));
  g_autofree char *text = NULL;
  const char *line;

  bp_bench_check (g_file_get_contents (path, &text, NULL, NULL), NULL);
  line = strstr (text, name);
  return line != NULL ? atol (line + strlen (name)) : 0;
}

static void
close_lines (Load *self)
{
  for (guint i = 0; i < self->lines->len; i++)
    {
      Line *line = self->lines->pdata[i];

      close (line->fd);
      g_string_free (line->read, TRUE);
      g_free (line);
    }
  g_ptr_array_set_size (self->lines, 0);
}

static void
measure (Load  *self,
         guint  n_shops,
         double seconds)
{
  guint n_devices = (N_SOCKETS / SOCKETS_A_DEVICE + n_shops - 1) / n_shops;
  double cpu;
  guint first = self->devices->len;

  for (guint i = 0; i < n_shops; i++)
    g_ptr_array_add (self->shops, open_shop (self, n_devices));
  n_devices *= n_shops;
  for (guint i = 0; i < N_SOCKETS; i++)
    listen_with (self, self->devices->pdata[first + i % n_devices]);
  self->is_over = FALSE;
  g_array_set_size (self->latencies, 0);
  g_array_set_size (self->lags, 0);
  cpu = bp_bench_server_get_cpu (self->server);
  /* Devices of one shop lie together: as many of each push. */
  for (guint i = 0; i < N_PUSHERS; i++)
    push_sale (self, add_line (self, self->devices->pdata[first + i * n_devices / N_PUSHERS],
                               FALSE));
  run_for (self, seconds * 1000);
  self->is_over = TRUE;
  cpu = bp_bench_server_get_cpu (self->server) - cpu;
  run_for (self, DRAIN_MS);

  g_print ("%u shop%s, %u devices push, %u sockets listen: %.0f pushes/s,"
           " p50 %.0f ms, p99 %.0f ms, most %.0f ms; told p50 %.0f ms, p99 %.0f ms after the"
           " answer; server %.2f processors, %.1f MiB (most %.1f); %u failed, %u dropped\n",
           n_shops, n_shops > 1 ? "s" : "", N_PUSHERS, N_SOCKETS, self->latencies->len / seconds,
           bp_bench_quantile (self->latencies, 0.5), bp_bench_quantile (self->latencies, 0.99),
           bp_bench_quantile (self->latencies, 1), bp_bench_quantile (self->lags, 0.5),
           bp_bench_quantile (self->lags, 0.99), cpu / seconds / 1000,
           (double)get_memory (self, "VmRSS:") / 1024, (double)get_memory (self, "VmHWM:") / 1024,
           self->n_failed, self->n_dropped);
  close_lines (self);
}

int
main (int    argc,
      char **argv)
{
  double seconds = argc > 1 ? g_ascii_strtod (argv[1], NULL) : 3;
  g_autofree char *folder = bp_bench_make_folder ();
  struct rlimit files;
  Load load = { .epoll = epoll_create1 (EPOLL_CLOEXEC), .clock = bp_system_clock_new () };

  getrlimit (RLIMIT_NOFILE, &files);
  files.rlim_cur = files.rlim_max;
  setrlimit (RLIMIT_NOFILE, &files);
  load.server = bp_bench_server_start (folder, 0);
  load.address.sin_family = AF_INET;
  load.address.sin_addr.s_addr = htonl (INADDR_LOOPBACK);
  load.address.sin_port = htons ((guint16)atoi (strrchr (load.server->url, ':') + 1));
  load.shops = g_ptr_array_new ();
  load.devices = g_ptr_array_new ();
  load.lines = g_ptr_array_new ();
  load.latencies = g_array_new (FALSE, FALSE, sizeof (double));
  load.lags = g_array_new (FALSE, FALSE, sizeof (double));
  g_print ("%s, %.0f s each; server at rest %.1f MiB\n",
           g_str_has_prefix (load.server->database, "sqlite:") ? "SQLite" : "PostgreSQL", seconds,
           (double)get_memory (&load, "VmRSS:") / 1024);
  measure (&load, 1, seconds);
  measure (&load, 20, seconds);
  bp_bench_server_stop (load.server);
  bp_bench_remove_folder (folder);
  return load.n_failed + load.n_dropped > 0;
}

/* Who asks too often, from where, and who is none the worse for it. */
#include "config.h"

#include "bp-hosted.h"
#include "bp-limiter.h"
#include "bp-rate.h"

#define JSON "Content-Type: application/json\r\n"

static void
rate (void)
{
  g_autoptr (BpFixedClock) clock = g_object_new (BP_TYPE_FIXED_CLOCK, NULL);
  g_autoptr (BpRate) rates = bp_rate_new (BP_CLOCK (clock), 10, 3);

  for (guint i = 0; i < 3; i++)
    g_assert_cmpint (bp_rate_take (rates, "a"), ==, 0);
  g_assert_cmpint (bp_rate_take (rates, "a"), ==, 100);
  g_assert_cmpint (bp_rate_take (rates, "b"), ==, 0);
  clock->now += 99;
  g_assert_cmpint (bp_rate_take (rates, "a"), ==, 1);
  clock->now += 1;
  g_assert_cmpint (bp_rate_take (rates, "a"), ==, 0);
  g_assert_cmpint (bp_rate_take (rates, "a"), ==, 100);
  clock->now += 100000;
  for (guint i = 0; i < 3; i++)
    g_assert_cmpint (bp_rate_take (rates, "a"), ==, 0);
  g_assert_cmpint (bp_rate_take (rates, "a"), ==, 100);
}

/* However many come, who is under its limit stays so. */
static void
many_keys (void)
{
  g_autoptr (BpFixedClock) clock = g_object_new (BP_TYPE_FIXED_CLOCK, NULL);
  g_autoptr (BpRate) rates = bp_rate_new (BP_CLOCK (clock), 10, 3);

  for (guint i = 0; i < 50000; i++)
    {
      g_autofree char *key = g_strdup_printf ("%u", i);

      g_assert_cmpint (bp_rate_take (rates, key), ==, 0);
    }
}

static void
networks (void)
{
  static const char *const cases[][2] = {
    { "192.0.2.1", "192.0.2.1" }, { "2001:db8::1", "20010db800000000" },
    { "2001:db8::ffff:1", "20010db800000000" }, { "2001:db8:0:1::1", "20010db800000001" },
    { "no address", "" }, { "", "" }, { "192.0.2.1, 192.0.2.2", "" },
  };

  for (guint i = 0; i < G_N_ELEMENTS (cases); i++)
    {
      g_autofree char *network = bp_limiter_get_network (cases[i][0]);

      g_assert_cmpstr (network, ==, cases[i][1]);
    }
}

static void
set_up (Hosted       *hosted,
        gconstpointer data)
{
  hosted_set_up (hosted, data);
  hosted->options.behind_proxy = TRUE;
  hosted->options.gate.device_burst = 5;
  hosted->options.gate.device_per_s = 1;
  hosted->options.gate.stranger_burst = 4;
  hosted->options.gate.stranger_per_s = 1;
  hosted->options.gate.wrong_tokens = 3;
  hosted_start (hosted);
}

static Answer *
pull (Hosted     *hosted,
      const char *token,
      const char *address)
{
  g_autofree char *headers = g_strdup_printf (
    JSON "Authorization: Bearer %s\r\nX-Forwarded-For: %s\r\n", token, address);
  g_autofree char *body = g_strdup_printf ("{\"epoch\":\"%s\",\"since\":{\"products\":0}}",
                                           hosted->fixture.epoch);

  return ask (hosted->port, "POST", "/v1/pull", headers, body);
}

static void
assert_pull (Hosted     *hosted,
             const char *token,
             const char *address,
             int         status)
{
  g_autoptr (Answer) answer = pull (hosted, token, address);
  g_autofree char *retry_after = answer_get_header (answer, "Retry-After");

  g_assert_cmpint (answer->status, ==, status);
  if (status == 429)
    {
      assert_problem (answer, 429, "too_many_requests");
      g_assert_cmpint (atoi (retry_after), >=, 1);
      g_assert_cmpint (atoi (retry_after), <=, 60);
    }
}

static void
talk_often (gpointer data,
            gpointer unused)
{
  Hosted *hosted = data;
  const char *token = hosted->fixture.token;
  g_autoptr (Answer) last = NULL;
  g_autofree char *epoch = NULL;

  for (guint i = 0; i < 6; i++)
    assert_pull (hosted, token, "192.0.2.1", 200);
  last = pull (hosted, token, "192.0.2.1");
  epoch = answer_get_header (last, "Bizpulse-Epoch");
  assert_problem (last, 429, "too_many_requests");
  g_assert_cmpstr (epoch, ==, hosted->fixture.epoch);
  /* From elsewhere it is no other device. */
  assert_pull (hosted, token, "192.0.2.2", 429);
  hosted->fixture.clock->now += 1000;
  assert_pull (hosted, token, "192.0.2.1", 200);
  assert_pull (hosted, token, "192.0.2.1", 429);
  /* The machine itself, and who asks whether the server is there. */
  for (guint i = 0; i < 20; i++)
    {
      g_autoptr (Answer) info = ask (hosted->port, "GET", "/v1/info",
                                     "X-Forwarded-For: 192.0.2.1\r\n", NULL);

      g_assert_cmpint (info->status, ==, 200);
      assert_pull (hosted, token, "127.0.0.1", 200);
    }
}

static void
often (Hosted       *hosted,
       gconstpointer data)
{
  host (hosted, talk_often, NULL);
}

static void
talk_as_stranger (gpointer data,
                  gpointer unused)
{
  Hosted *hosted = data;
  const char *wrong = "{\"code\":\"\",\"request\":\"r\",\"device\":{\"name\":\"T\"}}";

  assert_pull (hosted, hosted->fixture.token, "2001:db8::1", 200);
  for (guint i = 0; i < 5; i++)
    {
      g_autofree char *headers = g_strdup_printf (JSON "X-Forwarded-For: 2001:db8::%u\r\n", i);
      g_autoptr (Answer) answer = ask (hosted->port, "POST", "/v1/pull", headers, wrong);

      g_assert_cmpint (answer->status, ==, i < 3 ? 401 : 429);
    }
  /* A neighbour whose token holds is none the worse for it. */
  assert_pull (hosted, hosted->fixture.token, "2001:db8::1", 200);
  assert_pull (hosted, "bp_s_0", "2001:db8:0:1::1", 401);
}

static void
strangers (Hosted       *hosted,
           gconstpointer data)
{
  host (hosted, talk_as_stranger, NULL);
}

static void
talk_with_wrong_tokens (gpointer data,
                        gpointer unused)
{
  Hosted *hosted = data;
  g_autofree char *cut = g_strndup (hosted->fixture.token, 60);

  assert_pull (hosted, hosted->fixture.token, "127.0.0.1", 200);
  for (guint i = 0; i < 3; i++)
    assert_pull (hosted, cut, "127.0.0.1", 401);
  assert_pull (hosted, cut, "127.0.0.1", 429);
  assert_pull (hosted, "odd", "127.0.0.1", 429);
  assert_pull (hosted, hosted->fixture.token, "127.0.0.1", 200);
  assert_pull (hosted, cut, "192.0.2.1", 401);
  hosted->fixture.clock->now += 60 * 1000;
  assert_pull (hosted, cut, "127.0.0.1", 401);
}

static void
wrong_tokens (Hosted       *hosted,
              gconstpointer data)
{
  host (hosted, talk_with_wrong_tokens, NULL);
}

static void
talk_oddly (gpointer data,
            gpointer unused)
{
  static const char *const heads[] = {
    "Content-Length: 2\r\nContent-Length: 3\r\n", "Content-Length: 2\r\nContent-Length: 2\r\n",
    "Content-Length: 2, 2\r\n", "Content-Length: 2\r\nTransfer-Encoding: chunked\r\n",
    "Transfer-Encoding: chunked, identity\r\n", "Content-Length: 2\r\nHost: y\r\n",
    "Content-Length: 2\r\nAuthorization: Bearer x\r\nAuthorization: Bearer y\r\n",
  };
  Hosted *hosted = data;
  g_autoptr (GString) many = g_string_new ("Content-Length: 2\r\n");

  for (guint i = 0; i < 200; i++)
    g_string_append_printf (many, "X-%u: y\r\n", i);
  for (guint i = 0; i <= G_N_ELEMENTS (heads); i++)
    {
      g_autoptr (Client) client = client_new (hosted->port);
      g_autoptr (Answer) answer = NULL;
      g_autofree char *head = g_strdup_printf (
        "POST /v1/pair HTTP/1.1\r\nHost: x\r\n" JSON "%s\r\n{}",
        i < G_N_ELEMENTS (heads) ? heads[i] : many->str);

      client_send (client, head, -1);
      g_socket_shutdown (g_socket_connection_get_socket (client->connection), FALSE, TRUE, NULL);
      answer = client_receive (client);
      /* libsoup has its own words for an encoding that it does not know. */
      if (answer != NULL)
        g_assert_cmpint (answer->status, ==, answer->status == 501 ? 501 : 400);
    }
}

static void
odd_heads (Hosted       *hosted,
           gconstpointer data)
{
  host (hosted, talk_oddly, NULL);
}

#define ADD(name, set_up, func) \
  g_test_add ("/server/gate/" name, Hosted, NULL, set_up, func, hosted_tear_down)

int
main (int    argc,
      char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/server/rate/so-often-at-once-and-in-the-long-run", rate);
  g_test_add_func ("/server/rate/many-are-not-kept-for-ever", many_keys);
  g_test_add_func ("/server/limiter/networks", networks);
  ADD ("a-device-that-asks-too-often", set_up, often);
  ADD ("strangers-of-an-address", set_up, strangers);
  ADD ("wrong-tokens-of-an-address", set_up, wrong_tokens);
  ADD ("what-can-be-read-in-two-ways-is-refused", set_up, odd_heads);
  return g_test_run ();
}

#include "config.h"

#include "bp-ear.h"

#include <string.h>

static void
on_message (SoupWebsocketConnection *connection,
            SoupWebsocketDataType    type,
            GBytes                  *message,
            gpointer                 user_data)
{
  static const char start[] = "{\"seq\":";
  Ear *ear = user_data;
  g_autofree char *text = g_strndup (g_bytes_get_data (message, NULL), g_bytes_get_size (message));
  gint64 seq;

  g_assert_cmpint (type, ==, SOUP_WEBSOCKET_DATA_TEXT);
  g_assert_true (g_str_has_prefix (text, start) && g_str_has_suffix (text, "}"));
  text[strlen (text) - 1] = '\0';
  g_assert_true (g_ascii_string_to_signed (text + strlen (start), 10, 1, G_MAXINT64, &seq, NULL));
  g_assert_cmpint (seq, >, ear->seq);
  ear->seq = seq;
  ear->n_hints++;
}

static void
on_closed (SoupWebsocketConnection *connection,
           gpointer                 user_data)
{
  Ear *ear = user_data;

  ear->is_closed = TRUE;
}

typedef struct
{
  Ear *ear;
  SoupMessage *message;
  gboolean done;
} Connecting;

static void
on_connected (GObject      *source,
              GAsyncResult *result,
              gpointer      user_data)
{
  Connecting *connecting = user_data;
  Ear *ear = connecting->ear;
  SoupMessageHeaders *headers = soup_message_get_response_headers (connecting->message);

  ear->connection = soup_session_websocket_connect_finish (SOUP_SESSION (source), result, NULL);
  ear->status = soup_message_get_status (connecting->message);
  ear->retry_after = g_strdup (soup_message_headers_get_one (headers, "Retry-After"));
  ear->protocol = g_strdup (soup_message_headers_get_one (headers, "Bizpulse-Protocol"));
  connecting->done = TRUE;
  if (ear->connection == NULL)
    return;

  g_signal_connect (ear->connection, "message", G_CALLBACK (on_message), ear);
  g_signal_connect (ear->connection, "closed", G_CALLBACK (on_closed), ear);
}

/* Returns when it is connected, or was refused. */
Ear *
ear_new (guint16     port,
         const char *token)
{
  Ear *ear = g_new0 (Ear, 1);
  Connecting connecting = { .ear = ear };
  g_autofree char *address = g_strdup_printf ("ws://127.0.0.1:%u/v1/live", port);
  g_autofree char *bearer = g_strdup_printf ("Bearer %s", token);

  ear->context = g_main_context_new ();
  g_main_context_push_thread_default (ear->context);
  ear->session = soup_session_new ();
  connecting.message = soup_message_new ("GET", address);
  soup_message_headers_replace (soup_message_get_request_headers (connecting.message),
                                "Authorization", bearer);
  soup_session_websocket_connect_async (ear->session, connecting.message, NULL, NULL,
                                        G_PRIORITY_DEFAULT, NULL, on_connected, &connecting);
  while (!connecting.done)
    g_main_context_iteration (ear->context, TRUE);
  g_object_unref (connecting.message);
  g_main_context_pop_thread_default (ear->context);
  return ear;
}

void
ear_free (Ear *ear)
{
  g_main_context_push_thread_default (ear->context);
  if (ear->connection != NULL)
    g_signal_handlers_disconnect_by_data (ear->connection, ear);
  g_clear_object (&ear->connection);
  soup_session_abort (ear->session);
  g_clear_object (&ear->session);
  while (g_main_context_iteration (ear->context, FALSE))
    ;
  g_main_context_pop_thread_default (ear->context);
  g_main_context_unref (ear->context);
  g_free (ear->retry_after);
  g_free (ear->protocol);
  g_free (ear);
}

/* Until a hint says so much; the test's own time limit is meson's. */
void
ear_wait_seq (Ear   *ear,
              gint64 seq)
{
  g_main_context_push_thread_default (ear->context);
  while (ear->seq < seq)
    {
      g_assert_false (ear->is_closed);
      g_main_context_iteration (ear->context, TRUE);
    }
  g_main_context_pop_thread_default (ear->context);
}

void
ear_wait_closed (Ear *ear)
{
  g_main_context_push_thread_default (ear->context);
  while (!ear->is_closed)
    g_main_context_iteration (ear->context, TRUE);
  g_main_context_pop_thread_default (ear->context);
}

/* A blocking HTTP client that sends exactly what it is told to, and the real
 * server as a process. */
#pragma once

#include <gio/gio.h>
#include <json-glib/json-glib.h>

typedef struct
{
  GSocketConnection *connection;
  GInputStream *input;
} Client;

typedef struct
{
  int status;
  char *headers;
  GBytes *body;
} Answer;

typedef struct
{
  char *folder;
  char *database;
  GSubprocess *process;
  GDataInputStream *output;
  guint16 port;
} Process;

Client *client_new (guint16 port);
void client_free (Client *client);
void client_send (Client     *client,
                  const char *data,
                  gssize      length);
Answer *client_receive (Client *client);
Answer *client_ask (Client     *client,
                    const char *method,
                    const char *path,
                    const char *headers,
                    const char *body,
                    gssize      length);
Answer *ask (guint16     port,
             const char *method,
             const char *path,
             const char *headers,
             const char *body);
void answer_free (Answer *answer);
char *answer_get_header (Answer     *answer,
                         const char *name);
JsonObject *answer_get_json (Answer    *answer,
                             JsonNode **node);
void assert_problem (Answer     *answer,
                     int         status,
                     const char *code);

void process_set_up (Process      *process,
                     gconstpointer data);
void process_tear_down (Process      *process,
                        gconstpointer data);
void process_start (Process    *process,
                    const char *shell);
void process_stop (Process *process,
                   int      signal);
char *process_run (Process    *process,
                   int         status,
                   const char *first,
                   ...) G_GNUC_NULL_TERMINATED;

G_DEFINE_AUTOPTR_CLEANUP_FUNC (Client, client_free)
G_DEFINE_AUTOPTR_CLEANUP_FUNC (Answer, answer_free)

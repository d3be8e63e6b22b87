/* A server in this process on the main context; who talks to it does so in a
 * thread. */
#pragma once

#include "bp-client.h"
#include "bp-fixture.h"
#include "bp-http-server.h"

typedef struct
{
  Fixture fixture;
  BpSpool *spool;
  BpHttpOptions options;
  BpHttpServer *server;
  GMainLoop *loop;
  guint16 port;
  GFunc talk;
  gpointer talk_data;
} Hosted;

void hosted_set_up (Hosted       *hosted,
                    gconstpointer data);
void hosted_start (Hosted *hosted);
void hosted_tear_down (Hosted       *hosted,
                       gconstpointer data);
void host (Hosted  *hosted,
           GFunc    talk,
           gpointer data);

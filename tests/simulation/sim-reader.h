/* Looking into databases, with statements that are kept. */
#pragma once

#include <glib.h>
#include <sqlite3.h>

G_BEGIN_DECLS

typedef struct _SimReader SimReader;

SimReader *sim_reader_new (const char *path);
SimReader *sim_reader_new_over (sqlite3 *handle);
void sim_reader_free (SimReader *self);
sqlite3 *sim_reader_get_handle (SimReader *self);
sqlite3_stmt *sim_reader_prepare (SimReader  *self,
                                  const char *sql);
gint64 sim_reader_ask (SimReader  *self,
                       const char *sql);

G_END_DECLS

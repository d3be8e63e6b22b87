/* A file, or a part of it, as the answer to a request. */
#pragma once

#include <libsoup/soup.h>

#include "bp-http-call.h"

G_BEGIN_DECLS

/**
 * BpHttpPart:
 * @status: 200, 206, 304, or 416 where there is no such part
 * @start: of what is sent, in bytes
 * @end: the same, behind the last one
 */
typedef struct
{
  int status;
  gint64 start;
  gint64 end;
} BpHttpPart;

/**
 * BpHttpMovedFunc:
 * @message: of which some more was taken
 * @bytes: how many
 * @user_data: as given
 */
typedef void (*BpHttpMovedFunc) (SoupServerMessage *message,
                                 gsize              bytes,
                                 gpointer           user_data);

void bp_http_choose_part (const BpHttpCall  *call,
                          const BpSpoolFile *file,
                          BpHttpPart        *part);
void bp_http_describe_file (SoupMessageHeaders *headers,
                            const BpSpoolFile  *file,
                            const BpHttpPart   *part);
void bp_http_send_file (SoupServerMessage *message,
                        BpSpoolFile       *file,
                        const BpHttpPart  *part,
                        BpHttpMovedFunc    moved,
                        gpointer           user_data);

G_END_DECLS

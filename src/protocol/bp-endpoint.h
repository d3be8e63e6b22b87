#pragma once

#include <glib.h>

G_BEGIN_DECLS

/**
 * BpEndpointId:
 *
 * The calls of the contract that this version of the server answers.
 */
typedef enum
{
  BP_ENDPOINT_INFO,
  BP_ENDPOINT_PAIR,
  BP_ENDPOINT_PUSH,
  BP_ENDPOINT_PULL,
  BP_ENDPOINT_HISTORY,
  BP_ENDPOINT_LIVE,
  BP_ENDPOINT_SNAPSHOT,
  BP_ENDPOINT_BACKUPS,
  BP_ENDPOINT_GET_BACKUP,
  BP_ENDPOINT_PUT_BACKUP,
} BpEndpointId;

#define BP_N_ENDPOINTS 10

/**
 * BpEndpoint:
 * @id: which
 * @method: HTTP method
 * @path: exact path; of one that ends with a slash, what comes before a name
 * @needs_token: whether a bearer token must be shown
 * @max_body: most bytes of body on the wire; 0 where what is asked stands in
 *   the query of the address
 * @answers_page: whether a success is long, and who reads it checks that it is
 *   JSON
 * @takes_file: whether what is sent is a file of any kind
 * @answers_file: whether a success is a file, to be had in parts
 */
typedef struct
{
  BpEndpointId id;
  const char *method;
  const char *path;
  gboolean needs_token;
  gsize max_body;
  gboolean answers_page;
  gboolean takes_file;
  gboolean answers_file;
} BpEndpoint;

const BpEndpoint *bp_endpoint_get (BpEndpointId id);
const BpEndpoint *bp_endpoint_find (const char *method,
                                    const char *path);
char *bp_endpoint_dup_name (const BpEndpoint *endpoint,
                            const char       *path);
char *bp_endpoint_list_methods (const char *path);

G_END_DECLS

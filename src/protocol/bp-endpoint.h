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
} BpEndpointId;

#define BP_N_ENDPOINTS 6

/**
 * BpEndpoint:
 * @id: which
 * @method: HTTP method
 * @path: exact path
 * @needs_token: whether a bearer token must be shown
 * @max_body: most bytes of body on the wire; 0 where what is asked stands in
 *   the query of the address
 * @answers_page: whether a success is long, and who reads it checks that it is
 *   JSON
 */
typedef struct
{
  BpEndpointId id;
  const char *method;
  const char *path;
  gboolean needs_token;
  gsize max_body;
  gboolean answers_page;
} BpEndpoint;

const BpEndpoint *bp_endpoint_get (BpEndpointId id);
const BpEndpoint *bp_endpoint_find (const char *path);

G_END_DECLS

#include "config.h"

#include "bp-endpoint.h"

#include <string.h>

#include "bp-limits.h"

static const BpEndpoint endpoints[BP_N_ENDPOINTS] = {
  { BP_ENDPOINT_INFO, "GET", "/v1/info" },
  { BP_ENDPOINT_PAIR, "POST", "/v1/pair", .max_body = 16 * 1024 },
  { BP_ENDPOINT_PUSH, "POST", "/v1/push", .needs_token = TRUE, .max_body = BP_MAX_BODY },
  { BP_ENDPOINT_PULL, "POST", "/v1/pull", .needs_token = TRUE, .max_body = BP_MAX_BODY,
    .answers_page = TRUE },
  { BP_ENDPOINT_HISTORY, "GET", "/v1/history", .needs_token = TRUE },
  { BP_ENDPOINT_LIVE, "GET", "/v1/live", .needs_token = TRUE },
  { BP_ENDPOINT_SNAPSHOT, "GET", "/v1/snapshot", .needs_token = TRUE, .answers_file = TRUE },
  { BP_ENDPOINT_BACKUPS, "GET", "/v1/backups", .needs_token = TRUE },
  { BP_ENDPOINT_GET_BACKUP, "GET", "/v1/backups/", .needs_token = TRUE, .answers_file = TRUE },
  { BP_ENDPOINT_PUT_BACKUP, "PUT", "/v1/backups/", .needs_token = TRUE,
    .max_body = BP_MAX_BACKUP, .takes_file = TRUE },
};

/**
 * bp_endpoint_get:
 * @id: which
 *
 * Returns: (transfer none): the endpoint
 */
const BpEndpoint *
bp_endpoint_get (BpEndpointId id)
{
  g_return_val_if_fail (id < BP_N_ENDPOINTS, NULL);

  return &endpoints[id];
}

/* A name is one part of a path: it holds no slash. */
static gboolean
is_at (const BpEndpoint *endpoint,
       const char       *path)
{
  gsize length = strlen (endpoint->path);

  if (endpoint->path[length - 1] != '/')
    return g_str_equal (endpoint->path, path);

  return g_str_has_prefix (path, endpoint->path) && path[length] != '\0'
         && strchr (path + length, '/') == NULL;
}

/**
 * bp_endpoint_find:
 * @method: (nullable): of a request
 * @path: (nullable): its path, without its query
 *
 * Returns: (transfer none) (nullable): the endpoint with exactly that method
 *   and that path
 */
const BpEndpoint *
bp_endpoint_find (const char *method,
                  const char *path)
{
  for (guint i = 0; path != NULL && i < BP_N_ENDPOINTS; i++)
    {
      if (is_at (&endpoints[i], path) && g_strcmp0 (endpoints[i].method, method) == 0)
        return &endpoints[i];
    }

  return NULL;
}

/**
 * bp_endpoint_dup_name:
 * @endpoint: of a request
 * @path: its path
 *
 * Returns: (transfer full) (nullable): the name at its end, unescaped; %NULL
 *   where the endpoint takes none, or it cannot be read
 */
char *
bp_endpoint_dup_name (const BpEndpoint *endpoint,
                      const char       *path)
{
  gsize length = strlen (endpoint->path);

  return endpoint->path[length - 1] == '/' ? g_uri_unescape_string (path + length, NULL) : NULL;
}

/**
 * bp_endpoint_list_methods:
 * @path: (nullable): the path of a request, without its query
 *
 * Returns: (transfer full) (nullable): the methods that can be asked for there,
 *   as the header `Allow` has them; %NULL where there is nothing
 */
char *
bp_endpoint_list_methods (const char *path)
{
  g_autoptr (GString) methods = g_string_new (NULL);

  for (guint i = 0; path != NULL && i < BP_N_ENDPOINTS; i++)
    {
      if (!is_at (&endpoints[i], path))
        continue;
      if (methods->len > 0)
        g_string_append (methods, ", ");
      g_string_append (methods, endpoints[i].method);
    }

  return methods->len > 0 ? g_string_free (g_steal_pointer (&methods), FALSE) : NULL;
}

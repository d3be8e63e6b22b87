#include "config.h"

#include "bp-problem.h"

#include "bp-error.h"
#include "bp-json.h"

#define DETAIL_MAX (64 * 1024)
#define EPOCH_MAX 64

static const struct
{
  BpProblemCode code;
  int status;
  const char *name;
  const char *title;
} problems[] = {
  { BP_PROBLEM_MALFORMED, 400, "malformed", "Not strict JSON" },
  { BP_PROBLEM_UNAUTHORIZED, 401, "unauthorized", "No valid token" },
  { BP_PROBLEM_REVOKED, 403, "revoked", "This device has been shut out" },
  { BP_PROBLEM_NOT_FOUND, 404, "not_found", "Not found" },
  { BP_PROBLEM_METHOD_NOT_ALLOWED, 405, "method_not_allowed", "Method not allowed" },
  { BP_PROBLEM_EPOCH_CHANGED, 409, "epoch_changed", "The server's past has changed" },
  { BP_PROBLEM_STALE, 409, "stale", "A later attempt has been seen" },
  { BP_PROBLEM_OTHER_STORE, 409, "other_store", "This belongs to another store" },
  { BP_PROBLEM_HORIZON, 410, "horizon", "Deletions since then are forgotten" },
  { BP_PROBLEM_TOO_LARGE, 413, "too_large", "Too large" },
  { BP_PROBLEM_UNSUPPORTED_TYPE, 415, "unsupported_type", "Not application/json" },
  { BP_PROBLEM_BAD_RANGE, 416, "bad_range", "No such part of the file" },
  { BP_PROBLEM_INVALID, 422, "invalid", "JSON of the wrong shape" },
  { BP_PROBLEM_UPGRADE_REQUIRED, 426, "upgrade_required", "Another version of the protocol" },
  { BP_PROBLEM_TOO_MANY_REQUESTS, 429, "too_many_requests", "Too many requests" },
  { BP_PROBLEM_INTERNAL, 500, "internal", "The server failed" },
  { BP_PROBLEM_UNAVAILABLE, 503, "unavailable", "The server is not available now" },
};

/**
 * bp_problem_new:
 * @code: why
 * @detail: (nullable): words for a person, copied
 *
 * Returns: (transfer full): the problem
 */
BpProblem *
bp_problem_new (BpProblemCode code,
                const char   *detail)
{
  BpProblem *self = g_new0 (BpProblem, 1);

  self->code = code;
  self->detail = g_strdup (detail);
  return self;
}

/**
 * bp_problem_free:
 * @problem: (nullable) (transfer full): a problem
 */
void
bp_problem_free (BpProblem *problem)
{
  if (problem == NULL)
    return;

  g_free (problem->detail);
  g_free (problem->epoch);
  g_free (problem);
}

/**
 * bp_problem_get_status:
 * @code: a code
 *
 * Returns: its HTTP status
 */
int
bp_problem_get_status (BpProblemCode code)
{
  g_return_val_if_fail (code < G_N_ELEMENTS (problems), 500);
  g_assert (problems[code].code == code);

  return problems[code].status;
}

/**
 * bp_problem_code_to_string:
 * @code: a code
 *
 * Returns: (transfer none): its name on the wire
 */
const char *
bp_problem_code_to_string (BpProblemCode code)
{
  g_return_val_if_fail (code < G_N_ELEMENTS (problems), NULL);

  return problems[code].name;
}

/**
 * bp_problem_to_text:
 * @problem: a problem
 *
 * Returns: (transfer full): the body of an `application/problem+json`
 */
char *
bp_problem_to_text (const BpProblem *problem)
{
  GString *json = g_string_new ("{");

  bp_json_append_string_member (json, "type", "about:blank");
  bp_json_append_string_member (json, "title", problems[problem->code].title);
  bp_json_append_integer_member (json, "status", problems[problem->code].status);
  bp_json_append_string_member (json, "code", problems[problem->code].name);
  if (problem->detail != NULL)
    bp_json_append_string_member (json, "detail", problem->detail);
  if (problem->epoch != NULL)
    bp_json_append_string_member (json, "epoch", problem->epoch);
  if (problem->code == BP_PROBLEM_STALE)
    bp_json_append_integer_member (json, "attempt", problem->attempt);
  g_string_append_c (json, '}');

  return g_string_free (json, FALSE);
}

/* A code of a newer server counts as the first one of its status. */
static gboolean
find_code (const char    *name,
           gint64         status,
           BpProblemCode *code)
{
  for (guint i = 0; i < G_N_ELEMENTS (problems); i++)
    {
      if (g_strcmp0 (problems[i].name, name) == 0)
        {
          *code = problems[i].code;
          return TRUE;
        }
    }
  for (guint i = 0; i < G_N_ELEMENTS (problems); i++)
    {
      if (problems[i].status == status)
        {
          *code = problems[i].code;
          return TRUE;
        }
    }

  return FALSE;
}

/**
 * bp_problem_new_from_text:
 * @text: (array length=length): the body of an answer that is no success
 * @length: in bytes
 * @error: %BP_DATA_ERROR_MALFORMED, %BP_DATA_ERROR_INVALID_VALUE
 *
 * Returns: (transfer full): the problem it tells of; one with
 *   %BP_PROBLEM_EPOCH_CHANGED always has an epoch
 */
BpProblem *
bp_problem_new_from_text (const char *text,
                          gsize       length,
                          GError    **error)
{
  g_autoptr (JsonNode) node = bp_json_parse_object (text, (gssize)length, error);
  g_autoptr (BpProblem) problem = NULL;
  JsonObject *object;
  const char *name;
  const char *found;
  gint64 status = 0;

  if (node == NULL)
    return NULL;
  object = json_node_get_object (node);
  name = bp_json_get_string (object, "code", DETAIL_MAX, error);
  if (name == NULL)
    return NULL;
  if (bp_json_has (object, "status")
      && !bp_json_get_integer (object, "status", 100, 599, &status, error))
    return NULL;

  problem = bp_problem_new (BP_PROBLEM_INTERNAL, NULL);
  if (!find_code (name, status, &problem->code))
    {
      g_set_error (error, BP_DATA_ERROR, BP_DATA_ERROR_INVALID_VALUE,
                   "An error of an unknown code");
      return NULL;
    }
  if (bp_json_has (object, "detail"))
    {
      found = bp_json_get_string (object, "detail", DETAIL_MAX, error);
      if (found == NULL)
        return NULL;
      problem->detail = g_strdup (found);
    }
  if (problem->code == BP_PROBLEM_EPOCH_CHANGED)
    {
      found = bp_json_get_string (object, "epoch", EPOCH_MAX, error);
      if (found == NULL)
        return NULL;
      problem->epoch = g_strdup (found);
    }
  if (problem->code == BP_PROBLEM_STALE
      && !bp_json_get_integer (object, "attempt", 0, G_GINT64_CONSTANT (9007199254740991),
                               &problem->attempt, error))
    return NULL;

  return g_steal_pointer (&problem);
}

#pragma once

#include <glib.h>

G_BEGIN_DECLS

/**
 * BpProblemCode:
 *
 * Why a whole request was refused. Each has a stable `code` and an HTTP
 * status; bp_problem_get_status() and bp_problem_code_to_string() tell them.
 */
typedef enum
{
  BP_PROBLEM_MALFORMED,           /* 400 malformed */
  BP_PROBLEM_UNAUTHORIZED,        /* 401 unauthorized */
  BP_PROBLEM_REVOKED,             /* 403 revoked */
  BP_PROBLEM_NOT_FOUND,           /* 404 not_found */
  BP_PROBLEM_METHOD_NOT_ALLOWED,  /* 405 method_not_allowed */
  BP_PROBLEM_EPOCH_CHANGED,       /* 409 epoch_changed */
  BP_PROBLEM_STALE,               /* 409 stale */
  BP_PROBLEM_OTHER_STORE,         /* 409 other_store */
  BP_PROBLEM_HORIZON,             /* 410 horizon */
  BP_PROBLEM_TOO_LARGE,           /* 413 too_large */
  BP_PROBLEM_UNSUPPORTED_TYPE,    /* 415 unsupported_type */
  BP_PROBLEM_BAD_RANGE,           /* 416 bad_range */
  BP_PROBLEM_INVALID,             /* 422 invalid */
  BP_PROBLEM_UPGRADE_REQUIRED,    /* 426 upgrade_required */
  BP_PROBLEM_TOO_MANY_REQUESTS,   /* 429 too_many_requests */
  BP_PROBLEM_INTERNAL,            /* 500 internal */
  BP_PROBLEM_UNAVAILABLE,         /* 503 unavailable */
} BpProblemCode;

#define BP_N_PROBLEMS (BP_PROBLEM_UNAVAILABLE + 1)

/**
 * BpProblem:
 * @code: why
 * @detail: (nullable) (transfer full): words for a person
 * @epoch: (nullable) (transfer full): with %BP_PROBLEM_EPOCH_CHANGED, the new one
 * @attempt: with %BP_PROBLEM_STALE, the last one seen
 *
 * The body of an error: RFC 9457 with our `code`.
 */
typedef struct
{
  BpProblemCode code;
  char *detail;
  char *epoch;
  gint64 attempt;
} BpProblem;

BpProblem *bp_problem_new (BpProblemCode code,
                           const char   *detail);
void bp_problem_free (BpProblem *problem);
char *bp_problem_to_text (const BpProblem *problem);
BpProblem *bp_problem_new_from_text (const char *text,
                                     gsize       length,
                                     GError    **error);
int bp_problem_get_status (BpProblemCode code);
const char *bp_problem_code_to_string (BpProblemCode code);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (BpProblem, bp_problem_free)

G_END_DECLS

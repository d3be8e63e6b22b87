#pragma once

#include <glib.h>

G_BEGIN_DECLS

/**
 * BpDataError:
 * @BP_DATA_ERROR_MALFORMED: text that is not strict JSON (or CSV, or a number)
 * @BP_DATA_ERROR_UNKNOWN_TABLE: no table has this name
 * @BP_DATA_ERROR_UNKNOWN_FIELD: the table has no such field, or nobody may
 *   write it (a projection)
 * @BP_DATA_ERROR_MISSING_FIELD: a needed field is absent or null
 * @BP_DATA_ERROR_INVALID_VALUE: wrong type, out of range, or not a known choice
 * @BP_DATA_ERROR_TOO_LARGE: a limit of the protocol is exceeded
 * @BP_DATA_ERROR_OVERFLOW: an amount leaves the range of exact integers
 *
 * What can be wrong with data, whoever it came from.
 */
typedef enum
{
  BP_DATA_ERROR_MALFORMED,
  BP_DATA_ERROR_UNKNOWN_TABLE,
  BP_DATA_ERROR_UNKNOWN_FIELD,
  BP_DATA_ERROR_MISSING_FIELD,
  BP_DATA_ERROR_INVALID_VALUE,
  BP_DATA_ERROR_TOO_LARGE,
  BP_DATA_ERROR_OVERFLOW,
} BpDataError;

#define BP_DATA_ERROR (bp_data_error_quark ())

GQuark bp_data_error_quark (void);
const char *bp_data_error_to_code (int code);

G_END_DECLS

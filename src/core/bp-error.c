#include "config.h"

#include "bp-error.h"

G_DEFINE_QUARK (bp_data_error, bp_data_error)

/**
 * bp_data_error_to_code:
 * @code: a #BpDataError
 *
 * Returns: (transfer none): the name a rejection carries on the wire for it
 */
const char *
bp_data_error_to_code (int code)
{
  switch ((BpDataError)code)
    {
    case BP_DATA_ERROR_UNKNOWN_TABLE:
      return "unknown_table";
    case BP_DATA_ERROR_UNKNOWN_FIELD:
      return "unknown_field";
    case BP_DATA_ERROR_MISSING_FIELD:
      return "missing_field";
    case BP_DATA_ERROR_TOO_LARGE:
      return "too_large";
    case BP_DATA_ERROR_MALFORMED:
    case BP_DATA_ERROR_INVALID_VALUE:
    case BP_DATA_ERROR_OVERFLOW:
      break;
    }

  return "invalid_value";
}

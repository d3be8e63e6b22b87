#include "config.h"

#include "bp-hold.h"

#include <gio/gio.h>

/**
 * bp_hold_application:
 * @hold: whether something begins that must end first, or has ended
 *
 * Quitting waits until what the user saved is on the disk; the window goes at
 * once. Each beginning needs an end.
 */
void
bp_hold_application (gboolean hold)
{
  GApplication *application = g_application_get_default ();

  if (application == NULL)
    return;
  if (hold)
    g_application_hold (application);
  else
    g_application_release (application);
}

/* The settings as a window shows them: at hand without waiting, each written
 * as soon as it is changed. */
#pragma once

#include "bp-format.h"

G_BEGIN_DECLS

#define BP_TYPE_PREFERENCES (bp_preferences_get_type ())

/**
 * BpPreferences:
 *
 * Signal "changed" when any setting may be another than before, detailed
 * "refused::KEY" (text) when a value of it could not be stored. Main thread
 * only.
 */
G_DECLARE_FINAL_TYPE (BpPreferences, bp_preferences, BP, PREFERENCES, GObject)

BpPreferences *bp_preferences_new (BpFormat *format);
BpFormat *bp_preferences_get_format (BpPreferences *self);
const char *bp_preferences_get (BpPreferences *self,
                                const char    *key);
void bp_preferences_set (BpPreferences *self,
                         const char    *key,
                         const char    *value);

G_END_DECLS

#pragma once

#include <adwaita.h>

#include "bp-format.h"

G_BEGIN_DECLS

#define BP_TYPE_PAIRING_GROUP (bp_pairing_group_get_type ())

/**
 * BpPairingGroup:
 *
 * Who this device is to which server, and how it becomes that or stops being it.
 */
G_DECLARE_FINAL_TYPE (BpPairingGroup, bp_pairing_group, BP, PAIRING_GROUP, AdwPreferencesGroup)

GtkWidget *bp_pairing_group_new (BpFormat *format);

G_END_DECLS

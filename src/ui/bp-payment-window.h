#pragma once

#include <adwaita.h>

#include "bp-format.h"

G_BEGIN_DECLS

#define BP_TYPE_PAYMENT_WINDOW (bp_payment_window_get_type ())

/**
 * BpPaymentWindow:
 *
 * A window that receives what a customer pays, for one bill or on account.
 */
G_DECLARE_FINAL_TYPE (BpPaymentWindow, bp_payment_window, BP, PAYMENT_WINDOW, AdwWindow)

void bp_payment_window_show (GtkWidget  *widget,
                             BpFormat   *format,
                             const char *customer_id,
                             const char *sale_id);

G_END_DECLS

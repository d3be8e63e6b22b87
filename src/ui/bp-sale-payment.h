#pragma once

#include <adwaita.h>

#include "bp-format.h"
#include "bp-sale-cart.h"

G_BEGIN_DECLS

#define BP_TYPE_SALE_PAYMENT (bp_sale_payment_get_type ())

/**
 * BpSalePayment:
 *
 * What a bill comes to, how it is paid and what is given back.
 */
G_DECLARE_FINAL_TYPE (BpSalePayment, bp_sale_payment, BP, SALE_PAYMENT, AdwBin)

void bp_sale_payment_set_cart (BpSalePayment *self,
                               BpSaleCart    *cart,
                               BpFormat      *format);
void bp_sale_payment_set_method (BpSalePayment *self,
                                 const char    *method);
void bp_sale_payment_focus_tendered (BpSalePayment *self);
gboolean bp_sale_payment_add_to (BpSalePayment *self,
                                 BpSaleDraft   *draft,
                                 GError       **error);
void bp_sale_payment_reset (BpSalePayment *self);

G_END_DECLS

/* What is set for the whole shop, on every device. */
#include "config.h"

#include "bp-preference-row.h"
#include "bp-preferences-pages.h"

#include <glib/gi18n.h>

static const BpPreferenceChoice stock_policies[] = {
  { "allow", N_("Sell it without a word") },
  { "warn", N_("Warn, and sell it") },
  { "block", N_("Do not sell it") },
};

static const BpPreferenceChoice round_offs[] = {
  { "0", N_("Not at all") },
  { "5", N_("To 0.05") },
  { "10", N_("To 0.10") },
  { "50", N_("To 0.50") },
  { "100", N_("To whole units") },
};

static GtkWidget *
create_page (AdwPreferencesGroup *group)
{
  GtkWidget *page = adw_preferences_page_new ();

  adw_preferences_page_add (ADW_PREFERENCES_PAGE (page), group);
  return page;
}

/**
 * bp_preferences_create_shop_page:
 * @preferences: the settings
 *
 * Returns: (transfer floating): name, currency, time
 */
GtkWidget *
bp_preferences_create_shop_page (BpPreferences *preferences)
{
  AdwPreferencesGroup *group
    = bp_preference_group_new (NULL, _("These settings hold on every device of the shop."));
  AdwPreferencesGroup *year = bp_preference_group_new (_("Calendar"), NULL);
  GtkWidget *page = create_page (group);

  bp_preference_add_entry (group, preferences, "shop.name", _("Name"), BP_PREFERENCE_PLAIN);
  bp_preference_add_entry (group, preferences, "shop.currency", _("Currency (such as INR)"),
                           BP_PREFERENCE_PLAIN);
  bp_preference_add_entry (group, preferences, "shop.time_zone",
                           _("Time Zone (such as Asia/Kolkata)"), BP_PREFERENCE_PLAIN);
  bp_preference_add_entry (year, preferences, "shop.year_start",
                           _("Financial Year Begins (month-day)"), BP_PREFERENCE_PLAIN);
  bp_preference_add_entry (year, preferences, "shop.day_cutoff",
                           _("Sales Before This Hour Belong to the Day Before"),
                           BP_PREFERENCE_PLAIN);
  adw_preferences_page_add (ADW_PREFERENCES_PAGE (page), year);
  return page;
}

/**
 * bp_preferences_create_selling_page:
 * @preferences: the settings
 *
 * Returns: (transfer floating): how sales are made
 */
GtkWidget *
bp_preferences_create_selling_page (BpPreferences *preferences)
{
  AdwPreferencesGroup *group
    = bp_preference_group_new (NULL, _("These settings hold on every device of the shop."));

  bp_preference_add_choice (group, preferences, "shop.stock_policy",
                            _("When an Item Is Not in Stock"), stock_policies,
                            G_N_ELEMENTS (stock_policies));
  bp_preference_add_choice (group, preferences, "shop.round_off", _("Round Totals"), round_offs,
                            G_N_ELEMENTS (round_offs));
  return create_page (group);
}

/**
 * bp_preferences_create_taxes_page:
 * @preferences: the settings
 *
 * Returns: (transfer floating): what new products are taxed
 */
GtkWidget *
bp_preferences_create_taxes_page (BpPreferences *preferences)
{
  AdwPreferencesGroup *group
    = bp_preference_group_new (_("New Products"),
                               _("Products that are there already keep their rate."));
  AdwPreferencesGroup *bills = bp_preference_group_new (_("Bills"), NULL);
  GtkWidget *page = create_page (group);

  bp_preference_add_entry (group, preferences, "shop.tax_rate", _("Tax Rate (%)"),
                           BP_PREFERENCE_PERCENT);
  bp_preference_add_switch (group, preferences, "shop.tax_inclusive", _("Prices Include Tax"),
                            NULL);
  bp_preference_add_switch (bills, preferences, "shop.tax_split", _("Split Tax in Halves"),
                            _("As CGST and SGST"));
  adw_preferences_page_add (ADW_PREFERENCES_PAGE (page), bills);
  return page;
}

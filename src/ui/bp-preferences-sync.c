/* With whom, when, what, over which line, and what wins. */
#include "config.h"

#include "bp-pairing-group.h"
#include "bp-preference-row.h"
#include "bp-preferences-pages.h"
#include "bp-table.h"

#include <glib/gi18n.h>

static const BpPreferenceChoice schedules[] = {
  { "*/5 * * * *", N_("Every 5 minutes") },
  { "*/15 * * * *", N_("Every 15 minutes") },
  { "*/30 * * * *", N_("Every 30 minutes") },
  { "0 * * * *", N_("Every hour") },
  { "0 3 * * *", N_("Every day at 3 in the morning") },
  { "0", N_("Never") },
};

static const BpPreferenceChoice metered[] = {
  { "pause", N_("Nothing") },
  { "priority", N_("What is urgent, and once a day all") },
  { "all", N_("Everything") },
};

static const BpPreferenceChoice policies[] = {
  { "server-wins", N_("The server’s value holds") },
  { "latest-wins", N_("The later change holds") },
  { "ask", N_("Ask each time") },
};

static AdwPreferencesGroup *
create_when (BpPreferences *preferences)
{
  AdwPreferencesGroup *group = bp_preference_group_new (_("When to Sync"), NULL);

  bp_preference_add_switch (group, preferences, "sync.on_start", _("When the App Starts"), NULL);
  bp_preference_add_switch (group, preferences, "sync.on_connection",
                            _("When a Connection Comes Back"), NULL);
  bp_preference_add_switch (group, preferences, "sync.after_save", _("After Saving"), NULL);
  bp_preference_add_switch (group, preferences, "sync.live", _("When Others Change Something"),
                            _("Over one connection that stays open"));
  bp_preference_add_choice (group, preferences, "sync.schedule", _("Schedule"), schedules,
                            G_N_ELEMENTS (schedules));
  bp_preference_add_entry (group, preferences, "sync.schedule",
                           _("Schedule in Words of Cron (minute hour day month weekday)"),
                           BP_PREFERENCE_PLAIN);
  return group;
}

static AdwPreferencesGroup *
create_what (BpPreferences *preferences)
{
  AdwPreferencesGroup *group = bp_preference_group_new (
    _("What to Fetch"), _("What is changed here is always sent."));

  for (guint i = 0; i < BP_N_TABLES; i++)
    {
      const BpTable *table = bp_table_get (i);

      bp_preference_add_member (group, preferences, "sync.tables", table->name, _(table->label));
    }
  bp_preference_add_entry (group, preferences, "sync.categories",
                           _("Only These Categories (with commas; empty for all)"),
                           BP_PREFERENCE_PLAIN);
  bp_preference_add_entry (group, preferences, "sync.from",
                           _("Sales and Payments From (year-month-day; empty for all)"),
                           BP_PREFERENCE_PLAIN);
  return group;
}

static AdwPreferencesGroup *
create_line (BpPreferences *preferences)
{
  AdwPreferencesGroup *group = bp_preference_group_new (_("Data"), NULL);

  bp_preference_add_choice (group, preferences, "sync.metered", _("On Metered Connections"),
                            metered, G_N_ELEMENTS (metered));
  bp_preference_add_entry (group, preferences, "sync.data_limit",
                           _("Limit a Month in MB (0 for none)"), BP_PREFERENCE_PLAIN);
  bp_preference_add_switch (group, preferences, "sync.pause_when_busy",
                            _("Pause While Somebody Types or Scrolls"),
                            _("What is urgent is sent all the same"));
  return group;
}

static AdwPreferencesGroup *
create_policy (BpPreferences *preferences)
{
  AdwPreferencesGroup *group = bp_preference_group_new (
    _("Conflicts"), _("Changes of different fields are always merged. This is about a field that"
                      " two devices changed at the same time; what did not hold is kept in the"
                      " history and can be chosen later."));

  bp_preference_add_choice (group, preferences, "sync.policy", _("In the Same Field"), policies,
                            G_N_ELEMENTS (policies));
  return group;
}

/**
 * bp_preferences_create_sync_page:
 * @preferences: the settings
 *
 * Returns: (transfer floating): all about syncing
 */
GtkWidget *
bp_preferences_create_sync_page (BpPreferences *preferences)
{
  GtkWidget *page = adw_preferences_page_new ();
  AdwPreferencesPage *sync = ADW_PREFERENCES_PAGE (page);
  GtkWidget *pairing = bp_pairing_group_new (bp_preferences_get_format (preferences));

  adw_preferences_page_add (sync, ADW_PREFERENCES_GROUP (pairing));
  adw_preferences_page_add (sync, create_when (preferences));
  adw_preferences_page_add (sync, create_what (preferences));
  adw_preferences_page_add (sync, create_line (preferences));
  adw_preferences_page_add (sync, create_policy (preferences));
  return page;
}

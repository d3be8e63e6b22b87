/* Rows of a preferences page, each for one setting. */
#pragma once

#include <adwaita.h>

#include "bp-preferences.h"

G_BEGIN_DECLS

/**
 * BpPreferenceChoice:
 * @value: as it is stored
 * @label: what people read, to be translated
 */
typedef struct
{
  const char *value;
  const char *label;
} BpPreferenceChoice;

/**
 * BpPreferenceUnit:
 * @BP_PREFERENCE_PLAIN: typed as it is stored
 * @BP_PREFERENCE_PERCENT: typed in percent, stored in basis points
 *
 * How a setting is typed.
 */
typedef enum
{
  BP_PREFERENCE_PLAIN,
  BP_PREFERENCE_PERCENT,
} BpPreferenceUnit;

AdwPreferencesGroup *bp_preference_group_new (const char *title,
                                              const char *description);
void bp_preference_add_switch (AdwPreferencesGroup *group,
                               BpPreferences       *preferences,
                               const char          *key,
                               const char          *title,
                               const char          *subtitle);
GtkWidget *bp_preference_add_choice (AdwPreferencesGroup      *group,
                                     BpPreferences            *preferences,
                                     const char               *key,
                                     const char               *title,
                                     const BpPreferenceChoice *choices,
                                     guint                     n_choices);
GtkWidget *bp_preference_add_entry (AdwPreferencesGroup *group,
                                    BpPreferences       *preferences,
                                    const char          *key,
                                    const char          *title,
                                    BpPreferenceUnit     unit);
void bp_preference_add_member (AdwPreferencesGroup *group,
                               BpPreferences       *preferences,
                               const char          *key,
                               const char          *word,
                               const char          *title);

G_END_DECLS

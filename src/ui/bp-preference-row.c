#include "config.h"

#include "bp-preference-row.h"

#include "bp-money.h"

#include <glib/gi18n.h>

#define PERCENT_DECIMALS 2

/* What connects a row with its setting; lives as long as the row. */
typedef struct
{
  BpPreferences *preferences; /* (owned) */
  char *key;                  /* (owned) */
  char *word;                 /* (owned) (nullable): of a list, which member */
  const BpPreferenceChoice *choices; /* (unowned) (nullable) */
  guint n_choices;
  BpPreferenceUnit unit;
  GtkWidget *input;           /* (unowned): the row, or a part of it */
  GtkLabel *fault;            /* (unowned) */
  GtkWidget *fault_row;       /* (unowned) */
  gboolean silent;            /* while the program itself changes the input */
} Link;

static void
link_free (gpointer  data,
           GClosure *closure)
{
  Link *link = data;

  g_object_unref (link->preferences);
  g_free (link->key);
  g_free (link->word);
  g_free (link);
}

static void
show_fault (Link       *link,
            const char *message)
{
  gtk_label_set_text (link->fault, message != NULL ? message : "");
  gtk_accessible_update_property (GTK_ACCESSIBLE (link->fault_row),
                                  GTK_ACCESSIBLE_PROPERTY_LABEL,
                                  message != NULL ? message : "", -1);
  gtk_widget_set_visible (link->fault_row, message != NULL);
  if (message != NULL)
    gtk_widget_add_css_class (link->input, "error");
  else
    gtk_widget_remove_css_class (link->input, "error");
  gtk_accessible_update_state (GTK_ACCESSIBLE (link->input), GTK_ACCESSIBLE_STATE_INVALID,
                               message != NULL ? GTK_ACCESSIBLE_INVALID_TRUE
                                               : GTK_ACCESSIBLE_INVALID_FALSE,
                               -1);
}

static gboolean
has_word (const char *list,
          const char *word)
{
  g_auto (GStrv) words = g_strsplit (list, ",", -1);

  return g_strv_contains ((const char *const *)words, word);
}

static guint
find_choice (const Link *link,
             const char *value)
{
  for (guint i = 0; i < link->n_choices; i++)
    {
      if (g_str_equal (link->choices[i].value, value))
        return i;
    }

  return GTK_INVALID_LIST_POSITION;
}

static char *
to_typed (const Link *link,
          const char *value)
{
  if (link->unit == BP_PREFERENCE_PERCENT)
    return bp_money_to_plain (g_ascii_strtoll (value, NULL, 10), PERCENT_DECIMALS);

  return g_strdup (value);
}

/* What cannot be read goes as it is, and is refused with the reason. */
static char *
to_stored (const Link *link,
           const char *typed)
{
  g_autofree char *text = g_strstrip (g_strdup (typed));
  gint64 integer;

  if (link->unit == BP_PREFERENCE_PERCENT
      && bp_money_parse (text, PERCENT_DECIMALS, &integer, NULL))
    return g_strdup_printf ("%" G_GINT64_FORMAT, integer);

  return g_steal_pointer (&text);
}

static void
on_changed (BpPreferences *preferences,
            Link          *link)
{
  const char *value = bp_preferences_get (preferences, link->key);

  if (value == NULL)
    return;

  link->silent = TRUE;
  if (GTK_IS_SWITCH (link->input))
    gtk_switch_set_active (GTK_SWITCH (link->input), link->word != NULL
                                                       ? has_word (value, link->word)
                                                       : g_str_equal (value, "1"));
  else if (ADW_IS_COMBO_ROW (link->input))
    adw_combo_row_set_selected (ADW_COMBO_ROW (link->input), find_choice (link, value));
  else
    {
      g_autofree char *typed = to_typed (link, value);

      /* What is being typed stays. */
      if (!gtk_widget_has_css_class (link->input, "error")
          && g_strcmp0 (gtk_editable_get_text (GTK_EDITABLE (link->input)), typed) != 0
          && !(gtk_widget_get_state_flags (link->input) & GTK_STATE_FLAG_FOCUS_WITHIN))
        gtk_editable_set_text (GTK_EDITABLE (link->input), typed);
    }
  link->silent = FALSE;
}

static void
on_refused (BpPreferences *preferences,
            const char    *message,
            Link          *link)
{
  show_fault (link, message);
  if (!GTK_IS_EDITABLE (link->input))
    on_changed (preferences, link);
}

/* The list with a member more or less; it keeps its order. */
static char *
make_list (const Link *link,
           gboolean    is_in)
{
  const char *value = bp_preferences_get (link->preferences, link->key);
  g_auto (GStrv) words = g_strsplit (value != NULL ? value : "", ",", -1);
  GString *list = g_string_new (NULL);

  for (guint i = 0; words[i] != NULL; i++)
    {
      if (!g_str_equal (words[i], link->word) && words[i][0] != '\0')
        g_string_append_printf (list, "%s%s", list->len > 0 ? "," : "", words[i]);
    }
  if (is_in)
    g_string_append_printf (list, "%s%s", list->len > 0 ? "," : "", link->word);
  return g_string_free (list, FALSE);
}

static void
store (Link       *link,
       const char *value)
{
  show_fault (link, NULL);
  bp_preferences_set (link->preferences, link->key, value);
}

static void
on_switched (GtkSwitch  *input,
             GParamSpec *pspec,
             Link       *link)
{
  gboolean active = gtk_switch_get_active (input);
  g_autofree char *list = NULL;

  if (link->silent)
    return;
  if (link->word == NULL)
    {
      store (link, active ? "1" : "0");
      return;
    }

  list = make_list (link, active);
  store (link, list);
}

static void
on_chosen (AdwComboRow *input,
           GParamSpec  *pspec,
           Link        *link)
{
  guint selected = adw_combo_row_get_selected (input);

  if (!link->silent && selected < link->n_choices)
    store (link, link->choices[selected].value);
}

static void
on_applied (GtkWidget *input,
            Link      *link)
{
  g_autofree char *value = to_stored (link, gtk_editable_get_text (GTK_EDITABLE (input)));

  store (link, value);
}

/* Below the row, what is wrong with it. */
static void
add_fault (AdwPreferencesGroup *group,
           Link                *link)
{
  GtkWidget *label = gtk_label_new (NULL);
  GtkWidget *row = adw_preferences_row_new ();

  gtk_label_set_xalign (GTK_LABEL (label), 0);
  gtk_label_set_wrap (GTK_LABEL (label), TRUE);
  gtk_widget_add_css_class (label, "error");
  gtk_widget_add_css_class (label, "caption");
  gtk_widget_add_css_class (label, "field-fault");
  gtk_list_box_row_set_child (GTK_LIST_BOX_ROW (row), label);
  gtk_list_box_row_set_activatable (GTK_LIST_BOX_ROW (row), FALSE);
  gtk_widget_set_focusable (row, FALSE);
  gtk_widget_set_visible (row, FALSE);
  adw_preferences_group_add (group, row);
  link->fault = GTK_LABEL (label);
  link->fault_row = row;
}

/* The row is added; its link goes with it. */
static Link *
link_row (AdwPreferencesGroup *group,
          BpPreferences       *preferences,
          GtkWidget           *row,
          GtkWidget           *input,
          const char          *key)
{
  Link *link = g_new0 (Link, 1);
  g_autofree char *refused = g_strdup_printf ("refused::%s", key);
  GClosure *changed, *denied;

  link->preferences = g_object_ref (preferences);
  link->key = g_strdup (key);
  link->input = input;
  adw_preferences_group_add (group, row);
  add_fault (group, link);
  changed = g_cclosure_new (G_CALLBACK (on_changed), link, NULL);
  denied = g_cclosure_new (G_CALLBACK (on_refused), link, NULL);
  g_object_watch_closure (G_OBJECT (row), changed);
  g_object_watch_closure (G_OBJECT (row), denied);
  g_signal_connect_closure (preferences, "changed", changed, FALSE);
  g_signal_connect_closure (preferences, refused, denied, FALSE);
  return link;
}

/**
 * bp_preference_group_new:
 * @title: (nullable): what the rows are about
 * @description: (nullable): in a sentence
 *
 * Returns: (transfer floating): a group without rows
 */
AdwPreferencesGroup *
bp_preference_group_new (const char *title,
                         const char *description)
{
  GtkWidget *group = adw_preferences_group_new ();

  if (title != NULL)
    adw_preferences_group_set_title (ADW_PREFERENCES_GROUP (group), title);
  adw_preferences_group_set_description (ADW_PREFERENCES_GROUP (group), description);
  return ADW_PREFERENCES_GROUP (group);
}

static Link *
add_switch (AdwPreferencesGroup *group,
            BpPreferences       *preferences,
            const char          *key,
            const char          *title,
            const char          *subtitle)
{
  GtkWidget *row = adw_action_row_new ();
  GtkWidget *input = gtk_switch_new ();
  Link *link;

  adw_preferences_row_set_title (ADW_PREFERENCES_ROW (row), title);
  if (subtitle != NULL)
    adw_action_row_set_subtitle (ADW_ACTION_ROW (row), subtitle);
  gtk_widget_set_valign (input, GTK_ALIGN_CENTER);
  adw_action_row_add_suffix (ADW_ACTION_ROW (row), input);
  adw_action_row_set_activatable_widget (ADW_ACTION_ROW (row), input);
  link = link_row (group, preferences, row, input, key);
  g_signal_connect_data (input, "notify::active", G_CALLBACK (on_switched), link, link_free, 0);
  return link;
}

/**
 * bp_preference_add_switch:
 * @group: where it goes
 * @preferences: where the setting is
 * @key: a flag
 * @title: what it is
 * @subtitle: (nullable): what it means
 */
void
bp_preference_add_switch (AdwPreferencesGroup *group,
                          BpPreferences       *preferences,
                          const char          *key,
                          const char          *title,
                          const char          *subtitle)
{
  on_changed (preferences, add_switch (group, preferences, key, title, subtitle));
}

/**
 * bp_preference_add_member:
 * @group: where it goes
 * @preferences: where the setting is
 * @key: a list, separated by commas
 * @word: which of its members
 * @title: what that is
 *
 * Adds a switch by which @word is in the list or not.
 */
void
bp_preference_add_member (AdwPreferencesGroup *group,
                          BpPreferences       *preferences,
                          const char          *key,
                          const char          *word,
                          const char          *title)
{
  Link *link = add_switch (group, preferences, key, title, NULL);

  link->word = g_strdup (word);
  on_changed (preferences, link);
}

/**
 * bp_preference_add_choice:
 * @group: where it goes
 * @preferences: where the setting is
 * @key: its name
 * @title: what it is
 * @choices: (array length=n_choices): for good, what it may be
 * @n_choices: how many
 *
 * A value that is none of @choices is shown as nothing.
 *
 * Returns: (transfer none): the row
 */
GtkWidget *
bp_preference_add_choice (AdwPreferencesGroup      *group,
                          BpPreferences            *preferences,
                          const char               *key,
                          const char               *title,
                          const BpPreferenceChoice *choices,
                          guint                     n_choices)
{
  GtkWidget *row = adw_combo_row_new ();
  g_autoptr (GtkStringList) labels = gtk_string_list_new (NULL);
  Link *link;

  for (guint i = 0; i < n_choices; i++)
    gtk_string_list_append (labels, _(choices[i].label));
  adw_preferences_row_set_title (ADW_PREFERENCES_ROW (row), title);
  adw_combo_row_set_model (ADW_COMBO_ROW (row), G_LIST_MODEL (labels));
  adw_combo_row_set_selected (ADW_COMBO_ROW (row), GTK_INVALID_LIST_POSITION);
  link = link_row (group, preferences, row, row, key);
  link->choices = choices;
  link->n_choices = n_choices;
  on_changed (preferences, link);
  g_signal_connect_data (row, "notify::selected", G_CALLBACK (on_chosen), link, link_free, 0);
  return row;
}

/**
 * bp_preference_add_entry:
 * @group: where it goes
 * @preferences: where the setting is
 * @key: its name
 * @title: what it is
 * @unit: how it is typed
 *
 * What is typed is stored when the user says so; what is wrong with it is said
 * below.
 *
 * Returns: (transfer none): the row
 */
GtkWidget *
bp_preference_add_entry (AdwPreferencesGroup *group,
                         BpPreferences       *preferences,
                         const char          *key,
                         const char          *title,
                         BpPreferenceUnit     unit)
{
  GtkWidget *row = adw_entry_row_new ();
  Link *link;

  adw_preferences_row_set_title (ADW_PREFERENCES_ROW (row), title);
  adw_entry_row_set_show_apply_button (ADW_ENTRY_ROW (row), TRUE);
  link = link_row (group, preferences, row, row, key);
  link->unit = unit;
  on_changed (preferences, link);
  g_signal_connect_data (row, "apply", G_CALLBACK (on_applied), link, link_free, 0);
  return row;
}

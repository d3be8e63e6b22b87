#include "config.h"

#include "bp-preferences.h"

#include "bp-hold.h"

struct _BpPreferences
{
  GObject parent_instance;

  BpFormat *format;   /* (owned) */
  BpShop *shop;       /* (owned) */
  GHashTable *values; /* (owned) (element-type utf8 utf8) */
};

G_DEFINE_FINAL_TYPE (BpPreferences, bp_preferences, G_TYPE_OBJECT)

enum
{
  CHANGED,
  REFUSED,
  N_SIGNALS
};

static guint signals[N_SIGNALS];

typedef struct
{
  BpPreferences *self; /* (owned) */
  char *key;           /* (owned) */
  char *value;         /* (owned) */
} Assignment;

static void
assignment_free (gpointer data)
{
  Assignment *assignment = data;

  g_object_unref (assignment->self);
  g_free (assignment->key);
  g_free (assignment->value);
  g_free (assignment);
}

static void
read_in_thread (GTask        *task,
                gpointer      source_object,
                gpointer      task_data,
                GCancellable *cancellable)
{
  const char *const *keys = bp_shop_get_config_keys ();
  GHashTable *values = g_hash_table_new_full (g_str_hash, g_str_equal, NULL, g_free);

  for (guint i = 0; keys[i] != NULL; i++)
    {
      char *value = bp_shop_get_config (source_object, keys[i], NULL);

      if (value != NULL)
        g_hash_table_insert (values, (char *)keys[i], value);
    }
  g_task_return_pointer (task, values, (GDestroyNotify)g_hash_table_unref);
}

static void
on_read (GObject      *source,
         GAsyncResult *result,
         gpointer      user_data)
{
  g_autoptr (BpPreferences) self = user_data;

  g_hash_table_unref (self->values);
  self->values = g_task_propagate_pointer (G_TASK (result), NULL);
  g_signal_emit (self, signals[CHANGED], 0);
}

static void
read_all (BpPreferences *self)
{
  g_autoptr (GTask) task = g_task_new (self->shop, NULL, on_read, g_object_ref (self));

  g_task_set_source_tag (task, read_all);
  g_task_run_in_thread (task, read_in_thread);
}

static void
write_in_thread (GTask        *task,
                 gpointer      source_object,
                 gpointer      task_data,
                 GCancellable *cancellable)
{
  const Assignment *assignment = task_data;
  GError *error = NULL;

  if (bp_shop_set_config (source_object, assignment->key, assignment->value, &error))
    g_task_return_boolean (task, TRUE);
  else
    g_task_return_error (task, error);
}

static void
on_written (GObject      *source,
            GAsyncResult *result,
            gpointer      user_data)
{
  Assignment *assignment = g_task_get_task_data (G_TASK (result));
  g_autoptr (BpPreferences) self = g_object_ref (assignment->self);
  g_autoptr (GError) error = NULL;

  bp_hold_application (FALSE);
  if (g_task_propagate_boolean (G_TASK (result), &error))
    read_all (self);
  else
    g_signal_emit (self, signals[REFUSED], g_quark_from_string (assignment->key),
                   error->message);
}

static void
bp_preferences_finalize (GObject *object)
{
  BpPreferences *self = BP_PREFERENCES (object);

  g_clear_object (&self->format);
  g_clear_object (&self->shop);
  g_hash_table_unref (self->values);

  G_OBJECT_CLASS (bp_preferences_parent_class)->finalize (object);
}

static void
bp_preferences_class_init (BpPreferencesClass *klass)
{
  G_OBJECT_CLASS (klass)->finalize = bp_preferences_finalize;

  signals[CHANGED] = g_signal_new ("changed", BP_TYPE_PREFERENCES, G_SIGNAL_RUN_LAST, 0, NULL,
                                   NULL, g_cclosure_marshal_VOID__VOID, G_TYPE_NONE, 0);
  signals[REFUSED] = g_signal_new ("refused", BP_TYPE_PREFERENCES,
                                   G_SIGNAL_RUN_LAST | G_SIGNAL_DETAILED, 0, NULL, NULL, NULL,
                                   G_TYPE_NONE, 1, G_TYPE_STRING);
}

static void
bp_preferences_init (BpPreferences *self)
{
  self->values = g_hash_table_new_full (g_str_hash, g_str_equal, NULL, g_free);
}

/**
 * bp_preferences_new:
 * @format: the shop's
 *
 * Returns: (transfer full): its settings, which are there with the first
 *   "changed"
 */
BpPreferences *
bp_preferences_new (BpFormat *format)
{
  BpPreferences *self = g_object_new (BP_TYPE_PREFERENCES, NULL);

  self->format = g_object_ref (format);
  self->shop = g_object_ref (bp_format_get_shop (format));
  g_signal_connect_object (self->shop, "changed", G_CALLBACK (read_all), self, G_CONNECT_SWAPPED);
  read_all (self);
  return self;
}

/**
 * bp_preferences_get_format:
 * @self: preferences
 *
 * Returns: (transfer none): the shop's
 */
BpFormat *
bp_preferences_get_format (BpPreferences *self)
{
  return self->format;
}

/**
 * bp_preferences_get:
 * @self: preferences
 * @key: a setting's name
 *
 * Returns: (transfer none) (nullable): its value as text; %NULL until it is
 *   read. Valid until "changed"
 */
const char *
bp_preferences_get (BpPreferences *self,
                    const char    *key)
{
  return g_hash_table_lookup (self->values, key);
}

/**
 * bp_preferences_set:
 * @self: preferences
 * @key: a setting's name
 * @value: its new value as text
 *
 * Stores it, in a thread; "changed" or "refused" follows. Nothing where it is
 * that already.
 */
void
bp_preferences_set (BpPreferences *self,
                    const char    *key,
                    const char    *value)
{
  g_autoptr (GTask) task = NULL;
  Assignment *assignment;

  if (g_strcmp0 (bp_preferences_get (self, key), value) == 0)
    {
      g_signal_emit (self, signals[CHANGED], 0);
      return;
    }

  assignment = g_new (Assignment, 1);
  assignment->self = g_object_ref (self);
  assignment->key = g_strdup (key);
  assignment->value = g_strdup (value);
  task = g_task_new (self->shop, NULL, on_written, NULL);
  g_task_set_source_tag (task, bp_preferences_set);
  g_task_set_task_data (task, assignment, assignment_free);
  bp_hold_application (TRUE);
  g_task_run_in_thread (task, write_in_thread);
}

/* The operator's commands: each one transaction, beside a server that may be
 * serving the same database. */
#include "config.h"

#include "bp-admin.h"

#include <stdio.h>
#include <string.h>

#include "bp-check.h"
#include "bp-date.h"
#include "bp-error.h"
#include "bp-id.h"
#include "bp-json.h"
#include "bp-money.h"
#include "bp-rules.h"
#include "bp-token.h"

#define CODE_LIFE_MS (15 * 60 * 1000)
#define DEFAULT_CURRENCY "INR"
#define DEFAULT_TIME_ZONE "Asia/Kolkata"
#define NAME_MAX_LENGTH 256

typedef struct
{
  BpBackend *backend;            /* (unowned) */
  BpClock *clock;                /* (unowned) */
  const BpAdminOptions *options; /* (unowned) */
  const char *argument;          /* (unowned) (nullable) */
  GString *output;               /* (owned): printed when all went well */
  gboolean has_faults;
} Admin;

/* How a command comes to the database: in a transaction of its own, or by
 * itself. */
typedef enum
{
  ACCESS_WRITE,
  ACCESS_READ,
  ACCESS_OWN,
} Access;

typedef gboolean (*AdminFunc) (Admin   *admin,
                               GError **error);

static gboolean
fail (GError    **error,
      const char *format,
      const char *what)
{
  g_set_error (error, BP_DATA_ERROR, BP_DATA_ERROR_INVALID_VALUE, format, what);
  return FALSE;
}

static void
print_line (Admin *admin)
{
  g_string_append (admin->output, "}\n");
}

static gboolean
add_code (Admin      *admin,
          const char *store_id,
          GError    **error)
{
  g_autofree char *code = bp_code_make (admin->clock);
  g_autofree char *normal = bp_code_normalize (code);
  g_autofree char *hash = bp_token_hash (normal);
  gint64 now = bp_clock_get_now (admin->clock);
  const BpPairingCode pairing = {
    .store_id = (char *)store_id, .hash = hash, .expires_at = now + CODE_LIFE_MS
  };

  if (!bp_backend_call (admin->backend, add_code, &pairing, now, error))
    return FALSE;

  g_string_append_c (admin->output, '{');
  bp_json_append_string_member (admin->output, "store", store_id);
  bp_json_append_string_member (admin->output, "code", code);
  print_line (admin);
  return TRUE;
}

static gboolean
store_add (Admin   *admin,
           GError **error)
{
  const char *currency = admin->options->currency;
  const char *time_zone = admin->options->time_zone;
  g_autoptr (BpStore) store = g_new0 (BpStore, 1);

  store->id = bp_id_new (admin->clock);
  store->name = g_strdup (admin->argument);
  store->currency = g_strdup (currency != NULL ? currency : DEFAULT_CURRENCY);
  store->time_zone = g_strdup (time_zone != NULL ? time_zone : DEFAULT_TIME_ZONE);
  store->epoch = bp_id_new (admin->clock);
  store->secret = bp_token_make_secret (admin->clock);
  store->created_at = bp_clock_get_now (admin->clock);
  return bp_backend_call (admin->backend, add_store, store, error)
         && add_code (admin, store->id, error);
}

/* By id, or by a name that only one has. */
static gboolean
find_store (Admin    *admin,
            BpStore **store,
            GError  **error)
{
  g_autoptr (GPtrArray) stores = g_ptr_array_new_with_free_func ((GDestroyNotify)bp_store_free);
  guint n_found = 0, found = 0;

  if (!bp_backend_call (admin->backend, load_store, admin->argument, store, error))
    return FALSE;
  if (*store != NULL)
    return TRUE;

  if (!bp_backend_call (admin->backend, list_stores, stores, error))
    return FALSE;
  for (guint i = 0; i < stores->len; i++)
    {
      if (!g_str_equal (((BpStore *)stores->pdata[i])->name, admin->argument))
        continue;
      found = i;
      n_found++;
    }
  if (n_found == 1)
    {
      *store = stores->pdata[found];
      stores->pdata[found] = NULL;
      return TRUE;
    }

  return fail (error,
               n_found == 0 ? "There is no store “%s”"
                            : "Several stores are called “%s”; give the id",
               admin->argument);
}

static gboolean
pair_code (Admin   *admin,
           GError **error)
{
  g_autoptr (BpStore) store = NULL;

  return find_store (admin, &store, error) && add_code (admin, store->id, error);
}

static gboolean
list_stores (Admin   *admin,
             GError **error)
{
  g_autoptr (GPtrArray) stores = g_ptr_array_new_with_free_func ((GDestroyNotify)bp_store_free);

  if (!bp_backend_call (admin->backend, list_stores, stores, error))
    return FALSE;

  for (guint i = 0; i < stores->len; i++)
    {
      const BpStore *store = stores->pdata[i];

      g_string_append_c (admin->output, '{');
      bp_json_append_string_member (admin->output, "store", store->id);
      bp_json_append_string_member (admin->output, "name", store->name);
      bp_json_append_string_member (admin->output, "currency", store->currency);
      bp_json_append_string_member (admin->output, "time_zone", store->time_zone);
      print_line (admin);
    }
  return TRUE;
}

static gboolean
list_devices (Admin   *admin,
              GError **error)
{
  g_autoptr (GPtrArray) devices = g_ptr_array_new_with_free_func ((GDestroyNotify)bp_device_free);
  g_autoptr (BpStore) store = NULL;

  if (!find_store (admin, &store, error)
      || !bp_backend_call (admin->backend, list_devices, store->id, devices, error))
    return FALSE;

  for (guint i = 0; i < devices->len; i++)
    {
      const BpDevice *device = devices->pdata[i];

      g_string_append_c (admin->output, '{');
      bp_json_append_string_member (admin->output, "device", device->id);
      bp_json_append_string_member (admin->output, "name", device->name);
      bp_json_append_string_member (admin->output, "prefix", device->prefix);
      if (device->last_seen != 0)
        bp_json_append_integer_member (admin->output, "last_seen", device->last_seen);
      else
        bp_json_append_string_member (admin->output, "last_seen", NULL);
      bp_json_append_member (admin->output, "revoked");
      g_string_append (admin->output, device->revoked_at != 0 ? "true" : "false");
      print_line (admin);
    }
  return TRUE;
}

static gboolean
revoke_device (Admin   *admin,
               GError **error)
{
  g_autoptr (BpDevice) device = NULL;

  if (!bp_backend_call (admin->backend, find_device_by_id, NULL, admin->argument, &device, error))
    return FALSE;
  if (device == NULL)
    return fail (error, "There is no device “%s”", admin->argument);

  if (device->revoked_at == 0)
    device->revoked_at = bp_clock_get_now (admin->clock);
  return bp_backend_call (admin->backend, write_device, device, error);
}

static gboolean
begin_epoch (Admin   *admin,
             BpStore *store,
             GError **error)
{
  if (!bp_rules_begin_epoch (admin->backend, admin->clock, store, error))
    return FALSE;

  g_string_append_c (admin->output, '{');
  bp_json_append_string_member (admin->output, "store", store->id);
  bp_json_append_string_member (admin->output, "epoch", store->epoch);
  print_line (admin);
  return TRUE;
}

static gboolean
new_epoch (Admin   *admin,
           GError **error)
{
  g_autoptr (GPtrArray) stores = g_ptr_array_new_with_free_func ((GDestroyNotify)bp_store_free);
  g_autoptr (BpStore) one = NULL;

  if (admin->argument != NULL)
    return find_store (admin, &one, error) && begin_epoch (admin, one, error);

  if (!bp_backend_call (admin->backend, list_stores, stores, error))
    return FALSE;
  for (guint i = 0; i < stores->len; i++)
    {
      if (!begin_epoch (admin, stores->pdata[i], error))
        return FALSE;
    }
  return TRUE;
}

static void
print_fault (const char *fault,
             const char *table,
             const char *id,
             gpointer    user_data)
{
  Admin *admin = user_data;

  admin->has_faults = TRUE;
  g_string_append_c (admin->output, '{');
  bp_json_append_string_member (admin->output, "fault", fault);
  bp_json_append_string_member (admin->output, "table", table);
  bp_json_append_string_member (admin->output, "id", id);
  print_line (admin);
}

static gboolean
check (Admin   *admin,
       GError **error)
{
  return bp_check_backend (admin->backend, print_fault, admin, error);
}

static gboolean
backup (Admin   *admin,
        GError **error)
{
  return bp_backend_call (admin->backend, backup, admin->argument, error);
}

static const struct
{
  const char *name;
  guint min_arguments;
  guint max_arguments;
  Access access;
  AdminFunc func;
} commands[] = {
  { "store-add", 1, 1, ACCESS_WRITE, store_add },
  { "pair-code", 1, 1, ACCESS_WRITE, pair_code },
  { "stores", 0, 0, ACCESS_READ, list_stores },
  { "devices", 1, 1, ACCESS_READ, list_devices },
  { "revoke", 1, 1, ACCESS_WRITE, revoke_device },
  { "new-epoch", 0, 1, ACCESS_WRITE, new_epoch },
  { "check", 0, 0, ACCESS_OWN, check },
  { "backup", 1, 1, ACCESS_OWN, backup },
};

/**
 * bp_admin_is_command:
 * @name: the first argument
 * @n_arguments: how many follow it
 *
 * Returns: whether there is such a command, and it takes so many
 */
gboolean
bp_admin_is_command (const char *name,
                     guint       n_arguments)
{
  for (guint i = 0; i < G_N_ELEMENTS (commands); i++)
    {
      if (g_str_equal (commands[i].name, name))
        return n_arguments >= commands[i].min_arguments
               && n_arguments <= commands[i].max_arguments;
    }

  return FALSE;
}

/**
 * bp_admin_check_options:
 * @options: of a command
 * @arguments: (array zero-terminated=1): the command and what follows it
 * @error: %BP_DATA_ERROR_INVALID_VALUE
 *
 * Returns: whether what was given makes sense, before anything is opened
 */
gboolean
bp_admin_check_options (const BpAdminOptions *options,
                        char                **arguments,
                        GError              **error)
{
  if (!g_str_equal (arguments[0], "store-add"))
    return (options->currency == NULL && options->time_zone == NULL)
           || fail (error, "“%s” takes neither --currency nor --time-zone", arguments[0]);

  if (arguments[1][0] == '\0' || strlen (arguments[1]) > NAME_MAX_LENGTH
      || !g_utf8_validate (arguments[1], -1, NULL))
    return fail (error, "“%.64s” cannot be the name of a store", arguments[1]);
  if (options->currency != NULL && !bp_money_is_currency (options->currency))
    return fail (error, "“%.64s” is no currency of ISO 4217", options->currency);
  if (options->time_zone != NULL)
    {
      g_autoptr (GTimeZone) zone = bp_date_find_zone (options->time_zone, error);

      return zone != NULL;
    }
  return TRUE;
}

static gboolean
run_within (Admin    *admin,
            AdminFunc func,
            Access    access,
            GError  **error)
{
  BpBackendClass *klass = BP_BACKEND_GET_CLASS (admin->backend);

  if (access == ACCESS_OWN)
    return func (admin, error);
  if (!(access == ACCESS_WRITE ? klass->begin_write (admin->backend, NULL, error)
                               : klass->begin_read (admin->backend, error)))
    return FALSE;
  if (func (admin, error))
    return klass->commit (admin->backend, error);

  klass->rollback (admin->backend);
  return FALSE;
}

/**
 * bp_admin_run:
 * @backend: not in a transaction
 * @clock: time and randomness
 * @options: of the command
 * @arguments: (array zero-terminated=1): the command and what follows it, as
 *   bp_admin_is_command() and bp_admin_check_options() have let pass
 *
 * Prints what was done, one JSON object a line, or, to standard error, why
 * nothing was.
 *
 * Returns: the exit status
 */
int
bp_admin_run (BpBackend            *backend,
              BpClock              *clock,
              const BpAdminOptions *options,
              char                **arguments)
{
  g_autoptr (GString) output = g_string_new (NULL);
  g_autoptr (GError) error = NULL;
  Admin admin = { backend, clock, options, arguments[1], output, FALSE };
  gboolean is_done = FALSE;

  for (guint i = 0; i < G_N_ELEMENTS (commands); i++)
    {
      if (!g_str_equal (commands[i].name, arguments[0]))
        continue;
      is_done = run_within (&admin, commands[i].func, commands[i].access, &error);
    }
  if (!is_done)
    {
      g_printerr ("bizpulse-server: %s\n", error->message);
      return 1;
    }

  /* As it is: UTF-8 in any locale. */
  fputs (output->str, stdout);
  return admin.has_faults ? 1 : 0;
}

/* bizpulsectl: everything the application does to data, without a window. */
#include "config.h"

#include <locale.h>
#include <stdio.h>
#include <stdlib.h>

#include "bp-command.h"
#include "bp-error.h"
#include "bp-transport.h"

enum
{
  EXIT_DONE = 0,
  EXIT_FAILED = 1,
  EXIT_USAGE = 2,
  EXIT_NO_CONNECTION = 3,
};

static const BpCommand commands[] = {
  { "pair", "URL CODE [--name NAME] [--token-file] [--ca-file FILE]",
    "pairs this folder with a store", 2, 2,
    BP_OPTION_NAME | BP_OPTION_TOKEN_FILE | BP_OPTION_CA_FILE, bp_command_pair },
  { "unpair", "[--discard]", "forgets the token", 0, 0, BP_OPTION_DISCARD, bp_command_unpair },
  { "add", "TABLE JSON", "saves a new record; - reads one a line", 2, 2, 0, bp_command_add },
  { "set", "TABLE ID JSON", "changes fields of a record", 3, 3, 0, bp_command_set },
  { "delete", "TABLE ID", "deletes a record", 2, 2, 0, bp_command_delete },
  { "get", "TABLE ID", "prints a record", 2, 2, 0, bp_command_get },
  { "list", "TABLE [--search TEXT] [--limit N] [--deleted]", "prints records, oldest first", 1, 1,
    BP_OPTION_SEARCH | BP_OPTION_LIMIT | BP_OPTION_DELETED, bp_command_list },
  { "import", "TABLE FILE.csv [--map HEADER=FIELD,…] [--dry-run]", "reads a CSV file", 2, 2,
    BP_OPTION_MAP | BP_OPTION_DRY_RUN, bp_command_import },
  { "undo", "ID", "takes an import back", 1, 1, 0, bp_command_undo },
  { "export", "TABLE FILE.csv", "writes a CSV file", 2, 2, 0, bp_command_export },
  { "sync", "[--tables a,b] [--full]", "syncs until nothing is left", 0, 0,
    BP_OPTION_TABLES | BP_OPTION_FULL, bp_command_sync },
  { "watch", "", "stays and syncs as the application would", 0, 0, 0, bp_command_watch },
  { "status", "", "prints the status of the whole", 0, 0, 0, bp_command_status },
  { "usage", "", "prints how much of the month's data was used", 0, 0, 0, bp_command_usage },
  { "queue", "", "prints what waits, is on its way or failed", 0, 0, 0, bp_command_queue },
  { "retry", "ID…|--all", "tries failed operations again", 0, G_MAXUINT, BP_OPTION_ALL,
    bp_command_retry },
  { "discard", "ID", "gives an action up", 1, 1, 0, bp_command_discard },
  { "conflicts", "[--all]", "prints open (all) conflicts", 0, 0, BP_OPTION_ALL,
    bp_command_conflicts },
  { "resolve", "ID keep-local|use-server|merge [FIELD=local|FIELD=server|FIELD=:VALUE …]",
    "decides a conflict", 2, G_MAXUINT, 0, bp_command_resolve },
  { "log", "[--limit N]", "prints the sync runs", 0, 0, BP_OPTION_LIMIT, bp_command_log },
  { "history", "TABLE ID", "prints who changed a record, when and on which device", 2, 2, 0,
    bp_command_history },
  { "report", "day|products|customers|stock [--from D] [--to D]",
    "prints figures by business dates", 1, 1, BP_OPTION_FROM | BP_OPTION_TO, bp_command_report },
  { "config", "[KEY [VALUE]]", "prints or sets settings", 0, 2, 0, bp_command_config },
  { "check", "", "checks the file and the books", 0, 0, 0, bp_command_check },
  { "backup", "FILE|--server [NAME]",
    "writes a consistent copy (the file alone, copied, may lack the latest), or keeps one at the "
    "server", 0, 1, BP_OPTION_SERVER, bp_command_backup },
  { "backups", "", "prints the backups at the server, newest first", 0, 0, 0, bp_command_backups },
  { "restore", "FILE|--server NAME [--device ID]", "replaces the data by a backup", 1, 1,
    BP_OPTION_SERVER | BP_OPTION_DEVICE, bp_command_restore },
  { "repair", "", "makes new data of what can be read of damaged ones", 0, 0, 0,
    bp_command_repair, TRUE },
  { "demo", "", "fills an empty folder with a demonstration shop", 0, 0, 0, bp_command_demo },
};

G_DEFINE_QUARK (bp_command_error, bp_command_error)

/**
 * bp_command_print:
 * @line: a JSON object
 *
 * Prints it as one line of standard output.
 */
void
bp_command_print (const char *line)
{
  fputs (line, stdout);
  fputc ('\n', stdout);
}

/**
 * bp_invocation_get_table:
 * @call: the call
 * @arg: which argument names the table
 * @error: %BP_DATA_ERROR_UNKNOWN_TABLE
 *
 * Returns: (transfer none): the table
 */
const BpTable *
bp_invocation_get_table (BpInvocation *call,
                         guint         arg,
                         GError      **error)
{
  return bp_table_require (call->args[arg], error);
}

/**
 * bp_invocation_get_id:
 * @call: the call
 * @arg: which argument is the number
 * @id: (out): the number
 * @error: %BP_COMMAND_ERROR_USAGE
 *
 * Returns: whether the argument is a number of a conflict
 */
gboolean
bp_invocation_get_id (BpInvocation *call,
                      guint         arg,
                      gint64       *id,
                      GError      **error)
{
  if (g_ascii_string_to_signed (call->args[arg], 10, 1, G_MAXINT64, id, NULL))
    return TRUE;

  g_set_error (error, BP_COMMAND_ERROR, BP_COMMAND_ERROR_USAGE, "“%s” is no ID", call->args[arg]);
  return FALSE;
}

static const BpCommand *
find_command (const char *name)
{
  for (guint i = 0; i < G_N_ELEMENTS (commands); i++)
    {
      if (g_str_equal (commands[i].name, name))
        return &commands[i];
    }

  return NULL;
}

static char *
describe_commands (void)
{
  GString *text = g_string_new ("Commands:\n");

  for (guint i = 0; i < G_N_ELEMENTS (commands); i++)
    g_string_append_printf (text, "  %s%s%s\n      %s\n", commands[i].name,
                            commands[i].usage[0] != '\0' ? " " : "", commands[i].usage,
                            commands[i].summary);
  g_string_append (text, "\nAmounts are in minor units, quantities in thousandths, times in "
                   "milliseconds.\nExit: 0 done, 1 failed, 2 wrong usage, 3 no connection.");
  return g_string_free (text, FALSE);
}

static guint
get_given_options (const BpInvocation *call)
{
  return (call->name != NULL ? BP_OPTION_NAME : 0)
         | (call->token_file ? BP_OPTION_TOKEN_FILE : 0)
         | (call->ca_file != NULL ? BP_OPTION_CA_FILE : 0)
         | (call->discard ? BP_OPTION_DISCARD : 0)
         | (call->search != NULL ? BP_OPTION_SEARCH : 0)
         | (call->limit >= 0 ? BP_OPTION_LIMIT : 0)
         | (call->deleted ? BP_OPTION_DELETED : 0)
         | (call->map != NULL ? BP_OPTION_MAP : 0)
         | (call->dry_run ? BP_OPTION_DRY_RUN : 0)
         | (call->tables != NULL ? BP_OPTION_TABLES : 0)
         | (call->full ? BP_OPTION_FULL : 0)
         | (call->all ? BP_OPTION_ALL : 0)
         | (call->from != NULL ? BP_OPTION_FROM : 0)
         | (call->to != NULL ? BP_OPTION_TO : 0)
         | (call->server ? BP_OPTION_SERVER : 0)
         | (call->device != NULL ? BP_OPTION_DEVICE : 0);
}

static gboolean
parse_limit (const char *option,
             const char *value,
             gpointer    data,
             GError    **error)
{
  BpInvocation *call = data;

  if (g_ascii_string_to_signed (value, 10, 0, G_MAXINT32, &call->limit, NULL))
    return TRUE;

  g_set_error (error, G_OPTION_ERROR, G_OPTION_ERROR_BAD_VALUE, "%s needs a number", option);
  return FALSE;
}

static gboolean
parse_arguments (BpInvocation *call,
                 int          *argc,
                 char       ***argv,
                 GError      **error)
{
  const GOptionEntry entries[] = {
    { "data-dir", 0, 0, G_OPTION_ARG_FILENAME, &call->data_dir, "The folder of the data", "DIR" },
    { "name", 0, 0, G_OPTION_ARG_STRING, &call->name, "This device's name", "NAME" },
    { "token-file", 0, 0, G_OPTION_ARG_NONE, &call->token_file,
      "Keep the token in a file of the folder", NULL },
    { "ca-file", 0, 0, G_OPTION_ARG_FILENAME, &call->ca_file,
      "Trust only what these certificates have signed (\"\": the system's authorities)", "FILE" },
    { "discard", 0, 0, G_OPTION_ARG_NONE, &call->discard, "Even while something waits", NULL },
    { "search", 0, 0, G_OPTION_ARG_STRING, &call->search, "Only with these word beginnings",
      "TEXT" },
    { "limit", 0, 0, G_OPTION_ARG_CALLBACK, parse_limit, "At most so many", "N" },
    { "deleted", 0, 0, G_OPTION_ARG_NONE, &call->deleted, "Deleted ones, too", NULL },
    { "map", 0, 0, G_OPTION_ARG_STRING, &call->map, "Which column is which field",
      "HEADER=FIELD,…" },
    { "dry-run", 0, 0, G_OPTION_ARG_NONE, &call->dry_run, "Only count", NULL },
    { "tables", 0, 0, G_OPTION_ARG_STRING, &call->tables, "Download only these", "a,b" },
    { "full", 0, 0, G_OPTION_ARG_NONE, &call->full, "Download everything again", NULL },
    { "all", 0, 0, G_OPTION_ARG_NONE, &call->all, "All of them", NULL },
    { "from", 0, 0, G_OPTION_ARG_STRING, &call->from, "The first business date", "DATE" },
    { "to", 0, 0, G_OPTION_ARG_STRING, &call->to, "The last business date", "DATE" },
    { "server", 0, 0, G_OPTION_ARG_NONE, &call->server, "A backup at the server", NULL },
    { "device", 0, 0, G_OPTION_ARG_STRING, &call->device, "The backup of this device", "ID" },
    { "version", 0, 0, G_OPTION_ARG_NONE, &call->version, "Print the version", NULL },
    { NULL },
  };
  g_autoptr (GOptionContext) context = g_option_context_new ("COMMAND — a shop's books");
  GOptionGroup *group = g_option_group_new ("bizpulsectl", NULL, NULL, call, NULL);
  g_autofree char *description = describe_commands ();

  g_option_group_add_entries (group, entries);
  g_option_context_set_main_group (context, group);
  g_option_context_set_description (context, description);
  return g_option_context_parse (context, argc, argv, error);
}

static gboolean
run_command (const BpCommand *command,
             BpInvocation    *call,
             GError         **error)
{
  g_autoptr (BpClock) clock = bp_system_clock_new ();
  g_autoptr (BpShop) shop = NULL;
  g_autofree char *folder = NULL;
  const char *from_environment = g_getenv ("BIZPULSE_DATA_DIR");

  if (call->n_args < command->min_args || call->n_args > command->max_args
      || (get_given_options (call) & ~command->options) != 0)
    {
      g_set_error (error, BP_COMMAND_ERROR, BP_COMMAND_ERROR_USAGE, "Usage: bizpulsectl %s%s%s",
                   command->name, command->usage[0] != '\0' ? " " : "", command->usage);
      return FALSE;
    }

  if (call->data_dir != NULL)
    folder = g_strdup (call->data_dir);
  else if (from_environment != NULL && *from_environment != '\0')
    folder = g_strdup (from_environment);
  else
    folder = g_build_filename (g_get_user_data_dir (), "bizpulse", NULL);

  call->folder = folder;
  if (!command->needs_no_shop)
    {
      shop = bp_shop_open (folder, clock, error);
      if (shop == NULL)
        return FALSE;
      bp_shop_set_user (shop, g_get_user_name ());
      call->shop = shop;
    }
  return command->run (call, error);
}

static gboolean
run (BpInvocation *call,
     int           argc,
     char        **argv,
     GError      **error)
{
  const BpCommand *command;

  if (!parse_arguments (call, &argc, &argv, error))
    return FALSE;
  if (call->version)
    {
      g_print ("bizpulsectl %s\n", PACKAGE_VERSION);
      return TRUE;
    }

  for (int i = 1; i < argc; i++)
    {
      if (g_str_equal (argv[i], "--"))
        {
          for (int j = i; j < argc; j++)
            argv[j] = argv[j + 1];
          argc--;
          break;
        }
    }
  command = argc > 1 ? find_command (argv[1]) : NULL;
  if (command == NULL)
    {
      g_set_error (error, BP_COMMAND_ERROR, BP_COMMAND_ERROR_USAGE,
                   argc > 1 ? "There is no command “%s”; see bizpulsectl --help"
                            : "A command is needed; see bizpulsectl --help",
                   argc > 1 ? argv[1] : "");
      return FALSE;
    }

  call->args = argv + 2;
  call->n_args = (guint)(argc - 2);
  return run_command (command, call, error);
}

static int
get_exit_status (const GError *error)
{
  if (error->domain == G_OPTION_ERROR
      || g_error_matches (error, BP_COMMAND_ERROR, BP_COMMAND_ERROR_USAGE)
      || g_error_matches (error, BP_DATA_ERROR, BP_DATA_ERROR_UNKNOWN_TABLE)
      || g_error_matches (error, BP_DATA_ERROR, BP_DATA_ERROR_MALFORMED))
    return EXIT_USAGE;
  if (g_error_matches (error, BP_SYNC_ERROR, BP_SYNC_ERROR_NO_CONNECTION)
      || g_error_matches (error, BP_SYNC_ERROR, BP_SYNC_ERROR_RETRY_LATER))
    return EXIT_NO_CONNECTION;

  return EXIT_FAILED;
}

int
main (int    argc,
      char **argv)
{
  BpInvocation call = { .limit = -1 };
  g_autoptr (GError) error = NULL;
  int status = EXIT_DONE;

  setlocale (LC_ALL, "");
  g_set_prgname ("bizpulsectl");
  if (!run (&call, argc, argv, &error))
    {
      status = get_exit_status (error);
      if (!g_error_matches (error, BP_COMMAND_ERROR, BP_COMMAND_ERROR_SILENT))
        {
          g_strdelimit (error->message, "\n", ' ');
          fprintf (stderr, "bizpulsectl: %s%s\n", error->message,
                   bp_store_repair_helps (error)
                   ? "; bizpulsectl repair keeps the file, and what can be read of it" : "");
        }
    }
  if ((fflush (stdout) != 0 || ferror (stdout)) && status == EXIT_DONE)
    {
      fputs ("bizpulsectl: The answer could not be written\n", stderr);
      status = EXIT_FAILED;
    }

  g_free (call.data_dir);
  g_free (call.name);
  g_free (call.ca_file);
  g_free (call.search);
  g_free (call.map);
  g_free (call.tables);
  g_free (call.from);
  g_free (call.to);
  g_free (call.device);
  return status;
}

#pragma once

#include "bp-shop.h"

G_BEGIN_DECLS

#define BP_COMMAND_ERROR (bp_command_error_quark ())

/**
 * BpCommandError:
 * @BP_COMMAND_ERROR_USAGE: called wrongly; exit status 2
 * @BP_COMMAND_ERROR_FAILED: could not be done; exit status 1
 * @BP_COMMAND_ERROR_SILENT: as FAILED, and all has been said already
 */
typedef enum
{
  BP_COMMAND_ERROR_USAGE,
  BP_COMMAND_ERROR_FAILED,
  BP_COMMAND_ERROR_SILENT,
} BpCommandError;

GQuark bp_command_error_quark (void);

/**
 * BpCommandOption:
 *
 * Which options a command takes; bits of #BpCommand.options.
 */
typedef enum
{
  BP_OPTION_NAME = 1 << 0,
  BP_OPTION_TOKEN_FILE = 1 << 1,
  BP_OPTION_DISCARD = 1 << 2,
  BP_OPTION_SEARCH = 1 << 3,
  BP_OPTION_LIMIT = 1 << 4,
  BP_OPTION_DELETED = 1 << 5,
  BP_OPTION_MAP = 1 << 6,
  BP_OPTION_DRY_RUN = 1 << 7,
  BP_OPTION_TABLES = 1 << 8,
  BP_OPTION_FULL = 1 << 9,
  BP_OPTION_ALL = 1 << 10,
  BP_OPTION_FROM = 1 << 11,
  BP_OPTION_TO = 1 << 12,
  BP_OPTION_CA_FILE = 1 << 13,
  BP_OPTION_SERVER = 1 << 14,
  BP_OPTION_DEVICE = 1 << 15,
} BpCommandOption;

/**
 * BpInvocation:
 * @folder: (unowned): where the data is
 * @shop: (unowned) (nullable): the folder's, for a command that needs it
 * @args: (unowned) (array length=n_args): what stands behind the command
 * @n_args: how many
 *
 * One call of the program; the other members are its options as given.
 */
typedef struct
{
  const char *folder;
  BpShop *shop;
  char **args;
  guint n_args;

  char *data_dir;
  char *name;
  gboolean token_file;
  char *ca_file;
  gboolean discard;
  char *search;
  gint64 limit;
  gboolean deleted;
  char *map;
  gboolean dry_run;
  char *tables;
  gboolean full;
  gboolean all;
  char *from;
  char *to;
  gboolean server;
  char *device;
  gboolean version;
} BpInvocation;

typedef gboolean (*BpCommandFunc) (BpInvocation *call,
                                   GError      **error);

/**
 * BpCommand:
 * @name: what is typed
 * @usage: what follows it, for people
 * @summary: what it does, in a line
 * @min_args: at least so many arguments
 * @max_args: at most
 * @options: which #BpCommandOption it takes
 * @run: does it
 * @needs_no_shop: whether it is for books that cannot be opened
 */
typedef struct
{
  const char *name;
  const char *usage;
  const char *summary;
  guint min_args;
  guint max_args;
  guint options;
  BpCommandFunc run;
  gboolean needs_no_shop;
} BpCommand;

const BpTable *bp_invocation_get_table (BpInvocation *call,
                                        guint         arg,
                                        GError      **error);
gboolean bp_invocation_get_id (BpInvocation *call,
                               guint         arg,
                               gint64       *id,
                               GError      **error);
void bp_command_print (const char *line);

gboolean bp_command_add (BpInvocation *call,
                         GError      **error);
gboolean bp_command_set (BpInvocation *call,
                         GError      **error);
gboolean bp_command_delete (BpInvocation *call,
                            GError      **error);
gboolean bp_command_get (BpInvocation *call,
                         GError      **error);
gboolean bp_command_list (BpInvocation *call,
                          GError      **error);

gboolean bp_command_import (BpInvocation *call,
                            GError      **error);
gboolean bp_command_undo (BpInvocation *call,
                          GError      **error);
gboolean bp_command_export (BpInvocation *call,
                            GError      **error);
gboolean bp_command_check (BpInvocation *call,
                           GError      **error);
gboolean bp_command_backup (BpInvocation *call,
                            GError      **error);
gboolean bp_command_backups (BpInvocation *call,
                             GError      **error);
gboolean bp_command_repair (BpInvocation *call,
                            GError      **error);
gboolean bp_command_restore (BpInvocation *call,
                             GError      **error);
gboolean bp_command_demo (BpInvocation *call,
                          GError      **error);
gboolean bp_command_config (BpInvocation *call,
                            GError      **error);

gboolean bp_command_pair (BpInvocation *call,
                          GError      **error);
gboolean bp_command_unpair (BpInvocation *call,
                            GError      **error);
gboolean bp_command_sync (BpInvocation *call,
                          GError      **error);
gboolean bp_command_status (BpInvocation *call,
                            GError      **error);
gboolean bp_command_usage (BpInvocation *call,
                           GError      **error);
gboolean bp_command_watch (BpInvocation *call,
                           GError      **error);

gboolean bp_command_queue (BpInvocation *call,
                           GError      **error);
gboolean bp_command_retry (BpInvocation *call,
                           GError      **error);
gboolean bp_command_discard (BpInvocation *call,
                             GError      **error);
gboolean bp_command_conflicts (BpInvocation *call,
                               GError      **error);
gboolean bp_command_resolve (BpInvocation *call,
                             GError      **error);
gboolean bp_command_report (BpInvocation *call,
                            GError      **error);
gboolean bp_command_history (BpInvocation *call,
                             GError      **error);
gboolean bp_command_log (BpInvocation *call,
                         GError      **error);

G_END_DECLS

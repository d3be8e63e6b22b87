/* The way back from a damaged file: its lock without a connection, and what
 * can still be read of it. */
#pragma once

#include "bp-database.h"

G_BEGIN_DECLS

/**
 * BpSalvage:
 * @n_rows: rows that were copied
 * @is_whole: whether nothing showed that rows are missing
 */
typedef struct
{
  guint64 n_rows;
  gboolean is_whole;
} BpSalvage;

BpDatabase *bp_database_seize (const char *path,
                               GError    **error);
gboolean bp_database_salvage (BpDatabase *self,
                              const char *path,
                              BpSalvage  *salvage,
                              GError    **error);
gboolean bp_database_set_aside (const char *path,
                                const char *aside,
                                const char *successor,
                                GError    **error);

G_END_DECLS

/* Reads lists for BpRecordList, one job after the other, in a thread that is
 * not the caller's. */
#pragma once

#include <gio/gio.h>

#include "bp-store-reader.h"

G_BEGIN_DECLS

#define BP_LIST_PAGE 128

typedef struct _BpListWorker BpListWorker;

/**
 * BpListJob:
 * @generation: the caller's, handed back
 * @query: what to list; its texts belong to the job. No list where its table
 *   is %NULL
 * @limit: how many ids at most; 0 for all
 * @pages: (element-type guint): which pages of what was listed to read
 * @wanted: (element-type utf8): ids of records whose rows are asked for
 * @table: of the records
 * @count: whether nothing is listed but records are counted that keep the
 *   conditions of @query
 * @rows: (nullable) (element-type guint32): without a list, the rows to read,
 *   all of the one page in @pages
 *
 * What the worker shall read.
 */
typedef struct
{
  guint generation;
  BpListQuery query;
  guint limit;
  GArray *pages;
  GPtrArray *wanted;
  const BpTable *table;
  gboolean count;
  GArray *rows;
} BpListJob;

/**
 * BpListPage:
 * @number: the list's rows from @number × %BP_LIST_PAGE on
 * @rows: (element-type BpRow): at most %BP_LIST_PAGE, %NULL where one is gone
 */
typedef struct
{
  guint number;
  GPtrArray *rows;
} BpListPage;

/**
 * BpListResult:
 * @job: what was asked
 * @ids: (nullable) (element-type guint32): the rows listed
 * @pages: (element-type BpListPage): those read
 * @found: (element-type utf8 guint32): the rows of the wanted ids
 * @counts: what was counted
 */
typedef struct
{
  BpListJob *job;
  GArray *ids;
  GPtrArray *pages;
  GHashTable *found;
  BpListCounts counts;
} BpListResult;

BpListWorker *bp_list_worker_new (BpStore *store);
void bp_list_worker_free (BpListWorker *self);
void bp_list_worker_set_generation (BpListWorker *self,
                                    guint         generation);

BpListJob *bp_list_job_new (guint          generation,
                            const BpTable *table);
void bp_list_job_free (BpListJob *job);
void bp_list_worker_push (BpListWorker       *self,
                          GObject            *source,
                          BpListJob          *job,
                          GAsyncReadyCallback callback,
                          gpointer            user_data);
BpListResult *bp_list_worker_finish (GAsyncResult *result,
                                     GError      **error);
void bp_list_page_free (BpListPage *page);
void bp_list_result_free (BpListResult *result);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (BpListJob, bp_list_job_free)
G_DEFINE_AUTOPTR_CLEANUP_FUNC (BpListPage, bp_list_page_free)
G_DEFINE_AUTOPTR_CLEANUP_FUNC (BpListResult, bp_list_result_free)

G_END_DECLS

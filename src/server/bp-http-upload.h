/* A file on its way in: written by a thread while it arrives. */
#pragma once

#include <libsoup/soup.h>

#include "bp-problem.h"
#include "bp-spool.h"

G_BEGIN_DECLS

typedef struct _BpHttpUpload BpHttpUpload;

/**
 * BpHttpUploadFunc:
 * @message: whose body it is; reading it goes on when this returns
 * @problem: (nullable) (transfer none): why no more is wanted
 * @user_data: as given
 */
typedef void (*BpHttpUploadFunc) (SoupServerMessage *message,
                                  const BpProblem   *problem,
                                  gpointer           user_data);

BpHttpUpload *bp_http_upload_new (SoupServerMessage *message,
                                  BpSpoolFile       *file,
                                  BpHttpUploadFunc   func,
                                  gpointer           user_data);
void bp_http_upload_unref (BpHttpUpload *self);
void bp_http_upload_take_chunk (BpHttpUpload *self,
                                GBytes       *chunk);
BpSpoolFile *bp_http_upload_finish (BpHttpUpload *self,
                                    BpProblem   **problem);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (BpHttpUpload, bp_http_upload_unref)

G_END_DECLS

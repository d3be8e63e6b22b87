#pragma once

#include <gio/gio.h>

#include "bp-endpoint.h"
#include "bp-problem.h"

G_BEGIN_DECLS

#define BP_SYNC_ERROR (bp_sync_error_quark ())

/**
 * BpSyncError:
 * @BP_SYNC_ERROR_NO_CONNECTION: no answer of ours came: unreachable, cut,
 *   timed out, a captive portal, garbage, a redirect
 * @BP_SYNC_ERROR_RETRY_LATER: the server said 429 or 5xx
 * @BP_SYNC_ERROR_UNAUTHORIZED: the token is not accepted (401)
 * @BP_SYNC_ERROR_REVOKED: this device was shut out (403)
 * @BP_SYNC_ERROR_NOT_PAIRED: the folder belongs to no store yet
 * @BP_SYNC_ERROR_REFUSED: the server refused the request as a whole
 * @BP_SYNC_ERROR_UPGRADE_REQUIRED: the server speaks another version (426)
 * @BP_SYNC_ERROR_BUSY: another run is under way in this folder
 * @BP_SYNC_ERROR_NO_KEYRING: the token can be kept nowhere safe
 * @BP_SYNC_ERROR_OTHER_STORE: the folder belongs to another store
 */
typedef enum
{
  BP_SYNC_ERROR_NO_CONNECTION,
  BP_SYNC_ERROR_RETRY_LATER,
  BP_SYNC_ERROR_UNAUTHORIZED,
  BP_SYNC_ERROR_REVOKED,
  BP_SYNC_ERROR_NOT_PAIRED,
  BP_SYNC_ERROR_REFUSED,
  BP_SYNC_ERROR_UPGRADE_REQUIRED,
  BP_SYNC_ERROR_BUSY,
  BP_SYNC_ERROR_NO_KEYRING,
  BP_SYNC_ERROR_OTHER_STORE,
} BpSyncError;

GQuark bp_sync_error_quark (void);
void bp_sync_error_set_unusable (GError      **error,
                                 const GError *reason);

/**
 * BpAnswer:
 * @status: HTTP status, as sent by a server of ours
 * @epoch: (nullable) (transfer full): of header `Bizpulse-Epoch`
 * @body: (transfer full): unpacked, at most 8 MiB
 * @problem: (nullable) (transfer full): where @status is no success
 * @retry_after: in seconds, clamped to the contract's range; 0 where not said
 * @bytes_sent: of the request's body on the wire
 * @bytes_received: of the answer's body on the wire
 */
typedef struct
{
  int status;
  char *epoch;
  GBytes *body;
  BpProblem *problem;
  gint64 retry_after;
  gsize bytes_sent;
  gsize bytes_received;
} BpAnswer;

void bp_answer_free (BpAnswer *answer);
void bp_answer_to_error (const BpAnswer *answer,
                         GError        **error);

typedef struct _BpDownload BpDownload;

/**
 * BpDownloadFunc:
 * @download: how far it is
 * @user_data: of who asked
 *
 * Called in the thread that waits.
 *
 * Returns: whether it goes on
 */
typedef gboolean (*BpDownloadFunc) (BpDownload *download,
                                    gpointer    user_data);

/**
 * BpDownload:
 * @name: (nullable) (transfer none): which file, of an endpoint that takes a
 *   name
 * @query: (nullable) (transfer none): what is asked, as it stands in an address
 * @fd: a file that is written to, at any place
 * @max_size: most bytes the file may have
 * @begun: (nullable): called when a server of ours has answered with a file,
 *   before a byte of it is believed or written; @etag, @size, @offset and
 *   @is_packed are those of the answer
 * @moved: (nullable): called when bytes were written
 * @user_data: for both
 * @etag: (nullable) (transfer full): of the bytes that are there; then of the
 *   answer
 * @offset: how many bytes of the file are there; 0 to begin anew
 * @size: of the whole file; afterwards as the answer says
 * @is_packed: whether the file is there as gzip
 * @received: bytes that came, in this call
 * @status: HTTP status of whatever answered; 0 where nothing did
 * @is_begun: whether @begun was reached
 *
 * A file that is fetched, or the rest of one. The caller sets what stands
 * before @status, and reads it afterwards, also after a failure.
 */
struct _BpDownload
{
  const char *name;
  const char *query;
  int fd;
  gint64 max_size;
  BpDownloadFunc begun;
  BpDownloadFunc moved;
  gpointer user_data;

  char *etag;
  gint64 offset;
  gint64 size;
  gboolean is_packed;

  gint64 received;
  int status;
  gboolean is_begun;
};

void bp_download_clear (BpDownload *download);

typedef struct _BpUpload BpUpload;

/**
 * BpUploadFunc:
 * @upload: how far it is
 * @user_data: of who asked
 *
 * Called in the thread that waits.
 */
typedef void (*BpUploadFunc) (BpUpload *upload,
                              gpointer  user_data);

/**
 * BpUpload:
 * @name: (nullable) (transfer none): what the file is called, of an endpoint
 *   that takes a name
 * @fd: a file that can be read from at any place
 * @size: of the file, in bytes; it must stay as it is meanwhile
 * @moved: (nullable): called when bytes were sent
 * @user_data: for @moved
 * @sent: bytes of the file that were sent, in this call
 *
 * A file that is sent. The caller sets what stands before @sent, and reads it
 * afterwards, also after a failure.
 */
struct _BpUpload
{
  const char *name;
  int fd;
  gint64 size;
  BpUploadFunc moved;
  gpointer user_data;

  gint64 sent;
};

#define BP_TYPE_TRANSPORT (bp_transport_get_type ())

G_DECLARE_DERIVABLE_TYPE (BpTransport, bp_transport, BP, TRANSPORT, GObject)

/**
 * BpTransportClass:
 * @send: sends one request and waits for its answer, in the calling thread;
 *   what an endpoint without a body is asked goes into the address
 * @download: (nullable): as bp_transport_download(); a transport without it
 *   has no files
 * @upload: (nullable): as bp_transport_upload(); a transport without it takes
 *   no files
 *
 * Carries requests to one server. @send returns an answer only where a server
 * of ours sent it whole: anything else is %BP_SYNC_ERROR_NO_CONNECTION (a
 * proxy's 413 is an answer all the same).
 */
struct _BpTransportClass
{
  GObjectClass parent_class;

  BpAnswer *(*send) (BpTransport      *self,
                     const BpEndpoint *endpoint,
                     const char       *token,
                     GBytes           *body,
                     GCancellable     *cancellable,
                     GError          **error);
  BpAnswer *(*download) (BpTransport      *self,
                         const BpEndpoint *endpoint,
                         const char       *token,
                         BpDownload       *download,
                         GCancellable     *cancellable,
                         GError          **error);
  BpAnswer *(*upload) (BpTransport      *self,
                       const BpEndpoint *endpoint,
                       const char       *token,
                       BpUpload         *upload,
                       GCancellable     *cancellable,
                       GError          **error);
};

BpAnswer *bp_transport_send (BpTransport      *self,
                             const BpEndpoint *endpoint,
                             const char       *token,
                             GBytes           *body,
                             GCancellable     *cancellable,
                             GError          **error);
BpAnswer *bp_transport_download (BpTransport      *self,
                                 const BpEndpoint *endpoint,
                                 const char       *token,
                                 BpDownload       *download,
                                 GCancellable     *cancellable,
                                 GError          **error);
BpAnswer *bp_transport_upload (BpTransport      *self,
                               const BpEndpoint *endpoint,
                               const char       *token,
                               BpUpload         *upload,
                               GCancellable     *cancellable,
                               GError          **error);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (BpAnswer, bp_answer_free)
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC (BpDownload, bp_download_clear)

G_END_DECLS

#pragma once

#include <gio/gio.h>

G_BEGIN_DECLS

typedef struct _BpAcceptor BpAcceptor;

/**
 * BpAcceptFunc:
 * @connection: (transfer none): a new one
 * @user_data: the caller's
 */
typedef void (*BpAcceptFunc) (GSocketConnection *connection,
                              gpointer           user_data);

BpAcceptor *bp_acceptor_new (guint        max_connections,
                             BpAcceptFunc func,
                             gpointer     user_data);
void bp_acceptor_free (BpAcceptor *self);
gboolean bp_acceptor_listen (BpAcceptor     *self,
                             GSocketAddress *address,
                             GError        **error);
guint16 bp_acceptor_get_port (BpAcceptor *self);
void bp_acceptor_stop (BpAcceptor *self);
GSocket *bp_acceptor_get_socket (BpAcceptor     *self,
                                 GSocketAddress *remote);
void bp_acceptor_set_deadline (BpAcceptor     *self,
                               GSocketAddress *remote,
                               guint           milliseconds);
guint bp_acceptor_get_n_connections (BpAcceptor *self);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (BpAcceptor, bp_acceptor_free)

G_END_DECLS

"""Whom a folder takes for its server: certificates made with openssl, real TLS."""

import json
import os
import shutil
import socket
import ssl
import threading
import time

from bizpulse_testing import main
from bizpulse_testing.certificates import Certificates
from bizpulse_testing.network import free_port

RULE = 'FAULTS.md 46: default rejects; pinned accepts only the pin; no “continue anyway”'


def listen_again(port):
    """On a port that was ours, and may be somebody's who is about to end."""
    until = time.monotonic() + 60
    while True:
        try:
            return socket.create_server(('127.0.0.1', port))
        except OSError:
            if time.monotonic() > until:
                raise
            time.sleep(0.2)


class Impostor:
    """Listens where the server was, shows another certificate and keeps what
    is said to it after the handshake."""

    def __init__(self, port, certificate):
        self.said = b''
        self.n_calls = 0
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(certificate)
        listener = listen_again(port)

        def serve():
            while True:
                try:
                    connection = listener.accept()[0]
                except OSError:
                    return
                self.n_calls += 1
                try:
                    with context.wrap_socket(connection, server_side=True) as line:
                        line.settimeout(5)
                        self.said += line.recv(65536)
                except OSError:
                    pass

        def end():
            listener.shutdown(socket.SHUT_RDWR)
            listener.close()
            thread.join()

        self.end = end
        thread = threading.Thread(target=serve)
        thread.start()


class Tls(Certificates):

    def setUp(self):
        super().setUp()
        self.make_authority('own')
        self.make_authority('other')
        self.good = self.make_certificate('good', 'own')

    def serve(self, certificate):
        self.server = self.new_server(serve=False)
        self.store, code = self.server.store_add('Shop')
        self.server.serve('--tls-cert', certificate)
        self.url = 'https://localhost:%d' % self.server.port
        return code

    def pair(self, ctl, code, *arguments):
        return ctl.run('pair', self.url, code, '--token-file', *arguments)

    def pinned(self, authority='own.pem'):
        """A folder that trusts the shop's own authority, and has synced."""
        ctl = self.new_ctl()
        code = self.serve(self.good)
        result = self.pair(ctl, code, '--ca-file', self.path(authority))
        self.same(result.code, 0, 'not paired: %r' % result.err)
        ctl.sync()
        return ctl

    def refused(self, result, *words):
        self.same(result.code, 3, 'it went on: %r %r' % (result.out, result.err), rule=RULE)
        said = result.err.decode()
        for word in ('not safe', *words):
            self.expect(word in said, '“%s” is not said' % word, came=said)


class Strangers(Tls):
    """Servers that show what the folder must not believe."""

    def each(self):
        yield 'self-signed', self.make_own('self'), 'trusts'
        yield 'of another authority', self.make_certificate('foreign', 'other'), 'trusts'
        yield 'of another host', self.make_certificate('host', 'own', 'DNS:shop.example'), 'localhost'
        yield 'expired', self.make_certificate('old', 'own', days=-1), 'expired'

    def test_a_pinned_folder_believes_its_authority_alone(self):
        ctl = self.pinned()
        with open(os.path.join(ctl.folder, 'token'), encoding='utf-8') as file:
            token = file.read().strip()
        product = ctl.add('products', {'name': 'Tea'})
        waiting = ctl.queue()
        self.server.stop()
        for what, certificate, word in self.each():
            impostor = Impostor(self.server.port, certificate)
            self.refused(ctl.run('sync'), word)
            history = ctl.run('history', 'products', product)
            impostor.end()
            self.expect(impostor.n_calls > 0, 'nobody called', came=what)
            self.same(impostor.said, b'', 'something was said to a server whose certificate is '
                      + what, rule=RULE)
            self.expect(token.encode() not in history.out + history.err, 'the token is shown')
            self.same(ctl.queue(), waiting, 'the queue was touched', rule=RULE)
        self.server.serve('--tls-cert', self.good)
        ctl.sync()
        self.all_synced(ctl)
        self.check_all(self.server, ctl)

    def test_nothing_is_said_on_the_live_line(self):
        ctl = self.pinned()
        self.server.stop()
        for name in ('on_start', 'after_save', 'on_connection', 'schedule'):
            ctl.ok('config', 'sync.' + name, '0')
        impostor = Impostor(self.server.port, self.make_certificate('foreign', 'other'))
        watch = ctl.start('watch')
        self.until(lambda: impostor.n_calls > 0, 'the live line calls')
        watch.terminate()
        watch.wait(30)
        impostor.end()
        self.same(impostor.said, b'', 'something was said on the live line', rule=RULE)

    def test_without_a_pin_only_the_systems_authorities_count(self):
        code = self.serve(self.good)
        ctl = self.new_ctl()
        self.refused(self.pair(ctl, code), 'trusts')
        self.same(ctl.status()['store'], None, 'it is paired')
        result = self.pair(ctl, code, '--ca-file', self.path('own.pem'))
        self.same(result.code, 0, 'the code was used up: %r' % result.err)

    def until(self, holds, what, seconds=40):
        end = time.monotonic() + seconds
        while not holds():
            self.expect(time.monotonic() < end, '%s: not within %d s' % (what, seconds))
            time.sleep(0.05)


class Pin(Tls):
    """What is kept of it, and how it changes."""

    def test_live_comes_over_tls(self):
        a = self.pinned()
        b = self.new_ctl('B')
        self.same(self.pair(b, self.server.pair_code(self.store), '--ca-file',
                            self.path('own.pem')).code, 0, 'B is not paired')
        for name in ('on_start', 'after_save', 'on_connection', 'schedule'):
            a.ok('config', 'sync.' + name, '0')
        watch = a.start('watch')
        self.addCleanup(watch.kill)
        json.loads(watch.stdout.readline())
        product = b.add('products', {'name': 'Tea'})
        b.sync()
        end = time.monotonic() + 40
        while not any(one['id'] == product for one in a.list('products')):
            self.expect(time.monotonic() < end, 'no change came by live')
            time.sleep(0.05)

    def test_a_certificate_that_signed_itself_can_be_pinned(self):
        self.good = self.make_own('self')
        ctl = self.pinned('self.crt')
        self.server.stop()
        impostor = Impostor(self.server.port, self.make_own('second'))
        self.refused(ctl.run('sync'))
        impostor.end()
        self.same(impostor.said, b'', 'something was said', rule=RULE)

    def test_copies_and_restores_keep_it(self):
        ctl = self.pinned()
        copy = self.new_ctl('copy')
        shutil.copytree(ctl.folder, copy.folder)
        os.unlink(os.path.join(copy.folder, 'server-ca.pem'))
        ctl.ok('backup', self.path('shop.backup'))
        ctl.ok('restore', self.path('shop.backup'))
        for one in (ctl, copy):
            one.sync()
        self.server.stop()
        impostor = Impostor(self.server.port, self.make_certificate('foreign', 'other'))
        for one in (ctl, copy):
            self.refused(one.run('sync'), 'trusts')
        impostor.end()
        self.same(impostor.said, b'', 'something was said', rule=RULE)

    def test_only_a_new_pairing_changes_it(self):
        ctl = self.pinned()
        code = self.server.pair_code(self.store)
        self.same(self.pair(ctl, code).code, 0, 'the same address, and not trusted any more')
        self.refused(self.pair(ctl, self.server.pair_code(self.store), '--ca-file', ''), 'trusts')
        ctl.sync()
        self.server.stop()
        self.server.serve('--tls-cert', self.make_certificate('foreign', 'other'))
        self.refused(ctl.run('sync'), 'trusts')
        self.refused(self.pair(ctl, self.server.pair_code(self.store)), 'trusts')
        result = self.pair(ctl, self.server.pair_code(self.store), '--ca-file',
                           self.path('other.pem'))
        self.same(result.code, 0, 'not paired: %r' % result.err)
        ctl.sync()

    def test_what_is_no_authority_is_refused(self):
        code = self.serve(self.good)
        ctl = self.new_ctl()
        for name in ('good.csr', 'good.key', 'nothing'):
            ctl.fails(1, 'pair', self.url, code, '--token-file', '--ca-file', self.path(name))
        ctl.fails(1, 'pair', 'http://127.0.0.1:1', code, '--token-file', '--ca-file',
                  self.path('own.pem'))
        self.same(ctl.status()['store'], None, 'it is paired')

    def test_plain_http_goes_to_this_machine_alone(self):
        port = free_port()
        ctl = self.new_ctl()
        for host in ('192.0.2.1', 'shop.example', 'localhost.shop.example', '127.0.0.1.example',
                     '[2001:db8::1]', '0.0.0.0'):
            said = ctl.fails(1, 'pair', 'http://%s:%d' % (host, port), 'ABCD-EFGH',
                             '--token-file').err.decode()
            self.expect('https' in said, 'why not is not said', came=said)


if __name__ == '__main__':
    main()

"""Lines to the server that are odd without being broken, answers with holes,
and queues of all lengths."""

import os
import socket
import threading
import time

from bizpulse_testing import Answer, Case, main
from bizpulse_testing.network import Close

COUNT = int(os.environ.get('BIZPULSE_TEST_QUEUE', '3000'))


class Roads(Case):
    def listen(self, family, host, port=0, backlog=16):
        listener = socket.socket(family, socket.SOCK_STREAM)
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        self.addCleanup(listener.close)
        listener.bind((host, port))
        listener.listen(backlog)
        return listener

    def test_no_such_name(self):
        a = self.new_ctl('A')
        a.add('products', {'name': 'Tea'})
        result = a.expect(3, 'pair', 'https://shop.invalid', 'ABCD-EFGH', '--token-file')
        self.expect(result.err.strip(), 'nothing is said')
        self.same(len(a.queue()), 1, 'the queue')

    def test_a_hijacked_name_gets_no_plain_text(self):
        """Whoever answers in the server's place is asked in TLS alone, and
        learns no code."""
        listener = self.listen(socket.AF_INET, '127.0.0.1')
        heard = []

        def answer():
            while True:
                try:
                    connection, _ = listener.accept()
                except OSError:
                    return
                with connection:
                    connection.settimeout(10)
                    heard.append(connection.recv(65536))
                    connection.sendall(b'HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n{}')

        threading.Thread(target=answer, daemon=True).start()
        a = self.new_ctl('A')
        a.expect(3, 'pair', 'https://127.0.0.1:%d' % listener.getsockname()[1], 'ABCD-EFGH',
                 '--token-file')
        self.expect(heard and all(data[:1] == b'\x16' and b'ABCD' not in data for data in heard),
                    'what was said to whoever listens', came=heard,
                    rule='FAULTS.md row 43: never plain HTTP')
        a.expect((1, 2), 'pair', 'http://192.0.2.1', 'ABCD-EFGH', '--token-file',
                 rule='FAULTS.md C1: https only; http:// only for loopback')

    def test_ipv6_that_swallows(self):
        """Nothing comes back by ::1, where the name points to as well."""
        server, store, code = self.new_store()
        network = self.new_network(server.url)
        port = network.listener.server_address[1]
        try:
            hole = self.listen(socket.AF_INET6, '::1', port, 0)
        except OSError as error:
            self.skipTest('no IPv6 here: %s' % error)
        for _ in range(3):
            filler = socket.socket(socket.AF_INET6, socket.SOCK_STREAM)
            filler.setblocking(False)
            filler.connect_ex(hole.getsockname())
            self.addCleanup(filler.close)
        a = self.new_ctl('A')
        a.pair('http://localhost:%d' % port, code)
        a.add('products', {'name': 'Tea'})
        result = a.expect(0, 'sync')
        self.expect(result.seconds < 20, 'it waited for the address that swallows',
                    came=result.seconds, rule='FAULTS.md row 44: overall deadline 30 s')
        self.same(a.status()['state'], 'synced', 'state')

    def test_a_proxy_that_asks_for_a_name(self):
        server, store, a, b = self.two_devices(network=True)
        a.add('products', {'name': 'Tea'})
        self.network.rule = lambda request: Answer(
            407, b'<html>Who are you?</html>',
            {'Content-Type': 'text/html', 'Proxy-Authenticate': 'Basic realm="office"'})
        result = a.expect(3, 'sync')
        self.expect(b'proxy' in result.err, 'what is said', came=result.err,
                    rule='FAULTS.md row 47: explicit message')
        self.network.rule = None
        a.sync()

    def test_a_proxy_that_strips_and_keeps(self):
        """It takes out what it does not know, adds what it likes, and gives
        every GET the first answer."""
        server, store, a, b = self.two_devices(network=True)
        a.add_many('products', [{'name': 'P%d' % n} for n in range(50)])
        kept = {}

        def rule(request):
            for name in ('bizpulse-protocol', 'accept-encoding', 'user-agent'):
                request.headers.pop(name, None)
            request.headers['Via'] = '1.1 office'
            request.headers['Connection'] = 'close'
            if request.method == 'GET' and request.path in kept:
                return kept[request.path]
            answer = self.network.forward(request)
            answer.headers['Via'] = '1.1 office'
            if answer.headers.get('Cache-Control') != 'no-store':
                kept[request.path] = answer
            return answer

        self.network.rule = rule
        a.sync()
        product = a.list('products')[0]['id']
        for n in range(2):
            a.set('products', product, {'price': n + 1})
            a.sync()
            self.same(len(a.ok('history', 'products', product)), n + 2, 'changes told of',
                      rule='FAULTS.md row 47: Cache-Control: no-store')
        b.sync()
        self.same_books(a, b)

    def test_told_where_the_server_went(self):
        server, store, a, b = self.two_devices(network=True)
        for status in (301, 302, 303, 307, 308):
            self.network.rule = lambda request: Answer(
                status, b'', {'Location': 'https://new.example/v1/pull'})
            result = a.expect(3, 'sync')
            self.expect(b'https://new.example' in result.err, 'what is said of a %d' % status,
                        came=result.err, rule='FAULTS.md row 15: message names the new address')

    def test_told_to_sign_in(self):
        server, store, a, b = self.two_devices(network=True)
        self.network.rule = lambda request: Answer(200, b'<html></html>',
                                                   {'Content-Type': 'text/html'})
        result = a.expect(3, 'sync')
        self.expect(b'sign in' in result.err, 'what is said of a portal', came=result.err,
                    rule='FAULTS.md row 14: Offline ("sign in to the network")')

    def test_an_address_of_something_else(self):
        """Our server, or one like it, without these paths: nothing is lost,
        nothing counts as sent, and it ends."""
        server, store, a, b = self.two_devices(network=True)
        a.add('products', {'name': 'Tea'})
        before = a.queue()
        self.network.rule = lambda request: Answer.ours(
            {'type': 'about:blank', 'title': 'There is nothing here', 'status': 404,
             'code': 'not_found'}, 404)
        result = a.run('sync')
        self.expect(result.code in (1, 3) and result.err.strip(), 'a server without our paths',
                    came=(result.code, result.err), rule='FAULTS.md row 20: misconfiguration shown')
        self.expect(len(self.network.requests) < 10, 'a storm of requests',
                    came=self.network.requests)
        self.same([row['data'] for row in a.queue()], [row['data'] for row in before], 'the queue')
        self.same([row['status'] for row in a.queue() if row['status'] == 'failed'], [], 'failed')
        self.network.rule = None
        a.sync()
        b.sync()
        self.same_books(a, b)


class Holes(Case):
    """Answers of the right shape that do not say of each operation, once."""

    def answers_with(self, change):
        server, store, a, b = self.two_devices(network=True)
        a.sync()
        for n in range(4):
            a.add('products', {'name': 'P%d' % n})
        once = []

        def rule(request):
            answer = self.network.forward(request)
            if not request.is_push or once:
                return answer
            once.append(True)
            value = answer.value
            value['results'] = change(value['results'])
            return Answer.ours(value, **{'Bizpulse_Epoch': answer.headers['Bizpulse-Epoch']})

        self.network.rule = rule
        result = a.run('sync')
        self.expect(result.code in (0, 3), 'how it ends', came=(result.code, result.err))
        self.expect(once, 'nothing was pushed')
        a.check()
        self.network.rule = None
        a.sync()
        b.sync()
        self.all_synced(a, b)
        self.same(len(b.list('products')), 4, 'products on B', rule='FAULTS.md row 16')
        self.same_books(a, b)
        self.check_all(server, a, b)

    def test_one_is_missing(self):
        self.answers_with(lambda results: results[1:])

    def test_none_is_there(self):
        self.answers_with(lambda results: [])

    def test_one_is_there_twice(self):
        self.answers_with(lambda results: results + [dict(results[0], version=7)])

    def test_in_another_order(self):
        self.answers_with(lambda results: results[::-1])

    def test_one_of_nobody(self):
        self.answers_with(lambda results: results[:-1] + [
            dict(results[-1], op_id='01900000-0000-7000-8000-000000000000')])

    def test_one_of_an_unknown_kind(self):
        self.answers_with(lambda results: results[:-1] + [
            dict(results[-1], status='perhaps')])


class Lengths(Case):
    def test_queues_around_a_batch(self):
        server, store, a, b = self.two_devices(network=True)
        total = 0
        for count in (0, 1, 99, 100, 101, 200):
            a.add_many('products', [{'name': 'P%d' % (total + n)} for n in range(count)]) \
                if count else None
            total += count
            self.network.clear()
            made = a.sync()
            self.same((made['pushed'], made['failed'], made['state']), (count, 0, 'synced'),
                      'a queue of %d' % count, made)
            sent = [len(request.operations) for request in self.network.pushes()]
            self.expect(sum(sent) == count and all(0 < n <= 100 for n in sent)
                        and len(sent) == -(-count // 100), 'pushes of %d' % count, came=sent)
            b.sync()
            self.same(len(b.list('products')), total, 'products on B')
        self.same_books(a, b)
        self.check_all(server, a, b)

    def test_a_page_that_ends_with_the_last_row(self):
        for count in (999, 1000, 1001, 2000):
            server, store, a, b = self.two_devices()
            a.add_many('products', [{'name': 'P%d' % n} for n in range(count)])
            a.sync()
            b.sync()
            self.same(len(b.list('products')), count, 'products on B')
            b.check()
            self.same(b.sync()['pulled'], 0, 'rows that come again')
            server.kill()

    def test_a_month_without_a_connection(self):
        """What waited that long goes out in full batches, whatever breaks
        off on the way, and each step takes as long as the first."""
        server, store, a, b = self.two_devices(network=True)
        product = a.add('products', {'name': 'Tea', 'price': 100})
        a.add_many('stock_movements', [{'product_id': product, 'quantity': 1000,
                                        'reason': 'purchase'} for _ in range(COUNT)])
        self.same(sum(a.status()['pending'].values()), COUNT + 1, 'what waits')

        def rule(request):
            if request.number % 10 == 9:
                self.network.forward(request)
                raise Close()

        self.network.rule = rule
        began = time.monotonic()
        for _ in range(COUNT // 100 + 10):
            if a.run('sync').code == 0:
                break
        print('%d operations in %.1f s and %d requests' % (
            COUNT, time.monotonic() - began, len(self.network.requests)))
        self.network.rule = None
        a.sync()
        b.sync()
        self.all_synced(a, b)
        for ctl in (a, b):
            self.same(ctl.get('products', product)['stock'], COUNT * 1000, 'stock')
        full = [request for request in self.network.pushes() if len(request.operations) == 100]
        self.expect(len(full) >= COUNT // 100 - 1, 'batches that are full', came=len(full))
        self.check_all(server, a, b)


if __name__ == '__main__':
    main()

"""A first sync in bulk: SYNC.md §5 as a device uses it, on lines that break."""

import hashlib
import os
import signal
import time

from bizpulse_testing import Answer, Case, Device, Wire, main, make_operation

# More than are left to pages.
MANY = int(os.environ.get('BIZPULSE_TEST_PRODUCTS', '17000'))
RULE = 'SYNC.md §5'


class FirstSync(Case):
    def setUp(self):
        super().setUp()
        self.server, self.store, code = self.new_store()
        self.device = Device.pair(Wire(self.server.url), code)
        for start in range(0, MANY, 100):
            self.device.applied(*[make_operation(
                'products', 'p%07d' % (n * 7919 % 10000019),
                data={'name': 'Product “%d”' % n, 'sku': 'S%d' % n, 'price': n,
                      'note': hashlib.sha512(b'%d' % n).hexdigest()})
                for n in range(start, start + 100)])
        self.network = self.new_network(self.server.url)

    def new_device(self, name):
        ctl = self.new_ctl(name)
        ctl.pair(self.network.url, self.server.pair_code(self.store))
        self.network.clear()
        return ctl

    def snapshots(self):
        return [request for request in self.network.requests
                if request.path.startswith('/v1/snapshot')]

    def pulls(self):
        return [request for request in self.network.requests if request.is_pull]

    def expect_books(self, ctl):
        """As a device has them that pulled page by page."""
        if not hasattr(self, 'books'):
            pager = self.new_device('pages')
            self.network.rule = lambda request: Answer.ours(
                {'code': 'not_found'}, 404) if request in self.snapshots() else None
            made = pager.sync()
            self.same((made['state'], made['pulled']), ('synced', MANY), 'page by page', made)
            self.same(len(self.snapshots()), 1, 'requests for what is not there', rule=RULE +
                      ': a server may answer 404: pull from 0')
            self.books = pager.list('products')
            self.same(len(self.books), MANY, 'products')
        self.expect(sorted(map(str, ctl.list('products'))) == sorted(map(str, self.books)),
                    'the books differ from those pulled page by page')
        self.same(len(ctl.list('products', '--search', 'S%d' % (MANY - 1))), 1, 'found by a word')
        ctl.check()
        self.expect(not os.path.exists(os.path.join(ctl.folder, 'bizpulse_local.snapshot')),
                    'what was fetched is still there')

    def test_in_one_file(self):
        b = self.new_device('B')
        made = b.sync()
        self.same((made['state'], made['pulled']), ('synced', MANY), 'what it counts', made)
        self.same(len(self.snapshots()), 1, 'files')
        self.expect(made['requests'] <= 4, 'requests', came=made)
        self.same(self.pulls()[-1].value['since']['products'], self.device.seq,
                  'where it goes on', rule=RULE + ': pulls from meta.seq afterwards')
        self.expect_books(b)
        self.network.clear()
        self.same(b.sync()['requests'], 1, 'requests with nothing to do')

    def test_goes_on_where_it_was_cut(self):
        b = self.new_device('B')

        def cut(request):
            if request in self.snapshots():
                answer = self.network.forward(request)
                answer.headers['Content-Length'] = str(len(answer.body))
                answer.cut = len(answer.body) // 2
                return answer

        self.network.rule = cut
        b.expect(3, 'sync')
        half = self.snapshots()[0].answer.cut
        path = os.path.join(b.folder, 'bizpulse_local.snapshot')
        self.same((os.path.getsize(path), os.stat(path).st_mode & 0o777), (half, 0o600),
                  'what is kept')
        self.network.clear()
        self.same(b.sync()['state'], 'synced', 'in the end')
        request = self.snapshots()[0]
        self.same((request.headers.get('range'), request.answer.status),
                  ('bytes=%d-' % half, 206), 'what is asked for',
                  rule=RULE + ': a broken download goes on where it stopped')
        self.expect_books(b)

    def test_goes_on_after_a_kill(self):
        b = self.new_device('B')

        def slow(request):
            if request in self.snapshots():
                answer = self.network.forward(request)
                answer.headers['Content-Length'] = str(len(answer.body))
                answer.pace = (65536, 0.02)
                return answer

        self.network.rule = slow
        process = b.start('sync')
        path = os.path.join(b.folder, 'bizpulse_local.snapshot')
        until = time.monotonic() + 60
        while time.monotonic() < until and process.poll() is None and (
                not os.path.exists(path) or os.path.getsize(path) < 1200000):
            time.sleep(0.005)
        self.same(process.poll(), None, 'what ended before it was killed')
        process.send_signal(signal.SIGKILL)
        process.wait(20)
        self.network.clear()
        self.same(b.sync()['state'], 'synced', 'in the end')
        request = self.snapshots()[0]
        start = int(request.headers.get('range', 'bytes=0-')[6:-1])
        self.expect(start >= 1 << 20 and request.answer.status == 206,
                    'begun anew after a kill', sent=request.headers, came=request.answer.status)
        self.expect_books(b)

    def test_a_damaged_one_is_refused(self):
        b = self.new_device('B')

        def damage(request):
            if request in self.snapshots():
                answer = self.network.forward(request)
                body = bytearray(answer.body)
                body[len(body) // 2] ^= 0x10
                answer.body = bytes(body)
                return answer

        self.network.rule = damage
        made = b.sync()
        self.same((made['state'], made['pulled']), ('synced', MANY), 'pulled all the same', made)
        self.same(len(self.snapshots()), 1, 'files')
        self.expect(len(self.pulls()) >= MANY // 1000, 'pages', came=len(self.pulls()))
        self.expect_books(b)


if __name__ == '__main__':
    main()

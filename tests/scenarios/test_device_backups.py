"""Backups that devices keep at the server: CLI.md backup and restore, SYNC.md
§2 /v1/backups, with real programs."""

import hashlib
import os
import re

from bizpulse_testing import Case, main
from bizpulse_testing.certificates import Certificates
from bizpulse_testing.network import Close

PATH = '/v1/backups'


class DeviceBackups(Case):

    def setUp(self):
        super().setUp()
        self.server, self.store, self.code = self.new_store()
        self.network = self.new_network(self.server.url)
        self.a = self.new_ctl('A')
        self.a.pair(self.network.url, self.code)
        self.kept = self.a.add('products', {'name': 'Kept', 'price': 100})
        self.a.add('sales', {'lines': [{'product_id': self.kept, 'quantity': 1000}],
                             'payments': [{}]})
        self.a.sync()
        self.network.clear()

    def another(self, name='B'):
        ctl = self.new_ctl(name)
        ctl.pair(self.network.url, self.server.pair_code(self.store))
        return ctl

    def names(self, ctl):
        return sorted(row['name'] for row in ctl.list('products'))

    def leaves_nothing(self, *ctls):
        for ctl in ctls:
            left = [name for name in os.listdir(ctl.folder) if 'carried' in name or
                    name.endswith('.part')]
            self.same(left, [], 'what is left in the folder of ' + ctl.name)

    def asked(self, method):
        return [request for request in self.network.requests
                if request.method == method and request.path.startswith(PATH + '/')]

    def test_put_and_list(self):
        self.same(self.a.ok('backups'), [], 'at first')
        made = self.a.one('backup', '--server', 'day.db')
        self.members(made, 'name device size created_at sha256', 'what the server answered')
        device = self.a.status()['device']
        self.same((made['name'], made['device']), ('day.db', device['id']), 'what it answered')
        sent = self.asked('PUT')[-1]
        self.same((sent.headers['content-length'], made['sha256']),
                  (str(made['size']), hashlib.sha256(sent.body).hexdigest()), 'what was sent')
        self.expect(sent.body.startswith(b'SQLite format 3\0'), 'no database', came=sent.body[:30])
        by_date = self.a.one('backup', '--server')
        self.expect(re.fullmatch(re.escape(device['prefix']) + r'-\d{4}-\d\d-\d\d-\d{4}\.db',
                                 by_date['name']), 'the name', came=by_date)
        b = self.another()
        self.same([(one['name'], one['device'], one['device_name'], one['size'], one['sha256'])
                   for one in b.ok('backups')],
                  [(one['name'], device['id'], 'A', one['size'], one['sha256'])
                   for one in (by_date, made)], 'from another device, newest first')
        self.leaves_nothing(self.a)
        self.expect(self.a.one('usage')['data_used'] > made['size'], 'not counted',
                    came=self.a.one('usage'))

    def test_no_token_is_in_it(self):
        with open(os.path.join(self.a.folder, 'token'), 'rb') as stream:
            token = stream.read().strip()
        self.expect(len(token) > 20, 'no token to look for', came=token)
        self.a.one('backup', '--server', 'day.db')
        sent = self.asked('PUT')[-1]
        self.expect(token.decode() in sent.headers['authorization'], 'another token')
        self.expect(token not in sent.body, 'the token is in the backup')
        self.expect(self.code.encode() not in sent.body, 'the code is in the backup')

    def test_restored_on_a_new_folder(self):
        made = self.a.one('backup', '--server', 'day.db')
        b = self.another()
        before = b.status()['device']
        waits = b.add('products', {'name': 'Waits', 'price': 5})
        b.expect(0, 'restore', '--server', 'day.db')
        self.same(self.names(b), ['Kept', 'Waits'], 'after restore')
        self.same(b.get('products', self.kept)['stock'], -1000, 'what was sold')
        self.same_books(self.a, b, ('sales', 'payments', 'stock_movements'))
        self.same([row['record_id'] for row in b.queue()], [waits], 'what waits')
        self.same(b.status()['device'], before, 'who it is')
        b.check()
        self.leaves_nothing(b)
        b.sync()
        self.a.sync()
        self.same_books(self.a, b)
        self.all_synced(self.a, b)
        self.check_all(self.server, self.a, b)
        self.same(b.ok('backups')[0]['sha256'], made['sha256'], 'it is still there')

    def test_what_waited_when_it_was_made(self):
        """It is in the backup, and goes from both devices: it counts once."""
        sale = self.a.add('sales', {'lines': [{'product_id': self.kept, 'quantity': 2000}],
                                    'payments': [{}]})
        self.a.set('products', self.kept, {'price': 150})
        self.a.one('backup', '--server', 'day.db')
        for n, first in enumerate((True, False)):
            b = self.another('B%d' % n)
            b.expect(0, 'restore', '--server', 'day.db')
            self.same(b.get('sales', sale)['lines'], self.a.get('sales', sale)['lines'], 'the sale')
            for ctl in (b, self.a, b) if first else (self.a, b, self.a):
                ctl.sync()
            self.same_books(self.a, b)
            self.all_synced(self.a, b)
            self.check_all(self.server, self.a, b)
            self.same((b.get('products', self.kept)['stock'], len(b.list('sales'))), (-3000, 2),
                      'it counts twice')

    def test_which_device(self):
        b = self.another()
        self.a.one('backup', '--server', 'day.db')
        b.one('backup', '--server', 'day.db')
        ids = {ctl.name: ctl.status()['device']['id'] for ctl in (self.a, b)}
        c = self.another('C')
        for ctl, wanted, device in ((c, ids['A'], ids['A']), (c, None, ids['B']),
                                    (self.a, None, ids['A'])):
            self.network.clear()
            ctl.expect(0, 'restore', '--server', 'day.db', *(
                ['--device', wanted] if wanted else []))
            self.same(self.asked('GET')[0].path, PATH + '/day.db?device=' + device, 'whose')
        for arguments in (['none.db'], ['day.db', '--device', 'nobody']):
            said = c.fails(1, 'restore', '--server', *arguments)
            self.expect(b'no backup' in said.err, 'why not', came=said.err)
        self.leaves_nothing(c)

    def test_a_line_that_is_cut(self):
        self.a.one('backup', '--server', 'day.db')
        self.a.add('products', {'name': 'Later'})
        before = self.a.list('products'), self.a.queue(), self.a.ok('backups')

        def cut_request(request):
            if request.method == 'PUT':
                self.network.forward_part(request, 0.5)
                raise Close()

        def cut_answer(request):
            if request.method == 'GET' and request.path.startswith(PATH + '/'):
                answer = self.network.forward(request)
                answer.cut = len(answer.body) // 2
                return answer

        self.network.rule = cut_request
        self.a.fails(3, 'backup', '--server', 'other.db')
        self.network.rule = cut_answer
        self.a.fails(3, 'restore', '--server', 'day.db')
        self.network.rule = None
        self.same((self.a.list('products'), self.a.queue(), self.a.ok('backups')), before,
                  'something changed')
        self.leaves_nothing(self.a)
        self.a.check()

        def cut_once(request):
            if len(self.asked('GET')) == 1:
                return cut_answer(request)

        self.network.clear()
        self.network.rule = cut_once
        self.a.expect(0, 'restore', '--server', 'day.db')
        first, rest = self.asked('GET')
        self.same(rest.headers['range'], 'bytes=%d-' % first.answer.cut, 'the rest')
        self.same(self.names(self.a), ['Kept', 'Later'], 'after restore')

    def test_what_came_is_compared(self):
        made = self.a.one('backup', '--server', 'day.db')
        self.a.add('products', {'name': 'Later'})

        def change(request):
            if request.method == 'GET' and request.path.startswith(PATH + '/'):
                answer = self.network.forward(request)
                middle = made['size'] // 2
                answer.body = (answer.body[:middle] + bytes([answer.body[middle] ^ 1]) +
                               answer.body[middle + 1:])
                return answer

        self.network.rule = change
        self.a.fails(3, 'restore', '--server', 'day.db')
        self.network.rule = None
        self.same(self.names(self.a), ['Kept', 'Later'], 'after what failed')
        self.leaves_nothing(self.a)

    def test_another_store(self):
        self.a.one('backup', '--server', 'day.db')
        _, code = self.server.store_add('Other')
        stranger = self.new_ctl('Stranger')
        stranger.pair(self.server.url, code)
        self.same(stranger.ok('backups'), [], 'another store')
        stranger.fails(1, 'restore', '--server', 'day.db')
        stranger.fails(1, 'restore', '--server', 'day.db', '--device',
                       self.a.status()['device']['id'])
        self.same(stranger.list('products'), [], 'books of another store')

    def test_who_may_not(self):
        loner = self.new_ctl('Loner')
        for arguments in (['backup', '--server'], ['backups'], ['restore', '--server', 'day.db']):
            loner.fails(1, *arguments)
        for arguments in (['backup'], ['backup', '--server', 'a', 'b'], ['restore', '--server'],
                          ['restore', 'file', '--device', 'x'], ['backups', 'x']):
            loner.fails(2, *arguments)
        for name in ('.hidden', 'a/b', 'ä', 'x' * 65):
            self.a.fails(1, 'backup', '--server', name)
        self.same(self.network.requests, [], 'a name that was asked for')
        self.server.ok('revoke', self.a.status()['device']['id'])
        for arguments in (['backup', '--server'], ['backups'], ['restore', '--server', 'day.db']):
            self.a.fails(1, *arguments)
        self.same(self.asked('PUT'), [], 'a file was sent all the same')
        self.server.stop()
        for arguments in (['backup', '--server'], ['backups'], ['restore', '--server', 'day.db']):
            self.a.fails(3, *arguments)
        self.leaves_nothing(self.a, loner)


class OverTls(Certificates):

    def test_there_and_back(self):
        self.make_authority('own')
        server = self.new_server(serve=False)
        store, code = server.store_add('Shop')
        server.serve('--tls-cert', self.make_certificate('good', 'own'))
        a, b = self.new_ctl('A'), self.new_ctl('B')
        for ctl, given in (a, code), (b, server.pair_code(store)):
            ctl.pair('https://localhost:%d' % server.port, given, None, '--ca-file',
                     self.path('own.pem'))
        a.add_many('products', [{'name': 'Product %d ' % n + 'x' * 900} for n in range(3000)])
        made = a.one('backup', '--server', 'long.db')
        self.expect(made['size'] > 3000 * 900, 'not long', came=made)
        b.expect(0, 'restore', '--server', 'long.db')
        self.same(sorted(row['name'] for row in b.list('products')),
                  sorted(row['name'] for row in a.list('products')), 'after restore')


if __name__ == '__main__':
    main()

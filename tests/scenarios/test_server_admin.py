"""The commands of bizpulse-server, while a server serves and while none does."""

import os
import re
import shutil
import subprocess
import threading

from bizpulse_testing import Case, Device, Wire, main, make_operation


class Commands(Case):
    def test_without_a_server(self):
        server = self.new_server(serve=False)
        store, code = server.store_add('Shop', '--currency', 'GBP', '--time-zone', 'Europe/London')
        self.same(server.ok('stores'), [{'store': store, 'name': 'Shop', 'currency': 'GBP',
                                         'time_zone': 'Europe/London'}], 'stores',
                  rule='CLI.md stores: {"store","name","currency","time_zone"}')
        server.serve()
        device = Device.pair(Wire(server.url), code)
        self.same(device.store['id'], store, 'paired by a code made before it served')
        server.stop()
        server.check()

    def test_store_add(self):
        server = self.new_server()
        store, _ = server.store_add('Default')
        self.same(server.ok('stores')[0], {'store': store, 'name': 'Default', 'currency': 'INR',
                                           'time_zone': 'Asia/Kolkata'},
                  'the defaults of store-add')
        for arguments in (['--currency', 'XYZ'], ['--currency', 'inr '], ['--currency', ''],
                          ['--time-zone', 'Mars/Olympus'], ['--time-zone', '../../etc/passwd'],
                          ['--time-zone', '']):
            server.fails(2, 'store-add', 'Bad', *arguments,
                         rule='CLI.md store-add: unknown currency or zone: exit 2')
        server.fails(2, 'store-add')
        self.same(len(server.ok('stores')), 1, 'a refused store-add left a store')

    def test_store_by_id_or_name(self):
        server = self.new_server()
        first, _ = server.store_add('Same')
        second, _ = server.store_add('Same')
        third, _ = server.store_add('Alone')
        for name in (first, second, third, 'Alone'):
            made = server.one('pair-code', name)
            self.expect(made.get('store') == (third if name == 'Alone' else name) and
                        re.fullmatch('[0-9A-Z]{4}-[0-9A-Z]{4}', made.get('code', '')),
                        'pair-code %s' % name, came=made, expected='{"store","code"}',
                        rule='CLI.md pair-code: as `store-add`')
            Device.pair(Wire(server.url), made['code'])
        for name in ('Same', 'Nobody'):
            server.fails(1, 'pair-code', name, rule='CLI.md: STORE: id or a name that only one has')
            server.fails(1, 'devices', name)

    def test_devices_and_revoke(self):
        server, store, code = self.new_store()
        device = Device.pair(Wire(server.url), code, 'Till', 'TIL')
        device.pull('products')
        listed = server.one('devices', store)
        self.members(listed, 'device name prefix last_seen revoked', 'devices',
                     'CLI.md devices: {"device","name","prefix","last_seen","revoked"}')
        self.same((listed['device'], listed['name'], listed['prefix']),
                  (device.device['id'], 'Till', 'TIL'), 'devices')
        self.expect(not listed['revoked'] and type(listed['last_seen']) is int, 'devices',
                    came=listed)
        server.ok('revoke', device.device['id'])
        self.expect(server.one('devices', store)['revoked'], 'not revoked',
                    came=server.ok('devices', store))
        server.fails(1, 'revoke', 'nobody')

    def test_usage(self):
        server = self.new_server(serve=False)
        for arguments in (['nothing'], ['pair-code'], ['devices'], ['revoke'], ['backup'],
                          ['store-add', 'x', '--nothing']):
            server.fails(2, *arguments, rule='CLI.md: 2 wrong usage')
        for option in ('--help', '--version'):
            result = server.expect(0, option)
            self.expect(result.out.strip(), '%s prints nothing' % option, came=result.err)

    def test_options_before_the_command(self):
        server = self.new_server()
        result = server.finish(server.start('stores'))
        before = subprocess.run([server.path, '--database', 'sqlite:' + server.file, 'stores'],
                                capture_output=True, env=server.environment, timeout=30)
        self.same((before.returncode, before.stdout), (0, result.out), 'options before the command',
                  rule='CLI.md: options stand before or after the command')

    def test_backup_and_new_epoch(self):
        server, store, device = self.new_wire()
        device.applied(make_operation('products', 'p1', data={'name': 'Kept'}))
        server.ok('backup', self.path('copy.db'))
        device.applied(make_operation('products', 'p2', data={'name': 'Lost'}))
        server.stop()
        for name in (server.file + '-wal', server.file + '-shm'):
            if os.path.exists(name):
                os.unlink(name)
        shutil.copy(self.path('copy.db'), server.file)
        server.check()
        server.ok('new-epoch')
        server.serve()
        reply = device.pull_reply({'products': 0})
        device.epoch = reply.is_problem('epoch_changed')['epoch']
        self.same([row['id'] for row in device.pull('products')['products']], ['p1'],
                  'what the copy held')

    def test_plain_http_only_on_loopback(self):
        server = self.new_server(serve=False)
        server.port = 0
        process = server.start('--listen', '0.0.0.0:0')
        result = server.finish(process, timeout=10)
        self.expect(result.code in (1, 2) and result.err.strip(), 'plain HTTP on 0.0.0.0',
                    came='exit %d %s' % (result.code, result.err),
                    rule='CLI.md: Plain HTTP is refused on anything but loopback unless '
                         '--behind-proxy')

    def test_commands_while_devices_push(self):
        server, store, device = self.new_wire()
        done = threading.Event()
        faults = []

        def write():
            try:
                while not done.is_set():
                    device.applied(*[make_operation('products', 'p%d-%d' % (
                        device.attempt, n), data={'name': 'x'}) for n in range(20)])
            except AssertionError as error:
                faults.append(error)

        thread = threading.Thread(target=write)
        thread.start()
        try:
            for turn in range(5):
                server.store_add('Store %d' % turn)
                server.pair_code(store)
                server.check()
                server.ok('devices', store)
                server.ok('backup', self.path('copy%d.db' % turn))
        finally:
            done.set()
            thread.join()
        if faults:
            raise faults[0]
        server.stop()
        server.check()


class Stopping(Case):
    def test_sigterm(self):
        server = self.new_server()
        server.stop()

    def test_the_port_again(self):
        server = self.new_server()
        for _ in range(3):
            server.kill()
            server.serve()

    def test_what_was_answered_is_kept(self):
        server, store, device = self.new_wire()
        for turn in range(10):
            device.applied(make_operation('products', 'p%d' % turn, data={'name': 'x'}))
            server.kill()
            server.serve()
        self.same(len(device.pull('products')['products']), 10, 'records after ten power cuts')
        device.push_reply([], device.attempt).is_problem(
            'stale', rule='SYNC.md §3: Memory, attempt, effects and seq are written in one '
                          'transaction')


if __name__ == '__main__':
    main()

"""CLI.md and SYNC.md §6: pairing, folders, several programs at once, backup
and restore, copies, watch, demo, queue and log."""

import json
import os
import shutil
import signal
import sqlite3
import stat
import subprocess
import threading
import time

from bizpulse_testing import Case, main
from bizpulse_testing.programs import read_line

QUEUE = 'id op_id action_id table_name record_id operation base_version data priority timestamp ' \
        'retry_count next_attempt status last_error'


class Pairing(Case):
    def test_pair(self):
        server, store, code = self.new_store('--currency', 'GBP', '--time-zone', 'Europe/London')
        ctl = self.new_ctl('Counter PC')
        made = ctl.pair(server.url, code)
        self.members(made, 'store device', 'what pair prints', 'CLI.md pair')
        token = os.path.join(ctl.folder, 'token')
        self.expect(os.path.exists(token) and stat.S_IMODE(os.stat(token).st_mode) == 0o600,
                    'the token file', came=os.listdir(ctl.folder), rule='CLI.md pair: with '
                    '`--token-file` into `token` (0600) in the folder')
        with open(token, encoding='utf-8') as stream:
            secret = stream.read().strip()
        self.expect(len(secret) > 20, 'the token', came=secret)
        for name in os.listdir(ctl.folder):
            if name != 'token':
                with open(os.path.join(ctl.folder, name), 'rb') as stream:
                    self.expect(secret.encode() not in stream.read(),
                                'the token stands in %s' % name)
        ctl.sync()
        status = ctl.status()
        self.same(status['store'], {'id': store, 'name': 'Shop', 'currency': 'GBP',
                                    'time_zone': 'Europe/London', 'url': server.url},
                  'status.store',
                  rule='CLI.md status: "store":{"id","name","currency","time_zone","url"}')
        self.members(status['device'], 'id name prefix', 'status.device', 'CLI.md status')
        self.same((status['device']['name'], status['state']), ('Counter PC', 'synced'), 'status')
        self.expect(abs(status['last_sync'] - time.time() * 1000) < 60000, 'last_sync', came=status)
        config = ctl.one('config')
        self.same((config['shop.currency'], config['shop.time_zone']), ('GBP', 'Europe/London'),
                  'currency and time zone after pairing')

    def test_what_was_there_is_kept_and_sent(self):
        server, store, code = self.new_store()
        a, b = self.new_ctl('A'), self.new_ctl('B')
        product = a.add('products', {'name': 'Tea', 'price': 100})
        sale = a.add('sales', {'lines': [{'product_id': product, 'quantity': 1000}],
                               'payments': [{}]})
        number = a.get('sales', sale)['number']
        a.pair(server.url, code)
        a.sync()
        self.same(a.status()['device']['prefix'], number.split('/')[0], 'the prefix after pairing',
                  rule='BOOKS.md Numbers: three random letters as prefix; pairing keeps them if '
                       'it can')
        b.pair(server.url, server.pair_code(store))
        b.sync()
        self.same(b.get('sales', sale)['number'], number, 'the sale on B')
        self.same_books(a, b)
        self.check_all(server, a, b)

    def test_without_a_keyring(self):
        server, store, code = self.new_store()
        ctl = self.new_ctl()
        result = ctl.expect(1, 'pair', server.url, code, rule='CLI.md pair: never silently: '
                                                              'without a '
                            'keyring and without the flag it says so and stops')
        self.expect(result.err.strip() and not os.path.exists(os.path.join(ctl.folder, 'token')),
                    'it does not stop', came=result.err)
        self.same(ctl.status()['store'], None, 'status.store')
        ctl.pair(server.url, server.pair_code(store))

    def test_refusals(self):
        server, store, code = self.new_store()
        other_store, other_code = server.store_add('Other')
        pounds, pounds_code = server.store_add('Pounds', '--currency', 'GBP')
        ctl = self.new_ctl()
        ctl.fails(1, 'pair', server.url, 'AAAA-AAAA', '--token-file')
        ctl.expect((1, 2), 'pair', 'not a url', code, '--token-file')
        ctl.expect((1, 2), 'pair', 'http://example.invalid:1', code, '--token-file')
        ctl.expect(3, 'pair', 'http://127.0.0.1:9', code, '--token-file',
                   rule='CLI.md: 3 no connection')
        ctl.add('products', {'name': 'Tea', 'price': 100})
        ctl.fails(1, 'pair', server.url, pounds_code, '--token-file',
                  rule='CLI.md pair: Refused when amounts exist in another currency')
        ctl.pair(server.url, code)
        ctl.sync()
        ctl.fails(1, 'pair', server.url, other_code, '--token-file',
                  rule='CLI.md pair: Refused when the folder belongs to another store')
        ctl.sync()
        ctl.pair(server.url, server.pair_code(store))
        ctl.sync()
        self.check_all(server, ctl)

    def test_unpair(self):
        server, store, a, b = self.two_devices()
        other_store, other_code = server.store_add('Other')
        a.add('products', {'name': 'Tea'})
        a.fails(1, 'unpair',
                rule='CLI.md unpair: refused while something waits, unless `--discard`')
        a.sync()
        a.expect(0, 'unpair')
        self.expect(not os.path.exists(os.path.join(a.folder, 'token')), 'the token is still there',
                    rule='CLI.md unpair: forgets the token')
        a.expect(1, 'sync')
        self.same((a.status()['state'], a.status()['store']), ('offline', None), 'status')
        self.same(len(a.list('products')), 1, 'products after unpair')
        a.fails(1, 'pair', server.url, other_code, '--token-file',
                rule='SYNC.md §1: A folder belongs to one store for ever')
        a.add('products', {'name': 'Coffee'})
        a.pair(server.url, server.pair_code(store))
        a.sync()
        b.sync()
        self.same_books(a, b)
        b.add('products', {'name': 'Lost'})
        b.expect(0, 'unpair', '--discard')
        self.same(b.status()['state'], 'offline', 'status after unpair --discard')

    def test_two_prefixes(self):
        server, store, a, b = self.two_devices()
        numbers = set()
        for ctl in (a, b):
            ctl.add('sales', {'lines': [{'name': 'x', 'unit_price': 5, 'quantity': 1000}]})
            numbers |= {sale['number'] for sale in ctl.list('sales')}
            ctl.sync()
        self.same(len(numbers), 2, 'numbers of two devices', numbers)
        self.expect(a.status()['device']['prefix'] != b.status()['device']['prefix'], 'prefixes')


class Together(Case):
    def test_many_at_once(self):
        ctl = self.new_ctl('A')
        product = ctl.add('products', {'name': 'Tea', 'price': 100})
        processes = []
        for n in range(20):
            if n % 4 == 3:
                processes.append(ctl.start('add', 'sales', json.dumps({
                    'lines': [{'product_id': product, 'quantity': 1000}], 'payments': [{}]})))
            else:
                processes.append(ctl.start('add', 'products', '{"name":"P%d"}' % n))
        for process in processes:
            result = ctl.finish(process)
            if result.code != 0:
                raise result.deviation('one of 20 at once', 'exit 0',
                                       'CLI.md: Several programs may use '
                                       'one folder at the same time')
        self.same((len(ctl.list('products')), len(ctl.list('sales')), len(ctl.list('payments'))),
                  (16, 5, 5), 'records')
        self.same(len({sale['number'] for sale in ctl.list('sales')}), 5, 'numbers')
        self.same(ctl.get('products', product)['stock'], -5000, 'stock')
        ctl.check()

    def test_first_use_at_once(self):
        ctl = self.new_ctl('A')
        processes = [ctl.start('add', 'products', '{"name":"P%d"}' % n) for n in range(10)]
        for process in processes:
            result = ctl.finish(process)
            if result.code != 0:
                raise result.deviation('one of 10 in a folder that was not there', 'exit 0')
        self.same(len(ctl.list('products')), 10, 'products')
        ctl.check()

    def test_saving_reading_and_syncing_at_once(self):
        server, store, a, b = self.two_devices()
        done = threading.Event()
        faults = []

        def repeat(act):
            while not done.is_set() and not faults:
                try:
                    act()
                except AssertionError as error:
                    faults.append(error)

        product = a.add('products', {'name': 'Tea', 'price': 0})
        count = [0]

        def edit():
            count[0] += 1
            a.set('products', product, {'price': count[0]})
            a.add('products', {'name': 'N%d' % count[0]})

        threads = [threading.Thread(target=repeat, args=(act,)) for act in (
            edit, a.sync, a.status, a.check, lambda: a.list('products'), b.sync)]
        for thread in threads:
            thread.start()
        time.sleep(4)
        done.set()
        for thread in threads:
            thread.join()
        if faults:
            raise faults[0]
        a.sync()
        b.sync()
        self.same(b.get('products', product)['price'], count[0], 'the last edit on B')
        self.same(len(b.list('products')), count[0] + 1, 'products on B')
        self.same_books(a, b)
        self.check_all(server, a, b)


class Queue(Case):
    def test_members(self):
        ctl = self.new_ctl('A')
        ctl.add('products', {'name': 'Tea', 'price': 5})
        ctl.add('payments', {'amount': 5, 'method': 'cash'})
        rows = sorted(ctl.queue(), key=lambda row: row['table_name'])
        product = rows[-1]
        for row in rows:
            self.members(row, QUEUE, 'a row of queue', 'CLI.md queue: members as the columns of '
                                                       '`sync_queue`')
        self.same([(row['table_name'], row['priority'], row['operation'], row['status'],
                    row['retry_count'], row['last_error']) for row in rows],
                  [('payments', 'high', 'INSERT', 'pending', 0, None),
                   ('products', 'medium', 'INSERT', 'pending', 0, None)], 'the queue',
                  rule='CLI.md queue: `priority` high, medium or low')
        self.same((product['data']['name'], product['data']['price']), ('Tea', 5), 'data', rows[0],
                  'CLI.md queue: `data` as an object')

    def test_folding(self):
        server, store, a, b = self.two_devices()
        product = a.add('products', {'name': 'Tea', 'price': 100})
        a.sync()
        a.set('products', product, {'price': 200})
        a.set('products', product, {'category': 'Hot'})
        rows = a.queue()
        self.same([(row['operation'], row['data']) for row in rows],
                  [('UPDATE', {'price': 200, 'category': 'Hot'})], 'two edits',
                  rule='SYNC.md §6 Queue: folds')
        a.set('products', product, {'price': 100, 'category': None})
        self.same(a.queue(), [], 'edited back', rule='SYNC.md §6 Queue: no difference: nothing')
        self.same(a.get('products', product)['sync_status'], 'synced', 'sync_status')
        a.set('products', product, {'price': 300})
        a.expect(0, 'delete', 'products', product)
        self.same([row['operation'] for row in a.queue()], ['DELETE'], 'edited and deleted')
        a.set('products', product, {'name': 'Back'})
        self.same(len(a.queue()), 1, 'and restored', a.queue())
        a.sync()
        b.sync()
        self.same(b.get('products', product)['name'], 'Back', 'on B')
        self.same_books(a, b)
        self.check_all(server, a, b)

    def test_a_note_folds_into_its_sale(self):
        ctl = self.new_ctl('A')
        sale = ctl.add('sales', {'payments': [{}], 'lines': [
            {'name': 'x', 'unit_price': 100, 'quantity': 1000}]})
        ctl.set('sales', sale, {'status': 'void', 'note': 'Wrong'})
        rows = ctl.queue()
        self.same([(row['table_name'], row['operation']) for row in rows
                   if row['table_name'] == 'sales'], [('sales', 'INSERT')], 'a void that folds',
                  rows,
                  'SYNC.md §6 Queue: An edit of a record whose row is `pending` folds into it')
        self.same(len({row['action_id'] for row in rows}), 1, 'actions', rows)
        ctl.check()

    def test_from(self):
        server, store, a, b = self.two_devices()
        product = a.add('products', {'name': 'Tea', 'price': 100})
        for when in (1735689600000, 1767225600000):
            a.add('sales', {'sale_date': when, 'payments': [{}],
                            'lines': [{'product_id': product, 'quantity': 1000}]})
        a.sync()
        b.fails(1, 'config', 'sync.from', 'yesterday')
        b.expect(0, 'config', 'sync.from', '2026-01-01')
        b.sync()
        self.same([row['business_date'] for row in b.list('sales')], ['2026-01-01'],
                  'sales from 2026-01-01 on', rule='SYNC.md §4 `from`')
        self.same(b.get('products', product)['stock'], -2000, 'stock',
                  rule='SYNC.md §4: projections come from the server all the same')
        b.check()
        b.sync(0, '--full')
        self.same(len(b.list('sales')), 1, 'sales after --full')

    def test_log(self):
        server, store, a, b = self.two_devices()
        for _ in range(3):
            a.sync()
        rows = a.ok('log')
        self.expect(len(rows) >= 3, 'log', came=rows, rule='CLI.md log: the sync runs and attempts')
        self.same(len(a.ok('log', '--limit', '2')), 2, 'log --limit 2')

    def test_selection(self):
        server, store, a, b = self.two_devices()
        a.add('products', {'name': 'Tea'})
        a.add('customers', {'name': 'Asha'})
        a.sync()
        b.sync(0, '--tables', 'customers')
        self.same((len(b.list('products')), len(b.list('customers'))), (0, 1),
                  'sync --tables customers',
                  rule='CLI.md sync: `--tables` limits the download')
        b.fails(2, 'sync', '--tables', 'nothing')
        b.fails(2, 'sync', '--tables', '')
        b.expect(0, 'config', 'sync.tables', 'customers,sales')
        b.add('products', {'name': 'Sent all the same'})
        b.sync()
        self.same([row['name'] for row in b.list('products')], ['Sent all the same'], 'deselected')
        a.sync()
        self.same(len(a.list('products')), 2, 'products on A', rule='SYNC.md §6 Selection limits '
                                                                    'what is '
                  'downloaded and shown, never what is sent')


class Copies(Case):
    def test_backup_and_restore(self):
        server, store, a, b = self.two_devices()
        kept = a.add('products', {'name': 'Kept'})
        a.sync()
        file = self.path('copy.db')
        a.expect(0, 'backup', file)
        later = a.add('products', {'name': 'Synced later'})
        a.sync()
        waiting = a.add('products', {'name': 'Waits'})
        a.expect(0, 'restore', file)
        names = {row['name'] for row in a.list('products')}
        self.expect({'Kept', 'Waits'} <= names, 'after restore', came=sorted(names),
                    rule='CLI.md restore: '
                    'what waits in the replaced data is carried over')
        a.check()
        a.sync()
        b.sync()
        names = sorted(row['name'] for row in a.list('products'))
        self.same(names, ['Kept', 'Synced later', 'Waits'], 'after restore and sync')
        a.sync()
        self.same_books(a, b)
        self.all_synced(a, b)
        self.check_all(server, a, b)
        self.expect(any('bizpulse_local' in name and name not in (
            'bizpulse_local.db', 'bizpulse_local.db-wal', 'bizpulse_local.db-shm',
            'bizpulse_local.db.lock',
            'bizpulse_local.db.sync') for name in os.listdir(a.folder)), 'the old file is gone',
            came=os.listdir(a.folder), rule='CLI.md restore: keeps the old file')

    def test_a_backup_in_another_folder(self):
        server, store, a, b = self.two_devices()
        a.sync()
        a.expect(0, 'backup', self.path('copy.db'))
        other = self.new_ctl('Other')
        other.expect(0, 'restore', self.path('copy.db'))
        status = other.status()
        self.same((status['state'], status['store'], status['device']), ('offline', None, None),
                  'status where no token is', status,
                  'CLI.md status: `store`, `device` null when not paired; SYNC.md §6: offline (not '
                  'paired)')
        other.fails(1, 'sync')
        other.pair(server.url, server.pair_code(store))
        other.sync()
        self.same_books(other, b)

    def test_what_restore_refuses(self):
        server, store, a, b = self.two_devices()
        other_store, code = server.store_add('Other')
        c = self.new_ctl('C')
        c.pair(server.url, code)
        c.add('products', {'name': 'Of the other'})
        c.sync()
        c.expect(0, 'backup', self.path('other.db'))
        a.add('products', {'name': 'Mine'})
        a.fails(1, 'restore', self.path('other.db'),
                rule='CLI.md restore: refuses another store\'s')
        with open(self.path('garbage.db'), 'wb') as stream:
            stream.write(os.urandom(100000))
        with open(self.path('empty.db'), 'wb'):
            pass
        shutil.copy(self.path('other.db'), self.path('cut.db'))
        os.truncate(self.path('cut.db'), 8192)
        for name in ('garbage.db', 'empty.db', 'cut.db', 'missing.db'):
            a.fails(1, 'restore', self.path(name), rule='CLI.md restore: replaces the data after '
                                                        'checking it')
        a.fails(1, 'backup', self.path('no/such/folder.db'))
        self.same([row['name'] for row in a.list('products')], ['Mine'],
                  'a refused restore changed something')
        a.check()

    def test_backup_while_in_use(self):
        a = self.new_ctl('A')
        a.add('products', {'name': 'First'})
        process = a.start('add', 'products', '-', stdin=subprocess.PIPE)
        stop = threading.Event()

        def feed():
            n = 0
            while not stop.is_set():
                try:
                    process.stdin.write(b'{"name":"P%d"}\n' % n)
                    process.stdin.flush()
                    n += 1
                except OSError:
                    return
            process.stdin.close()

        def drain():
            for _ in process.stdout:
                pass

        threads = [threading.Thread(target=feed), threading.Thread(target=drain)]
        for thread in threads:
            thread.start()
        try:
            for n in range(5):
                a.expect(0, 'backup', self.path('copy%d.db' % n))
                other = self.new_ctl('copy%d' % n)
                other.expect(0, 'restore', self.path('copy%d.db' % n))
                other.check()
        finally:
            stop.set()
            for thread in threads:
                thread.join()
            process.wait()
        a.check()

    def test_a_copied_folder(self):
        server, store, a, b = self.two_devices()
        a.add('products', {'name': 'Before'})
        a.sync()
        a.add('products', {'name': 'Waits in both'})
        copy = self.new_ctl('Copy')
        shutil.copytree(a.folder, copy.folder)
        for name in ('Of A', 'Of A too'):
            a.add('products', {'name': name})
            a.sync()
        copy.add('products', {'name': 'Of the copy'})
        for ctl in (copy, a, copy, a, copy, a, b):
            ctl.sync(rule='SYNC.md §6: A copied folder becomes a new device of its own store, and '
                          'keeps '
                          'its queue')
        self.same(sorted(row['name'] for row in b.list('products')),
                  ['Before', 'Of A', 'Of A too', 'Of the copy', 'Waits in both'],
                  'products on B')
        self.expect(a.status()['device']['id'] != copy.status()['device']['id'],
                    'both are one device',
                    came=[a.status(), copy.status()])
        for ctl in (a, copy):
            self.all_synced(ctl)
            self.same_books(ctl, b)
        self.check_all(server, a, b, copy)

    def test_an_older_folder_put_back(self):
        server, store, a, b = self.two_devices()
        a.add('products', {'name': 'First'})
        a.sync()
        shutil.copytree(a.folder, self.path('saved'))
        for n in range(3):
            a.add('products', {'name': 'Later %d' % n})
            a.sync()
        shutil.rmtree(a.folder)
        shutil.copytree(self.path('saved'), a.folder)
        a.add('products', {'name': 'After'})
        a.sync()
        a.sync()
        b.sync()
        self.same(len(a.list('products')), 5, 'products', a.list('products'))
        self.same_books(a, b)
        self.check_all(server, a, b)

    def test_demo(self):
        server, store, code = self.new_store()
        a = self.new_ctl('A')
        a.expect(0, 'demo')
        self.expect(a.list('products') and a.list('sales'), 'a demonstration shop without '
                                                            'products or sales')
        a.check()
        a.fails(1, 'pair', server.url, code, '--token-file', rule='CLI.md demo: it cannot be '
                                                                  'paired with a '
                'real store')
        b = self.new_ctl('B')
        b.add('products', {'name': 'x'})
        b.fails(1, 'demo', rule='CLI.md demo: fills an empty folder')
        self.same(len(b.list('products')), 1, 'products after a refused demo')


class Check(Case):
    def test_a_damaged_file(self):
        a = self.new_ctl('A')
        a.add_many('products', [{'name': 'P%d' % n} for n in range(200)])
        a.add('sales', {'id': 's1', 'lines': [{'name': 'x', 'unit_price': 5, 'quantity': 1000}]})
        path = os.path.join(a.folder, 'bizpulse_local.db')
        database = sqlite3.connect(path)
        with database:
            database.execute("UPDATE sales_local SET lines = 'nonsense'")
        rows = a.expect(1, 'check').objects
        self.expect(any(row['id'] == 's1' for row in rows), 'lines that are none', came=rows,
                    rule='CLI.md check: one {"fault":…,"table":…,"id":…} each and exits 1')
        database.execute('PRAGMA wal_checkpoint(TRUNCATE)')
        database.close()
        with open(path, 'r+b') as stream:
            stream.seek(4096 * 5)
            stream.write(b'\xff' * 3000)
        rows = a.expect(1, 'check').objects
        self.expect(rows, 'a damaged page is no fault', came=rows)
        for row in rows:
            self.members(row, 'fault table id', 'a fault')

    def test_faults_are_found(self):

        a = self.new_ctl('A')
        product = a.add('products', {'name': 'Tea', 'price': 100})
        a.add('stock_movements', {'product_id': product, 'quantity': 5000, 'reason': 'opening'})
        a.check()
        database = sqlite3.connect(os.path.join(a.folder, 'bizpulse_local.db'))
        with database:
            database.execute('UPDATE products_local SET sync_status = "synced"'.replace('"', "'"))
        database.close()
        rows = a.expect(1, 'check', rule='CLI.md check: queue = statuses; exits 1').objects
        self.expect(rows, 'no fault printed')
        for row in rows:
            self.members(row, 'fault table id', 'a fault',
                         'CLI.md check: {"fault":…,"table":…,"id":…}')
        self.expect(any(row['table'] == 'products' and row['id'] == product for row in rows),
                    'the fault is not named', came=rows)


    def test_wrong_figures_are_found(self):
        server, store, a, b = self.two_devices()
        product = a.add('products', {'name': 'Tea', 'price': 100})
        customer = a.add('customers', {'name': 'Asha'})
        sale = a.add('sales', {'customer_id': customer, 'payments': [{'amount': 40}],
                               'lines': [{'product_id': product, 'quantity': 1000}]})
        a.sync()
        b.sync()
        for ctl in (a, b):
            for table, record, field in (('products', product, 'stock'), ('sales', sale, 'paid'),
                                         ('customers', customer, 'balance')):
                ctl.check()
                for step in (1, -1):
                    database = sqlite3.connect(os.path.join(ctl.folder, 'bizpulse_local.db'))
                    with database:
                        database.execute('UPDATE %s_local SET %s = %s + ? WHERE id = ?' % (
                            table, field, field), (step, record))
                    database.close()
                    if step == 1:
                        rows = ctl.expect(1, 'check', rule='CLI.md check: projections = sums where '
                                          'the tables of the facts are synced').objects
                        self.expect(any(row['id'] == record for row in rows),
                                    'wrong %s.%s is not named' % (table, field), came=rows)

    def test_files_that_are_not_ours(self):
        for name, data in (('garbage', os.urandom(50000)), ('text', b'hello')):
            ctl = self.new_ctl(name)
            os.makedirs(ctl.folder)
            path = os.path.join(ctl.folder, 'bizpulse_local.db')
            with open(path, 'wb') as stream:
                stream.write(data)
            ctl.fails(1, 'list', 'products')
            ctl.fails(1, 'add', 'products', '{"name":"x"}')
            with open(path, 'rb') as stream:
                self.same(stream.read(), data, 'a file that is not ours was changed')

    def test_a_newer_database(self):
        ctl = self.new_ctl('A')
        ctl.add('products', {'name': 'Tea'})
        path = os.path.join(ctl.folder, 'bizpulse_local.db')
        database = sqlite3.connect(path)
        version = database.execute('PRAGMA user_version').fetchone()[0]
        database.execute('PRAGMA user_version = 999')
        database.commit()
        result = ctl.fails(1, 'list', 'products', rule='issue 2, 3: a newer database refused with '
                                                       'a '
                           'clear error')
        self.expect(b'999' in result.err, 'the version is not named', came=result.err)
        database.execute('PRAGMA user_version = %d' % version)
        database.commit()
        database.close()
        self.same(len(ctl.list('products')), 1, 'products of a database refused before')
        ctl.check()


class Bounds(Case):
    def test_small_batches_and_short_runs(self):
        server, store, a, b = self.two_devices()
        for key, value in (('sync.batch', '7'), ('sync.run_seconds', '1')):
            a.expect(0, 'config', key, value)
        a.add_many('products', [{'name': 'P%d' % n, 'note': 'n' * 2000} for n in range(800)])
        made = a.sync(rule='CLI.md sync: syncs now until nothing is left to send or fetch')
        self.same((made['pushed'], made['state']), (800, 'synced'), 'with sync.batch 7, '
                  'sync.run_seconds 1', made)
        self.expect(made['requests'] >= 800 // 7, 'requests', came=made)
        b.sync()
        self.same_books(a, b)
        self.check_all(server, a, b)

    def test_large_values(self):
        server, store, a, b = self.two_devices()
        note = 'ü' * 32768
        record = a.add_many('products', [{'name': 'n' * 4096, 'note': note,
                                          'price': 2 ** 53 - 1}])[0]
        result = a.run('add', 'products', '-', text=json.dumps({'name': 'n' * 10000000}) + '\n')
        self.same(result.code, 1, 'a name of 10 MB')
        self.same(len(a.list('products')), 1, 'products')
        a.sync()
        b.sync()
        self.same(b.get('products', record)['note'], note, 'a note of 64 KiB')
        self.check_all(server, a, b)

    def test_many_edits_fold_and_sync(self):
        server, store, a, b = self.two_devices()
        record = a.add('products', {'name': 'Tea'})
        for n in range(60):
            a.set('products', record, {'price': n})
            if n % 20 == 10:
                a.sync()
        a.sync()
        b.sync()
        self.same(b.get('products', record)['price'], 59, 'on B')
        self.check_all(server, a, b)


class Watch(Case):
    def test_watch(self):
        server, store, a, b = self.two_devices()
        a.sync()
        process = a.start('watch')
        line = read_line(process.stdout, 20)
        self.expect(line.startswith('{"state"') or '"state"' in line, 'watch prints no status',
                    came=line,
                    rule='CLI.md watch: a line as `status` at every change')
        self.members(json.loads(line), 'state pending failed conflicts last_sync store device',
                     'a line of watch', 'CLI.md watch: a line as `status`')
        product = a.add('products', {'name': 'Tea'})
        until = time.monotonic() + 40
        while time.monotonic() < until:
            b.sync()
            if b.list('products'):
                break
            time.sleep(0.3)
        self.same([row['id'] for row in b.list('products')], [product],
                  'what watch sent within 40 s',
                  rule='CLI.md watch: stays and syncs as the app would (triggers); SYNC.md §6 '
                       'Triggers: a '
                       'moment after saving')
        process.send_signal(signal.SIGTERM)
        code = process.wait(20)
        lines = [json.loads(text) for text in
                 [line] + process.stdout.read().decode().splitlines()]
        self.same(code, 0, 'watch after SIGTERM', rule='CLI.md watch: until SIGTERM')
        self.same([now for before, now in zip(lines, lines[1:]) if now == before], [],
                  'lines of watch that say nothing new',
                  rule='CLI.md watch: a line as `status` at every change')
        self.expect(len(lines) > 1 and lines[-1]['state'] == 'synced' and
                    any(row['state'] == 'syncing' for row in lines), 'the lines of watch',
                    came=lines)
        self.check_all(server, a)


if __name__ == '__main__':
    main()

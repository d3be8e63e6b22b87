"""SYNC.md §4 Epoch and §6: folders that were copied or put back, servers that
were restored. Nothing acknowledged is lost, nothing is there twice."""

import os
import shutil

from bizpulse_testing import Case, main

COPY = 'SYNC.md §6: A copied or restored folder becomes a new device of its own store, and keeps ' \
       'its queue'
EPOCH = 'SYNC.md §4 Epoch; FAULTS.md rows 21, 27'
DATABASE = ('bizpulse_local.db', 'bizpulse_local.db-wal', 'bizpulse_local.db-shm')


class Clones(Case):
    def copy(self, ctl, name='Copy'):
        copy = self.new_ctl(name)
        shutil.copytree(ctl.folder, copy.folder)
        return copy

    def keep(self, ctl, name='kept'):
        shutil.copytree(ctl.folder, self.path(name))

    def put_back(self, ctl, name='kept'):
        shutil.rmtree(ctl.folder)
        shutil.copytree(self.path(name), ctl.folder)

    def sell(self, ctl, product, quantity=1000, **fields):
        return ctl.add('sales', {'lines': [{'product_id': product, 'quantity': quantity}],
                                 'payments': [{'method': 'cash'}], **fields})

    def settle(self, server, *ctls, rounds=3):
        """All of them sync until nothing is left; then they are equal."""
        for _ in range(rounds):
            for ctl in ctls:
                ctl.sync()
        self.all_synced(*ctls)
        for ctl in ctls[1:]:
            self.same_books(ctls[0], ctl)
        self.check_all(server, *ctls)

    def names(self, ctl, table='products'):
        return sorted(row['name'] for row in ctl.list(table))

    def are_two(self, a, copy):
        devices = [ctl.status()['device'] for ctl in (a, copy)]
        self.expect(devices[0]['id'] != devices[1]['id']
                    and devices[0]['prefix'] != devices[1]['prefix'],
                    'both folders are one device', came=devices, rule=COPY)

    def restore(self, server, file, *arguments):
        """The operator puts a backup back."""
        server.stop()
        for name in (server.file + '-wal', server.file + '-shm'):
            if os.path.exists(name):
                os.unlink(name)
        shutil.copy(file, server.file)
        server.ok('new-epoch', *arguments)
        server.serve()

    def back_up(self, server, name):
        server.ok('backup', self.path(name))
        return self.path(name)


class Copies(Clones):
    def test_one_push_each_in_turn(self):
        """Each makes as many attempts as the other: none is above what the
        other ever sent."""
        server, store, a, b = self.two_devices()
        tea = a.add('products', {'name': 'Tea', 'price': 100})
        a.sync()
        copy = self.copy(a)
        expected = ['Tea']
        for n in range(4):
            for ctl in (a, copy):
                name = '%s %d' % (ctl.name, n)
                ctl.add('products', {'name': name})
                expected.append(name)
                ctl.sync(rule=COPY)
        self.are_two(a, copy)
        for ctl in (a, copy):
            self.sell(ctl, tea)
        self.settle(server, b, a, copy)
        self.same(self.names(b), sorted(expected), 'products on B')
        self.same(b.get('products', tea)['stock'], -2000, 'stock')
        numbers = [row['number'].split('/')[0] for row in b.list('sales')]
        self.same(len(set(numbers)), 2, 'prefixes of sale numbers', numbers, COPY)
        self.same(len(server.ok('devices', store)), 3, 'devices', server.ok('devices', store))

    def test_sales_of_both(self):
        """Numbers given out before either knows of the other."""
        server, store, a, b = self.two_devices()
        tea = a.add('products', {'name': 'Tea', 'price': 100})
        self.sell(a, tea)
        a.sync()
        self.sell(a, tea)
        copy = self.copy(a)
        for n in range(3):
            for ctl in (a, copy):
                for _ in range(n + 1):
                    self.sell(ctl, tea)
            for ctl in (copy, a) if n % 2 else (a, copy):
                ctl.sync(rule=COPY)
        self.settle(server, b, a, copy)
        sales = b.list('sales')
        self.same(len(sales), 14, 'sales', [row['number'] for row in sales],
                  'one before, one waiting in both, twelve after')
        self.same(len({row['number'] for row in sales}), 14, 'numbers',
                  [row['number'] for row in sales])
        self.same(len(b.list('payments')), 14, 'payments')
        self.same(b.get('products', tea)['stock'], -14000, 'stock')
        self.are_two(a, copy)

    def test_edits_of_one_record_in_both(self):
        """What waited in both was folded into differently: one operation with
        two contents."""
        server, store, a, b = self.two_devices()
        both = a.add('products', {'name': 'Made before', 'price': 100, 'category': 'Old'})
        known = a.add('products', {'name': 'Known', 'price': 100, 'category': 'Old'})
        copy = self.copy(a)
        a.set('products', both, {'price': 200})
        copy.set('products', both, {'unit': 'kg'})
        a.sync()
        copy.sync(rule=COPY)
        a.sync()
        a.set('products', known, {'price': 300})
        again = self.copy(a, 'Again')
        a.set('products', known, {'category': 'New'})
        again.set('products', known, {'unit': 'g'})
        for ctl in (a, again, copy):
            ctl.sync(rule=COPY)
        self.settle(server, b, a, copy, again)
        self.same(self.names(b), ['Known', 'Made before'], 'products on B', rule='nothing twice')
        row = b.get('products', both)
        self.same((row['price'], row['unit']), (200, 'kg'), 'the one made before', row)
        row = b.get('products', known)
        self.same((row['price'], row['category'], row['unit']), (300, 'New', 'g'), 'the known', row)


class Keyring(Clones):
    """The token is in a keyring (libsecret's own, in a file), and with it where
    its folder is."""

    def new_ctl(self, name='device'):
        ctl = super().new_ctl(name)
        ctl.environment.update({'SECRET_BACKEND': 'file', 'SECRET_FILE_TEST_PASSWORD': 'secret',
                                'SECRET_FILE_TEST_PATH': self.path('keyring')})
        return ctl

    def one_device(self):
        server, store, code = self.new_store()
        a = self.new_ctl('A')
        a.one('pair', server.url, code, '--name', 'A')
        self.expect(not os.path.exists(os.path.join(a.folder, 'token')), 'the token is in a file')
        tea = a.add('products', {'name': 'Tea', 'price': 100})
        a.sync()
        return server, store, a, tea

    def move(self, ctl, name):
        os.rename(ctl.folder, self.path(name))
        ctl.folder = self.path(name)

    def device(self, ctl):
        return ctl.status()['device']['id']

    def count_devices(self, server, store, number):
        devices = server.ok('devices', store)
        self.same(len(devices), number, 'devices', devices, COPY)

    def test_a_copy_that_sends_nothing(self):
        server, store, a, _ = self.one_device()
        before = self.device(a)
        copy = self.copy(a)
        copy.sync(rule=COPY)
        self.are_two(a, copy)
        self.same(self.device(a), before, 'the device copied from')
        for _ in range(2):
            for ctl in (a, copy):
                ctl.add('products', {'name': 'Of ' + ctl.name})
                ctl.sync()
        self.count_devices(server, store, 2)
        self.settle(server, a, copy)

    def test_the_queue_of_a_copy(self):
        server, store, a, tea = self.one_device()
        self.sell(a, tea)
        copy = self.copy(a)
        self.sell(copy, tea, 2000)
        self.sell(a, tea, 4000)
        copy.sync(rule=COPY)
        a.sync()
        self.settle(server, a, copy)
        self.same(a.get('products', tea)['stock'], -7000, 'stock')
        self.same(len({row['number'] for row in copy.list('sales')}), 3, 'numbers')
        self.count_devices(server, store, 2)

    def test_a_copy_of_a_copy(self):
        server, store, a, _ = self.one_device()
        copy = self.copy(a)
        again = self.copy(copy, 'Again')
        for ctl in (copy, again, a):
            ctl.sync(rule=COPY)
        third = self.copy(copy, 'Third')
        for ctl in (copy, again, a, third):
            ctl.sync(rule=COPY)
        self.count_devices(server, store, 4)
        for ctl in (copy, again, a, third):
            ctl.add('products', {'name': 'Of ' + ctl.name})
        self.settle(server, a, copy, again, third)

    def test_a_folder_that_was_moved(self):
        server, store, a, _ = self.one_device()
        before = self.device(a)
        for name in ('first', 'second'):
            self.move(a, name)
            a.sync(rule='a folder that is no longer where it was is still itself')
            self.same(self.device(a), before, 'the device')
        back = self.copy(a)
        self.move(back, 'first')
        back.sync(rule=COPY)
        self.are_two(a, back)
        self.count_devices(server, store, 2)

    def test_another_folder_where_it_was(self):
        server, store, a, _ = self.one_device()
        before, place = self.device(a), a.folder
        self.move(a, 'moved')
        other = self.new_ctl('Other')
        other.folder = place
        other.add('products', {'name': 'Of another shop'})
        a.sync()
        self.same(self.device(a), before, 'the device')
        self.count_devices(server, store, 1)

    def test_by_another_name(self):
        server, store, a, _ = self.one_device()
        link = self.new_ctl('Link')
        os.symlink(a.folder, self.path('link'))
        link.folder = self.path('link')
        link.sync()
        a.sync()
        self.count_devices(server, store, 1)

    def test_unpairing_a_copy(self):
        server, store, a, _ = self.one_device()
        copy = self.copy(a)
        copy.expect(0, 'unpair')
        a.sync(rule='the token of the folder it was copied from is not its own to forget')
        self.count_devices(server, store, 1)

    def test_a_copy_of_a_revoked_device(self):
        server, store, a, tea = self.one_device()
        copy = self.copy(a)
        self.sell(copy, tea)
        server.ok('revoke', self.device(a))
        copy.sync(1, rule='SYNC.md §6: by its token where that still holds')
        self.same(len(copy.queue()), 2, 'what waits', copy.queue())
        copy.one('pair', server.url, server.pair_code(store), '--name', 'Copy')
        copy.sync()
        a.sync(1, rule='pairing the copy does not pair the original')
        a.one('pair', server.url, server.pair_code(store), '--name', 'A')
        self.settle(server, a, copy)


class PutBack(Clones):
    def test_what_was_sent_comes_down_again(self):
        server, store, a, b = self.two_devices()
        tea = a.add('products', {'name': 'Tea', 'price': 100})
        a.sync()
        for n_pushes in (1, 3):
            kept = 'kept %d' % n_pushes
            self.keep(a, kept)
            for n in range(n_pushes):
                a.add('products', {'name': 'Later %d %d' % (n_pushes, n)})
                a.set('products', tea, {'price': 1000 * n_pushes + n})
                self.sell(a, tea)
                a.sync()
            self.put_back(a, kept)
            self.sell(a, tea)
            a.add('products', {'name': 'After %d' % n_pushes})
            a.sync(rule=COPY)
        self.settle(server, b, a)
        self.same(self.names(b), ['After 1', 'After 3', 'Later 1 0', 'Later 3 0', 'Later 3 1',
                                  'Later 3 2', 'Tea'], 'products on B')
        self.same((len(b.list('sales')), len({row['number'] for row in b.list('sales')})), (6, 6),
                  'sales and their numbers', b.list('sales'))
        row = b.get('products', tea)
        self.same((row['price'], row['stock']), (3002, -6000), 'price and stock', row)

    def test_what_waited_and_was_sent_meanwhile(self):
        """Waiting in the copy, sent by the folder, and then changed there."""
        server, store, a, b = self.two_devices()
        tea = a.add('products', {'name': 'Tea', 'price': 100})
        old = a.add('products', {'name': 'Old', 'price': 100})
        a.sync()
        made = a.add('products', {'name': 'Made', 'price': 100})
        gone = a.add('products', {'name': 'Gone', 'price': 100})
        sale = self.sell(a, tea)
        a.set('products', tea, {'price': 200})
        a.set('products', old, {'price': 200})
        self.keep(a)
        a.sync()
        a.set('products', made, {'price': 300})
        a.set('products', tea, {'price': 300})
        a.expect(0, 'delete', 'products', gone)
        a.expect(0, 'delete', 'products', old)
        a.sync()
        a.set('sales', sale, {'status': 'void', 'note': 'Wrong'})
        a.sync()
        self.put_back(a)
        a.sync(rule=COPY)
        self.same(a.conflicts(), [], 'conflicts with what it had sent itself')
        self.settle(server, b, a)
        self.same(self.names(b), ['Made', 'Tea'], 'products on B')
        self.same([b.get('products', record)['price'] for record in (made, tea)], [300, 300],
                  'prices')
        self.same([(row['id'], row['status']) for row in b.list('sales')], [(sale, 'void')],
                  'sales on B')
        self.same(b.get('products', tea)['stock'], 0, 'stock')

    def test_what_was_edited_again(self):
        """Changed in the copy that was put back, before it synced: one
        operation with another content."""
        server, store, a, b = self.two_devices()
        tea = a.add('products', {'name': 'Tea', 'price': 100})
        a.sync()
        made = a.add('products', {'name': 'Made', 'price': 100})
        sale = self.sell(a, tea)
        a.set('products', tea, {'price': 200})
        self.keep(a)
        a.sync()
        self.put_back(a)
        a.set('products', made, {'unit': 'kg'})
        a.set('products', tea, {'unit': 'g'})
        a.set('sales', sale, {'status': 'void', 'note': 'Wrong'})
        a.add('products', {'name': 'After'})
        a.sync(rule=COPY)
        self.settle(server, b, a)
        self.same(self.names(b), ['After', 'Made', 'Tea'], 'products on B', rule='nothing twice')
        self.same([(row['id'], row['status']) for row in b.list('sales')], [(sale, 'void')],
                  'sales on B', rule='nothing twice')
        self.same(len(b.list('payments')), 1, 'payments')
        self.same([b.get('products', record)['unit'] for record in (made, tea)], ['kg', 'g'],
                  'units')
        self.same(b.get('products', tea)['price'], 200, 'price')

    def test_the_database_alone(self):
        server, store, a, b = self.two_devices()
        tea = a.add('products', {'name': 'Tea', 'price': 100})
        a.sync()
        a.add('products', {'name': 'Waits'})
        self.keep(a)
        for n in range(2):
            a.add('products', {'name': 'Later %d' % n})
            self.sell(a, tea)
            a.sync()
        for name in DATABASE:
            if os.path.exists(os.path.join(a.folder, name)):
                os.unlink(os.path.join(a.folder, name))
            if os.path.exists(os.path.join(self.path('kept'), name)):
                shutil.copy(os.path.join(self.path('kept'), name), a.folder)
        self.sell(a, tea)
        a.sync(rule=COPY)
        self.settle(server, b, a)
        self.same(self.names(b), ['Later 0', 'Later 1', 'Tea', 'Waits'], 'products on B')
        self.same(len({row['number'] for row in b.list('sales')}), 3, 'numbers of sales')

    def test_restore_carries_conflicts_and_failures(self):
        server, store, a, b = self.two_devices()
        for ctl in (a, b):
            ctl.expect(0, 'config', 'sync.policy', 'ask')
        tea, salt, oil = [a.add('products', {'name': name, 'price': 100, 'sku': name})
                          for name in ('Tea', 'Salt', 'Oil')]
        kept = a.add('products', {'name': 'Kept', 'price': 5})
        sale = self.sell(a, tea)
        a.sync()
        b.sync()
        file = self.path('copy.db')
        a.expect(0, 'backup', file)
        b.set('products', tea, {'price': 200})
        b.set('products', salt, {'sku': 'Oil2'})
        b.expect(0, 'delete', 'products', oil)
        b.set('sales', sale, {'status': 'void', 'note': 'Wrong'})
        b.sync()
        a.set('products', tea, {'price': 300})
        a.set('products', oil, {'price': 300})
        a.set('products', kept, {'sku': 'Oil2'})
        a.sync()
        waits = self.sell(a, kept)
        before = (len(a.conflicts()), a.status()['failed'])
        self.same(before, (2, 1), 'conflicts and failures before', a.ok('queue'))
        a.expect(0, 'restore', file)
        self.same((len(a.conflicts()), a.status()['failed']), before,
                  'conflicts and failures after restore',
                  rule='CLI.md restore: what waits, is failed or in conflict in the replaced data '
                       'is carried over')
        self.same([a.get('products', record)['price'] for record in (tea, oil)], [300, 300],
                  'what is in conflict', rule='local stays visible with the conflict icon')
        self.same(a.get('products', kept)['sku'], 'Oil2', 'what failed')
        self.same(a.get('sales', waits)['sync_status'], 'pending', 'what waits')
        a.check()
        a.sync()
        self.same((len(a.conflicts()), a.status()['failed']), before, 'after a sync', a.queue())
        a.check()
        for conflict in a.conflicts():
            a.expect(0, 'resolve', conflict['id'], 'keep-local')
        for row in a.queue():
            if row['status'] == 'failed':
                a.expect(0, 'discard', row['id'])
        a.sync()
        self.settle(server, b, a)
        self.same([b.get('products', record)['price'] for record in (tea, oil)], [300, 300],
                  'prices on B')
        self.same((b.get('products', kept)['sku'], b.get('sales', sale)['status'],
                   len(b.list('sales'))), (None, 'void', 2), 'on B')


class Restores(Clones):
    def shop(self):
        server, store, a, b = self.two_devices()
        ids = {}
        for name in ('Tea', 'Salt', 'Oil', 'Rice'):
            ids[name] = a.add('products', {'name': name, 'price': 100})
        ids['asha'] = a.add('customers', {'name': 'Asha'})
        ids['first'] = self.sell(a, ids['Tea'], customer_id=ids['asha'])
        a.sync()
        b.sync()
        return server, store, a, b, ids

    def work(self, a, b, ids):
        """What the server is going to forget."""
        ids['second'] = self.sell(a, ids['Salt'], 2000)
        a.set('products', ids['Tea'], {'price': 200})
        a.expect(0, 'delete', 'products', ids['Oil'])
        ids['new'] = a.add('products', {'name': 'New', 'price': 5})
        a.sync()
        b.sync()
        b.set('products', ids['Tea'], {'category': 'Hot'})
        b.set('products', ids['new'], {'price': 6})
        b.set('sales', ids['first'], {'status': 'void', 'note': 'Wrong'})
        ids['third'] = self.sell(b, ids['new'], 3000, customer_id=ids['asha'])
        ids['gone'] = b.add('products', {'name': 'Gone', 'price': 1})
        b.sync()
        b.expect(0, 'delete', 'products', ids['gone'])
        b.sync()

    def as_it_was(self, a, ids, n_sales=3):
        self.same(self.names(a), ['New', 'Rice', 'Salt', 'Tea'], 'products', rule=EPOCH)
        tea, new = a.get('products', ids['Tea']), a.get('products', ids['new'])
        self.same((tea['price'], tea['category'], tea['stock']), (200, 'Hot', 0), 'Tea', tea, EPOCH)
        self.same((new['price'], new['stock']), (6, -3000), 'New', new, EPOCH)
        self.same(a.get('sales', ids['first'])['status'], 'void', 'the voided sale', rule=EPOCH)
        self.same(len(a.list('sales')), n_sales, 'sales', a.list('sales'), EPOCH)
        self.same(len({row['number'] for row in a.list('sales')}), n_sales, 'numbers')
        self.same(len(a.list('payments')), n_sales, 'payments', rule=EPOCH)

    def test_an_hour_old_backup(self):
        for order in (0, 1):
            with self.subTest(first='AB'[order]):
                server, store, a, b, ids = self.shop()
                file = self.back_up(server, 'hour%d.db' % order)
                self.work(a, b, ids)
                a.sync()
                self.restore(server, file)
                self.settle(server, *((a, b), (b, a))[order])
                self.as_it_was(a, ids)
                self.same(a.conflicts() + b.conflicts(), [], 'open conflicts')

    def test_one_of_them_is_gone(self):
        """What the other one knows of it fills the server."""
        for order in (0, 1):
            with self.subTest(left='AB'[order]):
                server, store, a, b, ids = self.shop()
                file = self.back_up(server, 'gone%d.db' % order)
                self.work(a, b, ids)
                a.sync()
                self.restore(server, file)
                left = (a, b)[order]
                c = self.new_ctl('C')
                c.pair(server.url, server.pair_code(store))
                self.settle(server, left, c)
                self.same(sorted(set(self.names(c)) - {'Oil'}), ['New', 'Rice', 'Salt', 'Tea'],
                          'products', rule=EPOCH)
                new = c.get('products', ids['new'])
                self.same((new['price'], new['stock']), (6, -3000), 'New', new, EPOCH)
                self.same(len(c.list('sales')), 3, 'sales', c.list('sales'), EPOCH)

    def test_twice(self):
        server, store, a, b, ids = self.shop()
        file = self.back_up(server, 'twice.db')
        self.work(a, b, ids)
        a.sync()
        self.restore(server, file)
        a.sync()
        middle = self.back_up(server, 'middle.db')
        ids['fourth'] = self.sell(b, ids['Rice'])
        self.restore(server, file)
        b.sync()
        self.restore(server, middle)
        self.settle(server, a, b)
        self.as_it_was(a, ids, 4)

    def test_while_something_waits(self):
        server, store, a, b, ids = self.shop()
        file = self.back_up(server, 'waits.db')
        self.work(a, b, ids)
        a.sync()
        server.stop()
        a.set('products', ids['Tea'], {'unit': 'kg'})
        b.set('products', ids['new'], {'unit': 'g'})
        ids['fourth'] = self.sell(b, ids['Tea'])
        a.expect(0, 'delete', 'products', ids['Rice'])
        for ctl in (a, b):
            ctl.sync(3)
        server.serve()
        self.restore(server, file, store)
        self.settle(server, a, b)
        self.same(self.names(a), ['New', 'Salt', 'Tea'], 'products', rule=EPOCH)
        self.same((a.get('products', ids['Tea'])['unit'], a.get('products', ids['new'])['unit'],
                   a.get('products', ids['Tea'])['stock'], len(a.list('sales'))),
                  ('kg', 'g', -1000, 4), 'what waited', rule=EPOCH)

    def test_begun_anew(self):
        """The store as it was before anything was in it; B was not even known."""
        server, store, code = self.new_store()
        a, b = self.new_ctl('A'), self.new_ctl('B')
        a.pair(server.url, code)
        file = self.back_up(server, 'empty.db')
        b.pair(server.url, server.pair_code(store))
        ids = {}
        for name in ('Tea', 'Salt', 'Oil', 'Rice'):
            ids[name] = a.add('products', {'name': name, 'price': 100})
        ids['asha'] = a.add('customers', {'name': 'Asha'})
        ids['first'] = self.sell(a, ids['Tea'], customer_id=ids['asha'])
        a.sync()
        b.sync()
        self.work(a, b, ids)
        a.sync()
        self.restore(server, file)
        b.sync(1, rule='SYNC.md §2: 401 `unauthorized` (device: pause, keep everything, ask to '
                       'pair again)')
        a.sync()
        self.same(len(b.list('sales')), 3, 'sales of the device that is shut out')
        b.pair(server.url, server.pair_code(store))
        self.settle(server, b, a)
        self.as_it_was(a, ids)

    def test_a_new_epoch_loses_nothing(self):
        server, store, a, b, ids = self.shop()
        self.work(a, b, ids)
        a.sync()
        before = {table: a.list(table) for table in ('products', 'sales', 'payments')}
        for _ in range(2):
            server.ok('new-epoch', store)
            self.settle(server, a, b)
        self.as_it_was(a, ids)
        for table, rows in before.items():
            self.same([row['version'] for row in a.list(table)], [row['version'] for row in rows],
                      'versions of %s' % table, rule='applied without effect')

    def test_another_shop_at_the_address(self):
        server, store, a, b, ids = self.shop()
        other = self.new_server(serve=False)
        other_store, code = other.store_add('Other')
        a.add('products', {'name': 'Waits'})
        server.stop()
        other.port = server.port
        other.serve()
        a.sync(1, rule='FAULTS.md row 27: shop id differs → refuse, ask')
        a.fails(1, 'pair', other.url, code, '--token-file',
                rule='SYNC.md §1: A folder belongs to one store for ever')
        self.same((len(a.queue()), a.status()['store']['id']), (1, store), 'what is kept')
        self.same(other.ok('devices', other_store), [], 'devices of the other shop',
                  rule='a refused code is not used up')
        c = self.new_ctl('C')
        c.pair(other.url, code)
        c.sync()
        self.same(c.list('products'), [], 'products in the other shop')
        other.stop()
        server.serve()
        self.settle(server, b, a)
        self.same(len(b.list('products')), 5, 'products')


if __name__ == '__main__':
    main()

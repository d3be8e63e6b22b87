"""FAULTS.md row 37: damage to the file is told with what can be done about it,
and `repair` brings back the books: the damaged file is kept, what waits is
carried over, the rest comes from the server."""

import os
import random
import shutil
import sqlite3
import subprocess
import time

from bizpulse_testing import Case, main

ROW = 'FAULTS.md row 37: keep file, salvage queue first, re-pull, re-queue salvaged'
SEEDS = range(int(os.environ.get('BIZPULSE_REPAIR_SEEDS', '8')))


class RepairCase(Case):
    def setUp(self):
        super().setUp()
        self.server, self.store, self.a, self.b = self.two_devices()
        self.file = os.path.join(self.a.folder, 'bizpulse_local.db')
        self.tea = self.a.add('products', {'name': 'Tea', 'price': 100})
        self.a.add_many('products', [{'name': 'P%d' % n} for n in range(200)])
        self.sale = self.a.add('sales', {'lines': [{'product_id': self.tea, 'quantity': 1000}],
                                         'payments': [{}]})
        self.a.sync()
        self.b.sync()

    def settle_file(self):
        """All of the log is in the file, and it can be damaged there."""
        database = sqlite3.connect(self.file)
        database.execute('PRAGMA wal_checkpoint(TRUNCATE)')
        size, = database.execute('PRAGMA page_size').fetchone()
        roots = dict(database.execute('SELECT name, rootpage FROM sqlite_schema'))
        database.close()
        return size, roots

    def damage(self, offset, length, chance=random):
        with open(self.file, 'r+b') as stream:
            stream.seek(offset)
            stream.write(bytes(chance.randrange(256) for _ in range(length)))

    def damage_table(self, *names):
        size, roots = self.settle_file()
        for name in names:
            self.damage((roots[name] - 1) * size, size // 2)

    def repair(self):
        with open(self.file, 'rb') as stream:
            before = stream.read()
        made = self.a.one('repair')
        self.members(made, 'kept rows whole', 'what repair prints')
        with open(made['kept'], 'rb') as stream:
            self.expect(stream.read() == before, 'the damaged file is not kept as it was', rule=ROW)
        self.a.check()
        return made

    def all_is_there(self):
        for ctl in (self.a, self.b, self.a):
            ctl.sync()
        self.all_synced(self.a, self.b)
        self.same_books(self.a, self.b)
        self.check_all(self.server, self.a, self.b)


class Damaged(RepairCase):
    def test_what_waits_is_kept(self):
        """Products, sales and payments cannot be read any more; the queue
        can."""
        a, b = self.a, self.b
        new = a.add('products', {'name': 'Waits', 'price': 7})
        a.set('products', self.tea, {'price': 300})
        sale = a.add('sales', {'lines': [{'product_id': new, 'quantity': 2000}], 'payments': [{}]})
        number = a.get('sales', sale)['number']
        waiting = len(a.queue())
        self.damage_table('products_local', 'sales_local', 'payments_local')
        result = a.fails(1, 'list', 'products')
        self.expect(b'damaged' in result.err and b'bizpulsectl repair' in result.err,
                    'what is said of damage', came=result.err, rule='what to do is named')
        self.same(self.repair()['whole'], False, 'whole')
        self.same(len(a.queue()), waiting, 'what waits', rule=ROW)
        self.same((a.get('products', new)['name'], a.get('sales', sale)['number']),
                  ('Waits', number), 'what only this device knew')
        later = a.add('sales', {'lines': [{'product_id': new, 'quantity': 1000}]})
        self.expect(a.get('sales', later)['number'] != number, 'a number is given again')
        self.all_is_there()
        self.same(b.get('products', self.tea)['price'], 300, 'an edit that waited')
        self.same(b.get('products', new)['stock'], -3000, 'stock')
        self.same(len(a.list('products')), 202, 'products')
        self.same(len(self.server.ok('devices', self.store)), 2, 'devices')

    def test_conflicts_and_failures_are_kept(self):
        a, b = self.a, self.b
        for ctl in (a, b):
            ctl.ok('config', 'sync.policy', 'ask')
        b.set('products', self.tea, {'price': 200, 'sku': 'T'})
        b.sync()
        a.set('products', self.tea, {'price': 300})
        other = a.list('products')[5]['id']
        a.set('products', other, {'sku': 'T'})
        a.sync()
        before = (len(a.conflicts()), a.status()['failed'])
        self.same(before, (1, 1), 'conflicts and failures before', a.queue())
        self.damage_table('products_local')
        self.repair()
        a.sync()
        self.same((len(a.conflicts()), a.status()['failed']), before, 'conflicts and failures',
                  rule=ROW)
        a.check()
        a.ok('resolve', a.conflicts()[0]['id'], 'keep-local')
        a.ok('discard', next(row['id'] for row in a.queue() if row['status'] == 'failed'))
        self.all_is_there()
        self.same(b.get('products', self.tea)['price'], 300, 'what was decided')

    def test_nothing_can_be_read(self):
        """The beginning of the file is gone. A backup, or the server, has what
        was sent."""
        self.a.ok('backup', self.path('copy.db'))
        self.settle_file()
        self.damage(0, 5000)
        self.a.fails(1, 'restore', self.path('copy.db'))
        self.same(self.repair()['rows'], 0, 'rows read')
        self.same(self.a.list('products'), [], 'products')
        self.a.pair(self.server.url, self.server.pair_code(self.store))
        self.all_is_there()
        self.same(len(self.a.list('products')), 201, 'products')

    def test_a_backup_after_damage(self):
        self.a.ok('backup', self.path('copy.db'))
        waits = self.a.add('products', {'name': 'Waits'})
        self.damage_table('products_local', 'customers_local')
        self.repair()
        self.a.ok('restore', self.path('copy.db'))
        self.same(self.a.get('products', waits)['name'], 'Waits', 'what waited')
        self.all_is_there()
        self.same(len(self.b.list('products')), 202, 'products on B')

    def test_any_damage(self):
        """Wherever it is: the books can be used again, hold together, and
        become what the server has."""
        self.a.set('products', self.tea, {'price': 300})
        self.settle_file()
        shutil.copy(self.file, self.path('sound.db'))
        size = os.path.getsize(self.file)
        for seed in SEEDS:
            with self.subTest(seed=seed):
                chance = random.Random(seed)
                self.a.end()
                for name in ('-wal', '-shm'):
                    if os.path.exists(self.file + name):
                        os.unlink(self.file + name)
                shutil.copy(self.path('sound.db'), self.file)
                for _ in range(chance.randrange(1, 6)):
                    self.damage(chance.randrange(size - 3000), chance.randrange(1, 3000), chance)
                if self.a.run('check').code == 0:
                    continue
                self.repair()
                if self.a.status()['store'] is None:
                    self.a.pair(self.server.url, self.server.pair_code(self.store))
                for row in self.a.conflicts():
                    self.a.ok('resolve', row['id'], 'use-server')
                self.all_is_there()


class Sound(RepairCase):
    def test_nothing_is_wrong(self):
        before = self.a.list('products')
        result = self.a.fails(1, 'repair')
        self.expect(b'Nothing is damaged' in result.err, 'what is said', came=result.err)
        self.same(self.a.list('products'), before, 'products')
        empty = self.new_ctl('Empty')
        empty.fails(1, 'repair')

    def test_another_program_uses_it(self):
        process = self.a.start('add', 'products', '-', stdin=subprocess.PIPE)
        process.stdin.write(b'{"name":"One"}\n')
        process.stdin.flush()
        process.stdout.readline()
        size = os.path.getsize(self.file)
        self.damage(size // 2, 3000)
        self.damage(8192, 3000)
        result = self.a.fails(1, 'repair')
        self.expect(b'close it' in result.err, 'what is said', came=result.err)
        self.expect(not [name for name in os.listdir(self.a.folder) if 'damaged' in name],
                    'something was set aside', came=os.listdir(self.a.folder))
        process.kill()
        process.wait()
        began = time.monotonic()
        self.a.one('repair')
        self.expect(time.monotonic() - began < 60, 'repair takes long')
        self.a.check()


if __name__ == '__main__':
    main()

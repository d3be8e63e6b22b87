"""SYNC.md §4 and §1 on the wire: what a pull brings, epochs, isolation."""

import json
import random
import threading

from bizpulse_testing import Case, Device, Wire, main, make_action, make_operation, sale_data

DAY = 86400000
FIELDS = {
    'products': 'name sku barcode category unit price cost tax_rate tax_inclusive tax_code '
                'reorder_level note stock',
    'customers': 'name phone email address tax_id credit_limit note balance',
    'sales': 'number customer_id customer_name sale_date business_date status kind refers_to lines '
             'subtotal discount tax_total round_off total_amount currency note paid',
    'payments': 'sale_id customer_id amount method paid_at business_date note',
    'stock_movements': 'product_id quantity reason refers_to counted moved_at note',
    'settings': 'value', 'reports': 'kind business_date data',
    'analytics': 'business_date metric key value'}


class PullCase(Case):
    def setUp(self):
        super().setUp()
        self.server, self.store, self.device = self.new_wire()

    def products(self, count, start=0, **data):
        operations = [make_operation('products', 'p%04d' % n, data=dict(name='P%d' % n, **data))
                      for n in range(start, start + count)]
        for at in range(0, count, 100):
            self.device.applied(*operations[at:at + 100])


class Rows(PullCase):
    def test_columns_of_every_table(self):
        records = {
            'products': {'name': 'Tea'}, 'customers': {'name': 'Asha'},
            'sales': sale_data('N-1', [('p', 1000, 100)]),
            'payments': {'amount': 5, 'method': 'cash'},
            'stock_movements': {'product_id': 'p', 'quantity': 5, 'reason': 'opening'},
            'settings': {'value': '{"a":[1,"b"]}'},
            'reports': {'kind': 'day_close', 'business_date': '2025-11-13', 'data': '{"n":1}'},
            'analytics': {'business_date': '2025-11-13', 'metric': 'm', 'key': 'k', 'value': 7}}
        self.device.applied(*[make_operation(table, 'id-' + table, data=data)
                              for table, data in records.items()])
        rows = self.device.pull(*records)
        head = ['id', 'version', 'seq', 'is_deleted', 'modified_at', 'op_id', 'device_name', 'user']
        for table, data in records.items():
            rule = 'SYNC.md §4: "columns":["id",…,"user", the fields of DESIGN.md]'
            self.same(len(rows[table]), 1, 'rows of %s' % table, data, rule)
            row = rows[table][0]
            self.same(set(row), set(head + FIELDS[table].split()), 'columns of %s' % table, data,
                      rule)
            for name, value in data.items():
                if table == 'sales' and name == 'lines':
                    came = [{key: line[key] for key in value[0]} for line in row['lines']]
                    self.same(came, value, 'lines of a sale', data,
                              'SYNC.md §4: `lines` an array of objects')
                else:
                    self.same(row[name], value, '%s.%s' % (table, name), data,
                              'SYNC.md §4: `settings.value` and `reports.data` JSON text')

    def test_nothing(self):
        value, rows = self.device.pull_page({'products': 0, 'sales': 0})
        self.expect(value['more'] is False and not any(rows.values()), 'an empty store', came=value)
        self.same(value['since'], {'products': value['seq'], 'sales': value['seq']}, '`since`')

    def test_latest_state_only(self):
        self.products(3)
        for n in range(5):
            self.device.applied(make_operation('products', 'p0000', 'UPDATE', {'price': n}, n + 1))
        rows = self.device.pull('products')['products']
        self.same([row['id'] for row in rows], ['p0001', 'p0002', 'p0000'], 'rows by seq',
                  rule='SYNC.md §4: A row is the record\'s latest state')

    def test_since(self):
        self.products(5)
        self.device.pull('products', 'sales')
        cursor = self.device.cursors['products']
        self.same(self.device.pull('products', since=cursor)['products'], [], 'nothing is new')
        self.device.applied(make_operation('products', 'p0002', 'UPDATE', {'price': 5}, 1))
        rows = self.device.pull('products', since=cursor)['products']
        self.same([row['id'] for row in rows], ['p0002'], 'only what changed')

    def test_only_the_tables_asked_for(self):
        self.products(1)
        self.device.applied(make_operation('customers', 'c1', data={'name': 'Asha'}))
        value, rows = self.device.pull_page({'customers': 0})
        self.expect(set(rows) <= {'customers'} and len(rows['customers']) == 1, 'other tables',
                    came=value)
        value, rows = self.device.pull_page({})
        self.expect(not rows, 'no table asked for', came=value)

    def test_different_cursors(self):
        self.products(3)
        cursor = self.device.seq
        self.device.applied(make_operation('customers', 'c1', data={'name': 'Asha'}))
        value, rows = self.device.pull_page({'products': cursor, 'customers': 0})
        self.same((len(rows.get('products', [])), len(rows['customers'])), (0, 1),
                  'each its cursor')


class Pages(PullCase):
    def test_pages(self):
        self.products(60)
        self.device.applied(*[make_operation('customers', 'c%d' % n, data={'name': 'C'})
                              for n in range(30)])
        for n in range(0, 60, 2):
            self.device.applied(make_operation('products', 'p%04d' % n, 'UPDATE', {'price': n}, 1))
        for limit in (1, 7, 89, 90, 91, 1000):
            since, seen, last = {'products': 0, 'customers': 0}, [], 0
            while True:
                value, rows = self.device.pull_page(since, limit=limit)
                found = [(row['seq'], row['id']) for table in rows.values() for row in table]
                self.expect(len(found) <= limit, 'a page of %d rows' % len(found),
                            'limit %d' % limit,
                            rule='SYNC.md §2 pull: limit')
                self.expect(not found or min(found)[0] > last, 'pages are not in ascending seq '
                                                               'over '
                            'the tables asked for', 'limit %d' % limit, value,
                            rule='SYNC.md §2 pull: rows in ascending seq over the tables asked for')
                last = max(found)[0] if found else last
                seen += [record for _, record in found]
                self.expect(not value['more'] or found, 'an empty page with `more`', came=value)
                since = value['since']
                if not value['more']:
                    break
            self.same(len(seen), len(set(seen)), 'a record came twice with limit %d' % limit)
            self.same(len(seen), 90, 'records with limit %d' % limit,
                      rule='SYNC.md §4: A pull never skips a committed change')

    def test_limit(self):
        self.products(1100)
        value, rows = self.device.pull_page({'products': 0})
        self.expect(len(rows['products']) <= 1000 and value['more'] is True,
                    '%d rows without a limit' % len(rows['products']),
                    rule='SYNC.md §2 pull: limit at most and by default 1000')
        reply = self.device.pull_reply({'products': 0}, limit=5000)
        self.expect(reply.status == 422 or len(reply.value['tables'][0]['rows']) <= 1000,
                    'a limit above 1000', reply.sent, repr(reply))

    def test_large_pages_end_early(self):
        note = 'y' * 65000
        for start in range(0, 160, 10):
            self.products(10, start, note=note)
        since, count, pages = {'products': 0}, 0, 0
        while True:
            value, rows = self.device.pull_page(since, headers={'Accept-Encoding': 'gzip'})
            count, pages, since = count + len(rows['products']), pages + 1, value['since']
            if not value['more']:
                break
        self.expect(count == 160 and pages > 1, '%d rows in %d pages' % (count, pages),
                    expected='160 rows in pages of at most 8 MiB',
                    rule='SYNC.md §2: an answer 8 MiB (a page ends early with `more`)')

    def test_while_others_write(self):
        """Four devices push while a fifth pulls in small pages."""
        devices = [Device.pair(Wire(self.server.url), self.server.pair_code(self.store))
                   for _ in range(4)]
        faults = []

        def write(number, device):
            try:
                for turn in range(25):
                    device.applied(*make_action(*[
                        make_operation('products', '%d-%d-%d' % (number, turn, n),
                                       data={'name': 'x'}) for n in range(5)]))
            except AssertionError as error:
                faults.append(error)

        threads = [threading.Thread(target=write, args=pair) for pair in enumerate(devices)]
        for thread in threads:
            thread.start()
        seen, since, last = [], {'products': 0}, False
        while not last:
            last = not any(thread.is_alive() for thread in threads)
            while True:
                value, rows = self.device.pull_page(since, limit=7)
                seen += [row['id'] for row in rows.get('products', [])]
                since = value['since']
                if not value['more']:
                    break
        if faults:
            raise faults[0]
        self.same((len(seen), len(set(seen))), (500, 500), 'records pulled while others wrote',
                  rule='SYNC.md §3: so seq is in commit order; §4: A pull never skips a committed '
                       'change')


class Selected(PullCase):
    def test_from(self):
        self.device.applied(
            make_operation('products', 'p1', data={'name': 'Tea'}),
            make_operation('sales', 's1', data=sale_data('N-1', [('p1', 1000, 100)],
                                                         business_date='2025-12-31')),
            make_operation('sales', 's2', data=sale_data('N-2', [('p1', 1000, 100)],
                                                         business_date='2026-01-01')),
            make_operation('payments', 'y1', data={'amount': 5, 'method': 'cash',
                                                   'business_date': '2025-12-31'}),
            make_operation('stock_movements', 'm1', data={
                'product_id': 'p1', 'quantity': 5000, 'reason': 'opening',
                'moved_at': 1767000000000 - 30 * DAY}),
            make_operation('stock_movements', 'm2', data={
                'product_id': 'p1', 'quantity': 5000, 'reason': 'opening',
                'moved_at': 1767000000000 + 30 * DAY}))
        tables = ('products', 'sales', 'payments', 'stock_movements')
        rows = self.device.pull(*tables, **{'from': {name: '2026-01-01' for name in tables[1:]}})
        came = {table: [row['id'] for row in rows[table]] for table in tables}
        self.same(came, {'products': ['p1'], 'sales': ['s2'], 'payments': [],
                         'stock_movements': ['m2']}, 'rows from 2026-01-01',
                  rule='SYNC.md §4: `from` leaves out rows of a fact table with an earlier '
                       '`business_date` (stock_movements: day of `moved_at`)')
        self.same(rows['products'][0]['stock'], 8000, 'stock with `from`',
                  rule='SYNC.md §4: projections come from the server all the same')

    def test_deleted(self):
        self.products(3)
        cursor = self.device.seq
        self.device.applied(make_operation('products', 'p0001', 'DELETE', base=1))
        rule = 'SYNC.md §4: Deleted rows come only above `since` 0, or with `"deleted":true`'
        ids = lambda **more: [(row['id'], row['is_deleted'])
                              for row in self.device.pull('products', **more)['products']]
        self.same(ids(), [('p0000', 0), ('p0002', 0)], 'from 0', rule=rule)
        self.same(ids(deleted=True), [('p0000', 0), ('p0002', 0), ('p0001', 1)], 'with deleted',
                  rule=rule)
        self.same(ids(since=cursor), [('p0001', 1)], 'above 0', rule=rule)
        self.same(ids(since=1, deleted=False)[-1:], [('p0001', 1)], 'deleted false, above 0',
                  rule=rule)


class Epochs(PullCase):
    def test_other_epoch(self):
        for epoch in ('other', ''):
            value = self.device.pull_reply({'products': 0}, epoch=epoch).is_problem(
                'epoch_changed', rule='SYNC.md §4: An `epoch` other than the server\'s, or none')
            self.same(value['epoch'], self.device.epoch, 'the epoch told')
        self.device.call('POST', '/v1/pull', {'since': {'products': 0}}).is_problem('epoch_changed')

    def test_new_epoch(self):
        self.products(2)
        self.server.ok('new-epoch', self.store)
        reply = self.device.pull_reply({'products': 0})
        value = reply.is_problem('epoch_changed')
        self.expect(value['epoch'] != self.device.epoch and
                    reply.headers['bizpulse-epoch'] == value['epoch'], 'no new epoch',
                    came=repr(reply))
        self.device.epoch = value['epoch']
        self.same(len(self.device.pull('products')['products']), 2, 'rows after new-epoch')

    def test_since_above_the_stores_seq(self):
        self.products(2)
        reply = self.device.pull_reply({'products': self.device.seq + 1000})
        value = reply.is_problem('epoch_changed', rule='SYNC.md §4: the server begins one by '
                                                       'itself '
                                 'when a `since` is above the store\'s seq')
        self.expect(value['epoch'] != self.device.epoch, 'the same epoch', came=value)
        self.device.epoch = value['epoch']
        self.products(1, start=5)

    def test_recover(self):
        self.products(1)
        rule = 'SYNC.md §4: sent as INSERT with "recover":true (exists meanwhile → applied ' \
               'without effect)'
        operation = make_operation('products', 'p0000', data={'name': 'Other'}, recover=True)
        self.same(self.device.push_one(operation)['status'], 'applied',
                  'recover of one that exists',
                  operation, rule)
        self.same(self.device.record('products', 'p0000')['name'], 'P0', 'it had an effect',
                  operation,
                  rule)
        operation = make_operation('products', 'new', data={'name': 'New'}, recover=True)
        self.device.applied(operation)
        self.same(self.device.record('products', 'new')['name'], 'New', 'recover of an unknown one')


class Isolation(PullCase):
    def setUp(self):
        super().setUp()
        self.other_store, code = self.server.store_add('Other')
        self.other = Device.pair(Wire(self.server.url), code, 'Theirs', 'THR')

    def test_nothing_is_visible(self):
        self.products(5, sku=None)
        secret = make_operation('customers', 'c1', data={'name': 'SECRETNAME',
                                                         'phone': '555SECRET'})
        self.device.applied(secret)
        rows = self.other.pull(*FIELDS, deleted=True)
        mine = {'settings': rows.pop('settings')}
        self.expect(not any(rows.values()) and 'SECRET' not in json.dumps(mine), 'rows of another '
                    'store', came=rows, rule='SYNC.md §1: Nothing of one store is ever visible to '
                                             'another')
        for operation in (make_operation('customers', 'c1', 'UPDATE', {'name': 'x'}, 1),
                          make_operation('customers', 'c1', 'DELETE', base=1),
                          make_operation('customers', 'c1', data={'name': 'y'}),
                          dict(secret, data={'name': 'z'})):
            reply = self.other.push_reply([operation])
            self.expect(b'SECRET' not in reply.body, 'an answer tells of another store', reply.sent,
                        repr(reply), rule='FAULTS.md I-15')
        row = self.device.record('customers', 'c1')
        self.same((row['name'], row['version'], row['is_deleted']), ('SECRETNAME', 1, 0),
                  'another store changed it')

    def test_the_same_ids_numbers_and_operations(self):
        operations = [make_operation('products', 'p1', data={'name': 'x', 'sku': 'S1'}),
                      make_operation('sales', 's1', data=sale_data('N-1', [('p1', 1000, 100)]))]
        for device in (self.device, self.other):
            device.applied(*operations)
        self.other.applied(make_operation('stock_movements', 'm1', data={
            'product_id': 'p1', 'quantity': 9000, 'reason': 'opening'}))
        self.same((self.device.record('products', 'p1')['stock'],
                   self.other.record('products', 'p1')['stock']), (-1000, 8000),
                  'stock of two stores',
                  rule='FAULTS.md I-15')
        self.server.check()

    def test_epochs_and_codes_are_their_own(self):
        self.server.ok('new-epoch', self.other_store)
        self.device.pull('products')
        self.other.pull_reply({'products': 0}).is_problem('epoch_changed')
        reply = self.device.pull_reply({'products': 0}, epoch=self.other.epoch)
        reply.is_problem('epoch_changed')
        self.same(reply.value['epoch'], self.device.epoch, 'the epoch of another store')


class Model(PullCase):
    def test_random_operations_against_a_model(self):
        """A seeded mixture of all operations; the server ends where the
        contract says, step by step."""
        chance = random.Random(20260101)
        model = {}
        for step in range(400):
            record = 'r%d' % chance.randrange(12)
            state = model.get(record)
            kind = chance.choice(['INSERT', 'UPDATE', 'UPDATE', 'DELETE', 'restore'])
            version = state['version'] if state else 0
            base = max(1, version - chance.choice([0, 0, 0, 1]))
            data = {'name': 'n%d' % chance.randrange(3), 'price': chance.randrange(3)}
            if kind == 'INSERT':
                operation = make_operation('products', record, data=data)
                if state is None:
                    wanted, after = 'applied', {'version': 1, 'deleted': 0, **data}
                elif state['deleted']:
                    wanted, after = 'DELETE_UPDATE', state
                else:
                    same = all(state[name] == value for name, value in data.items())
                    wanted, after = 'applied' if same else 'ID_COLLISION', state
            elif kind == 'restore':
                operation = make_operation('products', record, 'UPDATE', data, base, restore=True)
                if state is not None and not state['deleted']:
                    continue
                if state is not None and base != version:
                    continue
                wanted, after = 'applied', {'version': None, 'deleted': 0, **data}
            elif kind == 'UPDATE':
                data.pop(chance.choice(['name', 'price']))
                operation = make_operation('products', record, 'UPDATE', data, base)
                if state is None or state['deleted']:
                    wanted, after = 'DELETE_UPDATE', state
                elif base != version:
                    wanted, after = 'UPDATE_UPDATE', state
                else:
                    wanted, after = 'applied', dict(state, version=version + 1, **data)
            else:
                operation = make_operation('products', record, 'DELETE', base=base)
                if state is None or state['deleted']:
                    wanted, after = 'applied', state or {'version': None, 'deleted': 1,
                                                         'name': None, 'price': None}
                elif base != version:
                    wanted, after = 'UPDATE_DELETE', state
                else:
                    wanted, after = 'applied', dict(state, version=version + 1, deleted=1)
            result = self.device.push_one(operation)
            came = result.get('conflict_type', result['status'])
            self.expect(came == wanted, 'step %d ended otherwise; the record was %s' % (step,
                                                                                        state),
                        operation, result, wanted, 'SYNC.md §3')
            if after is not None:
                if after['version'] is None:
                    after['version'] = result['version']
                model[record] = after
        for row in self.device.pull('products', deleted=True)['products']:
            state = model.pop(row['id'])
            self.same((row['version'], row['is_deleted']), (state['version'], state['deleted']),
                      'the end of %s' % row['id'])
            if not state['deleted']:
                self.same((row['name'], row['price']), (state['name'], state['price']),
                          'the end of %s' % row['id'])
        self.same(model, {}, 'records that a pull did not bring')
        self.server.check()


if __name__ == '__main__':
    main()

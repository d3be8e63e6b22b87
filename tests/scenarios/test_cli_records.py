"""CLI.md: add, set, delete, get, list, export, config, check, with no server."""

import csv
import json
import os
import re
import stat
import subprocess
import time

from bizpulse_testing import Case, main

SYSTEM = {'id', 'version', 'is_deleted', 'last_modified', 'sync_status'}
FIELDS = {
    'products': 'name sku barcode category unit price cost tax_rate tax_inclusive tax_code '
                'reorder_level note stock',
    'customers': 'name phone email address tax_id credit_limit note balance',
    'sales': 'number customer_id customer_name sale_date business_date status kind refers_to lines '
             'subtotal discount tax_total round_off total_amount currency note paid',
    'payments': 'sale_id customer_id amount method paid_at business_date note',
    'stock_movements': 'product_id quantity reason refers_to counted moved_at note',
    'settings': 'value'}
LINE = 'product_id name sku unit quantity unit_price cost discount tax_rate tax_inclusive ' \
       'tax_code taxable tax total'


class RecordCase(Case):
    def setUp(self):
        super().setUp()
        self.ctl = self.new_ctl('A')

    def tearDown(self):
        if os.path.exists(self.ctl.folder):
            self.ctl.check()


class Usage(RecordCase):
    def test_wrong_usage(self):
        for arguments in ([], ['nothing'], ['add'], ['add', 'products'], ['add', 'nothing', '{}'],
                          ['add', 'sale_lines', '{}'], ['add', 'products', '{'],
                          ['add', 'products', '[]'], ['add', 'products', '{"name":"x"} {}'],
                          ['add', 'products', '{"name":"x","name":"y"}'], ['add', 'products', '5'],
                          ['set', 'products'], ['set', 'products', 'x'], ['set', 'nothing', 'x',
                                                                          '{}'],
                          ['set', 'products', 'x', '{'], ['delete', 'products'],
                          ['get', 'products'],
                          ['get', 'nothing', 'x'], ['list'], ['list', 'nothing'],
                          ['list', 'products', '--nothing'], ['list', 'products', '--limit', 'x'],
                          ['list', 'products', '--limit'], ['export', 'products'],
                          ['export', 'nothing', 'x.csv'], ['pair'], ['pair', 'http://127.0.0.1:1'],
                          ['backup'], ['restore'], ['resolve'], ['retry'], ['discard'],
                          ['status', 'extra']):
            self.ctl.fails(2, *arguments, rule='CLI.md: 2 wrong usage (unknown command, table, '
                                               'malformed JSON)')
        self.same(self.ctl.queue(), [], 'wrong usage changed something')

    def test_help_and_version(self):
        for arguments in (['--help'], ['--version'], ['add', '--help'], ['sync', '--help'],
                          ['--help', 'list']):
            result = self.ctl.expect(0, *arguments, rule='CLI.md: `--help`, `--version` everywhere')
            self.expect(result.out.strip(), 'nothing printed', ' '.join(result.command))

    def test_an_answer_nobody_gets(self):
        self.ctl.add('products', {'name': 'Tea'})
        with open('/dev/full', 'wb') as full:
            made = subprocess.run(self.ctl.command(['list', 'products']), stdout=full,
                                  stderr=subprocess.PIPE, env=self.ctl.environment, timeout=30)
        self.same((made.returncode, made.stderr.count(b'\n')), (1, 1), 'list > /dev/full',
                  rule='CLI.md: 1 failed, with one line saying why')

    def test_data_dir(self):

        ctl = self.ctl
        ctl.add('products', {'name': 'Tea'})
        folder = os.stat(ctl.folder)
        self.same(stat.S_IMODE(folder.st_mode), 0o700, 'mode of the folder',
                  rule='CLI.md: made (0700)')
        file = os.stat(os.path.join(ctl.folder, 'bizpulse_local.db'))
        self.same(stat.S_IMODE(file.st_mode), 0o600, 'mode of the database',
                  rule='DESIGN.md: mode 0600')

        def ask(*arguments, **more):
            made = subprocess.run([ctl.path, *arguments], env=dict(ctl.environment, **more),
                                  capture_output=True, timeout=30)
            self.same(made.returncode, 0, 'exit of %s: %s' % (arguments, made.stderr))
            return len(made.stdout.splitlines())

        self.same(ask('list', 'products', '--data-dir', ctl.folder), 1,
                  '--data-dir behind the command',
                  rule='CLI.md: options stand before or after the command')
        self.same(ask('--data-dir=' + ctl.folder, 'list', 'products'), 1, '--data-dir=')
        self.same(ask('list', 'products', BIZPULSE_DATA_DIR=ctl.folder), 1, 'BIZPULSE_DATA_DIR')
        share = self.path('xdg')
        os.mkdir(share)
        os.symlink(ctl.folder, os.path.join(share, 'bizpulse'))
        self.same(ask('list', 'products', XDG_DATA_HOME=share), 1, 'XDG_DATA_HOME/bizpulse')


class Records(RecordCase):
    def test_members(self):
        product = self.ctl.add('products', {'name': 'Tea'})
        customer = self.ctl.add('customers', {'name': 'Asha'})
        self.ctl.add('stock_movements', {'product_id': product, 'quantity': 5, 'reason': 'opening'})
        self.ctl.add('sales', {'customer_id': customer, 'payments': [{}], 'lines': [
            {'product_id': product, 'quantity': 1000, 'unit_price': 100}]})
        self.ctl.expect(0, 'config', 'shop.name', 'Mine')
        for table, names in FIELDS.items():
            rows = self.ctl.list(table)
            self.expect(rows, 'no %s' % table)
            for row in rows:
                self.members(row, SYSTEM | set(names.split()), 'a record of %s' % table,
                             'CLI.md get: all fields by their names in DESIGN.md, null included, '
                             'and '
                             '`id version is_deleted last_modified sync_status`')
                self.same(row['sync_status'], 'pending', 'sync_status')
            self.same(self.ctl.get(table, rows[0]['id']), rows[0], 'get and list differ')
        self.members(self.ctl.list('sales')[0]['lines'][0], LINE, 'a line of a sale',
                     'DESIGN.md Fields')

    def test_defaults(self):
        row = self.ctl.get('products', self.ctl.add('products', {'name': 'Tea'}))
        self.same({name: row[name] for name in ('price', 'cost', 'stock', 'is_deleted', 'sku',
                                                'note')},
                  {'price': 0, 'cost': 0, 'stock': 0, 'is_deleted': 0, 'sku': None, 'note': None},
                  'fields left out')
        self.expect(abs(row['last_modified'] - time.time() * 1000) < 60000, 'last_modified',
                    came=row)
        self.same((row['id'][14], len(row['id'])), ('7', 36), 'the id is no UUIDv7', row['id'],
                  'SYNC.md §1 Record: UUIDv7 unless the user brought their own')

    def test_ids(self):
        self.same(self.ctl.add('products', {'id': 'my-id', 'name': 'x'}), 'my-id', 'a given id')
        self.ctl.fails(1, 'add', 'products', '{"id":"my-id","name":"y"}')
        self.ctl.add('products', {'id': 'x' * 64, 'name': 'x'})
        for record in ('x' * 65, 'é', ''):
            self.ctl.fails(1, 'add', 'products', json.dumps({'id': record, 'name': 'x'}),
                           rule='SYNC.md §3: Ids ≤ 64 ASCII bytes')

    def test_refusals(self):
        self.ctl.add('products', {'id': 'p1', 'name': 'x', 'sku': 'S1', 'barcode': '890'})
        for table, record in (
                ('products', {}), ('products', {'name': None}), ('products', {'name': 'x',
                                                                              'stock': 5}),
                ('customers', {'name': 'x', 'balance': 5}), ('products', {'name': 'x',
                                                                          'colour': 1}),
                ('products', {'name': 'x', 'price': '5'}), ('products', {'name': 'x',
                                                                         'price': 1.5}),
                ('products', {'name': 'x', 'price': -5}), ('products', {'name': 5}),
                ('products', {'name': 'x', 'tax_inclusive': 2}), ('products', {'name': 'x' * 4097}),
                ('products', {'name': 'x', 'note': 'x' * 65537}), ('products', {'name': 'x',
                                                                                'version': 5}),
                ('products', {'name': 'x', 'sku': ' S1 '}), ('products', {'name': 'x',
                                                                          'barcode': '890'}),
                ('payments', {'amount': 5, 'method': 'gold'}), ('payments', {'method': 'cash'}),
                ('stock_movements', {'product_id': 'p1', 'quantity': 5}),
                ('stock_movements', {'product_id': 'p1', 'quantity': 5, 'reason': 'lost'})):
            self.ctl.fails((1, 2) if isinstance(record.get('price'), float) else 1, 'add', table,
                           json.dumps(record), rule='CLI.md: 1 failed, with one line saying why; '
                           'add: a projection is refused')
        self.same(len(self.ctl.queue()), 1, 'a refused record was queued')

    def test_flags_and_nulls(self):
        for value, stored in ((True, 1), (False, 0), (1, 1), (0, 0)):
            record = self.ctl.add('products', {'name': 'x', 'tax_inclusive': value})
            self.same(self.ctl.get('products', record)['tax_inclusive'], stored, 'a flag',
                      value, 'CLI.md add: flags 0/1 or true/false')
        record = self.ctl.add('products', {'name': 'x', 'category': 'Hot', 'sku': ' S1 ',
                                           'barcode': ' '})
        row = self.ctl.get('products', record)
        self.same((row['sku'], row['barcode']), ('S1', None), 'keys',
                  rule='SYNC.md §3: Keys are compared '
                  'after trimming; empty text in them is null')
        self.ctl.set('products', record, {'category': None})
        self.same(self.ctl.get('products', record)['category'], None, 'null empties',
                  rule='CLI.md set: null empties one')
        self.ctl.fails(1, 'set', 'products', record, '{"name":null}')

    def test_text_is_kept(self):
        for text in ("'); DROP TABLE products_local;--", '<b>&', 'नमस्ते', 'a"b\\c\n\t', '😀', '%_',
                     '-5'):
            record = self.ctl.add('products', {'name': text, 'note': text})
            row = self.ctl.get('products', record)
            self.same((row['name'], row['note']), (text, text), 'text was changed')

    def test_from_standard_input(self):
        ids = self.ctl.add_many('products', [{'name': 'P%d' % n} for n in range(120)])
        self.same(len(set(ids)), 120, 'ids')
        self.same(len({row['action_id'] for row in self.ctl.queue()}), 120, 'actions',
                  rule='CLI.md add: one action and one answer line each')
        result = self.ctl.run('add', 'products', '-',
                              text='{"name":"good 1"}\n{"price":5}\n{"name":"good 2"}\n')
        names = {row['name'] for row in self.ctl.list('products')}
        self.expect(len(result.lines) == 3 and {'good 1', 'good 2'} <= names,
                    'one bad line among good '
                    'ones', '3 lines', 'exit %d\n%s\n%s' % (result.code, result.out, result.err),
                    rule='CLI.md add: one action and one answer line each')

    def test_set_and_delete(self):
        record = self.ctl.add('products', {'name': 'Tea', 'price': 5})
        self.ctl.set('products', record, {'price': 7})
        self.same(self.ctl.get('products', record)['price'], 7, 'set')
        self.same([(row['operation'], row['data']['price']) for row in self.ctl.queue()],
                  [('INSERT', 7)], 'an edit folds', rule='SYNC.md §6 Queue')
        self.ctl.fails(1, 'set', 'products', 'nobody', '{"price":5}')
        self.ctl.fails(1, 'set', 'products', record, '{"stock":5}')
        self.ctl.fails(1, 'set', 'products', record, '{"id":"other"}')
        self.ctl.fails(1, 'get', 'products', 'nobody')
        self.ctl.fails(1, 'delete', 'products', 'nobody')
        self.ctl.expect(0, 'delete', 'products', record)
        self.same((self.ctl.list('products'), self.ctl.queue()), ([], []), 'a record never sent')

    def test_made_anew(self):
        server, store, code = self.new_store()
        self.ctl.pair(server.url, code)
        self.ctl.add('products', {'id': 'p1', 'name': 'Tea', 'price': 5, 'category': 'Hot'})
        self.ctl.sync()
        self.ctl.expect(0, 'delete', 'products', 'p1')
        self.ctl.add('products', {'id': 'p1', 'name': 'Ink'})
        row = self.ctl.get('products', 'p1')
        self.same((row['name'], row['price'], row['category']), ('Ink', 0, None),
                  'a record made under the id of a deleted one',
                  rule='SYNC.md §3 INSERT: fields left out are null (numbers and flags 0)')
        self.ctl.sync()
        self.same(self.ctl.get('products', 'p1')['price'], 0, 'its price after a sync')

    def test_facts_stay(self):
        sale = self.ctl.add('sales', {'lines': [{'name': 'x', 'unit_price': 100, 'quantity': 1000}],
                                      'payments': [{}]})
        payment = self.ctl.list('payments')[0]['id']
        movement = self.ctl.add('stock_movements', {'product_id': 'p', 'quantity': 5,
                                                    'reason': 'opening'})
        for table, record in (('sales', sale), ('payments', payment), ('stock_movements',
                                                                       movement)):
            self.ctl.fails(1, 'delete', table, record, rule='BOOKS.md: Nothing posted is deleted')
        self.ctl.fails(1, 'set', 'payments', payment, '{"amount":5}')
        for fields in ({'total_amount': 5}, {'number': 'x'}, {'lines': []}, {'status': 'draft'}):
            self.ctl.fails(1, 'set', 'sales', sale, json.dumps(fields),
                           rule='CLI.md set: of a sale only {"status":"void","note":why}')
        self.ctl.set('sales', sale, {'status': 'void', 'note': 'Wrong'})
        self.same(self.ctl.get('sales', sale)['status'], 'void', 'a void')

    def test_list(self):
        for n, (name, sku, category) in enumerate((('Green Tea', 'GT-1', 'Hot drinks'),
                                                   ('Black Coffee', 'BC-2', 'Hot drinks'),
                                                   ('Teapot', None, 'Dishes'),
                                                   ('Steam iron', 'X', None))):
            self.ctl.add('products', {'id': 'p%d' % n, 'name': name, 'sku': sku,
                                      'category': category,
                                      'barcode': '89000%d' % n})
        ids = lambda *arguments: [row['id'] for row in self.ctl.list('products', *arguments)]
        rule = 'CLI.md list: `--search` finds word beginnings in name, sku, barcode, category'
        self.same(ids(), ['p0', 'p1', 'p2', 'p3'], 'list', rule='CLI.md list: oldest first')
        self.same(ids('--limit', '2'), ['p0', 'p1'], '--limit 2')
        for text, found in (('tea', ['p0', 'p2']), ('TEA', ['p0', 'p2']), ('gre te', ['p0']),
                            ('hot', ['p0', 'p1']), ('GT', ['p0']), ('gt-1', ['p0']),
                            ('890002', ['p2']),
                            ('eam', []), ('zzz', []), ('"', None), ("'", None), ('*', None),
                            ('tea OR iron', []), ('name:tea', None), ('(', None), ('-tea', None)):
            came = ids('--search', text)
            if found is not None:
                self.same(sorted(came), found, '--search %r' % text, rule=rule)
        self.ctl.set('products', 'p3', {'name': 'Kettle'})
        self.same((ids('--search', 'steam'), ids('--search', 'kett')), ([], ['p3']),
                  'after a change')
        self.ctl.add('customers', {'name': 'Asha Rao', 'phone': '98450',
                                   'email': 'zoo@example.com'})
        found = [len(self.ctl.list('customers', '--search', text)) for text in ('rao', '984',
                                                                                'zoo')]
        self.same(found, [1, 1, 0], 'customers', rule='CLI.md list: customers: name, phone')

    def test_deleted(self):
        server, store, a, b = self.two_devices()
        record = a.add('products', {'name': 'Tea'})
        kept = a.add('products', {'name': 'Coffee'})
        a.sync()
        a.expect(0, 'delete', 'products', record)
        self.same([row['id'] for row in a.list('products')], [kept], 'list')
        self.same([(row['id'], row['is_deleted']) for row in a.list('products', '--deleted')],
                  [(record, 1), (kept, 0)], 'list --deleted', rule='CLI.md list: adds deleted ones')
        self.same(a.get('products', record)['is_deleted'], 1, 'get shows a deleted one too')
        a.set('products', record, {'price': 9})
        row = a.get('products', record)
        self.same((row['is_deleted'], row['price'], row['name']), (0, 9, 'Tea'),
                  'set on a deleted record',
                  rule='CLI.md set: on a deleted record restores it')
        a.sync()
        b.sync()
        self.same(b.get('products', record)['price'], 9, 'on B')
        self.check_all(server, a, b)


class Sales(RecordCase):
    def setUp(self):
        super().setUp()
        self.tea = self.ctl.add('products', {'name': 'Tea', 'sku': 'T1', 'price': 5000,
                                             'tax_rate': 1800,
                                             'tax_inclusive': 1, 'unit': 'kg', 'cost': 3000,
                                             'tax_code': '0902'})
        self.pen = self.ctl.add('products', {'name': 'Pen', 'sku': 'P1', 'price': 999})

    def sell(self, lines, **fields):
        return self.ctl.get('sales', self.ctl.add('sales', dict({'lines': lines}, **fields)))

    def same_fields(self, row, what, **fields):
        self.same({name: row[name] for name in fields}, fields, what, row)

    def test_defaults(self):
        row = self.sell([{'product_id': self.tea, 'quantity': 1250}], payments=[{'method': 'cash'}])
        self.same_fields(row, 'a sale', kind='sale', status='posted', total_amount=6250, paid=6250,
                         currency='INR', refers_to=None, customer_id=None, round_off=0, discount=0,
                         subtotal=6250)
        self.expect(abs(row['sale_date'] - time.time() * 1000) < 60000, 'sale_date', came=row)
        line = row['lines'][0]
        self.same_fields(line, 'a line: the rest comes from the product', name='Tea', sku='T1',
                         unit='kg',
                         quantity=1250, unit_price=5000, cost=3000, tax_rate=1800, tax_inclusive=1,
                         tax_code='0902', total=6250)
        self.same((line['tax'] % 2, line['taxable'] + line['tax']), (0, 6250), 'tax', line,
                  'BOOKS.md: CGST = SGST = half, tax = 2 × half')
        half = round(6250 * 900 / 11800)
        self.same((line['tax'], row['tax_total']), (2 * half, 2 * half),
                  'tax of an inclusive price',
                  rule='BOOKS.md Tax: inclusive: half = round(gross × (rate ÷ 2) ÷ (1 + rate))')
        payment = self.ctl.list('payments')[0]
        self.same((payment['sale_id'], payment['amount'], payment['method'],
                   payment['business_date']),
                  (row['id'], 6250, 'cash', row['business_date']), 'the payment')
        self.same(self.ctl.get('products', self.tea)['stock'], -1250, 'stock')
        actions = {(q['action_id'], q['priority']) for q in self.ctl.queue() if q['table_name'] in (
            'sales', 'payments')}
        self.same(len(actions), 1, 'actions of a sale with its payment', actions,
                  'CLI.md add sales: one action')

    def test_number(self):

        rows = [self.sell([{'product_id': self.pen, 'quantity': 1000}]) for _ in range(3)]
        matches = [re.fullmatch(r'([A-Z]{3})/(\d\d-\d\d|\d{4})/(\d{6})', row['number'])
                   for row in rows]
        self.expect(all(matches), 'numbers', came=[row['number'] for row in rows],
                    expected='KQX/25-26/000123', rule='BOOKS.md Numbers')
        self.same([int(match[3]) for match in matches], [1, 2, 3], 'a consecutive series',
                  rule='BOOKS.md Numbers: a consecutive series for each device and financial year')
        self.same(len({match[1] for match in matches}), 1, 'prefixes')
        given = self.sell([{'product_id': self.pen, 'quantity': 1000}], number='OWN-7')
        self.same(given['number'], 'OWN-7', 'a number given', rule='BOOKS.md: numbers given stay')

    def test_lines(self):
        row = self.sell([{'sku': 'P1', 'quantity': 2000}, {'name': 'Loose', 'unit_price': 150,
                                                           'quantity': 500},
                         {'product_id': self.pen, 'quantity': 1000, 'unit_price': 100,
                          'name': 'Cheap',
                          'discount': 10}, {'sku': 'P1', 'quantity': -1000}])
        self.same([line['total'] for line in row['lines']], [1998, 75, 90, -999],
                  'totals of the lines')
        self.same_fields(row, 'the sale', total_amount=1164, subtotal=1164, paid=0)
        self.same(row['lines'][0]['product_id'], self.pen, 'a line by sku')
        self.same((row['lines'][2]['name'], row['lines'][2]['sku']), ('Cheap', 'P1'),
                  'what is given stays')
        self.same(self.ctl.get('products', self.pen)['stock'], -2000, 'stock')

    def test_rounding(self):
        for quantity, price, total in ((500, 1, 1), (499, 1, 0), (1500, 1, 2), (-500, 1, -1),
                                       (333, 100, 33), (1005, 1000, 1005)):
            row = self.sell([{'name': 'x', 'unit_price': price, 'quantity': quantity}])
            self.same(row['total_amount'], total, '%d × %d' % (quantity, price),
                      rule='BOOKS.md: rounded half away from zero')

    def test_exclusive_tax(self):
        row = self.sell([{'name': 'x', 'unit_price': 10001, 'quantity': 1000, 'tax_rate': 1800,
                          'tax_inclusive': 0}])
        self.same((row['lines'][0]['taxable'], row['lines'][0]['tax'], row['total_amount']),
                  (10001, 1800, 11801), 'exclusive tax', row['lines'], 'BOOKS.md Tax')

    def test_bill_discount(self):
        row = self.sell([{'name': 'x', 'unit_price': 100, 'quantity': 1000},
                         {'name': 'y', 'unit_price': 200, 'quantity': 1000}], discount=100)
        self.same_fields(row, 'a bill discount', subtotal=300, discount=100, total_amount=200)
        self.same(sorted(line['total'] for line in row['lines']), [67, 133],
                  'spread over the lines',
                  rule='BOOKS.md Tax: (2) spread over lines by largest remainder')

    def test_due_and_overpaid(self):
        customer = self.ctl.add('customers', {'name': 'Asha'})
        row = self.sell([{'product_id': self.tea, 'quantity': 1000}], customer_id=customer,
                        payments=[{'method': 'upi', 'amount': 2000}, {'method': 'card',
                                                                      'amount': 500}])
        self.same((row['paid'], row['customer_name']), (2500, 'Asha'), 'paid in part')
        self.same(self.ctl.get('customers', customer)['balance'], 2500, 'balance',
                  rule='CLI.md add sales: What no payment covers stays due')
        self.ctl.add('payments', {'customer_id': customer, 'amount': 2500, 'method': 'cash'})
        self.same(self.ctl.get('customers', customer)['balance'], 0, 'balance after a payment')
        before = len(self.ctl.queue())
        for payments in ([{'amount': 5001}], [{'amount': 3000}, {'amount': 2001}]):
            self.ctl.fails(1, 'add', 'sales', json.dumps({
                'lines': [{'product_id': self.tea, 'quantity': 1000}], 'payments': payments}),
                rule='CLI.md add sales: more than the total is refused')
        row = self.sell([{'product_id': self.tea, 'quantity': 1000}],
                        payments=[{'amount': 2000, 'method': 'card'}, {}])
        self.same(sorted(p['amount'] for p in self.ctl.list('payments')
                         if p['sale_id'] == row['id']),
                  [2000, 3000], 'payments',
                  rule='CLI.md: a payment\'s `amount` what is left to pay')
        self.expect(len(self.ctl.queue()) == before + 3, 'the queue', came=len(self.ctl.queue()))

    def test_return_and_void(self):
        sale = self.sell([{'product_id': self.pen, 'quantity': 3000}], payments=[{}])
        back = self.sell([{'product_id': self.pen, 'quantity': 1000}], kind='return',
                         refers_to=sale['id'], payments=[{}])
        self.same((back['total_amount'], back['paid'], back['refers_to']), (999, -999, sale['id']),
                  'a return', rule='SYNC.md §1: its refund is a payment with a negative amount')
        self.same(self.ctl.get('products', self.pen)['stock'], -2000, 'stock')
        self.ctl.fails(1, 'set', 'sales', sale['id'], '{"status":"void","note":"x"}',
                       rule='SYNC.md §3: a void of a sale with posted returns')
        self.ctl.set('sales', back['id'], {'status': 'void', 'note': 'x'})
        self.ctl.set('sales', sale['id'], {'status': 'void', 'note': 'x'})
        self.same(self.ctl.get('products', self.pen)['stock'], 0, 'stock after voids')
        self.ctl.fails(1, 'add', 'sales', json.dumps({
            'kind': 'return', 'refers_to': sale['id'], 'lines': [
                {'product_id': self.pen, 'quantity': 1000}]}),
                       rule='SYNC.md §3: A return of a void sale')

    def test_return_is_of_the_bills_customer(self):
        customer = self.ctl.add('customers', {'name': 'Asha'})
        sale = self.sell([{'product_id': self.pen, 'quantity': 3000}], customer_id=customer)
        back = self.sell([{'product_id': self.pen, 'quantity': 1000}], kind='return',
                         refers_to=sale['id'])
        self.same((back['customer_id'], back['customer_name']), (customer, 'Asha'),
                  'the customer of a return')
        self.same(self.ctl.get('customers', customer)['balance'],
                  sale['total_amount'] - back['total_amount'], 'the balance after a return',
                  rule='SYNC.md §1: customers.balance = Σ totals of posted sales − returns')

    def test_refusals(self):
        for record in ({}, {'lines': []}, {'lines': [{}]}, {'lines': [{'quantity': 1000}]},
                       {'lines': [{'sku': 'nobody', 'quantity': 1000}]},
                       {'lines': [{'product_id': self.pen}]}, {'lines': [{'name': 'x',
                                                                          'quantity': 1}]},
                       {'lines': [{'product_id': self.pen, 'quantity': 1000, 'colour': 1}]},
                       {'lines': [{'product_id': self.pen, 'quantity': 1000}], 'paid': 5},
                       {'lines': [{'product_id': self.pen, 'quantity': 1000}], 'kind': 'gift'},
                       {'lines': [{'product_id': self.pen, 'quantity': 1000}],
                        'payments': [{'method': 'gold'}]},
                       {'lines': [{'product_id': self.tea, 'quantity': 9007199254740991}]}):
            self.ctl.fails(1, 'add', 'sales', json.dumps(record),
                           rule='CLI.md add sales: A line needs `product_id` (or `sku`, or `name` '
                                'and '
                                '`unit_price`) and `quantity`')
        self.same((self.ctl.list('sales'), self.ctl.list('payments')), ([], []), 'left behind')

    def test_drafts_stay(self):
        draft = self.sell([{'product_id': self.pen, 'quantity': 1000}], status='draft')
        self.same(draft['status'], 'draft', 'a draft')
        self.same([row['table_name'] for row in self.ctl.queue()], ['products', 'products'],
                  'a draft is queued', rule='SYNC.md §1 Fact: Drafts (held sales) stay on their '
                                            'device')
        self.same(self.ctl.get('products', self.pen)['stock'], 0, 'stock')

    def test_business_date(self):
        row = self.sell([{'product_id': self.pen, 'quantity': 1000}], sale_date=1767205800000)
        self.same(row['business_date'], '2026-01-01', 'business_date', 1767205800000,
                  'SYNC.md §1: `business_date` is YYYY-MM-DD in the shop\'s time zone '
                  '(Asia/Kolkata)')
        row = self.sell([{'product_id': self.pen, 'quantity': 1000}], sale_date=1767205799000)
        self.same(row['business_date'], '2025-12-31', 'business_date a second before')


class Exports(RecordCase):
    def export(self, table):
        name = self.path('out.csv')
        self.ctl.expect(0, 'export', table, name)
        with open(name, 'rb') as stream:
            return stream.read()

    def test_dialect(self):
        self.ctl.add('products', {'name': 'Tea, "green"\nloose', 'sku': 'S1', 'price': 5000,
                                  'cost': 5,
                                  'tax_rate': 1800, 'reorder_level': 1250})
        for text in ('=cmd|x', '+1', '-5', '@SUM(A1)'):
            self.ctl.add('products', {'name': text})
        data = self.export('products')
        rule = 'BOOKS.md CSV'
        self.expect(data.startswith(b'\xef\xbb\xbf'), 'no BOM', came=data[:20], rule=rule)
        rows = list(csv.reader(data.decode('utf-8-sig').splitlines(keepends=True)))
        self.same(data.count(b'\r\n'), 6, 'lines that end with CRLF', data, rule)
        self.expect(data.endswith(b'\r\n'), 'the last line does not end with CRLF', came=data[-20:])
        self.expect('name' in rows[0] and 'sku' in rows[0] and 'price' in rows[0], 'the header',
                    came=rows[0], rule='CLI.md export: header = field names')
        first = dict(zip(rows[0], rows[1]))
        self.same({name: first[name] for name in ('name', 'price', 'cost')},
                  {'name': 'Tea, "green"\nloose', 'price': '50.00', 'cost': '0.05'},
                  'the first row',
                  rule='BOOKS.md CSV: `.` decimals in major units (50.00)')
        for row in rows[2:]:
            cell = dict(zip(rows[0], row))['name']
            self.expect(cell[0] not in '=+-@', 'a formula', came=cell,
                        rule='BOOKS.md CSV: text that begins with `= + - @` made harmless')

    def test_there_and_back(self):
        self.ctl.add_many('products', [{'name': 'P%d' % n, 'sku': 'S%d' % n, 'price': n * 7,
                                        'tax_rate': 1250} for n in range(20)])
        self.export('products')
        other = self.new_ctl('B')
        made = other.one('import', 'products', self.path('out.csv'))
        self.same((made['added'], made['rejected']), (20, 0), 'what import counts', made)
        came = sorted(other.list('products'), key=lambda row: int(row['name'][1:]))
        for mine, theirs in zip(self.ctl.list('products'), came):
            for name in ('name', 'sku', 'price', 'tax_rate', 'stock'):
                self.same(theirs[name], mine[name], name)
        self.ctl.add('sales', {'lines': [{'sku': 'S1', 'quantity': 1000}], 'payments': [{}]})
        for table in ('sales', 'payments', 'customers', 'stock_movements', 'settings'):
            self.expect(self.export(table).startswith(b'\xef\xbb\xbf'), 'export %s' % table)
        self.ctl.fails(1, 'export', 'products', self.path('no/such/folder.csv'))


class Configuration(RecordCase):
    KEYS = {'shop.' + name for name in 'name currency time_zone tax_rate tax_inclusive tax_split '
            'round_off stock_policy year_start day_cutoff'.split()} | {
            'sync.' + name for name in 'tables from policy schedule on_start on_connection '
                                       'after_save '
            'live priorities batch run_seconds retries metered data_limit pause_when_busy'.split()}

    def test_all_keys(self):
        made = self.ctl.one('config')
        self.expect(self.KEYS <= set(made), 'keys missing: %s' % sorted(self.KEYS - set(made)),
                    came=made,
                    rule='CLI.md config: all as one object')
        self.same((made['shop.currency'], made['shop.time_zone']), ('INR', 'Asia/Kolkata'),
                  'defaults',
                  rule='CLI.md: `shop.currency` INR, `shop.time_zone` Asia/Kolkata until set')
        wanted = {'shop.tax_rate': 0, 'shop.tax_inclusive': 1, 'shop.round_off': 0,
                  'shop.stock_policy': 'warn', 'sync.policy': 'server-wins', 'sync.retries': 3}
        for key, value in wanted.items():
            self.expect(str(made[key]) == str(value) or made[key] is bool(value)
                        and value in (0, 1),
                        'default of %s' % key, came=made[key], expected=value,
                        rule='BOOKS.md, SYNC.md §6')
        for key in self.KEYS:
            self.expect(key in self.ctl.one('config', key), 'config %s' % key,
                        rule='CLI.md config KEY: one')

    def test_set(self):
        for key, value in (('shop.name', 'Corner Shop'), ('shop.time_zone', 'Europe/London'),
                           ('shop.stock_policy', 'block'), ('sync.policy', 'ask'),
                           ('sync.batch', '10'),
                           ('shop.tax_rate', '1800'), ('sync.policy', 'latest-wins')):
            self.ctl.expect(0, 'config', key, value)
            self.same(str(self.ctl.one('config')[key]), value, key)
        rows = {row['record_id'] for row in self.ctl.queue()}
        self.expect({'shop.name', 'shop.time_zone'} <= rows and
                    not any(name.startswith('sync.') for name in rows), 'what is queued',
                    came=sorted(rows),
                    rule='CLI.md config: `shop.*` is in the table `settings` (synced), the rest '
                         'is this '
                         'device\'s')

    def test_checked(self):
        before = self.ctl.one('config')
        for key, value in (('shop.currency', 'XYZ'), ('shop.time_zone', 'Mars/Olympus'),
                           ('shop.stock_policy', 'maybe'), ('sync.policy', 'mine'),
                           ('sync.batch', '0'),
                           ('sync.batch', 'x'), ('sync.batch', '-1'), ('shop.tax_rate', 'x'),
                           ('shop.tax_rate', '-1'), ('sync.from', '2026-13-01'),
                           ('sync.tables', 'nothing'),
                           ('shop.tax_inclusive', '2')):
            result = self.ctl.expect((1, 2), 'config', key, value,
                                     rule='CLI.md config: sets one, checked')
            self.expect(result.err.strip(), 'it says nothing', ' '.join(result.command))
        self.ctl.expect((1, 2), 'config', 'shop.nothing', '5')
        self.ctl.expect((1, 2), 'config', 'shop.nothing')
        self.same(self.ctl.one('config'), before, 'a refused value was set')

    def test_stock_policy(self):
        product = self.ctl.add('products', {'name': 'Tea', 'price': 100})
        self.ctl.expect(0, 'config', 'shop.stock_policy', 'block')
        self.ctl.fails(1, 'add', 'sales', json.dumps({'lines': [{'product_id': product,
                                                                 'quantity': 1000}]}),
                       rule='BOOKS.md Stock: policy per shop `allow`, `warn` (default), `block`')
        self.ctl.add('stock_movements', {'product_id': product, 'quantity': 1000,
                                         'reason': 'opening'})
        self.ctl.add('sales', {'lines': [{'product_id': product, 'quantity': 1000}]})

    def test_status_unpaired(self):
        made = self.ctl.status()
        self.members(made, 'state pending failed conflicts last_sync store device', 'status',
                     'CLI.md status')
        self.same(made, {'state': 'offline', 'pending': {}, 'failed': 0, 'conflicts': 0,
                         'last_sync': None,
                         'store': None, 'device': None}, 'status of an empty folder',
                  rule='CLI.md status: `store`, `device` null when not paired')
        self.ctl.add('products', {'name': 'x'})
        self.same(self.ctl.status()['pending'], {'products': 1}, 'pending')
        result = self.ctl.expect(1, 'sync', rule='CLI.md sync: 1 not paired')
        self.expect(result.err.strip(), 'it says nothing')


if __name__ == '__main__':
    main()

"""First syncs that are cut, choices of what is downloaded and shown, and runs
with little to do."""

import json
import os
import signal
import time

from bizpulse_testing import Case, Device, Wire, main, make_operation
from bizpulse_testing.network import Close

# Fast enough for every run of the tests; all 100,000 where asked.
MANY = int(os.environ.get('BIZPULSE_TEST_PRODUCTS', '12000'))
PAGE = 1000


def rows_of(request):
    """The rows of products that an answer to a pull brought."""
    value = request.answer.value if request.is_pull and request.answer else None
    tables = value['tables'] if value and 'tables' in value else []
    return [(row[table['columns'].index('id')], row[table['columns'].index('seq')])
            for table in tables if table['name'] == 'products' for row in table['rows']]


class First(Case):
    def setUp(self):
        super().setUp()
        self.server, self.store, code = self.new_store()
        self.device = Device.pair(Wire(self.server.url), code)
        for start in range(0, MANY, 100):
            self.device.applied(*[make_operation('products', 'p%07d' % (n * 7919 % 10000019),
                                                 data={'name': 'Product %d' % n, 'price': n})
                                  for n in range(start, start + 100)])
        self.network = self.new_network(self.server.url)
        self.a = self.new_ctl('A')
        self.a.pair(self.network.url, self.server.pair_code(self.store))
        self.network.clear()

    def pulls(self):
        return [request for request in self.network.requests if request.is_pull]

    def cut_after(self, pages):
        """The connection is lost from so many pages on."""
        def rule(request):
            if request.is_pull and len(self.pulls()) > pages:
                raise Close()
        self.network.rule = rule

    def killed_in_page(self, pages):
        """The program is killed while it waits for a page; how much it has
        stored by then."""
        held = self.network.hold()

        def rule(request):
            if request.is_pull and len(self.pulls()) > pages:
                held.wait(60)
                raise Close()

        self.network.rule = rule
        process = self.a.start('sync')
        until = time.monotonic() + 60
        while len(self.pulls()) <= pages and time.monotonic() < until:
            time.sleep(0.01)
        self.used_meanwhile()
        process.send_signal(signal.SIGKILL)
        process.wait(20)
        held.set()

    def used_meanwhile(self):
        """The folder is as usable as ever while a first sync is under way."""
        self.expect(len(self.a.list('products')) >= PAGE, 'nothing is shown before all is there',
                    rule='issue: leaves the app usable at once')
        made = self.a.add('customers', {'name': 'Saved meanwhile'})
        self.same(self.a.get('customers', made)['sync_status'], 'pending', 'a save meanwhile')

    def test_goes_on_where_it_stopped(self):
        a = self.a
        self.cut_after(4)
        result = a.expect(3, 'sync')
        self.expect(b'fetched' in result.err and b'to go' in result.err, 'no progress is shown',
                    came=result.err, rule='CLI.md sync: progress on standard error')
        self.same(result.one['pulled'], 4 * PAGE, 'rows stored before the cut', result.one)
        self.same(len(a.list('products')), 4 * PAGE, 'products shown after the cut')
        a.check()

        killed_at = len(self.network.requests)
        self.killed_in_page(len(self.pulls()) + 3)
        before = {row for request in self.network.requests[:killed_at] for row in rows_of(request)}
        during = [row for request in self.network.requests[killed_at:] for row in rows_of(request)]
        self.expect(not before & set(during), 'rows stored before the cut came again',
                    came=len(before & set(during)), rule='FAULTS.md row 11: resume at last '
                                                         'committed cursor')
        stored = len(a.list('products'))
        self.expect(stored >= 6 * PAGE, 'what a kill left: %d rows' % stored,
                    rule='of what was fetched, all but what was being stored holds')
        a.check()

        # Runs of one second, of which each page takes a part: one after the
        # other in one command, and nothing comes twice.
        resumed_at = len(self.network.requests)
        a.ok('config', 'sync.run_seconds', '1')

        def slow(request):
            time.sleep(0.3)

        self.network.rule = slow
        made = a.sync()
        self.same((made['state'], made['pulled']), ('synced', MANY - stored + 1), 'the rest', made,
                  'issue: a run that is cut (30 s, connection, quit) goes on where it stopped')
        rest = [row for request in self.network.requests[resumed_at:] for row in rows_of(request)]
        self.same(len(rest), MANY - stored, 'rows fetched for the rest')
        since = [request.value['since']['products'] for request in
                 self.network.requests[resumed_at:] if request.is_pull]
        self.same(since, sorted(since), 'where each request began')
        self.same(len(a.list('products')), MANY, 'products in the end')
        a.check()
        self.little_to_do()

    def little_to_do(self):
        """100 changed: only those travel; nothing changed: next to nothing."""
        a = self.a
        self.device.applied(*[make_operation('products', 'p%07d' % (n * 97 * 7919 % 10000019),
                                             'UPDATE', {'price': 1}, 1) for n in range(100)])
        self.network.clear()
        made = a.sync()
        self.same((made['pulled'], made['state']), (100, 'synced'), 'what it counts', made)
        self.expect(len(self.network.requests) <= 2, '%d requests for 100 of %d' % (
            len(self.network.requests), MANY), came=made)
        self.same(sum(len(rows_of(request)) for request in self.network.requests), 100,
                  'rows that travelled', rule='issue: two requests at most, only those rows travel')
        self.network.clear()
        made = a.sync()
        self.same((len(self.network.requests), made['requests']), (1, 1), 'requests', made)
        request = self.network.requests[0]
        self.expect(len(request.body) < 400 and len(request.answer.body) < 400,
                    'bytes with nothing to do: %d, %d' % (len(request.body),
                                                          len(request.answer.body)),
                    rule='issue: one request, under 400 bytes of body each way')


class Chosen(Case):
    def ids(self, ctl, table='products', *arguments):
        return sorted(row['id'] for row in ctl.list(table, *arguments))

    def test_categories(self):
        server, store, a, b = self.two_devices()
        a.add_many('products', [
            {'id': 'rice', 'name': 'Rice', 'category': 'Food', 'barcode': '890'},
            {'id': 'wine', 'name': 'Rice wine', 'category': 'Drinks', 'barcode': '891',
             'sku': 'W1', 'price': 100},
            {'id': 'bag', 'name': 'Rice bag'}])
        a.sync()
        b.sync()
        b.ok('config', 'sync.categories', 'Food')
        self.same(b.one('config')['sync.categories'], 'Food', 'config')
        self.same(self.ids(b), ['rice'], 'products of Food')
        self.same(self.ids(b, 'products', '--search', 'rice'), ['rice'], 'a search')
        self.same(b.get('products', 'wine')['name'], 'Rice wine', 'a hidden one by its id',
                  rule='FAULTS.md I-17: hides, never deletes')
        sale = b.add('sales', {'lines': [{'sku': 'W1', 'quantity': 2000}], 'payments': [{}]})
        self.same(b.get('sales', sale)['lines'][0]['product_id'], 'wine', 'a sale of a hidden one')
        self.same(b.get('products', 'wine')['stock'], -2000, 'its stock')
        b.set('products', 'wine', {'price': 150})
        self.same(self.ids(b), ['rice', 'wine'], 'one that waits')
        b.sync()
        self.same(self.ids(b), ['rice'], 'one that is sent')
        a.sync()
        self.same((a.get('products', 'wine')['price'], a.get('products', 'wine')['stock']),
                  (150, -2000), 'on the other device')
        b.ok('config', 'sync.categories', 'Drinks,""')
        self.same(self.ids(b), ['bag', 'wine'], 'products of Drinks and of none')
        b.ok('config', 'sync.categories', '')
        self.same_books(a, b)
        self.check_all(server, a, b)

    def test_a_table_left(self):
        server, store, a, b = self.two_devices()
        a.add('products', {'id': 'p1', 'name': 'Tea'})
        a.sync()
        b.sync()
        b.ok('config', 'sync.tables', 'customers,settings')
        b.set('products', 'p1', {'price': 7})
        b.add('products', {'id': 'p2', 'name': 'Made here'})
        a.add('products', {'id': 'p3', 'name': 'Made there'})
        a.sync()
        b.sync()
        self.same(self.ids(b), ['p1', 'p2'], 'products of a table that was left',
                  rule='SYNC.md §6 Selection: a deselected table keeps its rows and `since`')
        self.same(b.queue(), [], 'what waits of it', rule='FAULTS.md I-17: still pushes them')
        b.check()
        b.ok('config', 'sync.tables',
             'products,customers,sales,payments,stock_movements,settings,reports,analytics')
        self.same(b.sync()['pulled'], 3, 'rows that it catches up with')
        a.sync()
        self.same_books(a, b)
        self.check_all(server, a, b)

    def test_another_first_day(self):
        server, store, a, b = self.two_devices()
        product = a.add('products', {'name': 'Tea', 'price': 100})
        sales = [a.add('sales', {'sale_date': when, 'payments': [{}],
                                 'lines': [{'product_id': product, 'quantity': 1000}]})
                 for when in (1735689600000, 1767225600000)]
        a.sync()
        b.ok('config', 'sync.from', '2026-01-01')
        b.sync()
        self.same(self.ids(b, 'sales'), [sales[1]], 'sales from a day on')
        b.check()
        b.ok('config', 'sync.from', 'payments=2026-01-01')
        b.sync()
        self.same(self.ids(b, 'sales'), sorted(sales), 'sales from an earlier day on')
        self.same(len(b.list('payments')), 1, 'payments')
        b.check()
        b.ok('config', 'sync.from', '2026-01-01')
        self.same(b.sync()['pulled'], 0, 'rows for a later day')
        self.same(self.ids(b, 'sales'), [sales[1]], 'sales from a later day on')
        self.same(b.get('sales', sales[0])['paid'], 100, 'a hidden sale by its id')
        self.same(b.get('products', product)['stock'], -2000, 'stock')
        b.check()
        b.ok('config', 'sync.from', '')
        b.sync()
        self.same_books(a, b)
        self.check_all(server, a, b)


class Log(Case):
    def test_runs_and_attempts(self):
        server, store, a, b = self.two_devices(network=True)
        a.sync()
        a.add('products', {'name': 'Tea'})
        a.sync()
        self.network.rule = lambda request: (_ for _ in ()).throw(Close())
        a.run('sync')
        rows = a.ok('log')
        self.expect(len(rows) >= 3, 'log', came=rows)
        last, run = rows[-1], rows[-2]
        self.same((run['kind'], run['direction'], run['pushed'], run['error']),
                  ('run', 'both', 1, None), 'a run', run, 'issue: every run with time, direction, '
                                                        'counts, bytes')
        self.same(rows[-3]['direction'], 'down', 'a run with nothing to send', rows[-3])
        self.expect(run['bytes_sent'] > 0 and run['bytes_received'] > 0
                    and abs(run['time'] - time.time() * 1000) < 60000, 'a run', came=run)
        self.same((last['kind'], last['direction'], last['requests']), ('attempt', 'down', 1),
                  'an attempt', last)
        self.expect(last['error'], 'an attempt without a reason', came=json.dumps(last))


if __name__ == '__main__':
    main()

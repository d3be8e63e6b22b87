"""A shop with a few devices and the people who work with them, over lines on
which everything happens; and what must be true in the end. Drawn from a seed."""

import json
import random
import time

from .data import new_id
from .line import Line
from .strict import Deviation

# What only one of the devices writes: no other edit may ever undo it.
OWN = ('price', 'category', 'unit')
NOTHING_LOST = 'FAULTS.md I-1'


class Till:
    """A device, the person at it, and what it told that person was saved."""

    def __init__(self, life, name, own):
        self.life = life
        self.own = own
        self.chance = random.Random('%s %s' % (life.seed, name))
        self.ctl = life.case.new_ctl(name)
        self.network = life.case.new_network(life.server.url)
        self.n_killed = 0
        self.line = None
        self.name = name

    def open(self, code):
        self.ctl.pair(self.network.url, code)
        if self.chance.random() < 0.3:
            self.act('config', 'sync.batch', self.chance.choice(['1', '2', '7', '100']))
        if self.chance.random() < 0.4:
            self.act('config', 'sync.policy',
                     self.chance.choice(['server-wins', 'latest-wins', 'ask']))
        self.line = Line(self.network, self.life.server, '%s line %s' % (self.life.seed, self.name),
                         lambda what: self.life.tell('%s, on the line: %s' % (self.name, what)))

    def act(self, *arguments):
        """Runs it; a refusal is fine, anything else is not."""
        result = self.ctl.run(*arguments)
        self.life.tell('%s: %s -> %d %s' % (
            self.name, ' '.join(map(str, arguments)), result.code,
            (result.out + result.err).decode()[:200].strip()))
        if result.code not in (0, 1):
            raise result.deviation('neither done nor refused')
        return result

    def pick(self, table, *arguments):
        rows = self.ctl.list(table, *arguments)
        return self.chance.choice(rows) if rows else None

    def add(self, table, record):
        """Whether it was saved; sometimes the program is killed meanwhile."""
        record.setdefault('id', new_id())
        if self.chance.random() < 0.1:
            process = self.ctl.start('add', table, json.dumps(record))
            time.sleep(self.chance.uniform(0, 0.03))
            process.kill()
            result = self.ctl.finish(process)
            self.n_killed += result.code == -9
            there = self.ctl.run('get', table, record['id']).code == 0
            self.life.tell('%s: add %s %s, killed, saved: %s' % (self.name, table, record['id'],
                                                                 there))
            if result.code == 0 and not there:
                raise Deviation('what was acknowledged is not there', record, result.out,
                                rule=NOTHING_LOST)
            return there
        return self.act('add', table, json.dumps(record)).code == 0

    def make_product(self):
        record = {'name': self.chance.choice('Tea Coffee Milk Sugar Rice'.split()),
                  'price': self.chance.randrange(1, 500) * 10}
        if self.chance.random() < 0.4:
            record['sku'] = 'S%d' % self.chance.randrange(6)
        if self.chance.random() < 0.2:
            record['id'] = 'given-%d' % self.chance.randrange(4)
        if self.add('products', record):
            self.life.products[record['id']] = self

    def make_customer(self):
        record = {'name': 'C%d' % self.chance.randrange(9)}
        if self.add('customers', record):
            self.life.customers.add(record['id'])

    def sell(self):
        product = self.pick('products')
        if product is None:
            return
        record = {'lines': [{'product_id': product['id'], 'unit_price': 1000,
                             'quantity': self.chance.randrange(1, 5) * 500}],
                  'payments': self.chance.choice([[], [{}], [{'amount': 300}]])}
        customer = self.pick('customers')
        if customer and self.chance.random() < 0.5:
            record['customer_id'] = customer['id']
        if self.chance.random() < 0.15:
            record['number'] = 'N-%d' % self.chance.randrange(3)
        back = self.pick('sales')
        if back and self.chance.random() < 0.25:
            record.update(kind='return', refers_to=back['id'], payments=[])
        if self.add('sales', record):
            self.life.sales[record['id']] = len(record['payments'])

    def pay(self):
        sale = self.pick('sales')
        if sale is None:
            return
        payment = {'sale_id': sale['id'], 'amount': self.chance.randrange(1, 200),
                   'method': self.chance.choice(['cash', 'card', 'upi'])}
        if self.add('payments', payment):
            self.life.payments[payment['id']] = sale['id']

    def move(self):
        product = self.pick('products')
        if product is None:
            return
        movement = {'product_id': product['id'], 'quantity': self.chance.randrange(-3, 9) * 500
                    or 250, 'reason': self.chance.choice(['purchase', 'adjustment'])}
        if self.add('stock_movements', movement):
            self.life.movements.add(movement['id'])

    def edit(self):
        """What all write, so that they contradict each other."""
        product = self.pick('products')
        if product:
            self.act('set', 'products', product['id'], json.dumps(self.chance.choice([
                {'name': 'X%d' % self.chance.randrange(9)}, {'note': None},
                {'note': 'N%d' % self.chance.randrange(9)}, {'sku': None},
                {'sku': 'S%d' % self.chance.randrange(6)}])))

    def edit_own(self):
        """What nobody else writes, each time something new."""
        product = self.pick('products')
        if product is None:
            return
        self.life.n_edits += 1
        value = 100000 + self.life.n_edits
        value = value if self.own == 'price' else 'own %d' % value
        if self.act('set', 'products', product['id'], json.dumps({self.own: value})).code == 0:
            self.life.own[product['id'], self.own] = value

    def rename_customer(self):
        customer = self.pick('customers')
        if customer:
            self.act('set', 'customers', customer['id'],
                     json.dumps({'phone': '98%d' % self.chance.randrange(99)}))

    def delete(self):
        table = self.chance.choice(['products', 'products', 'customers'])
        record = self.pick(table)
        if record:
            self.life.deleted.add(record['id'])
            self.act('delete', table, record['id'])

    def restore(self):
        gone = [row for row in self.ctl.list('products', '--deleted') if row['is_deleted']]
        if gone:
            self.act('set', 'products', self.chance.choice(gone)['id'], '{"note":"Back"}')

    def void(self):
        sale = self.pick('sales')
        if sale:
            self.act('set', 'sales', sale['id'], '{"status":"void","note":"x"}')

    def setting(self):
        self.act('config', 'shop.name', 'Shop %d' % self.chance.randrange(5))

    def settle(self):
        """A person looks at what asks for one."""
        for row in self.ctl.conflicts():
            choice = self.chance.choice(['keep-local', 'use-server'])
            if self.act('resolve', row['id'], choice).code == 0:
                self.life.decided.add(row['record_id'])
        for row in self.ctl.queue():
            if row['status'] == 'failed':
                self.discard(row)

    def discard(self, row):
        action = [other for other in self.ctl.queue() if other['action_id'] == row['action_id']]
        if self.act('discard', row['id']).code != 0:
            return
        for other in action:
            record = other['record_id']
            self.life.decided.add(record)
            if other['operation'] != 'INSERT':
                continue
            for known in (self.life.products, self.life.sales, self.life.payments):
                known.pop(record, None)
            self.life.movements.discard(record)
            self.life.customers.discard(record)

    def start_sync(self):
        process = self.ctl.start('sync')
        self.line.process = process
        if self.chance.random() < 0.15:
            time.sleep(self.chance.uniform(0, 0.08))
            process.kill()
        return process

    def finish_sync(self, process):
        result = self.ctl.finish(process)
        self.line.process = None
        self.n_killed += result.code == -9
        self.life.tell('%s: sync -> %d %s' % (self.name, result.code, result.out.decode().strip()))
        if result.code not in (0, 3, -9):
            raise result.deviation('a sync ended otherwise', '0, or 3 over a bad line')

    def step(self):
        todo = {self.make_product: 12, self.make_customer: 4, self.sell: 14, self.pay: 6,
                self.move: 6, self.edit: 10, self.edit_own: 10, self.rename_customer: 3,
                self.delete: 5, self.restore: 3, self.void: 3, self.setting: 2, self.settle: 4}
        self.chance.choices(list(todo), list(todo.values()))[0]()
        self.ctl.check()


class Life:
    """Some steps of all, with syncs between them; then `end`."""

    def __init__(self, case, seed, n_devices=None):
        self.case = case
        self.seed = seed
        self.chance = random.Random(seed)
        self.log = []
        self.products = {}
        self.customers = set()
        self.sales = {}
        self.payments = {}
        self.movements = set()
        self.deleted = set()
        self.decided = set()
        self.own = {}
        self.n_edits = 0
        self.syncs = self.chance.choice([0.2, 0.4, 0.7])
        self.server, self.store, code = case.new_store()
        n_devices = n_devices or self.chance.choice([2, 2, 3])
        self.tills = [Till(self, name, own) for name, own in list(zip('ABC', OWN))[:n_devices]]
        for till in self.tills:
            till.open(code or self.server.pair_code(self.store))
            code = None

    def tell(self, what):
        self.log.append(what)

    @property
    def ctls(self):
        return [till.ctl for till in self.tills]

    def live(self, steps):
        for _ in range(steps):
            till = self.chance.choice(self.tills)
            till.step()
            turn = self.chance.random() / self.syncs
            if turn < 0.7:
                till.finish_sync(till.start_sync())
            elif turn < 1:
                processes = [(other, other.start_sync()) for other in self.tills]
                for other, process in processes:
                    other.finish_sync(process)
            if turn < 1:
                for other in self.tills:
                    other.ctl.check()

    def end(self):
        """The lines are well again; everybody syncs and decides until all is
        quiet."""
        for till in self.tills:
            till.line.heal()
        for _ in range(12):
            for till in self.tills:
                till.ctl.sync()
                till.settle()
            if all(ctl.status()['state'] == 'synced' for ctl in self.ctls):
                break
        for ctl in self.ctls:
            ctl.sync()

    def holds(self):
        """All have the same books as the server, and nothing acknowledged is
        missing or there twice."""
        case = self.case
        case.all_synced(*self.ctls)
        fresh = case.new_ctl('one that was paired last')
        fresh.pair(self.server.url, self.server.pair_code(self.store))
        fresh.sync()
        for ctl in self.ctls:
            case.same(ctl.queue(), [], 'the queue of %s' % ctl.name)
            case.same_books(fresh, ctl)
        case.check_all(self.server, fresh, *self.ctls)
        self.nothing_lost(fresh)
        self.sums(fresh)

    def nothing_lost(self, ctl):
        case = self.case
        sales = {row['id'] for row in ctl.list('sales')}
        case.same(sorted(sales), sorted(self.sales), 'sales', rule=NOTHING_LOST)
        payments = {row['id'] for row in ctl.list('payments')}
        lost = set(self.payments) - payments
        case.expect(not lost, 'acknowledged payments are gone', came=lost, rule=NOTHING_LOST)
        case.same(len(payments), len(self.payments) + sum(self.sales.values()), 'payments',
                  rule='FAULTS.md I-2')
        movements = {row['id'] for row in ctl.list('stock_movements')}
        case.same(sorted(movements), sorted(self.movements), 'stock movements', rule=NOTHING_LOST)

        # A product or customer that nobody deleted and no person decided about
        # is there, or is told of where it was made as joined or renumbered.
        kept = {}
        for till in self.tills:
            for row in till.ctl.conflicts('--all'):
                kept.setdefault(row['record_id'], []).append(row)
        products = {row['id']: row for row in ctl.list('products')}
        there = set(products) | {row['id'] for row in ctl.list('customers')}
        for record in set(self.products) | self.customers:
            case.expect(record in there | self.deleted | self.decided or any(
                row['decision'] in ('joined', 'renumbered') for row in kept.get(record, ())),
                        'an acknowledged record is gone', record, kept.get(record),
                        rule=NOTHING_LOST)
        for (record, field), value in self.own.items():
            others = [row for row in kept.get(record, ())
                      if row['conflict_type'] != 'UPDATE_UPDATE']
            if record not in self.deleted | self.decided and not others:
                case.same(products[record][field], value, '%s of %s, which one device wrote' % (
                    field, record), kept.get(record), NOTHING_LOST)

    def sums(self, ctl):
        """Stock, paid and balance from what they are made of."""
        sales = {row['id']: row for row in ctl.list('sales')}
        stock, paid, balance = {}, {}, {}

        def count(figures, key, amount):
            figures[key] = figures.get(key, 0) + amount

        for sale in sales.values():
            sign = {'sale': 1, 'return': -1}[sale['kind']] if sale['status'] == 'posted' else 0
            count(balance, sale['customer_id'], sign * sale['total_amount'])
            for line in sale['lines']:
                count(stock, line['product_id'], -sign * line['quantity'])
        for row in ctl.list('stock_movements'):
            count(stock, row['product_id'], row['quantity'])
        for row in ctl.list('payments'):
            count(paid, row['sale_id'], row['amount'])
            sale = sales.get(row['sale_id'])
            count(balance, sale['customer_id'] if sale else row['customer_id'], -row['amount'])
        for table, field, figures in (('products', 'stock', stock), ('sales', 'paid', paid),
                                      ('customers', 'balance', balance)):
            for row in ctl.list(table):
                self.case.same(row[field], figures.get(row['id'], 0), '%s of %s %s' % (
                    field, table, row['id']), rule='SYNC.md §1 Projection')

    @property
    def faults(self):
        made = {}
        for till in self.tills:
            for kind, n in till.line.counts.items() if till.line else ():
                made[kind] = made.get(kind, 0) + n
        return made

    @property
    def n_killed(self):
        """Programs killed with -9: of devices, of the server."""
        return sum(till.n_killed for till in self.tills), self.server.n_killed

    @property
    def n_requests(self):
        return sum(len(till.network.requests) for till in self.tills)

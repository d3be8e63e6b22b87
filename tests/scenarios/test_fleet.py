"""A small fleet lives through a seeded day: everything a person may do, in any
order, over a network that loses and cuts answers, with programs killed on the
way. In the end all have the same books and nothing acknowledged is missing.
BIZPULSE_FLEET_SEEDS says which days (such as 1-50), BIZPULSE_FLEET_STEPS how
long they are."""

import json
import os
import random
import time

from bizpulse_testing import Case, main
from bizpulse_testing.network import Close

STEPS = int(os.environ.get('BIZPULSE_FLEET_STEPS', '120'))
FIRST, _, LAST = os.environ.get('BIZPULSE_FLEET_SEEDS', '1-3').partition('-')
SEEDS = range(int(FIRST), int(LAST or FIRST) + 1)


class Day:
    """What happens on one day, and what was acknowledged."""

    def __init__(self, case, seed):
        self.case = case
        self.chance = random.Random(seed)
        self.server, store, code = case.new_store()
        self.network = case.new_network(self.server.url)
        self.ctls = []
        self.sales = {}
        self.movements = {}
        self.log = []
        for name in ('A', 'B', 'C'):
            ctl = case.new_ctl(name)
            ctl.pair(self.network.url, code or self.server.pair_code(store))
            code = None
            self.ctls.append(ctl)
        self.network.rule = self.fault

    def fault(self, request):
        turn = self.chance.random()
        if turn < 0.08:
            raise Close()
        if turn < 0.16:
            self.network.forward(request)
            raise Close()
        if turn < 0.20:
            answer = self.network.forward(request)
            answer.cut = len(answer.body) // 2
            answer.headers['Content-Length'] = str(len(answer.body))
            return answer
        if turn < 0.24:
            self.network.forward(request)
        return None

    def act(self, ctl, *arguments):
        """Runs it; a refusal is fine, anything else is not."""
        result = ctl.run(*arguments)
        self.log.append('%s: %s -> %d %s' % (ctl.name, ' '.join(map(str, arguments)), result.code,
                                             (result.out + result.err).decode()[:160].strip()))
        if result.code not in (0, 1):
            raise result.deviation('neither done nor refused')
        return result

    def pick(self, ctl, table):
        rows = ctl.list(table)
        return self.chance.choice(rows)['id'] if rows else None

    def product(self):
        chance = self.chance
        record = {'name': chance.choice('Tea Coffee Milk Sugar Rice'.split()),
                  'price': chance.randrange(1, 500) * 10}
        if chance.random() < 0.4:
            record['sku'] = 'S%d' % chance.randrange(6)
        if chance.random() < 0.2:
            record['id'] = 'given-%d' % chance.randrange(4)
        return record

    def sell(self, ctl):
        product = self.pick(ctl, 'products')
        if product is None:
            return
        record = {'lines': [{'product_id': product, 'quantity': self.chance.randrange(1, 5) * 500,
                             'unit_price': 1000}], 'payments': self.chance.choice([[], [{}]])}
        customer = self.pick(ctl, 'customers')
        if customer and self.chance.random() < 0.5:
            record['customer_id'] = customer
        if self.chance.random() < 0.15:
            record['number'] = 'N-%d' % self.chance.randrange(3)
        back = self.pick(ctl, 'sales')
        if back and self.chance.random() < 0.2:
            record.update(kind='return', refers_to=back)
        result = self.act(ctl, 'add', 'sales', json.dumps(record))
        if result.code == 0:
            self.sales[result.one['id']] = record['lines'][0]['quantity']

    def step(self):
        chance, ctl = self.chance, self.chance.choice(self.ctls)
        turn = chance.random()
        if turn < 0.14:
            self.act(ctl, 'add', 'products', json.dumps(self.product()))
        elif turn < 0.18:
            self.act(ctl, 'add', 'customers', json.dumps({'name': 'C%d' % chance.randrange(9)}))
        elif turn < 0.32:
            self.sell(ctl)
        elif turn < 0.38:
            product = self.pick(ctl, 'products')
            if product:
                result = self.act(ctl, 'add', 'stock_movements', json.dumps({
                    'product_id': product, 'quantity': 5000, 'reason': 'purchase'}))
                if result.code == 0:
                    self.movements[result.one['id']] = 5000
        elif turn < 0.56:
            product = self.pick(ctl, 'products')
            if product:
                fields = chance.choice([{'price': chance.randrange(9)}, {'category': 'Hot'},
                                        {'name': 'X%d' % chance.randrange(9)}, {'note': None},
                                        {'sku': 'S%d' % chance.randrange(6)}, {'sku': None}])
                self.act(ctl, 'set', 'products', product, json.dumps(fields))
        elif turn < 0.61:
            product = self.pick(ctl, 'products')
            if product:
                self.act(ctl, 'delete', 'products', product)
        elif turn < 0.64:
            sale = self.pick(ctl, 'sales')
            if sale:
                self.act(ctl, 'set', 'sales', sale, '{"status":"void","note":"x"}')
        elif turn < 0.66:
            self.act(ctl, 'config', 'shop.name', 'Shop %d' % chance.randrange(5))
        elif turn < 0.70:
            self.settle(ctl)
        elif turn < 0.76:
            process = ctl.start('sync')
            time.sleep(chance.uniform(0, 0.08))
            process.kill()
            process.wait()
            self.log.append('%s: sync, killed' % ctl.name)
        else:
            result = ctl.run('sync')
            self.log.append('%s: sync -> %d %s' % (ctl.name, result.code, result.out.decode()))
            if result.code not in (0, 3):
                raise result.deviation('a sync ended otherwise')
        ctl.check()

    def settle(self, ctl):
        """A person looks at what asks for one."""
        for row in ctl.conflicts():
            self.act(ctl, 'resolve', row['id'],
                     self.chance.choice(['keep-local', 'use-server']))
        for row in ctl.queue():
            if row['status'] == 'failed':
                if row['table_name'] == 'sales' and row['operation'] == 'INSERT':
                    self.sales.pop(row['record_id'], None)
                self.act(ctl, 'discard', row['id'])

    def end(self):
        """The network is well again; everybody syncs and decides until all is
        quiet."""
        self.network.rule = None
        for _ in range(12):
            for ctl in self.ctls:
                ctl.sync()
                self.settle(ctl)
            if all(ctl.status()['state'] == 'synced' for ctl in self.ctls):
                break
        for ctl in self.ctls:
            ctl.sync()


class Fleet(Case):
    def live(self, seed):
        day = Day(self, seed)
        try:
            for _ in range(STEPS):
                day.step()
            day.end()
            self.all_synced(*day.ctls)
            for ctl in day.ctls[1:]:
                self.same_books(day.ctls[0], ctl)
            self.check_all(day.server, *day.ctls)
            self.nothing_lost(day)
            kinds = [row['conflict_type'] for ctl in day.ctls for row in ctl.conflicts('--all')]
            print('seed %d: %d requests, %d sales, conflicts: %s' % (
                seed, len(day.network.requests), len(day.sales), ' '.join(
                    '%d %s' % (kinds.count(kind), kind) for kind in sorted(set(kinds)))))
        except AssertionError:
            print('seed %d, the last steps:\n  %s' % (seed, '\n  '.join(day.log[-40:])))
            raise
        finally:
            day.server.kill()

    def nothing_lost(self, day):
        ctl = day.ctls[0]
        sales = {sale['id']: sale for sale in ctl.list('sales')}
        lost = [sale for sale in day.sales if sale not in sales]
        self.expect(not lost, '%d acknowledged sales are gone' % len(lost), came=lost,
                    rule='FAULTS.md I-1')
        self.same(len(sales), len(day.sales), 'sales', rule='FAULTS.md I-2')
        movements = {row['id'] for row in ctl.list('stock_movements')}
        self.same(movements, set(day.movements), 'stock movements', rule='FAULTS.md I-1')
        stock = {}
        for sale in sales.values():
            if sale['status'] == 'posted':
                for line in sale['lines']:
                    sign = 1 if sale['kind'] == 'return' else -1
                    stock[line['product_id']] = stock.get(line['product_id'], 0) + \
                        sign * line['quantity']
        for row in ctl.list('stock_movements'):
            stock[row['product_id']] = stock.get(row['product_id'], 0) + row['quantity']
        for product in ctl.list('products'):
            self.same(product['stock'], stock.get(product['id'], 0), 'stock of %s' % product['id'],
                      rule='SYNC.md §1 Projection')

    def test_days(self):
        for seed in SEEDS:
            with self.subTest(seed=seed):
                self.live(seed)


if __name__ == '__main__':
    main()

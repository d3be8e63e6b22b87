"""What people may decide of a conflict, once or again, and what then follows:
SYNC.md §6 "Conflicts", CLI.md `resolve`."""

from bizpulse_testing import TwoDevices, main, retail

STATES = ('base_data', 'local_data', 'server_data')


class DecisionCase(TwoDevices):
    def only_conflict(self, kind, decision):
        rows = self.b.conflicts('--all')
        self.same([(row['conflict_type'], row['decision']) for row in rows], [(kind, decision)],
                  'conflicts --all on B', rows)
        return rows[0]

    def fields(self, ctl, record, *names):
        row = ctl.get('products', record)
        return tuple(row[name] for name in names)

    def decide(self, conflict, *arguments):
        """On B, and to its end on both."""
        self.b.expect(0, 'resolve', conflict['id'], *arguments)
        self.ends_alike()

    def keeps_its_states(self, conflict):
        now = self.b.conflicts('--all')[0]
        for name in STATES:
            self.same(now[name], conflict[name], '%s after deciding again' % name,
                      rule='SYNC.md §6: each kept for good, with base, local and server state')


class Again(DecisionCase):
    def test_updates(self):
        record = self.product(note='n')
        self.a.set('products', record, {'price': 111, 'name': 'Green'})
        self.b.set('products', record, {'price': 222, 'category': 'Hot'})
        self.a.sync()
        self.b.sync()
        conflict = self.only_conflict('UPDATE_UPDATE', 'merged')
        self.same(conflict['local_data']['device_name'], 'B', 'who changed it here', conflict)
        self.same(conflict['server_data']['device_name'], 'A', 'who changed it there', conflict)
        self.ends_alike()
        self.a.set('products', record, {'note': 'later'})
        self.rounds()

        self.decide(conflict, 'keep-local')
        self.same(self.fields(self.a, record, 'price', 'name', 'category', 'note'),
                  (222, 'Tea', 'Hot', 'later'), 'the local state, and what came later')
        self.only_conflict('UPDATE_UPDATE', 'local')
        self.decide(conflict, 'use-server')
        self.same(self.fields(self.a, record, 'price', 'name', 'category', 'note'),
                  (111, 'Green', None, 'later'), 'the server\'s state, and what came later')
        self.only_conflict('UPDATE_UPDATE', 'server')
        self.decide(conflict, 'merge', 'price=:333', 'category=:a=b', 'name=local')
        self.same(self.fields(self.a, record, 'price', 'name', 'category', 'note'),
                  (333, 'Tea', 'a=b', 'later'), 'a merge, and what came later')
        self.only_conflict('UPDATE_UPDATE', 'merged')
        self.keeps_its_states(conflict)

    def test_deleted_there(self):
        record = self.product()
        self.a.expect(0, 'delete', 'products', record)
        self.b.set('products', record, {'price': 222})
        self.a.sync()
        self.b.sync()
        conflict = self.only_conflict('DELETE_UPDATE', None)
        for choice, deleted in (('use-server', 1), ('keep-local', 0), ('use-server', 1),
                                ('keep-local', 0)):
            self.decide(conflict, choice)
            self.same(self.fields(self.a, record, 'is_deleted'), (deleted,), choice)
        self.same(self.fields(self.a, record, 'price', 'name'), (222, 'Tea'), 'what came back')
        self.only_conflict('DELETE_UPDATE', 'local')
        self.keeps_its_states(conflict)

    def test_deleted_here(self):
        record = self.product()
        self.a.set('products', record, {'price': 111})
        self.b.expect(0, 'delete', 'products', record)
        self.a.sync()
        self.b.sync()
        conflict = self.only_conflict('UPDATE_DELETE', None)
        self.same(self.b.list('products'), [], 'what B lists meanwhile')
        self.same([(row['id'], row['is_deleted'], row['sync_status'])
                   for row in self.b.list('products', '--deleted')], [(record, 1, 'conflict')],
                  'what B lists with --deleted')
        for choice, deleted in (('keep-local', 1), ('use-server', 0), ('keep-local', 1),
                                ('use-server', 0)):
            self.decide(conflict, choice)
            self.same(self.fields(self.a, record, 'is_deleted'), (deleted,), choice)
        self.same(self.fields(self.a, record, 'price'), (111,), 'what came back')
        self.keeps_its_states(conflict)

    def test_joined(self):
        ids = {}
        for ctl, name in ((self.a, 'Tea'), (self.b, 'TEA')):
            ids[ctl.name] = ctl.add('products', {'name': name, 'sku': 'S1', 'price': 100})
            ctl.add('stock_movements', {'product_id': ids[ctl.name], 'quantity': 5000,
                                        'reason': 'opening'})
            ctl.add('sales', {'lines': [{'sku': 'S1', 'quantity': 1000}], 'payments': [{}]})
        self.ends_alike()
        conflict = self.only_conflict('ID_COLLISION', 'joined')
        self.decide(conflict, 'use-server')
        self.only_conflict('ID_COLLISION', 'joined')

        # A script that still holds the id means the product that it became.
        self.b.add('stock_movements', {'product_id': ids['B'], 'quantity': 100,
                                       'reason': 'purchase'})
        self.b.add('sales', {'lines': [{'product_id': ids['B'], 'quantity': 1000}],
                             'payments': [{}]})
        self.ends_alike()
        self.same(self.fields(self.a, ids['A'], 'stock'), (7100,), 'stock of the one product')

        refused = self.b.fails(1, 'resolve', conflict['id'], 'keep-local')
        self.expect(b'sku' in refused.err and b'merge sku=:' in refused.err,
                    'the reason', came=refused.err,
                    rule='SYNC.md §6: can be undone (then it needs another sku or barcode)')
        self.only_conflict('ID_COLLISION', 'joined')
        self.decide(conflict, 'merge', 'sku=:S2', 'price=:150')
        self.only_conflict('ID_COLLISION', 'merged')
        self.same(self.fields(self.a, ids['B'], 'name', 'sku', 'price', 'stock'),
                  ('TEA', 'S2', 150, 0), 'the product of B is back')
        self.same(self.fields(self.a, ids['A'], 'name', 'sku', 'stock'), ('Tea', 'S1', 7100),
                  'stock stays where it went')
        self.decide(conflict, 'use-server')
        self.same([row['id'] for row in self.a.list('products')], [ids['A']], 'joined once more')

    def test_joined_and_its_key_is_free(self):
        ids = [ctl.add('products', {'name': ctl.name, 'barcode': '890'}) for ctl in
               (self.a, self.b)]
        self.ends_alike()
        conflict = self.only_conflict('ID_COLLISION', 'joined')
        self.a.set('products', ids[0], {'barcode': '891'})
        self.rounds()
        self.decide(conflict, 'keep-local')
        self.same(sorted((row['name'], row['barcode']) for row in self.a.list('products')),
                  [('A', '891'), ('B', '890')], 'products')
        self.only_conflict('ID_COLLISION', 'local')

    def test_both_kept(self):
        for ctl in (self.a, self.b):
            ctl.add('products', {'id': 'p-1', 'name': ctl.name})
            ctl.add('sales', {'number': 'N-1', 'note': ctl.name, 'lines': [
                {'name': 'x', 'unit_price': 100, 'quantity': 1000}]})
        self.ends_alike()
        for conflict in self.b.conflicts('--all'):
            self.same(conflict['decision'], 'renumbered', 'the decision', conflict)
            self.b.expect(0, 'resolve', conflict['id'], 'keep-local')
            self.b.fails(1, 'resolve', conflict['id'], 'use-server')
            self.b.fails(1, 'resolve', conflict['id'], 'merge')
        self.ends_alike()
        self.same(sorted(row['name'] for row in self.a.list('products')), ['A', 'B'], 'products')
        self.same(self.fields(self.b, 'p-1', 'name'), ('A',), 'the one that keeps the id')


class Following(DecisionCase):
    def sell(self, ctl, **fields):
        return ctl.add('sales', dict({'payments': [{}], 'lines': [
            {'name': 'x', 'unit_price': 100, 'quantity': 2000}]}, **fields))

    def give_back(self, ctl, sale):
        return ctl.add('sales', {'kind': 'return', 'refers_to': sale, 'lines': [
            {'name': 'x', 'unit_price': 100, 'quantity': 1000}],
            'payments': [{'amount': -100, 'method': 'cash'}]})

    def test_number(self):
        self.sell(self.a, number='N-1')
        sale = self.sell(self.b, number='N-1', note='mine')
        back = self.give_back(self.b, sale)
        self.ends_alike()
        for ctl in (self.a, self.b):
            row = ctl.get('sales', sale)
            self.expect(row['number'] != 'N-1' and row['paid'] == 200, 'the bill', came=row)
            self.same(ctl.get('sales', back)['refers_to'], sale, 'what was given back')
        found = [row['id'] for row in self.b.list('sales', '--search', 'N-1')]
        self.expect(sale in found and len(found) == 2, 'bills found by the printed number',
                    came=found, rule='SYNC.md §6: the old one stays findable')

    def test_id(self):
        self.sell(self.a, id='s-1', number='N-1', note='A')
        self.sell(self.b, id='s-1', number='N-2', note='B')
        back = self.give_back(self.b, 's-1')
        self.ends_alike()
        sales = {row['note']: row for row in self.a.list('sales') if row['kind'] == 'sale'}
        self.same(sales['A']['id'], 's-1', 'the first keeps its id')
        self.same(self.a.get('sales', back)['refers_to'], sales['B']['id'], 'refers_to',
                  rule='SYNC.md §6: everything that refers to it follows')
        self.same((sales['A']['paid'], sales['B']['paid']), (200, 200), 'paid')
        self.expect(sales['B']['id'] in [row['id'] for row in
                                         self.b.list('sales', '--search', 's-1')],
                    'not found by its old id')

    def test_sold_after_it_was_deleted(self):
        record = self.product()
        self.b.add('stock_movements', {'product_id': record, 'quantity': 9000,
                                       'reason': 'opening'})
        self.rounds()
        self.a.expect(0, 'delete', 'products', record)
        self.b.add('sales', {'lines': [{'product_id': record, 'quantity': 1000}],
                             'payments': [{}]})
        self.ends_alike()
        self.same(self.b.conflicts('--all'), [], 'a sale of a deleted product is no conflict')
        self.b.set('products', record, {'price': 120})
        self.ends_alike()
        self.same(self.fields(self.a, record, 'is_deleted', 'price', 'stock'), (0, 120, 8000),
                  'the product that was brought back',
                  rule='CLI.md set: on a deleted record restores it')

    def billed(self):
        """B's bill brings a product that A has deleted: the bill does not wait."""
        for ctl, number in ((self.a, 'N-1'), (self.b, 'N-2')):
            name = retail.write(self.path('%s.csv' % ctl.name), [
                [number, 'SKU1', 'ARTICLE', '1', '2010-12-01 08:26:00', '1.00', 'Asha', 'UK']])
            ctl.ok('import', 'sales', name, '--map', retail.MAP)
        self.a.sync()
        product = self.a.list('products')[0]['id']
        self.a.expect(0, 'delete', 'products', product)
        self.a.sync()
        self.b.sync()
        self.a.sync()
        conflict = self.only_conflict('DELETE_UPDATE', None)
        self.same(conflict['record_id'], product, 'the record in conflict')
        self.same([(row['table_name'], row['record_id']) for row in self.b.queue()],
                  [('products', product)], 'what waits',
                  rule='SYNC.md §6: while a conflict is open its operations wait; §3: a sale may '
                       'arrive before its product')
        self.same(len(self.a.list('sales')), 2, 'bills on A meanwhile')
        self.check_all(self.server, self.a, self.b)
        return conflict, product

    def test_billed_and_kept(self):
        conflict, product = self.billed()
        self.decide(conflict, 'keep-local')
        self.same(self.fields(self.a, product, 'is_deleted', 'stock'), (0, -2000), 'the product')

    def test_billed_and_given_up(self):
        conflict, product = self.billed()
        self.decide(conflict, 'use-server')
        self.same(self.fields(self.b, product, 'is_deleted'), (1,), 'the product')
        self.b.set('products', product, {'name': 'Back'})
        self.ends_alike()
        self.same(self.fields(self.a, product, 'is_deleted', 'stock'), (0, -2000), 'brought back')

    def test_billed_and_discarded(self):
        conflict, product = self.billed()
        self.b.expect(0, 'discard', self.b.queue()[0]['id'])
        self.ends_alike()
        self.only_conflict('DELETE_UPDATE', 'server')
        self.same(self.fields(self.b, product, 'is_deleted'), (1,), 'the product')
        self.b.set('products', product, {'name': 'Back'})
        self.ends_alike()
        self.same(self.fields(self.a, product, 'is_deleted', 'stock'), (0, -2000), 'brought back')


class OnTop(DecisionCase):
    def test_the_server_moves_after_a_decision(self):
        record = self.product()
        self.b.expect(0, 'config', 'sync.policy', 'ask')
        self.a.set('products', record, {'price': 111})
        self.b.set('products', record, {'price': 222})
        self.a.sync()
        self.b.sync()
        first = self.only_conflict('UPDATE_UPDATE', None)
        self.b.expect(0, 'resolve', first['id'], 'keep-local')
        self.a.set('products', record, {'price': 333})
        self.a.sync()
        self.b.sync()
        rows = self.b.conflicts()
        self.same([(row['local_data']['price'], row['server_data']['price']) for row in rows],
                  [(222, 333)], 'a conflict on the decision', rows,
                  'SYNC.md §6: a decision is an operation on the version shown')
        self.same(self.fields(self.a, record, 'price'), (333,), 'nothing was written over')
        self.b.expect(0, 'resolve', rows[0]['id'], 'use-server')
        self.ends_alike()
        self.same(self.fields(self.b, record, 'price'), (333,), 'in the end')

    def test_edited_and_deleted_while_open(self):
        record = self.product()
        self.a.set('products', record, {'price': 111})
        self.b.expect(0, 'delete', 'products', record)
        self.a.sync()
        self.b.sync()
        self.only_conflict('UPDATE_DELETE', None)
        self.b.set('products', record, {'category': 'Hot'})
        self.same(self.only_conflict('UPDATE_UPDATE', None)['local_data']['is_deleted'], 0,
                  'an edit while it is open folds in')
        self.ends_alike()
        self.same(self.fields(self.a, record, 'price', 'category'), (111, 'Hot'), 'merged')

    def test_two_products_change_skus(self):
        """Each edit alone is refused while the other holds the SKU. One of them
        without a SKU for a while is the way out."""
        first = self.product(sku='X')
        second = self.product(sku='Y')
        self.a.set('products', first, {'sku': 'T'})
        self.a.set('products', second, {'sku': 'X'})
        self.a.set('products', first, {'sku': 'Y'})
        self.a.sync()
        failed = self.a.queue()
        self.same([row['status'] for row in failed], ['failed', 'failed'], 'the queue', failed)
        self.expect('Tea' in failed[0]['last_error'], 'the reason names the other',
                    came=failed[0]['last_error'], rule='SYNC.md §3: `duplicate_key` naming the '
                                                       'other')
        self.a.set('products', first, {'sku': None})
        self.a.sync()
        self.a.expect(0, 'retry', '--all')
        self.a.sync()
        self.a.set('products', first, {'sku': 'Y'})
        self.ends_alike()
        self.same([self.fields(self.b, record, 'sku') for record in (first, second)],
                  [('Y',), ('X',)], 'the SKUs')


if __name__ == '__main__':
    main()

"""SYNC.md §6 "Conflicts": two devices changed the same while apart."""

import json

from bizpulse_testing import TwoDevices, main, retail

COLUMNS = 'id table_name record_id conflict_type base_data local_data server_data decision ' \
          'created_at resolved'


class ConflictCase(TwoDevices):
    def only_conflict(self, ctl, kind, decision, record=None):
        """The single conflict that @ctl keeps."""
        rows = ctl.conflicts('--all')
        self.same(len(rows), 1, 'conflicts --all on %s: %s' % (ctl.name, json.dumps(rows)),
                  rule='SYNC.md §6 Conflicts: each kept for good in `sync_conflicts`')
        row = rows[0]
        missing = set(COLUMNS.split()) - set(row)
        self.expect(not missing, 'members missing: %s' % missing, came=row,
                    rule='CLI.md conflicts: members as the columns of `sync_conflicts`')
        self.same((row['conflict_type'], row['decision']), (kind, decision), 'the conflict', row,
                  'SYNC.md §6 Conflicts')
        self.same(len(ctl.conflicts()), 1 if decision is None else 0, 'open conflicts',
                  rule='CLI.md conflicts: open (all) conflicts, `decision` null while open')
        if record is not None:
            self.same(row['record_id'], record, 'the record of the conflict', row)
        return row

    def no_conflict(self, *ctls):
        for ctl in ctls:
            self.same(ctl.conflicts('--all'), [], 'conflicts on %s' % ctl.name)


class UpdateUpdate(ConflictCase):
    def test_different_fields(self):
        record = self.product()
        self.a.set('products', record, {'name': 'Green tea'})
        self.b.set('products', record, {'price': 200, 'category': 'Hot'})
        self.a.sync()
        made = self.b.sync()
        self.same(made['conflicts'], 1, 'conflicts that sync counts', made)
        self.only_conflict(self.b, 'UPDATE_UPDATE', 'merged', record)
        self.ends_alike()
        row = self.a.get('products', record)
        self.same((row['name'], row['price'], row['category']), ('Green tea', 200, 'Hot'),
                  'both kept',
                  rule='SYNC.md §6: different fields: both kept (three-way merge on the base)')
        self.no_conflict(self.a)

    def test_same_field(self):
        record = self.product()
        self.a.set('products', record, {'price': 111})
        self.b.set('products', record, {'price': 222, 'category': 'Hot'})
        self.a.sync()
        made = self.b.sync()
        self.expect(made['state'] == 'synced' and made['conflicts'] == 1, 'state after it',
                    came=made,
                    rule='SYNC.md §6: no question')
        row = self.b.conflicts('--all')[0]
        self.expect(row['decision'] in ('server', 'merged'), 'the decision', came=row)
        self.only_conflict(self.b, 'UPDATE_UPDATE', row['decision'], record)
        states = [state_of(row[name], 'price') for name in ('base_data', 'local_data',
                                                            'server_data')]
        self.same(states, [100, 222, 111], 'base, local and server state', row,
                  'SYNC.md §6 Conflicts: with base, local and server state')
        self.ends_alike()
        record_now = self.a.get('products', record)
        self.same((record_now['price'], record_now['category']), (111, 'Hot'), 'what holds',
                  rule='SYNC.md §6: in that field the server\'s value wins, the others merge')
        self.b.expect(0, 'resolve', row['id'], 'keep-local')
        self.same(self.b.get('products', record)['price'], 222, 'decided again',
                  rule='CLI.md resolve: decides one, an already decided one again, too')
        self.ends_alike()
        self.same(self.a.get('products', record)['price'], 222, 'on A after it was decided again')

    def test_nothing_but_the_same_field(self):
        record = self.product()
        self.a.set('products', record, {'price': 111})
        self.b.set('products', record, {'price': 222})
        self.a.sync()
        self.b.sync()
        row = self.only_conflict(self.b, 'UPDATE_UPDATE', 'server', record)
        self.same(state_of(row['local_data'], 'price'), 222, 'the local state', row,
                  'SYNC.md §6: the local state is kept as backup')
        self.ends_alike()
        self.same(self.b.get('products', record)['price'], 111, 'the server\'s value')

    def test_the_same_value(self):
        record = self.product()
        self.a.set('products', record, {'price': 333})
        self.b.set('products', record, {'price': 333})
        self.ends_alike()
        self.same(self.b.get('products', record)['price'], 333, 'both set the same')

    def test_latest_wins(self):
        record = self.product()
        self.b.expect(0, 'config', 'sync.policy', 'latest-wins')
        self.a.set('products', record, {'price': 111})
        self.b.set('products', record, {'price': 222})
        self.ends_alike()
        self.same(self.a.get('products', record)['price'], 222, 'the later one',
                  rule='SYNC.md §6: `latest-wins` (by `modified_at`)')

    def ask(self):
        record = self.product()
        self.b.expect(0, 'config', 'sync.policy', 'ask')
        self.a.set('products', record, {'price': 111, 'name': 'Green', 'note': 'A'})
        self.b.set('products', record, {'price': 222, 'name': 'Black', 'category': 'Hot'})
        other = self.b.add('products', {'name': 'Other'})
        self.a.sync()
        self.b.sync()
        self.a.sync()
        row = self.only_conflict(self.b, 'UPDATE_UPDATE', None, record)
        self.same(self.b.status()['state'], 'conflicts', 'state with an open conflict')
        self.same(self.b.status()['conflicts'], 1, 'count of open conflicts')
        now = self.b.get('products', record)
        self.same((now['price'], now['sync_status']), (222, 'conflict'), 'the record meanwhile')
        self.same(self.a.get('products', other)['name'], 'Other', 'others go on')
        self.b.check()
        return record, row['id']

    def test_ask_merge(self):
        record, conflict = self.ask()
        self.expect(self.b.run('resolve', conflict, 'merge', 'price=local').code in (1, 2),
                    'a merge that leaves `name` open', rule='CLI.md resolve: one that both changed '
                    'must be named')
        self.expect(self.b.run('resolve', conflict, 'merge', 'colour=local').code in (1, 2),
                    'a merge of a field that is none')
        self.same(len(self.b.conflicts()), 1, 'a refused merge decided')
        self.b.expect(0, 'resolve', conflict, 'merge', 'price=:345', 'name=local')
        self.ends_alike()
        row = self.a.get('products', record)
        self.same((row['price'], row['name'], row['category'], row['note']), (345, 'Black', 'Hot',
                                                                              'A'),
                  'the merge', rule='CLI.md resolve: in a merge fields not named follow the rule')
        self.only_conflict(self.b, 'UPDATE_UPDATE', 'merged', record)

    def test_ask_keep_local(self):
        record, conflict = self.ask()
        self.b.expect(0, 'resolve', conflict, 'keep-local')
        self.ends_alike()
        row = self.a.get('products', record)
        self.same((row['price'], row['name'], row['category']), (222, 'Black', 'Hot'),
                  'local was kept')
        self.only_conflict(self.b, 'UPDATE_UPDATE', 'local', record)

    def test_ask_use_server(self):
        record, conflict = self.ask()
        self.b.expect(0, 'resolve', conflict, 'use-server')
        self.ends_alike()
        row = self.b.get('products', record)
        self.same((row['price'], row['name'], row['note']), (111, 'Green', 'A'), 'the server\'s')
        self.only_conflict(self.b, 'UPDATE_UPDATE', 'server', record)

    def test_the_server_moves_on(self):
        record, conflict = self.ask()
        self.a.set('products', record, {'price': 999})
        self.a.sync()
        self.b.sync()
        rows = self.b.conflicts()
        self.same(len(rows), 1, 'open conflicts of one record', rows,
                  'SYNC.md §6: newer server rows replace the server side, one open conflict a '
                  'record')
        self.same(state_of(rows[0]['server_data'], 'price'), 999, 'the server side', rows[0])
        self.b.set('products', record, {'category': 'Cold'})
        self.b.expect(0, 'resolve', rows[0]['id'], 'merge', 'price=server', 'name=server')
        self.ends_alike()
        row = self.a.get('products', record)
        self.same((row['price'], row['name'], row['category']), (999, 'Green', 'Cold'),
                  'in the end')

    def test_usage(self):
        record, conflict = self.ask()
        self.b.fails(1, 'resolve', '99999', 'use-server')
        self.b.fails(2, 'resolve', conflict)
        self.b.fails(2, 'resolve', conflict, 'whatever')
        self.b.fails(2, 'resolve')


class Deletions(ConflictCase):
    def delete_update(self):
        """Deleted on A, changed on B."""
        record = self.product()
        self.a.expect(0, 'delete', 'products', record)
        self.b.set('products', record, {'price': 222})
        other = self.b.add('products', {'name': 'Other'})
        self.a.sync()
        self.b.sync()
        self.a.sync()
        row = self.only_conflict(self.b, 'DELETE_UPDATE', None, record)
        now = self.b.get('products', record)
        self.same((now['price'], now['sync_status'], now['is_deleted']), (222, 'conflict', 0),
                  'the record meanwhile', rule='SYNC.md §6: local stays visible with the conflict '
                                               'icon')
        self.same(self.b.status()['state'], 'conflicts', 'the state')
        self.same(self.a.get('products', other)['name'], 'Other', 'others go on')
        self.check_all(self.server, self.a, self.b)
        return record, row['id']

    def test_delete_update_keep_local(self):
        record, conflict = self.delete_update()
        self.b.expect(0, 'resolve', conflict, 'keep-local')
        self.ends_alike()
        row = self.a.get('products', record)
        self.same((row['is_deleted'], row['price'], row['name']), (0, 222, 'Tea'), 'restored on A',
                  rule='SYNC.md §6: keep local (restores it)')
        self.only_conflict(self.b, 'DELETE_UPDATE', 'local', record)

    def test_delete_update_use_server(self):
        record, conflict = self.delete_update()
        self.b.expect(0, 'resolve', conflict, 'use-server')
        self.ends_alike()
        self.same(self.b.get('products', record)['is_deleted'], 1, 'on B', rule='SYNC.md §6: or '
                  'accept the deletion')
        self.only_conflict(self.b, 'DELETE_UPDATE', 'server', record)

    def update_delete(self):
        """Changed on A, deleted on B."""
        record = self.product()
        self.a.set('products', record, {'price': 111})
        self.b.expect(0, 'delete', 'products', record)
        self.a.sync()
        self.b.sync()
        row = self.only_conflict(self.b, 'UPDATE_DELETE', None, record)
        self.same(self.b.get('products', record)['sync_status'], 'conflict', 'sync_status')
        self.check_all(self.server, self.a, self.b)
        return record, row['id']

    def test_update_delete_keep_local(self):
        record, conflict = self.update_delete()
        self.b.expect(0, 'resolve', conflict, 'keep-local')
        self.ends_alike()
        self.same(self.a.get('products', record)['is_deleted'], 1, 'on A',
                  rule='SYNC.md §6: delete all the same')

    def test_update_delete_use_server(self):
        record, conflict = self.update_delete()
        self.b.expect(0, 'resolve', conflict, 'use-server')
        self.ends_alike()
        row = self.b.get('products', record)
        self.same((row['is_deleted'], row['price']), (0, 111), 'on B',
                  rule='SYNC.md §6: or take the server\'s')

    def test_both_deleted(self):
        record = self.product()
        for ctl in (self.a, self.b):
            ctl.expect(0, 'delete', 'products', record)
        self.ends_alike()
        self.no_conflict(self.a, self.b)
        self.a.set('products', record, {'name': 'Back'})
        self.ends_alike()
        self.same(self.b.get('products', record)['name'], 'Back', 'restored',
                  rule='CLI.md set: on a deleted record restores it')

    def test_added_and_deleted_before_a_sync(self):
        record = self.a.add('products', {'name': 'Ghost'})
        self.a.expect(0, 'delete', 'products', record)
        self.same(self.a.queue(), [], 'the queue', rule='SYNC.md §6 Queue: no base: INSERT, or '
                                                        'nothing '
                  'if deleted')
        self.ends_alike()
        self.same(self.b.list('products', '--deleted'), [], 'on B')


class Collisions(ConflictCase):
    def test_same_id(self):
        for ctl, name in ((self.a, 'Mine'), (self.b, 'Theirs')):
            ctl.add('products', {'id': 'p-1', 'name': name, 'price': 100})
            ctl.add('stock_movements', {'product_id': 'p-1', 'quantity': 10000,
                                        'reason': 'opening'})
            ctl.add('sales', {'lines': [{'product_id': 'p-1', 'quantity': 1000}], 'payments': [{}],
                              'note': name})
        self.a.sync()
        self.b.sync()
        self.only_conflict(self.b, 'ID_COLLISION', 'renumbered')
        self.ends_alike()
        rows = {row['name']: row for row in self.a.list('products')}
        self.same(sorted(rows), ['Mine', 'Theirs'], 'products', rule='SYNC.md §6: both are kept')
        self.same(rows['Mine']['id'], 'p-1', 'the first keeps its id')
        self.same((rows['Mine']['stock'], rows['Theirs']['stock']), (9000, 9000), 'stock',
                  rule='SYNC.md §6: everything that refers to it follows')
        for sale in self.a.list('sales'):
            self.same(sale['lines'][0]['product_id'], rows[sale['note']]['id'], 'a sale\'s line',
                      sale,
                      'SYNC.md §6: everything that refers to it follows')

    def test_same_customer_id(self):
        for ctl, name in ((self.a, 'Asha'), (self.b, 'Ravi')):
            ctl.add('customers', {'id': 'c-1', 'name': name})
            ctl.add('sales', {'customer_id': 'c-1', 'lines': [
                {'name': 'x', 'unit_price': 100, 'quantity': 1000}]})
            ctl.add('payments', {'customer_id': 'c-1', 'amount': 40, 'method': 'upi'})
        self.ends_alike()
        rows = self.a.list('customers')
        self.same(sorted((row['name'], row['balance']) for row in rows), [('Asha', 60),
                                                                          ('Ravi', 60)],
                  'customers', rule='SYNC.md §6 ID_COLLISION')

    def test_same_number(self):
        for ctl in (self.a, self.b):
            ctl.add('sales', {'number': 'N-1', 'note': ctl.name, 'payments': [{}], 'lines': [
                {'name': 'x', 'unit_price': 100, 'quantity': 1000}]})
        self.a.sync()
        self.b.sync()
        self.only_conflict(self.b, 'ID_COLLISION', 'renumbered')
        self.ends_alike()
        sales = {sale['note']: sale for sale in self.a.list('sales')}
        self.same(sorted(sales), ['A', 'B'], 'sales')
        self.same(sales['A']['number'], 'N-1', 'the first keeps its number')
        self.expect(sales['B']['number'] != 'N-1' and sales['B']['paid'] == 100, 'the other',
                    came=sales['B'])
        for ctl in (self.b,):
            found = {sale['note'] for sale in ctl.list('sales', '--search', 'N-1')}
            self.same(found, {'A', 'B'}, 'search for the old number on %s' % ctl.name,
                      rule='SYNC.md §6: the old one stays findable')

    def test_same_number_imported_with_other_content(self):
        for ctl, price in ((self.a, '1.00'), (self.b, '2.00')):
            name = retail.write(self.path('%s.csv' % ctl.name), [
                ['N-1', 'SKU1', 'ARTICLE', '1', '2010-12-01 08:26:00', price, 'Asha', 'UK'],
                ['N-2', 'SKU2', 'OTHER', '1', '2010-12-01 08:27:00', '5.00', '', 'UK']])
            ctl.ok('import', 'sales', name, '--map', retail.MAP)
        self.ends_alike()
        totals = sorted(sale['total_amount'] for sale in self.b.list('sales'))
        self.same(totals, [100, 200, 500], 'bills', rule='SYNC.md §6 ID_COLLISION: both are kept')
        self.same(sorted((row['amount']) for row in self.b.list('payments')), [100, 200, 500],
                  'payments')
        self.same([sale['paid'] == sale['total_amount'] for sale in self.b.list('sales')],
                  [True] * 3,
                  'each is paid', self.b.list('payments'), 'everything that refers to it follows')
        self.same({row['sku']: row['stock'] for row in self.a.list('products')},
                  {'SKU1': -2000, 'SKU2': -1000}, 'stock')

    def test_same_sku(self):
        ids = {}
        for ctl, name in ((self.a, 'Tea'), (self.b, 'TEA')):
            ids[ctl.name] = ctl.add('products', {'name': name, 'sku': 'S1', 'price': 100})
            ctl.add('stock_movements', {'product_id': ids[ctl.name], 'quantity': 5000,
                                        'reason': 'opening'})
            ctl.add('sales', {'lines': [{'sku': 'S1', 'quantity': 1000}], 'payments': [{}]})
        self.a.sync()
        self.b.sync()
        row = self.only_conflict(self.b, 'ID_COLLISION', 'joined')
        self.same(state_of(row['local_data'], 'name'), 'TEA', 'the local state', row,
                  'SYNC.md §6: its own state is kept as backup')
        self.ends_alike()
        rows = self.b.list('products')
        self.same([(row['id'], row['name'], row['stock']) for row in rows], [(ids['A'], 'Tea',
                                                                              8000)],
                  'products on B', rule='SYNC.md §6: local becomes the server\'s: what refers to '
                                        'it '
                  'follows')
        for sale in self.a.list('sales'):
            self.same(sale['lines'][0]['product_id'], ids['A'], 'a sale\'s line', sale)

    def test_same_barcode(self):
        for ctl in (self.a, self.b):
            ctl.add('products', {'name': ctl.name, 'barcode': '890'})
        self.ends_alike()
        self.same([row['name'] for row in self.b.list('products')], ['A'], 'products')

    def test_settings(self):
        for ctl in (self.a, self.b):
            ctl.expect(0, 'config', 'shop.name', 'Shop of ' + ctl.name)
        self.a.sync()
        self.b.sync()
        self.ends_alike()
        for ctl in (self.a, self.b):
            self.same(ctl.one('config')['shop.name'], 'Shop of A', 'shop.name on %s' % ctl.name,
                      rule='SYNC.md §3: `settings`: `UPDATE_UPDATE` with an empty base')
        row = self.only_conflict(self.b, 'UPDATE_UPDATE', 'server', 'shop.name')
        self.b.expect(0, 'resolve', row['id'], 'keep-local')
        self.ends_alike()
        self.same(self.a.one('config')['shop.name'], 'Shop of B', 'decided again')

    def test_void_and_note(self):
        sale = self.a.add('sales', {'lines': [{'name': 'x', 'unit_price': 100, 'quantity': 1000}]})
        self.rounds()
        self.a.set('sales', sale, {'status': 'void', 'note': 'Wrong'})
        self.b.set('sales', sale, {'status': 'void', 'note': 'Mistake'})
        self.ends_alike()
        self.same(self.b.get('sales', sale)['status'], 'void', 'both voided it')


def state_of(data, field):
    """A field of a side of a conflict: the fields themselves or under `data`."""
    return data.get('data', data).get(field)


if __name__ == '__main__':
    main()

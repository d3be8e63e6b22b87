"""SYNC.md §3 on the wire: what a push does, and what it is answered."""

import json

from bizpulse_testing import (Case, Device, Wire, main, make_action, make_operation, new_id,
                              sale_data)


class PushCase(Case):
    def setUp(self):
        super().setUp()
        self.server, self.store, self.device = self.new_wire()

    def second(self, **members):
        return Device.pair(Wire(self.server.url), self.server.pair_code(self.store), 'Second',
                           'SEC', **members)

    def insert(self, table, record, **data):
        operation = make_operation(table, record, data=data)
        return operation, self.device.applied(operation)[0]

    def conflict(self, result, kind, operation, rule, **members):
        wanted = {'status': 'conflict', 'conflict_type': kind, **members}
        came = {name: result.get(name) for name in wanted}
        self.expect(came == wanted, 'not the conflict expected', operation, result, wanted, rule)
        return result.get('server')

    def rejected(self, result, codes, operation, rule):
        codes = codes.split()
        self.expect(result['status'] == 'rejected' and result.get('code') in codes,
                    'not rejected as it should be', operation, result,
                    'rejected %s' % ' or '.join(codes), rule)

    def unchanged(self, before, what):
        self.same(self.device.pull('products', 'sales', 'payments', 'customers', 'settings',
                                   'stock_movements', deleted=True), before,
                  '%s left something behind' % what,
                  rule='SYNC.md §3: What was in conflict, rejected or held leaves nothing behind')

    def everything(self):
        return self.device.pull('products', 'sales', 'payments', 'customers', 'settings',
                                'stock_movements', deleted=True)


class Once(PushCase):
    def test_applied(self):
        operation, result = self.insert('products', 'p1', name='Tea', price=5000)
        self.same((result['version'], result['seq']), (1, self.device.seq),
                  'version and seq of the first change', operation, 'SYNC.md §1, §3')
        row = self.device.record('products', 'p1')
        wanted = {'id': 'p1', 'version': 1, 'is_deleted': 0,
                  'modified_at': operation['modified_at'],
                  'op_id': operation['op_id'], 'device_name': 'Tester', 'name': 'Tea',
                  'price': 5000, 'sku': None, 'stock': 0, 'cost': 0, 'tax_inclusive': 0}
        self.same({name: row[name] for name in wanted}, wanted, 'the row is another one', operation,
                  'SYNC.md §3 INSERT: fields left out are null (numbers and flags 0)')

    def test_the_same_again(self):
        operation, first = self.insert('products', 'p1', name='Tea')
        before = self.everything()
        rule = 'SYNC.md §3: It comes again, in any push, from any device: same content → applied'
        for device in (self.device, self.second()):
            again = dict(reversed(list(operation.items())))
            again.update(modified_at=5, user='Somebody', action_id=new_id())
            result = device.push_one(again)
            self.same({name: result.get(name) for name in ('status', 'version', 'seq')},
                      {'status': 'applied', 'version': 1, 'seq': first['seq']},
                      'the same operation again', again, rule)
        self.unchanged(before, 'an operation sent again')

    def test_again_after_later_changes(self):
        operation, first = self.insert('products', 'p1', name='Tea')
        self.device.applied(make_operation('products', 'p1', 'UPDATE', {'name': 'Coffee'}, 1))
        result = self.device.push_one(operation)
        self.same((result['status'], result.get('version'), result.get('seq')),
                  ('applied', 1, first['seq']), 'sent again after a later change', operation,
                  'SYNC.md §3: same content → `applied` with those (its version and seq)')
        self.same(self.device.record('products', 'p1')['name'], 'Coffee', 'it had an effect again')

    def test_movements_count_once(self):
        self.insert('products', 'p1', name='Tea')
        operation, _ = self.insert('stock_movements', 'm1', product_id='p1', quantity=5000,
                                   reason='opening')
        for _ in range(3):
            self.device.applied(operation)
        self.same(self.device.record('products', 'p1')['stock'], 5000, 'stock counted twice',
                  operation, 'SYNC.md §3: Once, whatever happens on the way')

    def test_other_content(self):
        operation, _ = self.insert('products', 'p1', name='Tea')
        before = self.everything()
        for change in ({'data': {'name': 'Coffee'}}, {'id': 'p2'}, {'table': 'customers'},
                       {'operation': 'UPDATE', 'base_version': 1}):
            again = dict(operation, **change)
            self.rejected(self.device.push_one(again), 'op_reused', again,
                          'SYNC.md §3: other content → rejected `op_reused`')
        self.unchanged(before, 'op_reused')

    def test_twice_in_one_push(self):
        operation = make_operation('products', 'p1', data={'name': 'Tea'})
        self.device.attempt += 1
        reply = self.device.push_reply([operation, operation], self.device.attempt)
        self.expect(reply.status in (200, 422), 'the same op_id twice in one push', reply.sent,
                    repr(reply))
        if reply.status == 200:
            self.same(self.device.record('products', 'p1')['version'], 1, 'applied twice')

    def test_not_remembered_when_refused(self):
        self.insert('products', 'p1', name='Tea', sku='S1')
        operation = make_operation('products', 'p2', data={'name': 'Other', 'sku': 'S1'})
        self.same(self.device.push_one(operation)['status'], 'conflict', 'sku taken', operation)
        self.device.applied(make_operation('products', 'p1', 'UPDATE', {'sku': None}, 1))
        result = self.device.push_one(operation)
        self.same(result['status'], 'applied', 'again under its own op_id when the cause is gone',
                  operation, 'SYNC.md §3: may come again under its own `op_id`')


class Attempts(PushCase):
    def test_stale(self):
        self.device.attempt = 41
        self.insert('products', 'p1', name='Tea')
        for attempt in (42, 41, 1):
            operation = make_operation('products', new_id(), data={'name': 'Late'})
            reply = self.device.push_reply([operation], attempt)
            value = reply.is_problem('stale',
                                     rule='SYNC.md §3: not above the last seen → 409 stale')
            self.same(value.get('attempt'), 42, '`attempt` of a stale answer', reply.sent,
                      'SYNC.md §3: with the last seen as `attempt`')
            self.same(self.device.record('products', operation['id']), None, 'a stale push had an '
                      'effect', reply.sent, 'SYNC.md §3: no effect')
        self.device.attempt = 99
        self.insert('products', 'p2', name='Gap')
        other = self.second()
        other.applied(make_operation('products', 'p3', data={'name': 'Own count'}))

    def test_an_empty_push(self):
        self.same(self.device.push(), [], 'results of no operations')
        self.device.push_reply([], self.device.attempt).is_problem('stale')

    def test_epoch(self):
        operation = make_operation('products', 'p1', data={'name': 'Tea'})
        for epoch in ('other', ''):
            reply = self.device.push_reply([operation], epoch=epoch)
            value = reply.is_problem('epoch_changed', rule='SYNC.md §4: An `epoch` other than the '
                                     'server\'s, or none → 409 `epoch_changed`')
            self.same(value.get('epoch'), self.device.epoch, 'the new epoch', reply.sent,
                      'SYNC.md §4: with the new one')
        reply = self.device.call('POST', '/v1/push', {'attempt': 77, 'operations': [operation]})
        reply.is_problem('epoch_changed', rule='SYNC.md §4: or none → 409 `epoch_changed`')
        self.same(self.device.record('products', 'p1'), None, 'it had an effect', operation,
                  'SYNC.md §4: before any effect')

    def test_more_than_100(self):
        operations = [make_operation('products', 'p%d' % n, data={'name': 'x'}) for n in range(101)]
        reply = self.device.push_reply(operations)
        self.expect(reply.status in (413, 422), '101 operations are not refused', '101 INSERTs',
                    repr(reply), '413 too_large', 'SYNC.md §2: a push 100 operations')
        self.device.applied(*operations[:100])


class Versions(PushCase):
    def test_update(self):
        self.insert('products', 'p1', name='Tea', price=100, category='Hot')
        result = self.device.applied(make_operation('products', 'p1', 'UPDATE', {'price': 200},
                                                    1))[0]
        self.same(result['version'], 2, 'version after an UPDATE', rule='SYNC.md §3: version + 1')
        row = self.device.record('products', 'p1')
        self.same((row['price'], row['name'], row['category']), (200, 'Tea', 'Hot'),
                  'an UPDATE changes the fields sent and no other')
        self.device.applied(make_operation('products', 'p1', 'UPDATE', {'category': None}, 2))
        self.same(self.device.record('products', 'p1')['category'], None, 'null empties a field')

    def test_update_update(self):
        self.insert('products', 'p1', name='Tea', price=100)
        self.device.applied(make_operation('products', 'p1', 'UPDATE', {'price': 200}, 1,
                                           user='Asha'))
        before = self.everything()
        for base in (1, 3, 0):
            operation = make_operation('products', 'p1', 'UPDATE', {'category': 'Hot'}, base)
            server = self.conflict(self.second(request=new_id()).push_one(operation),
                                   'UPDATE_UPDATE', operation, 'SYNC.md §3: base_version = the '
                                   'current one → applied, else conflict; The server never merges')
            self.expect(server and (server['version'], server['is_deleted'], server['user'],
                                    server['device_name'], server['data'].get('price')) ==
                        (2, 0, 'Asha', 'Tester', 200), 'the server\'s side is another one',
                        operation, server)
        self.unchanged(before, 'a conflict')
        operation = make_operation('products', 'p1', 'UPDATE', {'name': 'x'})
        self.expect(self.device.push_one(operation)['status'] != 'applied',
                    'an UPDATE without base_version is applied', operation)

    def test_insert_of_an_id_that_exists(self):
        _, first = self.insert('products', 'p1', name='Tea', price=100)
        same = make_operation('products', 'p1', data={'price': 100, 'name': 'Tea'})
        result = self.device.push_one(same)
        self.same((result['status'], result.get('version')), ('applied', 1),
                  'INSERT again with another op_id', same,
                  'SYNC.md §3: INSERT of an id that exists → `applied` if the content is the same')
        full = make_operation('products', 'p1', data={
            'price': 100, 'name': 'Tea', 'sku': None, 'barcode': '', 'cost': 0, 'tax_rate': 0})
        self.same(self.device.push_one(full)['status'], 'applied', 'INSERT with the fields that '
                  'were left out, null', full, 'SYNC.md §3: fields left out are null (numbers and '
                  'flags 0); empty text in keys is null')
        other = make_operation('products', 'p1', data={'name': 'Coffee'})
        server = self.conflict(self.device.push_one(other), 'ID_COLLISION', other,
                               'SYNC.md §3: else conflict `ID_COLLISION`')
        self.same(server['data']['name'], 'Tea', 'the server\'s side', other)

    def test_same_content_does_not_seem_younger(self):
        """A sale made on two devices: the second must not count it beside the
        figure that holds it."""
        sale = sale_data('N-1', [('p1', 1000, 100)])
        self.insert('products', 'p1', name='Tea')
        self.insert('sales', 's1', **sale)
        self.insert('payments', 'y1', sale_id='s1', amount=100, method='cash')
        again = make_operation('sales', 's1', data=sale)
        result = self.device.applied(again)[0]
        row = self.device.record('products', 'p1')
        self.expect(result['seq'] <= row['seq'], 'the seq of a sale that was there', again, result,
                    'at most %d, the seq of the product whose stock holds it' % row['seq'],
                    'SYNC.md §1 Projection: the server\'s figure plus the effect of its own '
                    'operations whose seq is above that of the row it pulled')

    def test_settings(self):
        self.insert('settings', 'shop.footer', value='"Thanks"')
        other = make_operation('settings', 'shop.footer', data={'value': '"Bye"'})
        server = self.conflict(self.device.push_one(other), 'UPDATE_UPDATE', other,
                               'SYNC.md §3: `settings`, whose id is its meaning: `UPDATE_UPDATE` '
                               'with an empty base')
        self.same(server['data'], {'value': '"Thanks"'}, 'the server\'s side', other)

    def test_sale_number_taken(self):
        self.insert('sales', 's1', **sale_data('N-1', [('p1', 1000, 100)]))
        operation = make_operation('sales', 's2', data=sale_data('N-1', [('p1', 2000, 100)]))
        server = self.conflict(self.device.push_one(operation), 'ID_COLLISION', operation,
                               'SYNC.md §3: `sales.number` taken → conflict `ID_COLLISION` with '
                               '"key":"number"', key='number')
        self.expect(server and server.get('data', {}).get('number') == 'N-1',
                    'the server\'s side is not the other sale', operation, server)
        operation = make_operation('sales', 's3', data=sale_data(' N-1 ', [('p1', 2000, 100)]))
        self.conflict(self.device.push_one(operation), 'ID_COLLISION', operation,
                      'SYNC.md §3: Keys are compared byte for byte after trimming', key='number')
        self.insert('sales', 's4', **sale_data('n-1', [('p1', 1000, 100)]))

    def test_product_keys(self):
        self.insert('products', 'p1', name='Tea', sku='S1', barcode='890')
        rule = 'SYNC.md §3: `products.sku` or `barcode` of an INSERT taken by a living record'
        for key, value in (('sku', 'S1'), ('sku', '  S1\t'), ('barcode', '890')):
            operation = make_operation('products', new_id(), data={'name': 'x', key: value})
            self.conflict(self.device.push_one(operation), 'ID_COLLISION', operation, rule, key=key)
        self.insert('products', 'p2', name='Other case', sku='s1')
        self.insert('products', 'p3', name='Empty', sku='', barcode=' ')
        self.insert('products', 'p4', name='Empty', sku='', barcode='')
        row = self.device.record('products', 'p3')
        self.same((row['sku'], row['barcode']), (None, None), 'empty keys are not null',
                  rule='SYNC.md §3: empty text in them is null')
        operation = make_operation('products', 'p3', 'UPDATE', {'sku': 'S1'}, 1)
        result = self.device.push_one(operation)
        self.rejected(result, 'duplicate_key', operation,
                      'SYNC.md §3: of an UPDATE → rejected `duplicate_key` naming the other')
        self.expect('p1' in result['detail'] or 'Tea' in result['detail'],
                    'duplicate_key does not name the other', operation, result)
        self.device.applied(make_operation('products', 'p1', 'DELETE', base=1))
        self.insert('products', 'p5', name='New', sku='S1', barcode='890')

    def test_keys_within_one_push(self):
        first = make_operation('products', 'p1', data={'name': 'x', 'sku': 'S1'})
        second = make_operation('products', 'p2', data={'name': 'y', 'sku': 'S1'})
        results = self.device.push(first, second)
        self.same(results[0]['status'], 'applied', 'the first of two with a sku', first)
        self.conflict(results[1], 'ID_COLLISION', second, 'SYNC.md §3', key='sku')


class Deleted(PushCase):
    def setUp(self):
        super().setUp()
        self.insert('products', 'gone', name='Gone')
        result = self.device.applied(make_operation('products', 'gone', 'DELETE', base=1))[0]
        self.same(result['version'], 2, 'version of a deletion', rule='SYNC.md §1: version of this '
                  'record')

    def test_update_of_deleted(self):
        operation = make_operation('products', 'gone', 'UPDATE', {'name': 'x'}, 2)
        for base in (1, 2):
            operation['base_version'] = base
            server = self.conflict(self.device.push_one(operation), 'DELETE_UPDATE', operation,
                                   'SYNC.md §3: UPDATE of a deleted record → `DELETE_UPDATE`')
            self.same((server['version'], server['is_deleted']), (2, 1), 'the server\'s side',
                      operation)

    def test_update_of_unknown(self):
        operation = make_operation('products', 'never', 'UPDATE', {'name': 'x'}, 1)
        result = self.device.push_one(operation)
        server = self.conflict(result, 'DELETE_UPDATE', operation,
                               'SYNC.md §3: UPDATE of an unknown record → `DELETE_UPDATE`')
        self.expect('server' in result and server is None, '`server` is not null', operation,
                    result,
                    rule='SYNC.md §3: `server` null if unknown')

    def test_insert_of_deleted(self):
        operation = make_operation('products', 'gone', data={'name': 'Back'})
        self.conflict(self.device.push_one(operation), 'DELETE_UPDATE', operation,
                      'SYNC.md §3: INSERT of a deleted one → conflict `DELETE_UPDATE`')

    def test_delete(self):
        self.insert('products', 'p1', name='Tea')
        self.device.applied(make_operation('products', 'p1', 'UPDATE', {'name': 'Coffee'}, 1))
        operation = make_operation('products', 'p1', 'DELETE', base=1)
        server = self.conflict(self.device.push_one(operation), 'UPDATE_DELETE', operation,
                               'SYNC.md §3: DELETE of a record changed since → `UPDATE_DELETE`')
        self.same(server['data']['name'], 'Coffee', 'the server\'s side')
        rule = 'SYNC.md §3: of a deleted or unknown one → applied, remembered as deleted'
        for record in ('gone', 'unknown'):
            operation = make_operation('products', record, 'DELETE', base=1)
            self.same(self.device.push_one(operation)['status'], 'applied', 'DELETE of %s' % record,
                      operation, rule)
        row = self.device.record('products', 'unknown')
        self.expect(row and row['is_deleted'] == 1, 'an unknown one is not remembered as deleted',
                    came=row, rule=rule)
        operation = make_operation('products', 'unknown', data={'name': 'Late'})
        self.conflict(self.device.push_one(operation), 'DELETE_UPDATE', operation, rule)

    def test_restore(self):
        rule = 'SYNC.md §3: UPDATE with "restore":true carries all fields and brings it ' \
               'back, known or not'
        for record, base in (('gone', 2), ('never', 1)):
            operation = make_operation('products', record, 'UPDATE', {'name': 'Back', 'price': 7},
                                       base, restore=True)
            self.same(self.device.push_one(operation)['status'], 'applied',
                      'restore of %s' % record,
                      operation, rule)
            row = self.device.record('products', record)
            self.expect(row and (row['is_deleted'], row['name'], row['price']) == (0, 'Back', 7),
                        'it is not back', operation, row, rule=rule)


class Facts(PushCase):
    def setUp(self):
        super().setUp()
        self.sale = sale_data('N-1', [('p1', 1000, 100)])
        self.insert('sales', 's1', **self.sale)
        self.insert('payments', 'y1', sale_id='s1', amount=100, method='cash')

    def test_posted(self):
        rule = 'SYNC.md §3: DELETE of a fact, or UPDATE but for `void` and `note` → ' \
               'rejected `posted`'
        for operation in (
                make_operation('sales', 's1', 'DELETE', base=1),
                make_operation('payments', 'y1', 'DELETE', base=1),
                make_operation('payments', 'y1', 'UPDATE', {'amount': 5}, 1),
                make_operation('sales', 's1', 'UPDATE', {'number': 'N-2'}, 1),
                make_operation('sales', 's1', 'UPDATE', {'total_amount': 5}, 1),
                make_operation('sales', 's1', 'UPDATE', {'discount': 5, 'note': 'x'}, 1)):
            self.rejected(self.device.push_one(operation), 'posted', operation, rule)

    def test_note_and_void(self):
        self.device.applied(make_operation('sales', 's1', 'UPDATE', {'note': 'Called'}, 1))
        self.device.applied(make_operation('sales', 's1', 'UPDATE', {
            'status': 'void', 'note': 'Wrong'}, 2))
        row = self.device.record('sales', 's1')
        self.same((row['status'], row['note']), ('void', 'Wrong'), 'a void')
        operation = make_operation('sales', 's1', 'UPDATE', {'status': 'posted'}, 3)
        self.rejected(self.device.push_one(operation), 'posted void', operation,
                      'SYNC.md §1 Fact: status from `posted` to `void`')
        operation = make_operation('sales', 's9', data=sale_data('R-9', [('p1', 1000, 100)],
                                                                 'return', refers_to='s1'))
        self.rejected(self.device.push_one(operation), 'void', operation,
                      'SYNC.md §3: A return of a void sale → rejected `void`')

    def test_void_of_a_returned_sale(self):
        self.insert('sales', 's2', **sale_data('R-1', [('p1', 1000, 100)], 'return',
                                               refers_to='s1'))
        operation = make_operation('sales', 's1', 'UPDATE', {'status': 'void', 'note': 'x'}, 1)
        self.rejected(self.device.push_one(operation), 'returned', operation,
                      'SYNC.md §3: a void of a sale with posted returns → rejected `returned`')
        self.device.applied(make_operation('sales', 's2', 'UPDATE', {'status': 'void'}, 1))
        self.device.applied(dict(operation, op_id=new_id()))

    def test_amounts_add_up(self):
        rule = 'SYNC.md §3: The server checks that amounts add up (Σ line `total` + `round_off` ' \
               '= `total_amount`)'
        for change in ({'total_amount': 101}, {'round_off': 1}):
            operation = make_operation('sales', new_id(), data=dict(
                sale_data(new_id()[:16], [('p1', 1000, 100)]), **change))
            self.rejected(self.device.push_one(operation), 'invalid_value', operation, rule)
        operation = make_operation('sales', new_id(), data=dict(
            sale_data('OK', [('p1', 1000, 149)]), round_off=51, total_amount=200))
        self.device.applied(operation)
        operation = make_operation('sales', new_id(), data=dict(
            sale_data('EX', [('p1', 1000, 500), ('p2', -1000, 200)])))
        self.device.applied(operation)


class Rejections(PushCase):
    def test_one_by_one(self):
        long = 'x' * 4097
        cases = [
            ('unknown_table', make_operation('nothing', 'a', data={'name': 'x'})),
            ('unknown_table', make_operation('sale_lines', 'a', data={'name': 'x'})),
            ('unknown_field', make_operation('products', 'a', data={'name': 'x', 'colour': 'red'})),
            ('missing_field', make_operation('products', 'a', data={'price': 5})),
            ('missing_field', make_operation('customers', 'a', data={'phone': '5'})),
            ('missing_field', make_operation('payments', 'a', data={'amount': 5})),
            ('missing_field', make_operation('payments', 'a', data={'method': 'cash'})),
            ('missing_field', make_operation('stock_movements', 'a', data={
                'product_id': 'p', 'quantity': 5})),
            ('missing_field', make_operation('settings', 'a', data={})),
            ('missing_field invalid_value', make_operation('products', 'a', data={'name': None})),
            ('invalid_value', make_operation('products', 'a', data={'name': 'x', 'price': '5'})),
            ('invalid_value', make_operation('products', 'a', data={'name': 5})),
            ('invalid_value', make_operation('products', 'a', data={'name': 'x', 'price': [1]})),
            ('invalid_value', make_operation('products', 'a', data={'name': 'x',
                                                                    'tax_inclusive': 2})),
            ('invalid_value', make_operation('payments', 'a', data={'amount': 5,
                                                                    'method': 'gold'})),
            ('invalid_value too_large', make_operation('products', 'a', data={'name': long})),
            ('invalid_value too_large', make_operation('products', 'a', data={
                'name': 'x', 'note': 'x' * 65537})),
            ('unknown_field invalid_value', make_operation('products', 'a', data={
                'name': 'x', 'stock': 5})),
            ('unknown_field invalid_value', make_operation('products', 'a', data={
                'name': 'x', 'version': 9})),
            ('unknown_field invalid_value', make_operation('products', 'a', data={
                'name': 'x', 'store_id': self.store})),
            ('invalid_value', make_operation('products', 'x' * 65, data={'name': 'x'})),
            ('invalid_value', make_operation('products', '', data={'name': 'x'})),
            ('invalid_value', make_operation('products', 'é', data={'name': 'x'})),
            ('invalid_value', make_operation('products', 'a', 'UPSERT', {'name': 'x'})),
            ('invalid_value missing_field', make_operation('products', 'a')),
            ('invalid_value', make_operation('sales', 'a', data=dict(
                sale_data('N', [('p', 1000, 5)]), business_date='2025-02-30'))),
            ('invalid_value', make_operation('sales', 'a', data=dict(
                sale_data('N', [('p', 1000, 5)]), kind='gift'))),
        ]
        for name in ('number kind status currency sale_date business_date lines '
                     'total_amount').split():
            data = sale_data('N', [('p', 1000, 5)])
            del data[name]
            cases.append(('missing_field', make_operation('sales', 'a', data=data)))
        before = self.everything()
        good = []
        for codes, operation in cases:
            with self.subTest(sent=operation['table'], codes=codes):
                beside = make_operation('products', new_id(), data={'name': 'beside'})
                results = self.device.push(operation, beside)
                self.rejected(results[0], codes, operation,
                              'SYNC.md §3: Rejected comes with `code`; a fault inside one '
                              'operation is never an HTTP error')
                self.same(results[1]['status'], 'applied', 'the operation beside it', beside,
                          'SYNC.md §3: It parks its action only')
                good.append(beside['id'])
        rows = self.device.pull('products', deleted=True)['products']
        self.same(sorted(row['id'] for row in rows), sorted(good), 'a rejected one left a record')
        self.same(len(before['products']), 0, 'nothing was there before')

    def test_fractions_inside_an_operation(self):
        for text in ('1.5', '1.0', '1e2', '"5"', 'true'):
            self.device.attempt += 1
            operations = json.dumps([
                make_operation('products', new_id(), data={'name': 'x', 'price': 123454321}),
                make_operation('products', 'ok-' + new_id()[-12:], data={'name': 'good'})])
            body = '{"epoch":"%s","attempt":%d,"operations":%s}' % (
                self.device.epoch, self.device.attempt, operations.replace('123454321', text))
            reply = self.device.call('POST', '/v1/push', body.encode())
            value = reply.is_ok(200, 'SYNC.md §3: A fault inside one operation is never an HTTP '
                                     'error')
            self.rejected(value['results'][0], 'invalid_value', body,
                          'SYNC.md §2: nothing but integers where one is meant')
            self.same(value['results'][1]['status'], 'applied', 'the operation beside it', body)

    def test_largest_values(self):
        most = 2 ** 53 - 1
        self.insert('products', 'x' * 64, name='n' * 4096, price=most, note='n' * 65536)
        row = self.device.record('products', 'x' * 64)
        self.same((row['price'], len(row['name']), len(row['note'])), (most, 4096, 65536),
                  'the largest values come back')

    def test_too_large_operation(self):
        lines = [('p%d' % n, 1000, 100) for n in range(6000)]
        large = make_operation('sales', 'a', data=sale_data('N', lines))
        self.expect(len(json.dumps(large)) > 512 * 1024, 'the test is wrong')
        beside = make_operation('products', 'p', data={'name': 'x'})
        reply = self.device.push_reply([large, beside], pack=True)
        value = reply.is_ok(200, 'SYNC.md §2: an operation 512 KiB; §3 code `too_large`')
        self.rejected(value['results'][0], 'too_large',
                      'a sale of %d bytes' % len(json.dumps(large)),
                      'SYNC.md §2: an operation 512 KiB')
        self.same(value['results'][1]['status'], 'applied', 'the operation beside it')
        lines = [('p%d' % n, 1000, 100) for n in range(1114)]
        operation = make_operation('sales', 'b', data=sale_data('N', lines))
        reply = self.device.push_reply([operation], pack=True)
        self.same(reply.is_ok()['results'][0]['status'], 'applied', 'a bill of 1,114 lines')

    def test_text_comes_back_as_it_was(self):
        texts = ["'); DROP TABLE products;--", '100%_\\', '<b>&amp;', 'नमस्ते ₹', '\u202egnp.exe',
                 'a"b\\c\n\td', '😀', '../../etc/passwd', '=cmd|x']
        operations = [make_operation('products', 'p%d' % n, data={'name': text, 'note': text})
                      for n, text in enumerate(texts)]
        self.device.applied(*operations)
        rows = {row['id']: row['name'] for row in self.device.pull('products')['products']}
        self.same([rows['p%d' % n] for n in range(len(texts))], texts, 'text was changed')


class Actions(PushCase):
    def test_all_or_nothing(self):
        self.insert('products', 'p1', name='Tea', sku='S1')
        before = self.everything()
        for bad in (make_operation('products', 'p2', data={'name': 'x', 'sku': 'S1'}),
                    make_operation('products', 'p2', data={'price': 5}),
                    make_operation('products', 'p1', 'UPDATE', {'name': 'x'}, 9)):
            for place in (0, 1, 2):
                action = [make_operation('customers', new_id(), data={'name': 'c'}),
                          make_operation('payments', new_id(), data={'amount': 5,
                                                                     'method': 'cash'})]
                action.insert(place, dict(bad, op_id=new_id()))
                make_action(*action)
                results = self.device.push(*action)
                states = [result['status'] for result in results]
                self.expect(states[place] in ('conflict', 'rejected') and
                            [s for n, s in enumerate(states) if n != place] == ['held', 'held'],
                            'an action is not all or nothing', action, results,
                            'the others answer `held`', 'SYNC.md §3: where one operation is in '
                            'conflict or rejected, the others answer `held`')
        self.unchanged(before, 'a held action')
        again = make_action(make_operation('customers', 'c1', data={'name': 'c'}),
                            make_operation('products', 'p9', data={'price': 5}))
        self.device.push(*again)
        again[1]['data']['name'] = 'Now'
        self.device.applied(*again)

    def test_other_actions_go_on(self):
        bad = make_action(make_operation('customers', 'c1', data={'name': 'c'}),
                          make_operation('products', 'p1', data={}))
        good = make_operation('products', 'p2', data={'name': 'x'})
        results = self.device.push(bad[0], good, bad[1])
        self.same([result['status'] for result in results], ['held', 'applied', 'rejected'],
                  'an action apart in the push', [bad[0], good, bad[1]], 'SYNC.md §3: It parks its '
                  'action only')

    def test_seqs(self):
        self.insert('products', 'p1', name='Tea')
        action = make_action(
            make_operation('sales', 's1', data=sale_data('N-1', [('p1', 1000, 100)],
                                                         customer_id='c1')),
            make_operation('payments', 'y1', data={'sale_id': 's1', 'amount': 60,
                                                   'method': 'cash'}))
        self.insert('customers', 'c1', name='Asha')
        before = self.device.seq
        seqs = [result['seq'] for result in self.device.applied(*action)]
        self.expect(before < seqs[0] < seqs[1], 'seqs do not rise', came=[before, *seqs],
                    rule='SYNC.md §1 seq: Every accepted change gets the next one')
        rows = self.device.pull('products', 'customers', 'sales', 'payments')
        product, customer = rows['products'][0], rows['customers'][0]
        self.expect(product['seq'] > rows['payments'][0]['seq'] and
                    customer['seq'] > rows['payments'][0]['seq'] and
                    (product['version'], customer['version']) == (1, 1),
                    'a projection\'s record has no later seq at the same version',
                    came=[product, customer], rule='SYNC.md §3: A projection\'s record gets its '
                                                   'seq '
                    'after the facts of its transaction; §4: same version, new seq')
        self.same((product['stock'], customer['balance']), (-1000, 40), 'projections')


class Projections(PushCase):
    def stock(self, record='p1'):
        return self.device.record('products', record)['stock']

    def test_stock(self):
        rule = 'SYNC.md §1 Projection: products.stock'
        self.insert('sales', 's1', **sale_data('N-1', [('p1', 2000, 100), ('p1', 500, 100)]))
        self.insert('stock_movements', 'm1', product_id='p1', quantity=10000, reason='opening')
        self.insert('products', 'p1', name='Tea')
        self.same(self.stock(), 7500, 'a product that came after its facts', rule=rule)
        self.insert('sales', 's2', **sale_data('R-1', [('p1', 500, 100)], 'return'))
        self.same(self.stock(), 8000, 'after a return', rule=rule)
        self.insert('sales', 's3', **sale_data('N-2', [('p1', 1000, 100), ('p1', -3000, 100)]))
        self.same(self.stock(), 10000, 'after an exchange', rule=rule)
        self.device.applied(make_operation('sales', 's1', 'UPDATE', {'status': 'void'}, 1))
        self.same(self.stock(), 12500, 'after a void', rule=rule)
        self.device.applied(make_operation('sales', 's2', 'UPDATE', {'status': 'void'}, 1))
        self.same(self.stock(), 12000, 'after the void of a return', rule=rule)
        self.insert('stock_movements', 'm2', product_id='p1', quantity=-12000, reason='adjustment')
        self.same(self.stock(), 0, 'after an adjustment', rule=rule)
        self.server.check()

    def test_paid_and_balance(self):
        rule = 'SYNC.md §1 Projection: sales.paid, customers.balance'
        self.insert('payments', 'y1', sale_id='s1', amount=60, method='cash')
        self.insert('sales', 's1', **sale_data('N-1', [('p1', 1000, 100)], customer_id='c1'))
        self.insert('customers', 'c1', name='Asha')
        balance = lambda: self.device.record('customers', 'c1')['balance']
        self.same((self.device.record('sales', 's1')['paid'], balance()), (60, 40),
                  'a payment that came before its sale', rule=rule)
        self.insert('payments', 'y2', customer_id='c1', amount=30, method='upi')
        self.same(balance(), 10, 'a payment of the customer', rule=rule)
        self.insert('sales', 's2', **sale_data('R-1', [('p1', 1000, 70)], 'return',
                                               customer_id='c1',
                                               refers_to='s1'))
        self.same(balance(), -60, 'after a return', rule=rule)
        self.insert('payments', 'y3', sale_id='s2', amount=-70, method='cash')
        self.same((self.device.record('sales', 's2')['paid'], balance()), (-70, 10),
                  'after a refund', rule=rule)
        self.server.check()


if __name__ == '__main__':
    main()

"""What happens to an upload on its way: answers lost, edits meanwhile,
operations that the server refuses, little to do."""


from bizpulse_testing import Case, Device, Wire, main, make_operation
from bizpulse_testing.network import Close


class Lost(Case):
    def test_answer_dropped_after_commit(self):
        server, store, a, b = self.two_devices(network=True)
        a.sync()
        product = a.add('products', {'name': 'Tea', 'price': 5000})
        a.add('stock_movements', {'product_id': product, 'quantity': 10000, 'reason': 'opening'})
        a.add('sales', {'lines': [{'product_id': product, 'quantity': 3000}],
                        'payments': [{'method': 'cash'}]})
        queued = {row['op_id'] for row in a.queue()}
        self.network.clear()
        dropped = []

        def drop(request):
            if request.is_push and not dropped:
                answer = self.network.forward(request)
                self.same(answer.status, 200, 'the push that is to be dropped', request)
                dropped.append(request)
                raise Close()

        self.network.rule = drop
        result = a.run('sync')
        if result.code == 3:
            self.same(result.one['state'], 'offline', 'state of a sync that ended with 3')
            self.expect({row['op_id'] for row in a.queue()} == queued,
                        'the queue changed without an '
                        'answer', came=a.queue(), rule='SYNC.md §6: Nothing leaves the queue '
                                                       'without '
                        'the server\'s answer')
            states = {row['op_id']: row['status'] for row in a.queue()}
            for operation in dropped[0].operations:
                self.same(states[operation['op_id']], 'syncing',
                          'status of one sent and not answered')
            a.sync()
        elif result.code != 0:
            raise result.deviation('sync with a lost answer', 'exit 3, or 0 after trying again')
        first = dropped[0].operations
        again = [request for request in self.network.pushes()[1:]
                 if {op['op_id'] for op in request.operations} & {op['op_id'] for op in first}]
        self.expect(again, 'what was sent and not answered did not come again',
                    came=self.network.requests, rule='SYNC.md §3: a device whose answer was lost '
                    'sends the same operations again')
        for request in self.network.pushes():
            for operation in request.operations:
                for sent in first:
                    if sent['op_id'] == operation['op_id']:
                        self.same([operation.get(name) for name in ('table', 'id', 'operation',
                                                                    'data')],
                                  [sent.get(name) for name in ('table', 'id', 'operation', 'data')],
                                  'sent again with other content')
        attempts = [request.value['attempt'] for request in self.network.pushes()]
        self.expect(attempts == sorted(set(attempts)), '`attempt` does not rise', came=attempts,
                    rule='SYNC.md §3: `attempt` rises with every request of a device')
        b.sync()
        a.sync()
        for ctl in (a, b):
            self.same(ctl.get('products', product)['stock'], 7000, 'stock on %s' % ctl.name,
                      rule='SYNC.md §3: Once, whatever happens on the way')
        self.all_synced(a, b)
        self.same_books(a, b)
        self.check_all(server, a, b)

    def test_every_answer_lost_once(self):
        server, store, a, b = self.two_devices(network=True)
        products = a.add_many('products', [{'name': 'P%d' % n, 'price': 100} for n in range(150)])
        for n in range(30):
            a.add('sales', {'lines': [{'product_id': products[n], 'quantity': 1000}]})
        seen = set()

        def rule(request):
            key = (request.path, len(seen) // 2)
            if len(seen) % 2 == 0:
                seen.add((key, request.number))
                self.network.forward(request)
                raise Close()
            seen.add((key, request.number))

        self.network.rule = rule
        for _ in range(60):
            if a.run('sync').code == 0:
                break
        self.network.rule = None
        a.sync()
        b.sync()
        self.same(sum(row['stock'] for row in b.list('products')), -30000, 'stock on B')
        self.all_synced(a, b)
        self.same_books(a, b)
        self.check_all(server, a, b)

    def test_late_duplicate(self):
        """A push comes to the server once more, long after."""
        server, store, a, b = self.two_devices(network=True)
        product = a.add('products', {'name': 'Tea'})
        a.sync()
        a.set('products', product, {'name': 'Coffee'})
        a.sync()
        for request in list(self.network.pushes()):
            answer = self.network.forward(request)
            self.same((answer.status, answer.value.get('code')), (409, 'stale'), 'a late duplicate',
                      request, 'SYNC.md §3: one that is not above the last seen → 409 stale: a '
                               'late '
                      'duplicate')
        a.add('products', {'name': 'Next'})
        a.sync()
        b.sync()
        self.same(b.get('products', product)['name'], 'Coffee', 'an old push had an effect')
        self.same_books(a, b)
        self.check_all(server, a, b)


class Meanwhile(Case):
    def test_edit_during_upload(self):
        server, store, a, b = self.two_devices(network=True)
        a.sync()
        product = a.add('products', {'name': 'Tea', 'price': 100})
        self.network.clear()
        go = [self.network.hold(), self.network.hold()]
        there = [self.network.hold(), self.network.hold()]

        def rule(request):
            if not request.is_push:
                return None
            turn = len(self.network.pushes()) - 1
            if turn > 1:
                return None
            answer = self.network.forward(request)
            there[turn].set()
            go[turn].wait(60)
            return answer

        self.network.rule = rule
        process = a.start('sync')
        self.expect(there[0].wait(60), 'the sync sends nothing')
        rule = 'SYNC.md §6 Queue: A row sent and not answered is never touched'
        self.same([row['status'] for row in a.queue()], ['syncing'], 'queue while sent', rule=rule)
        edit = a.set('products', product, {'price': 200})
        self.expect(edit.seconds < 5, 'saving waits for the network: %.1f s' % edit.seconds,
                    rule='SYNC.md §6 Saving: No network call is ever on that path')
        rows = a.queue()
        self.same(sorted((row['operation'], row['status']) for row in rows),
                  [('INSERT', 'syncing'), ('UPDATE', 'pending')], 'queue after an edit meanwhile',
                  rule=rule)
        self.same([row['data'] for row in rows if row['operation'] == 'UPDATE'], [{'price': 200}],
                  'the edit in the queue')
        self.same(a.status()['pending'], {'products': 2}, 'status while sent',
                  rule='CLI.md status: '
                  '`pending` counts operations waiting or on their way')
        go[0].set()
        self.expect(there[1].wait(60), 'the edit is not sent', came=self.network.requests,
                    rule='CLI.md sync: syncs now until nothing is left to send or fetch')
        record = a.get('products', product)
        self.same((record['price'], record['sync_status']), (200, 'pending'),
                  'the edit was taken for '
                  'answered', rule='issue 2: Edits during an upload are not taken for answered')
        sent = self.network.pushes()[1].operations
        self.same([(op['operation'], op.get('base_version'), op['data']) for op in sent],
                  [('UPDATE', 1, {'price': 200})], 'the push of the edit',
                  rule='SYNC.md §6 A push: `base_version` is set now')
        a.set('products', product, {'name': 'Coffee'})
        a.set('products', product, {'category': 'Hot'})
        go[1].set()
        result = a.finish(process)
        self.same(result.code, 0, 'the sync that was held')
        b.sync()
        row = b.get('products', product)
        self.same((row['price'], row['name'], row['category']), (200, 'Coffee', 'Hot'), 'on B')
        self.all_synced(a, b)
        self.same_books(a, b)
        self.check_all(server, a, b)

    def test_discard_during_upload(self):
        server, store, a, b = self.two_devices(network=True)
        product = a.add('products', {'name': 'Tea'})
        go, there = self.network.hold(), self.network.hold()

        def rule(request):
            if request.is_push and not there.is_set():
                there.set()
                go.wait(60)

        self.network.rule = rule
        process = a.start('sync')
        self.expect(there.wait(60), 'the sync sends nothing')
        a.fails(1, 'discard', a.queue()[0]['id'],
                rule='SYNC.md §6 Discard: not while it is sent and unanswered')
        go.set()
        self.same(a.finish(process).code, 0, 'the sync that was held')
        b.sync()
        self.same([row['id'] for row in b.list('products')], [product], 'on B')
        self.check_all(server, a, b)

    def test_stock_between_push_and_pull(self):
        """Another device's sale is not known yet, the own one no longer waits."""
        server, store, a, b = self.two_devices(network=True)
        product = a.add('products', {'name': 'Tea', 'price': 100})
        a.add('stock_movements', {'product_id': product, 'quantity': 10000, 'reason': 'opening'})
        a.sync()
        b.sync()
        line = {'product_id': product, 'quantity': 3000}
        b.add('sales', {'lines': [line], 'payments': [{}]})
        b.sync()
        a.add('sales', {'lines': [dict(line, quantity=2000)], 'payments': [{}]})
        rule = 'SYNC.md §1 Projection: the device shows the server\'s figure plus the effect of ' \
               'its own operations that wait or whose seq is above that of the row it pulled'
        self.same(a.get('products', product)['stock'], 8000, 'stock before the sync', rule=rule)
        self.network.clear()
        go, there = self.network.hold(), self.network.hold()

        def hold(request):
            if request.is_pull and self.network.pushes() and not there.is_set():
                there.set()
                go.wait(60)

        self.network.rule = hold
        process = a.start('sync')
        self.expect(there.wait(60), 'no pull after the push of a sale')
        self.same(a.get('products', product)['stock'], 8000, 'stock between push and pull',
                  rule=rule)
        a.check()
        go.set()
        self.same(a.finish(process).code, 0, 'the sync that was held')
        self.same(a.get('products', product)['stock'], 5000, 'stock after the pull', rule=rule)
        b.sync()
        self.same_books(a, b)
        self.check_all(server, a, b)

    def test_deleted_during_upload(self):
        server, store, a, b = self.two_devices(network=True)
        product = a.add('products', {'name': 'Tea'})
        go, there = self.network.hold(), self.network.hold()

        def rule(request):
            if request.is_push and not there.is_set():
                answer = self.network.forward(request)
                there.set()
                go.wait(60)
                return answer

        self.network.rule = rule
        process = a.start('sync')
        self.expect(there.wait(60), 'the sync sends nothing')
        a.expect(0, 'delete', 'products', product)
        go.set()
        self.same(a.finish(process).code, 0, 'the sync that was held')
        b.sync()
        self.same((a.list('products'), b.list('products')), ([], []), 'a record deleted meanwhile')
        self.all_synced(a, b)
        self.check_all(server, a, b)

    def test_one_sync_at_a_time(self):
        server, store, a, b = self.two_devices(network=True)
        a.add('products', {'name': 'Tea'})
        go, there = self.network.hold(), self.network.hold()

        def rule(request):
            if request.is_push and not there.is_set():
                there.set()
                go.wait(60)

        self.network.rule = rule
        first = a.start('sync')
        self.expect(there.wait(60), 'the sync sends nothing')
        count = len(self.network.requests)
        others = [a.start('sync') for _ in range(3)]
        a.run('status')
        self.same(len(self.network.requests), count, 'requests while another program syncs',
                  rule='SYNC.md §6: One run at a time a folder; who finds it taken waits (command)')
        go.set()
        for process in (first, *others):
            result = a.finish(process)
            self.same(result.code, 0, 'one of four syncs', came_of(result))
        self.check_all(server, a)


class Poisoned(Case):
    def poison(self):
        """500 operations of A, one of which the server rejects."""
        server, store, a, b = self.two_devices()
        product = a.add('products', {'name': 'Mine'})
        a.sync()
        b.add('products', {'name': 'Theirs', 'sku': 'TAKEN'})
        b.sync()
        ids = a.add_many('products', [{'name': 'P%d' % n} for n in range(250)])
        a.set('products', product, {'sku': 'TAKEN', 'price': 7})
        ids += a.add_many('products', [{'name': 'P%d' % n} for n in range(250, 499)])
        self.same(sum(a.status()['pending'].values()), 500, 'operations that wait')
        return server, a, b, product, ids

    def test_499_arrive(self):
        server, a, b, product, ids = self.poison()
        made = a.sync(0, rule='CLI.md sync: Exit 0 when the server answered to the end, also with '
                              'conflicts or failures')
        self.same((made['pushed'], made['failed'], made['state']), (499, 1, 'failed'),
                  'what sync counts', rule='issue 2: the other 499 arrive')
        b.sync()
        self.same(len(b.list('products')), 501, 'products on B')
        status = a.status()
        self.same((status['state'], status['failed'], status['pending']), ('failed', 1, {}),
                  'status')
        self.same(a.get('products', product)['sync_status'], 'failed', 'sync_status of the record')
        self.same(a.get('products', product)['sku'], 'TAKEN', 'what the user sees')
        row = a.queue()[0]
        self.same((row['status'], row['record_id'], row['table_name']), ('failed', product,
                                                                         'products'),
                  'the failed operation')
        self.expect(row['last_error'], 'a failed operation without the server\'s words', came=row,
                    rule='SYNC.md §6 Retry: Failed: logged with the server\'s words')
        self.check_all(server, a, b)
        again = a.sync()
        self.same((again['pushed'], again['failed']), (0, 0), 'a failed one is not sent again',
                  rule='SYNC.md §6: the user retries')

        a.expect(0, 'retry', row['id'])
        self.same(a.queue()[0]['status'], 'pending', 'after retry')
        self.same(a.sync()['failed'], 1, 'failed again')
        a.expect(0, 'retry', '--all')
        self.same(a.sync()['failed'], 1, 'failed again after --all')
        a.fails(1, 'retry', '99999999')
        a.fails(1, 'discard', '99999999')
        a.fails(2, 'retry')
        a.fails(2, 'discard')
        a.expect(0, 'discard', a.queue()[0]['id'])
        record = a.get('products', product)
        self.same((record['sku'], record['price'], record['sync_status']), (None, 0, 'synced'),
                  'after discard', rule='SYNC.md §6: Discard puts its records back to the '
                                        'server\'s state')
        self.all_synced(a)
        a.sync()
        self.same_books(a, b)
        self.check_all(server, a, b)

    def test_an_edit_mends_it(self):
        server, a, b, product, ids = self.poison()
        a.sync()
        a.set('products', product, {'sku': 'FREE'})
        row = a.queue()[0]
        self.same((row['status'], row['data']), ('pending', {'sku': 'FREE', 'price': 7}),
                  'after an edit',
                  rule='SYNC.md §6 Queue: an edit of a record whose row is `failed` folds into it '
                       '(and makes it `pending`)')
        a.sync()
        b.sync()
        self.same(b.get('products', product)['sku'], 'FREE', 'on B')
        self.all_synced(a, b)
        self.check_all(server, a, b)

    def test_discard_of_one_the_server_never_had(self):
        server, store, a, b = self.two_devices()
        product = a.add('products', {'name': 'Never'})
        a.expect(0, 'discard', a.queue()[0]['id'])
        a.fails(1, 'get', 'products', product)
        self.same((a.list('products'), a.queue()), ([], []), 'one the server never had goes',
                  rule='SYNC.md §6: Discard … (one the server never had goes)')
        sale = a.add('sales', {'lines': [{'name': 'x', 'unit_price': 100, 'quantity': 1000}],
                               'payments': [{}]})
        a.expect(0, 'discard', [row['id'] for row in a.queue()
                                if row['table_name'] == 'payments'][0])
        self.same((a.list('sales'), a.list('payments'), a.queue()), ([], [], []),
                  'discard of a payment',
                  sale, 'SYNC.md §6: Discard gives up the whole action')
        a.check()

    def test_rejected_void_takes_the_servers_state(self):
        server, store, a, b = self.two_devices()
        sale = a.add('sales', {'lines': [{'name': 'x', 'unit_price': 100, 'quantity': 1000}]})
        a.sync()
        b.sync()
        b.add('sales', {'kind': 'return', 'refers_to': sale,
                        'lines': [{'name': 'x', 'unit_price': 100, 'quantity': 1000}]})
        b.sync()
        a.set('sales', sale, {'status': 'void', 'note': 'Wrong'})
        a.sync()
        self.same(a.status()['failed'], 1, 'a void of a returned sale', came_of(a.run('queue')),
                  'SYNC.md §3: a void of a sale with posted returns → rejected `returned`')
        a.expect(0, 'discard', a.queue()[0]['id'])
        self.same(a.get('sales', sale)['status'], 'posted', 'after discard')
        self.same_books(a, b)
        self.check_all(server, a, b)


class Little(Case):
    def test_nothing_to_do(self):
        server, store, a, b = self.two_devices(network=True)
        a.add('products', {'name': 'Tea'})
        a.sync()
        self.network.clear()
        made = a.sync()
        self.members(made, 'state pushed pulled conflicts failed requests bytes_sent '
                           'bytes_received '
                     'seconds', 'what sync prints', 'CLI.md sync')
        self.same((len(self.network.requests), made['requests']), (1, 1),
                  'requests with nothing to do',
                  self.network.requests, 'a run with nothing to do: one request')
        request = self.network.requests[0]
        self.expect(len(request.body) < 400 and len(request.answer.body) < 400 and
                    made['bytes_sent'] < 400 and made['bytes_received'] < 400,
                    'bytes with nothing to do: %d sent, %d received' % (
                        len(request.body), len(request.answer.body)), came=[request, made],
                    expected='under 400 each way')
        self.same((made['bytes_sent'], made['bytes_received']),
                  (len(request.body), len(request.answer.body)), 'bytes counted',
                  rule='CLI.md sync: bytes of bodies')
        self.same((made['pushed'], made['pulled'], made['state']), (0, 0, 'synced'),
                  'what it counts')

    def test_100_of_10000_changed(self):
        server, store, code = self.new_store()
        device = Device.pair(Wire(server.url), code)
        for start in range(0, 10000, 100):
            device.applied(*[make_operation('products', 'p%05d' % n, data={
                'name': 'Product %d' % n, 'price': n}) for n in range(start, start + 100)])
        self.network = self.new_network(server.url)
        a = self.new_ctl('A')
        a.pair(self.network.url, server.pair_code(store))
        a.sync()
        self.same(len(a.list('products')), 10000, 'products after the first sync')
        device.applied(*[make_operation('products', 'p%05d' % (n * 97), 'UPDATE', {'price': 1}, 1)
                         for n in range(100)])
        self.network.clear()
        made = a.sync()
        self.expect(len(self.network.requests) <= 2 and made['pulled'] == 100,
                    '%d requests for 100 of 10,000' % len(self.network.requests), came=made,
                    expected='at most two requests and only those rows')
        rows = sum(len(table['rows']) for request in self.network.requests
                   for table in request.answer.value['tables'])
        self.same(rows, 100, 'rows sent')
        a.check()
        made = a.sync(0, '--full')
        self.expect(made['state'] == 'synced' and made['requests'] >= 10, 'sync --full', came=made,
                    rule='CLI.md sync: `--full` pulls from 0')
        self.same(len(a.list('products')), 10000, 'products after --full')

    def test_large_pushes_are_gzipped(self):
        server, store, a, b = self.two_devices(network=True)
        a.add_many('products', [{'name': 'Product %d' % n, 'note': 'n' * 50} for n in range(250)])
        self.network.clear()
        a.sync()
        for request in self.network.requests:
            self.expect(len(request.body) <= 1024
                        or request.headers.get('content-encoding') == 'gzip',
                        'a body of %d bytes without gzip' % len(request.body),
                        rule='SYNC.md §2: gzip (a device\'s always above 1 KiB)')
            self.expect(len(request.operations) <= 100, '%d operations' % len(request.operations),
                        rule='SYNC.md §2: a push 100 operations')
            self.same(request.headers.get('bizpulse-protocol'), '1',
                      'Bizpulse-Protocol of a request')
            self.expect('cookie' not in request.headers, 'headers', came=request.headers)
        self.same(sum(len(request.operations) for request in self.network.pushes()), 250,
                  'operations sent')

    def test_priorities(self):
        server, store, a, b = self.two_devices(network=True)
        a.sync()
        product = a.add('products', {'name': 'Waits'})
        other = a.add('products', {'name': 'Referred to', 'price': 100})
        a.add('customers', {'name': 'Waits'})
        a.add('sales', {'lines': [{'product_id': other, 'quantity': 1000}], 'payments': [{}]})
        self.network.clear()
        a.sync()
        kinds = [request.path[4:] if not request.is_push else
                 sorted({op['table'] for op in request.operations})
                 for request in self.network.requests]
        ids = [[op['id'] for op in request.operations] for request in self.network.pushes()]
        tables = [sorted({op['table'] for op in request.operations})
                  for request in self.network.pushes()]
        self.expect(ids[0] == [other] and tables[1] == ['payments', 'sales'] and 'pull' in kinds and
                    kinds.index('pull') > kinds.index(['payments', 'sales']) and
                    tables[2] == ['customers', 'products'], 'the order of a run', came=kinds,
                    expected='the product a sale refers to, the sale, the download, the rest',
                    rule='SYNC.md §6 A run: high → download → the rest; A push: a waiting INSERT '
                         'that a more urgent action refers to (in `lines`, too) goes in a push '
                         'before it')


def came_of(result):
    return 'exit %d %s %s' % (result.code, result.out, result.err)


if __name__ == '__main__':
    main()

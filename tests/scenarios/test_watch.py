"""What `watch` does by itself, and what it leaves alone: triggers, limits, waits."""

import json
import os
import signal
import threading
import time

from bizpulse_testing import Answer, Case, main

NOTE_SIZE = 60000
TRIGGERS = 'SYNC.md §6 Triggers; CLI.md config: on_start on_connection after_save schedule'


class Watching(Case):
    """A paired folder behind a Network, with everything switched off that a
    test does not ask for."""

    def setUp(self):
        super().setUp()
        self.server, self.store, self.a, self.b = self.two_devices(network=True)
        self.lines = []
        self.configure(on_start=0, after_save=0, on_connection=0, schedule=0, live=0)
        self.network.clear()

    def configure(self, **settings):
        for name, value in settings.items():
            self.a.ok('config', 'sync.%s' % name, value)

    def watch(self):
        process = self.a.start('watch')

        def read():
            for line in process.stdout:
                self.lines.append(json.loads(line))

        threading.Thread(target=read, daemon=True).start()
        self.process = process
        self.until(lambda: self.lines, 'the first line of watch')

    def until(self, condition, what, seconds=40):
        """Waits until @condition holds."""
        end = time.monotonic() + seconds
        while not condition():
            self.expect(time.monotonic() < end, '%s did not come within %d s' % (what, seconds),
                        came={'lines': self.lines[-3:], 'requests': self.network.requests[-3:]})
            time.sleep(0.05)

    def watch_sees(self, **pending):
        """Until watch knows of what waits; then a while in which it could act."""
        self.until(lambda: self.lines[-1]['pending'] == pending, 'a line with %s' % pending)
        time.sleep(3)

    def sell(self):
        return self.a.add('sales', {'lines': [{'name': 'Tea', 'unit_price': 100,
                                               'quantity': 1000}], 'payments': [{}]})

    def stop(self):
        self.process.send_signal(signal.SIGTERM)
        self.same(self.process.wait(20), 0, 'watch after SIGTERM')

    def status_of(self, table, record):
        return self.a.get(table, record)['sync_status']


class Triggers(Watching):
    def test_all_switched_off(self):
        self.watch()
        self.a.add('products', {'name': 'Tea'})
        self.watch_sees(products=1)
        self.same(self.network.requests, [], 'requests of a watch without triggers',
                  rule=TRIGGERS)

        # What is switched on while it runs holds from then on.
        self.configure(after_save=1)
        self.a.add('products', {'name': 'Coffee'})
        self.until(lambda: self.a.status()['pending'] == {}, 'what was saved')
        self.stop()
        self.check_all(self.server, self.a)

    def test_start(self):
        self.a.add('products', {'name': 'Tea'})
        self.configure(on_start=1)
        self.watch()
        self.until(lambda: self.a.status()['pending'] == {}, 'a run at the start')

    def test_schedule(self):
        self.configure(schedule='* * * * *')
        self.watch()
        self.a.add('products', {'name': 'Tea'})
        self.until(lambda: self.a.status()['pending'] == {}, 'the run of the next minute', 120)


class Live(Watching):
    """What another device changes arrives by the server's word alone; straight
    to the server, for the line between knows no WebSocket."""

    def setUp(self):
        super().setUp()
        self.a.pair(self.server.url, self.server.pair_code(self.store))
        self.configure(live=1)
        self.watch()

    def arrives(self, name):
        product = self.b.add('products', {'name': name})
        self.b.sync()
        self.until(lambda: any(one['id'] == product for one in self.a.list('products')),
                   '%s, by live alone' % name)

    def test_changes_arrive(self):
        self.arrives('Tea')
        self.arrives('Coffee')
        self.expect(self.process.poll() is None, 'watch has ended')
        self.stop()
        self.check_all(self.server, self.a, self.b)

    def test_server_comes_back(self):
        self.arrives('Tea')
        self.server.kill()
        self.server.serve()
        self.arrives('Coffee')
        self.stop()
        self.check_all(self.server, self.a, self.b)


class Limits(Watching):
    def test_data_limit(self):
        """Half of a megabyte is kept for sales; a user who asks gets everything."""
        self.same(self.a.one('usage')['data_used'] >= 0, True, 'data_used')
        self.configure(data_limit=1)
        self.a.add_many('products', [{'name': 'Tea %d' % n, 'note': os.urandom(NOTE_SIZE // 2).hex()}
                                     for n in range(20)])
        made = self.a.sync()
        used = self.a.one('usage')
        self.same(used['data_limit'], 1000000, 'data_limit, in bytes')
        self.expect(used['data_used'] >= made['bytes_sent'] + made['bytes_received'] > 500000,
                    'data_used counts the bodies of a sync', came=(used, made))

        self.configure(after_save=1)
        self.watch()
        product = self.a.add('products', {'name': 'Coffee'})
        self.watch_sees(products=1)
        sale = self.sell()
        self.until(lambda: self.status_of('sales', sale) == 'synced', 'a sale beyond the limit')
        self.same(self.status_of('products', product), 'pending', 'a product beyond the limit')
        self.stop()
        self.a.sync()
        self.same(self.status_of('products', product), 'synced', 'a product after `sync`')
        self.check_all(self.server, self.a)


class Waits(Watching):
    def problem(self, status, code, **headers):
        return Answer.ours({'type': 'about:blank', 'title': code, 'status': status, 'code': code},
                           status, **headers)

    def test_retry_after(self):
        times = []

        def rule(request):
            if not request.is_push:
                return None
            times.append(time.monotonic())
            return self.problem(503, 'unavailable', Retry_After='4') if len(times) == 1 else None

        self.configure(after_save=1)
        self.network.rule = rule
        self.watch()
        self.a.add('products', {'name': 'Tea'})
        self.until(lambda: times, 'the first push')
        self.a.add('products', {'name': 'Coffee'})
        self.until(lambda: self.a.status()['pending'] == {}, 'the push after the wait')
        self.expect(times[1] - times[0] > 3.9, 'watch came after %.1f s' % (times[1] - times[0]),
                    expected='at least 4 s', rule='SYNC.md §2: 429 and 503 with `Retry-After`')
        self.check_all(self.server, self.a)

    def test_refused_until_paired_again(self):
        self.configure(after_save=1)
        self.watch()
        self.network.rule = lambda request: self.problem(401, 'unauthorized')
        self.network.requests.clear()
        self.a.add('products', {'name': 'Tea'})
        self.until(lambda: self.network.requests, 'the first request')
        self.until(lambda: self.lines[-1]['state'] == 'offline', 'a line that says so')
        for n in range(5):
            self.a.add('products', {'name': 'Coffee %d' % n})
        self.watch_sees(products=6)
        self.same(len(self.network.requests), 1, 'requests after 401',
                  rule='SYNC.md §2: 401 (device: pause, keep everything, ask to pair again)')

        self.network.rule = None
        self.a.pair(self.network.url, self.server.pair_code(self.store))
        self.until(lambda: self.a.status()['pending'] == {}, 'what waited, after pairing again')
        self.stop()
        self.same(len(self.a.list('products')), 6, 'products')
        self.check_all(self.server, self.a)


if __name__ == '__main__':
    main()

"""kill -9 of the device's program and of the server at random moments of a
sync: nothing is lost, nothing counts twice. BIZPULSE_SCENARIO_ROUNDS says how
many of each (20), BIZPULSE_SCENARIO_BILLS of how many bills (60),
BIZPULSE_SCENARIO_SEED which moments."""

import json
import os
import random
import subprocess
import sys
import threading
import time

from bizpulse_testing import Case, main, retail
from bizpulse_testing.network import Close

ROUNDS = int(os.environ.get('BIZPULSE_SCENARIO_ROUNDS', '20'))
BILLS = int(os.environ.get('BIZPULSE_SCENARIO_BILLS', '60'))
SEED = int(os.environ.get('BIZPULSE_SCENARIO_SEED', '1'))


class PowerCuts(Case):
    def setUp(self):
        super().setUp()
        self.chance = random.Random(SEED)
        print('seed %d, %d rounds, %d bills' % (SEED, ROUNDS, BILLS), file=sys.stderr)
        self.server, self.store, code = self.new_store('--currency', 'GBP', '--time-zone',
                                                       'Europe/London')
        self.network = self.new_network(self.server.url)
        self.a, self.b = self.new_ctl('A'), self.new_ctl('B')
        self.a.pair(self.network.url, code)
        self.b.pair(self.network.url, self.server.pair_code(self.store))
        self.rows = []
        self.next = 1

    def import_more(self, bills):
        rows = retail.made_up(self.chance.random(), bills, self.next)
        self.next += bills
        self.rows += rows
        name = retail.write(self.path('bills.csv'), rows)
        made = self.a.one('import', 'sales', name, '--map', retail.MAP)
        self.same((made['added'], made['rejected']), (bills, 0), 'what import counts')

    def at_request(self, number, after, act):
        """At the @number-th request from now, before or after the server sees
        it, @act once; half of the answers are lost then."""
        start = len(self.network.requests)
        once = []
        lose = self.chance.random() < 0.5
        lock = threading.Lock()

        def rule(request):
            with lock:
                mine = not once and request.number - start == number
                if mine:
                    once.append(True)
            if not mine:
                return None
            if not after:
                act()
                return None
            answer = self.network.forward(request)
            act()
            if lose:
                raise Close()
            return answer

        self.network.rule = rule

    def sync_all(self):
        self.network.rule = None
        for ctl in (self.a, self.b, self.a, self.b):
            ctl.sync()

    def everything_holds(self):
        self.sync_all()
        self.all_synced(self.a, self.b)
        books = retail.Books(self.rows)
        books.check(self.a)
        books.check(self.b)
        self.same_books(self.a, self.b)
        self.check_all(self.server, self.a, self.b)
        ids = [operation['op_id'] for request in self.network.pushes()
               for operation in request.operations
               if request.answer and request.answer.status == 200]
        print('%d requests, %d pushes, %d operations sent, %d of them once' % (
            len(self.network.requests), len(self.network.pushes()), len(ids), len(set(ids))),
            file=sys.stderr)

    def test_client(self):
        each = max(2, BILLS // ROUNDS)
        took = 0.2
        for turn in range(ROUNDS):
            self.import_more(each)
            ctl = self.b if turn % 4 == 3 else self.a
            if ctl is self.b:
                self.network.rule = None
                self.a.sync()
            process = ctl.start('sync')
            if turn % 2:
                self.at_request(self.chance.randrange(1, 4), self.chance.random() < 0.7,
                                process.kill)
                moment = 'at a request'
                try:
                    process.wait(60)
                except subprocess.TimeoutExpired:
                    self.fail('sync hangs')
            else:
                moment = self.chance.uniform(0, took)
                time.sleep(moment)
                process.kill()
                process.wait()
            self.network.rule = None
            ctl.check()
            if turn % 5 == 4:
                began = time.monotonic()
                ctl.sync()
                took = max(0.05, time.monotonic() - began)
        self.everything_holds()

    def test_server(self):
        def power_cut():
            self.server.kill()

        each = max(2, BILLS // ROUNDS)
        took = 0.2
        for turn in range(ROUNDS):
            self.import_more(each)
            ctl = self.b if turn % 4 == 3 else self.a
            if turn % 2:
                self.at_request(self.chance.randrange(1, 4), self.chance.random() < 0.7, power_cut)
                result = ctl.run('sync')
            else:
                process = ctl.start('sync')
                time.sleep(self.chance.uniform(0, took))
                power_cut()
                result = ctl.finish(process)
            self.network.rule = None
            self.expect(result.code in (0, 3), 'sync while the server dies',
                        ' '.join(result.command),
                        'exit %d: %s %s' % (result.code, result.out, result.err), '0 or 3',
                        'CLI.md sync: 3 no connection (everything kept)')
            self.same(len(result.lines), 1, 'lines on standard output of sync',
                      rule='CLI.md sync: 3 no connection (the object is printed all the same)')
            power_cut()
            self.server.serve()
            self.server.check()
            if turn % 5 == 4:
                began = time.monotonic()
                ctl.sync()
                took = max(0.05, time.monotonic() - began)
        self.everything_holds()

    def test_import(self):
        """Killed while it imports: the same file again makes it whole."""
        rows = retail.made_up(SEED, BILLS)
        self.rows = rows
        name = retail.write(self.path('bills.csv'), rows)
        for turn in range(min(ROUNDS, 10)):
            process = self.a.start('import', 'sales', name, '--map', retail.MAP)
            time.sleep(self.chance.uniform(0, 0.3))
            process.kill()
            process.wait()
            self.a.check()
            if turn % 3 == 2:
                self.a.sync()
        self.a.ok('import', 'sales', name, '--map', retail.MAP)
        self.everything_holds()

    def test_acknowledged_is_durable(self):
        """Each id that `add … -` printed before it was killed is there, queued
        once, and arrives."""
        printed = []
        for turn in range(ROUNDS // 2):
            process = self.a.start('add', 'products', '-', stdin=subprocess.PIPE)

            def feed():
                try:
                    for n in range(2000):
                        process.stdin.write(json.dumps({'name': 'T%d-%d' % (turn,
                                                                            n)}).encode() + b'\n')
                        process.stdin.flush()
                except OSError:
                    pass

            threading.Thread(target=feed, daemon=True).start()
            want = self.chance.randrange(1, 60)
            for _ in range(want):
                line = process.stdout.readline()
                if line:
                    printed.append(json.loads(line)['id'])
            process.kill()
            process.wait()
        held = {row['id'] for row in self.a.list('products')}
        queued = [row['record_id'] for row in self.a.queue()]
        self.expect(set(printed) <= held,
                    'acknowledged and lost: %s' % sorted(set(printed) - held)[:5],
                    rule='SYNC.md §6 Saving: It is durable before the user sees success')
        self.same(sorted(queued), sorted(held), 'records and operations differ',
                  rule='SYNC.md §6 Saving: one transaction writes the record, its queue rows')
        self.a.check()
        self.sync_all()
        self.same_books(self.a, self.b)
        self.same({row['id'] for row in self.b.list('products')}, held, 'what arrived')


if __name__ == '__main__':
    main()

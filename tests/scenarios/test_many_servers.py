"""Several servers on one PostgreSQL, and everything that dies under them."""

import os
import random
import shutil
import subprocess
import threading
import time
import unittest

from bizpulse_testing import Case, Device, Wire, main
from bizpulse_testing.data import new_id
from bizpulse_testing.network import free_port
from bizpulse_testing.postgresql import Cluster, address

N_DEVICES = int(os.environ.get('BIZPULSE_MANY_DEVICES', 5))
N_ROUNDS = int(os.environ.get('BIZPULSE_MANY_ROUNDS', 3))
N_SERVERS = 3
SALES_A_ROUND = 6

PROXY = """
global
  maxconn 1000
defaults
  mode http
  timeout connect 2s
  timeout client 60s
  timeout server 60s
  timeout check 1s
  option forwardfor
  option redispatch
  retries 3
frontend shop
  bind 127.0.0.1:%d
  default_backend servers
backend servers
  balance roundrobin
  option httpchk GET /v1/info
  default-server inter 100ms fall 1 rise 1
%s
"""


class Shop:
    """Devices that work and sync at the same time, whatever happens meanwhile;
    what they were told is saved is counted."""

    def __init__(self, case, url, server, store, code):
        self.case = case
        self.server = server
        self.chance = random.Random(7)
        self.ctls = []
        self.n_sales = 0
        self.quantity = 0
        self.failures = []
        self.n_offline = 0
        self.lock = threading.Lock()
        self.rounds = threading.Semaphore(0)
        for i in range(N_DEVICES):
            ctl = case.new_ctl('D%d' % i)
            ctl.pair(url, code or server.pair_code(store))
            code = None
            self.ctls.append(ctl)
        first = self.ctls[0]
        self.product = first.add('products', {'name': 'Tea', 'price': 1000})
        first.sync()
        for ctl in self.ctls[1:]:
            ctl.sync()

    def round(self, ctl, number):
        chance = random.Random('%s %d' % (ctl.name, number))
        sales = [{'lines': [{'product_id': self.product, 'unit_price': 1000,
                             'quantity': chance.randrange(1, 5) * 1000}],
                  'payments': [{}]} for _ in range(SALES_A_ROUND)]
        ctl.add_many('sales', sales)
        with self.lock:
            self.n_sales += len(sales)
            self.quantity += sum(sale['lines'][0]['quantity'] for sale in sales)
        ctl.set('products', self.product, {'note': '%s %d' % (ctl.name, number)})
        ctl.add('products', {'name': '%s %d' % (ctl.name, number)})
        self.rounds.release()
        result = ctl.run('sync')
        if result.code == 3:
            with self.lock:
                self.n_offline += 1
        elif result.code != 0:
            raise result.deviation('a sync ended otherwise')

    def work(self, ctl):
        try:
            for number in range(N_ROUNDS):
                self.round(ctl, number)
        except BaseException as error:  # told by the main thread
            self.failures.append(error)
            self.rounds.release(N_ROUNDS)

    def open(self, disturb, every):
        """All devices work; @disturb is called for every so many rounds, when
        the last of them is about to sync."""
        threads = [threading.Thread(target=self.work, args=(ctl,)) for ctl in self.ctls]
        for thread in threads:
            thread.start()
        for _ in range(N_DEVICES * N_ROUNDS // every):
            for _ in range(every):
                self.rounds.acquire()
            time.sleep(self.chance.uniform(0, 0.15))
            disturb()
        for thread in threads:
            thread.join()
        if self.failures:
            raise self.failures[0]

    def close(self):
        """Everything is there once, everywhere the same."""
        for _ in range(2):
            for ctl in self.ctls:
                ctl.sync()
        self.case.all_synced(*self.ctls)
        for ctl in self.ctls[1:]:
            self.case.same_books(self.ctls[0], ctl)
        self.case.check_all(self.server, *self.ctls)
        first = self.ctls[0]
        self.case.same(len(first.list('sales')), self.n_sales, 'not the sales that were made')
        self.case.same(len(first.list('payments')), self.n_sales, 'not the payments that were made')
        self.case.same(len(first.list('products')), 1 + N_DEVICES * N_ROUNDS,
                       'not the products that were made')
        self.case.same(first.get('products', self.product)['stock'], -self.quantity,
                       'the stock is not what was sold')


class ManyServers(Case):

    def start(self, database, n_servers, *arguments):
        servers = []
        for _ in range(n_servers):
            server = self.new_server(serve=False)
            server.database = database
            servers.append(server)
        for server in servers:
            server.serve(*arguments)
        return servers

    def proxy(self, servers):
        """haproxy in front of them; returns its address."""
        program = shutil.which('haproxy', path='/usr/sbin:/usr/bin')
        if not program:
            raise unittest.SkipTest('haproxy is not installed')
        port = free_port()
        lines = ['  server s%d 127.0.0.1:%d check' % (i, server.port)
                 for i, server in enumerate(servers)]
        config = self.path('haproxy.cfg')
        with open(config, 'w', encoding='utf-8') as file:
            file.write(PROXY % (port, '\n'.join(lines)))
        process = subprocess.Popen([program, '-db', '-f', config], stdin=subprocess.DEVNULL,
                                   stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)

        def end():
            process.kill()
            process.wait()

        self.addCleanup(end)
        url = 'http://127.0.0.1:%d' % port
        self.until(lambda: Wire(url).raw('GET', '/v1/info').status == 200, 'haproxy serves')
        return url

    def until(self, holds, what, seconds=30):
        """Waits until @holds; what it raises meanwhile is a no."""
        end = time.monotonic() + seconds
        while True:
            try:
                if holds():
                    return
                why = 'not so'
            except Exception as error:  # pylint: disable=broad-except
                why = error
            if time.monotonic() > end:
                raise AssertionError('%s: still %s after %d s' % (what, why, seconds))
            time.sleep(0.02)

    def test_servers_die_behind_a_proxy(self):
        servers = self.start(Cluster(self).make().url, N_SERVERS, '--behind-proxy')
        url = self.proxy(servers)
        shop = Shop(self, url, servers[0], *servers[0].store_add('Shop'))
        killed = []

        def disturb():
            server = servers[len(killed) % N_SERVERS]
            server.kill()
            killed.append(server)
            server.serve('--behind-proxy')

        shop.open(disturb, 3)
        shop.close()
        print('%d devices, %d sales, %d servers killed, %d syncs without connection' % (
            N_DEVICES, shop.n_sales, len(killed), shop.n_offline))
        self.expect(len(killed) >= 5, 'too few servers were killed', came=len(killed))

    def test_the_database_dies(self):
        cluster = Cluster(self).make()
        servers = self.start(cluster.url, 1)
        store, code = servers[0].store_add('Shop')
        shop = Shop(self, servers[0].url, servers[0], store, code)
        shop.open(cluster.restart, N_DEVICES)
        shop.close()

    def test_without_the_database_it_is_503(self):
        cluster = Cluster(self).make()
        server = self.start(cluster.url, 1)[0]
        store, code = server.store_add('Shop')
        device = Device.pair(Wire(server.url), code)
        operation = {'op_id': new_id(), 'action_id': new_id(), 'table': 'products', 'id': 'p1',
                     'operation': 'INSERT', 'modified_at': 1, 'data': {'name': 'Tea'}}
        cluster.stop()
        for _ in range(10):
            reply = device.push_reply([operation], known=False)
            self.same(reply.status, 503, 'no database, and not 503')
            self.expect(1 <= int(reply.headers.get('retry-after', 0)) <= 3600, 'no Retry-After',
                        came=reply)
        cluster.start()
        self.same(device.applied(operation)[0]['version'], 1, 'applied twice')
        self.same(device.push_one(operation)['status'], 'applied', 'not remembered')
        server.check()

    def test_the_primary_dies_and_its_replica_takes_over(self):
        primary = Cluster(self).make()
        replica = Cluster(self).copy_of(primary)
        servers = self.start(address(primary, replica), 2, '--behind-proxy')
        url = self.proxy(servers)
        store, code = servers[0].store_add('Shop')
        shop = Shop(self, url, servers[0], store, code)
        wire = Device.pair(Wire(url), servers[0].pair_code(store))
        acknowledged = []
        over = threading.Event()

        def insist():
            """Pushes one after the other, each until it is answered."""
            while not over.is_set():
                operation = {'op_id': new_id(), 'action_id': new_id(), 'table': 'customers',
                             'id': 'c%d' % len(acknowledged), 'operation': 'INSERT',
                             'modified_at': 1, 'data': {'name': 'Ravi'}}
                while not over.is_set():
                    try:
                        reply = wire.push_reply([operation], known=False)
                    except Exception:  # pylint: disable=broad-except
                        continue
                    if reply.status == 200 and reply.value['results'][0]['status'] == 'applied':
                        acknowledged.append(operation['id'])
                        break

        thread = threading.Thread(target=insist)
        failed_over = []

        def disturb():
            if not failed_over:
                self.until(lambda: len(acknowledged) > 20, 'some were acknowledged')
                primary.stop()
                replica.promote()
                failed_over.append(len(acknowledged))

        thread.start()
        shop.open(disturb, N_DEVICES)
        self.until(lambda: len(acknowledged) > failed_over[0] + 20, 'it goes on')
        over.set()
        thread.join()
        shop.close()
        found = {row['id'] for row in wire.pull('customers')['customers']}
        lost = [one for one in acknowledged if one not in found]
        self.same(lost, [], 'acknowledged and lost')
        print('%d acknowledged before, %d after the failover, none lost; %d sales' % (
            failed_over[0], len(acknowledged) - failed_over[0], shop.n_sales))

    def test_one_store_does_not_hold_up_the_others(self):
        cluster = Cluster(self).make()
        server = self.start(cluster.url, 1)[0]
        store, code = server.store_add('Slow')
        slow = Device.pair(Wire(server.url), code)
        quick = Device.pair(Wire(server.url), server.store_add('Quick')[1])
        holder = subprocess.Popen(
            ['psql', '-qXAt', '-h', cluster.folder, '-U', 'postgres', '-d', 'postgres'],
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        self.addCleanup(holder.kill)
        holder.stdin.write("BEGIN; SELECT 1 FROM stores WHERE store_id = '%s' FOR UPDATE;\n" % store)
        holder.stdin.flush()
        holder.stdout.readline()

        def push():
            request = {'epoch': slow.epoch, 'attempt': 1, 'operations': []}
            try:
                slow.call('POST', '/v1/push', request, known=False)
            except Exception:  # pylint: disable=broad-except
                pass

        threads = [threading.Thread(target=push) for _ in range(20)]
        for thread in threads:
            thread.start()
        waiting = ("SELECT count (*) FROM pg_stat_activity WHERE wait_event_type = 'Lock'")
        self.until(lambda: int(cluster.sql(waiting)) >= 4, 'pushes wait for the lock')
        for number in range(20):
            operation = {'op_id': new_id(), 'action_id': new_id(), 'table': 'products',
                         'id': 'p%d' % number, 'operation': 'INSERT', 'modified_at': 1,
                         'data': {'name': 'Tea'}}
            quick.applied(operation)
        self.expect(int(cluster.sql(waiting)) >= 4, 'the lock was not held all the while')
        holder.stdin.write('ROLLBACK;\n')
        holder.stdin.close()
        holder.stdout.close()
        holder.wait()
        for thread in threads:
            thread.join()


if __name__ == '__main__':
    main()

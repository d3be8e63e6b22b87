"""Several servers on one PostgreSQL, and everything that dies under them."""

import os
import shutil
import subprocess
import threading
import unittest

from bizpulse_testing import Device, Wire, main
from bizpulse_testing.chain import Chain, N_DEVICES, N_SERVERS, Shop
from bizpulse_testing.data import new_id
from bizpulse_testing.network import free_port
from bizpulse_testing.postgresql import Cluster, address

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


class ManyServers(Chain):

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

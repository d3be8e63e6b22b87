"""nginx, with the very configuration that docs/server.md prints, in front of three
servers: HTTPS with the shop's own authority, live sockets, servers that die."""

import os
import pathlib
import re
import shutil
import ssl
import subprocess
import unittest

from bizpulse_testing import Device, Wire, main
from bizpulse_testing.certificates import Certificates
from bizpulse_testing.chain import N_DEVICES, N_SERVERS, Chain, Shop
from bizpulse_testing.data import new_id
from bizpulse_testing.ear import Ear
from bizpulse_testing.network import free_port
from bizpulse_testing.postgresql import Cluster

DOCUMENT = pathlib.Path(__file__).resolve().parents[2] / 'docs' / 'server.md'
AROUND = """
daemon off;
pid %(home)s/nginx.pid;
error_log %(home)s/nginx.log warn;
worker_processes 1;
events { worker_connections 512; }
http {
  access_log off;
  client_body_temp_path %(home)s/body;
  proxy_temp_path %(home)s/proxy;
  fastcgi_temp_path %(home)s/fastcgi;
  uwsgi_temp_path %(home)s/uwsgi;
  scgi_temp_path %(home)s/scgi;
  include %(home)s/shop.conf;
}
"""


class Nginx(Chain, Certificates):

    def setUp(self):
        super().setUp()
        program = shutil.which('nginx', path='/usr/sbin:/usr/bin')
        if not program:
            raise unittest.SkipTest('nginx is not installed')
        self.servers = self.start(Cluster(self).make().url, N_SERVERS, '--behind-proxy')
        self.make_authority('own')
        port = free_port()
        self.write(port, self.make_certificate('shop', 'own'))
        self.url = 'https://localhost:%d' % port
        self.context = ssl.create_default_context(cafile=self.path('own.pem'))
        process = subprocess.Popen([program, '-p', self.home, '-c', self.path('nginx.conf')],
                                   stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL,
                                   stderr=subprocess.DEVNULL)

        def end():
            process.terminate()
            process.wait()

        self.addCleanup(end)
        self.until(lambda: self.wire().raw('GET', '/v1/info').status == 200, 'nginx serves')

    def write(self, port, certificate):
        """What the document prints, but for the places of servers and keys."""
        text = re.search(r'```nginx\n(.*?)```', DOCUMENT.read_text(encoding='utf-8'), re.S)[1]
        places = [('listen 443 ssl', 'listen 127.0.0.1:%d ssl' % port),
                  ('/etc/ssl/shop.pem', certificate), ('/etc/ssl/shop.key', certificate)]
        places += [('10.0.0.1%d:8750' % (i + 1), '127.0.0.1:%d' % server.port)
                   for i, server in enumerate(self.servers)]
        for printed, real in places:
            self.expect(text.count(printed) == 1, 'the document does not print it once',
                        came=printed)
            text = text.replace(printed, real)
        for name, content in ('shop.conf', text), ('nginx.conf', AROUND % {'home': self.home}):
            with open(self.path(name), 'w', encoding='utf-8') as file:
                file.write(content)
        # As root its workers are nobody's.
        os.chmod(self.home, 0o755)

    def wire(self):
        return Wire(self.url, context=self.context)

    def insert(self, name):
        return {'op_id': new_id(), 'action_id': new_id(), 'table': 'products', 'id': new_id(),
                'operation': 'INSERT', 'modified_at': 1, 'data': {'name': name}}

    def test_servers_die_behind_it(self):
        shop = Shop(self, self.url, self.servers[0], *self.servers[0].store_add('Shop'),
                    '--ca-file', self.path('own.pem'))
        killed = []

        def disturb():
            server = self.servers[len(killed) % N_SERVERS]
            server.kill()
            killed.append(server)
            server.serve('--behind-proxy')

        shop.open(disturb, 3)
        shop.close()
        print('%d devices, %d sales, %d servers killed, %d syncs without connection' % (
            N_DEVICES, shop.n_sales, len(killed), shop.n_offline))

    def test_live_goes_through_it(self):
        store, code = self.servers[0].store_add('Shop')
        device = Device.pair(self.wire(), code)
        ears = [Ear(self, self.wire(), device.wire.token) for _ in range(N_SERVERS)]
        seq = device.applied(self.insert('Tea'))[0]['seq']
        for ear in ears:
            ear.hears(seq)

    def test_limits_are_the_servers(self):
        store, code = self.servers[0].store_add('Shop')
        device = Device.pair(self.wire(), code)
        head = {'Content-Type': 'application/json', 'Authorization': 'Bearer ' + device.wire.token}
        body = b'{"epoch":"%s","since":{"products":0}}' % device.epoch.encode()
        for size, status in ((1 << 20, 200), ((1 << 20) + 1, 413)):
            reply = self.wire().raw('POST', '/v1/pull', body.ljust(size), head)
            self.same(reply.status, status, 'a body of %d bytes' % size)

    def test_addresses_of_clients_are_told(self):
        """Wrong codes are counted by client, by each server: nobody can pass for another."""
        for i in range(5 * N_SERVERS + 1):
            reply = self.wire().raw(
                'POST', '/v1/pair', b'{"code":"AAAA-AAAA","request":"r","device":{"name":"x"}}',
                {'Content-Type': 'application/json', 'X-Forwarded-For': '192.0.2.%d' % i})
            if reply.status == 429:
                return
        self.expect(False, 'wrong codes without end, and not 429', came=reply)


if __name__ == '__main__':
    main()

"""What an operator sees and does while a server serves."""

import contextlib
import glob
import re
import shutil
import signal
import sqlite3
import ssl
import subprocess
import time
import unittest

from bizpulse_testing import Case, Device, Wire, main
from bizpulse_testing.data import new_id
from bizpulse_testing.network import free_port
from bizpulse_testing.programs import read_line

SAMPLE = re.compile(r'([a-z_]+)(\{[^{}]*\})? ([0-9.e+]+)')


def insert(record, name):
    return {'op_id': new_id(), 'action_id': new_id(), 'table': 'products', 'id': record,
            'operation': 'INSERT', 'modified_at': 1, 'data': {'name': name}}


class Operations(Case):

    def samples(self, wire):
        """What /metrics tells, by name and labels."""
        reply = wire.raw('GET', '/metrics')
        self.same(reply.status, 200, 'no metrics')
        self.expect(reply.headers['content-type'].startswith('text/plain; version=0.0.4'),
                    'not the format of Prometheus', came=reply)
        found = {}
        for line in reply.body.decode().splitlines():
            if line.startswith('#'):
                continue
            match = SAMPLE.fullmatch(line)
            self.expect(match, 'not a sample of Prometheus', came=line)
            found[match[1] + (match[2] or '')] = float(match[3])
        return found

    def test_metrics(self):
        server = self.new_server(serve=False)
        store, code = server.store_add('Shop')
        port = free_port()
        server.serve('--metrics', '127.0.0.1:%d' % port)
        wire = Wire('http://127.0.0.1:%d' % port)
        device = Device.pair(Wire(server.url), code)
        device.push(insert('p1', 'Tea'), dict(insert('p2', 'Tea'), operation='UPDATE',
                                              base_version=1), insert('p3', 5))
        Wire(server.url, 'wrong').call('POST', '/v1/pull', {}, known=False)
        Wire(server.url).call('GET', '/v1/a-secret-of-mine', known=False)
        found = self.samples(wire)
        for name, value in {
                'bizpulse_requests_total{path="/v1/pair",status="201"}': 1,
                'bizpulse_requests_total{path="/v1/push",status="200"}': 1,
                'bizpulse_requests_total{path="/v1/pull",status="401"}': 1,
                'bizpulse_requests_total{path="other",status="404"}': 1,
                'bizpulse_request_seconds_count{path="/v1/push"}': 1,
                'bizpulse_request_seconds_bucket{path="/v1/push",le="+Inf"}': 1,
                'bizpulse_operations_total{result="applied"}': 1,
                'bizpulse_operations_total{result="conflict"}': 1,
                'bizpulse_operations_total{result="rejected"}': 1,
                'bizpulse_backend_errors_total': 0}.items():
            self.same(found.get(name), float(value), name)
        self.same(wire.raw('GET', '/v1/info').status, 404, 'something else is served there')
        self.same(wire.raw('POST', '/metrics', b'x').status, 405, 'POST /metrics')
        self.same(Wire(server.url).raw('GET', '/metrics').status, 404, 'metrics for everybody')
        server.fails(2, '--metrics', 'nowhere')

    def test_log_tells_what_happened_and_no_secret(self):
        server = self.new_server(serve=False)
        store, code = server.store_add('Sharma Stores')
        server.environment['G_MESSAGES_DEBUG'] = 'bizpulse-server'
        server.serve()
        device = Device.pair(Wire(server.url), code, name='Counter of Asha')
        device.applied(insert('p1', 'Darjeeling'))
        device.pull('products')
        device.call('GET', '/v1/history?table=products&id=very-own-id')
        Wire(server.url, 'bp_made_up').call('POST', '/v1/pull', {}, known=False)
        server.stop()
        log = b''.join(server.process.said).decode()
        for path, status, who in (('push', 200, device), ('pull', 200, device),
                                  ('pull', 401, None)):
            line = 'path=/v1/%s status=%d ms=[0-9]+ store=%s device=%s' % (
                path, status, who.store['id'] if who else '-', who.device['id'] if who else '-')
            self.expect(re.search(line, log), 'no such line', came=log, expected=line)
        for secret in (device.token, device.token.split('_')[-1], code, code.replace('-', ''),
                       'Darjeeling', 'Asha', 'Sharma', 'very-own-id', 'made_up'):
            self.expect(secret not in log, 'the log tells %r' % secret, came=log)

    def test_history_is_kept_as_long_as_was_asked(self):
        server = self.new_server()
        store, code = server.store_add('Shop')
        device = Device.pair(Wire(server.url), code)
        operation = insert('p1', 'Tea')
        device.applied(operation)
        server.stop()
        # The server was told a hundred days ago.
        with contextlib.closing(sqlite3.connect(server.file)) as database:
            database.execute('UPDATE operations SET received_at = received_at - 8640000000')
            database.commit()

        def told():
            return device.call('GET', '/v1/history?table=products&id=p1').value['operations']

        server.serve('--keep-history', '101')
        self.same([one['data'] for one in told()], [{'name': 'Tea'}], 'forgotten too early')
        server.stop()
        server.serve('--keep-history', '99')
        end = time.monotonic() + 30
        while told()[0]['data'] is not None:
            self.expect(time.monotonic() < end, 'not forgotten')
            time.sleep(0.05)
        self.same(len(told()), 1, 'the operation itself was forgotten')
        self.same(device.push_one(operation)['version'], 1, 'it counted again')
        server.check()
        for days in ('0', '-5', 'x'):
            server.fails(2, '--keep-history', days)
    def test_nothing_that_is_kept_or_told_holds_a_secret(self):
        server = self.new_server(serve=False)
        store, code = server.store_add('Sharma Stores')
        spare = server.pair_code(store)
        port = free_port()
        server.environment['G_MESSAGES_DEBUG'] = 'all'
        server.serve('--metrics', '127.0.0.1:%d' % port)
        wire = Wire(server.url)
        device = Device.pair(wire, code, name='Counter of Asha')
        device.applied(insert('p1', 'Darjeeling'))
        cut = device.token[:-1]
        wire.with_token(cut).call('POST', '/v1/pull', {}, known=False).is_problem('unauthorized')
        wire.call('POST', '/v1/pair', {'code': 'WRNG-CDEF', 'request': new_id(), 'device': {
            'name': 'Thief', 'prefix': 'THF'}}, known=False).is_problem('not_found')
        wire.raw('GET', '/v1/odd%0d%0apath=/v1/forged')
        told = Wire('http://127.0.0.1:%d' % port).raw('GET', '/metrics').body
        kept = b''
        for name in glob.glob(server.file + '*'):
            with open(name, 'rb') as file:
                kept += file.read()
        server.stop()
        told += b''.join(server.process.said)
        secrets = [device.token, cut, device.token.split('_')[-1]]
        for one in (code, spare, 'WRNG-CDEF'):
            secrets += [one, one.replace('-', '')]
        for secret in secrets:
            self.expect(secret.encode() not in kept, 'the database holds %r' % secret)
        for secret in secrets + ['Darjeeling', 'Asha', 'Sharma', 'Thief', 'forged']:
            self.expect(secret.encode() not in told, 'log or metrics tell %r' % secret, came=told)

    def make_certificate(self, name, number):
        if not shutil.which('openssl'):
            raise unittest.SkipTest('openssl is not installed')
        subprocess.run(['openssl', 'req', '-x509', '-newkey', 'ec', '-pkeyopt',
                        'ec_paramgen_curve:P-256', '-nodes', '-days', '2', '-subj',
                        '/CN=shop', '-set_serial', str(number), '-keyout', self.path('new.key'),
                        '-out', self.path('new.pem')], check=True, stderr=subprocess.DEVNULL)
        with open(self.path('new.key'), 'rb') as key, open(self.path('new.pem'), 'rb') as cert:
            both = cert.read() + key.read()
        with open(self.path(name), 'wb') as file:
            file.write(both)

    def test_a_new_certificate_is_taken_up(self):
        self.make_certificate('shop.pem', 11)
        server = self.new_server(serve=False)
        process = server.start('--listen', '127.0.0.1:0', '--tls-cert', self.path('shop.pem'))
        match = re.fullmatch(r'listening on https://127\.0\.0\.1:(\d+)',
                             read_line(process.stdout, 30).strip())
        self.expect(match, 'it does not serve HTTPS')

        def shown():
            return ssl.get_server_certificate(('127.0.0.1', int(match[1])))

        def wait_for(other):
            end = time.monotonic() + 30
            while shown() == other:
                self.expect(time.monotonic() < end, 'still the old certificate')

        first = shown()
        self.make_certificate('shop.pem', 12)
        process.send_signal(signal.SIGHUP)
        wait_for(first)
        second = shown()
        with open(self.path('shop.pem'), 'w', encoding='utf-8') as file:
            file.write('nothing')
        process.send_signal(signal.SIGHUP)
        said = read_line(process.stderr, 30)
        self.expect('stays as it was' in said, 'an unreadable certificate is not told', came=said)
        self.same(shown(), second, 'another certificate than before')


if __name__ == '__main__':
    main()

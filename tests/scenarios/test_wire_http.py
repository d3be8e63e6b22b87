"""SYNC.md §2 on the wire: headers, limits, codes, pairing."""

import glob
import gzip
import http.client
import json
import resource
import socket
import time

from bizpulse_testing import Case, Device, Wire, main, make_operation, new_id


class Information(Case):
    def test_info(self):
        server = self.new_server()
        reply = Wire(server.url).call('GET', '/v1/info')
        value = reply.is_ok()
        self.members(value, 'service protocol schema time limits', '/v1/info', 'SYNC.md §2 info')
        self.same({name: value[name] for name in ('service', 'protocol', 'schema', 'limits')}, {
            'service': 'bizpulse', 'protocol': [1], 'schema': 1,
            'limits': {'max_operations': 100, 'max_body': 1048576, 'max_unpacked': 8388608}},
            '/v1/info tells something else', 'GET /v1/info', 'SYNC.md §2 info')
        self.expect(abs(value['time'] - time.time() * 1000) < 60000, '`time` is not now in ms',
                    came=value)

    def test_protocol_header(self):
        server = self.new_server()
        wire = Wire(server.url)
        wire.call('GET', '/v1/info', headers={'Bizpulse-Protocol': None}).is_ok(
            rule='SYNC.md §2: a request without `Bizpulse-Protocol` is answered as version 1')
        for version in ('2', '0', '1.0', 'x'):
            reply = wire.call('GET', '/v1/info', headers={'Bizpulse-Protocol': version})
            reply.is_problem('upgrade_required', rule='SYNC.md §2: another version 426')
        store, code = server.store_add()
        device = Device.pair(wire, code)
        reply = device.call('POST', '/v1/pull', {'epoch': device.epoch, 'since': {'sales': 0}},
                            headers={'Bizpulse-Protocol': '2'})
        reply.is_problem('upgrade_required', rule='SYNC.md §2: another version 426')
        reply = device.call('POST', '/v1/pull', {'epoch': device.epoch, 'since': {'sales': 0}},
                            headers={'Bizpulse-Protocol': None})
        reply.is_ok(rule='SYNC.md §2: a request without `Bizpulse-Protocol` is answered as '
                         'version 1')


class Pairing(Case):
    def setUp(self):
        super().setUp()
        self.server, self.store, self.code = self.new_store(
            '--currency', 'GBP', '--time-zone', 'Europe/London', name='Corner Shop')
        self.wire = Wire(self.server.url)

    def ask(self, **members):
        request = {'request': new_id(), 'device': {'name': 'Till', 'prefix': 'ABC'}}
        request.update(members)
        return self.wire.call('POST', '/v1/pair', request, known=False)

    def test_answer(self):
        reply = self.ask(code=self.code)
        value = reply.is_ok(201)
        rule = 'SYNC.md §2 pair'
        self.members(value, 'token epoch store device', 'the answer to pair', rule)
        self.same(value['store'], {'id': self.store, 'name': 'Corner Shop', 'currency': 'GBP',
                                   'time_zone': 'Europe/London'}, 'store', rule=rule)
        self.members(value['device'], 'id name prefix', 'device', rule)
        self.same((value['device']['name'], value['device']['prefix']), ('Till', 'ABC'),
                  'the device is called something else', rule='SYNC.md §2: it gets it if the store '
                  'has none such')
        reply = self.wire.with_token(value['token']).call(
            'POST', '/v1/pull', {'epoch': value['epoch'], 'since': {'products': 0}})
        reply.is_ok()
        self.same(reply.headers['bizpulse-epoch'], value['epoch'], 'Bizpulse-Epoch is another one')

    def test_a_code_works_once(self):
        request = new_id()
        first = self.ask(code=self.code, request=request).is_ok(201)
        again = self.ask(code=self.code, request=request)
        again.is_ok(201, 'SYNC.md §2 pair: the same `request` again: the same answer')
        self.same(again.value, first, 'the same request got another answer',
                  rule='SYNC.md §2 pair: the same `request` again: the same answer')
        self.ask(code=self.code).is_problem(
            'not_found', rule='SYNC.md §2: 404 a wrong, used or expired code, too')
        self.same(len(self.server.ok('devices', self.store)), 1, 'devices after one pairing')

    def test_wrong_code(self):
        for code in ('AAAA-AAAA', self.code[:-1], "' OR 1=1 --"):
            reply = self.ask(code=code)
            reply.is_problem('not_found', 'invalid', rule='SYNC.md §2: 404 a wrong code')
        self.ask().is_problem('unauthorized', 'invalid', 'not_found')
        self.ask(code=self.code).is_ok(201)

    def test_guessing(self):
        for turn in range(100):
            reply = self.ask(code='AAAA-%04d' % turn)
            if reply.status == 429:
                break
            reply.is_problem('not_found')
        reply.is_problem('too_many_requests', rule='FAULTS.md §2 row 69: brute force of a code')
        wait = reply.headers.get('retry-after', '')
        self.expect(wait.isdigit() and 1 <= int(wait) <= 3600, 'how long to wait', reply.sent,
                    repr(reply), rule='SYNC.md §2: 429 and 503 with `Retry-After`')

    def test_other_store(self):
        self.ask(code=self.code, store=new_id()).is_problem(
            'other_store', rule='SYNC.md §2: 409 other_store')
        self.ask(code=self.server.pair_code(self.store), store=self.store).is_ok(201)

    def test_prefix_is_the_devices_own(self):
        first = self.ask(code=self.code).is_ok(201)
        second = self.ask(code=self.server.pair_code(self.store)).is_ok(201)
        self.expect(first['device']['prefix'] == 'ABC' and second['device']['prefix'] != 'ABC'
                    and second['device']['prefix'], 'two devices share a prefix',
                    came=[first['device'], second['device']],
                    rule='SYNC.md §2: it gets it if the store has none such, else another')
        self.expect(first['token'] != second['token'] and
                    first['device']['id'] != second['device']['id'], 'two devices are one')

    def test_new_device_by_token(self):
        first = self.ask(code=self.code).is_ok(201)
        wire = self.wire.with_token(first['token'])
        reply = wire.call('POST', '/v1/pair', {
            'request': new_id(), 'device': {'name': 'Copy', 'prefix': 'CPY'}}, known=False)
        value = reply.is_ok(201, 'SYNC.md §2 pair: With a valid token instead of a code: a new '
                                 'device of the same store')
        self.same(value['store']['id'], self.store, 'another store')
        self.expect(value['device']['id'] != first['device']['id'], 'the same device',
                    came=value['device'])

    def test_shape(self):
        for body in (b'{', b'[]', b'{}', b'{"code":5}', b'null',
                     b'{"code":"AAAA-AAAA","request":"x"}',
                     b'{"code":"AAAA-AAAA","request":"x","device":"y"}'):
            reply = self.wire.call('POST', '/v1/pair', body, known=False)
            reply.is_problem('malformed', 'invalid', 'not_found', 'unauthorized',
                             rule='SYNC.md §2: 400 malformed, 422 invalid')

    def test_tokens_are_not_stored(self):
        token = self.ask(code=self.code).is_ok(201)['token']
        for name in glob.glob(self.server.file + '*'):
            with open(name, 'rb') as stream:
                self.expect(token.encode() not in stream.read(), 'the token stands in %s' % name,
                            rule='issue 2, 4: tokens stored hashed')


class Codes(Case):
    @classmethod
    def setUpClass(cls):
        cls.case = Case('run')
        cls.case.setUp()
        cls.server, cls.store, cls.device = cls.case.new_wire()

    @classmethod
    def tearDownClass(cls):
        cls.case.doCleanups()

    def pull(self, **options):
        return self.device.call('POST', '/v1/pull',
                                {'epoch': self.device.epoch, 'since': {'products': 0}}, **options)

    def test_tokens(self):
        wire = Wire(self.server.url)
        ask = {'epoch': self.device.epoch, 'since': {'products': 0}}
        for path in ('/v1/push', '/v1/pull'):
            wire.call('POST', path, ask).is_problem('unauthorized', rule='SYNC.md §2: 401')
            for value in ('Bearer', 'Bearer x', 'Basic ' + self.device.token,
                          'Bearer ' + self.device.token[:-1], 'Bearer ' + self.device.token + 'x',
                          'Bearer ' + self.device.token.swapcase()):
                wire.call('POST', path, ask, headers={'Authorization': value}).is_problem(
                    'unauthorized', rule='SYNC.md §2: 401 `unauthorized`')

    def test_revoked(self):
        device = Device.pair(Wire(self.server.url), self.server.pair_code(self.store))
        device.pull('products')
        self.server.ok('revoke', device.device['id'])
        device.call('POST', '/v1/pull', {'epoch': device.epoch, 'since': {'products': 0}},
                    known=False).is_problem('revoked', rule='SYNC.md §2: 403 `revoked`')
        device.wire.call('POST', '/v1/push', {'epoch': device.epoch, 'attempt': 1,
                                              'operations': []}, known=False).is_problem('revoked')
        device.wire.call('POST', '/v1/pair', {
            'request': new_id(), 'device': {'name': 'x', 'prefix': 'X'}}, known=False).is_problem(
            'revoked', 'unauthorized', rule='SYNC.md §2 pair: with a *valid* token')

    def test_paths_and_methods(self):
        for method, path in (('GET', '/'), ('GET', '/v2/info'), ('POST', '/v1/nothing'),
                             ('GET', '/v1/info/x'), ('GET', '/v1/../v1/nothing')):
            reply = self.device.call(method, path, {} if method == 'POST' else None)
            reply.is_problem('not_found', rule='SYNC.md §2: 404 `not_found`')
        for method, path in (('GET', '/v1/push'), ('GET', '/v1/pull'), ('PUT', '/v1/info'),
                             ('DELETE', '/v1/pair')):
            reply = self.device.call(method, path)
            self.expect(reply.status in (404, 405), 'a wrong method is not refused',
                        reply.sent, repr(reply), '404 or 405')

    def test_content_type(self):
        for kind in ('text/plain', 'application/xml', 'application/x-www-form-urlencoded'):
            reply = self.pull(headers={'Content-Type': kind})
            self.same(reply.status, 415, 'a body of type %s' % kind, reply.sent, 'SYNC.md §2: 415')
        self.pull(headers={'Content-Type': 'application/json; charset=utf-8'}).is_ok()
        reply = self.pull(headers={'Content-Encoding': 'br'})
        self.same(reply.status, 415, 'a body of encoding br', reply.sent, 'SYNC.md §2: 415')

    def test_malformed(self):
        good = ('{"epoch":"%s","since":{"products":0}%%s}' % self.device.epoch).encode()
        deep = lambda n: good % (b',"x":' + b'[' * n + b']' * n)
        cases = {
            'empty': b'', 'cut': b'{"epoch"', 'two roots': good % b'' + b'{}',
            'trailing': good % b'' + b'x', 'duplicate': good % b',"epoch":"e"',
            'NUL': good % b',"x":"\\u0000"', 'raw NUL': good % b'' + b'\0',
            'number 010': good % b',"limit":010', 'NaN': good % b',"limit":NaN',
            '1e400': good % b',"limit":1e400', '2^53': good % b',"limit":9007199254740992',
            '2^63-1': good % b',"limit":9223372036854775807',
            '2^64': good % b',"limit":18446744073709551616',
            'bad UTF-8': good % b',"x":"\xff\xfe"', 'overlong': good % b',"x":"\xc0\xaf"',
            'lone surrogate': good % b',"x":"\\ud800"', 'single quotes': b"{'epoch':'x'}",
            'comment': b'/* */' + good % b'', 'trailing comma': good % b',',
            'BOM': b'\xef\xbb\xbf' + good % b'', 'control character': good % b',"x":"\n"',
            'depth 17': deep(16), 'depth 1000': deep(1000), 'depth 100000': deep(100000),
            'bad escape': good % b',"x":"\\x"', 'plus': good % b',"limit":+5'}
        for name, body in cases.items():
            reply = self.device.call('POST', '/v1/pull', body)
            self.expect(reply.status == 400 and reply.code == 'malformed',
                        'malformed JSON (%s) is not refused' % name, strict_sent(body),
                        repr(reply), '400 malformed', 'SYNC.md §2: JSON in UTF-8, strict: RFC '
                        '8259, one root, depth ≤ 16, no duplicate members, no NUL, integers '
                        'within ±(2^53−1)')
        self.device.pull('products')

    def test_wrong_shape(self):
        for body in (b'[]', b'"x"', b'5', b'null', b'{}', b'{"epoch":"x"}',
                     b'{"epoch":"%s","since":[]}' % self.device.epoch.encode(),
                     b'{"epoch":"%s","since":{"products":"0"}}' % self.device.epoch.encode(),
                     b'{"epoch":"%s","since":{"products":true}}' % self.device.epoch.encode(),
                     b'{"epoch":"%s","since":{"products":-1}}' % self.device.epoch.encode(),
                     b'{"epoch":"%s","since":{"nothing":0}}' % self.device.epoch.encode(),
                     b'{"epoch":"%s","since":{"products":0},"limit":"5"}' %
                     self.device.epoch.encode()):
            reply = self.device.call('POST', '/v1/pull', body)
            reply.is_problem('invalid', 'epoch_changed', 'malformed',
                             rule='SYNC.md §2: 422 `invalid` (JSON of the wrong shape)')
        for text in ('1.5', '1.0', '1e0', '"1"', 'true', 'null'):
            reply = self.device.call('POST', '/v1/push', (
                '{"epoch":"%s","attempt":%s,"operations":[]}' % (self.device.epoch, text)).encode())
            reply.is_problem('invalid', 'malformed',
                             rule='SYNC.md §2: nothing but integers where one is meant')

    def test_depth_16_is_read(self):
        operation = make_operation('products', 'deep', data={'name': 'x', 'nested': None})
        text = ('{"epoch":"%s","attempt":%d,"operations":[%s]}' % (
            self.device.epoch, self.device.attempt + 1,
            json.dumps(operation).replace(
                '"nested": null', '"nested": ' + '[' * 12 + ']' * 12))).encode()
        self.device.attempt += 1
        reply = self.device.call('POST', '/v1/push', text)
        value = reply.is_ok(200, 'SYNC.md §2: depth ≤ 16; §3: A fault inside one operation is '
                                 'never an HTTP error')
        self.expect(value['results'][0].get('code') in ('unknown_field', 'invalid_value'),
                    'a nested unknown field is not rejected', came=value)

    def test_gzip_requests(self):
        self.pull(pack=True).is_ok(200, 'SYNC.md §2: Request bodies may be Content-Encoding: gzip')
        epoch = self.device.epoch.encode()
        packed = gzip.compress(b'{"epoch":"%s","since":{"products":0}}' % epoch)
        for name, body in (('cut', packed[:-4]), ('not gzip', b'{"epoch":"x","since":{}}'),
                           ('wrong check sum', packed[:-8] + b'\0\0\0\0' + packed[-4:]),
                           ('trailing garbage', packed + b'garbage'),
                           ('gzip in gzip', gzip.compress(packed))):
            reply = self.device.call('POST', '/v1/pull', body, headers={'Content-Encoding': 'gzip'})
            self.expect(reply.status == 400, 'a gzip body (%s) is not refused' % name,
                        strict_sent(body), repr(reply), '400 malformed', 'SYNC.md §2')

    def test_hundreds_of_thousands_of_members(self):
        """They are answered before the caller gives up: whether one is there
        twice is not looked up one by one."""
        members = b','.join(b'"%x":0' % i for i in range(300000))
        body = b'{"epoch":"x","since":{},%s' % members
        for end in (b'}', b',"1":0}'):
            reply = self.device.call('POST', '/v1/pull', body + end, pack=True)
            reply.is_problem('malformed', 'invalid', 'epoch_changed', rule='SYNC.md §2: strict')

    def test_too_large(self):
        rule = 'SYNC.md §2: body 1 MiB on the wire and 8 MiB unpacked; 413 `too_large`'
        blank = b'{"epoch":"x"' + b' ' * (1 << 20) + b'}'
        self.device.call('POST', '/v1/push', blank).is_problem('too_large', rule=rule)
        reply = self.device.call('POST', '/v1/push', b'{' + b' ' * (9 << 20) + b'}', pack=True)
        reply.is_problem('too_large', rule=rule)
        reply = self.device.call('POST', '/v1/push', b'{' + b' ' * (200 << 20) + b'}', pack=True)
        reply.is_problem('too_large', rule=rule)
        exact = b'{"epoch":"%s","since":{"products":0}' % self.device.epoch.encode()
        exact += b' ' * ((1 << 20) - len(exact) - 1) + b'}'
        self.device.call('POST', '/v1/pull', exact).is_ok(200, 'SYNC.md §2: body 1 MiB on the wire')
        unpacked = b'{"epoch":"%s","since":{"products":0}' % self.device.epoch.encode()
        unpacked += b' ' * ((8 << 20) - len(unpacked) - 1) + b'}'
        self.device.call('POST', '/v1/pull', unpacked, pack=True).is_ok(200, '8 MiB unpacked')

    def test_too_large_in_chunks(self):
        """No Content-Length to look at: it is counted while it comes."""
        wire = self.device.wire
        with socket.create_connection((wire.host, wire.port), 30) as stream:
            stream.sendall((
                'POST /v1/push HTTP/1.1\r\nHost: x\r\nBizpulse-Protocol: 1\r\nAuthorization: '
                'Bearer %s\r\nContent-Type: application/json\r\nTransfer-Encoding: chunked\r\n\r\n'
                % self.device.token).encode())
            came = b''
            try:
                for _ in range(64):
                    stream.sendall(b'10000\r\n' + b' ' * 65536 + b'\r\n')
                stream.sendall(b'0\r\n\r\n')
                came = stream.recv(65536)
            except OSError:
                try:
                    came = stream.recv(65536)
                except OSError:
                    pass
        self.expect(not came or b' 413 ' in came.split(b'\r\n')[0],
                    '4 MiB in chunks were not refused', came=came[:300], expected='413, or the end '
                    'of the connection', rule='SYNC.md §2: body 1 MiB on the wire')
        self.device.pull('products')

    def test_gzip_answers(self):
        self.device.applied(*[make_operation('products', 'zip%d' % n, data={'name': 'x' * 100})
                              for n in range(50)])
        rule = 'SYNC.md §2: answers are gzip when asked for and above 1 KiB'
        ask = {'epoch': self.device.epoch, 'since': {'products': 0}}
        plain = self.device.call('POST', '/v1/pull', ask)
        self.expect('content-encoding' not in plain.headers, 'gzip though not asked for',
                    came=plain.headers, rule=rule)
        packed = self.device.call('POST', '/v1/pull', ask, headers={'Accept-Encoding': 'gzip'})
        self.expect(packed.headers.get('content-encoding') == 'gzip' and
                    packed.wire_size < len(packed.body) // 2, 'not gzip though asked for',
                    came=packed.headers, rule=rule)
        self.same(packed.value['tables'], plain.value['tables'], 'gzip changes the answer')
        small = self.device.call('POST', '/v1/pull', {
            'epoch': self.device.epoch, 'since': {'analytics': 0}},
            headers={'Accept-Encoding': 'gzip'})
        self.expect(len(small.body) > 1024 or 'content-encoding' not in small.headers,
                    '%d bytes are gzipped' % len(small.body), came=small.headers, rule=rule)

    def test_many_requests_on_one_connection(self):
        wire = self.device.wire
        body = json.dumps({'epoch': self.device.epoch, 'since': {'analytics': 0}})
        connection = http.client.HTTPConnection(wire.host, wire.port, timeout=30)
        self.addCleanup(connection.close)
        for turn in range(5):
            connection.request('POST', '/v1/pull', body if turn != 2 else '{', {
                'Authorization': 'Bearer ' + self.device.token, 'Bizpulse-Protocol': '1',
                'Content-Type': 'application/json'})
            reply = connection.getresponse()
            text = reply.read()
            self.same(reply.status, 200 if turn != 2 else 400, 'request %d of a connection' % turn,
                      body, 'answered %s' % text[:200])

    def test_an_answer_keeps_no_secret(self):
        for path in ('/v1/pull', '/v1/push'):
            reply = self.device.call('POST', path, {})
            self.expect(self.device.token.encode() not in reply.body, 'the token comes back',
                        came=repr(reply))


class Attacks(Case):
    def memory(self, server):
        """The most memory the server ever held, in MiB."""
        with open('/proc/%d/status' % server.process.pid, encoding='ascii') as stream:
            for line in stream:
                if line.startswith('VmHWM'):
                    return int(line.split()[1]) // 1024
        return 0

    def half_requests(self, server, count):
        """So many connections that began a request and say no more."""
        streams = []
        for _ in range(count):
            try:
                stream = socket.create_connection(('127.0.0.1', server.port), 5)
                stream.sendall(b'POST /v1/push HTTP/1.1\r\nHost: x\r\nContent-Length: 999\r\n')
                streams.append(stream)
            except OSError:
                break
        return streams

    def answers_again(self, server, what):
        until = time.monotonic() + 60
        while True:
            try:
                Wire(server.url).raw('GET', '/v1/info', timeout=5)
                return
            except AssertionError:
                self.expect(time.monotonic() < until and server.process.poll() is None,
                            'no answer after %s' % what,
                            came='exit %s, stderr %s' % (server.process.poll(),
                                                         b''.join(server.process.said).decode()),
                            rule='FAULTS.md §0 SoupServer, §2 row 64: caps hold; server accepts '
                                 'again')
                time.sleep(0.5)

    def test_400_slow_connections(self):
        server = self.new_server()
        streams = self.half_requests(server, 400)
        for stream in streams:
            stream.close()
        self.answers_again(server, '400 slow connections were closed')
        server.stop()

    def test_file_descriptors_run_out(self):
        server = self.new_server(serve=False)
        hard = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
        server.serve()
        resource.prlimit(server.process.pid, resource.RLIMIT_NOFILE, (64, hard))
        streams = self.half_requests(server, 200)
        for _ in range(3):
            try:
                Wire(server.url).raw('GET', '/v1/info', timeout=2)
            except AssertionError:
                pass
        for stream in streams:
            stream.close()
        self.answers_again(server, 'it ran out of file descriptors')

    def test_connections_reset(self):
        server = self.new_server()
        for _ in range(200):
            stream = socket.create_connection(('127.0.0.1', server.port), 5)
            stream.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, b'\1\0\0\0\0\0\0\0')
            stream.sendall(b'POST /v1/pair HTTP/1.1\r\nHost: x\r\nContent-Length: 5\r\n\r\n')
            stream.close()
        self.answers_again(server, '200 connections were reset')

    def test_garbage(self):
        server = self.new_server(serve=False)
        server.environment['G_DEBUG'] = 'fatal-criticals'  # libsoup warns of a length below 0
        server.serve()
        for data in (b'\0' * 1000, b'GET / HTTP/9.9\r\n\r\n', b'\r\n' * 100,
                     b'GET ' + b'x' * 200000,
                     b'POST /v1/pair HTTP/1.1\r\nHost: x\r\nContent-Length: -5\r\n\r\n{}',
                     b'POST /v1/pair HTTP/1.1\r\nHost: x\r\nContent-Length: 99999999999\r\n\r\n{}',
                     b'GET /v1/info HTTP/1.1\r\nHost: x\r\n' + b'X: y\r\n' * 10000 + b'\r\n'):
            with socket.create_connection(('127.0.0.1', server.port), 5) as stream:
                stream.settimeout(2)
                try:
                    stream.sendall(data)
                    stream.shutdown(socket.SHUT_WR)
                    stream.recv(65536)
                except OSError:
                    pass
        self.answers_again(server, 'garbage')
        server.stop()

    def test_memory(self):
        server, store, device = self.new_wire()
        before = self.memory(server)
        bomb = gzip.compress(b' ' * (300 << 20))
        for _ in range(3):
            device.call('POST', '/v1/push', bomb, headers={
                'Content-Encoding': 'gzip'}).is_problem('too_large')
            with socket.create_connection(('127.0.0.1', server.port), 5) as stream:
                try:
                    stream.sendall(b'POST /v1/push HTTP/1.1\r\nHost: x\r\nContent-Length: '
                                   b'419430400\r\nContent-Type: application/json\r\n\r\n')
                    for _ in range(400):
                        stream.sendall(b' ' * (1 << 20))
                except OSError:
                    pass
        self.expect(self.memory(server) - before < 64, 'it held %d MiB more' % (
            self.memory(server) - before), 'gzip bombs of 300 MiB, bodies of 400 MiB',
            expected='less than 64 MiB', rule='FAULTS.md S2')


def strict_sent(body):
    return body if len(body) < 300 else body[:200] + b'...' + body[-50:]


if __name__ == '__main__':
    main()

"""SYNC.md §2 with a real server: backup files of devices, in and out."""

import hashlib
import http.client
import json
import os
import socket
import sqlite3
import threading

from bizpulse_testing import Case, Device, Wire, main

PATH = '/v1/backups'
MIB = 1024 * 1024


class Backups(Case):

    def setUp(self):
        super().setUp()
        self.server, self.store, self.device = self.new_wire()

    def new_device(self, name='Other'):
        return Device.pair(Wire(self.server.url), self.server.pair_code(self.store), name=name,
                           prefix='OTH')

    def ask(self, method, path, body=None, device=None, chunked=False, **headers):
        """Status, headers, body. Underscores in the names of @headers stand
        for hyphens."""
        connection = http.client.HTTPConnection('127.0.0.1', self.server.port, timeout=60)
        self.addCleanup(connection.close)
        head = {name.replace('_', '-'): text for name, text in headers.items()}
        head['Authorization'] = 'Bearer ' + (device or self.device).token
        connection.request(method, path, body, head, encode_chunked=chunked)
        answer = connection.getresponse()
        came = answer.read()
        connection.close()
        return answer.status, {n.lower(): v for n, v in answer.getheaders()}, came

    def put(self, name, body, status=201, device=None, **options):
        answer = self.ask('PUT', '%s/%s' % (PATH, name), body, device, **options)
        self.same(answer[0], status, 'PUT %s: %r' % (name, answer[2][:300]))
        value = json.loads(answer[2])
        if status < 300:
            self.members(value, 'name device size created_at sha256', 'the answer to PUT')
            content = body if isinstance(body, bytes) else b''.join(options['parts'])
            self.same((value['name'], value['device'], value['size'], value['sha256']),
                      (name, (device or self.device).device['id'], len(content),
                       hashlib.sha256(content).hexdigest()), 'the answer to PUT')
        return value

    def get(self, name, device=None, **headers):
        return self.ask('GET', '%s/%s' % (PATH, name), None, device, **headers)

    def list(self, device=None):
        status, told, body = self.ask('GET', PATH, None, device)
        self.same(status, 200, 'GET ' + PATH)
        return json.loads(body)['backups']

    def test_in_and_out(self):
        self.same(self.list(), [], 'at first')
        body = os.urandom(700000)
        first = self.put('books-1.db', body, Content_Type='application/octet-stream')
        self.put('empty', b'')
        other = self.new_device()
        self.same([(b['name'], b['device'], b['device_name'], b['size'], b['sha256'])
                   for b in self.list(other)],
                  [('empty', self.device.device['id'], 'Tester', 0, hashlib.sha256().hexdigest()),
                   ('books-1.db', self.device.device['id'], 'Tester', 700000, first['sha256'])],
                  'newest first')
        status, told, came = self.get('books-1.db', other)
        self.same((status, told['content-type'], told['accept-ranges'],
                   told['bizpulse-epoch']),
                  (200, 'application/octet-stream', 'bytes', self.device.epoch), 'GET')
        self.expect(came == body, 'other bytes')
        self.same(self.get('empty')[::2], (200, b''), 'an empty one')
        status, part, came = self.get('books-1.db', Range='bytes=500000-', If_Range=told['etag'])
        self.expect((status, came) == (206, body[500000:]), 'the rest')
        status, part, came = self.get('books-1.db', Range='bytes=500000-', If_Range='"other"')
        self.expect((status, came) == (200, body), 'of another file')
        self.server.restart()
        status, part, came = self.get('books-1.db', Range='bytes=500000-', If_Range=told['etag'])
        self.expect((status, came) == (206, body[500000:]), 'the rest, of another process')
        self.server.check()

    def test_names_belong_to_devices(self):
        other = self.new_device()
        self.put('books', b'mine')
        self.put('books', b'theirs', device=other)
        self.same(self.get('books')[2], b'mine', 'its own first')
        self.same(self.get('books', other)[2], b'theirs', 'its own first')
        self.same(self.get('books?device=' + self.device.device['id'], other)[2], b'mine',
                  'the one asked for')
        third = self.new_device('Third')
        self.same(self.get('books', third)[2], b'theirs', 'else the newest')
        self.same(self.get('books?device=nobody')[0], 404, 'of no device')
        made = self.put('books', b'newer', 200)
        self.same(self.put('books', b'newer', 200), made, 'the same again')
        self.same(self.get('books')[2], b'newer', 'its own was replaced')
        self.same(len(self.list()), 2, 'both')
        for name in ('', '.', '.hidden', 'a/b', 'a%2Fb', '%2e%2e', 'a b', 'ä', 'x' * 65, 'a%00'):
            path = '%s/%s' % (PATH, name.replace(' ', '%20').replace('ä', '%C3%A4'))
            for method in ('GET', 'PUT'):
                status, told, body = self.ask(method, path, b'x' if method == 'PUT' else None)
                # Dots alone are taken out of an address, whatever it is for.
                self.expect(status in (404, 405) if name in ('', '.', '%2e%2e', 'a/b')
                            else status == 422,
                            'a name', sent=(method, path), came=(status, body))
        self.put('a%41-_.9'.replace('%41', 'A'), b'x')
        status, told, body = self.ask('DELETE', PATH + '/books')
        self.same((status, told['allow']), (405, 'GET, PUT'), 'DELETE')

    def test_seven_are_kept(self):
        other = self.new_device()
        self.put('theirs', b'x', device=other)
        for i in range(9):
            self.put('day-%d' % i, b'%d' % i)
        names = [b['name'] for b in self.list()]
        self.same(names, ['day-%d' % i for i in range(8, 1, -1)] + ['theirs'], 'the last seven')
        self.same(self.get('day-1')[0], 404, 'an older one')
        self.put('day-2', b'again', 200)
        self.same([b['name'] for b in self.list()][:2], ['day-2', 'day-8'], 'it is the newest now')
        self.same(len(self.list()), 8, 'still seven')
        self.server.check()

    def test_who_asks(self):
        self.put('books', b'mine')
        for method, path, body in (('GET', PATH, None), ('GET', PATH + '/books', None),
                                   ('PUT', PATH + '/books', b'x')):
            for token in (None, 'wrong'):
                Wire(self.server.url, token).call(method, path, body, known=False).is_problem(
                    'unauthorized')
        store, code = self.server.store_add('Other')
        stranger = Device.pair(Wire(self.server.url), code)
        self.same(self.list(stranger), [], 'another store')
        self.same(self.get('books', stranger)[0], 404, 'another store')
        self.same(self.get('books?device=' + self.device.device['id'], stranger)[0], 404,
                  'another store')
        self.put('books', b'strange', device=stranger)
        self.same(self.get('books')[2], b'mine', 'another store')
        self.server.ok('revoke', self.device.device['id'])
        for method, path, body in (('GET', PATH, None), ('PUT', PATH + '/books', b'x')):
            Wire(self.server.url, self.device.token).call(
                method, path, body, known=False).is_problem('revoked')

    def begin(self, head, token=None):
        """A connection on which only headers were sent."""
        line = socket.create_connection(('127.0.0.1', self.server.port), timeout=30)
        self.addCleanup(line.close)
        line.sendall(('PUT %s/books HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer %s\r\n%s\r\n' % (
            PATH, token or self.device.token, head)).encode())
        return line

    def answer_of(self, line):
        came = b''
        while b'\r\n\r\n' not in came:
            more = line.recv(4096)
            if not more:
                break
            came += more
        return came

    def test_refused_before_it_is_sent(self):
        expect = 'Expect: 100-continue\r\nContent-Length: %d\r\n'
        for head, token, status in ((expect % 1000, 'wrong', 401), (expect % (300 * MIB), None, 413),
                                    ('Content-Length: %d\r\n' % (300 * MIB), None, 413),
                                    ('Content-Length: %d\r\n' % (100 * MIB), 'wrong', 401),
                                    (expect % 10 + 'Content-Encoding: gzip\r\n', None, 415)):
            came = self.answer_of(self.begin(head, token))
            self.expect(came.startswith(b'HTTP/1.1 %d ' % status) and
                        b'application/problem+json' in came, 'refused at once', sent=head,
                        came=came)
        line = self.begin(expect % 5)
        self.expect(self.answer_of(line).startswith(b'HTTP/1.1 100 '), 'go on')
        line.sendall(b'books')
        came = self.answer_of(line)
        self.expect(came.startswith(b'HTTP/1.1 201 ') and b'bizpulse-protocol: 1' in came.lower(),
                    'taken', came=came)
        self.same(self.get('books')[2], b'books', 'what was sent then')

    def test_too_much_in_chunks(self):
        line = self.begin('Transfer-Encoding: chunked\r\n')
        piece = b'100000\r\n' + bytes(MIB) + b'\r\n'
        try:
            for _ in range(300):
                line.sendall(piece)
        except OSError:
            pass
        try:
            came = self.answer_of(line)
        except OSError:
            came = b''
        self.expect(came.startswith(b'HTTP/1.1 413 ') or not came, 'too much', came=came)
        self.same(self.list(), [], 'nothing is kept')

    def test_cut_in_the_middle(self):
        """Half a file is none; the server that was killed in the middle, too."""
        body = os.urandom(8 * MIB)
        for kill in (False, True):
            line = self.begin('Content-Length: %d\r\n' % len(body))
            line.sendall(body[:5 * MIB])
            if kill:
                self.server.restart()
            line.close()
            self.same(self.list(), [], 'half a file')
        for delay in range(3):
            sender = threading.Thread(target=self.send_whatever_comes, args=(body,))
            sender.start()
            sender.join(0.05 * delay)
            self.server.restart()
            sender.join()
            self.expect(len(self.list()) in (0, 1), 'whole or not at all')
            for one in self.list():
                self.expect(self.get(one['name'])[2] == body, 'whole or not at all')
        self.server.check()
        self.put('books', body[:1000], 200 if self.list() else 201)
        self.same(self.get('books')[2], body[:1000], 'it goes on')

    def send_whatever_comes(self, body):
        try:
            self.ask('PUT', PATH + '/books', body)
        except (OSError, http.client.HTTPException):
            return

    def test_what_was_left_is_removed(self):
        if not self.server.database.startswith('sqlite:'):
            self.skipTest('looks into a file')
        self.put('books', b'whole')
        database = sqlite3.connect(self.server.file)
        database.execute('UPDATE backups SET is_complete = 0, created_at = created_at - 3600000')
        database.commit()
        self.same(self.list(), [], 'not whole')
        self.put('more', b'x')
        rows = database.execute('SELECT (SELECT count(*) FROM backups),'
                                ' (SELECT count(*) FROM backup_chunks)').fetchone()
        self.same(rows, (1, 1), 'rows that are left')
        database.close()

    def test_memory(self):
        """100 MiB go in and out in little memory, chunked and with a length."""
        pieces = [os.urandom(MIB) for _ in range(100)]
        # The databases' own caches are some 50 MiB, however much goes through them.
        with open('/proc/%d/clear_refs' % self.server.process.pid, 'w') as file:
            file.write('5')
        before = self.peak()
        self.put('whole', b''.join(pieces))
        answer = self.ask('PUT', PATH + '/parts', iter(pieces), chunked=True,
                          Transfer_Encoding='chunked')
        self.same(answer[0], 201, 'in chunks')
        self.same(json.loads(answer[2])['size'], len(pieces) * MIB, 'in chunks')
        status, told, came = self.get('parts')
        self.expect((status, came) == (200, b''.join(pieces)), 'what was sent')
        self.expect(self.peak() - before < 64 * 1024, 'memory grew by the size of a file',
                    came='%d KiB, then %d' % (before, self.peak()))

    def peak(self):
        """The most memory the server has had, in KiB."""
        with open('/proc/%d/status' % self.server.process.pid) as file:
            return int([line.split()[1] for line in file if line.startswith('VmHWM')][0])


if __name__ == '__main__':
    main()

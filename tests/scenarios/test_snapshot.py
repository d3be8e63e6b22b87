"""SYNC.md §5 with a real server: a first sync in bulk, whole and in parts."""

import gzip
import http.client
import os
import socket
import sqlite3

from bizpulse_testing import Case, Device, Wire, main
from bizpulse_testing.data import new_id

PATH = '/v1/snapshot'


def insert(record, **data):
    return {'op_id': new_id(), 'action_id': new_id(), 'table': 'products', 'id': record,
            'operation': 'INSERT', 'modified_at': 1, 'data': {'name': 'Tea', **data}}


class Snapshot(Case):

    def setUp(self):
        super().setUp()
        self.server, self.store, self.device = self.new_wire()

    def get(self, path=PATH, token=None, **headers):
        """Status, headers and the bytes as they came. Underscores in the names
        of @headers stand for hyphens."""
        connection = http.client.HTTPConnection('127.0.0.1', self.server.port, timeout=60)
        head = {name.replace('_', '-'): text for name, text in headers.items()}
        head['Authorization'] = 'Bearer ' + (token or self.device.token)
        connection.request('GET', path, None, head)
        answer = connection.getresponse()
        body = answer.read()
        connection.close()
        return answer.status, {n.lower(): v for n, v in answer.getheaders()}, body

    def whole(self, path=PATH, **headers):
        status, told, body = self.get(path, **headers)
        self.same(status, 200, 'GET %s: %r' % (path, body[:200]))
        self.same(int(told['content-length']), len(body), 'Content-Length')
        self.same(told['accept-ranges'], 'bytes', 'Accept-Ranges')
        self.same(told['bizpulse-epoch'], self.device.epoch, 'Bizpulse-Epoch')
        self.same(told['bizpulse-protocol'], '1', 'Bizpulse-Protocol')
        return told, body

    def open(self, body):
        path = self.path('got.db')
        with open(path, 'wb') as file:
            file.write(body)
        database = sqlite3.connect(path)
        database.row_factory = sqlite3.Row
        self.addCleanup(database.close)
        self.same(database.execute('PRAGMA quick_check').fetchone()[0], 'ok', 'quick_check')
        return database

    def fill(self, count=300):
        for start in range(0, count, 100):
            self.device.applied(*[insert('p%05d' % i, price=i, note='“%d” ☕' % i)
                                  for i in range(start, min(start + 100, count))])

    def test_what_is_in_it(self):
        self.fill()
        deletion = dict(insert('p00007'), operation='DELETE', base_version=1)
        del deletion['data']
        self.device.applied(deletion)
        told, body = self.whole()
        database = self.open(body)
        meta = [tuple(row) for row in database.execute('SELECT epoch, seq FROM meta')]
        self.same(meta, [(self.device.epoch, self.device.seq)], 'meta')
        names = {row[0] for row in database.execute('SELECT name FROM sqlite_schema')}
        self.same(names, {'meta', 'products', 'customers', 'sales', 'payments', 'stock_movements',
                          'settings', 'reports', 'analytics'}, 'the tables')
        rows = [dict(row) for row in database.execute('SELECT * FROM products ORDER BY rowid')]
        self.same(rows, sorted(self.device.pull('products')['products'],
                               key=lambda row: row['id']), 'the rows, in the order of ids')
        packed_told, packed = self.whole(Accept_Encoding='gzip')
        self.same(packed_told['content-encoding'], 'gzip', 'Content-Encoding')
        self.same(gzip.decompress(packed), body, 'the same, packed')
        self.expect(packed_told['etag'] != told['etag'] and len(packed) < len(body),
                    'packed it is another representation', came=(packed_told, told))
        _, body = self.whole(PATH + '?tables=sales,products')
        names = {row[0] for row in self.open(body).execute('SELECT name FROM sqlite_schema')}
        self.same(names, {'meta', 'products', 'sales'}, 'the tables asked for')
        Wire(self.server.url, self.device.token).call(
            'GET', PATH + '?tables=products,gadgets').is_problem('invalid')

    def test_parts(self):
        self.fill()
        for headers in ({}, {'Accept_Encoding': 'gzip'}):
            told, body = self.whole(**headers)
            size = len(body)
            for text, start, end in (('0-0', 0, 1), ('100-4099', 100, 4100), ('5000-', 5000, size),
                                     ('-77', size - 77, size), ('-%d' % (2 * size), 0, size),
                                     ('10-%d' % (size * 9), 10, size)):
                status, part, came = self.get(Range='bytes=' + text, **headers)
                self.same(status, 206, text)
                self.same(part['content-range'], 'bytes %d-%d/%d' % (start, end - 1, size), text)
                self.same(part['etag'], told['etag'], text)
                self.expect(came == body[start:end], 'other bytes', sent=text)
                status, part, came = self.get(Range='bytes=' + text, If_Range=told['etag'],
                                              **headers)
                self.expect((status, came) == (206, body[start:end]), 'with If-Range', sent=text)
            for text in ('%d-' % size, '-0', '99999999999999999999-'):
                status, part, came = self.get(Range='bytes=' + text, **headers)
                self.same(status, 416, text)
                self.same(part['content-range'], 'bytes */%d' % size, text)
                self.same(part['content-type'], 'application/problem+json', text)
            for text in ('bytes=0-1,5-6', 'bytes=9-5', 'bytes=x', 'bytes=', 'bytes=-', 'lines=0-9',
                         'bytes=0-5x'):
                status, part, came = self.get(Range=text, **headers)
                self.expect((status, came) == (200, body), 'no range, no part', sent=text)
            for etag in ('"other"', 'W/' + told['etag'], told['etag'].strip('"')):
                status, part, came = self.get(Range='bytes=100-', If_Range=etag, **headers)
                self.expect((status, came) == (200, body), 'of another file', sent=etag)
            status, part, came = self.get(If_None_Match='"x", ' + told['etag'], **headers)
            self.same((status, came, part['etag']), (304, b'', told['etag']), 'it is there already')

    def test_a_broken_download_goes_on(self):
        """What has changed meanwhile, or that the server was killed, is no
        reason to begin anew."""
        self.fill()
        told, body = self.whole()
        seq = self.device.seq
        half = self.take_half()
        self.expect(body.startswith(half) and len(half) < len(body), 'half of it', came=len(half))
        self.device.applied(insert('later'))
        status, part, rest = self.get(Range='bytes=%d-' % len(half), If_Range=told['etag'])
        self.same(status, 206, 'the rest of what was begun')
        meta = self.open(half + rest).execute('SELECT seq FROM meta').fetchone()
        self.same(meta[0], seq, 'the state that was begun')
        status, part, came = self.get(Range='bytes=%d-' % len(half))
        self.expect(part['etag'] != told['etag'], 'without If-Range it is the newest', came=part)

        told, body = self.whole()
        self.server.restart()
        status, part, rest = self.get(Range='bytes=100-', If_Range=told['etag'])
        self.expect((status, rest) == (206, body[100:]), 'a server that begins anew makes the '
                    'same bytes of the same rows', came=(status, part))

    def take_half(self):
        """As much as came before the line broke."""
        line = socket.create_connection(('127.0.0.1', self.server.port))
        line.sendall(b'GET %s HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer %s\r\n\r\n' % (
            PATH.encode(), self.device.token.encode()))
        came = b''
        while b'\r\n\r\n' not in came or len(came.split(b'\r\n\r\n', 1)[1]) < 20000:
            came += line.recv(4096)
        line.close()
        return came.split(b'\r\n\r\n', 1)[1]

    def test_who_asks(self):
        self.fill(5)
        told, body = self.whole()
        for token in (None, 'wrong', self.device.token[:-1]):
            Wire(self.server.url, token).call('GET', PATH, known=False).is_problem('unauthorized')
        store, code = self.server.store_add('Other')
        other = Device.pair(Wire(self.server.url), code)
        status, part, came = self.get(token=other.token, Range='bytes=100-',
                                      If_Range=told['etag'])
        self.same(status, 200, 'another store has another file')
        self.same(self.open(came).execute('SELECT count(*) FROM products').fetchone()[0], 0,
                  'rows of another store')
        reply = Wire(self.server.url, self.device.token).call('DELETE', PATH, known=False)
        self.same((reply.status, reply.headers['allow']), (405, 'GET'), 'DELETE')
        self.server.ok('revoke', self.device.device['id'])
        Wire(self.server.url, self.device.token).call('GET', PATH, known=False).is_problem(
            'revoked')

    def test_memory(self):
        """Neither building nor sending a file takes memory by its size."""
        for start in range(0, 900, 15):
            self.device.applied(*[insert('p%05d' % i, note=os.urandom(30000).hex())
                                  for i in range(start, start + 15)])
        with open('/proc/%d/clear_refs' % self.server.process.pid, 'w') as file:
            file.write('5')
        before = self.peak()
        told, body = self.whole()
        self.expect(len(body) > 54000000, 'a large file', came=len(body))
        _, packed = self.whole(Accept_Encoding='gzip')
        self.expect(self.peak() - before < 28 * 1024, 'memory grew by the size of a file',
                    came='%d KiB, then %d' % (before, self.peak()))
        self.same(gzip.decompress(packed), body, 'the same, packed')

    def peak(self):
        """The most memory the server has had, in KiB."""
        with open('/proc/%d/status' % self.server.process.pid) as file:
            return int([line.split()[1] for line in file if line.startswith('VmHWM')][0])


if __name__ == '__main__':
    main()

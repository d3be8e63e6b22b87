"""A thousand live sockets on one server: memory, and how soon all are told."""

import json
import re
import select
import socket
import subprocess
import sys
import tempfile
import time
import urllib.request

SOCKETS = 1000
A_DEVICE = 4
PUSHES = 5
HANDSHAKE = ('GET /v1/live HTTP/1.1\r\nHost: x\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n'
             'Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n'
             'Authorization: Bearer %s\r\n\r\n')


class Server:
    def __init__(self, program, database):
        base = [program, '--database', database]
        self.store = json.loads(subprocess.check_output([*base, 'store-add', 'Shop']))
        self.process = subprocess.Popen([*base, '--listen', '127.0.0.1:0'],
                                        stdout=subprocess.PIPE, text=True)
        self.port = int(self.process.stdout.readline().rsplit(':', 1)[1])

    def call(self, path, body, token=None):
        headers = {'Content-Type': 'application/json'}
        if token:
            headers['Authorization'] = 'Bearer ' + token
        request = urllib.request.Request('http://127.0.0.1:%d%s' % (self.port, path),
                                         json.dumps(body).encode(), headers)
        with urllib.request.urlopen(request) as answer:
            return json.load(answer)

    def listen(self, token):
        line = socket.create_connection(('127.0.0.1', self.port))
        line.sendall((HANDSHAKE % token).encode())
        answer = b''
        while b'\r\n\r\n' not in answer:
            answer += line.recv(4096)
        assert b' 101 ' in answer, answer
        return line

    def memory(self):
        """In KiB."""
        with open('/proc/%d/status' % self.process.pid, encoding='utf-8') as status:
            return int(re.search(r'VmRSS:\s+(\d+)', status.read())[1])


def tell_all(server, device, lines, number):
    operation = {'op_id': 'o%d' % number, 'action_id': 'a%d' % number, 'table': 'products',
                 'id': 'p%d' % number, 'operation': 'INSERT', 'modified_at': 1,
                 'data': {'name': 'Tea'}}
    poll = select.epoll()
    for line in lines:
        poll.register(line.fileno(), select.EPOLLIN)
    answer = server.call('/v1/push', {'epoch': device['epoch'], 'attempt': number,
                                      'operations': [operation]}, device['token'])
    begin = time.monotonic()
    hint = b'{"seq":%d}' % answer['seq']
    left = {line.fileno(): line for line in lines}
    while left:
        for fd, _ in poll.poll(5):
            if fd in left and hint in left[fd].recv(4096):
                del left[fd]
    print('all told %.1f ms after the answer to the push' % ((time.monotonic() - begin) * 1000))


def main():
    database = sys.argv[2] if len(sys.argv) > 2 else 'sqlite:%s/server.db' % tempfile.mkdtemp()
    server = Server(sys.argv[1], database)
    device = server.call('/v1/pair', {'code': server.store['code'], 'request': 'r',
                                      'device': {'name': 'Till'}})
    tokens = [server.call('/v1/pair', {'request': 'r%d' % n, 'device': {'name': 'Till'}},
                          device['token'])['token'] for n in range(SOCKETS // A_DEVICE)]
    before, begin = server.memory(), time.monotonic()
    lines = [server.listen(tokens[n // A_DEVICE]) for n in range(SOCKETS)]
    print('%d sockets in %.2f s: %.1f KiB each, above %.1f MiB' % (
        SOCKETS, time.monotonic() - begin, (server.memory() - before) / SOCKETS, before / 1024))
    for number in range(PUSHES):
        tell_all(server, device, lines, number + 1)
    server.process.terminate()
    assert server.process.wait(20) == 0


if __name__ == '__main__':
    main()

"""What lies between a device and its server: passes requests on, or does to
them what networks do. Without a target, a server that says what it is told."""

import gzip
import http.client
import json
import socket
import socketserver
import threading
import time
import urllib.parse

from . import strict


def free_port():
    """A port of loopback that nobody listened on a moment ago."""
    with socket.socket() as taken:
        taken.bind(('127.0.0.1', 0))
        return taken.getsockname()[1]


class Answer:
    """What comes back. @cut: so many bytes of the body are sent, then the
    connection ends. @raw: these bytes instead of HTTP. @pace: so many bytes at
    a time, and how many seconds lie between them."""

    def __init__(self, status=200, body=b'', headers=None, cut=None, raw=None, pace=None):
        self.status = status
        self.body = body if isinstance(body, bytes) else json.dumps(body).encode()
        self.headers = dict(headers or {})
        self.cut = cut
        self.raw = raw
        self.pace = pace

    @classmethod
    def ours(cls, value, status=200, **headers):
        """As the server would answer."""
        kind = 'application/json' if status < 400 else 'application/problem+json'
        made = {'Content-Type': kind, 'Bizpulse-Protocol': '1', 'Bizpulse-Epoch': 'e1'}
        made.update({name.replace('_', '-'): text for name, text in headers.items()})
        return cls(status, value, made)

    def to_bytes(self):
        if self.raw is not None:
            return self.raw
        lines = ['HTTP/1.1 %d Whatever' % self.status]
        names = {name.lower() for name in self.headers}
        if 'content-length' not in names and 'transfer-encoding' not in names:
            self.headers['Content-Length'] = str(len(self.body))
        lines += ['%s: %s' % pair for pair in self.headers.items()]
        body = self.body if self.cut is None else self.body[:self.cut]
        return '\r\n'.join(lines).encode() + b'\r\n\r\n' + body

    def send(self, connection):
        sent = self.to_bytes()
        if self.pace is None:
            connection.sendall(sent)
            return
        size, seconds = self.pace
        for start in range(0, len(sent), size):
            connection.sendall(sent[start:start + size])
            time.sleep(seconds)

    @property
    def value(self):
        body = self.body
        if self.headers.get('Content-Encoding') == 'gzip':
            body = gzip.decompress(body)
        try:
            return strict.parse(body)
        except (ValueError, UnicodeDecodeError):
            return None


class Request:
    """What a device sent, and what was answered."""

    def __init__(self, number, method, path, headers, body):
        self.number = number
        self.method = method
        self.path = path
        self.headers = headers
        self.body = body
        self.answer = None

    @property
    def value(self):
        body = self.body
        if self.headers.get('content-encoding') == 'gzip':
            body = gzip.decompress(body)
        try:
            return strict.parse(body)
        except (ValueError, UnicodeDecodeError):
            return None

    @property
    def is_push(self):
        return self.path == '/v1/push'

    @property
    def is_pull(self):
        return self.path == '/v1/pull'

    @property
    def operations(self):
        value = self.value if self.is_push else None
        return value['operations'] if value else []

    def __repr__(self):
        return '%d: %s %s %s -> %s' % (
            self.number, self.method, self.path, strict.short(self.value, 500),
            self.answer and (self.answer.status, strict.short(self.answer.value, 500)))


class Close(Exception):
    """Raised by a rule: the connection ends without an answer."""


class Network:
    """Listens on a loopback port of its own. `rule` is called with each
    Request, in the thread of its connection: it returns an Answer, or None to
    pass the request on, or raises Close; it may wait, and may call `forward`
    itself. `requests` are all that came, in order."""

    def __init__(self, target=None):
        self.target = target
        self.rule = None
        self.requests = []
        self.lock = threading.Lock()
        self.release = []
        network = self

        class Handler(socketserver.StreamRequestHandler):
            def handle(self):
                try:
                    while network.serve(self.rfile, self.connection):
                        pass
                except (OSError, Close, http.client.HTTPException, ValueError):
                    pass

        class Listener(socketserver.ThreadingTCPServer):
            allow_reuse_address = True
            daemon_threads = True
            block_on_close = False
            request_queue_size = 64

        self.listener = Listener(('127.0.0.1', 0), Handler)
        self.url = 'http://127.0.0.1:%d' % self.listener.server_address[1]
        threading.Thread(target=self.listener.serve_forever, args=(0.05,), daemon=True).start()

    def hold(self):
        """An event that a rule may wait for; set at the latest with the test."""
        event = threading.Event()
        self.release.append(event)
        return event

    def close(self):
        for event in self.release:
            event.set()
        self.listener.shutdown()
        self.listener.server_close()

    def pushes(self):
        return [request for request in self.requests if request.is_push]

    def clear(self):
        self.rule = None
        self.requests = []

    def serve(self, stream, connection):
        """One request; whether the connection goes on."""
        request = self.read(stream)
        if request is None:
            return False
        rule = self.rule
        answer = rule(request) if rule else None
        if answer is None:
            answer = self.forward(request)
        request.answer = answer
        answer.send(connection)
        if answer.cut is not None or answer.raw is not None:
            connection.shutdown(socket.SHUT_RDWR)
            return False
        return request.headers.get('connection', '').lower() != 'close'

    def read(self, stream):
        line = stream.readline(65537).decode('latin-1').strip()
        if not line:
            return None
        method, path, _ = line.split(' ', 2)
        headers = {name.lower(): text for name, text in
                   http.client.parse_headers(stream).items()}
        body = b''
        if headers.get('transfer-encoding', '').lower() == 'chunked':
            while True:
                size = int(stream.readline().split(b';')[0], 16)
                body += stream.read(size)
                stream.readline()
                if size == 0:
                    break
        elif 'content-length' in headers:
            body = stream.read(int(headers['content-length']))
            if len(body) < int(headers['content-length']):
                return None  # whoever sent it was killed meanwhile
        with self.lock:
            request = Request(len(self.requests) + 1, method, path, headers, body)
            self.requests.append(request)
        return request

    def connect(self, request):
        """A connection to the server, and what it is sent for headers."""
        if not self.target:
            raise Close()
        parts = urllib.parse.urlsplit(self.target)
        connection = http.client.HTTPConnection(parts.hostname, parts.port, timeout=60)
        return connection, {name: text for name, text in request.headers.items() if name not in (
            'connection', 'transfer-encoding', 'content-length', 'host')}

    def forward_part(self, request, share):
        """The server sees the first @share (0 to 1) of the body and then the
        connection ends."""
        connection, headers = self.connect(request)
        try:
            connection.putrequest(request.method, request.path, skip_accept_encoding=True)
            for name, text in headers.items():
                connection.putheader(name, text)
            connection.putheader('Content-Length', str(len(request.body)))
            connection.endheaders(request.body[:int(len(request.body) * share)] or None)
        except OSError:
            pass
        finally:
            connection.close()

    def forward(self, request):
        """The answer of the server to @request; Close where there is none."""
        connection, headers = self.connect(request)
        try:
            connection.request(request.method, request.path, request.body or None, headers)
            came = connection.getresponse()
            body = came.read()
        except (OSError, http.client.HTTPException):
            raise Close() from None
        finally:
            connection.close()
        kept = {name: text for name, text in came.getheaders()
                if name.lower() not in ('connection', 'transfer-encoding', 'content-length',
                                        'keep-alive')}
        return Answer(came.status, body, kept)

"""A device's end of `/v1/live`, by hand."""

import base64
import json
import os
import socket
import struct
import threading
import time

from .strict import Deviation

TEXT, CLOSE, PING, PONG = 1, 8, 9, 10


class Ear:
    """Listens from the start to the end of a test; answers pings. @host, where
    the server is reached by another name than its address."""

    def __init__(self, case, wire, token):
        self.hints = []  # (seq, monotonic time)
        self.is_closed = False
        self.changed = threading.Condition()
        line = socket.create_connection((wire.host, wire.port), timeout=30)
        if wire.context:
            line = wire.context.wrap_socket(line, server_hostname=wire.host)
        self.line = line
        case.addCleanup(self.end)
        request = ('GET /v1/live HTTP/1.1\r\nHost: %s\r\nConnection: Upgrade\r\n'
                   'Upgrade: websocket\r\nSec-WebSocket-Version: 13\r\n'
                   'Sec-WebSocket-Key: %s\r\nBizpulse-Protocol: 1\r\n'
                   'Authorization: Bearer %s\r\n\r\n' % (
                       wire.host, base64.b64encode(os.urandom(16)).decode(), token))
        line.sendall(request.encode())
        self.stream = line.makefile('rb')
        head = [self.stream.readline()]
        while head[-1].strip():
            head.append(self.stream.readline())
        if b' 101 ' not in head[0]:
            raise Deviation('no live socket', sent=request, came=b''.join(head).decode(),
                            rule='SYNC.md §2: GET /v1/live (WebSocket)')
        line.settimeout(None)
        self.thread = threading.Thread(target=self.listen, daemon=True)
        self.thread.start()

    def listen(self):
        try:
            while True:
                kind, payload = self.read_frame()
                if kind == TEXT:
                    self.note(json.loads(payload)['seq'])
                elif kind == PING:
                    self.send_pong(payload)
                elif kind == CLOSE:
                    break
        except (OSError, ValueError, struct.error):
            pass
        with self.changed:
            self.is_closed = True
            self.changed.notify_all()

    def read_frame(self):
        kind, length = struct.unpack('!BB', self.stream.read(2))
        if length == 126:
            length = struct.unpack('!H', self.stream.read(2))[0]
        return kind & 15, self.stream.read(length)

    def send_pong(self, payload):
        mask = os.urandom(4)
        masked = bytes(byte ^ mask[i % 4] for i, byte in enumerate(payload))
        self.line.sendall(bytes((128 | PONG, 128 | len(payload))) + mask + masked)

    def note(self, seq):
        with self.changed:
            self.hints.append((seq, time.monotonic()))
            self.changed.notify_all()

    def hears(self, seq, seconds=40):
        """When it was told of @seq, or of more; a deviation where it is not."""
        end = time.monotonic() + seconds
        with self.changed:
            while True:
                for heard, when in self.hints:
                    if heard >= seq:
                        return when
                if self.is_closed or not self.changed.wait(end - time.monotonic()):
                    raise Deviation(
                        'nobody told of seq %d within %d s%s' % (
                            seq, seconds, ', the socket is closed' if self.is_closed else ''),
                        came=[heard for heard, _ in self.hints],
                        rule='SYNC.md §2: within 1 s of every change of the store')

    def end(self):
        try:
            self.line.shutdown(socket.SHUT_RDWR)
        except OSError:
            pass
        self.line.close()

"""A device's way to its server on a bad day: what is done to each request is
drawn from a seed."""

import random
import threading
import time

from .network import Answer, Close

PORTAL = Answer(200, b'<!DOCTYPE html><html><body>Sign in to the network</body></html>',
                {'Content-Type': 'text/html'})
KINDS = ('lost', 'unanswered', 'cut request', 'cut answer', 'slow', 'throttled', 'twice',
         'again later', 'older answer', 'portal', 'busy', 'server error', 'server killed before',
         'server killed meanwhile', 'server killed after', 'device killed before',
         'device killed after', 'device killed in the answer')


class Line:
    """The rule of a Network. @device: who is behind it, a Device of a life:
    it is killed where that is drawn. `counts`: what was done how often."""

    def __init__(self, network, server, seed, told):
        self.network = network
        self.server = server
        self.chance = random.Random(seed)
        self.told = told
        self.counts = {}
        self.lock = threading.Lock()
        self.later = []
        self.older = {}
        self.process = None
        self.rate = self.chance.choice([0.2, 0.4, 0.6])
        self.kinds = self.chance.sample(KINDS, self.chance.randrange(4, len(KINDS) + 1))
        network.rule = self.rule

    def heal(self):
        """From now on nothing is done to requests; what was kept for later
        comes now."""
        for request in self.later:
            self.lose(request)
        self.later = []
        self.network.rule = None

    def lose(self, request):
        """The server sees it; nobody sees the answer."""
        try:
            return self.network.forward(request)
        except Close:
            return None

    def rule(self, request):
        with self.lock:
            return self.fault(request)

    def fault(self, request):
        if self.later and self.chance.random() < 0.4:
            self.lose(self.later.pop(0))
        if self.chance.random() >= self.rate:
            kind = None
        else:
            kind = self.chance.choice(self.kinds)
        if kind is None or (kind.startswith('device') and self.process is None):
            answer = self.network.forward(request)
            self.older[request.path] = answer
            return answer
        self.counts[kind] = self.counts.get(kind, 0) + 1
        self.told('%s %s: %s' % (request.method, request.path, kind))
        return getattr(self, kind.replace(' ', '_'))(request)

    def lost(self, request):
        raise Close()

    def unanswered(self, request):
        self.network.forward(request)
        raise Close()

    def cut_request(self, request):
        self.network.forward_part(request, self.chance.random())
        raise Close()

    def cut_answer(self, request):
        answer = self.network.forward(request)
        answer.headers['Content-Length'] = str(len(answer.body))
        answer.cut = int(len(answer.body) * self.chance.random() * 0.999)
        return answer

    def slow(self, request):
        time.sleep(self.chance.uniform(0.01, 0.2))
        answer = self.network.forward(request)
        time.sleep(self.chance.uniform(0.01, 0.2))
        return answer

    def throttled(self, request):
        answer = self.network.forward(request)
        answer.pace = (max(1, len(answer.to_bytes()) // 10), 0.02)
        return answer

    def twice(self, request):
        first = self.network.forward(request)
        second = self.network.forward(request)
        return self.chance.choice([first, second])

    def again_later(self, request):
        self.later.append(request)
        return self.network.forward(request)

    def older_answer(self, request):
        """To a push: the answer to the one before."""
        answer = self.network.forward(request)
        return self.older.get(request.path, answer) if request.is_push else answer

    def portal(self, request):
        return PORTAL

    def busy(self, request):
        return self.problem(self.chance.choice([429, 503]))

    def server_error(self, request):
        return self.problem(self.chance.choice([500, 502, 504]))

    def problem(self, status):
        answer = Answer.ours({'type': 'about:blank', 'title': 'Fault', 'status': status,
                              'code': 'unavailable'}, status)
        answer.headers['Retry-After'] = '1'
        return answer

    def server_killed_before(self, request):
        self.server.restart()
        raise Close()

    def server_killed_meanwhile(self, request):
        thread = threading.Thread(target=self.lose, args=(request,))
        thread.start()
        time.sleep(self.chance.uniform(0, 0.02))
        self.server.restart()
        thread.join()
        raise Close()

    def server_killed_after(self, request):
        answer = self.network.forward(request)
        self.server.restart()
        if self.chance.random() < 0.5:
            raise Close()
        return answer

    def device_killed_before(self, request):
        self.process.kill()
        raise Close()

    def device_killed_after(self, request):
        self.network.forward(request)
        self.process.kill()
        raise Close()

    def device_killed_in_the_answer(self, request):
        """While it stores what came."""
        process = self.process
        threading.Timer(self.chance.uniform(0, 0.03), process.kill).start()
        return self.network.forward(request)

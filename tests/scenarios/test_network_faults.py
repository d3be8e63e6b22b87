"""What networks, proxies and servers do to a device: it keeps everything,
says so, and works again."""

import gzip
import os
import shutil
import time

from bizpulse_testing import Answer, Case, main, new_id
from bizpulse_testing.network import Close

PORTAL = b'<!DOCTYPE html><html><body>Sign in to the network</body></html>'
OURS = {'Content-Type': 'application/json', 'Bizpulse-Protocol': '1'}


class FaultCase(Case):
    def setUp(self):
        super().setUp()
        self.server, self.store, self.a, self.b = self.two_devices(network=True)
        self.a.add('products', {'id': 'old', 'name': 'Tea', 'price': 100})
        self.a.sync()
        self.a.add('products', {'id': 'new', 'name': 'Coffee'})
        self.a.add('sales', {'lines': [{'product_id': 'old', 'quantity': 1000}], 'payments': [{}]})
        self.network.clear()

    def offline(self, what, rule, forget=True):
        """A sync under @rule ends with 3 and keeps everything."""
        before = [(row['op_id'], row['data']) for row in self.a.queue()]
        books = self.a.list('products')
        self.network.rule = rule
        result = self.a.run('sync')
        self.network.rule = None
        if result.code != 3:
            raise result.deviation('%s is taken for an answer' % what, 'exit 3',
                                   'SYNC.md §2: Whatever '
                                   'is not JSON with our header counts as *no connection*')
        if result.seconds > 50:
            raise result.deviation('%s held it for %.0f s' % (what, result.seconds),
                                   rule='SYNC.md §6 A run: 30 s a run')
        made = result.one
        self.same(made['state'], 'offline', 'the state that sync prints after %s' % what, made,
                  'SYNC.md §6 Status of the whole: `offline` (the last request failed …)')
        self.same(self.a.status()['state'], 'offline', 'status after %s' % what)
        self.same([(row['op_id'], row['data']) for row in self.a.queue()], before,
                  'the queue after %s' % what, rule='CLI.md: 3 no connection (everything kept)')
        self.expect(all(row['status'] in ('pending', 'syncing') for row in self.a.queue()),
                    '%s counts against a record' % what, came=self.a.queue(),
                    rule='SYNC.md §6 Retry: and counts against no record')
        self.same([row['name'] for row in self.a.list('products')], [row['name'] for row in books],
                  'products after %s' % what)
        self.a.check()

    def works_again(self):
        self.network.rule = None
        self.a.sync()
        self.b.sync()
        self.all_synced(self.a, self.b)
        self.same_books(self.a, self.b)
        self.check_all(self.server, self.a, self.b)


class NoAnswers(FaultCase):
    def test_captive_portals(self):
        page = {'Content-Type': 'text/html'}
        for what, answer in (
                ('a portal\'s page', Answer(200, PORTAL, page)),
                ('a portal\'s page said to be JSON', Answer(200, PORTAL,
                                                            {'Content-Type': 'application/json'})),
                ('511', Answer(511, PORTAL, page)),
                ('an empty 200', Answer(200, b'', page)),
                ('204', Answer(204)),
                ('JSON without our header', Answer(200, {'results': [], 'attempt': 1, 'seq': 1},
                                                   {'Content-Type': 'application/json'})),
                ('403 of a proxy', Answer(403, PORTAL, page)),
                ('401 of a proxy', Answer(401, b'{"error":"proxy"}',
                                          {'Content-Type': 'application/json'})),
                ('404 of a proxy', Answer(404, PORTAL, page)),
                ('409 of a proxy', Answer(409, b'{}', {'Content-Type': 'application/json'})),
                ('410 of a proxy', Answer(410, PORTAL, page)),
                ('400 of a proxy', Answer(400, PORTAL, page)),
                ('502', Answer(502, PORTAL, page))):
            self.offline(what, lambda request: answer)
        self.works_again()

    def test_redirects(self):
        other = self.new_network()
        other.rule = lambda request: Answer(200, PORTAL, {'Content-Type': 'text/html'})
        for status in (301, 302, 303, 307, 308):
            self.offline('a redirect %d' % status, lambda request: Answer(
                status, b'', {'Location': other.url + request.path}))
            self.same(other.requests, [], 'a redirect %d was followed' % status,
                      rule='SYNC.md §2: Redirects are never followed')
        self.works_again()

    def test_garbage(self):
        for what, answer in (
                ('bytes that are not HTTP', Answer(raw=b'\x00\xff\x13garbage\r\n\r\n')),
                ('SSH', Answer(raw=b'SSH-2.0-OpenSSH_9.2\r\n')),
                ('nothing', Answer(raw=b'')),
                ('garbage with our header', Answer(200, b'\x80\x81{', OURS)),
                ('an empty body with our header', Answer(200, b'', OURS)),
                ('two roots', Answer(200, b'{}{}', OURS)),
                ('depth', Answer(200, b'[' * 100000 + b']' * 100000, OURS)),
                ('an array', Answer(200, b'[]', OURS)),
                ('another shape', Answer(200, b'{"answer":42}', OURS)),
                ('results of nobody', Answer(200, {
                    'attempt': 1, 'seq': 5, 'results': [{'op_id': new_id(), 'status': 'applied',
                                                         'version': 1, 'seq': 5}]}, OURS)),
                ('wrong types', Answer(200,
                                       b'{"attempt":"1","seq":{},"results":5,"tables":7,"since":[],'
                                            b'"more":1,"time":null}', OURS)),
                ('bad gzip', Answer(200, b'\x1f\x8b\x08garbage',
                                    dict(OURS, **{'Content-Encoding': 'gzip'}))),
                ('a gzip bomb', Answer(200, gzip.compress(b'{"a":"' + b' ' * (64 << 20) + b'"}'),
                                       dict(OURS, **{'Content-Encoding': 'gzip'})))):
            self.offline(what, lambda request: answer)
        self.works_again()

    def test_cut_answers(self):
        def cut(part, chunked=False, encode=False):
            def rule(request):
                answer = self.network.forward(request)
                body = answer.body
                if encode and answer.headers.get('Content-Encoding') != 'gzip':
                    body = gzip.compress(body)
                    answer.headers['Content-Encoding'] = 'gzip'
                body = body[:int(len(body) * part)]
                if chunked:
                    lines = ['HTTP/1.1 200 OK', 'Transfer-Encoding: chunked']
                    lines += ['%s: %s' % pair for pair in answer.headers.items()]
                    head = '\r\n'.join(lines).encode() + b'\r\n\r\n'
                    return Answer(raw=head + b'%x\r\n' % len(body) + body)
                answer.cut = len(body)
                answer.headers['Content-Length'] = str(len(answer.body) if not encode
                                                       else len(body) + 9)
                answer.body = body
                return answer
            return rule

        for part in (0, 0.5, 0.95):
            for chunked in (False, True):
                for encode in (False, True):
                    self.offline('an answer cut at %d %%%s%s' % (
                        part * 100, ', chunked' * chunked, ', gzip' * encode),
                                 cut(part, chunked, encode))
        self.works_again()
        self.same(self.b.get('products', 'old')['stock'], -1000, 'stock after twelve cut answers')

    def test_duplicated_and_slow(self):
        def rule(request):
            answer = self.network.forward(request)
            if request.is_push:
                self.network.forward(request)
            time.sleep(0.2)
            return answer

        self.network.rule = rule
        self.a.sync()
        self.works_again()

    def test_other_answers_than_asked(self):
        """The answer to an older push, and to no push."""
        self.a.sync()
        older = self.network.pushes()[-1].answer
        self.a.add('products', {'name': 'Third'})
        self.offline('the answer to an older push',
                     lambda request: older if request.is_push else None)
        self.works_again()

    def test_a_clock_that_is_wrong(self):
        def rule(shift):
            def shifted(request):
                answer = self.network.forward(request)
                if request.is_pull:
                    value = answer.value
                    value['time'] += shift
                    answer = Answer.ours(value)
                return answer
            return shifted

        for shift, told in ((60000, False), (-60000, False), (365 * 86400000, True),
                            (-180000, True), (0, False)):
            self.network.rule = rule(shift)
            result = self.a.expect(0, 'sync')
            self.same(b'clock' in result.err, told, 'a clock that is %d ms off' % shift,
                      result.err, 'SYNC.md §6: Skew is measured from `time`; above 2 minutes the '
                                  'user is told')
        self.works_again()

    def test_server_gone(self):
        self.server.stop()
        self.offline('a server that is gone', None)
        self.server.serve()
        self.works_again()


class Refusals(FaultCase):
    def refused(self, what, code=1):
        before = [row['op_id'] for row in self.a.queue()]
        result = self.a.run('sync')
        if result.code != code or not result.err.strip():
            raise result.deviation('sync after %s' % what, 'exit %d and why' % code,
                                   'CLI.md sync: 1 not paired, 401, 403')
        self.same([row['op_id'] for row in self.a.queue()], before, 'the queue after %s' % what,
                  rule='SYNC.md §2: device: pause, keep everything, ask to pair again')
        self.same(len(self.a.list('sales')), 1, 'sales after %s' % what)
        self.a.check()

    def problem(self, status, code, **members):
        return Answer.ours(dict({'type': 'about:blank', 'title': code, 'status': status,
                                 'code': code},
                                **members), status)

    def test_revoked_and_paired_again(self):
        device = self.a.status()['device']['id']
        self.server.ok('revoke', device)
        self.refused('revoke')
        self.refused('revoke')
        self.a.add('products', {'name': 'While revoked'})
        self.a.pair(self.network.url, self.server.pair_code(self.store))
        self.works_again()
        self.same(len(self.b.list('products')), 3, 'products on B')

    def test_unauthorized(self):
        self.network.rule = lambda request: self.problem(401, 'unauthorized')
        self.refused('401')
        self.expect(len(self.network.requests) <= 2, 'a storm of requests after 401',
                    came=len(self.network.requests))
        self.works_again()

    def test_what_is_said(self):
        """Each refusal in plain words, to the user and in the log."""
        moved = {'Location': 'https://elsewhere.example/v1/pull'}
        page = {'Content-Type': 'text/html'}
        for what, answer, code, words in (
                ('401', self.problem(401, 'unauthorized'), 1, 'pair'),
                ('403', self.problem(403, 'revoked'), 1, 'pair'),
                ('404 of ours', self.problem(404, 'not_found'), 1, 'address'),
                ('404 of another server', Answer(404, b'<html>Not found</html>', page), 3,
                 'address'),
                ('301', Answer(301, b'', moved), 3, 'elsewhere.example'),
                ('308', Answer(308, b'', moved), 3, 'elsewhere.example'),
                ('426', self.problem(426, 'upgrade_required'), 1, 'version'),
                ('409 of another store', self.problem(409, 'other_store'), 1, 'store')):
            self.network.requests = []
            self.network.rule = lambda request, answer=answer: answer
            result = self.a.expect((1, 3), 'sync')
            said = result.err.decode().lower()
            self.same((result.code, words in said), (code, True), 'what is said of %s' % what, said,
                      'issue: each with a clear message')
            last = self.a.ok('log')[-1]
            self.expect(last['kind'] == 'attempt' and words in (last['error'] or '').lower(),
                        'the log of %s' % what, came=last)
            self.expect(len(self.network.requests) <= 2, '%d requests after %s' % (
                len(self.network.requests), what))
            self.same(len(self.a.queue()), 3, 'the queue after %s' % what)
        self.works_again()

    def test_upgrade_required(self):
        self.network.rule = lambda request: self.problem(426, 'upgrade_required')
        result = self.a.run('sync')
        self.expect(result.code in (1, 3), 'sync with a server of another version',
                    ' '.join(result.command),
                    'exit %d %s' % (result.code, result.err), '1 or 3, everything kept')
        self.same(len(self.a.queue()), 3, 'the queue after 426')
        self.works_again()

    def test_busy(self):
        for status in (503, 429):
            for wait in ('1', '0', '-5', '99999999', 'Wed, 21 Oct 2015 07:28:00 GMT', 'soon'):
                answer = self.problem(status, 'unavailable' if status == 503
                                      else 'too_many_requests')
                answer.headers['Retry-After'] = wait
                self.network.requests = []
                self.offline('%d with Retry-After: %s' % (status, wait), lambda request: answer)
                self.expect(len(self.network.requests) < 5, '%d requests to a busy server' % len(
                    self.network.requests))
        self.works_again()

    def test_errors_of_the_server(self):
        for status in (500, 502, 504):
            self.offline('%d' % status, lambda request: self.problem(status, 'internal'))
        self.works_again()

    def test_too_large_for_a_proxy(self):
        self.a.add_many('products', [{'id': 'p%d' % n, 'name': 'P%d' % n} for n in range(60)])

        def rule(request):
            if len(request.operations) > 7 or any(op['id'] == 'p13' for op in request.operations):
                return Answer(413, b'<html>too large</html>', {'Content-Type': 'text/html'})

        self.network.rule = rule
        made = self.a.sync()
        self.same((made['failed'], made['state']), (1, 'failed'), 'one that is too large alone',
                  made,
                  'SYNC.md §6 An answer: 413 (a proxy\'s too): half the actions next time; one '
                  'action '
                  'alone: failed')
        self.same([(row['record_id'], row['status']) for row in self.a.queue()],
                  [('p13', 'failed')],
                  'the queue')
        self.network.rule = None
        self.a.ok('retry', '--all')
        self.works_again()

    def test_a_push_that_is_refused_as_a_whole(self):
        for status, code in ((422, 'invalid'), (400, 'malformed')):
            ids = self.a.add_many('products', [{'name': 'P%d' % n} for n in range(20)])

            def rule(request):
                if any(op['id'] == ids[9] for op in request.operations):
                    return self.problem(status, code)

            self.network.rule = rule
            made = self.a.sync()
            self.same(made['failed'], 1, 'failed operations after %d' % status, made,
                      'SYNC.md §6 An answer: 400, 422 for a whole push: half the actions next '
                      'time; '
                      'one action alone: failed')
            self.same([row['record_id'] for row in self.a.queue()], [ids[9]], 'the queue')
            self.network.rule = None
            self.a.ok('retry', '--all')
            self.a.sync()
        self.works_again()

    def test_an_operation_on_which_the_server_dies(self):
        ids = self.a.add_many('products', [{'name': 'P%d' % n} for n in range(20)])

        def rule(request):
            if any(op['id'] == ids[3] for op in request.operations):
                raise Close()

        self.network.rule = rule
        for _ in range(40):
            self.a.run('sync')
            if [row['record_id'] for row in self.a.queue()] == [ids[3]]:
                break
        self.same([row['record_id'] for row in self.a.queue()], [ids[3]],
                  'what waits after 40 runs',
                  rule='SYNC.md §6 An answer: the third 5xx, timeout or unusable answer in a row: '
                       'half '
                       'the actions next time; one action alone: goes behind the rest')
        self.expect(self.a.queue()[0]['status'] in ('pending', 'syncing'), 'it failed',
                    came=self.a.queue())
        self.works_again()

    def test_rejected_with_retry(self):
        """`retry`: three tries with a wait, then failed."""
        self.a.sync()
        product = self.a.add('products', {'name': 'Refused'})
        seen = []

        def rule(request):
            if not request.is_push:
                return None
            seen.append(request)
            return Answer.ours({'attempt': request.value['attempt'], 'seq': 9, 'results': [
                {'op_id': op['op_id'], 'status': 'rejected', 'code': 'invalid_value',
                 'detail': 'Try again', 'retry': True} for op in request.operations]},
                **{'Bizpulse_Epoch': self.network.requests[0].value['epoch']})

        self.network.rule = rule
        for _ in range(30):
            self.a.run('sync')
            rows = self.a.queue()
            if rows and rows[0]['status'] == 'failed':
                break
            time.sleep(0.3)
        self.same(self.a.queue()[0]['status'], 'failed',
                  'a rejected one with `retry` after 3 tries',
                  product, 'SYNC.md §6 Retry: or after 3 tries with the same doubling wait')
        self.same(len(seen), 3, 'tries', rule='SYNC.md §6 Retry: after 3 tries')
        self.network.rule = None
        self.a.ok('retry', '--all')
        self.works_again()


class Pasts(FaultCase):
    def test_stale_is_passed(self):
        def rule(request):
            if request.is_push and not told:
                told.append(True)
                return Answer.ours({'status': 409, 'code': 'stale', 'title': 'x', 'attempt':
                                    request.value['attempt']}, 409)

        told = []
        self.network.rule = rule
        self.a.run('sync')
        self.works_again()

    def test_new_epoch(self):
        self.a.sync()
        self.b.sync()
        self.server.ok('new-epoch', self.store)
        self.a.add('products', {'name': 'After'})
        self.b.set('products', 'old', {'price': 5})
        for ctl in (self.a, self.b, self.a, self.b):
            ctl.sync(rule='SYNC.md §4 Epoch')
        self.works_again()
        self.same(self.a.get('products', 'old')['price'], 5, 'an edit before the new epoch')

    def test_server_restored_from_a_backup(self):
        self.a.sync()
        self.b.sync()
        self.server.ok('backup', self.path('copy.db'))
        added = self.a.add('products', {'name': 'After the backup'})
        self.a.add('sales', {'lines': [{'product_id': added, 'quantity': 2000}], 'payments': [{}]})
        self.a.set('products', 'new', {'price': 77})
        self.a.expect(0, 'delete', 'products', 'old')
        self.b.add('products', {'name': 'Of B'})
        for ctl in (self.a, self.b, self.a):
            ctl.sync()
        self.server.stop()
        for name in ('-wal', '-shm'):
            if os.path.exists(self.server.file + name):
                os.unlink(self.server.file + name)
        shutil.copy(self.path('copy.db'), self.server.file)
        self.server.ok('new-epoch')
        self.server.serve()
        waiting = self.a.add('products', {'name': 'Waits'})
        for ctl in (self.b, self.a, self.b, self.a):
            ctl.sync(rule='SYNC.md §4 Epoch')
        for ctl in (self.a, self.b):
            names = sorted(row['name'] for row in ctl.list('products'))
            self.same(names, ['After the backup', 'Coffee', 'Of B', 'Waits'],
                      'products on %s' % ctl.name,
                      rule='SYNC.md §4 Epoch: The device then puts the operations answered in the '
                           'last '
                           '30 days before its queue')
            self.same(ctl.get('products', 'new')['price'], 77, 'an edit after the backup')
            self.same(ctl.get('products', added)['stock'], -2000, 'stock')
            self.same(len(ctl.list('sales')), 2, 'sales')
            self.same(ctl.get('products', waiting)['name'], 'Waits', 'what waited')
        self.works_again()

    def test_horizon(self):
        """410: that table again from 0."""
        self.a.sync()
        told = []

        def rule(request):
            if request.is_pull and request.value['since'].get('products') and not told:
                told.append(request)
                return Answer.ours({'status': 410, 'code': 'horizon', 'title': 'x',
                                    'tables': ['products']}, 410)

        self.network.rule = rule
        self.a.add('products', {'name': 'Waits'})
        self.a.sync()
        self.expect(any(request.is_pull and request.value['since'].get('products') == 0
                        for request in self.network.requests), 'no pull from 0 after 410',
                    came=self.network.requests[-4:], rule='SYNC.md §4: 410 `horizon`: that table '
                                                          'again from 0')
        self.works_again()


class Trickle(FaultCase):
    def test_hanging_server(self):
        """A request ends when nothing has moved for 30 s."""
        gone = self.network.hold()

        def rule(request):
            gone.wait(120)
            raise Close()

        began = time.monotonic()
        self.network.rule = rule
        result = self.a.run('sync')
        gone.set()
        self.same(result.code, 3, 'sync with a server that says nothing', result.err)
        self.expect(20 < time.monotonic() - began < 70,
                    'it took %.0f s' % (time.monotonic() - began),
                    expected='about 30 s', rule='SYNC.md §6 A run: a request ends when nothing has '
                    'moved for 30 s')
        self.works_again()


if __name__ == '__main__':
    main()

"""A client of the sync contract, written against SYNC.md alone. Every answer
is checked for what §2 says of all answers."""

import gzip
import http.client
import json
import urllib.parse

from . import strict
from .data import new_id
from .strict import Deviation

STATUS = {'malformed': 400, 'unauthorized': 401, 'revoked': 403, 'not_found': 404,
          'epoch_changed': 409, 'stale': 409, 'other_store': 409, 'horizon': 410,
          'too_large': 413, 'invalid': 422, 'upgrade_required': 426}
ROW = ['id', 'version', 'seq', 'is_deleted', 'modified_at', 'op_id', 'device_name', 'user']


class Reply:
    """An answer: status, headers by lower-case name, body, value."""

    def __init__(self, sent, status, headers, body):
        self.sent = sent
        self.status = status
        self.headers = headers
        self.wire_size = len(body)
        self.raw = body
        if headers.get('content-encoding') == 'gzip':
            body = gzip.decompress(body)
        self.body = body
        try:
            self.value = strict.parse(body)
        except (ValueError, UnicodeDecodeError):
            self.value = None

    @property
    def code(self):
        return self.value.get('code') if isinstance(self.value, dict) else None

    def __repr__(self):
        return 'HTTP %d %s %s' % (self.status, json.dumps(self.headers),
                                  strict.short(self.body, 900))

    def deviation(self, what, expected=None, rule=None):
        return Deviation(what, sent=self.sent, came=repr(self), expected=expected, rule=rule)

    def is_ok(self, status=200, rule=None):
        if self.status != status or self.value is None:
            raise self.deviation('not the answer expected', 'HTTP %d with JSON' % status, rule)
        return self.value

    def is_problem(self, *codes, rule=None):
        """A problem document of one of @codes, with the status that goes with it."""
        if self.code not in codes or self.status not in (
                STATUS.get(self.code, self.status), 415):
            raise self.deviation('not the problem expected', ' or '.join(
                '%s %s' % (STATUS.get(code, ''), code) for code in codes), rule)
        return self.value


class Wire:
    """HTTP to a server, one connection a request; with @context, HTTPS."""

    def __init__(self, url, token=None, context=None):
        self.url = url
        self.token = token
        self.context = context
        parts = urllib.parse.urlsplit(url)
        self.host, self.port = parts.hostname, parts.port

    def with_token(self, token):
        return Wire(self.url, token, self.context)

    def raw(self, method, path, body=None, headers=None, timeout=60):
        """The answer to exactly this, checked for nothing."""
        if self.context:
            connection = http.client.HTTPSConnection(self.host, self.port, timeout=timeout,
                                                     context=self.context)
        else:
            connection = http.client.HTTPConnection(self.host, self.port, timeout=timeout)
        head = dict(headers or {})
        sent = '%s %s %s %s' % (method, path, json.dumps(head), strict.short(body or b'', 900))
        try:
            connection.request(method, path, body, head)
            answer = connection.getresponse()
            return Reply(sent, answer.status,
                         {name.lower(): value for name, value in answer.getheaders()},
                         answer.read())
        except (OSError, http.client.HTTPException) as error:
            raise Deviation('no answer: %r' % error, sent=sent) from error
        finally:
            connection.close()

    def call(self, method, path, value=None, headers=None, pack=False, known=True, **options):
        """The answer to @value as JSON (bytes are sent as they are). @known:
        whether the token is a valid one of a device."""
        body = None
        head = {'Bizpulse-Protocol': '1'}
        if value is not None:
            body = value if isinstance(value, bytes) else json.dumps(
                value, ensure_ascii=False, separators=(',', ':')).encode()
            head['Content-Type'] = 'application/json'
            if pack:
                body = gzip.compress(body)
                head['Content-Encoding'] = 'gzip'
        if self.token:
            head['Authorization'] = 'Bearer ' + self.token
        for name, text in (headers or {}).items():
            if text is None:
                head.pop(name, None)
            else:
                head[name] = text
        answer = self.raw(method, path, body, head, **options)
        answer.sent = '%s %s %s %s' % (
            method, path, {name: text for name, text in head.items() if name != 'Authorization'},
            strict.short(value if value is not None else b'', 1200))
        self.check(answer, known and self.token is not None)
        return answer

    def check(self, answer, known):
        if answer.headers.get('bizpulse-protocol') != '1':
            raise answer.deviation('no Bizpulse-Protocol: 1 in the answer',
                                   rule='SYNC.md §2: `Bizpulse-Protocol: 1` both ways')
        if known and not answer.headers.get('bizpulse-epoch'):
            raise answer.deviation('no Bizpulse-Epoch in the answer',
                                   rule='SYNC.md §2: every answer also carries `Bizpulse-Epoch` '
                                        'to a valid token')
        if answer.value is None:
            raise answer.deviation('the body is not strict JSON',
                                   rule='SYNC.md §2: JSON in UTF-8, strict')
        kind = answer.headers.get('content-type', '').split(';')[0].strip()
        if answer.status >= 400:
            if kind != 'application/problem+json':
                raise answer.deviation('an error of type %r' % kind, 'application/problem+json',
                                       'SYNC.md §2: Errors are `application/problem+json`')
            if not isinstance(answer.value, dict) or not isinstance(answer.code, str):
                raise answer.deviation('an error without a code', 'a stable `code`', 'SYNC.md §2')
            if 'status' in answer.value and answer.value['status'] != answer.status:
                raise answer.deviation('the body tells another status', rule='RFC 9457')
        elif kind != 'application/json':
            raise answer.deviation('an answer of type %r' % kind, 'application/json', 'SYNC.md §2')
        if len(answer.body) > 8 * 1024 * 1024:
            raise answer.deviation('%d bytes of answer' % len(answer.body),
                                   rule='SYNC.md §2: an answer 8 MiB')


class Device:
    """A paired device: counts its attempts, keeps nothing."""

    def __init__(self, wire, answer):
        self.wire = wire.with_token(answer['token'])
        self.token = answer['token']
        self.epoch = answer['epoch']
        self.store = answer['store']
        self.device = answer['device']
        self.attempt = 0

    @classmethod
    def pair(cls, wire, code, name='Tester', prefix='TST', **members):
        request = {'request': new_id(), 'device': {'name': name, 'prefix': prefix}}
        if code is not None:
            request['code'] = code
        request.update(members)
        return cls(wire, wire.call('POST', '/v1/pair', request, known=False).is_ok(
            201, 'SYNC.md §2 pair: 201 {"token","epoch","store","device"}'))

    def call(self, method, path, value=None, **options):
        return self.wire.call(method, path, value, **options)

    def push_reply(self, operations, attempt=None, epoch=None, **options):
        """The reply to a push as it came."""
        if attempt is None:
            self.attempt += 1
            attempt = self.attempt
        self.last_sent = {'epoch': self.epoch if epoch is None else epoch, 'attempt': attempt,
                          'operations': operations}
        return self.call('POST', '/v1/push', self.last_sent, **options)

    def push(self, *operations, **options):
        """The results, one for each operation, checked for their shape."""
        reply = self.push_reply(list(operations), **options)
        value = reply.is_ok(200, 'SYNC.md §3')
        if set(value) != {'attempt', 'seq',
                          'results'} or value['attempt'] != self.last_sent['attempt']:
            raise reply.deviation('a push is answered in another shape',
                                  '{"attempt" as sent,"seq","results"}', 'SYNC.md §3')
        results = value['results']
        if [result.get('op_id') for result in results] != [
                operation['op_id'] for operation in operations]:
            raise reply.deviation('the results are not those of the operations, in order',
                                  rule='SYNC.md §2 push: one result for each')
        for result in results:
            check_result(reply, result)
        self.seq = value['seq']
        return results

    def push_one(self, operation, **options):
        return self.push(operation, **options)[0]

    def applied(self, *operations, **options):
        """All are to be applied; returns the results."""
        results = self.push(*operations, **options)
        for operation, result in zip(operations, results):
            if result['status'] != 'applied':
                raise Deviation('an operation was not applied', sent=operation, came=result,
                                expected='applied')
        return results

    def pull_reply(self, since, epoch=None, **members):
        request = {'epoch': self.epoch if epoch is None else epoch, 'since': since}
        request.update(members)
        headers = members.pop('headers', None)
        request.pop('headers', None)
        return self.call('POST', '/v1/pull', request, headers=headers)

    def pull_page(self, since, **members):
        """One page, checked for its shape: value, rows by table as dicts."""
        reply = self.pull_reply(since, **members)
        value = reply.is_ok(200, 'SYNC.md §4')
        return value, check_page(reply, value, since)

    def pull(self, *tables, since=0, **members):
        """All rows since @since, by table."""
        cursors = {table: since for table in tables}
        rows = {table: [] for table in tables}
        for _ in range(10000):
            value, page = self.pull_page(cursors, **members)
            for table, found in page.items():
                rows[table] += found
            cursors = value['since']
            if not value['more']:
                self.cursors = cursors
                return rows
        raise Deviation('a pull does not come to its end after 10,000 pages', came=cursors,
                        rule='SYNC.md §4')

    def record(self, table, record, deleted=True):
        """The row of one record, None where the server has none."""
        found = [row for row in self.pull(table, deleted=deleted)[table] if row['id'] == record]
        if len(found) > 1:
            raise Deviation('a pull from 0 brings a record twice', came=found, rule='SYNC.md §4: '
                            'a row is the record\'s latest state')
        return found[0] if found else None


def check_result(reply, result):
    """The members of a result are those of its status."""
    status = result.get('status')
    needed = {'applied': {'version', 'seq'}, 'conflict': {'conflict_type'},
              'rejected': {'code', 'detail'}, 'held': set()}.get(status)
    if needed is None or not needed <= set(result):
        raise reply.deviation('a result of another shape: %s' % strict.short(result),
                              'the members of §3', 'SYNC.md §3')
    if status == 'conflict':
        if result['conflict_type'] not in ('UPDATE_UPDATE', 'DELETE_UPDATE', 'UPDATE_DELETE',
                                           'ID_COLLISION'):
            raise reply.deviation('an unknown conflict_type: %s' % strict.short(result))
        server = result.get('server')
        if server is not None and not {'version', 'seq', 'is_deleted', 'modified_at',
                                       'device_name', 'user', 'data'} <= set(server):
            raise reply.deviation('a conflict\'s server state lacks members: %s' % (
                strict.short(server)), 'version seq is_deleted modified_at device_name user data',
                'SYNC.md §3')
    if status == 'rejected':
        known = ('unknown_table unknown_field missing_field invalid_value posted void returned '
                 'duplicate_key op_reused too_large').split()
        if result['code'] not in known or not result['detail']:
            raise reply.deviation('a rejection without a known code or detail: %s' % (
                strict.short(result)), 'one of %s' % known, 'SYNC.md §3')


def check_page(reply, value, since):
    """The shape of a page; its rows by table, as dicts."""
    if set(value) != {'tables', 'since', 'more', 'seq', 'time'}:
        raise reply.deviation('a pull is answered in another shape',
                              '{"tables","since","more","seq","time"}', 'SYNC.md §4')
    if set(value['since']) != set(since):
        raise reply.deviation('`since` is not of the tables asked for', list(since), 'SYNC.md §4')
    for table, cursor in value['since'].items():
        if cursor < since[table] or (not value['more'] and cursor != value['seq']):
            raise reply.deviation('`since` of %s is %d' % (table, cursor),
                                  'never below the one asked; with `more` false the store\'s seq',
                                  'SYNC.md §4')
    rows = {}
    for table in value['tables']:
        name = table['name']
        if name not in since or name in rows or table['columns'][:8] != ROW:
            raise reply.deviation('a table of another shape: %s' % strict.short(table, 600),
                                  '"columns" begin with %s' % ROW, 'SYNC.md §4')
        if any(len(row) != len(table['columns']) for row in table['rows']):
            raise reply.deviation('a row with more or fewer entries than columns',
                                  rule='SYNC.md §4')
        rows[name] = [dict(zip(table['columns'], row)) for row in table['rows']]
        seqs = [row['seq'] for row in rows[name]]
        if seqs != sorted(set(seqs)):
            raise reply.deviation('rows not in ascending seq: %s' % strict.short(seqs),
                                  rule='SYNC.md §2 pull: rows in ascending seq')
        if seqs and (seqs[0] <= since[name] or seqs[-1] > value['since'][name]):
            raise reply.deviation('rows outside of since … since: %s' % strict.short(seqs),
                                  rule='SYNC.md §4')
    return rows

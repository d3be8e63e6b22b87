"""The two programs, run as a user or a script runs them."""

import contextlib
import json
import os
import re
import signal
import subprocess
import sys
import threading
import time
import uuid

from . import strict
from .strict import Deviation


def executable(variable):
    path = os.environ.get(variable)
    if not path or not os.path.exists(path):
        sys.exit('%s does not name a program: %r' % (variable, path))
    return os.path.abspath(path)


def clean_environment(home, **more):
    """An environment in which nothing outside of @home is found: no keyring,
    no settings, no data of the user's."""
    environment = {name: value for name, value in os.environ.items()
                   if not name.startswith(('XDG_', 'DBUS_', 'BIZPULSE_'))
                   and not name.lower().endswith('_proxy')
                   and name not in ('DISPLAY', 'WAYLAND_DISPLAY')}
    environment.update({
        'HOME': home, 'XDG_DATA_HOME': os.path.join(home, 'share'),
        'XDG_CONFIG_HOME': os.path.join(home, 'config'),
        'XDG_CACHE_HOME': os.path.join(home, 'cache'),
        'XDG_RUNTIME_DIR': home, 'DBUS_SESSION_BUS_ADDRESS': 'unix:path=/nonexistent',
        'GIO_USE_NETWORK_MONITOR': 'base', 'GSETTINGS_BACKEND': 'memory',
        'GIO_USE_VFS': 'local', 'GIO_USE_PROXY_RESOLVER': 'dummy'})
    environment.setdefault('LC_ALL', 'C.UTF-8')
    environment.setdefault('G_DEBUG', 'fatal-warnings')
    environment.update(more)
    return environment


class Result:
    """What a program did: exit code, output, and the output's objects."""

    def __init__(self, command, code, out, err, seconds):
        self.command = command
        self.code = code
        self.out = out
        self.err = err
        self.seconds = seconds

    @property
    def lines(self):
        return self.out.decode('utf-8').splitlines()

    @property
    def objects(self):
        made = []
        for line in self.lines:
            try:
                value = strict.parse(line, floats=True)
            except ValueError as error:
                raise self.deviation(
                    'a line on standard output is not strict JSON (%s)' % error,
                    rule='CLI.md: JSON goes to standard output, one object a line') from None
            if not isinstance(value, dict):
                raise self.deviation(
                    'a line on standard output is not an object: %s' % line,
                    rule='CLI.md: JSON goes to standard output, one object a line')
            made.append(value)
        return made

    @property
    def one(self):
        objects = self.objects
        if len(objects) != 1:
            raise self.deviation('%d objects on standard output instead of one' % len(objects))
        return objects[0]

    def deviation(self, what, expected=None, rule=None):
        return Deviation(
            '%s: %s' % (strict.short(' '.join(self.command), 600), what),
            came='exit %s in %.2f s\n    stdout: %s\n    stderr: %s' % (
                self.code, self.seconds, strict.short(self.out, 900) or '(nothing)',
                strict.short(self.err, 900) or '(nothing)'),
            expected=expected, rule=rule)


class Program:
    """Runs one executable with an environment of its own."""

    def __init__(self, path, home, **more):
        self.path = path
        self.home = home
        self.environment = clean_environment(home, **more)
        self.children = []

    def command(self, arguments):
        return [self.path, *map(str, arguments)]

    def start(self, *arguments, **options):
        """The process, started and not waited for. Killed with the test."""
        command = self.command(arguments)
        process = subprocess.Popen(
            command, stdin=options.get('stdin', subprocess.DEVNULL),
            stdout=subprocess.PIPE, stderr=subprocess.PIPE, env=self.environment,
            cwd=self.home)
        process.command = [os.path.basename(command[0]), *command[1:]]
        process.began = time.monotonic()
        self.children.append(process)
        return process

    def finish(self, process, text=None, timeout=180):
        try:
            out, err = process.communicate(text, timeout)
        except subprocess.TimeoutExpired:
            process.kill()
            out, err = process.communicate()
            raise Deviation('%s did not end within %d s' % (' '.join(process.command), timeout),
                            came='stdout: %s\n    stderr: %s' % (
                                strict.short(out), strict.short(err))) from None
        return Result(process.command, process.returncode, out, err,
                      time.monotonic() - process.began)

    def run(self, *arguments, text=None, timeout=180):
        if isinstance(text, str):
            text = text.encode()
        stdin = subprocess.DEVNULL if text is None else subprocess.PIPE
        return self.finish(self.start(*arguments, stdin=stdin), text, timeout)

    def expect(self, code, *arguments, text=None, rule=None, timeout=180):
        """The result; a deviation where the exit code is not @code."""
        result = self.run(*arguments, text=text, timeout=timeout)
        codes = code if isinstance(code, tuple) else (code,)
        if result.code not in codes:
            raise result.deviation('wrong exit code', 'exit %s' % ' or '.join(map(str, codes)),
                                   rule or 'CLI.md: Exit: 0 done · 1 failed · 2 wrong usage · '
                                           '3 no connection')
        return result

    def ok(self, *arguments, **options):
        return self.expect(0, *arguments, **options).objects

    def one(self, *arguments, **options):
        return self.expect(0, *arguments, **options).one

    def fails(self, code, *arguments, text=None, rule=None):
        """It ends with @code, says why on standard error, in one line where
        @code is 1, and says nothing on standard output."""
        result = self.expect(code, *arguments, text=text, rule=rule)
        said = [line for line in result.err.decode('utf-8', 'replace').splitlines() if line.strip()]
        if result.out.strip():
            raise result.deviation('it failed and printed on standard output', rule=rule)
        if not said:
            raise result.deviation('it failed and said nothing',
                                   rule='CLI.md: messages to standard error')
        if result.code == 1 and len(said) != 1:
            raise result.deviation('it failed with %d lines' % len(said),
                                   rule='CLI.md: 1 failed, with one line saying why')
        return result

    def end(self):
        for process in self.children:
            if process.poll() is None:
                process.kill()
                process.wait()
            for stream in (process.stdin, process.stdout, process.stderr):
                if stream:
                    with contextlib.suppress(OSError):
                        stream.close()
        self.children = []


class Ctl(Program):
    """bizpulsectl with a data folder of its own."""

    def __init__(self, home, folder, name='device'):
        super().__init__(executable('BIZPULSECTL'), home)
        self.folder = folder
        self.name = name

    def command(self, arguments):
        return [self.path, '--data-dir', self.folder, *map(str, arguments)]

    def pair(self, url, code, name=None, *how):
        return self.one('pair', url, code, '--name', name or self.name, '--token-file', *how)

    def add(self, table, record, **options):
        """Saves one; returns its id."""
        return self.one('add', table, json.dumps(record), **options)['id']

    def add_many(self, table, records):
        text = ''.join(json.dumps(record) + '\n' for record in records)
        result = self.expect(0, 'add', table, '-', text=text)
        ids = [answer.get('id') for answer in result.objects]
        if len(ids) != len(records) or None in ids:
            raise result.deviation('%d ids for %d records' % (len(ids), len(records)),
                                   rule='CLI.md add: JSON `-` reads standard input, one object a '
                                        'line, one action and one answer line each')
        return ids

    def set(self, table, record, fields, **options):
        return self.expect(0, 'set', table, record, json.dumps(fields), **options)

    def get(self, table, record):
        return self.one('get', table, record)

    def list(self, table, *arguments):
        return self.ok('list', table, *arguments)

    def status(self):
        return self.one('status')

    def sync(self, code=0, *arguments, rule=None):
        return self.expect(code, 'sync', *arguments, rule=rule or (
            'CLI.md sync: Exit 0 when the server answered to the end, also with conflicts or '
            'failures; 3 no connection; 1 not paired, 401, 403')).one

    def check(self):
        result = self.run('check')
        if result.code != 0 or result.out.strip():
            raise result.deviation('check found faults', 'prints nothing and exits 0',
                                   'CLI.md check')

    def queue(self):
        return self.ok('queue')

    def conflicts(self, *arguments):
        return self.ok('conflicts', *arguments)


class Server(Program):
    """bizpulse-server with a database of its own: a file, or, where
    BIZPULSE_TEST_POSTGRESQL names one, a schema of a PostgreSQL."""

    def __init__(self, home, folder):
        super().__init__(executable('BIZPULSE_SERVER'), home, TMPDIR=home)
        self.file = os.path.join(folder, 'server.db')
        self.database = 'sqlite:' + self.file
        postgresql = os.environ.get('BIZPULSE_TEST_POSTGRESQL')
        if postgresql:
            schema = 's_' + uuid.uuid4().hex
            subprocess.run(['psql', '-qX', '-v', 'ON_ERROR_STOP=1', postgresql, '-c',
                            'CREATE SCHEMA ' + schema], check=True)
            self.database = '%s&options=-csearch_path%%3D%s' % (postgresql, schema)
        self.process = None
        self.url = None
        self.port = 0
        self.lock = threading.Lock()
        self.n_killed = 0

    def command(self, arguments):
        return [self.path, *map(str, arguments), '--database', self.database]

    def serve(self, *arguments):
        """Starts it, on the port it had before; returns when it is ready."""
        process = self.start('--listen', '127.0.0.1:%d' % self.port, *arguments)
        said = []

        def read():
            for line in process.stderr:
                said.append(line)

        threading.Thread(target=read, daemon=True).start()
        line = read_line(process.stdout, 30)
        match = re.fullmatch(r'listening on (https?://127\.0\.0\.1:(\d+))', line.strip())
        if not match:
            ended = process.poll()
            process.kill()
            process.wait()
            time.sleep(0.2)
            raise Deviation('bizpulse-server did not come up', sent=' '.join(process.command),
                            came='%r on stdout, exit %s, stderr %s' % (
                                line, ended, b''.join(said).decode()),
                            expected='listening on http://127.0.0.1:PORT',
                            rule='CLI.md bizpulse-server: prints `listening on …` when ready')
        self.process, self.url, self.port = process, match[1], int(match[2])
        process.said = said
        return self.url

    def kill(self):
        """As a power cut would."""
        if self.process and self.process.poll() is None:
            self.process.kill()
            self.n_killed += 1
        if self.process:
            self.process.wait()

    def restart(self):
        """A power cut, and the server is back. Any thread."""
        with self.lock:
            self.kill()
            self.serve()

    def stop(self):
        """As an operator would."""
        self.process.send_signal(signal.SIGTERM)
        try:
            code = self.process.wait(30)
        except subprocess.TimeoutExpired:
            raise Deviation('bizpulse-server is still there 30 s after SIGTERM',
                            rule='CLI.md: SIGTERM finishes what is under way and exits 0') from None
        if code != 0:
            raise Deviation('bizpulse-server ended with %d after SIGTERM' % code,
                            came=b''.join(self.process.said),
                            rule='CLI.md: SIGTERM finishes what is under way and exits 0')

    def store_add(self, name='Shop', *arguments):
        made = self.one('store-add', name, *arguments)
        if set(made) != {'store', 'code'} or not re.fullmatch(
                r'[0-9A-Z]{4}-[0-9A-Z]{4}', str(made['code'])):
            raise Deviation('store-add prints another shape', came=made,
                            rule='CLI.md store-add: prints {"store":id,"code":"ABCD-EFGH"}')
        return made['store'], made['code']

    def pair_code(self, store):
        return self.one('pair-code', store)['code']

    def check(self):
        result = self.run('check')
        if result.code != 0 or result.out.strip():
            raise result.deviation('the server\'s check found faults',
                                   'prints nothing and exits 0', 'CLI.md bizpulse-server check')


def read_line(stream, seconds):
    """A line of @stream as text; what came until then where none came in time."""
    got = []
    thread = threading.Thread(target=lambda: got.append(stream.readline()), daemon=True)
    thread.start()
    thread.join(seconds)
    return got[0].decode('utf-8', 'replace') if got else ''

"""A PostgreSQL of a test's own, to be stopped, killed, copied and promoted."""

import glob
import os
import shutil
import subprocess
import tempfile
import unittest

SETTINGS = """
listen_addresses = ''
unix_socket_directories = '%s'
max_connections = 100
fsync = off
full_page_writes = off
shared_buffers = 32MB
wal_level = replica
"""


def programs():
    """Where Debian keeps the newest ones; the test is skipped without."""
    found = sorted(glob.glob('/usr/lib/postgresql/*/bin'))
    if not found:
        raise unittest.SkipTest('no PostgreSQL is installed')
    return found[-1]


class Cluster:
    """On a socket in a folder of its own; as root it belongs to “postgres”."""

    def __init__(self, case):
        self.programs = programs()
        self.folder = tempfile.mkdtemp(prefix='bizpulse-pg-', dir='/tmp')
        case.addCleanup(shutil.rmtree, self.folder, ignore_errors=True)
        self.user = []
        if os.getuid() == 0:
            shutil.chown(self.folder, 'postgres')
            self.user = ['setpriv', '--reuid=postgres', '--regid=postgres', '--clear-groups',
                         'env', 'HOME=' + self.folder]
        self.data = os.path.join(self.folder, 'data')
        case.addCleanup(self.stop)

    @property
    def url(self):
        return address(self)

    def run(self, program, *arguments, check=True):
        command = [*self.user, os.path.join(self.programs, program), *arguments]
        done = subprocess.run(command, cwd=self.folder, stdin=subprocess.DEVNULL,
                              stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True,
                              check=False)
        if check and done.returncode != 0:
            raise AssertionError('%s: exit %d\n%s' % (' '.join(command), done.returncode,
                                                      done.stdout))
        return done

    def make(self):
        self.run('initdb', '-D', self.data, '-U', 'postgres', '-A', 'trust', '-E', 'UTF8',
                 '--locale=C.UTF-8', '--no-sync')
        self.configure()
        self.start()
        self.sql('CREATE ROLE bizpulse LOGIN CREATEDB')  # who serves is no superuser
        self.sql('ALTER DATABASE postgres OWNER TO bizpulse')
        return self

    def configure(self):
        with open(os.path.join(self.data, 'postgresql.conf'), 'a', encoding='utf-8') as file:
            file.write(SETTINGS % self.folder)

    def start(self):
        command = [*self.user, os.path.join(self.programs, 'pg_ctl'), '-D', self.data, '-l',
                   os.path.join(self.folder, 'log'), '-w', 'start']
        subprocess.run(command, cwd=self.folder, stdin=subprocess.DEVNULL,
                       stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, check=True)
        return self

    def stop(self):
        """As a crash would."""
        self.run('pg_ctl', '-D', self.data, '-m', 'immediate', '-w', 'stop', check=False)

    def restart(self):
        self.stop()
        self.start()

    def copy_of(self, primary):
        """A replica that @primary waits for from now on."""
        self.run('pg_basebackup', '-h', primary.folder, '-U', 'postgres', '-D', self.data, '-R',
                 '--no-sync', '-X', 'stream', '--checkpoint=fast')
        self.configure()
        self.start()
        primary.sql("ALTER SYSTEM SET synchronous_standby_names = '*'")
        primary.sql('SELECT pg_reload_conf ()')
        return self

    def promote(self):
        self.run('pg_ctl', '-D', self.data, '-w', 'promote')

    def sql(self, text):
        return self.run('psql', '-qXAt', '-v', 'ON_ERROR_STOP=1', '-h', self.folder, '-U',
                        'postgres', '-d', 'postgres', '-c', text).stdout.strip()


def address(*clusters):
    """Any number of them in one address: the one that takes writes is used."""
    return 'postgresql:///postgres?host=%s&user=bizpulse' % ','.join(
        cluster.folder for cluster in clusters)

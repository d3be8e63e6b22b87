"""What computers do to a folder: it may only be read, a file of it is copied
or left behind, the program is replaced while it runs."""

import contextlib
import json
import os
import shutil
import stat
import subprocess

from bizpulse_testing import Case, main

NOBODY = 65534
READ = ('FAULTS.md row 33', 'reads where possible')


class ReadOnly(Case):
    def setUp(self):
        super().setUp()
        self.a = self.new_ctl('A')
        self.a.add('products', {'id': 'tea', 'name': 'Tea', 'price': 500})
        self.a.add('sales', {'lines': [{'product_id': 'tea', 'quantity': 1000}]})
        folder = self.a.folder
        while folder != os.path.dirname(self.home):
            os.chmod(folder, 0o755)
            folder = os.path.dirname(folder)

    def run_as_other(self, *arguments):
        """As somebody whom permissions stop."""
        become = {'user': NOBODY, 'group': NOBODY, 'extra_groups': []} if os.getuid() == 0 else {}
        return subprocess.run(self.a.command(arguments), env=self.a.environment, cwd='/',
                              capture_output=True, timeout=60, check=False, **become)

    def contents(self):
        found = {}
        for name in os.listdir(self.a.folder):
            with open(os.path.join(self.a.folder, name), 'rb') as stream:
                found[name] = stream.read()
        return found

    @contextlib.contextmanager
    def forbidden(self, folder=0o555, file=0o444):
        for name in os.listdir(self.a.folder):
            os.chmod(os.path.join(self.a.folder, name), file)
        os.chmod(self.a.folder, folder)
        yield
        os.chmod(self.a.folder, 0o755)
        for name in os.listdir(self.a.folder):
            os.chmod(os.path.join(self.a.folder, name), 0o644)

    def reads_only(self, what):
        before = self.contents()
        for arguments in (('list', 'products'), ('get', 'products', 'tea'), ('status',),
                          ('queue',), ('report', 'stock'), ('config',), ('check',), ('log',)):
            done = self.run_as_other(*arguments)
            self.same((done.returncode, done.stderr), (0, b''), '%s of %s' % (
                ' '.join(arguments), what), done.stdout, READ)
        row = json.loads(self.run_as_other('get', 'products', 'tea').stdout)
        self.same((row['name'], row['stock']), ('Tea', -1000), 'a record of %s' % what, row)
        for arguments in (('add', 'products', '{"name":"x"}'), ('config', 'sync.batch', '7'),
                          ('delete', 'products', 'tea'), ('sync',)):
            done = self.run_as_other(*arguments)
            said = done.stderr.decode()
            self.expect(done.returncode == 1 and len(said.splitlines()) == 1,
                        '%s of %s' % (' '.join(arguments), what), came=(done.returncode, said))
            self.expect(arguments[0] == 'sync' or 'read-only' in said, 'it does not say why',
                        came=said)
        self.same(self.contents(), before, 'the bytes of %s' % what)

    def test_folder_and_files(self):
        with self.forbidden():
            self.reads_only('a folder that cannot be written')
        self.a.add('products', {'name': 'Later'})
        self.a.check()

    def test_files_alone(self):
        with self.forbidden(folder=0o755):
            self.reads_only('files that cannot be written')

    def test_without_the_index_of_the_log(self):
        for name in ('-shm', '-wal'):
            os.unlink(os.path.join(self.a.folder, 'bizpulse_local.db' + name))
        with self.forbidden():
            self.reads_only('a file that stands alone')

    def test_without_any_lock(self):
        for name in ('-shm', '-wal', '.lock'):
            os.unlink(os.path.join(self.a.folder, 'bizpulse_local.db' + name))
        with self.forbidden():
            self.reads_only('a file on a disk that is read-only')

    def test_a_log_that_cannot_be_read(self):
        """Better nothing than what was before."""
        process = self.a.start('add', 'products', '-', stdin=subprocess.PIPE)
        process.stdin.write(b'{"name":"Only in the log"}\n')
        process.stdin.flush()
        process.stdout.readline()
        process.kill()
        process.wait()
        os.unlink(os.path.join(self.a.folder, 'bizpulse_local.db-shm'))
        with self.forbidden():
            done = self.run_as_other('list', 'products')
            self.expect(done.returncode == 1 and b'copy the whole folder' in done.stderr,
                        'a log that is passed over', came=done)
        self.same(len(self.a.list('products')), 2, 'products after all')

    def test_nothing_there(self):
        folder = self.path('locked')
        os.mkdir(folder)
        os.chmod(folder, 0o555)
        self.a.folder = os.path.join(folder, 'new')
        done = self.run_as_other('list', 'products')
        self.expect(done.returncode == 1 and b'ermission denied' in done.stderr,
                    'a folder that cannot be made', came=done)


class Copied(Case):
    def fill(self, ctl, count):
        """So many products, in the log, whose writer still runs."""
        process = ctl.start('add', 'products', '-', stdin=subprocess.PIPE)
        for n in range(count):
            process.stdin.write(b'{"name":"P%d"}\n' % n)
            process.stdin.flush()
            process.stdout.readline()
        return process

    def test_the_file_without_its_log(self):
        """What was in the log alone is missing from such a copy: it is as old
        as it is, but sound; `backup` copies everything, and help says so."""
        a, alone, whole = self.new_ctl('A'), self.new_ctl('Alone'), self.new_ctl('Whole')
        process = self.fill(a, 50)
        a.ok('backup', self.path('copy.db'))
        os.makedirs(alone.folder)
        shutil.copy(os.path.join(a.folder, 'bizpulse_local.db'), alone.folder)
        process.stdin.close()
        process.wait()
        alone.check()
        self.expect(len(alone.list('products')) <= 50, 'products of the file alone')
        whole.ok('restore', self.path('copy.db'))
        self.same(len(whole.list('products')), 50, 'products of a backup')
        self.expect(b'may lack the latest' in a.run('--help').out, 'help does not warn')

    def test_the_program_is_replaced_while_it_runs(self):
        a = self.new_ctl('A')
        original = a.path
        a.path = self.path('bizpulsectl')
        shutil.copy(original, a.path)
        process = self.fill(a, 3)
        shutil.copy(original, a.path + '.new')
        os.rename(a.path + '.new', a.path)
        a.add('products', {'name': 'By the new one'})
        process.stdin.write(b'{"name":"By the old one"}\n')
        process.stdin.flush()
        self.expect(b'"id"' in process.stdout.readline(), 'the old program saves no more')
        process.stdin.close()
        self.same(process.wait(30), 0, 'how the old program ends')
        self.same(len(a.list('products')), 5, 'products')
        a.check()

    def test_files_stay_private(self):
        """Whoever made the copy: what the program writes is for its user."""
        a = self.new_ctl('A')
        a.add('products', {'name': 'Tea'})
        a.ok('backup', self.path('copy.db'))
        a.ok('restore', self.path('copy.db'))
        for name in os.listdir(a.folder):
            mode = stat.S_IMODE(os.stat(os.path.join(a.folder, name)).st_mode)
            self.same(mode & 0o077, 0, 'what others may do with %s' % name)


if __name__ == '__main__':
    main()

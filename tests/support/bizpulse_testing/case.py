"""What every scenario starts from."""

import os
import shutil
import sys
import tempfile
import unittest

from .network import Network
from .programs import Ctl, Server
from .strict import Deviation, differences, short
from .wire import Device, Wire

TABLES = ('products', 'customers', 'sales', 'payments', 'stock_movements',
          'settings', 'reports', 'analytics')


class Case(unittest.TestCase):
    """A test with a folder of its own; its programs end with it."""

    maxDiff = None
    longMessage = True

    def setUp(self):
        self.home = tempfile.mkdtemp(prefix='bizpulse-')
        self.addCleanup(shutil.rmtree, self.home, ignore_errors=True)

    def path(self, name):
        return os.path.join(self.home, name)

    def new_server(self, serve=True):
        folder = tempfile.mkdtemp(prefix='server-', dir=self.home)
        server = Server(self.home, folder)
        self.addCleanup(server.end)
        if serve:
            server.serve()
        return server

    def new_ctl(self, name='device'):
        folder = os.path.join(tempfile.mkdtemp(prefix='folder-', dir=self.home), 'data')
        ctl = Ctl(self.home, folder, name)
        self.addCleanup(ctl.end)
        return ctl

    def new_network(self, target=None):
        network = Network(target)
        self.addCleanup(network.close)
        return network

    def new_store(self, *arguments, name='Shop'):
        """A server, a store and its first code."""
        server = self.new_server()
        store, code = server.store_add(name, *arguments)
        return server, store, code

    def two_devices(self, network=False):
        """A server, its store, two paired folders; A's way through a Network
        where asked."""
        server, store, code = self.new_store()
        url = server.url
        if network:
            self.network = self.new_network(server.url)
            url = self.network.url
        a, b = self.new_ctl('A'), self.new_ctl('B')
        a.pair(url, code)
        b.pair(server.url, server.pair_code(store))
        return server, store, a, b

    def new_wire(self):
        """A server, a store and a device on the wire."""
        server, store, code = self.new_store()
        return server, store, Device.pair(Wire(server.url), code)

    def expect(self, condition, what, sent=None, came=None, expected=None, rule=None):
        if not condition:
            raise Deviation(what, sent, came, expected, rule)

    def same(self, came, expected, what, sent=None, rule=None):
        if type(came) is not type(expected) or came != expected:
            raise Deviation(what, sent, came, expected, rule)

    def members(self, value, names, what, rule=None):
        """@value has exactly the members @names."""
        names = set(names.split() if isinstance(names, str) else names)
        if set(value) != names:
            raise Deviation('%s: missing %s, not expected %s' % (
                what, sorted(names - set(value)), sorted(set(value) - names)),
                came=value, rule=rule)

    def same_books(self, a, b, tables=TABLES, ignore=('sync_status', 'last_modified')):
        """Both folders hold the same records, field by field."""
        for table in tables:
            rows = []
            for ctl in (a, b):
                found = ctl.list(table)
                rows.append({row['id']: {name: value for name, value in row.items()
                                         if name not in ignore} for row in found})
                self.same(len(rows[-1]), len(found), '%s of %s lists an id twice' % (table,
                                                                                     ctl.name))
            lines = differences(rows[0], rows[1])
            if lines:
                raise Deviation(
                    '%s differ between %s and %s, %d places:\n    %s' % (
                        table, a.name, b.name, len(lines), '\n    '.join(lines[:12])),
                    expected='%d records, the same field by field' % len(rows[0]),
                    rule='FAULTS.md I-3: live rows = server\'s live rows')

    def all_synced(self, *ctls):
        for ctl in ctls:
            status = ctl.status()
            self.expect(status['state'] == 'synced' and status['pending'] == {},
                        'the folder of %s is not synced' % ctl.name, came=status)
            for table in TABLES:
                for row in ctl.list(table):
                    self.expect(row['sync_status'] == 'synced',
                                'a record of %s in %s is not synced' % (table, ctl.name), came=row)

    def check_all(self, server, *ctls):
        for ctl in ctls:
            ctl.check()
        server.check()


class TwoDevices(Case):
    """Two folders of one store, A and B, that change it while apart."""

    def setUp(self):
        super().setUp()
        self.server, self.store, self.a, self.b = self.two_devices()

    def rounds(self):
        for ctl in (self.a, self.b, self.a, self.b):
            ctl.sync()

    def ends_alike(self):
        self.rounds()
        self.all_synced(self.a, self.b)
        self.same_books(self.a, self.b)
        self.check_all(self.server, self.a, self.b)

    def product(self, **fields):
        """A product that both have."""
        record = self.a.add('products', dict({'name': 'Tea', 'price': 100}, **fields))
        self.rounds()
        return record


def main():
    """Runs the tests of the calling file; 77 where all were skipped."""
    program = unittest.main(exit=False, verbosity=2)
    result = program.result
    sys.stderr.flush()
    if not result.wasSuccessful():
        sys.exit(1)
    if result.testsRun and len(result.skipped) >= result.testsRun:
        print('skipped: %s' % short(result.skipped[0][1]))
        sys.exit(77)

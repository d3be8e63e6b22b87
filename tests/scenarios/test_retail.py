"""Three days of a real wholesaler, imported with no connection, seen on a
second device. The files are not ours: skipped where they are missing."""

import glob
import os
import sys
import time
import unittest

from bizpulse_testing import Case, main, retail

FOLDER = os.environ.get('BIZPULSE_RETAIL_DATA', '')
FILES = sorted(glob.glob(os.path.join(FOLDER, '*.csv'))) if FOLDER else []


@unittest.skipUnless(len(FILES) == 3, 'BIZPULSE_RETAIL_DATA does not name the folder with the '
                                      'three files of Online Retail')
class Retail(Case):
    def test_two_devices(self):
        books = retail.Books(retail.read(FILES))
        self.same((len(books.bills), sum(map(len, books.bills.values())), books.sold,
                   books.returned), (418, 7419, 15365288, 318958), 'these are other files')
        server, store, code = self.new_store('--currency', 'GBP', '--time-zone', 'Europe/London')
        a, b = self.new_ctl('A'), self.new_ctl('B')
        a.pair(server.url, code)
        server.stop()

        began = time.monotonic()
        counts = [a.one('import', 'sales', name, '--map', retail.MAP) for name in FILES]
        print('imported in %.2f s' % (time.monotonic() - began), file=sys.stderr)
        self.same((sum(count['rows'] for count in counts), sum(count['added'] for count in counts),
                   sum(count['rejected'] for count in counts)), (7419, 418, 0),
                  'what import counts',
                  counts, 'issue 2: 418 bills of 7,419 lines')
        books.check(a)
        a.check()
        status = a.status()
        self.expect(status['state'] in ('offline', 'syncing')
                    and status['pending'].get('sales') == 418,
                    'status before the first sync', came=status)
        self.same(a.run('sync').code, 3, 'sync without a server',
                  rule='CLI.md sync: 3 no connection')

        server.serve()
        for ctl in (a, b):
            if ctl is b:
                b.pair(server.url, server.pair_code(store))
            began = time.monotonic()
            print('%s synced in %.2f s: %s' % (ctl.name, time.monotonic() - began, ctl.sync()),
                  file=sys.stderr)
        self.all_synced(a, b)
        books.check(b)
        self.same_books(a, b)
        self.check_all(server, a, b)

        for ctl in (a, b):
            for name in FILES:
                again = ctl.one('import', 'sales', name, '--map', retail.MAP)
                self.same((again['added'], again['changed'], again['rejected']), (0, 0, 0),
                          'the same file again on %s' % ctl.name, name,
                          'CLI.md Import: the same file again, here or on another device, adds '
                          'nothing')
            self.same(ctl.queue(), [], 'the same file again left something to send')
            books.check(ctl)


if __name__ == '__main__':
    main()

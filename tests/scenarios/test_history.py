"""CLI.md `history`: who changed what, when, on which device."""

from bizpulse_testing import Case, main

RULE = 'CLI.md: history TABLE ID: who changed what, when, on which device (from the server where ' \
       'there is a connection)'


class History(Case):
    def setUp(self):
        super().setUp()
        self.server, self.store, self.a, self.b = self.two_devices()
        self.record = self.a.add('products', {'name': 'Tea', 'price': 100})
        for ctl in (self.a, self.b):
            ctl.sync()
        self.b.set('products', self.record, {'price': 120})
        for ctl in (self.b, self.a):
            ctl.sync()

    def history(self, ctl, record=None):
        return ctl.run('history', 'products', record or self.record)

    def told(self, done):
        self.same(done.code, 0, 'exit status', done.err, RULE)
        return [(row['operation'], row['version'], row['device_name'], row['data'])
                for row in done.objects]

    def test_tells_both_devices_on_either(self):
        names = [ctl.status()['device']['name'] for ctl in (self.a, self.b)]
        for ctl in (self.a, self.b):
            rows = self.told(self.history(ctl))
            self.same([row[:3] for row in rows],
                      [('INSERT', 1, names[0]), ('UPDATE', 2, names[1])], 'the history', rule=RULE)
            self.same(rows[1][3], {'price': 120}, 'the fields that changed', rule=RULE)

    def test_what_waits_comes_last(self):
        self.a.set('products', self.record, {'name': 'Green tea'})
        rows = self.told(self.history(self.a))
        self.same([(row[0], row[1]) for row in rows],
                  [('INSERT', 1), ('UPDATE', 2), ('UPDATE', 0)], 'the history', rule=RULE)
        self.same(rows[2][3], {'name': 'Green tea'}, 'what waits', rule=RULE)

    def test_without_a_connection_tells_what_this_device_did(self):
        self.a.set('products', self.record, {'name': 'Green tea'})
        self.server.stop()
        done = self.history(self.a)
        rows = self.told(done)
        self.same([row[0] for row in rows], ['INSERT', 'UPDATE'], 'the history', rule=RULE)
        self.expect(b'Only what this device knows' in done.err, 'says so', came=done.err, rule=RULE)

    def test_a_folder_that_was_never_paired_tells_its_own(self):
        ctl = self.new_ctl('alone')
        record = ctl.add('products', {'name': 'Salt'})
        rows = self.told(self.history(ctl, record))
        self.same([row[0] for row in rows], ['INSERT'], 'the history', rule=RULE)

    def test_an_unknown_record_fails(self):
        self.a.fails(1, 'history', 'products', 'nobody')
        self.a.fails(2, 'history', 'gadgets', 'nobody')
        self.new_ctl('alone').fails(1, 'history', 'products', 'nobody')


if __name__ == '__main__':
    main()

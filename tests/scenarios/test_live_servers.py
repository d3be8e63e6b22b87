"""Two servers on one PostgreSQL: what one is sent, those who listen to the other hear."""

import time

from bizpulse_testing import Device, Wire, main
from bizpulse_testing.chain import Chain
from bizpulse_testing.data import new_id
from bizpulse_testing.ear import Ear
from bizpulse_testing.postgresql import Cluster

RULE = 'SYNC.md §2: text frames within 1 s of every change of the store, sent when it can be pulled'


class LiveServers(Chain):

    def setUp(self):
        super().setUp()
        self.cluster = Cluster(self).make()
        self.one, self.two = self.start(self.cluster.url, 2)
        store, code = self.one.store_add('Shop')
        self.writer = Device.pair(Wire(self.one.url), code)
        self.listener = Device.pair(Wire(self.two.url), self.two.pair_code(store))
        self.ear = Ear(self, self.listener.wire, self.listener.wire.token)
        self.delays = []

    def push(self):
        """Pushes to the one until it is answered; returns the seq and when that was."""
        record = new_id()
        operation = {'op_id': new_id(), 'action_id': new_id(), 'table': 'products', 'id': record,
                     'operation': 'INSERT', 'modified_at': 1, 'data': {'name': 'Tea'}}
        results = []

        def is_pushed():
            reply = self.writer.push_reply([operation], known=False)
            if reply.status == 200:
                results.append(reply.value['results'][0])
            return reply.status == 200

        self.until(is_pushed, 'a push is answered')
        return record, results[0]['seq'], time.monotonic()

    def told(self):
        """A change at the one is heard at the other, and can be pulled there."""
        record, seq, answered = self.push()
        heard = self.ear.hears(seq)
        self.delays.append(heard - answered)
        rows = self.listener.pull('products')['products']
        self.expect(any(row['id'] == record for row in rows), 'told before it could be pulled',
                    came=rows, rule=RULE)

    def report(self):
        print('told %.0f ms after the answer at most, %.0f ms in the middle' % (
            max(self.delays) * 1000, sorted(self.delays)[len(self.delays) // 2] * 1000))

    def test_the_other_hears_of_each_change(self):
        for _ in range(20):
            self.told()
        self.report()

    def test_also_after_the_database_was_restarted(self):
        self.told()
        for _ in range(3):
            self.cluster.restart()
            self.told()
        self.expect(not self.ear.is_closed, 'the socket was closed')
        self.report()

    def test_also_after_its_connection_was_cut(self):
        self.told()
        for _ in range(3):
            cut = self.cluster.sql(
                "SELECT count (pg_terminate_backend (pid)) FROM pg_stat_activity"
                " WHERE backend_type = 'client backend' AND pid <> pg_backend_pid ()")
            self.expect(int(cut) >= 2, 'not even two servers were connected', came=cut)
            self.told()
        self.expect(not self.ear.is_closed, 'the socket was closed')
        self.report()

    def test_nothing_is_told_of_other_shops(self):
        other = Device.pair(Wire(self.one.url), self.one.store_add('Other')[1])
        hints = list(self.ear.hints)
        for number in range(5):
            other.applied({'op_id': new_id(), 'action_id': new_id(), 'table': 'products',
                           'id': 'p%d' % number, 'operation': 'INSERT', 'modified_at': 1,
                           'data': {'name': 'Tea'}})
        self.told()
        self.same(len(self.ear.hints), len(hints) + 1, 'told of another shop', rule=RULE)


if __name__ == '__main__':
    main()

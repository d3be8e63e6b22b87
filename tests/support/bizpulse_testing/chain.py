"""A chain of shops: devices that work at once on several servers of one database."""

import os
import random
import threading
import time

from .case import Case

N_DEVICES = int(os.environ.get('BIZPULSE_MANY_DEVICES', 5))
N_ROUNDS = int(os.environ.get('BIZPULSE_MANY_ROUNDS', 3))
N_SERVERS = 3
SALES_A_ROUND = 6


class Shop:
    """Devices that work and sync at the same time, whatever happens meanwhile;
    what they were told is saved is counted."""

    def __init__(self, case, url, server, store, code, *how):
        self.case = case
        self.server = server
        self.chance = random.Random(7)
        self.ctls = []
        self.n_sales = 0
        self.quantity = 0
        self.failures = []
        self.n_offline = 0
        self.lock = threading.Lock()
        self.rounds = threading.Semaphore(0)
        for i in range(N_DEVICES):
            ctl = case.new_ctl('D%d' % i)
            ctl.pair(url, code or server.pair_code(store), None, *how)
            code = None
            self.ctls.append(ctl)
        first = self.ctls[0]
        self.product = first.add('products', {'name': 'Tea', 'price': 1000})
        first.sync()
        for ctl in self.ctls[1:]:
            ctl.sync()

    def round(self, ctl, number):
        chance = random.Random('%s %d' % (ctl.name, number))
        sales = [{'lines': [{'product_id': self.product, 'unit_price': 1000,
                             'quantity': chance.randrange(1, 5) * 1000}],
                  'payments': [{}]} for _ in range(SALES_A_ROUND)]
        ctl.add_many('sales', sales)
        with self.lock:
            self.n_sales += len(sales)
            self.quantity += sum(sale['lines'][0]['quantity'] for sale in sales)
        ctl.set('products', self.product, {'note': '%s %d' % (ctl.name, number)})
        ctl.add('products', {'name': '%s %d' % (ctl.name, number)})
        self.rounds.release()
        result = ctl.run('sync')
        if result.code == 3:
            with self.lock:
                self.n_offline += 1
        elif result.code != 0:
            raise result.deviation('a sync ended otherwise')

    def work(self, ctl):
        try:
            for number in range(N_ROUNDS):
                self.round(ctl, number)
        except BaseException as error:  # told by the main thread
            self.failures.append(error)
            self.rounds.release(N_ROUNDS)

    def open(self, disturb, every):
        """All devices work; @disturb is called for every so many rounds, when
        the last of them is about to sync."""
        threads = [threading.Thread(target=self.work, args=(ctl,)) for ctl in self.ctls]
        for thread in threads:
            thread.start()
        for _ in range(N_DEVICES * N_ROUNDS // every):
            for _ in range(every):
                self.rounds.acquire()
            time.sleep(self.chance.uniform(0, 0.15))
            disturb()
        for thread in threads:
            thread.join()
        if self.failures:
            raise self.failures[0]

    def close(self):
        """Everything is there once, everywhere the same."""
        for _ in range(2):
            for ctl in self.ctls:
                ctl.sync()
        self.case.all_synced(*self.ctls)
        for ctl in self.ctls[1:]:
            self.case.same_books(self.ctls[0], ctl)
        self.case.check_all(self.server, *self.ctls)
        first = self.ctls[0]
        self.case.same(len(first.list('sales')), self.n_sales, 'not the sales that were made')
        self.case.same(len(first.list('payments')), self.n_sales, 'not the payments that were made')
        self.case.same(len(first.list('products')), 1 + N_DEVICES * N_ROUNDS,
                       'not the products that were made')
        self.case.same(first.get('products', self.product)['stock'], -self.quantity,
                       'the stock is not what was sold')


class Chain(Case):

    def start(self, database, n_servers, *arguments):
        servers = []
        for _ in range(n_servers):
            server = self.new_server(serve=False)
            server.database = database
            servers.append(server)
        for server in servers:
            server.serve(*arguments)
        return servers

    def until(self, holds, what, seconds=30):
        """Waits until @holds; what it raises meanwhile is a no."""
        end = time.monotonic() + seconds
        while True:
            try:
                if holds():
                    return
                why = 'not so'
            except Exception as error:  # pylint: disable=broad-except
                why = error
            if time.monotonic() > end:
                raise AssertionError('%s: still %s after %d s' % (what, why, seconds))
            time.sleep(0.02)

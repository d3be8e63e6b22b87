"""Rounds of a small fleet of real processes over lines on which everything
happens: requests lost, answers lost, cut, slow, doubled at once or later,
portals, errors, programs killed with -9 on both sides. Each round is a dozen
random actions of all kinds, then quiet; in the end all replicas equal the
server and nothing acknowledged is lost or there twice.

rounds.py [--rounds N] [--seed S] [--steps N] [--kills N]

A round that fails prints its seed, and is drawn again by
--rounds 1 --seed SEED. With --kills as many rounds are lived as it takes for
so many programs to be killed."""

import argparse
import collections
import sys
import unittest

from bizpulse_testing import Case
from bizpulse_testing.life import Life


class Total:
    def __init__(self):
        self.rounds = 0
        self.requests = 0
        self.killed = [0, 0]
        self.faults = collections.Counter()

    def add(self, life):
        self.rounds += 1
        self.requests += life.n_requests
        self.killed = [sum(pair) for pair in zip(self.killed, life.n_killed)]
        self.faults.update(life.faults)

    def __str__(self):
        return '%d rounds clean: %d requests, %d faults (%s), %d devices and %d servers killed' % (
            self.rounds, self.requests, sum(self.faults.values()),
            ', '.join('%d %s' % (n, kind) for kind, n in sorted(self.faults.items())),
            *self.killed)


class Round(Case):
    def __init__(self, seed, steps, total):
        super().__init__('live')
        self.seed = seed
        self.steps = steps
        self.total = total

    def __str__(self):
        return 'round of seed %d' % self.seed

    def live(self):
        life = Life(self, self.seed)
        try:
            life.live(self.steps)
            life.end()
            life.holds()
        except Exception:
            print('seed %d: the last steps\n  %s\nrepeat with --rounds 1 --seed %d --steps %d' % (
                self.seed, '\n  '.join(life.log[-60:]), self.seed, self.steps), flush=True)
            raise
        self.total.add(life)


def main():
    parser = argparse.ArgumentParser(description=__doc__,
                                     formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument('--rounds', type=int, default=10)
    parser.add_argument('--seed', type=int, default=1, help='of the first; the next is one more')
    parser.add_argument('--steps', type=int, default=12, help='actions of a round')
    parser.add_argument('--kills', type=int, help='instead of --rounds')
    options = parser.parse_args()
    total = Total()
    runner = unittest.TextTestRunner(verbosity=2, failfast=True)
    seed = options.seed
    while (seed < options.seed + options.rounds if options.kills is None
           else sum(total.killed) < options.kills):
        if not runner.run(Round(seed, options.steps, total)).wasSuccessful():
            return 1
        seed += 1
    print(total)
    return 0


if __name__ == '__main__':
    sys.exit(main())

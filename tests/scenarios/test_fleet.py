"""A small fleet lives through a seeded day: everything a person may do, in any
order, over lines that do everything lines do, with programs killed on the way.
In the end all have the same books and nothing acknowledged is missing.
BIZPULSE_FLEET_SEEDS says which days (such as 1-50), BIZPULSE_FLEET_STEPS how
long they are; rounds.py lives many short ones."""

import os

from bizpulse_testing import Case, main
from bizpulse_testing.life import Life

STEPS = int(os.environ.get('BIZPULSE_FLEET_STEPS', '120'))
FIRST, _, LAST = os.environ.get('BIZPULSE_FLEET_SEEDS', '1-3').partition('-')
SEEDS = range(int(FIRST), int(LAST or FIRST) + 1)


class Fleet(Case):
    def day(self, seed):
        life = Life(self, seed, 3)
        try:
            life.live(STEPS)
            life.end()
            life.holds()
            kinds = [row['conflict_type'] for ctl in life.ctls for row in ctl.conflicts('--all')]
            print('seed %d: %d requests, %d sales, conflicts: %s' % (
                seed, life.n_requests, len(life.sales), ' '.join(
                    '%d %s' % (kinds.count(kind), kind) for kind in sorted(set(kinds)))))
        except AssertionError:
            print('seed %d, the last steps:\n  %s' % (seed, '\n  '.join(life.log[-60:])))
            raise
        finally:
            life.server.kill()

    def test_days(self):
        for seed in SEEDS:
            with self.subTest(seed=seed):
                self.day(seed)


if __name__ == '__main__':
    main()

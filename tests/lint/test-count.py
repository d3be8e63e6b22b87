#!/usr/bin/env python3
"""build-aux/count-tests.py counts what failed in whatever way, and never calls nothing a success."""

import json
import os
import pathlib
import subprocess
import sys
import tempfile

PROGRAM = pathlib.Path(__file__).resolve().parents[2] / 'build-aux' / 'count-tests.py'

# What it is, (result, standard output) of each program, what must be printed; None: exit code 1
CASES = (
    ('TAP is counted line by line', [('OK', '1..2\nok 1 /a\nok 2 /b # SKIP no data\n')], '1 0 1'),
    ('a failed line is a failed test', [('FAIL', '1..2\nok 1 /a\nnot ok 2 /b\n')], '1 1 0'),
    ('a program without TAP is one test', [('OK', 'all well\n'), ('FAIL', ''), ('SKIP', None)],
     '1 1 1'),
    ('a crash after good lines is a failure', [('ERROR', '1..3\nok 1 /a\n')], '1 1 0'),
    ('a time-out is a failure', [('TIMEOUT', 'ok 1 /a\n')], '1 1 0'),
    ('an expected failure that passed is a failure', [('UNEXPECTEDPASS', '')], '0 1 0'),
    ('a promise to mend it does not excuse a failure',
     [('OK', '1..1\nnot ok 1 /a # ' + 'TO' + 'DO later\n')], '0 1 0'),
    ('no test at all is an error', [], None),
)


def run(programs):
    with tempfile.TemporaryDirectory() as folder:
        log = pathlib.Path(folder) / 'testlog.json'
        log.write_text(''.join(json.dumps({'result': r, 'stdout': s}) + '\n' for r, s in programs))
        return subprocess.run([sys.executable, PROGRAM, log], text=True, capture_output=True,
                              env=os.environ | {'PYTHONDONTWRITEBYTECODE': '1'}, check=False)


print(f'1..{len(CASES)}')
for number, (name, programs, expected) in enumerate(CASES, 1):
    outcome = run(programs)
    if expected is None:
        good = outcome.returncode == 1
    else:
        good = outcome.returncode == 0 and outcome.stdout.strip() == expected
    print(f'{"" if good else "not "}ok {number} {name}')
    if not good:
        print(f'# printed {outcome.stdout.strip()!r} {outcome.stderr.strip()!r}')

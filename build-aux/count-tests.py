#!/usr/bin/env python3
"""Counts what meson's testlog.json reports: prints passed, failed and skipped.

A test that speaks TAP counts as many tests as it reports, any other as one.
"""

import json
import re
import sys

LINE = re.compile(r'^(not )?ok\b[^#\n]*(?:# *(SKIP)\b)?', re.M | re.I)


def count(test):
    """(passed, failed, skipped) of one program."""
    result = test['result']
    passed = failed = skipped = 0
    for bad, directive in LINE.findall(test.get('stdout') or ''):
        if directive.upper() == 'SKIP':
            skipped += 1
        elif bad:
            failed += 1
        else:
            passed += 1
    if result in ('FAIL', 'ERROR', 'TIMEOUT', 'INTERRUPT', 'UNEXPECTEDPASS'):
        failed = max(failed, 1)
    elif result == 'SKIP':
        skipped = max(skipped, 1)
    elif passed + failed + skipped == 0:
        passed = 1
    return passed, failed, skipped


def main(paths):
    totals = [0, 0, 0]
    for path in paths:
        with open(path, encoding='utf-8') as log:
            for line in log:
                if line.strip():
                    totals = [a + b for a, b in zip(totals, count(json.loads(line)))]
    if not sum(totals):
        sys.exit('no test in ' + ' '.join(paths))
    print(*totals)


if __name__ == '__main__':
    main(sys.argv[1:])

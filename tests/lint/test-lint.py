#!/usr/bin/env python3
"""The lint finds what it is there to find: each rule on a small tree that breaks it."""

import os
import pathlib
import subprocess
import sys
import tempfile

HERE = pathlib.Path(__file__).resolve().parent

GOOD = '''#include "config.h"

#include "bp-good.h"

/**
 * bp_good_add:
 * @a: a number
 * @b: (nullable): another
 *
 * Returns: their sum
 */
int
bp_good_add (int  a,
             int *b)
{
  if (b == NULL)
    return a;
  return a + *b;
}
'''


def function(body, head='void\nbp_bad (void)'):
    return f'#include "config.h"\n\n{head}\n{{\n{body}\n}}\n'


DEEP = '  for (;;)\n    if (a)\n      {\n        while (b)\n          if (c)\n' \
       '            {\n              do\n                d ();\n              while (e);\n            }\n' \
       '      }'
WORD = 'TO' + 'DO'
HOME = '/'.join(('', 'home', 'someone', 'shop'))

# Script, file, content, what the script must say; None: it must find nothing.
CASES = (
    ('sizes', 'src/core/bp-bad.c', GOOD, None),
    ('sizes', 'src/core/bp-bad.c', 'x\n' * 801, '801 lines'),
    ('sizes', 'src/core/bp-bad.c', function('  x ();\n' * 80), 'bp_bad (): 84 lines'),
    ('sizes', 'src/core/bp-bad.c', function('  x ();\n' * 80, 'void\nbp_bad_class_init (X *klass)'),
     None),
    ('sizes', 'src/core/bp-bad.c', function('', 'int\nbp_bad (a, b, c, d, int (*e) (f, g), h, i)'),
     '7 parameters'),
    ('sizes', 'src/core/bp-bad.c', function('', 'int\nbp_bad (a, b, c, int (*d) (e, f), g, h)'),
     None),
    ('sizes', 'src/core/bp-bad.c', function(DEEP), 'nested 5 deep'),
    ('sizes', 'src/core/bp-bad.c', f'/* {"x" * 100} */\n', '106 columns'),
    ('comments', 'src/core/bp-bad.c', GOOD, None),
    ('comments', 'src/core/bp-bad.c', GOOD.replace('/**', '/*'), 'no gi-docgen comment'),
    ('comments', 'src/core/bp-bad.c', GOOD.replace('bp_good_add:', 'bp_add:'), 'begin with its name'),
    ('comments', 'src/core/bp-bad.c', GOOD.replace('@b:', '@c:'), 'says nothing of @b:'),
    ('comments', 'src/core/bp-bad.c', GOOD.replace('Returns:', 'Gives'), 'Returns:'),
    ('comments', 'src/core/bp-bad.c', function('', 'static void\nbp_bad (void)'), None),
    ('includes', 'src/ui/bp-bad.c', '#include "config.h"\n#include "bp-good.h"\n', None),
    ('includes', 'src/ui/bp-bad.c', '#include "config.h"\n#include "bp-store.h"\n',
     'ui may not include "bp-store.h"'),
    ('includes', 'src/ui/bp-bad.c', '#include "config.h"\n#include "bp-nothing.h"\n', 'is no header'),
    ('includes', 'src/ui/bp-bad.c', '#include "bp-good.h"\n', 'does not begin with'),
    ('includes', 'src/ui/bp-bad.c', '#include "config.h"\n#include <sqlite3.h>\n',
     '<sqlite3.h> is for'),
    ('includes', 'src/model/bp-bad.c', '#include "config.h"\n#include <gtk/gtk.h>\n',
     '<gtk/gtk.h> is for'),
    ('includes', 'src/store/bp-store.h', '#pragma once\n#include "bp-other.h"\n', 'circle of headers'),
    ('forbidden', 'src/sync/bp-sync-engine.c', function('  x = g_get_real_time ();'), 'BpClock'),
    ('forbidden', 'src/sync/bp-merge.c', function('  g_timeout_add (1, a, b);'), 'straight-line'),
    ('forbidden', 'src/ui/bp-bad.c', function('  x = g_get_real_time ();'), None),
    ('forbidden', 'src/ui/bp-bad.c', function('  /* strcpy (a, b) */\n  say ("strcpy (a, b)");'), None),
    ('forbidden', 'src/store/bp-bad.c', function('  strcpy (a, b);'), 'strcpy'),
    ('forbidden', 'src/store/bp-bad.c', function('  f ("DELETE FROM x WHERE id = \'%s\'", id);'),
     'bind it'),
    ('forbidden', 'src/store/bp-bad.c', function('  sqlite3_exec (db, g_strdup_printf (a), b);'),
     'put together'),
    ('forbidden', 'src/core/bp-bad.c', function('  goto out;'), 'goto'),
    ('forbidden', 'tests/core/test-bad.c', function('  g_usleep (5);'), 'never sleep'),
    ('text', 'README.md', 'All is well.\n', None),
    ('text', 'README.md', f'{WORD}: later\n', 'without an issue'),
    ('text', 'README.md', f'{WORD} (#12): later\n', None),
    ('text', 'README.md', f'see {HOME}\n', 'a path of one machine'),
    ('text', 'src/core/bp-bad.c', 'x;  \n', 'space at the end'),
    ('text', 'src/core/bp-bad.c', '\tx;\n', 'a tab'),
    ('text', 'src/core/bp-bad.c', 'x;', 'does not end'),
    ('potfiles', 'src/ui/bp-bad.c', function('  say (_("Hello"));'), 'does not list src/ui/bp-bad.c'),
    ('potfiles', 'src/ui/bp-bad.c', function('  say ("Hello");'), None),
    ('actions', 'data/x.desktop.in', 'Exec=gapplication action x.y go\n', 'no action "go"'),
    ('actions', 'src/ui/bp-bad.c', 'g_settings_get_int (settings, "gone");\n', 'no key "gone"'),
    ('actions', 'src/ui/bp-bad.c', 'x ("go");\n', None),
    ('potfiles', 'po/POTFILES', 'src/ui/bp-gone.c\n', 'lists src/ui/bp-gone.c'),
)

BASE = {
    'src/core/bp-good.h': '#pragma once\n',
    'src/store/bp-store.h': '#pragma once\n',
    'src/store/bp-other.h': '#pragma once\n#include "bp-store.h"\n',
    'po/POTFILES': '',
}


def run(script, files):
    with tempfile.TemporaryDirectory() as top:
        for name, content in files.items():
            path = pathlib.Path(top) / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(content)
        return subprocess.run([sys.executable, HERE / f'{script}.py'], text=True,
                              env=os.environ | {'LINT_TOP': top, 'PYTHONDONTWRITEBYTECODE': '1'},
                              capture_output=True, check=False)


print(f'1..{len(CASES)}')
for number, (script, file, content, fault) in enumerate(CASES, 1):
    outcome = run(script, BASE | {file: content})
    if fault is None:
        good = outcome.returncode == 0
    else:
        good = outcome.returncode == 1 and fault in outcome.stdout
    print(f'{"" if good else "not "}ok {number} {script}: {fault or "finds nothing"}')
    if not good:
        for line in (outcome.stdout + outcome.stderr).split('\n'):
            print(f'# {line}')

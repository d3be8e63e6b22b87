#!/usr/bin/env python3
"""po/POTFILES lists exactly the files with something to translate. --update writes it."""

import re
import sys

import source

WORDS = re.compile(r'\b(?:_|N_|C_|NC_|Q_|ngettext|g_dngettext|g_dpgettext2?) ?\(')
POTFILES = source.TOP / 'po' / 'POTFILES'


def is_translatable(path):
    text = path.read_text()
    if path.suffix == '.c':
        return bool(WORDS.search(source.code_only(text)))
    if path.suffix == '.ui':
        return bool(re.search(r'translatable="(?:yes|true|1)"', text))
    return path.name.endswith(('.desktop.in', '.metainfo.xml.in', '.gschema.xml'))


wanted = [source.name(p) for p in source.files('.c', '.ui', '.in', '.xml', under=('data', 'src'))
          if is_translatable(p)]
if sys.argv[1:] == ['--update']:
    POTFILES.write_text(''.join(f'{name}\n' for name in wanted))
    sys.exit(0)

listed = [line for line in POTFILES.read_text().split('\n') if line and line[0] != '#']
faults = [f'po/POTFILES: does not list {name}, which has words to translate'
          for name in wanted if name not in listed]
faults += [f'po/POTFILES: lists {name}, which has none or is not there'
           for name in listed if name not in wanted]
if not faults and listed != sorted(listed):
    faults.append('po/POTFILES: is not sorted')
if faults:
    faults.append('tests/lint/potfiles.py --update puts it right')
source.finish(faults)

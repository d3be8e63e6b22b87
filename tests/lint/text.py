#!/usr/bin/env python3
"""What no file of the project may hold: paths and names of a machine, promises without an issue."""

import pathlib
import platform
import re

import source

BINARY = {'.png', '.gz', '.db', '.ico', '.mo', '.gmo', '.pdf', '.woff2'}
# Put together, so that this file does not find itself.
HOMES = re.compile(r'(?<![\w./-])/(?:' + '|'.join(('work', 'root', 'home', 'Users', 'mnt', 'media'))
                   + r')/\w')
PROMISE = re.compile(r'\b(?:' + '|'.join(('TO' + 'DO', 'FIX' + 'ME'))
                     + r')\b(?!.{0,12}#\d)')
PLAIN_HOSTS = {'localhost', 'debian', 'localhost.localdomain', ''}


def machine_names():
    """What this machine is called and where it gets its packages from."""
    names = {platform.node()}
    sources = [pathlib.Path('/etc/apt/sources.list')]
    sources += pathlib.Path('/etc/apt/sources.list.d').glob('*')
    for path in sources:
        try:
            text = path.read_text()
        except OSError:
            continue
        for host in re.findall(r'https?://(?:[^@/\s]*@)?([^/:\s]+)', text):
            if not host.endswith('debian.org'):
                names.add(host)
    return {n for n in names if len(n) > 5 and n not in PLAIN_HOSTS and not n.startswith('127.')}


faults = []
machine = machine_names()
for path in source.files():
    if path.suffix in BINARY or path.name == 'COPYING' or 'corpus' in path.parts:
        continue
    try:
        text = path.read_text()
    except UnicodeDecodeError:
        faults.append(f'{source.name(path)}: not UTF-8')
        continue
    for number, line in enumerate(text.split('\n'), 1):
        where = f'{source.name(path)}:{number}'
        if HOMES.search(line):
            faults.append(f'{where}: a path of one machine: {line.strip()[:80]}')
        if any(n in line for n in machine):
            faults.append(f'{where}: the name of this machine or of its package source')
        if PROMISE.search(line):
            faults.append(f'{where}: a promise without an issue: {line.strip()[:80]}')
        if line != line.rstrip() and path.suffix not in ('.md', '.po', '.pot', '.csv'):
            faults.append(f'{where}: space at the end of the line')
        if '\t' in line and path.suffix in ('.c', '.h', '.py', '.sh', '.ui', '.sql', '.build'):
            faults.append(f'{where}: a tab')
    if text and not text.endswith('\n'):
        faults.append(f'{source.name(path)}: does not end with a new line')

source.finish(faults)

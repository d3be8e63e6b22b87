#!/usr/bin/env python3
"""Who may know whom: the arrows between the rooms, and the libraries each may use."""

import re

import source

MAY_INCLUDE = {
    'core': (),
    'protocol': ('core',),
    'sqlite': ('core',),
    'store': ('core', 'sqlite'),
    'model': ('core', 'store'),
    'sync': ('core', 'store', 'protocol'),
    'ui': ('core', 'model', 'sync'),
    'cli': ('core', 'model', 'sync'),
    'server': ('core', 'protocol', 'sqlite'),
}

# Beginning of a system header's name, the rooms that may include it
LIBRARIES = (
    (r'sqlite3', ('sqlite', 'store', 'server')),
    (r'libsoup/', ('sync', 'server')),
    (r'libpq', ('server',)),
    (r'postgres', ('server',)),
    (r'gtk/|gdk/|gsk/|adwaita|pango|cairo', ('ui',)),
    (r'libsecret/', ('model', 'sync', 'ui', 'cli')),
)

# Written by the build
GENERATED = re.compile(r'^config\.h$|-resources\.h$|-enums\.h$|-marshal\.h$')

INCLUDE = re.compile(r'^#\s*include\s+(["<])([^">]+)[">]', re.M)

faults = []
sources = source.files('.c', '.h', under=('src',))
headers = {}
for path in sources:
    if path.suffix == '.h':
        if path.name in headers:
            faults.append(f'{source.name(path)}: {source.name(headers[path.name])} '
                          'has the same name')
        headers[path.name] = path


def room_of(path):
    return path.relative_to(source.TOP).parts[1]


def includes(path):
    text = source.blank(path.read_text(), strings=False)
    for match in INCLUDE.finditer(text):
        yield source.line_of(text, match.start()), match.group(1) == '"', match.group(2)


def check_project_header(path, line, header):
    where = f'{source.name(path)}:{line}'
    if GENERATED.search(header):
        return
    base = header.rsplit('/', 1)[-1]
    if base not in headers or base != header:
        faults.append(f'{where}: "{header}" is no header of this project')
        return
    room, other = room_of(path), room_of(headers[base])
    if other != room and other not in MAY_INCLUDE.get(room, ()):
        faults.append(f'{where}: {room} may not include "{header}", which is of {other}')


def check_library(path, line, header):
    for beginning, rooms in LIBRARIES:
        if re.match(beginning, header) and room_of(path) not in rooms:
            faults.append(f'{source.name(path)}:{line}: <{header}> is for '
                          f'{", ".join(rooms)} only')
    if header in headers:
        faults.append(f'{source.name(path)}:{line}: <{header}> is a header of this project: '
                      'use quotes')


def find_circles():
    graph = {p.name: [h for _, own, h in includes(p) if own and h in headers]
             for p in headers.values()}
    state = {}

    def visit(header, way):
        state[header] = 'open'
        for other in graph[header]:
            if state.get(other) == 'open':
                circle = way[way.index(other):] + [other]
                faults.append('circle of headers: ' + ' → '.join(circle))
            elif other not in state:
                visit(other, way + [other])
        state[header] = 'done'

    for header in sorted(graph):
        if header not in state:
            visit(header, [header])


for path in sources:
    if room_of(path) not in MAY_INCLUDE:
        faults.append(f'{source.name(path)}: tests/lint/includes.py knows no such room')
        continue
    found = list(includes(path))
    for line, own, header in found:
        if own:
            check_project_header(path, line, header)
        else:
            check_library(path, line, header)
    if path.suffix == '.c' and (not found or found[0][2] != 'config.h'):
        faults.append(f'{source.name(path)}: does not begin with #include "config.h"')
    if path.suffix == '.h' and '#pragma once' not in path.read_text():
        faults.append(f'{source.name(path)}: no #pragma once')
find_circles()

source.finish(faults)

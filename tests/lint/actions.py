#!/usr/bin/env python3
"""What the desktop file offers, the app has: its actions, by name, and its settings' keys."""

import re

import source

faults = []
code = ''.join(source.blank(p.read_text(), strings=False)
               for p in source.files('.c', under=('src/ui',)))
literals = set(re.findall(r'"((?:\\.|[^"\\\n])*)"', code))

for path in source.files('.in', under=('data',)):
    if not path.name.endswith('.desktop.in'):
        continue
    text = path.read_text()
    for match in re.finditer(r'^Exec=gapplication action \S+ (\S+)', text, re.M):
        if match.group(1) not in literals:
            faults.append(f'{source.name(path)}:{source.line_of(text, match.start())}: '
                          f'src/ui has no action "{match.group(1)}"')

schemas = ''.join(p.read_text() for p in source.files('.xml', under=('data',))
                  if p.name.endswith('.gschema.xml'))
keys = set(re.findall(r'<key name="([^"]+)"', schemas))
for match in re.finditer(r'\bg_settings_(?:get|set|bind)\w* \(\w+(?:->\w+)*,\s*"([^"]+)"', code):
    if match.group(1) not in keys:
        faults.append(f'src/ui: the schema has no key "{match.group(1)}"')

source.finish(faults)

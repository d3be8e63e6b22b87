#!/usr/bin/env python3
"""Files, functions, parameter lists and nesting stay small."""

import re

import source

MAX_FILE = 800
MAX_FUNCTION = 80
MAX_PARAMETERS = 6
MAX_NESTING = 4
MAX_COLUMNS = 100
FREE_OF_LENGTH = re.compile(r'_class_init$')
# The second has the form that GtkWidgetClass gives it.
FREE_OF_PARAMETERS = re.compile(r'_async$|_measure$')

faults = []
for path in source.files('.c', '.h', '.py', '.sh', '.sql', '.ui', under=('src', 'tests', 'build-aux')):
    lines = path.read_text().split('\n')
    if len(lines) - 1 > MAX_FILE and 'data' not in path.parts:
        faults.append(f'{source.name(path)}: {len(lines) - 1} lines, at most {MAX_FILE}')
    if path.suffix not in ('.c', '.h'):
        continue
    for number, line in enumerate(lines, 1):
        if len(line) > MAX_COLUMNS:
            faults.append(f'{source.name(path)}:{number}: {len(line)} columns, '
                          f'at most {MAX_COLUMNS}')

for path in source.files('.c', under=('src', 'tests')):
    for function in source.functions(path):
        if function.length > MAX_FUNCTION and not FREE_OF_LENGTH.search(function.name):
            faults.append(f'{function.where()}: {function.length} lines, at most {MAX_FUNCTION}')
        n_parameters = len(function.parameters)
        if n_parameters > MAX_PARAMETERS and not FREE_OF_PARAMETERS.search(function.name):
            faults.append(f'{function.where()}: {n_parameters} parameters, '
                          f'at most {MAX_PARAMETERS}')
        nesting = function.nesting()
        if nesting > MAX_NESTING:
            faults.append(f'{function.where()}: nested {nesting} deep, at most {MAX_NESTING}')

source.finish(faults)

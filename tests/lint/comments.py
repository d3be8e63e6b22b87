#!/usr/bin/env python3
"""Every function that other files can call says, above its code, what it does."""

import re

import source

faults = []
for path in source.files('.c', under=('src',)):
    for function in source.functions(path):
        if function.is_static or function.name == 'main':
            continue
        comment = function.comment
        if not comment.startswith('/**\n'):
            faults.append(f'{function.where()}: no gi-docgen comment above it')
            continue
        if not re.match(rf'/\*\*\n \* {function.name}:', comment):
            faults.append(f'{function.where()}: its comment does not begin with its name')
        for parameter in function.parameters:
            word = re.search(r'(\w+)(?:\[[^]]*\])?$', parameter)
            word = re.search(r'\(\*(\w+)\)', parameter) or word
            if not word or word.group(1) == 'error':
                continue
            if f'@{word.group(1)}:' not in comment:
                faults.append(f'{function.where()}: says nothing of @{word.group(1)}:')
        if function.result != 'void' and 'Returns:' not in comment:
            faults.append(f'{function.where()}: does not say what it Returns:')

source.finish(faults)

"""Reading the tree and its C code for the lint tests."""

import os
import pathlib
import re
import sys

TOP = pathlib.Path(os.environ.get('LINT_TOP') or pathlib.Path(__file__).resolve().parents[2])

CONTROL = {'if', 'for', 'while', 'switch'}
TOKEN = re.compile(r'[A-Za-z_]\w*|[(){};]|\n|\S')
START = re.compile(r'^(?!G_D)([A-Za-z_]\w*) \(', re.M)


def files(*suffixes, under=('',)):
    """All files of the project, without build folders and Git's own."""
    found = []
    for folder in under:
        for path in (TOP / folder).rglob('*'):
            parts = path.relative_to(TOP).parts
            own = not (parts[0].startswith('_') or parts[0] == '.git'
                       or (parts[0].startswith('build') and parts[0] != 'build-aux')
                       or '__pycache__' in parts)
            if own and path.is_file() and (not suffixes or path.suffix in suffixes):
                found.append(path)
    return sorted(set(found))


def name(path):
    return str(path.relative_to(TOP))


def line_of(text, position):
    return text.count('\n', 0, position) + 1


def finish(faults):
    """Prints the faults, one a line, and ends the program."""
    for fault in faults:
        print(fault)
    if faults:
        print(f'{len(faults)} faults')
    sys.exit(1 if faults else 0)


def blank(text, strings=True):
    """The text with comments (and what stands in strings) made spaces; lines stay where they are."""
    pattern = re.compile(r'/\*.*?\*/|//[^\n]*|"(?:\\.|[^"\\\n])*"|\'(?:\\.|[^\'\\\n])*\'', re.S)

    def cover(match):
        piece = match.group()
        if piece[0] in '"\'':
            if not strings:
                return piece
            return piece[0] + re.sub(r'[^\n]', ' ', piece[1:-1]) + piece[-1]
        return re.sub(r'[^\n]', ' ', piece)

    return pattern.sub(cover, text)


def code_only(text):
    """As blank(), without preprocessor lines."""
    text = blank(text)
    return re.sub(r'^#(?:[^\n]*\\\n)*[^\n]*', lambda m: re.sub(r'[^\n]', ' ', m.group()), text,
                  flags=re.M)


def matching(text, start, opening, closing):
    depth = 0
    for i in range(start, len(text)):
        if text[i] == opening:
            depth += 1
        elif text[i] == closing:
            depth -= 1
            if depth == 0:
                return i
    return -1


def split_parameters(text):
    parts, depth, part = [], 0, ''
    for c in text:
        depth += (c == '(') - (c == ')')
        if c == ',' and depth == 0:
            parts.append(part)
            part = ''
        else:
            part += c
    parts.append(part)
    parts = [' '.join(p.split()) for p in parts]
    return [] if parts in ([''], ['void']) else parts


class Function:
    """A function definition: its name at the beginning of a line, its braces too."""

    def __init__(self, path, text, code, match, close, opening, end):
        self.path = path
        self.name = match.group(1)
        self.line = line_of(code, match.start())
        self.length = line_of(code, end) - self.line + 1
        self.parameters = split_parameters(code[match.end():close])
        self.body = code[opening:end + 1]
        before = code[:match.start()]
        head = re.split(r'[;}]|\n\s*\n', before)[-1]
        self.result = ' '.join(head.split())
        self.is_static = bool(re.search(r'\bstatic\b', self.result))
        above = text[:match.start()].rstrip()
        above = above[:len(above) - len(self.result)] if above.endswith(self.result) else \
            above[:above.rfind('\n', 0, above.rfind(self.result.split(' ')[0]) + 1) + 1]
        above = above.rstrip()
        self.comment = above[above.rfind('/*'):] if above.endswith('*/') else ''

    def where(self):
        return f'{name(self.path)}:{self.line}: {self.name} ()'

    def nesting(self):
        return Nesting(self.body).deepest


class Nesting:
    """How deep statements stand in one another; an else-if is no step down."""

    def __init__(self, body):
        self.tokens = [t for t in TOKEN.findall(body) if t != '\n']
        self.at = 1
        self.deepest = 0
        self.block(0)

    def peek(self):
        return self.tokens[self.at] if self.at < len(self.tokens) else None

    def block(self, depth):
        while self.peek() not in (None, '}'):
            self.statement(depth)
        self.at += 1

    def group(self):
        depth = 0
        while self.peek() is not None:
            token = self.peek()
            self.at += 1
            depth += (token == '(') - (token == ')')
            if depth == 0:
                return

    def simple(self):
        depth = 0
        while self.peek() is not None:
            token = self.peek()
            if token == '}' and depth == 0:
                return
            self.at += 1
            depth += (token in '({') - (token in ')}')
            if token == ';' and depth == 0:
                return

    def statement(self, depth):
        self.deepest = max(self.deepest, depth)
        token = self.peek()
        if token == '{':
            self.at += 1
            self.block(depth + 1)
        elif token in CONTROL:
            self.at += 1
            self.group()
            self.inner(depth)
        elif token == 'do':
            self.at += 1
            self.inner(depth)
            self.simple()
        elif token == 'else':
            self.at += 1
            if self.peek() == 'if':
                self.statement(depth)
            else:
                self.inner(depth)
        elif token in ('case', 'default'):
            while self.peek() not in (None, ':', '}'):
                self.at += 1
            self.at += 1
        else:
            self.simple()

    def inner(self, depth):
        if self.peek() == '{':
            self.at += 1
            self.deepest = max(self.deepest, depth + 1)
            self.block(depth + 1)
        else:
            self.statement(depth + 1)


def functions(path):
    text = path.read_text()
    code = code_only(text)
    found = []
    for match in START.finditer(code):
        close = matching(code, match.end() - 1, '(', ')')
        rest = re.match(r'[^;{=]*?\n\{', code[close + 1:]) if close > 0 else None
        if not rest:
            continue
        opening = close + rest.end()
        end = matching(code, opening, '{', '}')
        if end > 0:
            found.append(Function(path, text, code, match, close, opening, end))
    return found

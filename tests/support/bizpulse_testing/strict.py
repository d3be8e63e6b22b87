"""JSON as the contracts allow it, and faults that explain themselves."""

import json

MAX_INTEGER = 2 ** 53 - 1


class Deviation(AssertionError):
    """A program did not do what a contract says."""

    def __init__(self, what, sent=None, came=None, expected=None, rule=None):
        lines = [what]
        for label, value in (('sent', sent), ('came', came),
                             ('expected', expected), ('contract', rule)):
            if value is not None:
                lines.append('  %-9s %s' % (label + ':', short(value)))
        super().__init__('\n'.join(lines))


def short(value, limit=1800):
    """Text of @value that fits a report."""
    if isinstance(value, bytes):
        value = value.decode('utf-8', 'backslashreplace')
    if not isinstance(value, str):
        value = json.dumps(value, ensure_ascii=False, default=repr)
    if len(value) > limit:
        value = '%s … %s (%d characters)' % (
            value[:limit * 2 // 3], value[-limit // 3:], len(value))
    return value


def _object(pairs):
    members = {}
    for name, value in pairs:
        if name in members:
            raise ValueError('duplicate member %r' % name)
        members[name] = value
    return members


def _integer(text):
    value = int(text)
    if abs(value) > MAX_INTEGER:
        raise ValueError('integer out of range: %s' % text)
    return value


def _refuse(text):
    raise ValueError('not an integer: %s' % text)


def parse(text, floats=False):
    """The value of strict JSON @text; ValueError where it is not."""
    if isinstance(text, bytes):
        text = text.decode('utf-8')
    return json.loads(text, object_pairs_hook=_object, parse_int=_integer,
                      parse_float=float if floats else _refuse,
                      parse_constant=_refuse)


def differences(expected, came, path=''):
    """What differs between two values, as a list of lines."""
    if isinstance(expected, dict) and isinstance(came, dict):
        lines = []
        for name in sorted(set(expected) | set(came)):
            here = '%s.%s' % (path, name) if path else name
            if name not in came:
                lines.append('%s: missing' % here)
            elif name not in expected:
                lines.append('%s: not expected, is %s' % (here, short(came[name], 200)))
            else:
                lines += differences(expected[name], came[name], here)
        return lines
    if isinstance(expected, list) and isinstance(came, list):
        lines = []
        if len(expected) != len(came):
            lines.append('%s: %d entries instead of %d'
                         % (path, len(came), len(expected)))
        for index, pair in enumerate(zip(expected, came)):
            lines += differences(pair[0], pair[1], '%s[%d]' % (path, index))
        return lines
    if type(expected) is not type(came) or expected != came:
        return ['%s: %s instead of %s' % (path, short(came, 200), short(expected, 200))]
    return []

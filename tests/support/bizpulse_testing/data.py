"""Operations and records, made by hand as another client would."""

import itertools
import os
import time
import uuid

NOW = 1763000000000
_counter = itertools.count()


def new_id():
    """A UUIDv7; later ones sort behind earlier ones."""
    stamp = int(time.time() * 1000)
    raw = bytearray(stamp.to_bytes(6, 'big') + os.urandom(10))
    count = next(_counter) & 0xfff
    raw[6] = 0x70 | count >> 8
    raw[7] = count & 0xff
    raw[8] = 0x80 | raw[8] & 0x3f
    return str(uuid.UUID(bytes=bytes(raw)))


def make_operation(table, record, operation='INSERT', data=None, base=None,
                   action=None, op_id=None, **members):
    """One entry of a push's `operations`."""
    result = {'op_id': op_id or new_id(), 'action_id': action or new_id(),
              'table': table, 'id': record, 'operation': operation,
              'modified_at': NOW}
    if base is not None:
        result['base_version'] = base
    if data is not None:
        result['data'] = data
    result.update(members)
    return result


def make_action(*operations):
    """The same operations as one action."""
    action = new_id()
    for operation in operations:
        operation['action_id'] = action
    return list(operations)


def sale_data(number, lines, kind='sale', **fields):
    """All that a sale needs. @lines: (product, quantity, price) each."""
    made = []
    for product, quantity, price in lines:
        gross = quantity * price
        total = (abs(gross) + 500) // 1000 * (1 if gross >= 0 else -1)
        made.append({'product_id': product, 'name': product, 'quantity': quantity,
                     'unit_price': price, 'taxable': total, 'tax': 0, 'total': total})
    data = {'number': number, 'kind': kind, 'status': 'posted', 'currency': 'INR',
            'sale_date': NOW, 'business_date': '2025-11-13', 'lines': made,
            'subtotal': sum(line['total'] for line in made),
            'total_amount': sum(line['total'] for line in made)}
    data.update(fields)
    return data

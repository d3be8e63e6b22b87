"""Bills in the shape of the Online Retail files, and what they add up to,
worked out here once more with decimal numbers."""

import csv
import decimal
import random
from collections import defaultdict

from .strict import Deviation

HEADER = ['InvoiceNo', 'StockCode', 'Description', 'Quantity', 'InvoiceDate', 'UnitPrice',
          'CustomerID', 'Country']
MAP = ('InvoiceNo=number,StockCode=sku,Description=name,Quantity=quantity,'
       'InvoiceDate=sale_date,UnitPrice=unit_price,CustomerID=customer')


def write(path, rows):
    with open(path, 'w', newline='', encoding='utf-8') as stream:
        writer = csv.writer(stream, lineterminator='\n')
        writer.writerow(HEADER)
        writer.writerows(rows)
    return path


def read(paths):
    rows = []
    for path in paths:
        with open(path, newline='', encoding='utf-8') as stream:
            rows += [row for row in list(csv.reader(stream))[1:]]
    return rows


def made_up(seed, bills, first=1):
    """Rows of @bills bills, returns, exchanges and rows apart included."""
    chance = random.Random(seed)
    rows = []
    for bill in range(first, first + bills):
        kind = chance.random()
        number = ('C%06d' if kind < 0.15 else '%06d') % bill
        customer = chance.choice(['', '17850.0', '13047.0', '12583.0'])
        minute = '2010-12-%02d %02d:%02d:00' % (1 + bill % 28, 8 + bill % 10, bill % 60)
        for line in range(chance.randrange(1, 6)):
            quantity = chance.randrange(1, 40)
            if kind < 0.15 or (kind < 0.25 and line == 1):
                quantity = -quantity
            code = chance.randrange(30)
            rows.append([number, 'SKU%02d' % code, 'ARTICLE %d' % code, str(quantity), minute,
                         '%.2f' % (chance.randrange(5, 2000) / 100), customer, 'United Kingdom'])
    for _ in range(len(rows) // 10):
        at, to = chance.randrange(len(rows)), chance.randrange(len(rows))
        rows[at], rows[to] = rows[to], rows[at]
    return rows


class Books:
    """What good rows add up to."""

    def __init__(self, rows):
        self.bills = defaultdict(list)
        for row in rows:
            self.bills[row[0].strip()].append(row)
        self.kinds, self.totals = {}, {}
        self.stock = defaultdict(int)
        self.names, self.prices = {}, {}
        self.customers = {row[6].strip() for row in rows if row[6].strip()}
        for row in rows:
            sku = row[1].strip()
            self.stock[sku] += 0
            if row[2].strip():
                self.names.setdefault(sku, row[2].strip())
        for number, lines in self.bills.items():
            quantities = [decimal.Decimal(line[3]) for line in lines]
            sign = -1 if all(quantity < 0 for quantity in quantities) else 1
            self.kinds[number] = 'return' if sign < 0 else 'sale'
            self.totals[number] = sum(
                penny(sign * quantity * decimal.Decimal(line[5]))
                for quantity, line in zip(quantities, lines))
            for quantity, line in zip(quantities, lines):
                self.stock[line[1].strip()] -= int(quantity * 1000)

    @property
    def sold(self):
        return sum(total for number, total in self.totals.items() if self.kinds[number] == 'sale')

    @property
    def returned(self):
        return sum(total for number, total in self.totals.items() if self.kinds[number] == 'return')

    def check(self, ctl):
        """The folder of @ctl holds exactly these bills, to the penny."""
        sales = {sale['number']: sale for sale in ctl.list('sales')}
        products = {product['sku']: product for product in ctl.list('products')}
        faults = []

        def same(what, came, expected):
            if came != expected:
                faults.append('%s: %r instead of %r' % (what, came, expected))

        same('numbers of bills', sorted(sales), sorted(self.bills))
        for number, lines in self.bills.items():
            sale = sales.get(number)
            if sale is None:
                continue
            same('kind of %s' % number, sale['kind'], self.kinds[number])
            same('status of %s' % number, sale['status'], 'posted')
            same('total_amount of %s' % number, sale['total_amount'], self.totals[number])
            same('lines of %s' % number, len(sale['lines']), len(lines))
            same('paid of %s' % number, sale['paid'],
                 self.totals[number] * (1 if self.kinds[number] == 'sale' else -1))
        same('SKUs', sorted(products), sorted(self.stock))
        for sku, product in products.items():
            if sku in self.stock:
                same('stock of %s' % sku, product['stock'], self.stock[sku])
                same('name of %s' % sku, product['name'], self.names.get(sku, sku))
        customers = ctl.list('customers')
        same('customers', sorted(customer['name'] for customer in customers),
             sorted(self.customers))
        for customer in customers:
            same('balance of %s' % customer['name'], customer['balance'], 0)
        if faults:
            raise Deviation('the books of %s are not those of the file, %d places:\n    %s' % (
                ctl.name, len(faults), '\n    '.join(faults[:15])),
                rule='CLI.md Import; BOOKS.md')


def penny(amount):
    """Pounds in pence, half away from zero."""
    return int((amount * 100).quantize(decimal.Decimal(1), rounding=decimal.ROUND_HALF_UP))

"""CLI.md `report`: the figures, worked out again from the records."""

import collections

from bizpulse_testing import Case, main

RULE = 'CLI.md: report day|products|customers|stock [--from D] [--to D]: the figures of the ' \
       "app's reports as JSON; business dates, inclusive, today by default"
DAY = 86400000
NOON = 1763800000000 - 1763800000000 % DAY + DAY // 4


class Reports(Case):
    def setUp(self):
        super().setUp()
        self.ctl = self.new_ctl()
        self.tea = self.ctl.add('products', {'name': 'Tea', 'sku': 'T', 'price': 1000,
                                             'tax_rate': 500, 'reorder_level': 9000})
        self.rice = self.ctl.add('products', {'name': 'Rice', 'sku': 'R', 'price': 300})
        self.asha = self.ctl.add('customers', {'name': 'Asha'})
        self.ctl.add('stock_movements', {'product_id': self.tea, 'quantity': 20000,
                                         'reason': 'purchase', 'moved_at': NOON})
        self.ctl.add('stock_movements', {'product_id': self.tea, 'quantity': -3000,
                                         'reason': 'adjustment', 'moved_at': NOON + DAY})
        self.sales = [self.sell(day, lines, **more) for day, lines, more in [
            (0, [(self.tea, 2000), (self.rice, 500)], {'customer_id': self.asha}),
            (0, [(self.tea, 1000)], {'payments': [{'method': 'card'}]}),
            (1, [(self.rice, 4000)], {'payments': [], 'customer_id': self.asha}),
            (1, [(self.tea, 1000)], {'kind': 'return'}),
            (2, [(self.tea, 7000)], {}),
        ]]
        self.ctl.set('sales', self.sales[4], {'status': 'void', 'note': 'wrong'})

    def sell(self, day, lines, **more):
        sale = {'lines': [{'product_id': product, 'quantity': quantity}
                          for product, quantity in lines],
                'payments': [{'method': 'cash'}], 'sale_date': NOON + day * DAY}
        return self.ctl.add('sales', dict(sale, **more))

    def report(self, kind, first=0, last=2):
        return self.ctl.ok('report', kind, '--from', self.date(first), '--to',
                           self.date(last))

    def date(self, day):
        return [sale['business_date'] for sale in self.ctl.list('sales')
                if sale['sale_date'] == NOON + day * DAY][0]

    def posted(self):
        for sale in self.ctl.list('sales'):
            if sale['status'] == 'posted':
                yield sale, -1 if sale['kind'] == 'return' else 1

    def test_days_add_up_to_the_documents(self):
        days = self.report('day')
        self.same([day['date'] for day in days], [self.date(n) for n in range(3)], 'the days',
                  rule=RULE)
        total, tax, paid = (collections.Counter() for _ in range(3))
        for sale, sign in self.posted():
            total[sale['business_date']] += sign * sale['total_amount']
            tax[sale['business_date']] += sign * sale['tax_total']
        for payment in self.ctl.list('payments'):
            paid[payment['business_date'], payment['method']] += payment['amount']
        for day in days:
            date = day['date']
            self.same((day['total'], day['tax_total']), (total[date], tax[date]), 'sums', day, RULE)
            self.same((day['cash'], day['card']), (paid[date, 'cash'], paid[date, 'card']),
                      'payments by method', day, RULE)
        self.same([(day['sales'], day['returns'], day['voids']) for day in days],
                  [(2, 0, 0), (1, 1, 0), (0, 0, 1)], 'counts', rule=RULE)

    def test_products_add_up_to_the_lines(self):
        quantity, total, tax = (collections.Counter() for _ in range(3))
        for sale, sign in self.posted():
            for line in sale['lines']:
                quantity[line['product_id']] += sign * line['quantity']
                total[line['product_id']] += sign * line['total']
                tax[line['product_id']] += sign * line['tax']
        rows = {row['product_id']: row for row in self.report('products')}
        self.same(set(rows), set(quantity), 'products sold', rule=RULE)
        for product, row in rows.items():
            self.same((row['quantity'], row['total'], row['tax']),
                      (quantity[product], total[product], tax[product]), 'sums', row, RULE)
        self.same(rows[self.tea]['name'], 'Tea', 'name', rule=RULE)

    def test_customers_buy_pay_and_owe(self):
        rows = self.report('customers')
        self.same(len(rows), 1, 'customers', rows, RULE)
        sold = sum(sign * sale['total_amount'] for sale, sign in self.posted()
                   if sale['customer_id'] == self.asha)
        self.same((rows[0]['sales'], rows[0]['total'], rows[0]['balance']),
                  (2, sold, self.ctl.get('customers', self.asha)['balance']), 'sums', rows, RULE)
        self.same(rows[0]['paid'], sold - rows[0]['balance'], 'what was paid', rows, RULE)

    def test_stock_tells_what_is_there_and_what_moved(self):
        rows = {row['name']: row for row in self.report('stock')}
        tea = rows['Tea']
        self.same((tea['stock'], tea['received'], tea['removed'], tea['sold'], tea['returned']),
                  (15000, 20000, 3000, 3000, 1000), 'tea', tea, RULE)
        self.same([(name, row['low']) for name, row in sorted(rows.items())],
                  [('Rice', 0), ('Tea', 0)], 'low stock', rule=RULE)
        first = {row['name']: row for row in self.report('stock', 0, 0)}['Tea']
        self.same((first['received'], first['removed']), (20000, 0), 'of the first day', first)

    def test_today_is_the_default_and_has_a_row_without_sales(self):
        days = self.ctl.ok('report', 'day')
        self.same(len(days), 1, 'days', days, RULE)
        self.same(days[0]['total'], 0, 'total', days, RULE)

    def test_what_is_no_report_or_no_range_is_refused(self):
        self.ctl.fails(2, 'report', 'profit')
        said = self.ctl.fails(1, 'report', 'day', '--from', '2025-02-30').err.decode()
        self.expect('2025-02-30' in said, 'the refusal does not name the date', came=said)
        self.ctl.fails(1, 'report', 'day', '--from', '2025-02-02', '--to', '2025-02-01')


if __name__ == '__main__':
    main()

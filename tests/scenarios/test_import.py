"""CLI.md "Import", with made-up bills of the shape of real ones."""

import csv
import os

from bizpulse_testing import Case, main, retail

RULE = 'CLI.md Import'
ROWS = [
    ['1001', '85123A', 'WHITE HOLDER', '6', '2010-12-01 08:26:00', '2.55', '17850.0', 'UK'],
    ['1002', '71053', '', '2', '2010-12-01 08:28:00', '3.39', '', 'UK'],
    ['1001', '85123a', 'OTHER CASE', '1', '2010-12-01 08:26:00', '4.00', '17850.0', 'UK'],
    ['C1003', '71053', 'METAL LANTERN', '-1', '2010-12-01 09:00:00', '3.39', '13047.0', 'UK'],
    ['1004', 'POST', 'POSTAGE', '1', '2010-12-01 10:00:00', '2.555', '', 'UK'],
    ['1004', '71053', 'METAL LANTERN', '1', '2010-12-01 10:00:00', '3.39', '', 'UK'],
    ['1005', '71053', 'METAL LANTERN', '3', '2010-12-01 10:30:00', '3.39', ' 17850.0 ', 'UK'],
    ['1005', '85123A', 'WHITE HOLDER', '-2', '2010-12-01 10:30:00', '2.55', ' 17850.0 ', 'UK'],
    ['1001', '22752', 'NESTING BOXES', '2', '2010-12-01 08:26:00', '7.65', '17850.0', 'UK'],
    ['1006', 'GIFT', '', '1', '2010-12-01 11:00:00', '0', '', 'UK'],
    ['C1003', '22752', 'NESTING BOXES', '-2', '2010-12-01 09:00:00', '7.65', '13047.0', 'UK'],
]


class ImportSales(Case):
    def setUp(self):
        super().setUp()
        self.server, self.store, code = self.new_store('--currency', 'GBP', '--time-zone',
                                                       'Europe/London')
        self.a, self.b = self.new_ctl('A'), self.new_ctl('B')
        self.a.pair(self.server.url, code)
        self.server.stop()
        self.good = [row for row in ROWS if row[0] != '1004']
        self.file = retail.write(self.path('day.csv'), ROWS)
        self.books = retail.Books(self.good)

    def load(self, ctl, *arguments):
        return ctl.expect(0, 'import', 'sales', self.file, '--map', retail.MAP, *arguments)

    def test_undo_takes_the_bills_back_everywhere(self):
        made = self.load(self.a).one
        self.server.serve()
        self.a.sync()
        undone = self.a.one('undo', made['import'])
        self.same((undone['import'], undone['voided'], undone['kept']), (made['import'], 5, 0),
                  'what undo prints', rule='CLI.md: undo ID takes an import back')
        self.a.sync()
        self.b.pair(self.server.url, self.server.pair_code(self.store))
        self.b.sync()
        for ctl in (self.a, self.b):
            self.same({sale['status'] for sale in ctl.list('sales')}, {'void'}, 'the sales',
                      rule='CLI.md: undo: sales voided, the rest restored or deleted')
            self.same(ctl.list('products'), [], 'products', rule='CLI.md: undo')
            self.same(sum(row['amount'] for row in ctl.list('payments')), 0, 'the money')
        self.same({row['balance'] for row in self.a.list('customers', '--deleted')}, {0},
                  'balances')
        self.check_all(self.server, self.a, self.b)
        self.a.fails(1, 'undo', made['import'])
        self.a.fails(1, 'undo', 'nobody')

    def test_two_devices(self):
        result = self.load(self.a)
        made = result.one
        self.members(made, 'import rows added changed rejected', 'what import prints', RULE)
        self.same((made['rows'], made['added'], made['changed'], made['rejected']), (11, 5, 0, 2),
                  'what import counts', 'rows of 5 good bills and one bad one', 'CLI.md Import: '
                  '`rows`, `rejected` count CSV rows, `added`, `changed` records of TABLE; one bad '
                  'row rejects the whole bill')
        self.expect('Country' in result.err.decode(), 'the ignored column is not named',
                    came=result.err, rule='CLI.md Import: columns without a field are ignored and '
                    'named on standard error')
        self.books.check(self.a)
        self.a.check()
        sale = [sale for sale in self.a.list('sales') if sale['number'] == '1001'][0]
        self.same((sale['sale_date'], sale['business_date'], sale['currency']),
                  (1291191960000, '2010-12-01', 'GBP'), 'time, date and currency of a bill',
                  rule='CLI.md Import: dates ISO, in the shop\'s zone unless they carry an offset')
        self.same([line['sku'] for line in sale['lines']], ['85123A', '85123a', '22752'],
                  'lines of a bill whose rows are apart')
        self.same([line['quantity'] for line in sale['lines']], [6000, 1000, 2000], 'quantities')
        self.same(sale['id'][14], '8', 'the sale\'s id is no UUIDv8', sale['id'], RULE)
        refund = [sale for sale in self.a.list('sales') if sale['number'] == 'C1003'][0]
        self.expect(refund['kind'] == 'return' and
                    all(line['quantity'] > 0 for line in refund['lines']),
                    'a bill whose quantities '
                    'are all negative', came=refund, rule='CLI.md Import: is a `return` (its '
                    'quantities turned positive)')
        methods = {payment['method'] for payment in self.a.list('payments')}
        self.same(methods, {'cash'}, 'how the bills were paid', rule='CLI.md Import: Each bill is '
                  'paid in full in cash')

        self.server.serve()
        self.a.sync()
        self.b.pair(self.server.url, self.server.pair_code(self.store))
        self.b.sync()
        self.books.check(self.b)
        self.same_books(self.a, self.b)
        self.all_synced(self.a, self.b)
        for ctl in (self.a, self.b):
            again = self.load(ctl).one
            self.same((again['rows'], again['added'], again['changed'], again['rejected']),
                      (11, 0, 0, 2), 'the same file again on %s' % ctl.name, rule='CLI.md Import: '
                      'the same file again, here or on another device, adds nothing')
            self.same(ctl.queue(), [], 'something to send after the same file again')
        self.check_all(self.server, self.a, self.b)

    def test_on_both_devices_before_either_syncs(self):
        self.server.serve()
        self.b.pair(self.server.url, self.server.pair_code(self.store))
        self.server.stop()
        self.load(self.a)
        self.load(self.b)
        self.server.serve()
        for ctl in (self.a, self.b, self.a, self.b):
            ctl.sync()
        self.books.check(self.a)
        self.books.check(self.b)
        self.same_books(self.a, self.b)
        self.all_synced(self.a, self.b)
        self.check_all(self.server, self.a, self.b)

    def test_rejects_file(self):
        self.load(self.a)
        name = self.path('day.rejects.csv')
        self.expect(os.path.exists(name), 'no rejects file', came=os.listdir(self.home),
                    expected='day.rejects.csv',
                    rule='CLI.md Import: bad rows to `FILE.rejects.csv`')
        with open(name, newline='', encoding='utf-8-sig') as stream:
            rows = list(csv.reader(stream))
        header, rows = rows[0], rows[1:]
        self.same(header[:8], retail.HEADER, 'header of the rejects file')
        self.same([row[:8] for row in rows], [row for row in ROWS if row[0] == '1004'],
                  'rows of the rejects file', rule='CLI.md Import: one bad row rejects the whole '
                                                   'bill')
        self.expect(all(len(row) > 8 and row[8].strip() for row in rows),
                    'a row without its reason',
                    came=rows, rule='CLI.md Import: bad rows to `FILE.rejects.csv` with the reason')

    def test_dry_run(self):
        before = os.listdir(self.home)
        made = self.load(self.a, '--dry-run').one
        self.same((made['rows'], made['added'], made['rejected']), (11, 5, 2),
                  'what --dry-run counts')
        for table in ('sales', 'products', 'customers', 'payments'):
            self.same(self.a.list(table), [], '--dry-run left %s' % table)
        self.same(self.a.queue(), [], '--dry-run queued something')
        self.expect(set(os.listdir(self.home)) - set(before) <= {'day.rejects.csv'}, 'files')

    def test_paid_and_fields_by_name(self):
        with open(self.path('own.csv'), 'w', encoding='utf-8') as stream:
            stream.write('\ufeffNumber,SKU,Name,Quantity,Unit_Price,Sale_Date,Customer,Paid,'
                         'Discount,Tax_Rate\r\n'
                         'N-1,T1,Tea,1.5,10.00,2026-03-01,Asha,5.00,,\r\n'
                         'N-2,T1,Tea,2,10.00,2026-03-01T23:30:00+05:30,Asha,,1.50,\r\n'
                         'N-3,T1,Tea,1,10.00,2026-03-02 00:10:00,Asha,99.00,,\r\n'
                         'N-4,T1,Tea,1,ten,2026-03-02,Asha,,,\r\n'
                         'N-5,T1,Tea,1,1.00,2026-02-30,Asha,,,\r\n'
                         ',T1,Tea,1,1.00,2026-02-01,Asha,,,\r\n')
        made = self.a.one('import', 'sales', self.path('own.csv'))
        self.same((made['rows'], made['added'], made['rejected']), (6, 2, 4), 'what import counts',
                  'an overpaid bill, no number as price, no date, no number', RULE)
        sales = {sale['number']: sale for sale in self.a.list('sales')}
        self.same((sales['N-1']['total_amount'], sales['N-1']['paid']), (1500, 500), 'N-1',
                  rule='CLI.md Import: paid in full in cash unless `paid` says otherwise')
        self.same((sales['N-2']['total_amount'], sales['N-2']['paid']), (1850, 1850), 'N-2')
        self.same(sales['N-2']['sale_date'], 1772388000000, 'a date with an offset')
        self.same(self.a.list('customers')[0]['balance'], 1000, 'what is due')
        self.a.check()

    def test_files_that_cannot_be_read(self):
        for name, text in (('none.csv', None), ('empty.csv', ''), ('other.csv',
                                                                   'Colour,Size\nred,5\n')):
            if text is not None:
                with open(self.path(name), 'w', encoding='utf-8') as stream:
                    stream.write(text)
            self.a.fails(1, 'import', 'sales', self.path(name),
                         rule='CLI.md Import: 1 if the file cannot be read or no column fits')
        self.a.fails(2, 'import', 'nothing', self.file)
        self.a.fails(2, 'import', 'sales')
        self.a.fails((1, 2), 'import', 'sales', self.file, '--map', 'InvoiceNo=colour')

    def test_large_bill(self):
        """1,114 lines, the largest real bill seen."""
        rows = [['9', 'S%04d' % n, 'ARTICLE WITH A LONGISH NAME %d' % n, '1', '2010-12-01 08:00:00',
                 '1.01', '', 'UK'] for n in range(1114)]
        self.file = retail.write(self.path('large.csv'), rows)
        self.same(self.load(self.a).one['added'], 1, 'a bill of 1,114 lines')
        self.server.serve()
        self.a.sync()
        self.b.pair(self.server.url, self.server.pair_code(self.store))
        self.b.sync()
        retail.Books(rows).check(self.b)
        self.check_all(self.server, self.a, self.b)


class ImportProducts(Case):
    def test_products(self):
        a = self.new_ctl('A')
        kept = a.add('products', {'name': 'Old', 'sku': 'S1', 'price': 100})
        other = a.add('products', {'name': 'Other', 'barcode': '890', 'price': 100})
        with open(self.path('p.csv'), 'w', encoding='utf-8') as stream:
            stream.write('name,sku,barcode,price,tax_rate,stock\n'
                         'Tea,S1,,55.00,18,2.5\n'
                         'By barcode,,890,56.00,,\n'
                         'New,S2,,1.00,2.5,10\n'
                         'Third decimal,S3,,1.005,,\n'
                         ',S4,,1.00,,\n'
                         'Negative,S5,,-1.00,,\n')
        made = a.one('import', 'products', self.path('p.csv'))
        self.same((made['rows'], made['added'], made['rejected']), (6, 1, 3), 'what import counts',
                  rule='CLI.md Import: `import products` matches by id, barcode, sku')
        tea = a.get('products', kept)
        self.same((tea['name'], tea['price'], tea['tax_rate'], tea['stock']),
                  ('Tea', 5500, 1800, 2500), 'the matched product', rule='CLI.md Import: '
                  'Amounts in major units, rates in percent, a `stock` column becomes an `opening` '
                  'movement of the difference')
        row = a.get('products', other)
        self.same((row['name'], row['price'], row['stock']), ('By barcode', 5600, 0), 'by barcode')
        new = [row for row in a.list('products') if row['sku'] == 'S2'][0]
        self.same((new['price'], new['tax_rate'], new['stock']), (100, 250, 10000),
                  'the new product')
        movements = {(row['reason'], row['quantity']) for row in a.list('stock_movements')}
        self.same(movements, {('opening', 2500), ('opening', 10000)}, 'movements')
        again = a.one('import', 'products', self.path('p.csv'))
        self.same((again['added'], again['rejected']), (0, 3), 'the same file again')
        self.same(a.get('products', kept)['stock'], 2500, 'stock after the same file again')
        self.same(len(a.list('stock_movements')), 2, 'movements after the same file again')
        a.check()

    def test_dialects(self):
        for name, data in (('semicolon', 'name;sku;price\nÄpfel;S1;1.50\n'.encode('cp1252')),
                           ('tab', 'name\tsku\tprice\nÄpfel\tS1\t1.50\n'.encode()),
                           ('pipe', 'NAME|Sku|PRICE\r\nÄpfel|S1|1.50\r\n'.encode()),
                           ('quoted', '\ufeffname,sku,price\r\n"Äpfel",S1,"1.50"\r\n'.encode())):
            a = self.new_ctl(name)
            with open(self.path(name + '.csv'), 'wb') as stream:
                stream.write(data)
            made = a.one('import', 'products', self.path(name + '.csv'))
            self.same(made['added'], 1, 'a file with %s' % name, data, 'BOOKS.md CSV')
            row = a.list('products')[0]
            self.same((row['name'], row['sku'], row['price']), ('Äpfel', 'S1', 150),
                      'a file with %s' % name,
                      data, 'BOOKS.md CSV: Reads BOM, UTF-8 or Windows-1252, `, ; tab |`')

    def test_customers(self):
        a = self.new_ctl('A')
        with open(self.path('c.csv'), 'w', encoding='utf-8') as stream:
            stream.write('Name,Phone,credit_limit,"Shoe size"\n"Asha ""A"" Rao","+91 '
                         '98",500.00,38\n'
                         '"Two\nlines",,,\n')
        result = a.expect(0, 'import', 'customers', self.path('c.csv'))
        self.same((result.one['added'], result.one['rejected']), (2, 0), 'what import counts')
        self.expect('Shoe size' in result.err.decode(), 'the ignored column is not named',
                    came=result.err)
        row = a.list('customers', '--search', 'Asha')[0]
        self.same((row['name'], row['phone'], row['credit_limit']), ('Asha "A" Rao', '+91 98',
                                                                     50000),
                  'the customer')


if __name__ == '__main__':
    main()

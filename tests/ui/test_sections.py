"""What a manager does in the sections: customers who pay, goods that come in
and are counted, many records at once, and taking back what was done."""

import re

from bizpulse_testing import main
from bp_ui import UiCase, wait_for


class Sections(UiCase):
    """One folder, no server."""

    def setUp(self):
        super().setUp()
        self.ctl = self.new_ctl()
        self.tea = self.ctl.add('products', {'name': 'Tea', 'sku': 'T-1', 'price': 1250,
                                             'reorder_level': 5000})
        self.rice = self.ctl.add('products', {'name': 'Rice', 'sku': 'R-1', 'price': 47500})

    def move(self, product, quantity):
        self.ctl.add('stock_movements', {'product_id': product, 'quantity': quantity,
                                         'reason': 'purchase'})

    def wait_record(self, table, record, **fields):
        def ask():
            found = self.ctl.get(table, record)
            return all(found[name] == value for name, value in fields.items())
        wait_for('%s %s with %s' % (table, record, fields), ask,
                 explain=lambda: str(self.ctl.get(table, record)))

    def focus_dialog(self, app, title):
        """A window above the first one gets the keyboard from whoever manages
        windows, of which there is none here."""
        app.focus(title)

    def put_down(self, app, entry, quantity):
        """As with a scanner, and then how much."""
        app.type('T-1')
        app.key('Return')
        app.click(app.find('text', entry))
        app.key('ctrl+a')
        app.type(quantity)
        app.wait_text(entry, quantity)

    def test_add_customer(self):
        app = self.new_app(self.ctl)
        app.key('alt+4')
        app.find('push button', 'Add Customer')
        self.take_picture(app, 'customers-empty')
        app.key('ctrl+n')
        app.type('Asha')
        app.wait_text('Name', 'Asha')
        app.key('ctrl+s')
        app.wait_row('Asha', 'Pending', section='Customers')
        self.same([row['name'] for row in self.ctl.list('customers')], ['Asha'], 'customers')
        app.find('list item', 'Customers, 1')
        app.quit()

    def test_receive_payment(self):
        """A customer who owes pays a part of a bill, and it is taken back."""
        asha = self.ctl.add('customers', {'name': 'Asha'})
        sale = self.ctl.add('sales', {'customer_id': asha,
                                      'lines': [{'sku': 'R-1', 'quantity': 2000}]})
        number = self.ctl.get('sales', sale)['number']
        app = self.new_app(self.ctl)
        app.key('alt+4')
        app.wait_row('₹950.00', section='Customers')
        app.key('ctrl+f', 'Return', 'Down', 'Return')
        app.click(app.find('push button', 'Receive Payment…'))
        self.focus_dialog(app, 'Receive Payment')
        app.find('label', 'Owes ₹950.00')
        self.take_picture(app, 'receive-payment')
        app.key('ctrl+a')
        app.type('400')
        app.wait_text('Amount (₹)', '400')
        app.key('ctrl+s')
        self.wait_record('customers', asha, balance=55000)
        app.gone('push button', 'Receive')
        app.focus()
        app.wait_row('₹550.00', section='Customers')
        app.click(app.find('page tab', 'Statement'))
        app.find('label', 'Sale %s' % number)
        app.find('label', 'Cash')
        self.take_picture(app, 'customer-statement')
        app.key('alt+5')
        app.wait_row('Asha', section='Payments')
        self.same(app.row('Asha', 'Payments')[1:5], ['On account', 'Asha', 'Cash', '₹400.00'],
                  'the payment in the list')
        app.key('ctrl+z')
        self.wait_record('customers', asha, balance=95000)
        app.quit()

    def test_receive_goods_and_count(self):
        """Goods come in, some are lost, and the count finds out."""
        self.move(self.tea, 4000)
        app = self.new_app(self.ctl)
        app.find('list item', 'Products, 2, 1 low in stock')
        app.key('alt+6')
        app.wait_row('Tea', section='Stock')
        app.key('ctrl+n')
        self.focus_dialog(app, 'Receive Goods')
        self.put_down(app, 'Quantity: Tea', '12.5')
        self.take_picture(app, 'receive-goods')
        app.key('ctrl+s')
        self.wait_record('products', self.tea, stock=16500)
        app.gone('push button', 'Receive')
        app.focus()

        app.click(app.find('push button', 'Adjust Stock'))
        self.focus_dialog(app, 'Adjust Stock')
        self.put_down(app, 'Quantity: Tea', '-0.5')
        app.key('ctrl+s')
        app.find(None, 'Say why, so that others understand it later.')
        app.type('spilt')
        app.key('ctrl+s')
        self.wait_record('products', self.tea, stock=16000)
        app.gone('push button', 'Adjust')
        app.focus()

        app.click(app.find('push button', 'Stock-Take'))
        self.focus_dialog(app, 'Stock-Take')
        self.put_down(app, 'Counted: Tea', '15')
        app.find('label', 'Expected 16 · variance −1')
        self.take_picture(app, 'stock-take')
        app.key('ctrl+s')
        self.wait_record('products', self.tea, stock=15000)
        app.gone('push button', 'Post Counts')
        app.focus()
        app.wait_row('Stock-Take', section='Stock')
        self.take_picture(app, 'stock')
        moves = [(row['reason'], row['quantity'], row['counted'], row['note'])
                 for row in self.ctl.list('stock_movements')]
        self.same(moves, [('purchase', 4000, 0, None), ('purchase', 12500, 0, None),
                          ('adjustment', -500, 0, 'spilt'), ('stocktake', -1000, 15000, None)],
                  'the movements')
        app.quit()

    def test_bulk_edit_and_undo(self):
        """Two products at once, seen before, and taken back by one key."""
        app = self.new_app(self.ctl)
        app.wait_row('Tea')
        app.key('ctrl+f', 'Return', 'ctrl+a')
        app.find('label', '2 selected')
        app.key('ctrl+e')
        self.focus_dialog(app, 'Edit Several Records')
        app.click(app.find('text', 'Category'))
        app.type('Food')
        app.find('label', '2 records change')
        app.find('label', 'Category: – → Food')
        self.take_picture(app, 'bulk-edit')
        app.key('ctrl+Return')
        app.gone('push button', 'Apply')
        app.focus()
        for record in (self.tea, self.rice):
            self.wait_record('products', record, category='Food')
        app.key('ctrl+z')
        for record in (self.tea, self.rice):
            self.wait_record('products', record, category=None)
        app.quit()

    def test_delete_many_and_undo(self):
        app = self.new_app(self.ctl)
        app.wait_row('Tea')
        app.key('ctrl+f', 'Return', 'ctrl+a')
        app.find('label', '2 selected')
        self.take_picture(app, 'many-selected')
        app.key('Delete')
        wait_for('both to be gone', lambda: self.ctl.list('products') == [])
        app.find('label', '2 records deleted')
        app.click(app.find('push button', re.compile('_?Undo.*')))
        wait_for('both to be back',
                 lambda: sorted(row['name'] for row in self.ctl.list('products')) ==
                 ['Rice', 'Tea'])
        app.wait_row('Rice')
        app.quit()

    def test_search_everywhere(self):
        """One search over products, customers and bills; Enter shows it."""
        self.ctl.add('customers', {'name': 'Ricky', 'phone': '98450'})
        app = self.new_app(self.ctl)
        app.wait_row('Tea')
        app.key('ctrl+k')
        self.focus_dialog(app, 'Search Everywhere')
        app.type('ric')
        app.find('label', 'Rice · R-1')
        app.find('label', 'Ricky · 98450')
        self.take_picture(app, 'search-everywhere')
        app.key('Down', 'Return')
        app.gone('frame', 'Search Everywhere')
        app.focus()
        app.wait_row('Ricky', section='Customers')
        app.find('page tab', 'Statement')
        app.quit()

    def test_filters(self):
        """What needs attention is counted, and shown alone."""
        self.move(self.tea, 4000)
        app = self.new_app(self.ctl)
        app.click(app.find('push button', 'Low Stock 1'))
        wait_for('only tea', lambda: [cells[0] for cells in app.rows()] == ['Tea'],
                 explain=app.explain)
        app.click(app.find('push button', 'Pending 2'))
        wait_for('both', lambda: len(app.rows()) == 2, explain=app.explain)
        app.quit()


class History(UiCase):
    """Paired, with a second device."""

    def test_history(self):
        """Who changed what, from the server's log, and what is known without."""
        server, _, a, b = self.two_devices()
        tea = a.add('products', {'name': 'Tea', 'price': 1250})
        a.sync()
        b.sync()
        b.set('products', tea, {'price': 1300})
        b.sync()
        a.sync()
        app = self.new_app(a)
        app.wait_row('Tea', 'Synced')
        app.key('ctrl+f', 'Return', 'Down', 'Return')
        app.click(app.find('page tab', 'History'))
        app.find('label', re.compile(r'(?s).*Price: ₹12\.50 → ₹13\.00'))
        app.find('label', re.compile(r'(?s).*Name: Tea.*'))
        self.take_picture(app, 'history')
        server.kill()
        app.click(app.find('page tab', 'Details'))
        app.click(app.find('page tab', 'History'))
        app.find('label', re.compile('The server cannot be asked.*'))
        app.quit()


if __name__ == '__main__':
    main()

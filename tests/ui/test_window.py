"""What a user sees and does: the real app, the real server, and bizpulsectl
as another program on the same folder and as the second device."""

import time

from bizpulse_testing import Answer, main
from bp_ui import UiCase, pump, wait_for

CONTROLS = ('push button', 'toggle button', 'check box', 'switch', 'text', 'entry', 'combo box',
            'spin button', 'tree table', 'list item', 'link', 'slider', 'progress bar')


class Lists(UiCase):
    """One folder, no server."""

    def setUp(self):
        super().setUp()
        self.ctl = self.new_ctl()

    def add(self, name, sku, price, **fields):
        return self.ctl.add('products', dict(fields, name=name, sku=sku, price=price))

    def names(self, app):
        return [cells[0] for cells in app.rows()]

    def wait_names(self, app, *expected):
        wait_for('the rows %s' % (expected,), lambda: self.names(app) == list(expected),
                 explain=lambda: '%s\n%s' % (self.names(app), app.explain()))

    def test_change_by_another_program(self):
        """What bizpulsectl saves in the app's folder is in the list at once."""
        self.add('Tea', 'T-1', 1250)
        app = self.new_app(self.ctl)
        app.wait_row('Tea', 'Pending')

        record = self.add('Rice', 'R-1', 47500)
        app.wait_row('Rice', 'Pending', seconds=3)
        self.ctl.set('products', record, {'price': 48000})
        app.wait_row('₹480.00', seconds=3)
        self.ctl.run('delete', 'products', record)
        wait_for('the deleted product to leave', lambda: app.row('Rice') is None, 3, app.explain)
        app.quit()

    def test_search(self):
        """Letters find by name, SKU and barcode; Escape shows all again."""
        self.add('Basmati Rice', 'BAS-5', 47500)
        self.add('Tea', 'T-1', 1250, barcode='8901030865237')
        self.add('Soap', 'S-1', 4800)
        app = self.new_app(self.ctl)
        self.wait_names(app, 'Basmati Rice', 'Soap', 'Tea')
        for text, found in (('bas', 'Basmati Rice'), ('S-1', 'Soap'), ('8901030865237', 'Tea')):
            app.key('ctrl+f')
            app.type(text)
            self.wait_names(app, found)
            app.key('Escape')
            self.wait_names(app, 'Basmati Rice', 'Soap', 'Tea')
        app.key('ctrl+f')
        app.type('nothing of the kind')
        self.wait_names(app)
        self.take_picture(app, 'products-nothing-found')
        app.quit()

    def test_sort_by_header(self):
        """A click on a title sorts by it, one more the other way."""
        for name, sku, price in (('Tea', 'C', 300), ('Rice', 'A', 20000), ('Soap', 'B', 4800)):
            self.add(name, sku, price)
        app = self.new_app(self.ctl)
        self.wait_names(app, 'Rice', 'Soap', 'Tea')
        price = app.header('Price')
        app.click(price)
        self.wait_names(app, 'Tea', 'Soap', 'Rice')
        app.click(price)
        self.wait_names(app, 'Rice', 'Soap', 'Tea')
        app.click(app.header('SKU'))
        self.wait_names(app, 'Rice', 'Soap', 'Tea')
        app.click(app.header('SKU'))
        self.wait_names(app, 'Tea', 'Soap', 'Rice')
        app.quit()

    def test_every_control_is_named(self):
        """What can be used says to a screen reader what it is."""
        self.add('Tea', 'T-1', 1250)
        sale = self.ctl.add('sales', {'lines': [{'sku': 'T-1', 'quantity': 1000}]})
        app = self.new_app(self.ctl)
        app.wait_row('Tea')
        self.all_named(app, 'the products')
        app.key('ctrl+n')
        app.find('text', 'Name')
        self.all_named(app, 'a new product')
        app.key('Escape')
        app.go_to('Sales')
        app.wait_row(self.ctl.get('sales', sale)['number'], 'Pending', section='Sales')
        self.all_named(app, 'the sales')
        app.go_to('Today')
        app.find('label', 'Sales of the Last 30 Days')
        self.all_named(app, 'the day')
        self.take_picture(app, 'today')
        app.click(app.sync_button())
        app.find('push button', 'Connect to a Server…')
        self.all_named(app, 'the sync button')
        self.take_picture(app, 'sync-popover')
        app.key('Escape')
        app.key('ctrl+shift+n')
        app.find('label', 'New Sale')
        self.all_named(app, 'a new sale')
        self.take_picture(app, 'new-sale')
        app.quit()

    def all_named(self, app, where):
        nameless = wait_for('the tree', lambda: [
            trail for role, trail in app.trails() if role in CONTROLS and not trail[-1][1]] or [0])
        self.same([trail for trail in nameless if trail], [], 'controls without a name in %s' % where)


class Editing(UiCase):
    """Paired, with a second device."""

    def setUp(self):
        super().setUp()
        self.server, self.store, self.a, self.b = self.two_devices(network=True)

    def wait_on_b(self, sku, **fields):
        """Until the second device has it."""
        end = time.monotonic() + 30
        while True:
            self.b.sync()
            found = [row for row in self.b.list('products') if row['sku'] == sku]
            if found and all(found[0][name] == value for name, value in fields.items()):
                return
            self.expect(time.monotonic() < end, 'the second device did not get it', came=found,
                        expected=fields)
            pump(0.2)

    def test_by_keyboard(self):
        """A product added and edited without touching the mouse."""
        held = self.network.hold()
        app = self.new_app(self.a)
        app.wait_sync('Online & Synced')
        self.network.rule = lambda request: held.wait(60) and None
        app.key('ctrl+n')
        app.type('Darjeeling Tea')
        app.wait_text('Name', 'Darjeeling Tea')
        app.key('Tab')
        app.type('DT-1')
        app.wait_text('SKU', 'DT-1')
        app.key('ctrl+s')
        app.wait_row('Darjeeling Tea', 'Pending', seconds=3)
        app.wait_sync(r'Syncing.*')
        held.set()
        app.wait_row('Darjeeling Tea', 'Synced')
        app.wait_sync('Online & Synced')
        self.wait_on_b('DT-1', name='Darjeeling Tea')

        app.key('Escape')
        app.key('ctrl+f')
        app.type('darj')
        app.key('Return', 'Down', 'Return')
        app.key('ctrl+a')
        app.type('Assam Tea')
        app.wait_text('Name', 'Assam Tea')
        app.key('ctrl+s')
        app.key('Escape', 'ctrl+f', 'Escape')
        app.wait_row('Assam Tea', 'Synced')
        self.wait_on_b('DT-1', name='Assam Tea')
        app.quit()

    def test_server_that_says_nothing(self):
        """A save is there at once although the server takes what it is sent
        and never answers; nothing freezes."""
        app = self.new_app(self.a)
        app.wait_sync('Online & Synced')
        held = self.network.hold()
        asked = self.network.hold()

        def swallow(request):
            asked.set()
            held.wait(120)

        self.network.rule = swallow
        for i in range(3):
            app.key('ctrl+n')
            app.type('Tea %d' % i)
            app.wait_text('Name', 'Tea %d' % i)
            app.key('ctrl+s')
            app.wait_row('Tea %d' % i, 'Pending', seconds=3)
            self.expect(asked.wait(30), 'the app did not try to send')
        app.wait_sync('Syncing.*3 waiting')
        self.same(sorted(row['name'] for row in self.a.list('products')),
                  ['Tea 0', 'Tea 1', 'Tea 2'], 'what is saved')
        app.quit()


class States(UiCase):
    """All that can become of a record, in both lists at once."""

    def setUp(self):
        super().setUp()
        self.server, self.store, self.a, self.b = self.two_devices(network=True)
        self.tea = self.a.add('products', {'name': 'Tea', 'sku': 'T-1', 'price': 1250})

    def sell(self, **fields):
        sale = self.a.add('sales', dict(fields, lines=[{'product_id': self.tea,
                                                        'quantity': 1000}]))
        return sale, self.a.get('sales', sale)['number']

    def make_products(self):
        """A product in conflict and a failed one; the app that shows them."""
        rice = self.a.add('products', {'name': 'Basmati Rice 5 kg', 'sku': 'BAS-5K',
                                       'category': 'Grain', 'price': 47500, 'reorder_level': 5000})
        soap = self.a.add('products', {'name': 'Soap', 'sku': 'S-1', 'price': 4800})
        self.a.sync()
        self.b.sync()
        self.b.run('delete', 'products', rice)
        self.b.sync()
        self.a.set('products', rice, {'price': 48000})
        app = self.new_app(self.a)
        app.wait_sync('1 conflict')
        self.b.add('products', {'name': 'Shampoo', 'sku': 'S-2', 'price': 9900})
        self.b.sync()
        self.a.set('products', soap, {'sku': 'S-2'})
        app.key('ctrl+r')
        app.wait_sync('1 failed')
        return app

    def make_sales(self):
        """One synced, one in conflict, one failed."""
        _, self.synced = self.sell()
        void, self.void = self.sell()
        gone, self.conflict = self.sell()
        self.a.sync()
        self.b.sync()
        self.b.set('sales', void, {'status': 'void', 'note': 'Wrong'})
        self.b.sync()
        _, self.failed = self.sell(kind='return', refers_to=void)
        self.a.set('sales', gone, {'status': 'void', 'note': 'Taken back'})
        self.network.rule = lambda request: self.forget(request, gone)
        self.a.sync()
        self.network.rule = None

    def forget(self, request, record):
        """A server whose past was lost in part does not know @record."""
        if not any(operation['id'] == record for operation in request.operations):
            return None
        results = [{'op_id': operation['op_id'], 'status': 'conflict',
                    'conflict_type': 'DELETE_UPDATE', 'server': None}
                   if operation['id'] == record else
                   {'op_id': operation['op_id'], 'status': 'held'}
                   for operation in request.operations]
        return Answer.ours({'attempt': request.value['attempt'], 'seq': 0, 'results': results},
                           Bizpulse_Epoch=request.value['epoch'])

    def test_states(self):
        app = self.new_app(self.a)
        app.wait_sync('Online & Synced')
        app.wait_row('Tea', 'Synced')
        self.server.kill()
        self.a.add('products', {'name': 'Never mind', 'sku': 'N-1', 'price': 100})
        app.key('ctrl+r')
        app.wait_sync('Offline · 1 waiting')
        self.server.serve()
        app.key('ctrl+r')
        app.wait_sync('Online & Synced')
        app.quit()

        app = self.make_products()
        self.look_at_detail(app)
        app.quit()
        self.make_sales()
        self.server.kill()
        self.a.add('products', {'name': 'Parle-G 800 g', 'sku': 'PAR-800', 'price': 9000})
        _, self.pending = self.sell()
        for dark in (False, True):
            self.show_all(dark)

    def look_at_detail(self, app):
        """What is wrong, and what can be done."""
        app.wait_row('Soap', 'Failed')
        app.wait_row('Basmati Rice 5 kg', 'Conflict')
        for name, button in (('Basmati', 'Resolve…'), ('Soap', 'Try Again')):
            self.find_remedy(app, name, button)
            self.take_picture(app, 'detail-%s' % name.lower())
            app.key('Escape', 'ctrl+f', 'Escape')

    def find_remedy(self, app, text, button, section='Products'):
        """Opens the only record that @text finds; it offers @button."""
        app.key('ctrl+f', 'ctrl+a')
        app.type(text)
        wait_for('only %s' % text, lambda: len(app.rows(section)) == 1, explain=app.explain)
        app.key('Return', 'Down', 'Return')
        app.find('push button', button)

    def show_all(self, dark):
        suffix = '-dark' if dark else ''
        app = self.new_app(self.a, dark=dark)
        app.wait_row('Tea', 'Synced')
        app.wait_row('Shampoo', 'Synced')
        app.wait_row('Basmati Rice 5 kg', 'Conflict')
        app.wait_row('Soap', 'Failed')
        app.wait_row('Parle-G 800 g', 'Pending')
        app.wait_sync('2 failed')
        self.take_picture(app, 'products-states' + suffix)
        app.go_to('Sales')
        for number, status in ((self.synced, 'Synced'), (self.conflict, 'Conflict'),
                               (self.failed, 'Failed'), (self.pending, 'Pending')):
            app.wait_row(number, status, section='Sales')
        self.take_picture(app, 'sales-states' + suffix)
        for number, button in ((self.conflict, 'Resolve…'), (self.failed, 'Try Again')):
            self.find_remedy(app, number, button, section='Sales')
            app.key('Escape', 'ctrl+f', 'Escape')
        app.quit()


if __name__ == '__main__':
    main()

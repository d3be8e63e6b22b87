"""What two devices changed at the same time, decided side by side."""

import re

from bizpulse_testing import main
from bp_ui import UiCase, wait_for


class Conflicts(UiCase):
    """Two devices of one store; the first asks."""

    def setUp(self):
        super().setUp()
        self.server, self.store, self.a, self.b = self.two_devices(network=True)
        self.a.run('config', 'sync.policy', 'ask')

    def make_product(self, **fields):
        record = self.a.add('products', dict({'name': 'Basmati Rice 5 kg', 'sku': 'BAS-5K',
                                              'price': 45000, 'reorder_level': 10000}, **fields))
        self.a.sync()
        self.b.sync()
        return record

    def collide(self, record, here, there):
        """Both change the same record before they hear of each other."""
        self.b.set('products', record, there)
        self.b.sync()
        self.a.set('products', record, here)
        self.a.sync()

    def decided(self, app):
        app.wait_sync('Online & Synced')
        self.b.sync()

    def test_by_keyboard(self):
        """A field is picked, another typed, and the other device gets it."""
        rice = self.make_product()
        self.collide(rice, {'price': 47500, 'name': 'India Gate Basmati', 'category': 'Rice'},
                     {'price': 48000, 'reorder_level': 20000, 'category': 'Grain'})
        app = self.new_app(self.a)
        app.wait_sync('1 conflict')
        app.key('ctrl+shift+c')
        with app.dialog('India Gate Basmati'):
            app.find('label', 'Conflict 1 of 1')
            self.same([node.text for node in app.nodes('text', re.compile('.*, result'))],
                      ['India Gate Basmati', 'Grain', '480.00', '20'], 'what would be saved')
            self.take_picture(app, 'conflict')
            app.key('Down')
            app.key('Tab', 'Tab')
            app.key('alt+1')
            wait_for('the category of this device',
                     lambda: app.find('text', 'Category, result').text == 'Rice',
                     explain=app.explain)
            app.key('Tab', 'Tab', 'Tab', 'ctrl+a')
            app.type('479.5')
            app.wait_text('Price, result', '479.5')
            app.key('ctrl+Return')
            wait_for('the dialog to go', lambda: not app.find_titled('India Gate Basmati'),
                     explain=app.explain)
        self.decided(app)
        for ctl in (self.a, self.b):
            row = ctl.get('products', rice)
            self.same([row[name] for name in ('name', 'category', 'price', 'reorder_level')],
                      ['India Gate Basmati', 'Rice', 47950, 20000], 'what was decided')
        app.quit()

    def test_next_and_moved(self):
        """What the server has moved on from is looked at again; the second
        conflict comes when the first is decided."""
        rice = self.make_product()
        soap = self.make_product(name='Soap', sku='S-1')
        self.collide(rice, {'price': 47500}, {'price': 48000})
        self.collide(soap, {'price': 100}, {'price': 200})
        app = self.new_app(self.a)
        app.wait_sync('2 conflicts')
        app.key('ctrl+shift+c')
        with app.dialog('Basmati Rice 5 kg'):
            app.find('label', 'Conflict 1 of 2')
            app.find('check box', 'Price, server ₹480.00')
            self.b.set('products', rice, {'price': 49000})
            self.b.sync()
            app.key('ctrl+r')
            app.find('check box', 'Price, server ₹490.00')
            app.find('label', re.compile('The server’s side has changed meanwhile.*'))
            self.take_picture(app, 'conflict-moved')
            app.key('alt+1', 'ctrl+Return')
        with app.dialog('Soap'):
            app.find('label', 'Conflict 1 of 1')
            app.click(app.find('push button', 'Later'))
        wait_for('the dialog to go', lambda: not app.find_titled('Soap'), explain=app.explain)
        app.wait_sync('1 conflict')
        self.b.sync()
        self.same(self.b.get('products', rice)['price'], 47500, 'the price that was kept')
        self.same(self.b.get('products', soap)['price'], 200, 'what waits for a decision')
        app.quit()

    def test_deletions(self):
        """Deleted there and changed here, and the other way round: a question,
        with what refers to the record."""
        wheat = self.make_product(name='Wheat 10 kg', sku='W-10')
        soap = self.make_product(name='Soap', sku='S-1')
        self.a.add('sales', {'lines': [{'product_id': wheat, 'quantity': 1000}]})
        self.a.sync()
        for record, here, there in ((wheat, self.a, self.b), (soap, self.b, self.a)):
            if there is self.b:
                there.run('delete', 'products', record)
            else:
                here.set('products', record, {'price': 9900})
            self.b.sync()
            if here is self.a:
                here.set('products', record, {'price': 50000})
            else:
                there.run('delete', 'products', record)
            self.a.sync()
        app = self.new_app(self.a)
        app.wait_sync('2 conflicts')
        app.key('ctrl+shift+c')
        with app.dialog('Wheat 10 kg'):
            app.find('label', '“Wheat 10 kg” was deleted on the server, but changed here')
            body = app.find('label', re.compile('(?s)Changed here: .*'))
            self.expect('Price: ₹450.00 → ₹500.00' in body.name, 'no change told', came=body.name)
            self.expect('Sales: 1' in body.name, 'no reference told', came=body.name)
            self.take_picture(app, 'conflict-deleted')
            app.click(app.find('push button', 'Keep Mine'))
        with app.dialog('Soap'):
            app.find('label', '“Soap” was changed on the server, but deleted here')
            self.take_picture(app, 'conflict-deleted-here')
            app.click(app.find('push button', 'Delete All the Same'))
        self.decided(app)
        self.same(self.b.get('products', wheat)['price'], 50000, 'what was kept')
        self.same(self.b.get('products', soap)['is_deleted'], 1, 'what was deleted')
        app.quit()

    def test_from_the_list(self):
        """The icon of a row opens the question, and so does its detail."""
        rice = self.make_product()
        self.collide(rice, {'price': 47500}, {'price': 48000})
        app = self.new_app(self.a)
        app.wait_row('Basmati Rice 5 kg', 'Conflict')
        app.click(app.find('image', 'Conflict'))
        with app.dialog('Basmati Rice 5 kg'):
            app.find('label', 'Conflict 1 of 1')
            app.key('Escape')
        app.key('ctrl+f', 'Return', 'Down', 'Return')
        app.click(app.find('push button', 'Resolve…'))
        with app.dialog('Basmati Rice 5 kg'):
            app.click(app.find('push button', 'Use All Server'))
        self.decided(app)
        self.same(self.a.get('products', rice)['price'], 48000, 'the server’s price')
        app.quit()


if __name__ == '__main__':
    main()

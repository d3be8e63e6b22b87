"""What syncing does, in its window: what waits, what failed and why, what was."""

import re

from bizpulse_testing import main
from bp_ui import UiCase, wait_for


class Activity(UiCase):

    def setUp(self):
        super().setUp()
        self.server, self.store, self.a, self.b = self.two_devices(network=True)

    def tab(self, app, name):
        app.click(app.find('page tab', name))

    def select_first(self, app, table):
        """A click on the first row."""
        row = wait_for('a row', lambda: [cell for cell in self.cells(app, table)],
                       explain=app.explain)[0]
        app.click(row)

    @staticmethod
    def cells(app, table):
        for tree in app.each('tree table', table):
            for node in tree.walk():
                if node.role == 'list':
                    return [cell for row in node.children if row.is_showing
                            for cell in row.walk() if cell.role == 'label' and cell.name]
        return []

    def fail_soap(self):
        """A SKU that another record has by now."""
        soap = self.a.add('products', {'name': 'Soap', 'sku': 'S-1', 'price': 4800})
        self.a.sync()
        self.b.sync()
        self.b.add('products', {'name': 'Shampoo', 'sku': 'S-2', 'price': 9900})
        self.b.sync()
        self.a.set('products', soap, {'sku': 'S-2'})
        self.a.sync()
        return soap

    def test_failed(self):
        """The server's words, the record mended, and tried again."""
        soap = self.fail_soap()
        app = self.new_app(self.a)
        app.wait_sync('1 failed')
        app.key('ctrl+shift+y')
        with app.dialog('Sync Activity'):
            self.tab(app, 'Failed (1)')
            self.select_first(app, 'Failed')
            app.find('push button', 'Discard…')
            words = app.find('label', re.compile('.*“Shampoo”.*'))
            self.expect('S-2' in words.name, 'not what the server said', came=words.name)
            self.take_picture(app, 'activity-failed')
            self.a.set('products', soap, {'sku': 'S-3'})
            app.key('ctrl+r')
            app.find('page tab', 'Failed')
            self.tab(app, 'History')
            self.take_picture(app, 'activity-history')
        app.wait_sync('Online & Synced')
        self.b.sync()
        self.same(self.b.get('products', soap)['sku'], 'S-3', 'what was mended')
        app.quit()

    def test_discarded(self):
        """What is given up is named, and gone for good."""
        soap = self.fail_soap()
        app = self.new_app(self.a)
        app.wait_sync('1 failed')
        app.key('ctrl+shift+y')
        with app.dialog('Sync Activity'):
            self.tab(app, 'Failed (1)')
            self.select_first(app, 'Failed')
            button = app.find('push button', 'Discard…')
            wait_for('what it gives up to be known',
                     lambda: app.find('push button', 'Discard…').is_sensitive)
            app.click(button)
            app.find('label', re.compile('(?s)Products: Soap · Changed.*'))
            self.take_picture(app, 'activity-discard')
            app.key('Tab', 'Return')
            app.find('page tab', 'Failed')
        app.wait_sync('Online & Synced')
        self.same(self.a.get('products', soap)['sku'], 'S-1', 'the server’s state')
        app.quit()

    def test_queue(self):
        """What waits while offline is listed, and leaves when it has gone."""
        self.server.kill()
        for i in range(40):
            self.a.add('products', {'name': 'Tea %02d' % i, 'price': 100 + i})
        app = self.new_app(self.a)
        app.wait_sync('Offline · 40 waiting')
        app.key('ctrl+shift+y')
        with app.dialog('Sync Activity'):
            app.find('page tab', 'Queue (40)')
            self.select_first(app, 'Queue')
            app.find('label', 'Products: Tea 00 · Added')
            self.take_picture(app, 'activity-queue')
            self.server.serve()
            app.key('ctrl+r')
            app.find('page tab', 'Queue')
        app.wait_sync('Online & Synced')
        app.quit()


if __name__ == '__main__':
    main()

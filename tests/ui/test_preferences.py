"""Settings changed in their window, a server joined and left."""

import re

from bizpulse_testing import main
from bp_ui import UiCase, wait_for


class Preferences(UiCase):

    def setUp(self):
        super().setUp()
        self.ctl = self.new_ctl()

    def open(self, app, page):
        app.key('ctrl+comma')
        wait_for('the window', lambda: app.find_titled('Preferences'), explain=app.explain)
        with app.dialog('Preferences'):
            app.click(app.find('page tab', page))

    def stored(self, app, key, value):
        wait_for('%s to be %s' % (key, value),
                 lambda: self.ctl.one('config', key)[key] == value, explain=app.explain)

    def enter(self, app, name, text):
        """Types into an entry and applies it."""
        app.click(app.find('text', name))
        app.key('ctrl+a')
        app.type(text)
        app.wait_text(name, text)
        app.key('Return')

    def test_stored_at_once(self):
        """What is changed is stored; what cannot be says why, below it."""
        app = self.new_app(self.ctl)
        self.open(app, 'Shop')
        with app.dialog('Preferences'):
            self.enter(app, 'Name', 'Sharma General')
            self.stored(app, 'shop.name', 'Sharma General')
            self.enter(app, 'Time Zone (such as Asia/Kolkata)', 'Nowhere')
            app.find('label', 'There is no time zone “Nowhere”')
            self.take_picture(app, 'preferences-shop')
            self.stored(app, 'shop.time_zone', 'Asia/Kolkata')
        self.open(app, 'Taxes')
        with app.dialog('Preferences'):
            self.enter(app, 'Tax Rate (%)', '12.5')
            self.stored(app, 'shop.tax_rate', 1250)
            app.click(app.find('check box', 'Prices Include Tax'))
            self.stored(app, 'shop.tax_inclusive', 0)
            self.take_picture(app, 'preferences-taxes')
        self.open(app, 'Sync')
        with app.dialog('Preferences'):
            app.find('text', 'Address of the Server')
            self.take_picture(app, 'preferences-sync')
            self.all_named(app)
        app.quit()

    def all_named(self, app):
        roles = ('push button', 'check box', 'text', 'combo box', 'list item')
        nameless = [trail for role, trail in app.trails() if role in roles and not trail[-1][1]
                    and 'combo box' not in [above for above, _ in trail]]
        self.same(nameless, [], 'controls without a name')

    def test_joined_and_left(self):
        """A server is joined by its address and code, and left again, with a
        word about what waits."""
        server, _, code = self.new_store(name='Sharma')
        self.ctl.add('products', {'name': 'Tea', 'sku': 'T-1', 'price': 1250})
        app = self.new_app(self.ctl)
        app.wait_sync('Offline.*')
        with app.popover(app.sync_button()):
            button = app.find('push button', 'Connect to a Server…')
            self.take_picture(app, 'popover-alone')
            app.click(button)
        with app.dialog('Preferences'):
            self.enter(app, 'Address of the Server', server.url)
            self.enter(app, 'Code (such as ABCD-EFGH)', code)
            app.find('check box', 'Keep the Key in a File')
            self.take_picture(app, 'preferences-pairing')
            app.click(app.find('check box', 'Keep the Key in a File'))
            app.click(app.find('push button', 'Pair'))
            app.find('push button', 'Unpair…')
            self.take_picture(app, 'preferences-paired')
            app.key('Escape')
        app.wait_sync('Online & Synced')
        self.same(self.ctl.status()['store']['name'], 'Sharma', 'the store')
        self.open(app, 'Sync')
        with app.dialog('Preferences'):
            app.click(app.find('push button', 'Unpair…'))
            app.find('label', re.compile('Everything is on the server.*'))
            self.take_picture(app, 'preferences-unpair')
            app.key('Tab', 'Return')
            app.find('push button', 'Pair')
        self.same(self.ctl.status()['store'], None, 'the store')
        app.quit()

    def test_left_with_changes(self):
        """Who leaves a server is told of what would be given up, and keeps it
        by saying no."""
        server, _, code = self.new_store()
        self.ctl.pair(server.url, code)
        self.ctl.sync()
        server.kill()
        self.ctl.add('products', {'name': 'Tea', 'sku': 'T-1', 'price': 1250})
        app = self.new_app(self.ctl)
        app.wait_sync('Offline · 1 waiting')
        self.open(app, 'Sync')
        with app.dialog('Preferences'):
            app.click(app.find('push button', 'Unpair…'))
            app.find('label', re.compile('1 change has not reached the server.*'))
            self.take_picture(app, 'preferences-unpair-waiting')
            app.key('Return')
            app.gone('label', re.compile('1 change has not reached the server.*'))
        self.same(self.ctl.status()['pending'], {'products': 1}, 'what waits')
        app.quit()


if __name__ == '__main__':
    main()

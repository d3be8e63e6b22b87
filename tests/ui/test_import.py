"""A CSV file brought in, seen, and taken back; and a list written to one."""

import hashlib
import os
import re

from bizpulse_testing import main
from bp_ui import UiCase, run, wait_for
from test_window import CONTROLS

PRODUCTS = '''Item,SKU,price,stock,colour
Basmati Rice,R-1,475.50,12,white
Salt,S-1,28.00,40,white
Tea <b>Special</b>,T-1,12.345,10,brown
Soap,SO-1,48.00,,green
'''


class Import(UiCase):
    """One folder, no server."""

    def setUp(self):
        super().setUp()
        self.ctl = self.new_ctl()
        self.ctl.add('products', {'name': 'Salt', 'sku': 'S-1', 'price': 2500})
        self.path = os.path.join(self.home, 'stock list.csv')
        with open(self.path, 'w', encoding='utf-8') as file:
            file.write(PRODUCTS)

    def act(self, action, path):
        """What a file manager could ask the app to do."""
        digest = hashlib.sha256(os.path.realpath(self.ctl.folder).encode()).hexdigest()[:16]
        name = 'io.github.bizpulse.BizPulse.Folder_' + digest
        run('gapplication', 'action', name, action, "b'%s'" % path)

    def figures(self, app, *expected):
        for text in expected:
            app.find('list item', text)

    def all_named(self, app):
        """In the assistant; the button in a combo box goes by that one's name."""
        nameless = [trail for role, trail in app.trails()
                    if role in CONTROLS and not trail[-1][1] and trail[0][1] == 'Import Products'
                    and not (trail[-2][0] == 'combo box' and trail[-2][1])]
        self.same(nameless, [], 'controls without a name')

    def products(self):
        return sorted((row['name'], row['sku'], row['price']) for row in self.ctl.list('products'))

    def choose_field(self, app, header, field):
        """By keyboard, in the list that opens below the column."""
        app.click(app.find('combo box', 'Field for the column “%s”' % header))
        app.key(*(['Down'] * field + ['Return']))

    def test_import_and_undo(self):
        """A bad row is told of before and after; undo brings all back."""
        before = self.products()
        app = self.new_app(self.ctl)
        app.wait_row('Salt', 'Pending')
        app.key('ctrl+i')
        with app.dialog('Import Products'):
            app.find('push button', 'Choose File…')
            self.all_named(app)
            app.key('Escape')
        app.gone('push button', 'Choose File…')

        self.act('import-file', self.path)
        with app.dialog('Import Products'):
            app.find('label', re.compile('4 rows.*'))
            app.find('label', 'Tea <b>Special</b>')
            self.all_named(app)
            # Two below “Ignore”: the id, then the name.
            self.choose_field(app, 'Item', 2)
            self.take_picture(app, 'import-columns')
            app.click(app.find('push button', 'Check'))
            self.figures(app, 'Rows in the file: 4', 'New: 2', 'Changed: 1', 'Rejected rows: 1')
            app.find('label', re.compile('line 4: .*'))
            self.take_picture(app, 'import-checked')
            self.same(self.products(), before, 'the products after the check')

            app.click(app.find('push button', 'Import'))
            app.find('label', 'Imported')
            self.figures(app, 'Rows in the file: 4', 'New: 2', 'Changed: 1', 'Rejected rows: 1')
            app.find('label', re.compile('.*stock list.rejects.csv.*'))
            self.all_named(app)
            self.take_picture(app, 'import-done')
            self.same(self.products(), [('Basmati Rice', 'R-1', 47550), ('Salt', 'S-1', 2800),
                                        ('Soap', 'SO-1', 4800)], 'the products')
            with open(os.path.join(self.home, 'stock list.rejects.csv'), encoding='utf-8') as file:
                rejects = file.read()
            self.expect('T-1' in rejects and 'R-1' not in rejects, 'not the rejects', came=rejects)

            app.click(app.find('push button', 'Undo Import'))
            app.find('label', 'The Import Is Taken Back')
            self.figures(app, 'Deleted again: 2', 'As they were: 1', 'Kept: 0')
            self.take_picture(app, 'import-undone')
            app.key('Escape')
        app.gone('label', 'The Import Is Taken Back')
        self.same(self.products(), before, 'the products after undo')
        app.quit()

    def test_refused(self):
        """A file that does not fit says why, and another can be chosen."""
        path = os.path.join(self.home, 'bills.csv')
        with open(path, 'w', encoding='utf-8') as file:
            file.write('number,sku\nB-1,S-1\n')
        app = self.new_app(self.ctl, section='Sales')
        self.act('import-file', os.path.join(self.home, 'none.csv'))
        with app.dialog('Import Sales'):
            app.find('label', re.compile('.*none.csv.*'))
            app.find('push button', 'Choose File…')
            app.key('Escape')
        app.gone('push button', 'Choose File…')
        self.act('import-file', path)
        with app.dialog('Import Sales'):
            app.click(app.find('push button', 'Check'))
            app.find('label', re.compile('.*“quantity”.*'))
            app.find('push button', 'Other File…')
            app.key('Escape')
        app.gone('push button', 'Check')
        app.quit()

    def test_export(self):
        """All of the list goes to a file, as bizpulsectl would write it."""
        path, wanted = (os.path.join(self.home, name) for name in ('app.csv', 'ctl.csv'))
        app = self.new_app(self.ctl)
        app.wait_row('Salt', 'Pending')
        self.act('export-file', path)
        wait_for('the file', lambda: os.path.exists(path), explain=app.explain)
        self.ctl.run('export', 'products', wanted)
        with open(path, 'rb') as came, open(wanted, 'rb') as expected:
            self.same(came.read(), expected.read(), 'what is exported')
        app.key('ctrl+shift+e')
        with app.dialog('Export All Products'):
            app.key('Escape')
            wait_for('the file chooser to go',
                     lambda: app.find_titled('Export All Products') is None, explain=app.explain)
        app.quit()


if __name__ == '__main__':
    main()

"""When the books, or the server, will not have it."""

import os
import re

from bizpulse_testing import main
from bp_ui import UiCase, wait_for


class Troubles(UiCase):

    def test_shut_out(self):
        """A device that the server shuts out says so, and where to pair it."""
        server, store, a, _ = self.two_devices()
        server.ok('revoke', a.status()['device']['id'])
        a.add('products', {'name': 'Tea', 'price': 100})
        app = self.new_app(a)
        app.find('label', re.compile('The server no longer accepts this device.*'))
        self.take_picture(app, 'shut-out')
        app.click(app.find('push button', 'Pair Again…'))
        with app.dialog('Preferences'):
            app.find('text', 'Code (such as ABCD-EFGH)')
            app.click(app.find('text', 'Code (such as ABCD-EFGH)'))
            app.type(server.pair_code(store))
            self.take_picture(app, 'pair-again')
        app.quit()

    def test_damaged(self):
        """Damaged books are repaired from the window that cannot open them."""
        ctl = self.new_ctl()
        for i in range(50):
            ctl.add('products', {'name': 'Tea %02d' % i, 'price': 100 + i})
        path = os.path.join(ctl.folder, 'bizpulse_local.db')
        with open(path, 'r+b') as file:
            file.seek(20)
            file.write(b'\xff' * 60)
        for name in ('-wal', '-shm'):
            if os.path.exists(path + name):
                os.unlink(path + name)
        app = self.start_app(ctl)
        button = app.find('push button', 'Repair')
        self.take_picture(app, 'damaged')
        app.click(button)
        app.find('list item', re.compile('Products, .*'))
        wait_for('the books to be open', lambda: ctl.status(), explain=app.explain)
        self.expect(any('damaged' in name for name in os.listdir(ctl.folder)),
                    'the damaged file is gone')
        app.quit()


if __name__ == '__main__':
    main()

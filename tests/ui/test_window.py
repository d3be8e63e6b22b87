"""What a user sees and does: the real app, the real server, and bizpulsectl
as another program on the same folder and as the second device."""

from bizpulse_testing import main
from bp_ui import UiCase


class Lists(UiCase):
    def test_change_by_another_program(self):
        """What bizpulsectl saves in the app's folder is in the list at once."""
        ctl = self.new_ctl()
        ctl.add('products', {'name': 'Tea', 'sku': 'T-1', 'price': 1250})
        app = self.new_app(ctl)
        app.wait_row('Tea', 'Pending')

        record = ctl.add('products', {'name': 'Rice', 'sku': 'R-1', 'price': 47500})
        app.wait_row('Rice', 'Pending', seconds=3)
        ctl.set('products', record, {'price': 48000})
        app.wait_row('₹480.00', seconds=3)
        app.quit()


if __name__ == '__main__':
    main()

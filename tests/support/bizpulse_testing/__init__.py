"""Black-box tests of BizPulse: real processes, spoken to as CLI.md and
SYNC.md say and in no other way."""

from .case import Case, TwoDevices, main
from .data import NOW, make_action, make_operation, new_id, sale_data
from .network import Answer, Network
from .programs import Ctl, Server
from .wire import Device, Wire

__all__ = ['Answer', 'Case', 'Ctl', 'Device', 'NOW', 'Network', 'Server',
           'TwoDevices', 'Wire', 'main', 'make_action', 'make_operation', 'new_id',
           'sale_data']

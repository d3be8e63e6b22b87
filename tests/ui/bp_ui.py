"""The real app, looked at and used from outside: what a screen reader is told
(AT-SPI), real keys and clicks (xdotool), pictures of the screen (ImageMagick).
Runs inside build-aux/xvfb with GTK_A11Y=atspi."""

import contextlib
import os
import re
import subprocess
import sys
import time

import gi
gi.require_version('Atspi', '2.0')
from gi.repository import Atspi, GLib  # noqa: E402

from bizpulse_testing import Case  # noqa: E402
from bizpulse_testing.programs import Program, executable  # noqa: E402
from bizpulse_testing.strict import Deviation  # noqa: E402

PATIENCE = float(os.environ.get('BIZPULSE_UI_PATIENCE', '30'))
# As in the sidebar.
SECTIONS = ('Today', 'Sales', 'Products')
PASSED_ON = ('DISPLAY', 'DBUS_SESSION_BUS_ADDRESS', 'XDG_RUNTIME_DIR')
# So that a picture of what has come to rest is always the same, and two clicks
# in a quick test are no double click, of which a column's title takes but one.
SETTINGS = '''[Settings]
gtk-enable-animations=0
gtk-cursor-blink=0
gtk-double-click-time=1
'''


def pump(seconds=0.04):
    """Lets what came from the bus in, for so long."""
    context = GLib.MainContext.default()
    end = time.monotonic() + seconds
    while True:
        while context.pending():
            context.iteration(False)
        if time.monotonic() >= end:
            return
        time.sleep(0.01)


def wait_for(what, ask, seconds=PATIENCE, explain=None):
    """The first true answer of @ask; a deviation, with what @explain says,
    where there is none within @seconds."""
    end = time.monotonic() + seconds
    while True:
        try:
            answer = ask()
        except GLib.Error:
            answer = None
        if answer:
            return answer
        if time.monotonic() > end:
            said = explain() if explain else 'the last answer: %r' % (answer,)
            print(said, file=sys.stderr)  # in full
            raise Deviation('waited %.0f s in vain for %s' % (seconds, what), came=said)
        pump()


class Node:
    """What the accessibility tree said of a widget when it was looked at."""

    def __init__(self, accessible):
        self.accessible = accessible
        self.role = accessible.get_role_name()
        self.name = accessible.get_name() or ''
        self.states = accessible.get_state_set()

    def has(self, state):
        return self.states.contains(state)

    @property
    def is_showing(self):
        """Not hidden; GTK 4.8 tells of pages behind others, too."""
        return self.has(Atspi.StateType.VISIBLE)

    @property
    def is_sensitive(self):
        return self.has(Atspi.StateType.SENSITIVE)

    @property
    def children(self):
        found = []
        for i in range(self.accessible.get_child_count()):
            child = self.accessible.get_child_at_index(i)
            if child is not None:
                found.append(Node(child))
        return found

    @property
    def text(self):
        """What stands in an entry."""
        count = Atspi.Text.get_character_count(self.accessible)
        return Atspi.Text.get_text(self.accessible, 0, count)

    @property
    def extents(self):
        return Atspi.Component.get_extents(self.accessible, Atspi.CoordType.WINDOW)

    def walk(self):
        """This and all that is shown below it."""
        yield self
        for child in self.children:
            if child.is_showing:
                yield from child.walk()

    def describe(self, depth=0):
        """What has a name here and below, as lines."""
        lines = []
        if is_named(self) and self.role != 'panel':
            text = self.text if self.role == 'text' else ''
            lines.append('%s%s “%s”%s' % (' ' * depth, self.role, self.name, text and ': ' + text))
            depth += 1
        for child in self.children:
            if child.is_showing:
                lines += child.describe(depth)
        return lines


class App(Program):
    """bizpulse on a data folder, with a window."""

    def __init__(self, home, folder, pictures, *, dark=False):
        more = {name: os.environ[name] for name in PASSED_ON if name in os.environ}
        more.update({'GTK_A11Y': 'atspi', 'GSK_RENDERER': 'cairo', 'GDK_BACKEND': 'x11',
                     'ADW_DISABLE_PORTAL': '1', 'G_DEBUG': 'fatal-criticals',
                     'GSETTINGS_BACKEND': 'memory', 'NO_AT_BRIDGE': '1',
                     'ADW_DEBUG_COLOR_SCHEME': 'prefer-dark' if dark else 'default'})
        super().__init__(executable('BIZPULSE'), home, **more)
        config = os.path.join(self.environment['XDG_CONFIG_HOME'], 'gtk-4.0')
        os.makedirs(config, exist_ok=True)
        with open(os.path.join(config, 'settings.ini'), 'w', encoding='utf-8') as file:
            file.write(SETTINGS)
        self.folder = folder
        self.pictures = pictures
        self.process = None
        self.window = None
        self.origin = (0, 0)
        self.above = None  # a window above it, while it has the keyboard

    def open(self):
        """Starts it; returns when its window shows the shop."""
        self.launch()
        self.find('list item', re.compile('Products, .*'))
        return self

    def launch(self):
        """Starts it; returns when there is a window."""
        log = open(os.path.join(self.home, 'app.log'), 'ab')
        self.process = subprocess.Popen([self.path, '--data-dir', self.folder], env=self.environment,
                                        stdin=subprocess.DEVNULL, stdout=log, stderr=log,
                                        cwd=self.home)
        log.close()
        self.children.append(self.process)
        for stream in ('stdin', 'stdout', 'stderr'):
            setattr(self.process, stream, None)
        self.window = wait_for('the window', self.find_window, explain=self.log)
        run('xdotool', 'windowfocus', self.window)
        run('xdotool', 'mousemove', '1365', '899')
        return self

    def find_window(self):
        self.is_alive()
        found = subprocess.run(['xdotool', 'search', '--onlyvisible', '--pid',
                                str(self.process.pid)], capture_output=True, text=True,
                               check=False).stdout.split()
        return found[-1] if found else None

    def focus(self, title=None):
        """Gives the keyboard to the window above of that title, or to the
        first one: without a window manager nobody does."""
        def ask():
            found = subprocess.run(['xdotool', 'search', '--onlyvisible', '--pid',
                                    str(self.process.pid), '--name', title or '.*'],
                                   capture_output=True, text=True, check=False).stdout.split()
            return found[-1] if found else None
        if title:
            self.find('frame', title)
            self.above = wait_for('a window “%s”' % title, ask, explain=self.explain)
        else:
            self.above = None
        run('xdotool', 'windowfocus', self.above or self.window)

    def is_alive(self):
        code = self.process.poll()
        if code is not None:
            raise Deviation('the app ended with %d' % code, came=self.log())

    def log(self):
        with open(os.path.join(self.home, 'app.log'), encoding='utf-8', errors='replace') as file:
            return 'the app said: %s' % (file.read()[-4000:] or '(nothing)')

    def quit(self):
        """As a user would; it is to end by itself."""
        self.key('ctrl+q')
        try:
            code = self.process.wait(PATIENCE)
        except subprocess.TimeoutExpired:
            raise Deviation('the app is still there %.0f s after Ctrl+Q' % PATIENCE,
                            came=self.explain()) from None
        if code != 0:
            raise Deviation('the app ended with %d' % code, came=self.log())

    # Looking

    def root(self):
        """The application as it is now, None until it is on the bus."""
        self.is_alive()
        desktop = Atspi.get_desktop(0)
        desktop.clear_cache()
        for i in range(desktop.get_child_count()):
            child = desktop.get_child_at_index(i)
            try:
                if child is not None and child.get_process_id() == self.process.pid:
                    child.clear_cache()
                    return Node(child)
            except GLib.Error:
                continue
        return None

    def each(self, role=None, name=None):
        """What is shown of that role and name (a text or an expression), as
        it is come upon: the rest of the tree is not asked for."""
        root = self.root()
        for window in root.children if root else []:
            for node in window.walk():
                if (role is None or node.role == role) and matches(name, node.name):
                    yield node

    def nodes(self, role=None, name=None):
        return list(self.each(role, name))

    def first(self, role=None, name=None):
        return next(self.each(role, name), None)

    def find(self, role, name=None, seconds=PATIENCE):
        return wait_for('%s “%s”' % (role, shown(name)), lambda: self.first(role, name), seconds,
                        self.explain)

    def gone(self, role, name=None):
        wait_for('%s “%s” to be gone' % (role, shown(name)),
                 lambda: not self.first(role, name), explain=self.explain)

    def rows(self, section='Products'):
        """The rows of a list: their cells' texts."""
        for table in self.each('tree table', section):
            for part in table.children:
                for view in ([part] + part.children):
                    if view.role == 'list':
                        return [[cell_text(cell) for cell in row.children]
                                for row in view.children if row.is_showing]
        return []

    def row(self, first, section='Products'):
        """The cells of the row that has a cell saying @first."""
        for cells in self.rows(section):
            if first in cells:
                return cells
        return None

    def wait_row(self, first, status=None, section='Products', seconds=PATIENCE):
        """The cells of a row, when it is there and its status is @status."""
        def ask():
            cells = self.row(first, section)
            return cells if cells and status in (None, cells[-1]) else None
        return wait_for('a row “%s” with status %s' % (first, status), ask, seconds, self.explain)

    def header(self, title, section='Products'):
        """The title of a column."""
        def ask():
            for table in self.each('tree table', section):
                for node in table.walk():
                    if node.name == title and node.role == 'label':
                        return node
            return None
        return wait_for('a column “%s”' % title, ask, explain=self.explain)

    def trails(self):
        """Of all that is shown: its role, and roles and names from the window
        down to it, an empty name where it has none."""
        def go(node, trail):
            trail = trail + [(node.role, node.name if is_named(node) else '')]
            yield node.role, trail
            for child in node.children:
                if child.is_showing:
                    yield from go(child, trail)
        for window in self.root().children:
            yield from go(window, [])

    def sync_button(self):
        """What opens the sync button's popover."""
        return self.nodes('push button', re.compile('Sync: .*'))[-1]

    def sync_text(self):
        node = self.first('push button', re.compile(r'Sync: .*'))
        return node.name[len('Sync: '):] if node else None

    def wait_sync(self, expression, seconds=PATIENCE):
        """What the sync button says, when that matches @expression."""
        said = []

        def ask():
            text = self.sync_text()
            if text and (not said or said[-1] != text):
                said.append(text)
            return text if text and re.fullmatch(expression, text) else None
        return wait_for('the sync button to say “%s”' % expression, ask, seconds,
                        lambda: 'it said %s\n%s' % (said, self.explain()))

    def explain(self):
        """All that is shown, for a message; and a picture of it."""
        self.is_alive()
        self.picture('failed')
        root = self.root()
        return '%s\n%s' % (self.log(), '\n'.join(root.describe()) if root else 'not on the bus')

    # Using

    @contextlib.contextmanager
    def dialog(self, title):
        """Keys and clicks go to the window of that title, which is there."""
        main = self.window
        self.window = wait_for('a window “%s”' % title, lambda: self.find_titled(title),
                               explain=self.explain)
        run('xdotool', 'windowfocus', self.window)
        try:
            yield
        finally:
            self.window = main
        self.is_alive()
        run('xdotool', 'windowfocus', self.window)

    @contextlib.contextmanager
    def popover(self, opener):
        """Clicks go to the popover of @opener; GTK 4.8 tells its places from
        that one's."""
        main, area = self.window, opener.extents
        self.click(opener)
        self.window = wait_for('a popover', lambda: self.find_popover(main), explain=self.explain)
        self.origin = (area.x, area.y)
        try:
            yield
        finally:
            self.window, self.origin = main, (0, 0)

    def find_popover(self, main):
        found = subprocess.run(['xdotool', 'search', '--onlyvisible', '--pid',
                                str(self.process.pid)], capture_output=True, text=True,
                               check=False).stdout.split()
        return next((window for window in found if window != main), None)

    def find_titled(self, title):
        found = subprocess.run(['xdotool', 'search', '--onlyvisible', '--name',
                                '^%s$' % re.escape(title)], capture_output=True, text=True,
                               check=False).stdout.split()
        return found[-1] if found else None

    def go_to(self, section):
        """Shows a section of the sidebar, by its key."""
        self.find('list item', re.compile(section + '(,.*)?'))
        self.key('alt+%d' % (1 + SECTIONS.index(section)))
        return self

    def key(self, *keys):
        self.is_alive()
        run('xdotool', 'key', '--delay', '40', *keys)

    def type(self, text):
        self.is_alive()
        run('xdotool', 'type', '--delay', '60', '--', text)

    def click(self, node, button='1'):
        """Once what is to be clicked has come to rest."""
        def place(last=[None]):
            area = node.extents
            now = (area.x, area.y, area.width, area.height)
            still, last[0] = now == last[0] and area.width > 0, now
            return now if still else None
        x, y, width, height = wait_for('%s “%s” to stand still' % (node.role, node.name), place)
        left, top = self.origin
        run('xdotool', 'mousemove', '--window', self.above or self.window, str(x - left + width // 2),
            str(y - top + height // 2), 'click', button)

    def wait_text(self, name, text):
        """Until the entry @name holds @text. GTK 4.8 does not tell where the
        keyboard is, only what it wrote."""
        wait_for('“%s” in “%s”' % (text, name),
                 lambda: any(node.text == text for node in self.each('text', name)),
                 explain=self.explain)

    def picture(self, name):
        """The screen, when two pictures in a row are the same; its path."""
        path = os.path.join(self.pictures, name + '.png')
        before = None
        end = time.monotonic() + PATIENCE
        while time.monotonic() < end:
            run('import', '-window', 'root', path)
            with open(path, 'rb') as file:
                now = file.read()
            if now == before:
                break
            before = now
            pump(0.1)
        return path


class UiCase(Case):
    """A test with windows."""

    def setUp(self):
        super().setUp()
        self.pictures = os.environ.get('BIZPULSE_PICTURES', self.home)
        os.makedirs(self.pictures, exist_ok=True)

    def new_app(self, ctl, section='Products', **options):
        """The app on the same folder as @ctl, with its window."""
        app = App(self.home, ctl.folder, self.pictures, **options)
        self.addCleanup(app.end)
        return app.open().go_to(section)

    def start_app(self, ctl):
        """The app on a folder that may not open."""
        app = App(self.home, ctl.folder, self.pictures)
        self.addCleanup(app.end)
        return app.launch()

    def take_picture(self, app, name):
        """A picture that shows something."""
        path = app.picture(name)
        colors = int(run('identify', '-format', '%k', path))
        self.expect(colors > 50, '%s shows hardly anything: %d colours' % (path, colors))
        return path


def run(*command):
    result = subprocess.run(command, capture_output=True, text=True, check=False, timeout=60)
    if result.returncode != 0:
        raise Deviation('%s ended with %d' % (' '.join(command), result.returncode),
                        came=result.stdout + result.stderr)
    return result.stdout


def matches(wanted, name):
    if wanted is None:
        return True
    if isinstance(wanted, str):
        return wanted == name
    return wanted.fullmatch(name) is not None


def shown(name):
    return getattr(name, 'pattern', name)


def cell_text(node):
    """What is said of a cell."""
    for child in node.walk():
        if is_named(child):
            return child.name
    return ''


def is_named(node):
    """GTK 4.8 calls what has no name by its type."""
    return node.name != '' and not re.fullmatch(r'(Gtk|Adw|Bp)[A-Z]\w*', node.name)

#!/usr/bin/env python3
"""Calls and words that have no place in (parts of) the code, each with the reason."""

import re

import source

CLOCK = 'time and randomness come from a BpClock'
LOOP = 'no nested main loops'

WORD_RULES = (
    (r'\b(gchar|gint|gfloat|gdouble)\b', 'C has a word for it'),
    (r'\b(goto)\b', 'g_autoptr cleans up'),
    (r'\b(g_object_set_data\w* \((?:G_OBJECT \()?task\b)', 'pass a typed struct'),
)

# Where (of the path, with / before it), where not, what, why
CODE_RULES = (
    (r'/src/(core|protocol|store)/|/src/sync/bp-(sync-engine|merge)',
     r'/bp-clock\.c$',
     r'g_get_real_time|g_get_monotonic_time|g_date_time_new_now\w*|g_random_\w+|g_rand_\w+'
     r'|g_uuid_\w+|time', CLOCK),
    (r'/src/sync/bp-(sync-engine|merge)', None,
     r'g_timeout_\w+|g_idle_\w+|g_usleep', 'the engine is straight-line code'),
    (r'/src/(core|protocol|sqlite|store|model|ui)/|/src/sync/', r'/bp-(http-exchange|live-line)|/main\.c$',
     r'g_main_loop_run|g_main_context_iteration', LOOP),
    (r'/src/', None, r'gtk_dialog_run|gtk_native_dialog_run', LOOP),
    (r'/src/', None, r'strcpy|strcat|sprintf|vsprintf|gets|strtok|system|popen|atof',
     'unbounded or unchecked'),
    (r'/src/(core|protocol|sqlite|store|model|sync)/', None,
     r'g_print|g_printerr|printf|puts|exit|abort', 'a library does not talk or end the program'),
    (r'/src/ui/', None,
     r'gtk_label_set_markup|gtk_label_set_markup_with_mnemonic',
     'data is text: gtk_label_set_text ()'),
    (r'/src/ui/', None,
     r'adw_leaflet_\w+|adw_flap_\w+|gtk_info_bar_\w+|gtk_dialog_new\w*|gtk_combo_box_\w+'
     r'|gtk_tree_view_\w+|gtk_list_store_\w+', 'deprecated in the current runtime'),
    (r'/tests/', r'/tests/bench/', r'g_usleep|sleep|usleep', 'tests never sleep'),
)

faults = []


def report(path, text, position, words, why):
    line = source.line_of(text, position)
    faults.append(f'{source.name(path)}:{line}: {words}: {why}')


def check_calls(path, code):
    place = '/' + source.name(path)
    for where, but, words, why in CODE_RULES:
        if not re.search(where, place) or (but and re.search(but, place)):
            continue
        for match in re.finditer(rf'(?<![\w.>])({words})(?= \()', code):
            report(path, code, match.start(), match.group(1), why)
    for words, why in WORD_RULES:
        for match in re.finditer(words, code):
            report(path, code, match.start(), match.group(1), why)


def check_sql(path, text):
    """Values are bound, never formatted into a statement; names of tables may be."""
    for match in re.finditer(r'"(?:\\.|[^"\\\n])*"', text):
        if re.search(r"(?:(?<!table_name )[=<>(]|LIKE|VALUES .*,) ?'%[-\d.l]*[sdiuqQ]'|=\s*%(?:\d*l*[sdiu]|[qQ])\b", match.group()) \
                and re.search(r'\b(SELECT|INSERT|UPDATE|DELETE|WHERE|VALUES|SET)\b',
                              match.group()):
            report(path, text, match.start(), match.group()[:50],
                   'a value formatted into SQL: bind it')
    for match in re.finditer(r'\b(sqlite3_exec|sqlite3_prepare\w*|PQexec) \(', text):
        end = source.matching(text, match.end() - 1, '(', ')')
        if re.search(r'printf|g_strconcat|\bsqlite3_m?printf', text[match.start():end]):
            report(path, text, match.start(), match.group(1), 'SQL put together in the call')
    for match in re.finditer(r'\bsqlite3_(v?mprintf|snprintf)\b', text):
        report(path, text, match.start(), match.group(), 'bind values instead')


for path in source.files('.c', '.h', under=('src', 'tests')):
    text = path.read_text()
    check_calls(path, source.code_only(text))
    if path.relative_to(source.TOP).parts[0] == 'src':
        check_sql(path, source.blank(text, strings=False))
    for match in re.finditer(r'(?<![:"\w])// ', source.blank(text)):
        report(path, text, match.start(), '//', 'comments are /* */')

for path in source.files('.ui', under=('src', 'data')):
    text = path.read_text()
    for match in re.finditer(r'class="((?:Adw(?:Leaflet|Flap|Squeezer))|(?:Gtk(?:InfoBar|Dialog|'
                             r'ComboBox\w*|TreeView\w*|ListStore|MessageDialog)))"', text):
        report(path, text, match.start(), match.group(1), 'deprecated in the current runtime')

source.finish(faults)

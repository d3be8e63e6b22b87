#!/usr/bin/env bash
# Every translation that po/LINGUAS names is there, passes msgfmt --check and has nothing fuzzy.
set -eu -o pipefail

cd "$(dirname "$0")/../../po"
status=0
count=0
while read -r language; do
  case $language in
    '' | '#'*) continue ;;
  esac
  count=$((count + 1))
  if [ ! -f "$language.po" ]; then
    echo "po/$language.po: named in LINGUAS, but not there"
    status=1
    continue
  fi
  msgfmt --check --statistics -o /dev/null "$language.po" || status=1
  if [ -n "$(msgattrib --only-fuzzy --no-obsolete "$language.po")" ]; then
    echo "po/$language.po: has fuzzy translations"
    status=1
  fi
done <LINGUAS
for file in *.po; do
  [ -e "$file" ] || continue
  if ! grep -qx "${file%.po}" LINGUAS; then
    echo "po/LINGUAS: does not name ${file%.po}"
    status=1
  fi
done
# The template itself: what xgettext finds must be sound, whatever is translated by now.
xgettext --directory=.. --files-from=POTFILES --from-code=UTF-8 --package-name=bizpulse \
  --keyword=_ --keyword=N_ --keyword=C_:1c,2 --keyword=NC_:1c,2 --keyword=ngettext:1,2 \
  --check=ellipsis-unicode --check=space-ellipsis --flag=_:1:pass-c-format -o - >/dev/null || status=1
echo "$count translations"
exit $status

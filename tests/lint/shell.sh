#!/usr/bin/env bash
# Every shell script can be read by bash, and shellcheck (where it is there) finds no fault.
set -eu -o pipefail

cd "$(dirname "$0")/../.."
mapfile -t scripts < <(
  find .ci build-aux tests data -type f ! -path '*/corpus/*' \( -name '*.sh' -o ! -name '*.*' \) | LC_ALL=C sort |
    while read -r file; do
      case $file in
        *.sh) echo "$file" ;;
        *) if head -n 1 "$file" | grep -qE '^#!.*\b(ba)?sh'; then echo "$file"; fi ;;
      esac
    done
)
status=0
for script in "${scripts[@]}"; do
  bash -n "$script" || status=1
  case $script in
    *.sh) continue ;;
  esac
  if [ ! -x "$script" ]; then
    echo "$script: not executable"
    status=1
  fi
done
if command -v shellcheck >/dev/null; then
  shellcheck -x "${scripts[@]}" || status=1
else
  echo 'shellcheck is not installed: only bash -n was tried'
fi
echo "${#scripts[@]} scripts"
exit $status

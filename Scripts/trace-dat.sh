#!/usr/bin/env bash
# Reads trace.dat files by libtracecmd, which the trait TraceDat links, and
# compares events and figures with those of `trace-cmd report`'s text.
#
# usage: trace-dat.sh FALLOW
#
# The files of Tests/TraceDatCheck, of version 7 and compressed, and what trace-cmd
# makes of them: version 6, and 7 without compression. Damaged ones must be read
# or refused. FALLOW, built without the trait, reads by trace-cmd, or names it.
# Needs root and apt where the library or trace-cmd is missing.
set -eu
[ $# -eq 1 ] || { sed -n '2,11s/^# *//p' "$0" >&2; exit 2; }
fallow=$(realpath "$1")
cd "$(dirname "$0")/.."
if [ ! -e /usr/include/trace-cmd/trace-cmd.h ] ||
  [ ! -e /usr/include/traceevent/event-parse.h ] ||
  [ ! -e /usr/include/tracefs/tracefs.h ] ||
  ! command -v trace-cmd >/dev/null; then
  apt-get update -qq
  DEBIAN_FRONTEND=noninteractive apt-get install -y -qq \
    --no-install-recommends libtracecmd-dev libtraceevent-dev libtracefs-dev \
    trace-cmd
  # Built without headers it would stay so.
  rm -rf .build-trace-dat
fi
swift build --package-path Tests/TraceDatCheck --scratch-path .build-trace-dat
check=.build-trace-dat/debug/TraceDatCheck
files=$(mktemp -d)
trap 'rm -rf "$files"' EXIT
failed=0

fail() {
  echo "trace-dat.sh: $1" >&2
  failed=1
}

# The file $1 must be as its text, and have the figures $2.
compare() {
  local figures
  trace-cmd report -t -i "$1" >"$files/text" 2>/dev/null
  figures=$("$check" "$1" "$files/text") || true
  [ "$figures" = "$2" ] || fail "$1: $figures, expected $2"
}

# The recording $1 must have the figures $2, in every version.
recording() {
  local from=Tests/TraceDatCheck/Recordings/$1.dat to=$files/$1
  compare "$from" "$2"
  trace-cmd convert --file-version 6 -i "$from" -o "$to.v6.dat" >/dev/null 2>&1
  compare "$to.v6.dat" "$2"
  trace-cmd convert --file-version 7 --compression none -i "$from" \
    -o "$to.v7.dat" >/dev/null 2>&1
  compare "$to.v7.dat" "$2"
  echo "$1: $2"
}

recording whole \
  '461 events, 0 ignored, 0 malformed, 0 lost, 45 tables freed, nanoseconds'
recording lost \
  '334 events, 1863 ignored, 0 malformed, 8 lost, 33 tables freed, nanoseconds'
recording buffers \
  '340 events, 1085 ignored, 0 malformed, 7 lost, 33 tables freed, nanoseconds'
recording counter \
  '154 events, 0 ignored, 0 malformed, 0 lost, 15 tables freed, ticks'

# Cut off or with bytes changed, a file must be read or refused.
python3 - "$check" "$files/lost.v6.dat" "$files/damaged" <<'PYTHON'
import random
import subprocess
import sys

check, path, damaged = sys.argv[1:]
with open(path, "rb") as file:
    whole = file.read()
source = random.Random(1)
for attempt in range(60):
    data = bytearray(whole)
    if attempt % 3 == 0:
        del data[source.randrange(16, len(data)):]
    for _ in range(source.choice([1, 5, 50])):
        data[source.randrange(16, len(data))] = source.randrange(256)
    with open(damaged, "wb") as file:
        file.write(data)
    status = subprocess.run(
        [check, damaged], stdout=subprocess.DEVNULL, timeout=60).returncode
    if status not in (0, 1):
        sys.exit(f"damaged file {attempt}: status {status}")
PYTHON
echo '60 damaged files: read or refused'

# Without the trait, trace-cmd reads it, or the message names trace-cmd.
sample=Tests/TraceDatCheck/Recordings/whole.dat
trace-cmd report -t -i "$sample" >"$files/text" 2>/dev/null
for file in "$sample" "$files/text"; do
  "$fallow" replay --recorded --json "$file" | grep -v '"path"' \
    >"$files/$(basename "$file").json"
done
cmp "$files/whole.dat.json" "$files/text.json" ||
  fail 'trace-cmd: not as its text'
status=0
PATH=/nonexistent "$fallow" replay "$sample" >"$files/message" 2>&1 || status=$?
if [ $status != 2 ] ||
  ! grep -q "is a trace.dat file.*trace-cmd report -t" "$files/message"; then
  fail "without trace-cmd: status $status: $(cat "$files/message")"
fi
echo 'without the trait: read by trace-cmd, or refused by its name'
exit $failed

#!/usr/bin/env bash
# Runs a command of fallow in shards under GNU parallel, and joins them.
#
# usage: parallel.sh SHARDS FOLDER COMMAND...
#
#   parallel.sh 8 shards fallow check
#   parallel.sh 8 shards fallow check map-unmap --cpus 4 --random pct
#
# On many machines: PARALLEL='--sshloginfile nodes --workdir .', with FOLDER on
# a file system that all of them have. Shards that a killed run has left
# unfinished are run again by the same command.
set -u
[ $# -ge 3 ] || { sed -n '2,6s/^# //p' "$0" >&2; exit 2; }
command -v parallel >/dev/null || {
  echo 'parallel.sh: install GNU parallel: apt-get install parallel' >&2
  exit 2
}
shards=$1 folder=$2
shift 2
mkdir -p "$folder"

# A shard that found a violation has done its work: it is not run again.
export folder shards
shard() {
  local file=$folder/shard.$1.json
  [ -s "$file" ] && return
  "${@:2}" --shard "$1/$shards" --json >"$file.part"
  local status=$?
  [ $status -eq 2 ] || [ $status -gt 3 ] || mv "$file.part" "$file"
}
export -f shard
parallel --no-notice --joblog "$folder/joblog" shard {} "${@@Q}" \
  ::: $(seq "$shards")

exec "$1" merge $(seq -f "$folder/shard.%g.json" "$shards")

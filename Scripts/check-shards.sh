#!/usr/bin/env bash
# Runs a search at random, a sweep and the catalogue in 8 shards, under GNU
# parallel and under Slurm, and checks that the joined result is that of one
# process; then kills a shard, and checks that it is missed.
#
# usage: check-shards.sh PATH-OF-FALLOW [--install] [ENGINE | WORK]...
#
# The engines are parallel and slurm, the works executions, sweep and catalogue;
# where none is named it takes all. --install installs what is missing of
# them, from Debian's packages, as root. Slurm runs on this machine alone, as
# root, with its files in a folder of its own, and is stopped at the end.
set -u
root=$(cd "$(dirname "$0")/.." && pwd)
[ $# -ge 1 ] || { sed -n '6s/^# //p' "$0" >&2; exit 2; }
fallow=$(realpath "$1")
shift
packages=()
engines=()
works=()
for word in "$@"; do
  case $word in
    --install) packages=(parallel slurm-wlm munge) ;;
    parallel | slurm) engines+=("$word") ;;
    executions | sweep | catalogue) works+=("$word") ;;
    *) echo "check-shards.sh: there is no engine or work $word" >&2; exit 2 ;;
  esac
done
[ ${#engines[@]} -gt 0 ] || engines=(parallel slurm)
[ ${#works[@]} -gt 0 ] || works=(executions sweep catalogue)

need() {
  command -v "$1" >/dev/null && return
  if [ ${#packages[@]} -eq 0 ]; then
    echo "check-shards.sh: $1 is missing; --install installs it," \
      "or: apt-get install --no-install-recommends $2" >&2
    exit 2
  fi
  apt-get update --quiet && DEBIAN_FRONTEND=noninteractive \
    apt-get install --yes --quiet --no-install-recommends $2 || exit 2
}

work=$(mktemp -d)
daemons=()
end() {
  for ((index = ${#daemons[@]} - 1; index >= 0; index--)); do
    kill "${daemons[index]}" 2>/dev/null
  done
  wait 2>/dev/null
  rm -rf "$work"
}
trap end EXIT

# --- Slurm, on one node, without an init

start_slurm() {
  need slurmctld 'slurm-wlm munge'
  [ "$(id -u)" -eq 0 ] || { echo 'check-shards.sh: Slurm wants root' >&2
    exit 2; }
  local folder=$work/slurm host
  host=$(hostname -s)
  mkdir -p "$folder/state" "$folder/spool" /run/munge /etc/munge
  [ -s /etc/munge/munge.key ] ||
    head -c 1024 /dev/urandom >/etc/munge/munge.key
  chown -R munge:munge /run/munge /etc/munge
  chmod 400 /etc/munge/munge.key
  setpriv --reuid=munge --regid=munge --clear-groups \
    munged --foreground --force >"$folder/munge.log" 2>&1 &
  daemons+=($!)
  export SLURM_CONF=$folder/slurm.conf
  cat >"$SLURM_CONF" <<END
ClusterName=fallow
SlurmctldHost=$host
SlurmUser=root
AuthType=auth/munge
StateSaveLocation=$folder/state
SlurmdSpoolDir=$folder/spool
SlurmctldLogFile=$folder/slurmctld.log
SlurmdLogFile=$folder/slurmd.log
SlurmctldPidFile=$folder/slurmctld.pid
SlurmdPidFile=$folder/slurmd.pid
ProctrackType=proctrack/linuxproc
TaskPlugin=task/none
SelectType=select/cons_tres
NodeName=$host CPUs=$(nproc) State=UNKNOWN
PartitionName=all Nodes=ALL Default=YES MaxTime=INFINITE State=UP
END
  slurmctld -D >/dev/null 2>&1 &
  daemons+=($!)
  local tries
  for tries in $(seq 100); do
    sinfo >/dev/null 2>&1 && break
    sleep 0.2
  done
  slurmd -D >/dev/null 2>&1 &
  daemons+=($!)
  for tries in $(seq 100); do
    [ "$(sinfo --noheader --format=%T 2>/dev/null)" = idle ] && return
    sleep 0.2
  done
  echo 'check-shards.sh: Slurm has no idle node' >&2
  tail -n 5 "$folder"/*.log >&2
  exit 2
}

# --- The shards of a command, by an engine, into a folder

run_shards() {
  local engine=$1 folder=$2
  shift 2
  case $engine in
    parallel)
      "$root/Examples/Cluster/parallel.sh" 8 "$folder" "$@" >/dev/null ;;
    slurm)
      FOLDER=$folder sbatch --quiet --wait --array=1-8 \
        "$root/Examples/Cluster/slurm.sh" "$@" ;;
  esac
}

# A command that kills the third of its shards.
cat >"$work/killed" <<END
#!/usr/bin/env bash
[[ " \$* " == *' --shard 3/8 '* ]] && kill -KILL \$\$
exec "$fallow" "\$@"
END
chmod +x "$work/killed"

same() {
  python3 - "$1" "$2" <<'END'
import json, sys

# What threads that meet states in another order change as well.
COSTS = "seconds", "transitionsPerSecond", "memory", "memoryPerState"

def read(path):
    def found(pairs):
        return {key: value for key, value in pairs if key not in COSTS}
    with open(path) as file:
        return json.load(file, object_pairs_hook=found)

sys.exit(read(sys.argv[1]) != read(sys.argv[2]))
END
}

failed=0
report() {
  printf '%-9s %-12s %s\n' "$1" "$2" "$3"
  [ "$3" = same ] || [ "$3" = missed ] || failed=1
}

check() {
  local engine=$1 name=$2 one=$work/$2.json folder=$work/$1.$2
  shift 2
  run_shards "$engine" "$folder" "$fallow" "$@"
  "$fallow" merge --json "$folder"/shard.*.json >"$folder/merged.json"
  local status=$?
  if [ $status -eq "$(cat "$one.status")" ] &&
    same "$one" "$folder/merged.json"; then
    report "$engine" "$name" same
  else
    report "$engine" "$name" DIFFERS
  fi
}

trace=$root/Examples/Traces/hotplug-2cpu.trace.txt
executions=(check map-unmap --scheme upstream --cpus 3 --slots 2 --frames 4
  --failing --random pct --runs 2000)
sweep=(replay "$trace" --dma 1000 --sweep 'bound=1,2' 'iommus=1,2'
  'window=0,1ms')
one() {
  local name=$1
  shift
  "$fallow" "$@" --json >"$work/$name.json"
  echo $? >"$work/$name.json.status"
}
for name in "${works[@]}"; do
  case $name in
    executions) one executions "${executions[@]}" --keep-going ;;
    sweep) one sweep "${sweep[@]}" ;;
    catalogue) one catalogue check ;;
  esac
done

for engine in "${engines[@]}"; do
  [ "$engine" = slurm ] && start_slurm
  [ "$engine" = parallel ] && need parallel parallel
  for name in "${works[@]}"; do
    case $name in
      executions) check "$engine" executions "${executions[@]}" ;;
      sweep) check "$engine" sweep "${sweep[@]}" ;;
      catalogue) check "$engine" catalogue check ;;
    esac
  done
  folder=$work/$engine.killed
  run_shards "$engine" "$folder" "$work/killed" "${executions[@]}" 2>/dev/null
  "$fallow" merge "$folder"/shard.*.json >"$folder.log" 2>&1
  if [ $? -eq 2 ] && grep -q 'shard 3 of 8 is missing' "$folder.log"; then
    report "$engine" killed missed
  else
    report "$engine" killed 'NOT MISSED'
  fi
done
exit $failed

# Frees the tables of unplugged memory: plugs 1 GiB four times, lets huge pages
# give their descriptors back (hugetlb_free_vmemmap=on), and unplugs it, while
# timer samples at 20 kHz widen every window.
blocks() { ls -d /sys/devices/system/memory/memory* | wc -l; }

plug() {
  echo "QMP {\"execute\": \"object-add\", \"arguments\": {\"qom-type\":" \
    "\"memory-backend-ram\", \"id\": \"m$1\", \"size\": 1073741824}}"
  echo "QMP {\"execute\": \"device_add\", \"arguments\": {\"driver\":" \
    "\"pc-dimm\", \"id\": \"d$1\", \"memdev\": \"m$1\"}}"
}

unplug() {
  echo "QMP {\"execute\": \"device_del\", \"arguments\": {\"id\": \"d$1\"}}"
}

# Waits until the number of memory blocks is $2 in the sense of $1.
await() {
  for _ in $(seq 240); do
    [ "$(blocks)" "$1" "$2" ] && return
    sleep 0.5
  done
  echo "memory blocks: $(blocks), not $1 $2"
  exit 1
}

if [ "${1:-}" = work ]; then
  for round in 1 2 3 4; do
    before=$(blocks)
    plug $round
    await -ge $((before + 8))
    echo 700 >/proc/sys/vm/nr_hugepages
    sleep 0.3
    echo 0 >/proc/sys/vm/nr_hugepages
    sleep 0.3
    unplug $round
    await -le "$before"
  done
  exit
fi

echo online_movable >/sys/devices/system/memory/auto_online_blocks
sampler &
fallow record -o /tmp/record.txt -- sh /jobs/unplug.sh work
status=$?
cat /tmp/record.txt >/dev/ttyS1
exit $status

# Another user's probes on the same instructions, the release's among them, and
# what the kernel parameters name (in_force=) must hide nothing.
status=0
word=$(sed -n 's/.*in_force=\([^ ]*\).*/\1/p' /proc/cmdline)
if ! grep -q "$word" /sys/devices/system/cpu/vulnerabilities/retbleed; then
  echo "retbleed: $(cat /sys/devices/system/cpu/vulnerabilities/retbleed)"
  exit 1
fi

cd /sys/kernel/tracing || exit 1
fallow record -o /tmp/first.txt -- true || exit 1
{
  echo 'p:mine/work kernel_pgtable_work_func'
  echo 'p:mine/free pagetable_free_kernel'
  sed -n 's/^# probe kpt_page_free \([^ ]*\)$/p:mine\/release \1/p' \
    /tmp/first.txt
} >kprobe_events
echo 1 >events/mine/enable
before=$(cat kprobe_events)
fallow record -o /tmp/record.txt -- sh /jobs/tracers.sh work || status=1

# The recorder's event $1 must be as many as the other user's $2.
compare() {
  recorded=$(grep -c " $1: " /tmp/record.txt)
  traced=$(grep -c " $2: " trace)
  echo "$1: $recorded recorded, $traced traced"
  [ "$recorded" = "$traced" ] && [ "$recorded" -gt 0 ] || status=1
}
compare kpt_work work
compare kpt_free free
compare kpt_page_free release
if [ "$(cat kprobe_events)" != "$before" ]; then
  echo 'the other user has lost probes'
  status=1
fi
grep -q '^# lost 0' /tmp/record.txt || status=1
exit $status

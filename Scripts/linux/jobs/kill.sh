# Kills the recorder at 50 moments and looks for what it left behind.
probes=/sys/kernel/debug/kprobes/list

left() { cat $probes /sys/kernel/tracing/enabled_functions; }

before=$(left | wc -l)
status=0
for i in $(seq 50); do
  rm -f /tmp/ready
  fallow record --force -o /tmp/record.txt -- sleep 300 2>/tmp/ready &
  recorder=$!
  if [ $((i % 2)) = 0 ]; then
    # After it is ready; every other time at some moment before.
    while ! grep -q ready /tmp/ready; do usleep 10000; done
  else
    usleep $((i * 100000))
  fi
  kill -9 $recorder
  wait $recorder 2>/dev/null
  sleep 1
  if [ "$(left | wc -l)" != "$before" ] || pidof sleep >/dev/null; then
    echo "kill $i left something behind:"
    left
    status=1
  fi
done
echo "killed 50 times"
exit $status

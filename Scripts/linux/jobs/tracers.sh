# Frees tables by collapsing the kernel's text: function tracers are switched on
# and off in six instances. Nothing is wrong with these on any kernel.
tracing=/sys/kernel/tracing

if [ "${1:-}" = work ]; then
  for i in 1 2 3 4 5 6; do
    mkdir $tracing/instances/i$i
    echo 'vfs_*' >$tracing/instances/i$i/set_ftrace_filter
    echo function >$tracing/instances/i$i/current_tracer
  done
  sleep 0.3
  for tracer in nop function nop; do
    for i in 1 2 3 4 5 6; do
      echo $tracer >$tracing/instances/i$i/current_tracer
    done
  done
  for i in 1 2 3 4 5 6; do rmdir $tracing/instances/i$i; done
  exit
fi

fallow record -o /tmp/record.txt -- sh /jobs/tracers.sh work
status=$?
cat /tmp/record.txt >/dev/ttyS1
exit $status

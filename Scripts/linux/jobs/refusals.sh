# Takes from the recorder what it needs, one thing at a time: it must name it,
# end with status 2 and leave nothing.
probes=/sys/kernel/debug/kprobes
status=0

# The recorder must refuse with a message that has $1; the rest runs it.
refused() {
  word=$1
  shift
  "$@" fallow record -o /tmp/record.txt -- true 2>/tmp/errors
  ended=$?
  if [ $ended != 2 ] || ! grep -q "$word" /tmp/errors ||
    [ -e /tmp/record.txt ] || [ -s $probes/list ]; then
    echo "not refused by '$word' (status $ended):"
    cat /tmp/errors $probes/list
    status=1
  fi
}

# What the kernel parameters name is missing from the start.
word=$(sed -n 's/.*refused=\([^ ]*\).*/\1/p' /proc/cmdline)
if [ -n "$word" ]; then
  refused "$word"
  exit $status
fi

chmod 777 /tmp
mkdir -p /etc
echo 'nobody:x:65534:65534::/:/bin/sh' >/etc/passwd
as_nobody() { su -s /bin/sh nobody -c "$*"; }
refused 'run as root' as_nobody

old=$(cat /proc/sys/kernel/kptr_restrict)
echo 2 >/proc/sys/kernel/kptr_restrict
refused kptr_restrict
echo "$old" >/proc/sys/kernel/kptr_restrict

echo 0 >$probes/enabled
refused 'kprobes are disabled'
echo 1 >$probes/enabled

touch /tmp/record.txt
fallow record -o /tmp/record.txt -- true 2>/tmp/errors
if [ $? != 2 ] || [ -s /tmp/record.txt ]; then
  echo 'an existing file was replaced'
  status=1
fi
rm /tmp/record.txt

exit $status

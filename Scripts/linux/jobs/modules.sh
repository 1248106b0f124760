# Frees tables as drivers do: loads and unloads a module 350 times. Nothing is
# wrong with these.
fallow record -o /tmp/record.txt -- \
  modules "/modules/$(uname -r).ko" tun 350
status=$?
cat /tmp/record.txt >/dev/ttyS1
exit $status

# What recording costs: loads and unloads a module 20 times, without the recorder
# and with it. Where a nanosecond is an instruction (ICOUNT), these are counted.
load() { modules "/modules/$(uname -r).ko" tun 20; }

# The second time everything is in the caches.
load >/dev/null
without=$(load)
with=$(fallow record -o /tmp/record.txt -- \
  modules "/modules/$(uname -r).ko" tun 20)
tail -n 1 /tmp/record.txt
echo "COST: $without without the recorder, $with with it," \
  "$(((with - without) * 10000 / without)) hundredths of a percent more"
[ $((with * 100)) -le $((without * 102)) ]

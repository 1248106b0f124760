# What recording costs: loads and unloads a module 20 times with the recorder and
# without it, in turn, five times; the medians count. Where a nanosecond is an
# instruction (ICOUNT), instructions are compared.
module=/modules/$(uname -r).ko

# khugepaged looks for memory to join every ten seconds, and takes about as
# much as the recorder: its time must not fall into one turn.
echo 3600000 >/sys/kernel/mm/transparent_hugepage/khugepaged/scan_sleep_millisecs

for turn in 1 2 3 4 5; do
  with=$(fallow record --force -o /tmp/record.txt -- modules "$module" tun 20)
  without=$(modules "$module" tun 20)
  echo "turn $turn: $without without the recorder, $with with it"
  echo "$with" >>/tmp/with
  echo "$without" >>/tmp/without
done
median() { sort -n "$1" | sed -n 3p; }
with=$(median /tmp/with)
without=$(median /tmp/without)
echo "COST: $(((with - without) * 10000 / without)) hundredths of a percent"
[ $((with * 100)) -le $((without * 102)) ]

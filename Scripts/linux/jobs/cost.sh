# What recording costs: loads and unloads a module 20 times with the recorder and
# without it, in turn, until the machine has settled; the last turn counts. Where
# a nanosecond is an instruction (ICOUNT), instructions are compared.
module=/modules/$(uname -r).ko

for turn in 1 2 3 4; do
  with=$(fallow record --force -o /tmp/record.txt -- modules "$module" tun 20)
  without=$(modules "$module" tun 20)
  echo "turn $turn: $without without the recorder, $with with it"
done
echo "COST: $(((with - without) * 10000 / without)) hundredths of a percent"
[ $((with * 100)) -le $((without * 102)) ]

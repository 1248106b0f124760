#!/usr/bin/env bash
# Runs what `make dist` made in a bare Debian 12. Needs root and debootstrap.
set -eu
cd "$(dirname "$0")/.."
root=$(mktemp -d)
trap 'umount "$root/proc" 2>/dev/null; rm -rf "$root"' EXIT
command -v debootstrap >/dev/null ||
  apt-get install --yes --no-install-recommends debootstrap
debootstrap --variant=minbase bookworm "$root" \
  "${MIRROR:-http://deb.debian.org/debian}" >"$root.log" 2>&1 ||
  { tail -n 20 "$root.log" >&2; exit 2; }
rm -f "$root.log"
# Swift reads a program's arguments from /proc.
mount -t proc proc "$root/proc"

(cd dist && sha256sum --check --quiet SHA256SUMS)
cp dist/fallow_*_amd64.deb dist/fallow-*-x86_64.tar.gz dist/fallow-record-* \
  Tests/FallowTraceTests/Recordings/tracers-2cpu-7.3rc7.record.txt "$root/tmp"
chroot "$root" /bin/sh -eu <<'INSIDE'
cd /tmp
# A pipe ends with its last command's status: grep names what must be there.
judge() {
  "$1" --version
  "$1" audit tracers-2cpu-7.3rc7.record.txt | grep 'every rule held'
}
mv fallow-record-* fallow-record
judge ./fallow-record
mkdir unpacked
tar -C unpacked -xzf fallow-*.tar.gz
judge unpacked/bin/fallow
dpkg --install fallow_*_amd64.deb
judge fallow
for program in ./fallow-record fallow; do
  $program replay --dma 1000 \
    /usr/share/doc/fallow/examples/churn-2cpu.perf.txt | grep '^fallow: clear'
done
fallow check map-unmap --memory 256 | grep 'Safe: every interleaving'
INSIDE

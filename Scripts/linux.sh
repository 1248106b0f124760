#!/usr/bin/env bash
# Records and audits Debian's kernels in QEMU: `make linux`, nightly and on
# request.
#
# usage: linux.sh [--keep FOLDER] [KERNEL...]
#
# KERNEL is the release of a kernel that Debian has: 6.19.14+deb13, 7.1.13+deb13,
# 7.2.13+deb14, 7.3, 7.3.4+deb13; without any, the first four. On the last one
# the recorder is refused what it needs, killed, and measured as well; Debian's
# OLD kernel (6.12) must be refused as a whole. Recordings and audits stay in
# FOLDER. Needs apt and root where a tool is missing; exit status 2 if something
# cannot be had, 1 if a kernel's audit is not the expected one.
set -eu
cd "$(dirname "$0")/.."

keep=$(mktemp -d)
if [ "${1:-}" = --keep ]; then
  keep=${2:?--keep needs a folder}
  mkdir -p "$keep"
  shift 2
fi
[ $# -gt 0 ] || set -- 6.19.14+deb13 7.1.13+deb13 7.2.13+deb14 7.3
mirror=${MIRROR:-http://deb.debian.org/debian}
suites='trixie-backports sid experimental trixie'
old=${OLD:-}

fail() {
  echo "linux.sh: $1" >&2
  exit 2
}

tools() {
  local missing=()
  command -v qemu-system-x86_64 >/dev/null || missing+=(qemu-system-x86)
  [ -x /usr/bin/busybox ] || missing+=(busybox-static)
  command -v curl >/dev/null || missing+=(curl)
  command -v cpio >/dev/null || missing+=(cpio)
  command -v xzcat >/dev/null || missing+=(xz-utils)
  command -v python3 >/dev/null || missing+=(python3)
  command -v gcc >/dev/null || missing+=(gcc libc6-dev)
  [ ${#missing[@]} -eq 0 ] && return
  [ "$(id -u)" = 0 ] || fail "install ${missing[*]}, or run as root"
  apt-get update -qq
  DEBIAN_FRONTEND=noninteractive apt-get install -y -qq \
    --no-install-recommends "${missing[@]}" || fail "cannot install ${missing[*]}"
}

# The path of the newest package that is named as $1 or $2 in Debian; none if
# there is none.
package() {
  local suite path
  for suite in $suites; do
    [ -s "$keep/$suite" ] ||
      curl -fsS "$mirror/dists/$suite/main/binary-amd64/Packages.xz" |
      xzcat >"$keep/$suite" || fail "cannot read the list of $suite"
    path=$(awk -v RS= -v one="$1" -v other="$2" \
      '$2 == one || $2 == other' "$keep/$suite" |
      sed -n 's/^Filename: //p' | head -n 1)
    [ -n "$path" ] || continue
    echo "$path"
    return
  done
}

# Downloads the package at $1, and copies its files that are named like $2 to
# the file $3.
unpack() {
  local folder
  folder=$(mktemp -d -p "$keep")
  curl -fsS -o "$folder/kernel.deb" "$mirror/$1" || fail "cannot download $1"
  dpkg-deb --fsys-tarfile "$folder/kernel.deb" |
    tar -C "$folder" -x --wildcards "$2"
  find "$folder" -type f ! -name kernel.deb -exec cp {} "$3" ';'
  rm -r "$folder"
}

# Downloads the image of kernel $1, unless it is there already.
kernel() {
  local path
  [ -s "$keep/vmlinuz-$1" ] && return
  path=$(package "linux-binary-$1-amd64" "linux-image-$1-amd64-unsigned")
  [ -n "$path" ] || fail "Debian has no kernel $1"
  unpack "$path" '*/vmlinuz*' "$keep/vmlinuz-$1"
}

# Downloads the module tun of kernel $1, unless it is there already.
module() {
  local path
  [ -s "$keep/modules/$1-amd64.ko" ] && return
  mkdir -p "$keep/modules"
  path=$(package "linux-modules-$1-amd64" "linux-image-$1-amd64-unsigned")
  [ -n "$path" ] || fail "Debian has no modules of kernel $1"
  unpack "$path" '*/tun.ko.xz' "$keep/tun.ko.xz"
  xzcat "$keep/tun.ko.xz" >"$keep/modules/$1-amd64.ko"
}

# The guest's file system: busybox, the recorder, the jobs.
initramfs() {
  local root applet
  root=$(mktemp -d -p "$keep")
  # It becomes the guest's root, which every user must be able to enter.
  chmod 755 "$root"
  mkdir -p "$root"/{bin,proc,sys,dev,tmp,jobs}
  cp /usr/bin/busybox "$root/bin"
  for applet in $(/usr/bin/busybox --list); do
    [ -e "$root/bin/$applet" ] || ln -s busybox "$root/bin/$applet"
  done
  cp "$1" "$root/bin/fallow"
  gcc -O2 -static -o "$root/bin/sampler" Scripts/linux/sampler.c
  gcc -O2 -static -o "$root/bin/modules" Scripts/linux/modules.c
  cp -r "$keep/modules" "$root"
  cp Scripts/linux/init "$root/init"
  chmod +x "$root/init"
  cp Scripts/linux/jobs/*.sh "$root/jobs"
  (cd "$root" && find . | cpio -o -H newc --quiet) >"$keep/initramfs"
  rm -r "$root"
}

# What the audit $1 says of $2: see Scripts/linux/audit.py.
finding() {
  python3 Scripts/linux/audit.py "$1" "$2"
}

failed=0
expect() {
  if [ "$2" = "$3" ]; then
    echo "ok    $1: $2"
  else
    echo "FAIL  $1: $2, expected $3"
    failed=1
  fi
}

# Boots kernel $1 with job $2, and audits and replays its recording.
record() {
  local name="$1-$2" status=0
  python3 Scripts/linux/guest.py "$keep/vmlinuz-$1" "$keep/initramfs" "$2" \
    "$keep/$name.txt" >"$keep/$name.log" || {
    tail -n 20 "$keep/$name.log"
    expect "$name" "the guest failed" "a recording"
    return 1
  }
  "$fallow" audit "$keep/$name.txt" >"$keep/$name.audit" || status=$?
  "$fallow" audit --json "$keep/$name.txt" >"$keep/$name.json" || true
  echo "--    $name: audit status $status"
  status=0
  "$fallow" replay --dma 2000 --json "$keep/$name.txt" \
    >"$keep/$name.replay.json" || status=$?
  echo "--    $name: replay status $status"
}

# Boots kernel $1 with a job that checks the recorder itself.
check() {
  local name="$1-$2" status=passed
  python3 Scripts/linux/guest.py "$keep/vmlinuz-$1" "$keep/initramfs" "$2" \
    "$keep/$name.txt" >"$keep/$name.log" || status=failed
  [ $status = passed ] || tail -n 20 "$keep/$name.log"
  expect "$name ${APPEND:-}" "$status" passed
}

# The newest kernel 6.12 that Debian has.
old_kernel() {
  [ -s "$keep/trixie" ] ||
    curl -fsS "$mirror/dists/trixie/main/binary-amd64/Packages.xz" |
    xzcat >"$keep/trixie" || fail "cannot read the list of trixie"
  sed -n 's/^Package: linux-image-\(6\.12\.[^-]*\)-amd64-unsigned$/\1/p' \
    "$keep/trixie" | sort -V | tail -n 1
}

tools
swift build -c release --product fallow-record --static-swift-stdlib \
  -Xswiftc -static-executable --scratch-path .build-static
fallow=.build-static/release/fallow-record
strip -o "$keep/fallow" "$fallow"
for release in "$@"; do
  kernel "$release"
done
module "$release"
initramfs "$keep/fallow"

for release in "$@"; do
  if record "$release" tracers; then
    audit="$keep/$release-tracers.json"
    case $release in
    6.* | 7.0.* | 7.1.*) # These give collapsed tables back at once.
      expect "$release tracers: past the queue" \
        "$(finding "$audit" pastTheQueue | cut -d' ' -f1)" violated
      ;;
    *)
      expect "$release tracers: queued before cleared" \
        "$(finding "$audit" queuedBeforeCleared)" 'held 0'
      expect "$release tracers: past the queue" \
        "$(finding "$audit" pastTheQueue)" 'held 0'
      ;;
    esac
  fi

  export MEMORY=2G,slots=8,maxmem=12G
  export APPEND='hugetlb_free_vmemmap=on preempt=full'
  if record "$release" unplug; then
    audit="$keep/$release-unplug.json"
    expect "$release unplug: queued before cleared" \
      "$(finding "$audit" queuedBeforeCleared | cut -d' ' -f1)" violated
    expect "$release unplug: released without invalidation" \
      "$(finding "$audit" releasedWithoutInvalidation)" 'held 0'
    echo "--    $release unplug: released while named:" \
      "$(finding "$audit" releasedWhileNamed)"
  fi
  unset MEMORY APPEND
done

if record "$release" modules; then
  audit="$keep/$release-modules.json"
  tables=$(finding "$audit" freed)
  expect "$release modules: 900 tables or more" \
    "$([ "$tables" -ge 900 ] && echo yes || echo "$tables")" yes
  expect "$release modules: rules violated" "$(finding "$audit" violated)" 0
fi
CPUS=1 ICOUNT=shift=0,sleep=off check "$release" cost
grep '^COST' "$keep/$release-cost.log" || true
check "$release" complete
CPU=Skylake-Server APPEND='retbleed=stuff in_force=Stuffing' \
  check "$release" complete
check "$release" refusals
APPEND='lockdown=confidentiality refused=locked' check "$release" refusals
TIMEOUT=1800 check "$release" kill
old=${old:-$(old_kernel)}
[ -n "$old" ] || fail "Debian has no kernel 6.12"
kernel "$old"
APPEND='refused=pagetable_free_kernel' check "$old" refusals
echo "recordings, audits and logs: $keep"
exit $failed

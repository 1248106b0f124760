#!/usr/bin/env bash
# Records and audits Debian's kernels in QEMU: `make linux`, nightly and on
# request.
#
# usage: linux.sh [--keep FOLDER] [KERNEL...]
#
# KERNEL is the release of a kernel that Debian has: 6.19.14+deb13, 7.1.13+deb13,
# 7.2.13+deb14, 7.3, 7.3.4+deb13; without any, the first four. On the last one
# the recorder is refused what it needs, and killed, as well; Debian's OLD kernel
# (6.12) must be refused as a whole. Recordings and audits stay in FOLDER. Needs
# apt and root where a tool is missing; exit status 2 if something cannot be had,
# 1 if a kernel's audit is not the expected one.
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

# Downloads the image of kernel $1 as $2, unless it is there already.
kernel() {
  local suite path folder
  [ -s "$2" ] && return
  for suite in $suites; do
    [ -s "$keep/$suite" ] ||
      curl -fsS "$mirror/dists/$suite/main/binary-amd64/Packages.xz" |
      xzcat >"$keep/$suite" || fail "cannot read the list of $suite"
    path=$(awk -v RS= -v new="linux-binary-$1-amd64" \
      -v before="linux-image-$1-amd64-unsigned" \
      '$2 == new || $2 == before' "$keep/$suite" |
      sed -n 's/^Filename: //p' | head -n 1)
    [ -n "$path" ] && break
  done
  [ -n "$path" ] || fail "Debian has no kernel $1"
  folder=$(mktemp -d -p "$keep")
  curl -fsS -o "$folder/kernel.deb" "$mirror/$path" ||
    fail "cannot download $path"
  dpkg-deb -x "$folder/kernel.deb" "$folder"
  find "$folder" -name 'vmlinuz*' -exec cp {} "$2" ';'
  rm -r "$folder"
}

# The guest's file system: busybox, the recorder, the jobs.
initramfs() {
  local root applet
  root=$(mktemp -d -p "$keep")
  mkdir -p "$root"/{bin,proc,sys,dev,tmp,jobs}
  cp /usr/bin/busybox "$root/bin"
  for applet in $(/usr/bin/busybox --list); do
    [ -e "$root/bin/$applet" ] || ln -s busybox "$root/bin/$applet"
  done
  cp "$1" "$root/bin/fallow"
  gcc -O2 -static -o "$root/bin/sampler" Scripts/linux/sampler.c
  cp Scripts/linux/init "$root/init"
  chmod +x "$root/init"
  cp Scripts/linux/jobs/*.sh "$root/jobs"
  (cd "$root" && find . | cpio -o -H newc --quiet) >"$keep/initramfs"
  rm -r "$root"
}

# The verdict of rule $2 in the audit $1, and how often it was broken.
finding() {
  python3 - "$1" "$2" <<'PYTHON'
import json
import sys

for rule in json.load(open(sys.argv[1]))["rules"]:
    if rule["name"] == sys.argv[2]:
        print(rule["verdict"], rule["count"])
PYTHON
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
swift build -c release --product fallow --static-swift-stdlib \
  -Xswiftc -static-executable --scratch-path .build-static
fallow=.build-static/release/fallow
strip -o "$keep/fallow" "$fallow"
initramfs "$keep/fallow"

for release in "$@"; do
  kernel "$release" "$keep/vmlinuz-$release"

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

check "$release" refusals
APPEND='lockdown=confidentiality refused=locked' check "$release" refusals
TIMEOUT=1800 check "$release" kill
old=${old:-$(old_kernel)}
[ -n "$old" ] || fail "Debian has no kernel 6.12"
kernel "$old" "$keep/vmlinuz-$old"
APPEND='refused=pagetable_free_kernel' check "$old" refusals
echo "recordings, audits and logs: $keep"
exit $failed

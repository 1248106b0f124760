#!/bin/sh
# Installs the QEMU that `make boot` boots the images in. Needs root, and apt.
set -eu
. /etc/os-release
if [ "$VERSION_CODENAME" = bookworm ]; then
  echo 'deb http://deb.debian.org/debian bookworm-backports main' \
    >/etc/apt/sources.list.d/bookworm-backports.list
  set -- -t bookworm-backports
fi
apt-get update -qq
DEBIAN_FRONTEND=noninteractive apt-get install -y -qq \
  --no-install-recommends "$@" qemu-system-x86 qemu-system-misc qemu-system-arm

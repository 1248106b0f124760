#!/usr/bin/env bash
# Makes what is handed out, in dist/: `make dist`.
#
# - fallow-VERSION-x86_64.tar.gz: `fallow` with manual pages, completions and
#   samples; needs glibc 2.34 and libstdc++;
# - fallow_VERSION_amd64.deb: the same as a package;
# - fallow-record-VERSION-x86_64: record, audit and replay, linked statically;
# - SHA256SUMS.
set -eu
cd "$(dirname "$0")/.."
rm -rf dist
mkdir dist
root=$(mktemp -d)
trap 'rm -rf "$root"' EXIT

Scripts/install.sh "$root/deb" /usr
version=$("$root/deb/usr/bin/fallow" --version | cut -d' ' -f2)

tar -C "$root/deb/usr" --sort=name --owner=0 --group=0 --numeric-owner \
  -czf "dist/fallow-$version-x86_64.tar.gz" .

mkdir "$root/deb/DEBIAN"
cat >"$root/deb/DEBIAN/control" <<CONTROL
Package: fallow
Version: $version
Architecture: amd64
Maintainer: $(git log -1 --format='%an <%ae>')
Installed-Size: $(du -sk "$root/deb/usr" | cut -f1)
Depends: libc6 (>= 2.34), libgcc-s1, libstdc++6
Recommends: xz-utils
Suggests: trace-cmd, linux-perf, zstd
Section: devel
Priority: optional
Description: records, audits and replays the frees of kernel page tables
 fallow records when Linux frees the pages of its own page tables, judges
 whether a CPU or an IOMMU can still walk them, and replays recordings on a
 simulated machine.
CONTROL
dpkg-deb --build --root-owner-group "$root/deb" \
  "dist/fallow_${version}_amd64.deb" >/dev/null

swift build -c release --product fallow-record --static-swift-stdlib \
  -Xswiftc -static-executable --scratch-path .build-static
install -m 755 -s .build-static/release/fallow-record \
  "dist/fallow-record-$version-x86_64"

(cd dist && sha256sum -- * >SHA256SUMS)
ls -l dist

#!/usr/bin/env bash
# Builds `fallow` and installs it with its manual pages, completions and sample
# recordings: `make install PREFIX=/usr/local`.
#
# usage: install.sh DESTDIR PREFIX
#
# DESTDIR is empty, or the folder that stands for the root. The binary holds the
# Swift runtime, and needs the C and C++ libraries of the system.
set -eu
[ $# -eq 2 ] || { sed -n '2,8s/^# *//p' "$0" >&2; exit 2; }
cd "$(dirname "$0")/.."
to=$1$2

swift build -c release --product fallow --static-swift-stdlib \
  --scratch-path .build-dist
fallow=.build-dist/release/fallow

install -D -m 755 -s "$fallow" "$to/bin/fallow"
install -d "$to/share/man/man1" "$to/share/doc/fallow/examples"
python3 Scripts/man-pages.py "$fallow" "$to/share/man/man1"
for shell in bash zsh fish; do
  case $shell in
  bash) file=bash-completion/completions/fallow ;;
  zsh) file=zsh/site-functions/_fallow ;;
  fish) file=fish/vendor_completions.d/fallow.fish ;;
  esac
  mkdir -p "$(dirname "$to/share/$file")"
  "$fallow" --generate-completion-script "$shell" >"$to/share/$file"
done
install -m 644 Examples/Traces/* "$to/share/doc/fallow/examples"
install -m 644 LICENSE "$to/share/doc/fallow/copyright"

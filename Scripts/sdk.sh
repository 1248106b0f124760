#!/usr/bin/env bash
# Writes a Swift SDK for kernels: the flags of Examples/FirstKernel/Toolsets for
# the three machines, as a bundle that SwiftPM installs.
#
#   Scripts/sdk.sh [DIRECTORY]     (the current one, if none is named)
#
# A package is then built without a toolset, by one of
#
#   swift build -c release --swift-sdks-path DIRECTORY --swift-sdk TRIPLE
#   swift sdk install DIRECTORY/fallow-bare.artifactbundle
#
# TRIPLE is riscv64-none-none-eabi, x86_64-unknown-none-elf or
# aarch64-none-none-elf. The linker script stays the package's.
set -euo pipefail
directory=${1:-.}
toolsets=$(cd "$(dirname "$0")/.." && pwd)/Examples/FirstKernel/Toolsets
[ -d "$directory" ] || {
  echo "sdk.sh: $directory is not a directory" >&2
  exit 2
}

bundle=$directory/fallow-bare.artifactbundle
rm -rf "$bundle"
mkdir -p "$bundle/fallow-bare/root"
cp "$toolsets"/{riscv64,x86_64,aarch64}.json "$bundle/fallow-bare"
# An empty folder is lost where files alone are kept.
touch "$bundle/fallow-bare/root/.keep"
cat >"$bundle/info.json" <<'JSON'
{
  "schemaVersion": "1.0",
  "artifacts": {
    "fallow-bare": {
      "type": "swiftSDK",
      "version": "1.0.0",
      "variants": [{ "path": "fallow-bare" }]
    }
  }
}
JSON
cat >"$bundle/fallow-bare/swift-sdk.json" <<'JSON'
{
  "schemaVersion": "4.0",
  "targetTriples": {
    "riscv64-none-none-eabi": {
      "sdkRootPath": "root", "toolsetPaths": ["riscv64.json"]
    },
    "x86_64-unknown-none-elf": {
      "sdkRootPath": "root", "toolsetPaths": ["x86_64.json"]
    },
    "aarch64-none-none-elf": {
      "sdkRootPath": "root", "toolsetPaths": ["aarch64.json"]
    }
  }
}
JSON
echo "$bundle"

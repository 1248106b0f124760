// SPDX-License-Identifier: Apache-2.0

internal import FallowTool

/// `fallow record`, `audit` and `replay` alone, for machines that are recorded:
/// linked statically, it needs nothing of the system that it runs on.
@main
struct Main {
  static func main() {
    Tool.recorder()
  }
}

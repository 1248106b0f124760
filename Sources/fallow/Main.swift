// SPDX-License-Identifier: Apache-2.0

internal import FallowTool

@main
struct Main {
  static func main() {
    Tool.main()
  }
}

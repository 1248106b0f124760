// SPDX-License-Identifier: Apache-2.0

/// How a table of unplugged memory was marked when it was given back.
enum HotFreeMark: String {
  case reserved
  case kernelTable = "pt_kernel_mark"
  case none = "no_mark"

  /// The mark in a page's flags.
  init(flags: UInt64) {
    self =
      if flags & 1 << 13 != 0 {
        .reserved
      } else if flags & 1 << 2 != 0 {
        .kernelTable
      } else {
        .none
      }
  }
}

/// Counts what goes back at once, past the list, by the caller that gives it
/// back.
struct AtOnceCounter {
  private var marks: [String: Int] = [:]
  private var callers: [Symbol: Int] = [:]

  /// Counts a table of unplugged memory, unless it was queued.
  mutating func count(_ table: UnpluggedTable) {
    guard table.route != .queued, let flags = table.flags else { return }
    marks[HotFreeMark(flags: flags).rawValue, default: 0] += 1
  }

  /// Counts a block that `caller` gave back.
  mutating func count(_ caller: CallSite) {
    callers[caller.symbol, default: 0] += 1
  }

  /// The counts: by mark, and as `now_free:` with the caller's name.
  func counts(_ symbols: SymbolTable) -> [String: Int] {
    var counts = marks
    for (symbol, count) in callers {
      counts["now_free:\(symbols.name(of: symbol))"] = count
    }
    return counts
  }
}

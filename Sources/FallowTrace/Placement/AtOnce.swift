/// How a table of unplugged memory was marked when it was given back.
enum HotFreeMark {
  /// The name that reports use, by the bits of the page's flags.
  static func name(flags: UInt64) -> String {
    if flags & 1 << 13 != 0 { return "reserved" }
    if flags & 1 << 2 != 0 { return "pt_kernel_mark" }
    return "no_mark"
  }
}

/// Counts what goes back at once, past the list, by who gives it back.
struct AtOnceCounter {
  private var marks: [String: Int] = [:]
  private var callers: [Symbol: Int] = [:]

  mutating func receive(_ event: TraceEvent) {
    switch event.payload {
    case .hotFree(_, let flags, _, _, _):
      marks[HotFreeMark.name(flags: flags), default: 0] += 1
    case .freedAtOnce(_, _, let caller):
      callers[caller.symbol, default: 0] += 1
    default:
      break
    }
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

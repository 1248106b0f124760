// SPDX-License-Identifier: Apache-2.0

internal import FallowRecordSystem

/// Writes events as lines of a recording: see `RecordFormat` in the
/// documentation of FallowTrace.
struct EventText {
  let symbols: KernelSymbols

  /// The line of an event.
  func line(_ event: fallow_event) -> String {
    let fraction = String(event.time % 1_000_000_000)
    let zeros = String(repeating: "0", count: 9 - fraction.count)
    let cpu = String(event.cpu)
    let pad = String(repeating: "0", count: max(0, 3 - cpu.count))
    return "\(command(event))-\(event.task) [\(pad)\(cpu)] "
      + "\(event.time / 1_000_000_000).\(zeros)\(fraction): "
      + "\(name(event)): seq=\(event.sequence)" + fields(event)
  }

  /// A task may call itself anything; a line's structure must not break.
  private func command(_ event: fallow_event) -> String {
    var command = event.command
    let bytes = unsafe withUnsafeBytes(of: &command) { unsafe Array($0) }
      .prefix { $0 != 0 }
    let plain = bytes.map {
      (0x21...0x7E).contains($0) ? $0 : UInt8(ascii: "?")
    }
    return plain.isEmpty ? "?" : String(decoding: plain, as: UTF8.self)
  }

  private func name(_ event: fallow_event) -> String {
    switch fallow_kind(event.kind) {
    case FALLOW_FREE: "kpt_free"
    case FALLOW_FREE_AT_ONCE: "now_free"
    case FALLOW_WORK: "kpt_work"
    case FALLOW_WORK_END: "kpt_work_ret"
    case FALLOW_TAKEN: "kpt_splice"
    case FALLOW_INVALIDATE: "kva_inval"
    case FALLOW_INVALIDATED: "kva_inval_ret"
    case FALLOW_LINKED: "kpt_linked"
    case FALLOW_RELEASE: "kpt_page_free"
    default: "unknown"
    }
  }

  private func fields(_ event: fallow_event) -> String {
    let table = event.table
    let descriptor = hex(table.descriptor)
    switch fallow_kind(event.kind) {
    case FALLOW_FREE:
      return " ptdesc=\(descriptor) flags=\(hex(table.flags)) caller="
        + symbols.place(of: event.caller) + count(table) + seen(table)
        + stack(event)
    case FALLOW_FREE_AT_ONCE:
      return " page=\(descriptor) order=\(table.order) caller="
        + symbols.place(of: event.caller) + count(table) + seen(table)
        + stack(event)
    case FALLOW_RELEASE:
      return " page=\(descriptor) order=\(table.order)" + count(table)
        + seen(table)
    case FALLOW_LINKED:
      return " ptdesc=\(descriptor)" + seen(table)
    case FALLOW_INVALIDATE:
      return " start=\(hex(event.start)) end=\(hex(event.end)) "
        + "open=\(event.open) looked=\(event.looked)"
    default:
      return ""
    }
  }

  private func count(_ table: fallow_table) -> String {
    " type=\(hex(UInt64(table.type))) refs=\(table.references)"
  }

  private func seen(_ table: fallow_table) -> String {
    guard table.address != 0 else { return " named=unknown" }
    let level = table.level == 0 ? "" : " level=\(table.level)"
    let isNamed = table.naming == FALLOW_NAMING_YES.rawValue
    return " va=\(hex(table.address))\(level) named=\(isNamed ? "yes" : "no")"
      + " entry=\(hex(table.entry)) value=\(hex(table.value))"
      + (table.is_data == 0 ? "" : " data=1")
  }

  private func stack(_ event: fallow_event) -> String {
    var stack = event.stack
    let callers = unsafe withUnsafeBytes(of: &stack) { bytes in
      unsafe Array(bytes.assumingMemoryBound(to: UInt64.self))
    }.prefix { $0 != 0 }
    guard !callers.isEmpty else { return "" }
    return " stack=" + callers.map(symbols.place).joined(separator: "<")
  }

  private func hex(_ value: UInt64) -> String {
    "0x" + String(value, radix: 16)
  }
}

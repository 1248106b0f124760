// SPDX-License-Identifier: Apache-2.0

/// Where a variable stands, as far as names need it.
///
/// Formats: DWARF Debugging Information Format, version 5, sections 2.5 and
/// 2.6; the numbers of registers from the ABI's supplement for x86-64.
enum DebugPlace {
  /// At addresses: each part of it, by its first byte and its size; a size of
  /// 0 is all of it.
  case fixed([Part])
  /// In the frame of its function, so far from where that is counted.
  case frame(Int)
  /// In memory, so far from where a register points.
  case memory(register: Int, offset: Int)
  /// Nowhere: it is what a register holds, and so much more.
  case register(Int, plus: Int)

  /// A part of a variable, at an address.
  struct Part {
    var address: UInt64
    var first: Int
    var size: Int
  }

  private enum Operation {
    static let address: UInt64 = 0x03
    static let plus: UInt64 = 0x23
    static let register: UInt64 = 0x50
    static let fromRegister: UInt64 = 0x70
    static let fromFrame: UInt64 = 0x91
    static let piece: UInt64 = 0x93
    static let frameOfCall: UInt64 = 0x9c
    static let value: UInt64 = 0x9f
    static let addressNumber: UInt64 = 0xa1
  }

  /// What an expression says; nil if it says something else.
  init?(
    _ expression: DebugCursor, of unit: DebugUnit
  ) throws(CCheckError) {
    var cursor = expression
    var place: DebugPlace?
    var parts: [Part] = []
    var first = 0
    var hasParts = false
    while !cursor.isAtEnd {
      let operation = try cursor.number(1)
      switch operation {
      case Operation.address:
        place = .fixed([Part(address: try cursor.number(8), first: 0, size: 0)])
      case Operation.addressNumber:
        let address = try unit.address(try cursor.unsigned())
        place = .fixed([Part(address: address, first: 0, size: 0)])
      case Operation.plus:
        guard let known = place else { return nil }
        place = known.moved(Int(truncatingIfNeeded: try cursor.unsigned()))
      case Operation.register..<(Operation.register + 32):
        place = .register(Int(operation - Operation.register), plus: 0)
      case Operation.fromRegister..<(Operation.fromRegister + 32):
        place = .memory(
          register: Int(operation - Operation.fromRegister),
          offset: Int(try cursor.signed()))
      case Operation.fromFrame: place = .frame(Int(try cursor.signed()))
      case Operation.value:
        guard case .memory(let register, let offset) = place else { return nil }
        place = .register(register, plus: offset)
      case Operation.piece:
        let size = Int(truncatingIfNeeded: try cursor.unsigned())
        hasParts = true
        // A part that is nowhere, or no memory, has no address.
        if case .fixed(let one) = place, let part = one.first {
          parts.append(
            Part(address: part.address, first: first, size: max(size, 1)))
        }
        first &+= size
        place = nil
      default:
        return nil
      }
    }
    if hasParts { place = parts.isEmpty ? nil : .fixed(parts) }
    guard let place else { return nil }
    self = place
  }

  /// Whether an expression is the address from which the caller's frame is
  /// counted.
  static func isFrameOfCall(
    _ expression: DebugCursor
  ) throws(CCheckError) -> Bool {
    var cursor = expression
    return cursor.isAtEnd
      ? false : try cursor.number(1) == Operation.frameOfCall
  }

  private func moved(_ offset: Int) -> DebugPlace {
    switch self {
    case .fixed(let parts):
      .fixed(
        parts.map {
          Part(
            address: $0.address &+ UInt64(bitPattern: Int64(offset)),
            first: $0.first, size: $0.size)
        })
    case .frame(let own): .frame(own &+ offset)
    case .memory(let register, let own):
      .memory(register: register, offset: own &+ offset)
    case .register: self
    }
  }
}

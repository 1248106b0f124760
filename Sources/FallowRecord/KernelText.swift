// SPDX-License-Identifier: Apache-2.0

/// The kernel's text, and the calls in it.
struct KernelText {
  private let bytes: [UInt8]
  private let start: UInt64

  /// Text that begins at the address `start`.
  init(_ bytes: [UInt8], at start: UInt64) {
    self.bytes = bytes
    self.start = start
  }

  /// Where the text lies.
  var range: Range<UInt64> { start..<start + UInt64(bytes.count) }

  /// From a function's address, where a call of it may go: the function, past
  /// an ENDBR64 instruction (Intel SDM volume 1, 17.3.3), or to the code
  /// before it that counts calls with `retbleed=stuff`
  /// (arch/x86/kernel/callthunks.c: 9 or 10 bytes).
  private static let entries: [Int64] = [0, 4, -9, -10]

  /// The addresses of the calls of, and jumps to, functions at `targets`.
  ///
  /// It searches for the operand and does not decode instructions: a chance
  /// match takes four equal bytes, and the kernel refuses a probe that is not
  /// at an instruction. A breakpoint in a call's place counts: another
  /// kprobe leaves the operand as it was.
  ///
  /// - Complexity: O(bytes in the range)
  func calls(of targets: [UInt64], in range: Range<UInt64>) -> [UInt64] {
    let length = 5
    var wanted: [UInt64] = []
    for target in targets {
      wanted += Self.entries.map { target &+ UInt64(bitPattern: $0) }
    }
    let range = range.clamped(to: self.range)
    let first = Int(range.lowerBound - start)
    let end = Int(range.upperBound - start) - length
    guard first <= end else { return [] }
    return unsafe bytes.withUnsafeBufferPointer { bytes in
      var calls: [UInt64] = []
      for index in first...end {
        switch unsafe bytes[index] {
        case 0xE8, 0xE9, 0xCC: break
        default: continue
        }
        var operand: UInt32 = 0
        for place in (1..<length).reversed() {
          operand = operand << 8 | UInt32(unsafe bytes[index + place])
        }
        let call = start + UInt64(index)
        let offset = Int64(Int32(bitPattern: operand)) + Int64(length)
        if wanted.contains(call &+ UInt64(bitPattern: offset)) {
          calls.append(call)
        }
      }
      return calls
    }
  }
}

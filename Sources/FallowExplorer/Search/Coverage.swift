// SPDX-License-Identifier: Apache-2.0

/// How often a search took which steps.
@safe
struct Coverage: @unchecked Sendable {
  private static let width = 64
  /// The rows after those of moves.
  private static let worker = 64
  private static let hardware = 65
  private static let failure = 63
  private let counts: Cells

  init() { counts = .allocate(Self.size) }

  func free() { counts.free() }

  @inline(__always)
  private func count(_ row: Int, _ column: Int) {
    counts[row &* Self.width &+ column] &+= 1
  }

  /// A move, or none the worker, made accesses, a bit for each kind; none if
  /// it only ended.
  @inline(__always)
  func add(_ accesses: UInt64, ofMove move: Int?) {
    let row = move ?? Self.worker
    var left = accesses == 0 ? 1 : accesses
    while left != 0 {
      count(row, left.trailingZeroBitCount)
      left &= left &- 1
    }
  }

  /// Adds that IOMMUs carried out commands, so many of each kind, and failed.
  static func add(
    _ carriedOut: InlineArray<16, Int>, failures: Int,
    to counts: inout [UInt64]
  ) {
    let row = hardware * width
    for kind in carriedOut.indices {
      counts[row + kind] += UInt64(carriedOut[kind])
    }
    counts[row + failure] += UInt64(failures)
  }

  /// A walker went a step, or a buffer.
  @inline(__always)
  func add(_ kind: Action.Kind) {
    count(Self.hardware, Int(kind.rawValue) &+ 16)
  }

  /// How many counts there are.
  static var size: Int { width * (hardware + 1) }

  /// Adds what was done.
  func add(to sum: inout [UInt64]) {
    for index in sum.indices { sum[index] &+= counts[index] }
  }

  /// What was done at all, and how often, by the names of moves.
  static func steps(
    _ counts: [UInt64], of moves: [Move]
  ) -> [CoveredStep] {
    var steps: [CoveredStep] = []
    func add(_ who: String, _ what: String, _ row: Int, _ column: Int) {
      let times = Int(counts[row * width + column])
      if times == 0 { return }
      // Moves from several states are one operation.
      if let known = steps.firstIndex(where: {
        $0.who == who && $0.what == what
      }) {
        steps[known].times += times
      } else {
        steps.append(CoveredStep(who: who, what: what, times: times))
      }
    }
    func addAccesses(of operation: Operation, _ row: Int) {
      for column in 0..<width {
        guard let access = Access(rawValue: UInt8(column)) else { break }
        add("\(operation)", access == .none ? "end" : "\(access)", row, column)
      }
    }
    for (row, move) in moves.enumerated() {
      addAccesses(of: move.operation, row)
    }
    addAccesses(of: .reclaim, worker)
    for column in 0..<16 {
      guard let kind = QueueDescriptor.Kind(rawValue: UInt8(column)) else {
        break
      }
      add("IOMMU", "\(kind)", hardware, column)
    }
    for kind in [Action.Kind.fill, .evict, .walk, .step, .mark, .flag] {
      add("walker", "\(kind)", hardware, Int(kind.rawValue) + 16)
    }
    add("buffer", "drain", hardware, Int(Action.Kind.drain.rawValue) + 16)
    add("IOMMU", "settle", hardware, Int(Action.Kind.settle.rawValue) + 16)
    add("IOMMU", "failure", hardware, failure)
    return steps
  }
}

/// A kind of step that a search took, and how often.
public struct CoveredStep: Sendable {
  /// An operation, `IOMMU`, `walker` or `buffer`.
  public var who: String
  /// The requirement of the platform, the command, or what the walker did.
  public var what: String
  /// How often.
  public var times: Int
}

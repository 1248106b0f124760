/// How often a search took which steps.
@safe
struct Coverage: @unchecked Sendable {
  private static let width = 64
  private static let hardware = 31
  private static let failure = 63
  private let counts: Cells

  init() { counts = .allocate(Self.width * (Self.hardware + 1)) }

  func free() { counts.free() }

  @inline(__always)
  private func count(_ row: Int, _ column: Int) {
    counts[row &* Self.width &+ column] &+= 1
  }

  /// An operation made accesses, a bit for each kind; none if it only ended.
  @inline(__always)
  func add(_ accesses: UInt64, of operation: Operation) {
    var left = accesses == 0 ? 1 : accesses
    while left != 0 {
      count(Int(operation.rawValue), left.trailingZeroBitCount)
      left &= left &- 1
    }
  }

  /// IOMMUs carried out commands, so many of each kind, and failed.
  func add(_ carriedOut: InlineArray<16, Int>, failures: Int) {
    let row = Self.hardware * Self.width
    for kind in carriedOut.indices {
      counts[row + kind] += UInt64(carriedOut[kind])
    }
    counts[row + Self.failure] += UInt64(failures)
  }

  /// A walker went a step, or a buffer.
  @inline(__always)
  func add(_ kind: Action.Kind) {
    count(Self.hardware, Int(kind.rawValue) &+ 16)
  }

  /// Adds what another thread did.
  func add(_ other: Coverage) {
    for index in 0..<Self.width * (Self.hardware + 1) {
      counts[index] &+= other.counts[index]
    }
  }

  /// What was done at all, and how often.
  var steps: [CoveredStep] {
    var steps: [CoveredStep] = []
    func add(_ who: String, _ what: String, _ row: Int, _ column: Int) {
      let times = Int(counts[row * Self.width + column])
      if times > 0 {
        steps.append(CoveredStep(who: who, what: what, times: times))
      }
    }
    for row in 0..<Self.hardware {
      guard let operation = Operation(rawValue: UInt8(row)) else { break }
      for column in 0..<Self.width {
        guard let access = Access(rawValue: UInt8(column)) else { break }
        add("\(operation)", access == .none ? "end" : "\(access)", row, column)
      }
    }
    for column in 0..<16 {
      guard let kind = QueueDescriptor.Kind(rawValue: UInt8(column)) else {
        break
      }
      add("IOMMU", "\(kind)", Self.hardware, column)
    }
    for kind in [Action.Kind.fill, .evict, .walk, .step] {
      add("walker", "\(kind)", Self.hardware, Int(kind.rawValue) + 16)
    }
    add("buffer", "drain", Self.hardware, Int(Action.Kind.drain.rawValue) + 16)
    add("IOMMU", "failure", Self.hardware, Self.failure)
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

// SPDX-License-Identifier: Apache-2.0

/// Whether code does the same whatever numbers frames have and whichever slot
/// it works on: what makes states that differ in names alone one.
///
/// A step is taken once more from the state by other names, and must lead to
/// the same state by those names. This is done at every state near the first
/// one, and at a sample of the others that depends on the state alone, so that
/// all threads and seeds agree.
@safe
struct Equivariance {
  /// Every state up to this depth is checked.
  private static let fullDepth = 40
  /// Of the deeper ones, one in so many.
  private static let sampling: UInt64 = 32

  private let renamer: Renamer
  private let result: Cells
  private let expected: Cells
  private var draw: UInt64 = 0
  /// How many steps were taken by other names.
  private(set) var checks = 0

  init(_ renamer: Renamer) {
    self.renamer = renamer
    result = .allocate(renamer.layout.size)
    expected = .allocate(renamer.layout.size)
  }

  func free() {
    result.free()
    expected.free()
  }

  /// Whether steps from a state are to be checked.
  mutating func isDue(in state: Cells, depth: Int) -> Bool {
    var hash: UInt64 = 0
    for index in 0..<renamer.layout.sets {
      hash = hash &* 0xff51_afd7_ed55_8ccd &+ state[index]
    }
    draw = Fingerprint.fold(hash ^ 0x9e37_79b9_7f4a_7c15, 0xff51_afd7_ed55_8ccd)
    return depth <= Self.fullDepth || draw % Self.sampling == 0
  }

  /// Other names, drawn from the state that they are for.
  private mutating func drawRenaming() -> Renaming {
    let frames = renamer.layout.frames
    var renaming = Renaming.identity
    for frame in stride(from: frames - 1, to: 1, by: -1) {
      renaming.exchange(frame, 1 + next(below: frame))
    }
    // The names of two frames at least change.
    if frames > 2, renaming.keepsFrames(frames) {
      renaming.exchange(1, 2)
    }
    renaming.swapsSlots = renamer.swap != nil && next(below: 2) == 0
    return renaming
  }

  private mutating func next(below bound: Int) -> Int {
    draw = draw &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
    return Int((draw >> 33) % UInt64(bound))
  }

  /// What shows that a step which led from `state` to the machine's state
  /// depends on names; nil if it does not.
  ///
  /// The machine's state is kept.
  mutating func obstacle<Checked>(
    to action: Action, from state: Cells, on stepper: Stepper<Checked>
  ) -> Obstacle? {
    checks += 1
    let renaming = drawRenaming()
    let turn = stepper.core.outcomeOfTurn
    renamer.layout.copy(stepper.state, to: result)
    renamer.write(result, by: renaming, to: expected)
    let taken = result[Layout.free] ^ state[Layout.free]
    renamer.write(state, by: renaming, to: stepper.state)
    renamer.writeLogs(of: state, by: renaming, to: stepper.state)
    stepper.core.interchangeable = 0
    var other = action
    if turn.access == .allocate, taken != 0 {
      let name = renaming.name(of: taken.trailingZeroBitCount)
      let below = stepper.state[Layout.free] & ((1 << UInt64(name)) - 1)
      other = other.choosing(below.nonzeroBitCount)
    }
    if renaming.swapsSlots, let swap = renamer.swap {
      swap.exchange(in: &other)
    }
    let isTaken = stepper.perform(other)
    let violation = stepper.core.violation
    let isSame =
      isTaken && violation == turn.violation
      && (violation != .none || agrees(stepper.state))
    stepper.core.outcomeOfTurn = turn
    renamer.layout.copy(state, to: stepper.state)
    renamer.layout.copy(result, to: stepper.state)
    if isSame { return nil }
    if stepper.core.reductions.contains(.standing) { return .standingDiffers }
    return renaming.swapsSlots ? .slotsDiffer : .framesDiffer
  }

  private func agrees(_ state: Cells) -> Bool {
    for index in 0..<renamer.layout.logs
    where state[index] != expected[index] {
      return false
    }
    return true
  }
}

extension Core {
  /// What a step has left behind besides the state.
  struct TurnOutcome {
    var firstNew: Int
    var access: Access
    var interchangeable: UInt64
    var violation: Oracle
    var violationFrame: Int
    var carriedOut: InlineArray<16, Int>
    var failures: Int
    var holders: InlineArray<8, UInt8>
  }

  var outcomeOfTurn: TurnOutcome {
    get {
      TurnOutcome(
        firstNew: firstNew, access: access, interchangeable: interchangeable,
        violation: violation, violationFrame: violationFrame,
        carriedOut: carriedOut, failures: failures, holders: holders)
    }
    set {
      firstNew = newValue.firstNew
      access = newValue.access
      interchangeable = newValue.interchangeable
      violation = newValue.violation
      violationFrame = newValue.violationFrame
      carriedOut = newValue.carriedOut
      failures = newValue.failures
      holders = newValue.holders
    }
  }
}

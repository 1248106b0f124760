// SPDX-License-Identifier: Apache-2.0

internal import Fallow
package import FallowExplorer
internal import FallowKernelC

/// A compiled program as the code of a search: each turn runs the function of a
/// move from its start.
@safe
package struct CModel: Model, @unchecked Sendable {
  private let host: UnsafeMutablePointer<CHost>
  private let owner: CHostOwner
  private let machine: SteppingMachine
  private let image: CImage
  private let places: CPlaces
  /// For each move the number of the program's operation.
  private let operations: [Int32]
  /// What the program's own set-up did wrong: the first operation ends the
  /// search with it.
  private var setUpFault: (oracle: Oracle, detail: String?)?

  /// The program in `image` on a machine, set up.
  init(
    on machine: SteppingMachine, _ image: CImage, operations: [Int32],
    setUps: [Int32], places: CPlaces
  ) {
    self.machine = machine
    self.image = image
    self.operations = operations
    self.places = places
    owner = CHostOwner(
      CHost(
        machine: machine, image: image,
        slot: Slot(number: 0, firstPage: 0, pageCount: 1)))
    unsafe host = owner.pointer
    for word in 0..<Int(image.memory.words) {
      machine.initialize(word, to: image.initial(word))
    }
    machine.locate { function in
      places.line(of: function.map { [CPlaces.offset($0)] } ?? image.calls)
    }
    for operation in setUps where setUpFault == nil {
      do throws(Stop) {
        _ = try run(
          operation, on: Slot(number: 0, firstPage: 0, pageCount: 1))
      } catch {
        setUpFault =
          unsafe host.pointee.fault ?? (.assertion, "FALLOW_SETUP goes wrong")
      }
    }
  }

  /// Runs the function of the move that the actor is at, or what was put off.
  package func perform(
    _ operation: Operation, on slot: Slot
  ) throws(Stop) -> Bool {
    if let setUpFault {
      throw machine.fail(setUpFault.oracle, setUpFault.detail)
    }
    guard machine.takesCalls else {
      return try run(operations[machine.move], on: slot)
    }
    let (function, argument) = try machine.takeCall()
    return try run(-1, on: slot, function, argument)
  }

  private func run(
    _ operation: Int32, on slot: Slot, _ function: UInt64 = 0,
    _ argument: UInt64 = 0
  ) throws(Stop) -> Bool {
    unsafe host.pointee.slot = slot
    unsafe host.pointee.serviceStart = .max
    var turn = fallow_turn(
      operation: operation, actor: Int32(machine.actor),
      cpus: Int32(machine.cpuNumbers),
      is_atomic: machine.isAtomic, is_setup: machine.isSetUp,
      keeps_calls: machine.namesLines,
      slot: fallow_slot(slot, levels: machine.levels),
      function: function, argument: argument)
    unsafe fallow_image_set_host(image.pointer, CHost.table, host)
    switch unsafe fallow_image_run(image.pointer, &turn) {
    case .FALLOW_REFUSED: return false
    case .FALLOW_DONE: return true
    case .FALLOW_STOPPED:
      if machine.namesLines { places.noteObjects(of: image) }
      let stop = unsafe host.pointee.stop
      if stop == .step { noteStanding() }
      throw stop
    }
  }
}

extension CModel {
  /// Says where the program stands.
  private func noteStanding() {
    guard machine.asksStanding, let words = unsafe image.standing else {
      return
    }
    unsafe machine.stand(at: words, since: host.pointee.serviceStart)
  }
}

/// Keeps what a program's hooks ask in one place for as long as it runs.
@safe
private final class CHostOwner {
  let pointer: UnsafeMutablePointer<CHost>

  init(_ host: CHost) {
    unsafe pointer = .allocate(capacity: 1)
    unsafe pointer.initialize(to: host)
  }

  deinit {
    unsafe pointer.deinitialize(count: 1)
    unsafe pointer.deallocate()
  }
}

extension fallow_slot {
  /// A slot as an address of the kernel half, in a tree of so many levels.
  fileprivate init(_ slot: Slot, levels: Int) {
    let start =
      0xffff_8000_0000_0000 | UInt(slot.range.start.rawValue)
    self.init(
      start: start, end: start + 2 * UInt(FrameNumber.size),
      leaf: UInt(slot.leaf), number: Int32(slot.number),
      root_index: Int32(truncatingIfNeeded: slot.firstPage >> (levels - 1) & 1),
      leaf_index: Int32(truncatingIfNeeded: slot.firstPage & 1))
  }
}

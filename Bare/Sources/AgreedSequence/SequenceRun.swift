public import Fallow

/// What the steps are done to: a machine with one device that is bound under
/// PASID 0, and its data.
public protocol SequenceStage {
  /// The platform under the kernel.
  associatedtype P: IOMMUPlatform where P.Interruption == Never

  /// The space that the device walks the kernel half of.
  var space: KernelSpace<WalkableByUser, Reclaimer<VTd<P>>> { get }

  /// What the device finds at an address; nil if it is refused.
  mutating func deviceLoad(_ address: VirtualAddress) -> UInt64?

  /// Whether the device's store is not refused.
  mutating func deviceStore(_ value: UInt64, to address: VirtualAddress)
    -> Bool

  /// The word at an address.
  func look(at address: PhysicalAddress) -> UInt64

  /// Writes the word at an address.
  mutating func own(_ address: PhysicalAddress, value: UInt64)
}

/// The steps on a stage.
public struct SequenceRun<Stage: SequenceStage> {
  private var stage: Stage
  private let window: VirtualAddress
  private let block: FrameNumber

  /// A run on `stage`, in the 4 MiB from `window` on, with the 2 MiB of
  /// `block`.
  ///
  /// - Precondition: `window` and `block` are aligned to 2 MiB.
  public init(
    on stage: Stage, window: VirtualAddress, block: FrameNumber
  ) {
    self.stage = stage
    self.window = window
    self.block = block
  }

  /// The number of the first step that ends otherwise than it should; nil if
  /// none does.
  public mutating func firstDifference() -> Int? {
    let steps = AgreedSequence.steps
    for index in steps.indices {
      let step = steps[index]
      guard perform(step.action) == step.result,
        bits(after: step.action) == step.bits
      else { return index }
    }
    return nil
  }

  private mutating func perform(_ action: SequenceAction) -> SequenceResult {
    let space = stage.space
    switch action {
    case .own(let frame, let value):
      stage.own(address(of: frame), value: value)
      return .done
    case .look(let frame):
      return .found(stage.look(at: address(of: frame)))
    case .map(let page, let frame, let isWritable):
      return outcome { () throws(MapError) in
        try space.map(
          range(page, 1), to: address(of: frame),
          attributes: isWritable ? .writable | .user : .user)
      }
    case .mapBlock(let page):
      return outcome { () throws(MapError) in
        try space.map(
          range(page, 512), to: block.address, attributes: .writable | .user)
      }
    case .split(let page):
      return outcome { () throws(MapError) in
        try space.split(at: place(page), level: 2)
      }
    case .collapse(let page):
      return outcome { () throws(MapError) in
        try space.collapse(at: place(page), level: 2)
      }
    case .unmap(let page, let count):
      return outcome { () throws(MapError) in
        try space.unmap(range(page, count))
      }
    case .reclaim:
      space.scheme.reclaim()
      return .done
    case .load(let page):
      return stage.deviceLoad(place(page)).map { .found($0) } ?? .refused
    case .store(let page, let value):
      return stage.deviceStore(value, to: place(page)) ? .done : .refused
    case .forget(let page):
      return forget(.without(tag: 0), page)
    case .forgetElsewhere(let page):
      return forget(.without(tag: 1), page)
    }
  }

  private func outcome(
    of operation: () throws(MapError) -> Void
  ) -> SequenceResult {
    do throws(MapError) { try operation() } catch { return .refused }
    return .done
  }

  private func forget(_ pasid: PASID, _ page: UInt64) -> SequenceResult {
    let driver = stage.space.scheme.sharing.driver
    driver.submit(
      InvalidationRequest(pasid: pasid, range: range(page, 1)), to: 0)
    return driver.wait(for: driver.fence(0), on: 0) ? .done : .refused
  }

  /// What the leaf of the step's page says.
  private func bits(after action: SequenceAction) -> SequenceBits {
    let page: UInt64? =
      switch action {
      case .map(let page, _, _), .mapBlock(let page), .split(let page),
        .collapse(let page), .load(let page), .store(let page, _),
        .forget(let page):
        page
      default: nil
      }
    guard let page, let found = stage.space.translate(place(page)) else {
      return .none
    }
    if found.attributes.contains(.dirty) { return .dirty }
    return found.attributes.contains(.accessed) ? .accessed : .clear
  }

  private func place(_ page: UInt64) -> VirtualAddress {
    window + page &<< FrameNumber.shift
  }

  private func range(_ page: UInt64, _ count: UInt64) -> VirtualRange {
    VirtualRange(start: place(page), size: count &<< FrameNumber.shift)
  }

  private func address(of frame: UInt64) -> PhysicalAddress {
    block.address + frame &<< FrameNumber.shift
  }
}

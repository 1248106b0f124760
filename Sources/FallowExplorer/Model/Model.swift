// SPDX-License-Identifier: Apache-2.0

public import Fallow

/// The code that is searched: what each operation does, over a
/// ``SteppingMachine``.
///
/// An operation is a function of its arguments and of the results of its
/// accesses: it reads no clock and no variable of its own, and holds no token
/// from one operation to the next.
public protocol Model: Sendable {
  /// Performs an operation on a slot.
  ///
  /// - Parameters:
  ///   - operation: The operation.
  ///   - slot: What it works on.
  /// - Returns: Whether it was done; a refused operation changed nothing.
  /// - Throws: ``Stop``, where the actor's turn ends.
  func perform(_ operation: Operation, on slot: Slot) throws(Stop) -> Bool
}

/// The library's own address spaces over a reclamation scheme.
package struct LibraryModel<
  Shape: TinyShape, Scheme: ReclamationScheme, Driver: DeviceExpelling
>: Model
where Scheme.P == SteppingMachine, Driver.P == SteppingMachine {
  /// The space that is worked on.
  package let space: AddressSpace<Tables<TinyFormat<Shape>, KernelHalf>, Scheme>

  /// The devices that share it.
  package let sharing: Sharing<Driver>

  /// The library, with devices that share its space.
  ///
  /// - Parameters:
  ///   - scheme: The scheme that frees tables.
  ///   - sharing: The devices.
  package init(_ scheme: Scheme, sharing: Sharing<Driver>) {
    space = AddressSpace(
      scheme: scheme, root: FrameNumber(FrameName.number(0)),
      emptyTables: scheme.platform.core.keepsEmptyTables ? .keep : .free)
    self.sharing = sharing
  }

  /// Performs an operation by the library's function of that name.
  package func perform(
    _ operation: Operation, on slot: Slot
  ) throws(Stop) -> Bool {
    let range = slot.range
    switch operation {
    // Cases are compared in order, so the most frequent come first.
    case .reclaim:
      try space.scheme.reclaim()
      return true
    case .unmap: return try space.unmap(range) == nil
    case .map:
      return try space.map(
        range, to: slot.target, attributes: .none, maxLeafLevel: 1) == nil
    case .mapCollapsing:
      return try space.mapCollapsing(
        range, to: slot.target, attributes: .none) == nil
    case .promote:
      return try space.map(
        range, to: slot.target, attributes: .none, maxLeafLevel: 2) == nil
    case .collapse:
      var unlinked = UnlinkedTables<SteppingMachine, KernelHalf>(
        on: space.platform)
      let outcome = try space.collapse(
        at: range.start, level: 2, into: &unlinked)
      try space.scheme.retire(unlinked)
      return outcome == nil
    case .split:
      return try space.split(
        at: range.start, level: 2, breaks: Shape.requiresBreakBeforeMake)
        == nil
    case .translate: return try space.translate(range.start) != nil
    case .bind:
      return try sharing.bind(
        slot.root(on: space.platform), to: slot.device,
        as: space.platform.core.layout.number(ofSpace: slot.pasid))
        == .bound
    case .unbind:
      return try sharing.unbind(
        slot.root(on: space.platform), from: slot.device,
        as: space.platform.core.layout.number(ofSpace: slot.pasid)) == .left
    case .expel: return try sharing.expel(slot.device) == .left
    case .mapList: return try mapList(slot)
    case .unmapList: return try unmapList(slot)
    case .mapReserved: return try mapReserved(slot)
    case .mapByCursor: return try mapByCursor(slot)
    case .unmapByCursor: return try unmapByCursor(slot)
    case .useByCursor: return try useByCursor(slot)
    case .useOnceByCursor: return try useByCursor(slot, times: 1)
    case .useTwiceByCursor: return try useByCursor(slot, times: 2)
    case .unmapWhole: return try unmapWhole(slot)
    case .mapLeafOverTable: return try mapLeafOverTable(slot)
    case .mapWritable:
      return try space.map(
        range, to: slot.target, attributes: .writable, maxLeafLevel: 1) == nil
    case .narrow:
      var revoked = LeafAttributes.none
      guard
        try space.protect(range, clearing: .writable, revoked: &revoked) == nil
      else { return false }
      // What the token of a narrowing is consumed by.
      return try sharing.invalidate().isEmpty
    // A space has one holder, whatever devices share it.
    case .end:
      guard slot.iommu == 0 else { return false }
      return try sharedSpace(of: slot).end() == nil
    default: throw space.platform.unknown(operation)
    }
  }
}

extension LibraryModel {
  /// The space from the root under which devices bind: its half is empty.
  private func sharedSpace(
    of slot: Slot
  ) -> AddressSpace<Tables<TinyUserFormat, UserHalf>, Scheme> {
    AddressSpace(
      scheme: space.scheme, root: slot.root(on: space.platform),
      emptyTables: .free)
  }
}

extension Slot {
  /// Its addresses.
  public var range: VirtualRange {
    VirtualRange(
      start: VirtualAddress(UInt64(firstPage) << FrameNumber.shift),
      size: UInt64(pageCount) << FrameNumber.shift)
  }

  /// The device that shares a space.
  public var device: Device { Device(iommu: iommu, requester: 0) }

  /// The number under which it does.
  public var pasidNumber: PASID { PASID(UInt32(pasid)) }

  /// The root of the space that it shares.
  ///
  /// - Parameter machine: The machine of the scenario.
  public func root(on machine: SteppingMachine) -> FrameNumber {
    machine.core.number(machine.core.layout.frames + pasid)
  }

  /// Where it is mapped to: memory that is not the machine's.
  public var target: PhysicalAddress {
    PhysicalAddress(UInt64(64 + firstPage) << FrameNumber.shift)
  }
}

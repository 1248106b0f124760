// SPDX-License-Identifier: Apache-2.0

/// A device that walks an address space, under a PASID or without one.
///
/// It is what ``Reclaimer/unbind(_:)`` takes, so a device cannot be unbound
/// twice, or under another PASID, or from another space. A binding that is
/// dropped traps hosted, and does not link in an Embedded release build.
@frozen
public struct DeviceBinding<Driver: IOMMUDriver>: ~Copyable, Sendable {
  @usableFromInline let platform: Driver.P

  /// The root that the device walks from; none once the binding is consumed.
  @usableFromInline var root: FrameNumber

  /// The device.
  public let device: Device

  /// The PASID of its requests, or the tag that stands for none.
  public let pasid: PASID

  @inlinable
  init(
    _ root: FrameNumber, to device: Device, as pasid: PASID,
    on platform: Driver.P
  ) {
    self.platform = platform
    self.root = root
    self.device = device
    self.pasid = pasid
  }

  @inlinable
  deinit {
    if root != .none { platform.dropped(.deviceBinding, holding: root) }
  }

  @inlinable
  @inline(__always)
  consuming func consumed() {
    root = .none
  }

  /// Moves the binding into a place that holds none: a field of a process.
  ///
  /// An assignment may drop what was there before, so it does not link in an
  /// Embedded release build. This traps instead.
  ///
  /// - Parameter place: Where the kernel keeps the binding.
  /// - Precondition: The place is nil.
  @inlinable
  @inline(__always)
  public consuming func move(into place: inout Self?) {
    if place != nil { fatalError("the place holds a binding already") }
    let (root, device, pasid, platform) = (root, device, pasid, platform)
    consumed()
    unsafe withUnsafeMutablePointer(to: &place) {
      unsafe $0.initialize(
        to: Self(root, to: device, as: pasid, on: platform))
    }
  }
}

/// Why a device could not be bound; nothing has changed.
@frozen
public struct BindError: Error, Equatable, BitwiseCopyable, Sendable {
  /// The reason.
  public let outcome: BindOutcome

  /// The device.
  public let device: Device

  /// The PASID, or the tag that stands for none.
  public let pasid: PASID

  /// The error that says why `device` was not bound under `pasid`.
  @inlinable
  init(_ outcome: BindOutcome, _ device: Device, _ pasid: PASID) {
    self.outcome = outcome
    self.device = device
    self.pasid = pasid
  }
}

extension Reclaimer where Driver.P.Interruption == Never {
  /// Lets a device walk a process's tables, the kernel half included, by
  /// requests that carry a PASID.
  ///
  /// Any number of devices, behind any IOMMUs, may share one space, all under
  /// the same PASID. The first walk of the device sees everything that was
  /// written before. Sleeps.
  ///
  /// - Parameters:
  ///   - device: A device that the driver knows.
  ///   - space: The process's space.
  ///   - pasid: Its PASID: not 0, and of no more bits than the IOMMU looks up.
  /// - Returns: The binding, for ``unbind(_:)``.
  /// - Throws: ``BindError``.
  /// - Complexity: O(devices behind the IOMMU), and a drain.
  @inlinable
  public func bind<Format: PageTableFormat>(
    _ device: Device, to space: borrowing UserSpace<Format, Self>,
    as pasid: PASID
  ) throws(BindError) -> DeviceBinding<Driver>
  where Format.Walked == Driver.Format {
    try bind(device, toSpaceFrom: space.root, as: pasid)
  }

  /// Lets a device walk a process's tables, the kernel half included, by
  /// requests without a PASID.
  ///
  /// - Parameters:
  ///   - device: A device that the driver knows.
  ///   - space: The process's space.
  ///   - tag: What the IOMMU marks the space's translations with: one that no
  ///     other space has. See ``PASID/without(tag:)``.
  /// - Returns: The binding, for ``unbind(_:)``.
  /// - Throws: ``BindError``.
  /// - Complexity: O(devices behind the IOMMU), and a drain.
  @inlinable
  public func bindWithoutPASID<Format: PageTableFormat>(
    _ device: Device, to space: borrowing UserSpace<Format, Self>,
    tag: UInt16
  ) throws(BindError) -> DeviceBinding<Driver>
  where Format.Walked == Driver.Format {
    try bind(device, toSpaceFrom: space.root, as: .without(tag: tag))
  }

  /// Lets a device walk the kernel's tables alone.
  ///
  /// - Parameters:
  ///   - device: A device that the driver knows.
  ///   - space: The kernel's space.
  ///   - pasid: Its PASID, or ``PASID/without(tag:)``.
  /// - Returns: The binding, for ``unbind(_:)``.
  /// - Throws: ``BindError``.
  /// - Complexity: O(devices behind the IOMMU), and a drain.
  @inlinable
  public func bind<Format: PageTableFormat>(
    _ device: Device, to space: KernelSpace<Format, Self>, as pasid: PASID
  ) throws(BindError) -> DeviceBinding<Driver>
  where Format.Walked == Driver.Format {
    try bind(device, toSpaceFrom: space.root, as: pasid)
  }

  @inlinable
  func bind(
    _ device: Device, toSpaceFrom root: FrameNumber, as pasid: PASID
  ) throws(BindError) -> DeviceBinding<Driver> {
    let outcome = bind(root, to: device, as: pasid)
    guard outcome == .bound else { throw BindError(outcome, device, pasid) }
    return DeviceBinding(root, to: device, as: pasid, on: platform)
  }

  /// Makes a device leave an address space, and waits until nothing of the
  /// space is cached for it.
  ///
  /// Sleeps, but not under a lock that the expulsion of a device needs.
  ///
  /// - Parameter binding: The binding; nil afterwards, and unchanged if it
  ///   throws. Nil is left as it is.
  /// - Throws: ``UnansweredError`` if the IOMMU did not answer: the device begins
  ///   no walk any more, but the space counts as shared until this is called
  ///   again, or the device was expelled and this is called again.
  /// - Complexity: O(shared spaces + devices behind the IOMMU), and a drain.
  @inlinable
  public func unbind(
    _ binding: inout DeviceBinding<Driver>?
  ) throws(UnansweredError) {
    guard let root = binding?.root, let device = binding?.device,
      let pasid = binding?.pasid
    else { return }
    // Not bound: the device was expelled.
    if unbind(root, from: device, as: pasid) == .unanswered {
      throw UnansweredError(iommus: IOMMUSet(of: device.iommu))
    }
    binding.take()?.consumed()
  }

  /// Makes a device leave every address space without its help, when it or its
  /// IOMMU does not answer any more.
  ///
  /// The completed removal stands for the answers that never came: the worker
  /// is scheduled, and releases the tables that were parked for the device. The
  /// device's bindings are then to be unbound, which needs no answer.
  ///
  /// Sleeps, but not under a lock that other expulsions need.
  ///
  /// - Parameter device: A device that the driver knows.
  /// - Throws: ``UnansweredError`` if the IOMMU does not answer even for an empty
  ///   queue; call again.
  /// - Complexity: O(shared spaces x devices behind the IOMMU), and a drain.
  @inlinable
  public func expel(
    _ device: Device
  ) throws(UnansweredError) where Driver: DeviceExpelling {
    if makeLeave(device) == .unanswered {
      throw UnansweredError(iommus: IOMMUSet(of: device.iommu))
    }
  }
}

// SPDX-License-Identifier: Apache-2.0

/// Speaks to the IOMMUs of a machine in their own language.
///
/// **Guarantee.** When ``wait(for:on:)`` returns true, the IOMMU has dropped
/// whatever the requests before the ticket's ``fence(_:)`` name, and no walk
/// or access that used it is under way. A translation that devices cache is
/// dropped after the one it could be filled from again.
///
/// All calls but ``wait(for:on:)`` and ``DeviceExpelling/abandon(_:)`` are made
/// under the sharing lock.
public protocol IOMMUDriver: BitwiseCopyable, Sendable {
  /// The machine it runs on.
  associatedtype P: Platform

  /// The format of the tables that the IOMMUs walk.
  associatedtype Format: PageTableFormat

  /// The machine it runs on.
  var platform: P { get }

  /// The addresses of the kernel half, which every address space shares.
  var kernelHalf: VirtualRange { get }

  /// Whether devices walk the kernel half; if not, no IOMMU is asked to forget
  /// anything of it.
  var walksKernelHalf: Bool { get }

  // MARK: Members

  /// Lets a device walk from `root` under `pasid`.
  ///
  /// What others wrote before is visible to its first walk, and nothing is
  /// cached for it yet.
  ///
  /// - Parameters:
  ///   - root: The root table of the address space.
  ///   - device: The device.
  ///   - pasid: The PASID of its requests, or a number of
  ///     ``PASID/without(tag:)``.
  /// - Returns: Whether the device may walk, or why the driver refuses it.
  /// - Throws: `Interruption`, where the platform stops the call in its middle.
  func attach(
    _ root: FrameNumber, to device: Device, as pasid: PASID
  ) throws(P.Interruption) -> BindOutcome

  /// Puts into the queue that the IOMMU drops what it cached of the entry that
  /// ``attach(_:to:as:)`` made present: that it is absent.
  ///
  /// - Parameters:
  ///   - device: The device.
  ///   - pasid: The PASID that it was attached under.
  /// - Returns: The ticket to wait with; nil if the IOMMU caches no such thing.
  /// - Throws: `Interruption`, where the platform stops the call in its middle.
  func dropAbsence(
    of device: Device, as pasid: PASID
  ) throws(P.Interruption) -> UInt64?

  /// Makes a device begin no new walk under `pasid`, and puts into the queue
  /// that its IOMMU is to forget that it could.
  ///
  /// What it cached of the address space stays until it is invalidated, and
  /// the PASID stays in use until ``forget(_:as:)``.
  ///
  /// - Parameters:
  ///   - device: The device.
  ///   - pasid: The PASID that it walks under.
  /// - Throws: `Interruption`, where the platform stops the call in its middle.
  func detach(
    _ device: Device, from pasid: PASID
  ) throws(P.Interruption)

  /// Frees the PASID for another address space on that device.
  ///
  /// - Parameters:
  ///   - device: The device.
  ///   - pasid: The PASID that it was detached from.
  /// - Throws: `Interruption`, where the platform stops the call in its middle.
  /// - Precondition: The device was detached, and an invalidation of all its
  ///   addresses completed since.
  func forget(_ device: Device, as pasid: PASID) throws(P.Interruption)

  /// Whether some device behind an IOMMU was attached under `pasid` and is not
  /// forgotten.
  ///
  /// - Parameters:
  ///   - pasid: The PASID.
  ///   - iommu: The number of the IOMMU.
  /// - Throws: `Interruption`, where the platform stops the call in its middle.
  func isAttached(
    _ pasid: PASID, on iommu: Int
  ) throws(P.Interruption) -> Bool

  /// Whether a device was attached to the space from `root` under `pasid` and
  /// is not forgotten.
  ///
  /// - Parameters:
  ///   - device: The device.
  ///   - root: The root table of the address space.
  ///   - pasid: The PASID.
  /// - Throws: `Interruption`, where the platform stops the call in its middle.
  func isAttached(
    _ device: Device, to root: FrameNumber, as pasid: PASID
  ) throws(P.Interruption) -> Bool

  // MARK: What they are to forget

  /// Whether one request can cover all address spaces that devices behind
  /// `iommu` walk.
  ///
  /// - Parameter iommu: The number of the IOMMU.
  /// - Throws: `Interruption`, where the platform stops the call in its middle.
  func mergesSpaces(on iommu: Int) throws(P.Interruption) -> Bool

  /// Puts a request into the queue of an IOMMU, which may take notice of it only
  /// at the next ``fence(_:)``. Does not wait for it.
  ///
  /// - Parameters:
  ///   - request: What the IOMMU is to forget.
  ///   - iommu: The number of the IOMMU.
  /// - Throws: `Interruption`, where the platform stops the call in its middle.
  func submit(
    _ request: InvalidationRequest, to iommu: Int
  ) throws(P.Interruption)

  /// Puts a wait into the queue of an IOMMU, after all that was submitted
  /// before, and returns the ticket to wait with.
  ///
  /// - Parameter iommu: The number of the IOMMU.
  /// - Returns: The ticket, for ``wait(for:on:)``.
  /// - Throws: `Interruption`, where the platform stops the call in its middle.
  func fence(_ iommu: Int) throws(P.Interruption) -> UInt64

  /// Waits until the IOMMU reached the ticket; false if it failed on the way.
  /// Sleeps.
  ///
  /// - Parameters:
  ///   - ticket: A ticket of ``fence(_:)``.
  ///   - iommu: The number of the IOMMU that gave it.
  /// - Returns: Whether the IOMMU completed all requests before the ticket.
  /// - Throws: `Interruption`, where the platform stops the call in its middle.
  func wait(for ticket: UInt64, on iommu: Int) throws(P.Interruption) -> Bool
}

extension IOMMUDriver {
  /// True: an address space has one root, which leads to both halves.
  @inlinable
  public var walksKernelHalf: Bool { true }

  /// Nil: an entry that is absent is not cached.
  @inlinable
  public func dropAbsence(of device: Device, as pasid: PASID) -> UInt64? { nil }
}

/// A driver that can make a device leave without the device's help.
public protocol DeviceExpelling: IOMMUDriver {
  /// Detaches a device from every PASID without its help, for good: what it
  /// cached by itself can reach memory no more. Its IOMMU starts over with an
  /// empty queue and a command to forget everything.
  ///
  /// - Parameter device: The device.
  /// - Throws: `Interruption`, where the platform stops the call in its middle.
  func isolate(_ device: Device) throws(P.Interruption)

  /// Frees every PASID of a device that was isolated.
  ///
  /// - Parameter device: The device.
  /// - Throws: `Interruption`, where the platform stops the call in its middle.
  /// - Precondition: What ``isolate(_:)`` put into the queue has completed.
  func remove(_ device: Device) throws(P.Interruption)

  /// Makes a caller that waits for room in the queue of an IOMMU, under the
  /// sharing lock, give up at once, and every ticket void that was given out.
  ///
  /// The only call that ``isolate(_:)`` needs before it: an IOMMU that does not
  /// answer then delays nobody. Made without the sharing lock.
  ///
  /// - Parameter iommu: The number of the IOMMU.
  /// - Throws: `Interruption`, where the platform stops the call in its middle.
  func abandon(_ iommu: Int) throws(P.Interruption)
}

extension DeviceExpelling {
  /// Nothing: no caller waits under the sharing lock.
  ///
  /// - Parameter iommu: The number of the IOMMU.
  @inlinable
  public func abandon(_ iommu: Int) {}
}

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

  // MARK: Who may walk

  /// Lets a device walk from `root` under `pasid`.
  ///
  /// What others wrote before is visible to its first walk, and nothing is
  /// cached for it yet.
  func attach(
    _ root: FrameNumber, to device: Device, as pasid: PASID
  ) throws(P.Interruption) -> BindOutcome

  /// Makes a device begin no new walk under `pasid`, and puts into the queue
  /// that its IOMMU is to forget that it could.
  ///
  /// What it cached of the address space stays until it is invalidated, and
  /// the PASID stays in use until ``forget(_:as:)``.
  func detach(
    _ device: Device, from pasid: PASID
  ) throws(P.Interruption)

  /// Frees the PASID for another address space on that device.
  ///
  /// - Precondition: The device was detached, and an invalidation of all its
  ///   addresses completed since.
  func forget(_ device: Device, as pasid: PASID) throws(P.Interruption)

  /// Whether some device behind an IOMMU was attached under `pasid` and is not
  /// forgotten.
  func isAttached(
    _ pasid: PASID, on iommu: Int
  ) throws(P.Interruption) -> Bool

  /// Whether a device was attached to the space from `root` under `pasid` and
  /// is not forgotten.
  func isAttached(
    _ device: Device, to root: FrameNumber, as pasid: PASID
  ) throws(P.Interruption) -> Bool

  // MARK: What they are to forget

  /// Whether one request can cover all address spaces that devices behind
  /// `iommu` walk.
  func mergesSpaces(on iommu: Int) throws(P.Interruption) -> Bool

  /// Puts a request into the queue of an IOMMU, which may take notice of it only
  /// at the next ``fence(_:)``. Does not wait for it.
  func submit(
    _ request: InvalidationRequest, to iommu: Int
  ) throws(P.Interruption)

  /// Puts a wait into the queue of an IOMMU, after all that was submitted
  /// before, and returns the ticket to wait with.
  func fence(_ iommu: Int) throws(P.Interruption) -> UInt64

  /// Waits until the IOMMU reached the ticket; false if it failed on the way.
  /// Sleeps.
  func wait(for ticket: UInt64, on iommu: Int) throws(P.Interruption) -> Bool
}

/// A driver that can make a device leave without the device's help.
public protocol DeviceExpelling: IOMMUDriver {
  /// Detaches a device from every PASID without its help, for good: what it
  /// cached by itself can reach memory no more. Its IOMMU starts over with an
  /// empty queue, and is told to forget everything.
  func isolate(_ device: Device) throws(P.Interruption)

  /// Frees every PASID of a device that was isolated.
  ///
  /// - Precondition: What ``isolate(_:)`` put into the queue has completed.
  func remove(_ device: Device) throws(P.Interruption)

  /// Makes a caller that waits for room in the queue of an IOMMU, under the
  /// sharing lock, give up at once, and every ticket void that was given out.
  ///
  /// The only call that ``isolate(_:)`` needs before it: an IOMMU that does not
  /// answer then delays nobody. Made without the sharing lock.
  func abandon(_ iommu: Int) throws(P.Interruption)
}

extension DeviceExpelling {
  /// Nothing: no caller waits under the sharing lock.
  @inlinable
  public func abandon(_ iommu: Int) {}
}

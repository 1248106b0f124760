// SPDX-License-Identifier: Apache-2.0

/// Which address spaces are shared with devices.
///
/// The list of them runs through the descriptors of their roots, so there can
/// be any number; which devices share one is in the IOMMUs' own tables. It is
/// read and changed under the sharing lock.
///
/// # Joining, leaving, and nobody
///
/// **Joining.** A walker is announced, by a full fence, before its PASID goes
/// live, and it starts cold. So either the CPU that cleared an entry sees the
/// announcement, or the walker's first walk sees the cleared entry. The same
/// holds for a second device, a PASID that is used again, and a device back
/// from a reset: each is a bind.
///
/// **Leaving.** A walker is withdrawn after an invalidation of all it could
/// have cached completed, submitted after its PASID was dead. If that one
/// fails, the walker stays a member: it is asked again with everyone.
///
/// **Nobody shares** is read after the entry was cleared, by the CPU that
/// cleared it: the clearing is a full fence. It spares the IOMMUs, never the
/// CPUs and the readers.
@frozen
public struct Sharing<Driver: IOMMUDriver>: BitwiseCopyable, Sendable {
  /// The machine it runs on.
  public typealias P = Driver.P

  /// How the IOMMUs are spoken to.
  public let driver: Driver

  /// The sharing of the machine that `driver` speaks to.
  ///
  /// - Parameter driver: The driver of the machine's IOMMUs.
  @inlinable
  public init(driver: Driver) {
    self.driver = driver
  }

  /// The machine it runs on.
  @inlinable
  public var platform: P { driver.platform }

  /// Whether no device shares any address space, or none walks the kernel half.
  ///
  /// Worth something to a CPU that cleared an entry before, by an access that
  /// is a full fence: then no walker will find what the entry led to.
  ///
  /// - Throws: `Interruption`, where the platform stops the call in its middle.
  /// - Complexity: O(1)
  @inlinable
  public func isUnused() throws(P.Interruption) -> Bool {
    if !driver.walksKernelHalf { return true }
    return try platform.load(.sharedSpaces) == 0
  }

  /// Calls `body` with every binding, the latest first.
  ///
  /// The caller holds the sharing lock.
  ///
  /// - Parameter body: Receives each address space that devices share.
  /// - Throws: What `body` throws.
  /// - Complexity: O(shared spaces)
  @inlinable
  public func forEachBinding(
    _ body: (Binding) throws(P.Interruption) -> Void
  ) throws(P.Interruption) {
    var root = try firstSpace()
    while root != .none {
      try body(binding(of: root))
      // Guard: every-space-is-asked
      root = try platform.link(of: root)
    }
  }

  /// The root of the space that was shared last, whose link leads to the next;
  /// or none.
  ///
  /// The caller holds the sharing lock.
  @inlinable
  func firstSpace() throws(P.Interruption) -> FrameNumber {
    FrameNumber(listHead: try platform.load(.sharedSpaces))
  }

  /// Under which PASID which IOMMUs walk from `root`.
  ///
  /// The caller holds the sharing lock.
  @inlinable
  func binding(of root: FrameNumber) throws(P.Interruption) -> Binding {
    Binding(rawValue: try platform.load(.binding, of: root))
  }

  /// Counts one more device behind `iommu` that may walk from `root` under
  /// `pasid`, before it does.
  ///
  /// The caller holds the sharing lock.
  ///
  /// - Precondition: The space is not shared under another PASID.
  @inlinable
  func announce(
    _ root: FrameNumber, as pasid: PASID, on iommu: Int
  ) throws(P.Interruption) {
    let platform = platform
    let before = try binding(of: root)
    var iommus = before.iommus
    // Guard: second-iommu-is-announced
    iommus.insert(iommu)
    try platform.store(
      Binding(pasid: pasid, iommus: iommus, devices: before.devices &+ 1)
        .rawValue, to: .binding, of: root)
    guard before.iommus.isEmpty else { return }
    let first = try platform.load(.sharedSpaces)
    try platform.setLink(FrameNumber(listHead: first), of: root)
    // A full fence: pairs with the clearing of an entry, before which a caller
    // that retires without the lock reads whether a device shares.
    _ = try platform.exchange(root.listHead, at: .sharedSpaces)
  }

  /// Counts one device behind `iommu` fewer that walks from `root`; its IOMMU
  /// is asked no more once it has no such device, and the space is no longer
  /// shared once no IOMMU is.
  ///
  /// The device has nothing of the space cached. The caller holds the sharing
  /// lock.
  ///
  /// - Complexity: O(shared spaces)
  @inlinable
  func withdraw(
    _ root: FrameNumber, from iommu: Int
  ) throws(P.Interruption) {
    let platform = platform
    let before = try binding(of: root)
    guard before.iommus.contains(iommu) else { return }
    let devices = before.devices &- 1
    var iommus = before.iommus
    if devices == 0 {
      iommus = .none
    } else if try !driver.isAttached(before.pasid, on: iommu) {
      iommus.remove(iommu)
    }
    guard iommus.isEmpty else {
      try platform.store(
        before.with(iommus: iommus, devices: devices).rawValue, to: .binding,
        of: root)
      return
    }
    try platform.store(0, to: .binding, of: root)
    let next = try platform.link(of: root)
    var frame = try firstSpace()
    if frame == root {
      _ = try platform.exchange(next.listHead, at: .sharedSpaces)
      return
    }
    while try platform.link(of: frame) != root {
      frame = try platform.link(of: frame)
    }
    try platform.setLink(next, of: frame)
  }
}

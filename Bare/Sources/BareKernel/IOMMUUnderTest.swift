package import Fallow

/// What an IOMMU reports of a request that it refused.
package struct DeviceFault: Equatable {
  /// The address that was asked for.
  package var address: VirtualAddress

  /// Why, in the IOMMU's own numbers.
  package var reason: UInt64

  /// A fault at `address`.
  package init(address: VirtualAddress, reason: UInt64) {
    self.address = address
    self.reason = reason
  }
}

/// What a test does to an IOMMU behind its driver's back.
package protocol IOMMUUnderTest {
  /// Takes the oldest report of a refused request; nil if there is none.
  func takeFault() -> DeviceFault?

  /// The reason that says that nothing is mapped.
  var unmapped: UInt64 { get }

  /// Whether an invalidation of a kernel page drops it in one space alone: not
  /// where the leaves may be global.
  var dropsKernelPagesBySpace: Bool { get }

  /// Makes it stumble over a command that does not exist.
  func breakQueue()

  /// Makes it take no commands any more.
  func stopQueue()

  /// Where the word of a device's context is that says that it is valid.
  func context(of requester: UInt16) -> PhysicalAddress

  /// What ``cachedPage(of:)`` is called, freed.
  var freedPage: StaticString { get }

  /// The page whose address the IOMMU keeps in its context cache, and that
  /// leads it to the device's tables: the root, or a PASID directory.
  func cachedPage(of requester: UInt16) -> FrameNumber

  /// Writes an entry that leads to another root into that page, as its next
  /// owner might.
  func plant(_ root: FrameNumber, in page: FrameNumber)
}

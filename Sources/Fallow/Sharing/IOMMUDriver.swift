/// Speaks to the IOMMUs of a machine in their own language.
///
/// **Guarantee.** When ``wait(for:on:)`` returns true, the IOMMU has dropped
/// whatever the requests before the ticket's ``fence(_:)`` name, and no walk
/// or access that used it is under way.
public protocol IOMMUDriver: BitwiseCopyable, Sendable {
  /// The machine it runs on.
  associatedtype P: Platform

  /// The machine it runs on.
  var platform: P { get }

  /// The addresses of the kernel half, which every address space shares.
  var kernelHalf: VirtualRange { get }

  /// Puts a request into the queue of an IOMMU. Does not wait.
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

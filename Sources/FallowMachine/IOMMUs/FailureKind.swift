// SPDX-License-Identifier: Apache-2.0

/// What can go wrong with an invalidation.
public enum FailureKind: String, CaseIterable, Codable, Sendable {
  /// The IOMMU takes a descriptor for one that is not valid, and stops there:
  /// IQE.
  case descriptor
  /// A device does not answer an invalidation of its own TLB in time: ITE. The
  /// waits that the IOMMU has fetched by then are aborted.
  case device
  /// The IOMMU comes to a wait later than anybody's patience lasts.
  case late
  /// The IOMMU stops in the middle of its queue, until that is switched off and
  /// on again.
  case stuck
}

/// How often an invalidation fails.
public struct FailureRate: Equatable, Sendable {
  /// What happens.
  public var kind: FailureKind
  /// With which probability, for each descriptor that it can happen to.
  public var probability: Double

  /// `kind` with that probability, 0 to 1.
  ///
  /// - Parameters:
  ///   - kind: The failure.
  ///   - probability: How often it happens, from 0 to 1.
  public init(_ kind: FailureKind, probability: Double) {
    self.kind = kind
    self.probability = probability
  }
}

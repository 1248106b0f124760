// SPDX-License-Identifier: Apache-2.0

/// What VT-d tags the translations of an address space with.
@frozen
@usableFromInline
struct VTdSpace: Equatable, BitwiseCopyable, Sendable {
  /// The index of the PASID table entry: a PASID, or RID_PASID, 0, for requests
  /// without one.
  @usableFromInline let pasid: UInt32

  /// The domain.
  @usableFromInline let domain: UInt16

  /// The tags of the space that devices reach under `number`.
  ///
  /// Spaces that are reached by a PASID have one domain, as with Linux's SVA;
  /// each that is reached without one has its own, since its translations have
  /// no other mark. Domain 0 is reserved in caching mode.
  @inlinable
  init(_ number: PASID) {
    if let tag = number.tagWithoutPASID {
      pasid = 0
      domain = 2 &+ tag
    } else {
      pasid = number.rawValue
      domain = 1
    }
  }

  /// The tags as fields of a descriptor.
  @inlinable
  var fields: UInt64 {
    VTdDescriptor.Field.domain(UInt64(domain))
      | VTdDescriptor.Field.pasid(UInt64(pasid))
  }
}

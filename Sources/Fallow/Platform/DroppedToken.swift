// SPDX-License-Identifier: Apache-2.0

/// The kinds of tokens that must not be dropped while they hold something.
@frozen
public enum DroppedToken: UInt8, BitwiseCopyable, Sendable {
  /// A ``ConstructedTable`` that was not linked.
  case constructedTable
  /// ``UnlinkedTables`` that were not retired.
  case unlinkedTables
  /// A ``Batch`` that was not invalidated.
  case batch
  /// An ``InvalidatedBatch`` that was not divided into what is released and
  /// what is parked.
  case invalidatedBatch
  /// A ``ReleasableBatch`` that was not released.
  case releasableBatch
  /// A ``StaleRange`` that was not invalidated until it was empty.
  case staleRange
  /// ``ReservedFrames`` that were not given back.
  case reservedFrames
  /// A ``Cursor`` that was not finished.
  case cursor
  /// A ``UserSpace`` that was not ended.
  case userSpace
  /// A ``DeviceBinding`` that was not unbound.
  case deviceBinding
}

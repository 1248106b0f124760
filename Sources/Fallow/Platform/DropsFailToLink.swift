// SPDX-License-Identifier: Apache-2.0

/// A kernel that does not link if it can drop a token.
///
/// **What it promises.** Built Embedded and optimized, each way through the
/// kernel on which a token is dropped while it may hold something leaves a call
/// of a function that is defined nowhere. Its name says which kind of token is
/// dropped and what to do instead, and the linker names the object and the
/// function that drops it:
///
///     ld.lld: error: undefined symbol: a_StaleRange_is_dropped_invalidate_it_until_it_is_empty
///     >>> referenced by MyKernel.swift:30
///
/// Where the compiler proves that a token holds nothing, nothing is left. No C
/// header declares the functions.
///
/// A build that is not optimized keeps every such call, on ways that are never
/// taken too. It links, and a token that is dropped in it stops the kernel by
/// ``LifecycleFault/droppedToken``. So does a hosted build. Swift 6.3.1 without
/// optimization does not run the `deinit` of every generic token: only an
/// optimized Embedded build finds all of them.
public protocol DropsFailToLink: Interruptible where Interruption == Never {}

extension DropsFailToLink {
  /// Stops the kernel: no token that says its kind comes here.
  @inlinable
  public func dropped(_ frame: FrameNumber) {
    fault(.droppedToken, at: frame)
  }

  /// Calls the undefined function that is named after the token.
  @inlinable
  @inline(__always)
  public func dropped(_ token: DroppedToken, holding frame: FrameNumber) {
    #if hasFeature(Embedded) && !DEBUG
      switch token {
      case .constructedTable: aConstructedTableIsDropped()
      case .unlinkedTables: unlinkedTablesAreDropped()
      case .batch: aBatchIsDropped()
      case .invalidatedBatch: anInvalidatedBatchIsDropped()
      case .releasableBatch: aReleasableBatchIsDropped()
      case .staleRange: aStaleRangeIsDropped()
      case .reservedFrames: reservedFramesAreDropped()
      case .cursor: aCursorIsDropped()
      case .userSpace: aUserSpaceIsDropped()
      case .deviceBinding: aDeviceBindingIsDropped()
      }
    #else
      fault(.droppedToken, at: frame)
    #endif
  }
}

#if hasFeature(Embedded) && !DEBUG
  @_silgen_name("a_ConstructedTable_is_dropped_link_it_or_free_it")
  @usableFromInline func aConstructedTableIsDropped()

  @_silgen_name("an_UnlinkedTables_is_dropped_retire_it")
  @usableFromInline func unlinkedTablesAreDropped()

  @_silgen_name("a_Batch_is_dropped_invalidate_it")
  @usableFromInline func aBatchIsDropped()

  @_silgen_name("an_InvalidatedBatch_is_dropped_release_it")
  @usableFromInline func anInvalidatedBatchIsDropped()

  @_silgen_name("a_ReleasableBatch_is_dropped_release_it")
  @usableFromInline func aReleasableBatchIsDropped()

  @_silgen_name("a_StaleRange_is_dropped_invalidate_it_until_it_is_empty")
  @usableFromInline func aStaleRangeIsDropped()

  @_silgen_name("a_ReservedFrames_is_dropped_giveBack_what_is_left")
  @usableFromInline func reservedFramesAreDropped()

  @_silgen_name("a_Cursor_is_dropped_finish_it")
  @usableFromInline func aCursorIsDropped()

  @_silgen_name("a_UserSpace_is_dropped_end_it")
  @usableFromInline func aUserSpaceIsDropped()

  @_silgen_name("a_DeviceBinding_is_dropped_unbind_it")
  @usableFromInline func aDeviceBindingIsDropped()
#endif

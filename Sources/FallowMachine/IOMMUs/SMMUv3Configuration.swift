// SPDX-License-Identifier: Apache-2.0

/// What an SMMUv3 can do, what it caches, and which errata it has.
///
/// Rules as Linux's driver relies on them, in words of the Arm System Memory
/// Management Unit Architecture Specification, IHI 0070; the text of it was not
/// at hand.
public struct SMMUv3Configuration: Equatable, Sendable {
  // MARK: Capabilities

  /// The width of stream numbers: IDR1.SIDSIZE.
  public var streamBits: UInt64 = 16

  /// Whether stream tables may have two levels: IDR0.ST_LEVEL.
  public var hasTwoLevelStreams = true

  /// The width of substream numbers: IDR1.SSIDSIZE.
  public var substreamBits: UInt64 = 20

  /// Whether tables of contexts may have two levels: IDR0.CD2L.
  public var hasTwoLevelContexts = true

  /// Whether ASIDs have 16 bits, not 8: IDR0.ASID16.
  public var hasWideTags = true

  /// Which flags a walk may update: IDR0.HTTU.
  ///
  /// 0 none, 1 accessed, 2 dirty too, 3 those and accessed of table descriptors.
  public var updates: UInt64 = 2

  /// Whether walks set the accessed flag of table descriptors: FEAT_HAFT, with
  /// 3 in ``updates``.
  public var marksTables = false

  // MARK: Cache rules

  /// Whether configurations are cached: allowed.
  public var cachesContexts = true

  /// Whether it is cached that a stream or a context is not valid: allowed.
  public var cachesInvalidContexts = true

  /// Whether an invalidation of an ASID spares global leaves: demanded of
  /// software to expect.
  public var spaceSparesGlobalLeaves = true

  /// Whether an invalidation of leaves spares pointers to tables: allowed.
  public var leafSparesTables = true

  /// Whether the CPUs' broadcast invalidations reach it, unless CR2.PTM is set:
  /// IDR0.BTM.
  public var hasBroadcasts = false

  // MARK: Errata

  /// Whether an invalidation that races traffic may keep what it names: every
  /// one is to be sent twice, with a CMD_SYNC after each.
  public var keepsWhatIsInvalidatedOnce = false

  /// All that the architecture demands and allows, and no erratum.
  public init() {}
}

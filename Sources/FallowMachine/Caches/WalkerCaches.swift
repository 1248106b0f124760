// SPDX-License-Identifier: Apache-2.0

import Fallow

/// The caches of one walker: leaves of all sizes in one, pointers to tables
/// in one for each level.
///
/// A view, as small as two slabs are: it is handed from call to call for each
/// request.
struct WalkerCaches: BitwiseCopyable {
  // That of leaves, then those of entries of tables of level 2 and up.
  private let caches: FixedBuffer<TranslationCache>
  // How many leaves of each size were ever cached: no need to look for a size
  // that nobody uses.
  private let sizes: FixedBuffer<UInt64>

  /// Empty caches.
  init(leaves: Int, structures: Int, seed: UInt64, stream: UInt64) {
    func cache(_ capacity: Int, _ number: UInt64) -> TranslationCache {
      TranslationCache(
        capacity: capacity,
        random: RandomNumbers(seed: seed, stream: stream &* 8 &+ number))
    }
    caches = FixedBuffer(
      repeating: cache(leaves, 1), count: X86FourLevel.levels)
    for level in 2...X86FourLevel.levels {
      caches[level - 1] = cache(structures, UInt64(level))
    }
    sizes = FixedBuffer(repeating: 0, count: X86FourLevel.levels + 1)
  }

  /// The IOTLB of an IOMMU, the TLB of a CPU.
  @inline(__always)
  var leaves: TranslationCache { caches[0] }

  /// The paging-structure cache of entries of tables of `level`, 2 to 4.
  @inline(__always)
  func structures(_ level: Int) -> TranslationCache { caches[level &- 1] }

  /// The leaf that translates `address`, and its level.
  @inline(__always)
  func findLeaf(
    _ tag: UInt32, _ address: VirtualAddress
  ) -> (entry: CachedEntry, level: Int)? {
    for level in 1...X86FourLevel.levels where sizes[level] > 0 {
      let key = CacheKey(tag: tag, address: address, level: level)
      if let entry = leaves.find(key) { return (entry, level) }
    }
    return nil
  }

  /// Caches a leaf of `level`.
  func insertLeaf(
    _ entry: CachedEntry, _ tag: UInt32, _ address: VirtualAddress, level: Int
  ) {
    sizes[level] &+= 1
    leaves.insert(
      entry, for: CacheKey(tag: tag, address: address, level: level))
  }

  /// Drops paging-structure entries.
  func removeStructures(where body: (CacheKey) -> Bool) {
    for level in 2...X86FourLevel.levels {
      structures(level).removeAll(where: body)
    }
  }

  /// Gives the memory back.
  func deallocate() {
    for index in 0..<caches.count { caches[index].deallocate() }
    caches.deallocate()
    sizes.deallocate()
  }
}

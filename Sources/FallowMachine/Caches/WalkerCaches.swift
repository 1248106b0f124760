import Fallow

/// The caches of one walker: leaves of all sizes in one, pointers to tables
/// in one for each level.
struct WalkerCaches: BitwiseCopyable {
  /// The IOTLB of an IOMMU, the TLB of a CPU.
  let leaves: TranslationCache

  private let level2: TranslationCache
  private let level3: TranslationCache
  private let level4: TranslationCache
  // How many leaves of each size were ever cached: no need to look for a size
  // that nobody uses.
  private let sizes: Slab<UInt64>

  /// Empty caches.
  init(leaves: Int, structures: Int, seed: UInt64, stream: UInt64) {
    func cache(_ capacity: Int, _ number: UInt64) -> TranslationCache {
      TranslationCache(
        capacity: capacity,
        random: RandomNumbers(seed: seed, stream: stream &* 8 &+ number))
    }
    self.leaves = cache(leaves, 1)
    level2 = cache(structures, 2)
    level3 = cache(structures, 3)
    level4 = cache(structures, 4)
    sizes = Slab(repeating: 0, count: X86FourLevel.levels + 1)
  }

  /// The paging-structure cache of entries of tables of `level`, 2 to 4.
  @inline(__always)
  func structures(_ level: Int) -> TranslationCache {
    level == 2 ? level2 : level == 3 ? level3 : level4
  }

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
    level2.removeAll(where: body)
    level3.removeAll(where: body)
    level4.removeAll(where: body)
  }

  /// Gives the memory back.
  func deallocate() {
    leaves.deallocate()
    level2.deallocate()
    level3.deallocate()
    level4.deallocate()
    sizes.deallocate()
  }
}

// SPDX-License-Identifier: Apache-2.0

/// What a recording says about the tables it frees, beyond their place.
public struct Provenance: Equatable, Sendable {
  /// Frees for which descriptor and entry can be compared.
  public var checked = 0
  /// Of these, those that agree on where descriptors begin.
  public var agreeing = 0
  /// Frees of tables that a recorded split made.
  public var madeBySplit = 0
  /// Of these, those whose place is not the window that was split.
  public var splitWindowDiffers = 0
  /// Frees of tables that a recorded allocation made.
  public var madeByAllocation = 0
  /// Where the kernel's descriptors begin; nil if the recording does not say.
  public var descriptors: DescriptorMap?
}

/// Translates between frames and their descriptors, 64 bytes each.
public struct DescriptorMap: Hashable, Sendable {
  /// The address of frame 0's descriptor: the kernel's `vmemmap_base`.
  public var base: UInt64

  /// The bits of a table's entry that hold the next table's address.
  private static let addressBits: UInt64 = 0x000F_FFFF_FFFF_F000

  /// Finds the base from a table's descriptor and the entry that links it.
  ///
  /// - Parameters:
  ///   - descriptor: The virtual address of a table's descriptor.
  ///   - value: The entry that points to the table.
  public init(descriptor: UInt64, linkedBy value: UInt64) {
    base = descriptor &- ((value & Self.addressBits) >> 6)
  }

  /// The descriptor of the frame at a physical address.
  ///
  /// - Parameter address: A physical address.
  public func descriptor(ofFrameAt address: UInt64) -> UInt64 {
    base &+ ((address & Self.addressBits) >> 6)
  }

  /// The physical address of a descriptor's frame.
  ///
  /// - Parameter descriptor: The virtual address of a frame's descriptor.
  public func address(ofDescriptor descriptor: UInt64) -> UInt64 {
    (descriptor &- base) << 6
  }
}

extension Recording {
  /// Where the freed tables came from, as far as the recording shows.
  ///
  /// - Complexity: O(events)
  public var provenance: Provenance {
    var result = Provenance()
    result.descriptors = descriptorMap
    var allocated: Set<UInt64> = []
    if let map = result.descriptors {
      for event in events {
        guard let value = event.payload.allocatedValue else { continue }
        allocated.insert(map.descriptor(ofFrameAt: value))
      }
    }
    var split: [UInt64: UInt64] = [:]
    var replaced: [Int: UInt64] = [:]
    for (index, event) in events.enumerated() {
      switch event.payload {
      case .split(let address, let page, _, _):
        split[page] = address
      case .pmdFree(_, _, let value), .pudFree(_, _, let value):
        replaced[event.task] = value
      case .tableFree(let descriptor, _, let caller):
        if allocated.contains(descriptor) { result.madeByAllocation += 1 }
        let place = place(ofFreeAt: index)
        // Freed, the frame may come back as a table of another making.
        if let address = split.removeValue(forKey: descriptor) {
          result.madeBySplit += 1
          if !place.holds(address) { result.splitWindowDiffers += 1 }
        }
        guard let map = result.descriptors, place.isTop(of: caller),
          let value = replaced[event.task]
        else { continue }
        result.checked += 1
        if map == DescriptorMap(descriptor: descriptor, linkedBy: value) {
          result.agreeing += 1
        }
      default:
        break
      }
    }
    return result
  }

  /// Where descriptors begin, by the first table that shows it.
  private var descriptorMap: DescriptorMap? {
    var replaced: [Int: UInt64] = [:]
    for (index, event) in events.enumerated() {
      switch event.payload {
      case .pmdFree(_, _, let value), .pudFree(_, _, let value):
        replaced[event.task] = value
      case .tableFree(let descriptor, _, let caller):
        guard place(ofFreeAt: index).isTop(of: caller),
          let value = replaced[event.task]
        else { continue }
        return DescriptorMap(descriptor: descriptor, linkedBy: value)
      default:
        break
      }
    }
    return nil
  }
}

extension TraceEvent.Payload {
  /// The entry that a recorded allocation of a table left behind.
  fileprivate var allocatedValue: UInt64? {
    switch self {
    case .pteAlloc(_, let value), .pmdAlloc(_, _, let value),
      .pudAlloc(_, _, let value):
      value
    default:
      nil
    }
  }
}

extension Place {
  /// Whether `address` lies in the window.
  fileprivate func holds(_ address: UInt64) -> Bool {
    guard case .exact(let start, let level) = self else { return false }
    return level.window(of: address) == start
  }

  /// Whether the table is the one whose entry the caller's event showed.
  fileprivate func isTop(of caller: CallSite) -> Bool {
    guard case .exact(_, let level) = self else { return false }
    return caller.symbol == .pmdFreePTEPage
      || caller.symbol == .pudFreePMDPage && level == .pmd
  }
}

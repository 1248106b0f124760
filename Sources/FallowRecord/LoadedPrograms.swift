// SPDX-License-Identifier: Apache-2.0

internal import FallowRecordSystem

/// The maps and the programs in the kernel.
///
/// They live as long as their descriptors: when the process ends, however it
/// ends, the kernel drops them.
struct LoadedPrograms {
  /// The size of the ring in bytes: a power of two.
  let ringSize: Int

  private let object: ProgramObject
  private let maps: [Map: Descriptor]

  /// The maps, by the names that the programs give them.
  private enum Map: String, CaseIterable {
    case ring, settings, tables, hints, collapsed, scratch, recent
  }

  /// Types of maps, of `enum bpf_map_type` (linux/bpf.h).
  private enum MapType: UInt32 {
    case hash = 1
    case array = 2
    case perCPUArray = 6
    case ringBuffer = 27
  }

  /// Tables that can be on their way at once, and be followed.
  private static let tableLimit: UInt32 = 1 << 16
  /// Tasks that can be in a function that frees tables at once.
  private static let taskLimit: UInt32 = 1 << 12

  /// Creates the maps.
  ///
  /// - Parameter ringSize: The ring's size in bytes, a power of two.
  /// - Throws: ``RecordError/refused(what:reason:)``.
  init(ringSize: Int) throws(RecordError) {
    self.ringSize = ringSize
    object = try ProgramObject()
    var maps: [Map: Descriptor] = [:]
    for map in Map.allCases {
      maps[map] =
        switch map {
        case .ring:
          try Self.create(map, .ringBuffer, 0, 0, UInt32(ringSize))
        case .settings:
          try Self.create(
            map, .array, 4, UInt32(MemoryLayout<fallow_settings>.size), 1)
        case .tables, .collapsed:
          try Self.create(map, .hash, 8, 16, Self.tableLimit)
        case .hints: try Self.create(map, .hash, 8, 32, Self.taskLimit)
        case .scratch:
          try Self.create(
            map, .perCPUArray, 4, UInt32(MemoryLayout<fallow_event>.size), 1)
        case .recent: try Self.create(map, .array, 4, 8 * 1024, 1)
        }
    }
    self.maps = maps
  }

  private static func create(
    _ map: Map, _ type: MapType, _ key: UInt32, _ value: UInt32,
    _ entries: UInt32
  ) throws(RecordError) -> Descriptor {
    let number = unsafe fallow_map_create(
      type.rawValue, key, value, entries, "fallow_" + map.rawValue)
    guard number >= 0 else {
      throw .refused(what: "the map \(map)", reason: SystemFile.reason)
    }
    return Descriptor(owning: number)
  }

  /// The ring's descriptor.
  var ring: Int32 { number(.ring) }

  private func number(_ map: Map) -> Int32 { maps[map]?.number ?? -1 }

  /// Loads the program for a probe.
  ///
  /// - Throws: ``RecordError/refused(what:reason:)`` with the end of the
  ///   verifier's log.
  func load(_ name: String) throws(RecordError) -> Descriptor {
    let maps = Dictionary(
      uniqueKeysWithValues: maps.map { ($0.key.rawValue, $0.value.number) })
    let instructions = try object.instructions(of: name, maps: maps)
    var log = [CChar](repeating: 0, count: 1 << 18)
    let number = unsafe fallow_program_load(
      instructions, UInt32(instructions.count), object.license,
      "fallow_" + name, &log, UInt32(log.count))
    guard number >= 0 else {
      let reason = SystemFile.reason
      let text = String(
        decoding: log.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) },
        as: UTF8.self)
      let last = text.split(separator: "\n").suffix(3).joined(separator: "; ")
      throw .refused(
        what: "the program \(name)", reason: "\(reason): \(last)")
    }
    return Descriptor(owning: number)
  }

  /// The settings, and the counters that the programs keep.
  func readSettings() -> fallow_settings {
    var key: UInt32 = 0
    var value = fallow_settings()
    _ = unsafe fallow_map_lookup(number(.settings), &key, &value)
    return value
  }

  /// Changes the settings, before any probe is set.
  func write(_ value: fallow_settings) throws(RecordError) {
    var key: UInt32 = 0
    var value = value
    guard unsafe fallow_map_update(number(.settings), &key, &value) == 0 else {
      throw .refused(what: "the settings", reason: SystemFile.reason)
    }
  }
}

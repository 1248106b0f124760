// SPDX-License-Identifier: Apache-2.0

import Fallow

/// What a walker's use of a frame is judged by.
struct FrameStatus: BitwiseCopyable {
  /// What a frame is.
  enum Role: UInt8, BitwiseCopyable {
    case neverUsed
    case constructed
    case linked
    case unlinked
    case quarantined
    case parked
    case retained
    case released
    case nextOwner
    case free
    case nowhere
  }

  /// How often the frame was released.
  var generation: UInt32

  /// What the frame is.
  var role: Role

  /// The level of a table.
  var level: UInt8

  /// A frame that does not exist.
  static var nowhere: Self { Self(generation: 0, role: .nowhere, level: 0) }

  /// Whether it is a table that walkers may be in.
  @inline(__always)
  var isTable: Bool {
    role.rawValue >= Role.linked.rawValue
      && role.rawValue <= Role.parked.rawValue
  }

  /// Whether it is a table that is on its way out.
  @inline(__always)
  var isQuarantined: Bool {
    role.rawValue >= Role.unlinked.rawValue
      && role.rawValue <= Role.parked.rawValue
  }
}

extension FrameStatus.Role {
  /// Whether it is a table, between its construction and its release.
  var isInLife: Bool {
    rawValue >= Self.constructed.rawValue && rawValue <= Self.retained.rawValue
  }

  /// The role of a table in `state`.
  init(_ state: TableState) {
    self =
      switch state {
      case .constructed: .constructed
      case .linked: .linked
      case .unlinked: .unlinked
      case .quarantined: .quarantined
      case .parked: .parked
      case .released: .released
      case .retained: .retained
      }
  }
}

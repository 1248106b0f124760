// SPDX-License-Identifier: Apache-2.0

public import FallowMachine

/// What a replay adds to its recording: the devices, and what is not known.
public struct ReplayOptions: Sendable {
  /// How many address spaces are shared with devices.
  public var boundSpaces = 1
  /// How many IOMMUs there are; every space is shared on each.
  public var iommus = 1
  /// What the IOMMUs are.
  public var iommu = IOMMUName.vtd
  /// Requests a second that all devices issue together.
  public var requestsPerSecond: UInt64 = 100_000
  /// Whether devices issue requests of supervisor privilege.
  public var supervisorRequests = false
  /// How long an IOMMU takes for one descriptor, in nanoseconds.
  public var invalidationLatency: UInt64 = 1_000
  /// How long a worker takes to start once it is scheduled, in nanoseconds;
  /// nil for the recording's median.
  public var workerLatency: UInt64?
  /// For how long `fallow` gathers tables before its worker starts, in
  /// nanoseconds.
  public var window: UInt64 = 1_000_000
  /// From how many quarantined tables on `fallow` drains before it takes frames
  /// for tables.
  public var limit: UInt64 = .max
  /// What goes wrong with invalidations; nil if nothing does.
  public var failures: FailureRate?
  /// Whether tables are retired when the recording says that they were handed
  /// over, rather than when they were on the list.
  public var retiresAtEntry = false
  /// What every chance in the run is drawn from.
  public var seed: UInt64 = 1

  /// Whether devices have TLBs of their own: where those are to fail.
  var hasDeviceTLBs: Bool { failures?.kind == .device }

  /// The defaults.
  public init() {}
}

// SPDX-License-Identifier: Apache-2.0

internal import ArgumentParser
internal import FallowMachine
internal import FallowTrace

/// The machine that a recording is replayed on, and what drives it.
struct ReplayArguments: ParsableArguments {
  @Option(
    name: .customLong("bound"),
    help: ArgumentHelp(
      "Address spaces that are shared with devices.", valueName: "n"))
  var boundSpaces = 1

  @Option(
    help: ArgumentHelp(
      "IOMMUs; each space is shared on each.", valueName: "m"))
  var iommus = 1

  @Option(
    help: ArgumentHelp(
      """
      What the IOMMUs are: vtd, or riscv, whose devices walk the same tables in \
      the format Sv48.
      """, valueName: "kind"))
  var iommu = NameArgument(ReplayOptions().iommu)

  @Option(
    name: .customLong("dma"),
    help: ArgumentHelp(
      "Requests a second that all devices issue together.", valueName: "rate"))
  var requestsPerSecond: UInt64 = ReplayOptions().requestsPerSecond

  @Flag(
    help: """
      Let devices issue requests of supervisor privilege, which reach the \
      kernel's data.
      """)
  var supervisor = false

  @Option(
    help: ArgumentHelp(
      "How long an IOMMU takes for one descriptor.", valueName: "time"))
  var invalidationLatency = Nanoseconds(ReplayOptions().invalidationLatency)

  @Option(
    help: ArgumentHelp(
      """
      The time until a scheduled worker starts, where the recording does not \
      say. (default: the recording's median)
      """, valueName: "time"))
  var workerLatency: Nanoseconds?

  @Option(
    help: ArgumentHelp(
      "For how long fallow gathers tables before its worker starts.",
      valueName: "time"))
  var window = Nanoseconds(ReplayOptions().window)

  @Option(
    help: ArgumentHelp(
      """
      Quarantined tables from which on fallow drains before it takes frames \
      for tables. (default: no limit)
      """, valueName: "pages"))
  var limit: UInt64?

  @Option(
    help: ArgumentHelp(
      """
      Let invalidations fail: descriptor, device, late or stuck, with a \
      probability for each.
      """, valueName: "kind[:rate]"))
  var fail: ReplayFailure?

  @Flag(
    help: """
      Retire tables when they were handed over rather than when they were on \
      the list.
      """)
  var entryEvents = false

  @Option(
    help: ArgumentHelp(
      "What every chance is drawn from.", valueName: "s"))
  var seed: UInt64 = ReplayOptions().seed

  func validate() throws {
    guard Self.boundRange.contains(boundSpaces) else {
      throw ValidationError("--bound takes a number from 0 to 1024")
    }
    guard Self.iommuRange.contains(iommus) else {
      throw ValidationError("--iommus takes a number from 1 to 32")
    }
    guard requestsPerSecond <= 100_000_000 else {
      throw ValidationError("--dma takes a number up to 100000000")
    }
    guard invalidationLatency.value <= 1_000_000_000 else {
      throw ValidationError(
        "--invalidation-latency takes a time up to 1s")
    }
    guard window.value <= Self.longestWindow.value else {
      throw ValidationError("--window takes a time up to 1000s")
    }
    guard iommu.name.hasDeviceTLBs || fail?.rate.kind != .device else {
      throw ValidationError(
        "--fail device needs --iommu vtd: devices behind a RISC-V IOMMU have "
          + "no TLBs here")
    }
    guard limit ?? 1 > 0 else {
      throw ValidationError("--limit takes a number from 1 on")
    }
    guard workerLatency?.value ?? 0 <= 1_000_000_000_000 else {
      throw ValidationError(
        "--worker-latency takes a time up to 1000s")
    }
  }

  /// How many address spaces can be shared.
  static let boundRange = 0...1_024
  /// How many IOMMUs there can be.
  static let iommuRange = 1...32
  /// The longest time for which `fallow` can gather tables.
  static let longestWindow = Nanoseconds(1_000_000_000_000)

  /// The combination of values that a replay without a sweep has.
  var point: Sweep.Point {
    Sweep.Point(bound: boundSpaces, iommus: iommus, window: window)
  }

  /// The same for the library, with the values of `point`.
  func options(at point: Sweep.Point) -> ReplayOptions {
    var options = ReplayOptions()
    options.boundSpaces = point.bound
    options.iommus = point.iommus
    options.iommu = iommu.name
    options.requestsPerSecond = requestsPerSecond
    options.supervisorRequests = supervisor
    options.invalidationLatency = invalidationLatency.value
    options.workerLatency = workerLatency?.value
    options.window = point.window.value
    options.limit = limit ?? .max
    options.failures = fail?.rate
    options.retiresAtEntry = entryEvents
    options.seed = seed
    return options
  }
}

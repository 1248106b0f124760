// SPDX-License-Identifier: Apache-2.0

public import Fallow

/// The IOMMUs' registers, and waiting for them.
extension MachinePlatform {
  /// A register of an IOMMU.
  public func load(_ register: IOMMURegister) -> UInt64 {
    machine.readRegister(register)
  }

  /// Writes a register of an IOMMU.
  public func store(_ value: UInt64, to register: IOMMURegister) {
    machine.writeRegister(value, register)
  }

  /// Lets everything go on until the condition holds, or for as long as
  /// ``Machine/Configuration/patience`` says.
  public func await(_ condition: IOMMUCondition) {
    let machine = machine
    if condition.holds(on: self) { return }
    let start = machine.now
    let end = start + machine.configuration.patience
    while !condition.holds(on: self) {
      guard machine.runNextEvent(until: end) else { break }
    }
    machine.statistics.waits += 1
    machine.statistics.waitedNanoseconds += machine.now - start
  }

  /// Takes a device off the bus: it issues no requests and forgets what it
  /// cached.
  public func isolate(_ device: Device) {
    machine.isolate(device)
  }
}

extension Machine {
  /// The library's driver of this machine's IOMMUs.
  ///
  /// The first use starts them, at no cost in time, and makes ``device(_:)`` of
  /// each known.
  public var driver: VTd<MachinePlatform> {
    if let startedDriver { return startedDriver }
    guard let driver = VTd.make(on: platform) else {
      preconditionFailure("no frames for the driver")
    }
    isStarting = true
    for iommu in 0..<configuration.iommus {
      let outcome = driver.start(iommu)
      precondition(outcome == .started, "IOMMU \(iommu): \(outcome)")
      let added = driver.add(
        device(iommu), tlb: configuration.deviceTLBs ? DeviceTLB() : nil)
      precondition(added == .added, "the device of \(iommu): \(added)")
    }
    isStarting = false
    statistics = MachineStatistics()
    startedDriver = driver
    return driver
  }

  /// Starts the library's driver of RISC-V IOMMUs, at no cost in time, and makes
  /// ``device(_:)`` of each known.
  ///
  /// - Parameter format: The format of the tables.
  /// - Returns: The driver, started on every IOMMU.
  /// - Precondition: `Format` is what the machine's CPUs walk, and its IOMMUs
  ///   are not started.
  public func startRISCVDriver<Format: RISCVPaging>(
    _ format: Format.Type
  ) -> RISCVIOMMU<MachinePlatform, Format> {
    precondition(
      (configuration.architecture == .riscvSv39
        || configuration.architecture == .riscvSv48)
        && Format.levels == configuration.architecture.levels,
      "the machine walks another format")
    guard let driver = RISCVIOMMU<MachinePlatform, Format>.make(on: platform)
    else { preconditionFailure("no frames for the driver") }
    isStarting = true
    for iommu in 0..<configuration.iommus {
      let outcome = driver.start(iommu)
      precondition(outcome == .started, "IOMMU \(iommu): \(outcome)")
      let added = driver.add(device(iommu))
      precondition(added == .added, "the device of \(iommu): \(added)")
    }
    isStarting = false
    statistics = MachineStatistics()
    return driver
  }

  /// Starts the library's driver of SMMUv3s, at no cost in time, and makes
  /// ``device(_:)`` of each known.
  ///
  /// - Parameters:
  ///   - walksKernelHalf: Whether devices walk the kernel half too.
  ///   - repeatsInvalidations: Whether the driver sends every invalidation
  ///     twice.
  /// - Returns: The driver, with every SMMU started.
  /// - Precondition: The machine is AArch64's, and its SMMUs are not started.
  public func startSMMUv3Driver(
    walksKernelHalf: Bool = true, repeatsInvalidations: Bool = false
  ) -> SMMUv3<MachinePlatform> {
    precondition(
      configuration.architecture == .aarch64, "the machine has no SMMUv3")
    guard
      let driver = SMMUv3.make(
        on: platform, walksKernelHalf: walksKernelHalf,
        repeatsInvalidations: repeatsInvalidations)
    else { preconditionFailure("no frames for the driver") }
    isStarting = true
    for iommu in 0..<configuration.iommus {
      let outcome = driver.start(iommu)
      precondition(outcome == .started, "SMMU \(iommu): \(outcome)")
      let added = driver.add(device(iommu))
      precondition(added == .added, "the device of \(iommu): \(added)")
    }
    isStarting = false
    statistics = MachineStatistics()
    return driver
  }

  /// The device that every machine has behind each IOMMU: 00:01.0.
  ///
  /// - Parameter iommu: The number of the IOMMU that it sits behind.
  public func device(_ iommu: Int) -> Device {
    Device(iommu: iommu, requester: 8)
  }
}

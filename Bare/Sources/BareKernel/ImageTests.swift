package import Fallow

/// What every image tests, whatever its IOMMU.
package struct ImageTests<
  Format: PageTableFormat, Driver: DeviceExpelling, UnderTest: IOMMUUnderTest
> where Driver.P == Kernel, Format.Walked == Driver.Format {
  /// The tables that the second CPU shares, and what releases them.
  package typealias Tables = Setup<Format, Driver>

  private let driver: Driver
  private let edu: Edu
  private let iommu: UnderTest
  private let attributes: LeafAttributes
  private let recordsUse: Bool

  /// Tests with a driver that was started and knows `edu`.
  ///
  /// `attributes` are those of leaves that a device may use; `recordsUse` says
  /// whether the IOMMU writes accessed and dirty bits.
  ///
  /// - Precondition: The CPU walks the boot tables.
  package init(
    driver: Driver, edu: Edu, iommu: UnderTest, attributes: LeafAttributes,
    recordsUse: Bool
  ) {
    self.driver = driver
    self.edu = edu
    self.iommu = iommu
    self.attributes = attributes
    self.recordsUse = recordsUse
  }

  /// Runs all of it, and ends the machine.
  ///
  /// `alone` is what an image tests besides while there is one CPU; `share`
  /// hands the tables to the second, and lets this one be interrupted.
  package func run(
    _ run: inout TestRun, alone: (inout TestRun, Tables) -> Void,
    share: (Tables) -> Void
  ) -> Never {
    let device = Device(iommu: 0, requester: edu.function.requester)
    AdoptionTests<Format, _>(driver: driver, device: device).run(&run)

    let keeping = Tables(driver: driver, emptyTables: .keep)
    keeping.enter()
    run.check(true, "boots, walks its own tables, and starts the IOMMU")
    MappingTests(keeping).promotion(&run)

    let tables = Tables(driver: driver)
    tables.enter()
    MappingTests(tables).run(&run)
    run.section("costs while nobody shares")
    Costs(tables).report(run)
    let dma = DMATests(
      tables, edu: edu, iommu: iommu, window: tables.window + 1 << 30,
      attributes: attributes, recordsUse: recordsUse)
    dma.schemes(&run)
    dma.run(&run)
    dma.bound(&run, Tables(driver: driver, limit: type(of: dma).limit))
    alone(&run, tables)
    run.section("costs while a device shares")
    Costs(tables).report(run)
    Kernel().joinCrossCalls()
    share(tables)
    SecondCPU.start(on: tables)
    let cpus = TwoCPUs(tables)
    dma.whereBreaksAreAllowed(&run) { cpus.reshape(&$0) }
    cpus.churnOnBoth(&run)
    dma.failures(&run)
    run.end()
  }
}

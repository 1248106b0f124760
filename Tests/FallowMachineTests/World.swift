// SPDX-License-Identifier: Apache-2.0

import Fallow
import FallowMachine

typealias Scheme = Reclaimer<VTd<MachinePlatform>>
typealias Kernel = KernelTree<X86FourLevel, Scheme>
typealias User = UserTree<X86FourLevel, Scheme>

/// A machine with VT-d IOMMUs.
final class World: MachineWorld<VTd<MachinePlatform>, X86FourLevel> {
  init(
    emptyTables: EmptyTablePolicy = .free,
    _ change: (inout Machine.Configuration) -> Void = { _ in }
  ) {
    var configuration = Machine.Configuration()
    configuration.frames = 2_048
    change(&configuration)
    let machine = Machine(configuration)
    super.init(machine, driver: machine.driver, emptyTables: emptyTables)
  }

  /// A space of its own, for devices behind the first `iommus`.
  @discardableResult
  func share(_ pasid: UInt32 = 1, iommus: Int = 1) -> User {
    let user = makeUser()
    for iommu in 0..<iommus {
      precondition(bind(user, pasid, iommu) == .bound)
    }
    return user
  }

  func bind(_ user: User, _ pasid: UInt32 = 1, _ iommu: Int = 0) -> BindOutcome
  {
    bind(user, as: PASID(pasid), behind: iommu)
  }

  func unbind(
    _ user: User, _ pasid: UInt32 = 1, _ iommu: Int = 0
  ) -> LeaveOutcome {
    unbind(user, as: PASID(pasid), behind: iommu)
  }

  @discardableResult
  func access(
    _ address: UInt64, isWrite: Bool = false, pasid: UInt32 = 1,
    iommu: Int = 0
  ) -> AccessResult {
    access(address, as: PASID(pasid), behind: iommu, isWrite: isWrite)
  }

  /// Whether an access needs no walk.
  func isCached(_ address: UInt64, pasid: UInt32 = 1, iommu: Int = 0) -> Bool {
    let walks = statistics.walks
    access(address, pasid: pasid, iommu: iommu)
    return statistics.walks == walks
  }

  /// Invalidates and waits.
  func invalidate(
    _ range: VirtualRange?, leavesOnly: Bool = false, pasid: UInt32 = 1,
    iommu: Int = 0
  ) {
    let driver = machine.driver
    driver.submit(
      InvalidationRequest(
        pasid: PASID(pasid), range: range, leavesOnly: leavesOnly), to: iommu)
    _ = driver.wait(for: driver.fence(iommu), on: iommu)
  }

  /// The entry of the table of `level` that leads to `address`.
  func slot(
    _ address: UInt64, level: Int, root: FrameNumber
  ) -> PhysicalAddress {
    var table = root
    let address = VirtualAddress(address)
    for here in stride(from: X86FourLevel.levels, to: level, by: -1) {
      let entry = platform.load(
        X86FourLevel.slot(for: address, in: table, level: here))
      table = FrameNumber(
        containing: X86FourLevel.address(in: entry, level: here))
    }
    return X86FourLevel.slot(for: address, in: table, level: level)
  }

  /// The table of `level` that leads to `address`.
  func table(_ address: UInt64, level: Int, root: FrameNumber) -> FrameNumber {
    FrameNumber(containing: slot(address, level: level, root: root))
  }
}

/// `pages` pages from `address` on.
func pageRange(_ address: UInt64, _ pages: Int) -> VirtualRange {
  VirtualRange(
    start: VirtualAddress(address), size: UInt64(pages) * FrameNumber.size)
}

/// An address of the kernel half.
let kernelAddress: UInt64 = 0xffff_c900_0000_0000
/// An address of the user half.
let userAddress: UInt64 = 0x4000_0000
/// Bits of an entry, as Linux names them in `pgtable_types.h`.
let accessedBit: UInt64 = 1 << 5
let dirtyBit: UInt64 = 1 << 6

extension World {
  /// Gives a batch back by the library's own invalidation.
  func keep(_ batch: consuming Batch<MachinePlatform, UserHalf>) {
    batch.invalidated(by: scheme.sharing).release()
  }
}

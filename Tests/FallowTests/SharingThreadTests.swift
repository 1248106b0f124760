import Dispatch
import Foundation
import Testing

@testable import Fallow

/// Two real threads: one binds and unbinds, the other retires and reclaims.
@Suite struct SharingThreadTests {
  private typealias Scheme = Reclaimer<SpyDriver<HostedKernel>>

  /// `FALLOW_BINDS` sets how many; the full million is for the script that runs
  /// it under the thread sanitizer.
  private static var rounds: Int {
    ProcessInfo.processInfo.environment["FALLOW_BINDS"].flatMap(Int.init)
      ?? 20_000
  }

  @Test func bindAndUnbindWhileTablesGo() throws {
    try HostedMachine.run(cpus: 2) { machine in
      let hosted = machine.kernel
      let scheme = Scheme(
        sharing: Sharing(
          driver: SpyDriver(platform: hosted, kernel: hosted)))
      guard
        let space = KernelSpace<X86FourLevel, Scheme>.make(scheme: scheme),
        let user = UserSpace<X86FourLevel, Scheme>.make(copying: space)
      else { throw OutOfFrames() }
      let free = machine.freeFrames
      let done = Counter()
      let wrong = Counter()
      let group = DispatchGroup()
      group.enter()
      Thread.detachNewThread {
        HostedMachine.$cpu.withValue(1) {
          let device = Device(iommu: 0, requester: 8)
          for _ in 0..<Self.rounds {
            let bound = scheme.bind(
              user.root, to: device, as: PASID(1))
            if bound != .bound { wrong.increment() }
            let left = scheme.unbind(
              user.root, from: device, as: PASID(1))
            if left != .left { wrong.increment() }
          }
          done.increment()
          group.leave()
        }
      }
      var retired = 0
      while done.value == 0 {
        let page = range(kernelAddress(gib: retired % 16), pageSize)
        _ = space.map(page, to: PhysicalAddress(0), attributes: .kernelData)
        _ = space.unmap(page)
        retired += 2
        machine.runWorker(scheme)
      }
      group.wait()
      machine.runWorker(scheme)
      #expect(wrong.value == 0)
      let accounts = TableAccounts(of: hosted)
      #expect(accounts.quarantined == 0 && accounts.parked == 0)
      #expect(accounts.released == UInt64(retired))
      #expect(accounts.total == accounts.linked + accounts.released)
      #expect(machine.freeFrames == free)
      #expect(scheme.sharing.isUnused())
      print("\(Self.rounds) binds against \(retired) tables retired")
    }
  }
}

import Fallow
import FallowSchemes

/// What the device reaches after an unmap, under Linux's ways to free and the
/// library's.
extension DMATests {
  /// Runs each scheme over a space of its own.
  ///
  /// - Precondition: The device is bound to no space.
  package func schemes(_ run: inout TestRun) {
    run.section(
      attributes.contains(.user)
        ? "the leaves have the user bit: without it this IOMMU refuses the device"
        : "the leaves have no user bit: this IOMMU does not look at it")
    let sharing = setup.reclaimer.sharing
    staleLeaf(
      &run, under: Immediate(on: kernel), "immediate",
      whenFreed: 0xa2, "and when their table is freed, nothing changes")
    staleLeaf(
      &run, under: Upstream(sharing: sharing), "upstream",
      whenFreed: nil, "and when their table is freed, it faults")
  }

  /// The two leaves of a table go, one after the other.
  ///
  /// - Parameter last: What the device finds at the second, once the table is
  ///   freed.
  private func staleLeaf<Scheme: ReclamationScheme>(
    _ run: inout TestRun, under scheme: Scheme, _ name: StaticString,
    whenFreed last: UInt64?, _ claim: StaticString
  ) where Scheme.P == Kernel {
    let free = kernel.freeFrames
    let space: KernelSpace<Format, Scheme>
    do throws(MapError) { space = try KernelSpace(scheme) } catch {
      Machine.panic("no frames for the kernel's tables", 0)
    }
    let process = Process<Format, Driver>(
      sharing: KernelSpace(of: space.root, setup.reclaimer))
    if !process.bindWithoutPASID(device, tag: 0) {
      Machine.panic("the device is not bound", 0)
    }
    let frames = kernel.block(order: 1)
    let both = VirtualRange(start: page.start, size: 8192)
    require(
      try space.map(
        landing, to: landingFrame.address, attributes: attributes))
    require(
      try space.map(both, to: frames.address, attributes: attributes))
    kernel.write(0xa1, to: frames.address)
    kernel.write(0xa2, to: frames.address + 4096)
    let before = find(page.start)
    require(try space.unmap(page))
    runWorker(of: scheme)
    kernel.write(0xb1, to: frames.address)
    run.check(
      before == 0xa1 && find(page.start) == 0xb1,
      "a leaf goes, no table: the device reads its frame's next owner",
      of: name)
    edu.read(neighbour.start)
    edu.write(page.start)
    run.check(
      kernel.read(frames.address) == 0xa2 && iommu.takeFault() == nil,
      "and overwrites it, and nothing faults", of: name)
    let released = TableAccounts(of: kernel).released
    require(try space.unmap(neighbour))
    runWorker(of: scheme)
    run.check(
      TableAccounts(of: kernel).released == released + 1
        && find(neighbour.start) == last, claim, of: name)
    require(try space.unmap(landing))
    runWorker(of: scheme)
    kernel.free(frames, order: 1)
    run.check(
      process.end() == .bound && end(space) == .shared,
      "a space with a device does not end, nor the half that it shares",
      of: name)
    run.check(process.unbind(), "the device leaves", of: name)
    run.check(
      process.end() == nil && end(space) == nil && kernel.freeFrames == free,
      "then both end, and every frame is back", of: name)
  }

  /// Ends a kernel's space, or says why not.
  private func end<Scheme: ReclamationScheme>(
    _ space: KernelSpace<Format, Scheme>
  ) -> EndError.Kind? where Scheme.P == Kernel {
    do throws(EndError) { try space.end() } catch { return error.kind }
    return nil
  }

  /// What the kernel's worker thread does: nothing, if nobody woke it.
  private func runWorker<Scheme: ReclamationScheme>(
    of scheme: Scheme
  ) where Scheme.P == Kernel {
    if kernel.takeWorker() { scheme.reclaim() }
  }
}

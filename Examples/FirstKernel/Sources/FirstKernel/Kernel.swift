import Boot
import Fallow

/// What the library asks of a kernel with one CPU.
struct Kernel: Platform, ManagedMemory, Uniprocessor, PolledWorker,
  DropsFailToLink
{
  let memory: KernelMemory

  func flush(_ range: VirtualRange, of root: FrameNumber?, _ scope: FlushScope)
  {
    boot_flush_all()
  }
  func fault(_ fault: LifecycleFault, at frame: FrameNumber) -> Never {
    Console.stop(fault.text, frame.rawValue)
  }
}

#if arch(x86_64)
  extension Kernel: X86Processors {}
#elseif arch(riscv64)
  extension Kernel: RISCVProcessors {
    var hasSvvptc: Bool { false }
    func fenceVirtualMemory(_ range: VirtualRange, of root: FrameNumber?) {
      boot_flush_all()
    }
  }
#elseif arch(arm64)
  extension Kernel: AArch64Processors {
    func synchronizeTableStores() { boot_synchronize_stores() }
  }
#endif

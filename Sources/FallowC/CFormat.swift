import Fallow

// The format of the archive, which Scripts/c-library.sh chooses.

#if FALLOW_FORMAT_X86_4
  typealias CFormat = X86FourLevel
#elseif FALLOW_FORMAT_X86_5
  typealias CFormat = X86FiveLevel
#elseif FALLOW_FORMAT_SV39
  typealias CFormat = RISCVSv39
#elseif FALLOW_FORMAT_SV48
  typealias CFormat = RISCVSv48
#elseif FALLOW_FORMAT_SV57
  typealias CFormat = RISCVSv57
#elseif FALLOW_FORMAT_ARM64
  typealias CFormat = AArch64FourKiB
#else
  #error("define one of FALLOW_FORMAT_*; see Scripts/c-library.sh")
#endif

#if FALLOW_FORMAT_X86_4 || FALLOW_FORMAT_X86_5
  typealias CProcessors = X86Processors
#else
  /// CPUs that a kernel in C makes see new entries.
  protocol CProcessors: Processors {}

  extension CProcessors {
    func publish(_ range: VirtualRange, of root: FrameNumber?) {
      kernelPublish(range.start.rawValue, range.size)
    }
  }

  @_silgen_name("fallow_kernel_publish")
  private func kernelPublish(_ start: UInt64, _ size: UInt64)
#endif

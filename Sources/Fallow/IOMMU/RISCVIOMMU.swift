/// Drives RISC-V IOMMUs whose devices walk the CPUs' own tables of `Format`.
///
/// A device is attached to one address space at a time, by its context in a
/// one-level directory: there is no process directory, and the PASID of a
/// binding is the number that the IOMMU tags its translations with, the
/// PSCID.
///
/// It keeps what changes in frames of the platform: a control frame, 128 bytes
/// for each IOMMU, its directory and its queue.
///
/// Registers, contexts and commands as in Linux's
/// `drivers/iommu/riscv/iommu-bits.h`, tried on the emulator QEMU 10.0.2; the
/// specification itself was not read.
@frozen
public struct RISCVIOMMU<P: IOMMUPlatform, Format: RISCVPaging>:
  DeviceExpelling
{
  @usableFromInline let control: ControlFrame<P>

  @inlinable
  init(_ control: ControlFrame<P>) {
    self.control = control
  }

  /// The driver of a platform's IOMMUs, or nil if there is no frame for it.
  ///
  /// None of them is started. The platform vouches that walks see what the CPUs
  /// stored: no register says it.
  @inlinable
  public static func make(on platform: P) throws(P.Interruption) -> Self? {
    guard let frame = try platform.zeroedFrame() else { return nil }
    return Self(ControlFrame(platform: platform, frame: frame))
  }

  /// The machine it runs on.
  @inlinable
  public var platform: P { control.platform }

  /// The upper half of the format.
  @inlinable
  public var kernelHalf: VirtualRange { Format.kernelHalf }

  @inlinable
  var queue: CommandQueue<P, RISCVIOMMUCommand> { CommandQueue(control) }
}

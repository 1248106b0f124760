// SPDX-License-Identifier: Apache-2.0

/// Drives Intel VT-d IOMMUs in scalable mode.
///
/// Devices walk the CPUs' own tables: the first stage of each PASID is the root
/// of an address space. Invalidations go through the queue of 256-bit
/// descriptors.
///
/// It keeps what changes in frames of the platform: a control frame, 128 bytes
/// for each IOMMU, and the tables that the hardware reads. The devices behind
/// an IOMMU are a list that runs through the descriptors of the frames that
/// hold their PASID directories.
///
/// Structures and bits as in Linux's `drivers/iommu/intel/pasid.h` and
/// `iommu.h`, tried on the emulator QEMU 10.0.2; the specification itself was
/// not read.
@frozen
public struct VTd<P: IOMMUPlatform>: DeviceExpelling {
  /// Four levels: the width of address that the PASID table entries say.
  public typealias Format = X86FourLevel

  @usableFromInline let control: ControlFrame<P>

  /// Whether the IOMMU is known to snoop the CPUs' caches when it reads
  /// structures and tables, even where it does not report that it does.
  public let trustsCoherence: Bool

  @inlinable
  init(_ control: ControlFrame<P>, trustsCoherence: Bool) {
    self.control = control
    self.trustsCoherence = trustsCoherence
  }

  /// Makes the driver of a platform's IOMMUs, none of which is started.
  ///
  /// - Throws: `Interruption`, where the platform stops the call in its middle.
  /// - Parameters:
  ///   - platform: The machine it runs on.
  ///   - trustsCoherence: Whether the platform vouches that the IOMMUs snoop
  ///     the CPUs' caches; an emulator's do, though it may not say so.
  /// - Returns: Nil if there is no frame for it.
  @inlinable
  public static func make(
    on platform: P, trustsCoherence: Bool = false
  ) throws(P.Interruption) -> Self? {
    guard let frame = try platform.zeroedFrame() else { return nil }
    return Self(
      ControlFrame(platform: platform, frame: frame),
      trustsCoherence: trustsCoherence)
  }

  /// The machine it runs on.
  @inlinable
  public var platform: P { control.platform }

  /// The upper half: the first stage walks the CPUs' format.
  @inlinable
  public var kernelHalf: VirtualRange { Format.kernelHalf }

  @inlinable
  var queue: CommandQueue<P, VTdDescriptor> { CommandQueue(control) }

  /// See ``DeviceExpelling/abandon(_:)``.
  @inlinable
  public func abandon(_ iommu: Int) throws(P.Interruption) {
    if ControlFrame<P>.hasRoom(for: iommu) { try queue.abandon(iommu) }
  }
}

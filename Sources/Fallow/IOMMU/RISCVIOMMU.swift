// SPDX-License-Identifier: Apache-2.0

/// Drives RISC-V IOMMUs whose devices walk the CPUs' own tables of `Format`.
///
/// The PASID of a request is the process ID by which a process context is
/// found; process 0 is that of requests without one. An IOMMU without process
/// directories serves those alone. The tag of a space's translations, the
/// PSCID, is its PASID or the tag of ``PASID/without(tag:)``.
///
/// It keeps what changes in frames of the platform: a control frame, 128 bytes
/// for each IOMMU, its queue, its device directory, and a process directory for
/// each device. The devices behind an IOMMU are a list that runs through the
/// descriptors of the frames that hold the roots of those.
///
/// By the RISC-V IOMMU Architecture Specification, version 1.0, whose sections
/// the declarations name.
@frozen
public struct RISCVIOMMU<P: IOMMUPlatform, Format: RISCVPaging>:
  DeviceExpelling
{
  @usableFromInline let control: ControlFrame<P>

  @inlinable
  init(_ control: ControlFrame<P>) {
    self.control = control
  }

  /// Makes the driver of a platform's IOMMUs, none of which is started.
  ///
  /// The platform vouches that walks see what the CPUs stored: no register
  /// reports it.
  ///
  /// - Parameter platform: The machine that it runs on.
  /// - Throws: `Interruption`, where the platform stops the call in its middle.
  /// - Returns: Nil if there is no frame for it.
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

  /// The MODE of `iosatp` for the format: 8 for Sv39, 9 for Sv48, 10 for Sv57.
  @inlinable
  static var mode: UInt64 { UInt64(Format.levels) &+ 5 }

  /// See ``DeviceExpelling/abandon(_:)``.
  @inlinable
  public func abandon(_ iommu: Int) throws(P.Interruption) {
    if ControlFrame<P>.hasRoom(for: iommu) { try queue.abandon(iommu) }
  }
}

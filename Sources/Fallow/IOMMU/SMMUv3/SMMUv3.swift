// SPDX-License-Identifier: Apache-2.0

/// Drives Arm SMMUv3 whose devices walk the CPUs' own stage 1 tables.
///
/// A device is a stream: its stream table entry leads to a table of context
/// descriptors, one for each PASID, and number 0 for requests without one. A
/// context descriptor has two roots: the process's, and the kernel's if devices
/// may walk the kernel half.
///
/// It keeps what changes in frames of the platform: a control frame, 128 bytes
/// for each SMMU, and the tables that the hardware reads. The devices behind an
/// SMMU are a list through the descriptors of the frames that hold their context
/// descriptors.
///
/// Structures and bits as in Linux's `drivers/iommu/arm/arm-smmu-v3`, tried on
/// the emulator QEMU 10.0.2; where a declaration names a section, it is one of
/// the Arm System Memory Management Unit Architecture Specification, IHI 0070.
@frozen
public struct SMMUv3<P: IOMMUPlatform>: DeviceExpelling {
  /// Four levels of 4 KiB, by two roots.
  public typealias Format = AArch64FourKiB

  @usableFromInline let control: ControlFrame<P>

  /// Whether devices walk the kernel half: CD.EPD1 is clear.
  ///
  /// If not, as in Linux, they reach the process's half alone, and no command is
  /// sent for tables of the kernel half.
  public let walksKernelHalf: Bool

  /// Whether every invalidation is sent twice, with a CMD_SYNC between: for SMMUs
  /// where one that races traffic may keep what it names.
  public let repeatsInvalidations: Bool

  @inlinable
  init(
    _ control: ControlFrame<P>, walksKernelHalf: Bool,
    repeatsInvalidations: Bool
  ) {
    self.control = control
    self.walksKernelHalf = walksKernelHalf
    self.repeatsInvalidations = repeatsInvalidations
  }

  /// Makes the driver of a platform's SMMUs, none of which is started.
  ///
  /// - Parameters:
  ///   - platform: The machine it runs on.
  ///   - walksKernelHalf: Whether devices walk the kernel half too.
  ///   - repeatsInvalidations: Whether an erratum demands that every
  ///     invalidation is sent twice.
  /// - Returns: The driver; nil if there is no frame for it.
  /// - Throws: `Interruption`, where the platform stops the call in its middle.
  @inlinable
  public static func make(
    on platform: P, walksKernelHalf: Bool = false,
    repeatsInvalidations: Bool = false
  ) throws(P.Interruption) -> Self? {
    guard let frame = try platform.zeroedFrame() else { return nil }
    return Self(
      ControlFrame(platform: platform, frame: frame),
      walksKernelHalf: walksKernelHalf,
      repeatsInvalidations: repeatsInvalidations)
  }

  /// The machine it runs on.
  @inlinable
  public var platform: P { control.platform }

  /// What TTB1 translates.
  @inlinable
  public var kernelHalf: VirtualRange { Format.kernelHalf }

  @inlinable
  var queue: CommandQueue<P, SMMUv3Command> {
    CommandQueue(control, completion: .head)
  }

  /// Puts a command into the queue that drops something: twice, if once may not
  /// be enough.
  @inlinable
  @inline(__always)
  func drop(_ command: SMMUv3Command, on iommu: Int) throws(P.Interruption) {
    try queue.put(command, on: iommu)
    // Guard: smmu-invalidates-twice
    if repeatsInvalidations {
      // Guard: smmu-sync-between-repeats
      try queue.order(iommu)
      try queue.put(command, on: iommu)
    }
  }

  /// See ``DeviceExpelling/abandon(_:)``.
  @inlinable
  public func abandon(_ iommu: Int) throws(P.Interruption) {
    if ControlFrame<P>.hasRoom(for: iommu) { try queue.abandon(iommu) }
  }
}

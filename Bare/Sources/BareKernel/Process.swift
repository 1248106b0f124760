import CMachine
package import Fallow

/// A process: its address space, and the device that is bound to it.
///
/// The owners of both stand in a frame of the process, and stay there; copies
/// of this value name the same process.
@safe
package struct Process<Format: PageTableFormat, Driver: IOMMUDriver>
where Driver.P == Kernel {
  private struct Owners: ~Copyable {
    var space: UserSpace<Format, Reclaimer<Driver>>?
    var binding: DeviceBinding<Driver>?
  }

  private let owners: UnsafeMutablePointer<Owners>
  private let frame: FrameNumber
  private let reclaimer: Reclaimer<Driver>

  /// A process over the kernel half of `kernel`.
  package init(sharing kernel: KernelSpace<Format, Reclaimer<Driver>>) {
    reclaimer = kernel.scheme
    frame = Kernel().block(order: 0)
    unsafe owners = machine_pointer(frame.address.rawValue)
      .bindMemory(to: Owners.self, capacity: 1)
    unsafe owners.initialize(to: Owners(space: nil, binding: nil))
    do throws(MapError) {
      try unsafe UserSpace.make(sharing: kernel, in: &owners.pointee.space)
    } catch {
      Machine.panic("no frames for a root", 0)
    }
  }

  /// The address space.
  // swift-format-ignore: NeverForceUnwrap
  package var space: UserSpaceHandle<Format, Reclaimer<Driver>> {
    unsafe Self.handle(of: owners.pointee.space!)
  }

  private static func handle(
    of space: borrowing UserSpace<Format, Reclaimer<Driver>>
  ) -> UserSpaceHandle<Format, Reclaimer<Driver>> {
    space.handle
  }

  /// Unmaps a range, and waits until no device can use it.
  package func unmap(_ range: VirtualRange) {
    do throws(MapError) {
      var stale = try space.unmap(range)
      while !stale.isEmpty {
        do throws(UnansweredError) {
          try stale.invalidate(by: reclaimer)
        } catch {
          continue
        }
      }
    } catch {
      Machine.panic("an unmap failed at", error.address.rawValue)
    }
  }

  /// Ends the process's space, or says why not.
  ///
  /// No copy of the process is used once it has ended.
  package func end() -> EndError.Kind? {
    do throws(EndError) {
      try unsafe UserSpace.end(&owners.pointee.space)
    } catch {
      return error.kind
    }
    Kernel().free(frame, order: 0)
    return nil
  }

  /// Makes the device leave; whether it has.
  package func unbind() -> Bool {
    do throws(UnansweredError) {
      try unsafe reclaimer.unbind(&owners.pointee.binding)
    } catch {
      return false
    }
    return true
  }
}

extension Process where Format.Walked == Driver.Format {
  /// Lets a device walk the process's tables by requests without a PASID;
  /// whether it may.
  // swift-format-ignore: NeverForceUnwrap
  package func bindWithoutPASID(_ device: Device, tag: UInt16) -> Bool {
    do throws(BindError) {
      try unsafe reclaimer.bindWithoutPASID(
        device, to: owners.pointee.space!, tag: tag
      ).move(into: &owners.pointee.binding)
    } catch {
      return false
    }
    return true
  }

  /// Lets a device walk the process's tables by requests under `pasid`; whether
  /// it may.
  // swift-format-ignore: NeverForceUnwrap
  package func bind(_ device: Device, as pasid: PASID) -> Bool {
    do throws(BindError) {
      try unsafe reclaimer.bind(
        device, to: owners.pointee.space!, as: pasid
      ).move(into: &owners.pointee.binding)
    } catch {
      return false
    }
    return true
  }
}

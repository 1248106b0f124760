package import CMachine
package import Fallow
package import Synchronization

/// The platform of the images: memory mapped where it is, one allocator, CPUs
/// that call each other by interrupt.
///
/// The handle is empty, and every address behind it a constant of the link.
package struct Kernel: IOMMUPlatform, DirectMapped, DropsFailToLink {
  /// The kernel of this machine.
  @inlinable
  package init() {}

  @inlinable
  package static var state: UnsafeMutablePointer<KernelState> {
    unsafe machine_state_memory().assumingMemoryBound(to: KernelState.self)
  }

  @inlinable
  static var firstFrame: FrameNumber {
    FrameNumber(containing: PhysicalAddress(UInt64(MACHINE_MEMORY)))
  }

  @inlinable
  package static var descriptors: DescriptorTable {
    unsafe DescriptorTable(
      at: machine_descriptors_memory(), firstFrame: firstFrame,
      frameCount: Int(MACHINE_FRAMES))
  }

  /// Makes the state, and gives the allocator what lies after the image.
  ///
  /// Once, before anything else of the kernel is used.
  package static func start() {
    unsafe state.initialize(to: KernelState())
    let first = FrameNumber(
      containing: PhysicalAddress(machine_image_end() &+ 4095))
    let end = Self.firstFrame.rawValue + UInt64(MACHINE_FRAMES)
    do throws(FrameError) {
      try unsafe state.pointee.allocator.add(
        first, count: Int(end - first.rawValue))
    } catch {
      Kernel().fault(error.fault, at: error.frame)
    }
  }

  // MARK: Memory

  @inlinable
  package var directMap: DirectMap {
    unsafe DirectMap(
      memory: machine_pointer(UInt64(MACHINE_MEMORY)),
      firstAddress: Self.firstFrame.address,
      descriptors: Self.descriptors, words: machine_words_memory())
  }

  @inlinable
  package func allocate(order: Int) -> FrameNumber {
    unsafe Self.state.pointee.allocatorLock.lock(pause: machine_pause)
    let block = unsafe Self.state.pointee.allocator.allocate(order: order)
    unsafe Self.state.pointee.allocatorLock.unlock()
    return block
  }

  @inlinable
  package func free(_ block: FrameNumber, order: Int) {
    unsafe Self.state.pointee.allocatorLock.lock(pause: machine_pause)
    do throws(FrameError) {
      try unsafe Self.state.pointee.allocator.free(block, order: order)
    } catch {
      fault(error.fault, at: error.frame)
    }
    unsafe Self.state.pointee.allocatorLock.unlock()
  }

  @inlinable
  package func free(_ first: FrameNumber, count: Int) {
    unsafe Self.state.pointee.allocatorLock.lock(pause: machine_pause)
    do throws(FrameError) {
      try unsafe Self.state.pointee.allocator.free(first, count: count)
    } catch {
      fault(error.fault, at: error.frame)
    }
    unsafe Self.state.pointee.allocatorLock.unlock()
  }

  /// How many frames nobody uses.
  package var freeFrames: UInt64 {
    unsafe UInt64(Self.state.pointee.allocator.freeFrames)
  }

  // MARK: CPUs

  @inlinable
  package var cpuCount: Int { Int(MACHINE_CPUS) }

  @inlinable
  @inline(__always)
  package var paging: PagingFeatures {
    PagingFeatures(physicalAddressBits: UInt64(MACHINE_PHYSICAL_BITS))
  }

  @inlinable
  package func currentCPU() -> Int {
    Int(truncatingIfNeeded: machine_current_cpu())
  }

  @inlinable
  package func flush(
    _ range: VirtualRange, of root: FrameNumber?, _ scope: FlushScope
  ) {
    CPU.flush(range)
    if !machine_broadcasts_flushes() {
      unsafe Self.state.pointee.crossCall.flush(range)
    }
  }

  @inlinable
  package func publish(_ range: VirtualRange, of root: FrameNumber?) {
    CPU.publish(range)
  }

  /// Lets the CPU that runs the caller be called by the others.
  package func joinCrossCalls() {
    unsafe Self.state.pointee.crossCall.join(currentCPU())
  }

  /// Whether the CPU joined.
  package func isOnline(_ cpu: Int) -> Bool {
    unsafe Self.state.pointee.crossCall.isOnline(cpu)
  }

  /// The body of the interrupt by which CPUs call each other.
  package func answerCrossCall() {
    unsafe Self.state.pointee.crossCall.answer()
  }

  // MARK: The IOMMU: there is one

  /// Where its registers are; set once, before its driver is made.
  package static func placeIOMMU(at registers: UInt64) {
    unsafe state.pointee.iommuRegisters = registers
  }

  @inlinable
  func place(of register: IOMMURegister) -> UInt64 {
    unsafe Self.state.pointee.iommuRegisters &+ UInt64(register.offset)
  }

  @inlinable
  package func load(_ register: IOMMURegister) -> UInt64 {
    let value =
      register.isWide
      ? machine_load64(place(of: register))
      : UInt64(machine_load32(place(of: register)))
    machine_order_after_device()
    return value
  }

  @inlinable
  package func store(_ value: UInt64, to register: IOMMURegister) {
    machine_order_before_device()
    if register.isWide {
      machine_store64(place(of: register), value)
    } else {
      machine_store32(place(of: register), UInt32(truncatingIfNeeded: value))
    }
  }

  /// Looks again a thousand times: the emulator answers within the store that
  /// asks.
  package func await(_ condition: IOMMUCondition) {
    for _ in 0..<1000 where !condition.holds(on: self) { machine_pause() }
  }

  package func isolate(_ device: Device) {
    PCIFunction(requester: device.requester).enable(isMaster: false)
  }

  // MARK: Read sections: interrupts are off, see CrossCall

  @inlinable
  package func enterReadSection() { machine_disable_interrupts() }

  @inlinable
  package func leaveReadSection() { machine_enable_interrupts() }

  @inlinable
  package func awaitReaders() {
    unsafe Self.state.pointee.crossCall.flush(
      VirtualRange(start: VirtualAddress(0), size: 0))
  }

  /// Only an interrupt would prove it of another CPU, and this may not wait.
  @inlinable
  package func readersHaveLeft() -> Bool {
    unsafe Self.state.pointee.crossCall.isAlone
  }

  // MARK: Scheduling

  @inlinable
  package func lock(_ lock: KernelLock) {
    unsafe Self.state.pointee.locks[Int(lock.rawValue)].lock(
      pause: machine_pause)
  }

  @inlinable
  package func unlock(_ lock: KernelLock) {
    unsafe Self.state.pointee.locks[Int(lock.rawValue)].unlock()
  }

  /// At once, whatever the delay: there is no timer.
  @inlinable
  package func scheduleWorker(after delay: UInt64) {
    unsafe Self.state.pointee.isWorkerRunnable.store(
      true, ordering: .sequentiallyConsistent)
  }

  /// Whether the worker is to run; it is not any more, once this was asked.
  package func takeWorker() -> Bool {
    unsafe Self.state.pointee.isWorkerRunnable.exchange(
      false, ordering: .sequentiallyConsistent)
  }

  // MARK: What must not happen

  package func fault(_ fault: LifecycleFault, at frame: FrameNumber) -> Never {
    Machine.panic("a table is not what its token says, frame", frame.rawValue)
  }
}

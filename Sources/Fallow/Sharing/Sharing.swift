/// Which address spaces are shared with devices.
///
/// The list of them runs through the descriptors of their roots, so there can
/// be any number. It is read and changed under the sharing lock.
@frozen
public struct Sharing<Driver: IOMMUDriver>: BitwiseCopyable, Sendable {
  /// The machine it runs on.
  public typealias P = Driver.P

  /// How the IOMMUs are spoken to.
  public let driver: Driver

  /// The sharing of the machine that `driver` speaks to.
  @inlinable
  public init(driver: Driver) {
    self.driver = driver
  }

  /// The machine it runs on.
  @inlinable
  public var platform: P { driver.platform }

  /// Announces that devices behind `iommus` will walk from `root` under
  /// `pasid`.
  ///
  /// - Precondition: No device walks from it yet, and it is not announced.
  /// - Complexity: O(1)
  @inlinable
  public func bind(
    _ root: FrameNumber, as pasid: PASID, on iommus: IOMMUSet
  ) throws(P.Interruption) {
    let platform = platform
    try platform.lock(.sharing)
    let binding = Binding(pasid: pasid, iommus: iommus)
    try platform.store(binding.rawValue, to: .binding, of: root)
    let first = try platform.load(.sharedSpaces)
    try platform.setLink(FrameNumber(listHead: first), of: root)
    _ = try platform.exchange(root.listHead, at: .sharedSpaces)
    try platform.unlock(.sharing)
  }

  /// Tells every IOMMU to forget the kernel half of every shared space, and
  /// waits for all of them at the end; false if one failed.
  ///
  /// Sleeps.
  ///
  /// - Complexity: O(shared spaces x IOMMUs)
  @inlinable
  public func invalidateKernelHalf() throws(P.Interruption) -> Bool {
    let platform = platform
    try platform.lock(.sharing)
    var told = IOMMUSet(rawValue: 0)
    try forEachBinding { (binding: Binding) throws(P.Interruption) in
      told.formUnion(binding.iommus)
      let request = InvalidationRequest(
        pasid: binding.pasid, range: driver.kernelHalf)
      var iommus = binding.iommus
      while !iommus.isEmpty {
        try driver.submit(request, to: iommus.first)
        iommus.removeFirst()
      }
    }
    let answered = try awaitAll(told)
    try platform.unlock(.sharing)
    return answered
  }

  /// Calls `body` with every binding, the latest first.
  ///
  /// The caller holds the sharing lock.
  ///
  /// - Complexity: O(shared spaces)
  @inlinable
  public func forEachBinding(
    _ body: (Binding) throws(P.Interruption) -> Void
  ) throws(P.Interruption) {
    var root = FrameNumber(listHead: try platform.load(.sharedSpaces))
    while root != .none {
      try body(Binding(rawValue: try platform.load(.binding, of: root)))
      root = try platform.link(of: root)
    }
  }

  /// Fences every queue before the first is waited for, so that the IOMMUs
  /// work side by side.
  @inlinable
  func awaitAll(_ iommus: IOMMUSet) throws(P.Interruption) -> Bool {
    var tickets = InlineArray<32, UInt64>(repeating: 0)
    var left = iommus
    while !left.isEmpty {
      tickets[left.first] = try driver.fence(left.first)
      left.removeFirst()
    }
    var answered = true
    left = iommus
    while !left.isEmpty {
      if try !driver.wait(for: tickets[left.first], on: left.first) {
        answered = false
      }
      left.removeFirst()
    }
    return answered
  }
}

// SPDX-License-Identifier: Apache-2.0

/// The invalidation of what walkers cached.
///
/// What these return is no proof by itself: a batch consumes it, in the call
/// that consumes the batch.
extension Sharing {
  /// Has every walker of every shared address space forget the kernel half, or
  /// everything, and returns the IOMMUs that did not answer.
  ///
  /// Every IOMMU has its requests before the first is waited for, so that they
  /// work side by side; and the lock that bind takes is not held meanwhile. A
  /// walker that joins then starts cold.
  ///
  /// Sleeps.
  ///
  /// - Complexity: O(shared spaces x IOMMUs)
  @inlinable
  package func invalidate(
    everything: Bool = false
  ) throws(P.Interruption) -> IOMMUSet {
    let platform = platform
    if !everything && !driver.walksKernelHalf { return .none }
    let range = everything ? nil : driver.kernelHalf
    // Guard: members-under-the-lock
    try platform.lock(.sharing)
    var asked = IOMMUSet.none
    let root = try firstSpace()
    if root != .none {
      // Guard: a-second-space-is-looked-for
      if try platform.link(of: root) == .none {
        let binding = try binding(of: root)
        asked = binding.iommus
        try submit(
          InvalidationRequest(pasid: binding.pasid, range: range), to: asked)
      } else {
        asked = try submitToAll(range)
      }
    }
    return try finish(asked)
  }

  /// Puts requests for several address spaces into the queues of their IOMMUs,
  /// and returns those.
  ///
  /// Where one request covers all spaces of an IOMMU that walks several, it
  /// takes the place of theirs. The caller holds the sharing lock.
  @inlinable
  @inline(never)
  func submitToAll(
    _ range: VirtualRange?
  ) throws(P.Interruption) -> IOMMUSet {
    var asked = IOMMUSet.none
    var merged = IOMMUSet.none
    try forEachBinding { (binding: Binding) throws(P.Interruption) in
      merged.formUnion(binding.iommus.intersection(asked))
      asked.formUnion(binding.iommus)
    }
    var left = merged
    while !left.isEmpty {
      if try !driver.mergesSpaces(on: left.first) { merged.remove(left.first) }
      left.removeFirst()
    }
    // No closure: it would have the driver's frame besides this one.
    var root = try firstSpace()
    while root != .none {
      let binding = try binding(of: root)
      try submit(
        InvalidationRequest(pasid: binding.pasid, range: range),
        to: binding.iommus.subtracting(merged))
      // Guard: every-space-is-asked
      root = try platform.link(of: root)
    }
    // Guard: members-under-the-lock.lock
    try submit(InvalidationRequest(pasid: nil, range: range), to: merged)
    return asked
  }

  /// Has every walker of one address space forget all of it, and returns
  /// the IOMMUs that did not answer.
  ///
  /// Sleeps.
  @inlinable
  func invalidate(
    spaceOf root: FrameNumber
  ) throws(P.Interruption) -> IOMMUSet {
    let platform = platform
    try platform.lock(.sharing)
    let binding = try binding(of: root)
    try submit(
      InvalidationRequest(pasid: binding.pasid, range: nil),
      to: binding.iommus)
    return try finish(binding.iommus)
  }

  @inlinable
  @inline(__always)
  func submit(
    _ request: InvalidationRequest, to iommus: IOMMUSet
  ) throws(P.Interruption) {
    var left = iommus
    while !left.isEmpty {
      try driver.submit(request, to: left.first)
      // Guard: every-iommu-is-asked
      left.removeFirst()
    }
  }

  /// Fences the queues of IOMMUs, gives the sharing lock back, and waits for
  /// all; returns those that did not answer.
  ///
  /// The tickets wait on the stack: an array of as many as there could be would
  /// cost more to make than one IOMMU to ask.
  @inlinable
  @inline(__always)
  func finish(_ iommus: IOMMUSet) throws(P.Interruption) -> IOMMUSet {
    if iommus.isEmpty {
      try platform.unlock(.sharing)
      return .none
    }
    let iommu = iommus.first
    var others = iommus
    others.removeFirst()
    let ticket = try driver.fence(iommu)
    var unanswered = IOMMUSet.none
    if others.isEmpty {
      try platform.unlock(.sharing)
    } else {
      unanswered = try finishOthers(others)
    }
    // Guard: every-iommu-is-waited-for, who-did-not-answer
    if try !driver.wait(for: ticket, on: iommu) { unanswered.insert(iommu) }
    return unanswered
  }

  /// The same; while the ticket of another IOMMU waits on the caller's stack.
  @inlinable
  @inline(never)
  func finishOthers(_ iommus: IOMMUSet) throws(P.Interruption) -> IOMMUSet {
    try finish(iommus)
  }
}

import Fallow

// The functions of fallow.h for the half of an address space that is its own.

private typealias CUserSpace = UserTree<CFormat, CScheme>

/// The space with that root; a frame that is not a user root is a fault.
private func space(_ root: UInt64) -> CUserSpace {
  CUserSpace(of: frame(root), scheme: scheme())
}

/// `fallow_make_user_space`: see fallow.h.
@_cdecl("fallow_make_user_space")
public func makeUserSpace(_ kernel: UInt64, _ pasid: UInt32) -> UInt64 {
  let kernel = CSpace(of: frame(kernel), scheme: scheme())
  guard pasid != 0, let space = CUserSpace.make(copying: kernel) else {
    return FrameNumber.none.rawValue
  }
  let outcome = space.scheme.bind(
    space.root, to: Device(iommu: 0, requester: 0), as: PASID(pasid))
  guard outcome == .bound else {
    // A PASID of more than 20 bits.
    _ = space.end()
    return FrameNumber.none.rawValue
  }
  return space.root.rawValue
}

/// `fallow_user_map`: see fallow.h.
@_cdecl("fallow_user_map")
public func userMap(
  _ root: UInt64, _ start: UInt64, _ size: UInt64, _ address: UInt64,
  _ attributes: UInt32, _ stopped: UnsafeMutablePointer<UInt64>
) -> Int32 {
  let space = space(root)
  var unlinked = UnlinkedTables<CPlatform, UserHalf>(on: space.platform)
  let outcome = space.map(
    range(start, size), to: PhysicalAddress(address),
    attributes: LeafAttributes(ofC: attributes), into: &unlinked)
  // Tables that a neighbour emptied under it; mostly none.
  space.scheme.retire(unlinked).invalidated(by: space.scheme.sharing).release()
  return unsafe Outcome.of(outcome, stopped)
}

/// `fallow_user_unmap`: see fallow.h.
@_cdecl("fallow_user_unmap")
public func userUnmap(
  _ root: UInt64, _ start: UInt64, _ size: UInt64,
  _ unmapped: UnsafeMutableRawPointer, _ stopped: UnsafeMutablePointer<UInt64>
) -> Int32 {
  var stale = StaleRange(on: platform())
  let error = space(root).unmap(range(start, size), into: &stale)
  unsafe store(stale.contents(), unmapped)
  return unsafe Outcome.of(error, stopped)
}

/// `fallow_forget`: see fallow.h.
@_cdecl("fallow_forget")
public func forget(_ unmapped: UnsafeMutableRawPointer) -> Bool {
  // The members of `struct fallow_unmapped`, in their order.
  func word(_ index: Int) -> UInt64 {
    unsafe unmapped.load(fromByteOffset: index * 8, as: UInt64.self)
  }
  let root = FrameNumber(word(2))
  guard root != .none else { platform().fault(.wrongState, at: root) }
  func table(_ number: UInt64) -> FrameNumber {
    number == FrameNumber.none.rawValue ? .none : frame(number)
  }
  var stale = unsafe StaleRange(
    StaleContents(
      root: space(root.rawValue).root, isKernel: false,
      range: range(word(0), word(1)), head: table(word(3)),
      tail: table(word(4))), on: platform())
  let isForgotten = stale.invalidated(by: scheme()).isEmpty
  unsafe store(stale.contents(), unmapped)
  return isForgotten
}

/// Fills in a `struct fallow_unmapped`.
private func store(
  _ contents: StaleContents, _ unmapped: UnsafeMutableRawPointer
) {
  func store(_ word: UInt64, _ index: Int) {
    unsafe unmapped.storeBytes(
      of: word, toByteOffset: index * 8, as: UInt64.self)
  }
  store(contents.range.start.rawValue, 0)
  store(contents.range.size, 1)
  store(contents.root.rawValue, 2)
  store(contents.head.rawValue, 3)
  store(contents.tail.rawValue, 4)
}

/// `fallow_user_protect`: see fallow.h.
@_cdecl("fallow_user_protect")
public func userProtect(
  _ root: UInt64, _ start: UInt64, _ size: UInt64, _ attributes: UInt32,
  _ narrowed: UnsafeMutableRawPointer, _ stopped: UnsafeMutablePointer<UInt64>
) -> Int32 {
  let space = space(root)
  let range = range(start, size)
  var revoked = LeafAttributes.none
  let outcome = unsafe protect(space, range, attributes, &revoked, stopped)
  let isNarrowed = revoked != .none
  unsafe store(
    StaleContents(
      root: isNarrowed ? space.root : .none, isKernel: false,
      range: isNarrowed ? range : VirtualRange(start: range.start, size: 0),
      head: .none, tail: .none), narrowed)
  return outcome
}

/// `fallow_end_user_space`: see fallow.h.
@_cdecl("fallow_end_user_space")
public func endUserSpace(
  _ root: UInt64, _ stopped: UnsafeMutablePointer<UInt64>
) -> Int32 {
  let space = space(root)
  if let leaf = space.firstLeaf(in: CUserSpace.addresses) {
    unsafe stopped.pointee = leaf.range.start.rawValue
    return Outcome.inUse
  }
  // The binding that fallow_make_user_space made.
  let binding = Binding(
    rawValue: platform().load(.binding, of: space.root))
  unsafe stopped.pointee = 0
  if !binding.iommus.isEmpty,
    space.scheme.unbind(
      space.root, from: Device(iommu: 0, requester: 0), as: binding.pasid)
      == .unanswered
  {
    return Outcome.inUse
  }
  return space.end() == nil ? Outcome.done : Outcome.inUse
}

/// `fallow_user_translate`: see fallow.h.
@_cdecl("fallow_user_translate")
public func userTranslate(
  _ root: UInt64, _ address: UInt64, _ translation: UnsafeMutableRawPointer
) -> Bool {
  unsafe translate(space(root), address, translation)
}

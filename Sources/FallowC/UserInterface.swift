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
  guard outcome == .bound else { fatalError("CDriver attaches everything") }
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
  let token = space(root).unmap(range(start, size))
  let error = token.error
  unsafe store(range(start, size), token.contents(), unmapped)
  return unsafe Outcome.of(error, stopped)
}

/// `fallow_forget`: see fallow.h.
@_cdecl("fallow_forget")
public func forget(_ unmapped: UnsafeMutableRawPointer) -> Bool {
  // The members of `struct fallow_unmapped`, in their order.
  func word(_ index: Int) -> UInt64 {
    unsafe unmapped.load(fromByteOffset: index * 8, as: UInt64.self)
  }
  let all = range(word(0), word(1))
  let root = FrameNumber(word(2))
  guard root != .none else { platform().fault(.wrongState, at: root) }
  var token = unsafe UnmappedRange(
    all, root: space(root.rawValue).root, head: FrameNumber(word(3)),
    tail: FrameNumber(word(4)), on: platform())
  let isForgotten = token.reusable(by: scheme()) != nil
  unsafe store(all, token.contents(), unmapped)
  return isForgotten
}

/// Fills in a `struct fallow_unmapped`.
private func store(
  _ range: VirtualRange,
  _ contents: (root: FrameNumber, head: FrameNumber, tail: FrameNumber),
  _ unmapped: UnsafeMutableRawPointer
) {
  func store(_ word: UInt64, _ index: Int) {
    unsafe unmapped.storeBytes(
      of: word, toByteOffset: index * 8, as: UInt64.self)
  }
  store(range.start.rawValue, 0)
  store(range.size, 1)
  store(contents.root.rawValue, 2)
  store(contents.head.rawValue, 3)
  store(contents.tail.rawValue, 4)
}

/// `fallow_user_protect`: see fallow.h.
@_cdecl("fallow_user_protect")
public func userProtect(
  _ root: UInt64, _ start: UInt64, _ size: UInt64, _ attributes: UInt32,
  _ stopped: UnsafeMutablePointer<UInt64>
) -> Int32 {
  unsafe protect(space(root), range(start, size), attributes, stopped)
}

/// `fallow_user_translate`: see fallow.h.
@_cdecl("fallow_user_translate")
public func userTranslate(
  _ root: UInt64, _ address: UInt64, _ translation: UnsafeMutableRawPointer
) -> Bool {
  unsafe translate(space(root), address, translation)
}

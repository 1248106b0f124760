// SPDX-License-Identifier: Apache-2.0

// The functions have C's names; the compiler compares each with fallow.h.
// swift-format-ignore-file: AlwaysUseLowerCamelCase

import Fallow
import FallowHeader

@c @implementation
func fallow_make_kernel_space() -> UInt64 {
  requireStart()
  guard let tree = CTree<KernelHalf>.make(scheme: CScheme()) else {
    return FrameNumber.none.rawValue
  }
  return tree.root.rawValue
}

@c @implementation
func fallow_adopt_kernel_space(
  _ root: UInt64, _ isReserved: (@convention(c) (UInt64) -> Bool)?,
  _ error: CError?
) -> fallow_outcome {
  let root = frame(root)
  guard let isReserved else { stop(FALLOW_NULL_POINTER) }
  if TypeWord(of: root).kind == .table {
    CPlatform().fault(.wrongState, at: root)
  }
  do throws(MapError) {
    _ = try CKernelSpace(adopting: root, CScheme()) { isReserved($0.rawValue) }
    return FALLOW_DONE
  } catch let refusal {
    return unsafe refusal.atCanonicalAddress.report(error)
  }
}

extension MapError {
  /// The same error, where a kernel's root of its own translates both halves:
  /// adoption takes such a root for the upper half's.
  fileprivate var atCanonicalAddress: Self {
    #if FALLOW_OWN_ROOTS && !FALLOW_FORMAT_ARM64
      let unused = 64 - CFormat.spanShift(of: CFormat.levels + 1)
      let address = Int64(bitPattern: address.rawValue << unused) >> unused
      return MapError(
        kind, at: VirtualAddress(UInt64(bitPattern: address)),
        level: Int(level), attributes: attributes)
    #else
      return self
    #endif
  }
}

@c @implementation
func fallow_make_user_space(_ kernelRoot: UInt64) -> UInt64 {
  let kernel = kernelSpace(kernelRoot)
  guard let tree = CTree<UserHalf>.make(copying: kernel.tables) else {
    return FrameNumber.none.rawValue
  }
  return tree.root.rawValue
}

@c @implementation
func fallow_end_kernel_space(_ root: UInt64, _ error: CError?) -> fallow_outcome
{
  unsafe kernelSpace(root).tables.end()?.report(error) ?? FALLOW_DONE
}

@c @implementation
func fallow_end_user_space(_ root: UInt64, _ error: CError?) -> fallow_outcome {
  unsafe userSpace(root).tables.end()?.report(error) ?? FALLOW_DONE
}

// SPDX-License-Identifier: Apache-2.0

import Fallow
import FallowHeader

typealias CError = UnsafeMutablePointer<fallow_error>

extension MapError {
  /// Fills in a `struct fallow_error`; returns the error's number.
  func report(_ place: CError?) -> fallow_outcome {
    if let place = unsafe place {
      unsafe place.pointee = fallow_error(
        address: address.rawValue, attributes: UInt32(attributes.rawValue),
        level: UInt32(level))
    }
    return kind.number
  }
}

/// The number of an error, or of none.
@inline(__always)
func outcome(_ error: MapError?, _ place: CError?) -> fallow_outcome {
  guard let error else { return FALLOW_DONE }
  return unsafe error.report(place)
}

extension MapError.Kind {
  var number: fallow_outcome {
    switch self {
    case .occupied: FALLOW_OCCUPIED
    case .outOfFrames: FALLOW_OUT_OF_FRAMES
    case .partialLeaf: FALLOW_PARTIAL_LEAF
    case .notMapped: FALLOW_NOT_MAPPED
    case .unsupportedAttributes: FALLOW_UNSUPPORTED_ATTRIBUTES
    case .requiresBreakBeforeMake: FALLOW_REQUIRES_BREAK
    case .invalidAddress: FALLOW_INVALID_ADDRESS
    case .invalidLevel: FALLOW_INVALID_LEVEL
    case .notCollapsible: FALLOW_NOT_COLLAPSIBLE
    case .unsupportedEntry: FALLOW_UNSUPPORTED_ENTRY
    case .bound: FALLOW_BOUND
    }
  }
}

extension EndError {
  /// Fills in a `struct fallow_error`; returns the error's number.
  func report(_ place: CError?) -> fallow_outcome {
    if let place = unsafe place {
      unsafe place.pointee = fallow_error(
        address: address.rawValue, attributes: 0, level: 0)
    }
    switch kind {
    case .mapped: return FALLOW_MAPPED
    case .bound: return FALLOW_BOUND
    case .shared: return FALLOW_SHARED
    }
  }
}

extension BindOutcome {
  var number: fallow_outcome {
    switch self {
    case .bound: FALLOW_DONE
    case .unknownDevice: FALLOW_UNKNOWN_DEVICE
    case .notCoherent: FALLOW_NOT_COHERENT
    case .pasidNotFree: FALLOW_PASID_NOT_FREE
    case .otherPASID: FALLOW_OTHER_PASID
    case .tooManyDevices: FALLOW_TOO_MANY_DEVICES
    case .pasidTooWide: FALLOW_PASID_TOO_WIDE
    case .pasidReserved: FALLOW_PASID_RESERVED
    case .leaving: FALLOW_LEAVING
    case .outOfFrames: FALLOW_OUT_OF_FRAMES
    case .kernelHalfNotWalked: FALLOW_KERNEL_HALF_NOT_WALKED
    }
  }
}

// SPDX-License-Identifier: Apache-2.0

import Fallow

/// Why and where an operation stopped, for tests to which the level of the
/// entry says nothing.
struct Refusal: Equatable {
  var kind: MapError.Kind
  var address: VirtualAddress

  init(_ kind: MapError.Kind, _ address: VirtualAddress) {
    self.kind = kind
    self.address = address
  }
}

extension MapError? {
  /// The error without its level; nil if the operation was done.
  var refusal: Refusal? { map { Refusal($0.kind, $0.address) } }
}

// SPDX-License-Identifier: Apache-2.0

import FallowExplorer

extension Slot {
  /// The other of two that each fill an entry of the root.
  var other: Slot {
    var other = self
    other.number ^= 1
    other.firstPage ^= 2
    return other
  }
}

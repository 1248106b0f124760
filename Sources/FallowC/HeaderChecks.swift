// SPDX-License-Identifier: Apache-2.0

import Fallow
import FallowHeader

// The numbers in fallow.h, compared with the library's as it is compiled: where
// one differs, a symbol stays that is defined nowhere, and the archive is not
// built.

@_silgen_name("fallow_header_differs")
private func headerDiffers()

/// Does nothing, or does not link.
@_cdecl("fallow_header_agrees")
public func headerAgrees() {
  if !sizesAgree || !attributesAgree || !faultsAgree {
    headerDiffers()
  }
}

private var sizesAgree: Bool {
  FALLOW_DESCRIPTOR_SIZE == DescriptorTable.descriptorSize
    && FALLOW_WORD_BYTES_SHARED == KernelWord.count(cpus: 0) * 8
    && FALLOW_WORD_BYTES_SHARED + FALLOW_WORD_BYTES_PER_CPU * 3
      == KernelWord.count(cpus: 3) * 8
}

private var attributesAgree: Bool {
  agree(FALLOW_WRITABLE, .writable) && agree(FALLOW_EXECUTABLE, .executable)
    && agree(FALLOW_USER, .user) && agree(FALLOW_GLOBAL, .global)
    && agree(FALLOW_ACCESSED, .accessed) && agree(FALLOW_DIRTY, .dirty)
    && agree(FALLOW_UNCACHED, .uncached)
    && agree(FALLOW_WRITE_COMBINING, .writeCombining)
    && agree(FALLOW_UNREADABLE, .unreadable)
    && agree(FALLOW_SOFTWARE_0, .software0)
    && agree(FALLOW_SOFTWARE_1, .software1)
}

private func agree(_ value: Int, _ attributes: LeafAttributes) -> Bool {
  value == Int(attributes.rawValue)
}

private var faultsAgree: Bool {
  agree(FALLOW_WRONG_MARK, .wrongMark)
    && agree(FALLOW_WRONG_STATE, .wrongState)
    && agree(FALLOW_WRONG_SPACE, .wrongSpace)
    && agree(FALLOW_OUT_OF_RANGE, .outOfRange)
    && agree(FALLOW_NOT_MANAGED, .notManaged)
    && agree(FALLOW_MANAGED_TWICE, .managedTwice)
    && agree(FALLOW_WRONG_ZONE, .wrongZone)
    && agree(FALLOW_ALREADY_FREE, .alreadyFree)
    && agree(FALLOW_INSIDE_BLOCK, .insideBlock)
    && agree(FALLOW_WRONG_ORDER, .wrongOrder)
    && agree(FALLOW_TABLE_IN_USE, .tableInUse)
}

private func agree(_ value: fallow_fault, _ fault: LifecycleFault) -> Bool {
  value.rawValue == UInt32(fault.rawValue)
}

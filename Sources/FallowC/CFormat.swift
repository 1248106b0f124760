// SPDX-License-Identifier: Apache-2.0

import Fallow

// The format of the archive, which Scripts/c-library.sh chooses.

#if FALLOW_FORMAT_X86_4
  typealias CBaseFormat = X86FourLevel
  typealias CPaging = X86Paging
#elseif FALLOW_FORMAT_X86_5
  typealias CBaseFormat = X86FiveLevel
  typealias CPaging = X86Paging
#elseif FALLOW_FORMAT_SV39
  typealias CBaseFormat = RISCVSv39
  typealias CPaging = RISCVPaging
#elseif FALLOW_FORMAT_SV48
  typealias CBaseFormat = RISCVSv48
  typealias CPaging = RISCVPaging
#elseif FALLOW_FORMAT_SV57
  typealias CBaseFormat = RISCVSv57
  typealias CPaging = RISCVPaging
#elseif FALLOW_FORMAT_ARM64
  typealias CBaseFormat = AArch64FourKiB
#else
  #error("define one of FALLOW_FORMAT_*; see Scripts/c-library.sh")
#endif

#if FALLOW_OWN_ROOTS && !FALLOW_FORMAT_ARM64
  /// The base format with roots that share nothing: a root of either half
  /// translates every address.
  enum CFormat: CPaging {
    typealias Walked = CBaseFormat

    static var levels: Int { CBaseFormat.levels }
    static var kernelHalfIndex: Int { entriesPerTable }
    static var kernelHalf: VirtualRange { everyAddress }
    static var userHalf: VirtualRange { everyAddress }

    /// The kernel half of the base format and, after the top of the addresses,
    /// its user half.
    private static var everyAddress: VirtualRange {
      VirtualRange(
        start: CBaseFormat.kernelHalf.start,
        size: CBaseFormat.kernelHalf.size &+ CBaseFormat.userHalf.size)
    }
  }
#else
  // The halves of AArch64 have roots of their own as it is.
  typealias CFormat = CBaseFormat
#endif

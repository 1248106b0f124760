// SPDX-License-Identifier: Apache-2.0

import Fallow

extension DescriptorTable {
  /// The words of one descriptor.
  static var words: Int { descriptorSize / 8 }

  /// The descriptors of frames from 0 on, in memory that is kept for them.
  init(in memory: FixedBuffer<UInt64>, frameCount: Int) {
    precondition(memory.count == frameCount * Self.words, "no room")
    unsafe self.init(
      at: memory.address, firstFrame: FrameNumber(0), frameCount: frameCount)
  }
}

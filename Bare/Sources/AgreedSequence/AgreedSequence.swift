/// Steps on whose outcome QEMU's VT-d and the simulated machine agree.
///
/// The image and a test of the machine both run them, and compare each step
/// with what stands here.
public enum AgreedSequence {
  /// The steps, in order.
  public static var steps: InlineArray<38, SequenceStep> {
    [
      SequenceStep(.own(frame: 0, value: 0x10)),
      SequenceStep(.own(frame: 1, value: 0x11)),
      SequenceStep(.own(frame: 2, value: 0x12)),
      // Nothing is mapped; then loads and stores, and what they record.
      SequenceStep(.load(page: 0), .refused),
      SequenceStep(.map(page: 0, frame: 0, isWritable: true), .done, .clear),
      SequenceStep(.load(page: 0), .found(0x10), .accessed),
      SequenceStep(.store(page: 0, value: 0x20), .done, .accessed),
      SequenceStep(.look(frame: 0), .found(0x20)),
      SequenceStep(.map(page: 1, frame: 1, isWritable: false), .done, .clear),
      SequenceStep(.store(page: 1, value: 0x30), .refused, .clear),
      SequenceStep(.load(page: 1), .found(0x11), .accessed),
      SequenceStep(.map(page: 2, frame: 2, isWritable: true), .done, .clear),
      SequenceStep(.store(page: 2, value: 0x22), .done, .dirty),
      // A stale leaf, and what forgetting does not reach it.
      SequenceStep(.unmap(page: 0, count: 1)),
      SequenceStep(.own(frame: 0, value: 0x40)),
      SequenceStep(.load(page: 0), .found(0x40)),
      SequenceStep(.store(page: 0, value: 0x50)),
      SequenceStep(.look(frame: 0), .found(0x50)),
      SequenceStep(.forget(page: 1), .done, .accessed),
      SequenceStep(.load(page: 0), .found(0x50)),
      SequenceStep(.forgetElsewhere(page: 0)),
      SequenceStep(.load(page: 0), .found(0x50)),
      SequenceStep(.forget(page: 0)),
      SequenceStep(.load(page: 0), .refused),
      // A large leaf: cached once, stale as a whole, forgotten as a whole.
      SequenceStep(.mapBlock(page: 512), .done, .clear),
      SequenceStep(.load(page: 513), .found(0x11), .accessed),
      SequenceStep(.split(page: 512), .done, .accessed),
      SequenceStep(.unmap(page: 513, count: 1)),
      SequenceStep(.load(page: 513), .found(0x11)),
      SequenceStep(.forget(page: 514), .done, .accessed),
      SequenceStep(.load(page: 513), .refused),
      SequenceStep(.map(page: 513, frame: 1, isWritable: true), .done, .clear),
      SequenceStep(.collapse(page: 512), .done, .dirty),
      SequenceStep(.load(page: 514), .found(0x22), .dirty),
      // Tables go: the worker has the kernel half forgotten.
      SequenceStep(.unmap(page: 0, count: 1024)),
      SequenceStep(.load(page: 514), .found(0x22)),
      SequenceStep(.reclaim),
      SequenceStep(.load(page: 514), .refused),
    ]
  }
}

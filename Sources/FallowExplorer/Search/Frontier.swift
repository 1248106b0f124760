/// The states of one level, packed: of each log only what is in use.
@safe
struct Frontier {
  private let layout: Layout
  private var words: UnsafeMutablePointer<UInt64>
  private var capacity = 1 << 16
  private(set) var used = 0
  private(set) var starts: [Int] = []

  init(layout: Layout) {
    self.layout = layout
    unsafe words = .allocate(capacity: capacity)
  }

  func free() { unsafe words.deallocate() }

  var count: Int { starts.count }

  var byteCount: Int { (capacity + starts.count) * 8 }

  mutating func removeAll() {
    used = 0
    starts.removeAll(keepingCapacity: true)
  }

  mutating func append(_ state: Cells) {
    if used + layout.size > capacity {
      let old = unsafe words
      unsafe words = .allocate(capacity: capacity * 2)
      unsafe words.update(from: old, count: used)
      unsafe old.deallocate()
      capacity *= 2
    }
    starts.append(used)
    unsafe (words + used).update(from: state.base, count: layout.logs)
    used += layout.logs
    for actor in 0..<layout.actors {
      let count = Int(state[layout.headers + actor] & 0xff)
      unsafe (words + used).update(
        from: state.base + layout.log(of: actor), count: count)
      used += count
    }
  }

  func unpack(_ index: Int, into state: Cells) {
    var start = starts[index]
    unsafe state.base.update(from: words + start, count: layout.logs)
    start += layout.logs
    for actor in 0..<layout.actors {
      let count = Int(state[layout.headers + actor] & 0xff)
      unsafe (state.base + layout.log(of: actor)).update(
        from: words + start, count: count)
      start += count
    }
  }
}

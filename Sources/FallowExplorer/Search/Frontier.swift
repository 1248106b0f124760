/// The states of one level, packed: of each log only what is in use.
///
/// While one is filled, one thread alone has it; after that any may read it.
@safe
struct Frontier: @unchecked Sendable {
  private let layout: Layout
  private var words: UnsafeMutablePointer<UInt64>
  private var capacity = 1 << 12
  private var used = 0
  private var starts: UnsafeMutablePointer<Int>
  private var startCapacity = 1 << 8
  private(set) var count = 0

  init(layout: Layout) {
    self.layout = layout
    unsafe words = .allocate(capacity: capacity)
    unsafe starts = .allocate(capacity: startCapacity)
  }

  func free() {
    unsafe words.deallocate()
    unsafe starts.deallocate()
  }

  var byteCount: Int { (capacity + startCapacity) * 8 }

  mutating func removeAll() {
    used = 0
    count = 0
  }

  mutating func append(_ state: Cells) {
    if used &+ layout.size > capacity {
      unsafe Self.grow(&words, &capacity, used)
    }
    if count == startCapacity {
      unsafe Self.grow(&starts, &startCapacity, count)
    }
    unsafe starts[count] = used
    count &+= 1
    unsafe (words + used).update(from: state.base, count: layout.logs)
    used &+= layout.logs
    for actor in 0..<layout.actors {
      let count = Int(state[layout.headers + actor] & 0xff)
      unsafe (words + used).update(
        from: state.base + layout.log(of: actor), count: count)
      used &+= count
    }
  }

  private static func grow<Word: BitwiseCopyable>(
    _ words: inout UnsafeMutablePointer<Word>, _ capacity: inout Int,
    _ used: Int
  ) {
    let old = unsafe words
    unsafe words = .allocate(capacity: capacity * 2)
    unsafe words.update(from: old, count: used)
    unsafe old.deallocate()
    capacity *= 2
  }

  func unpack(_ index: Int, into state: Cells, and copy: Cells) {
    var start = unsafe starts[index]
    unsafe state.base.update(from: words + start, count: layout.logs)
    unsafe copy.base.update(from: words + start, count: layout.logs)
    start &+= layout.logs
    for actor in 0..<layout.actors {
      let count = Int(state[layout.headers + actor] & 0xff)
      let log = layout.log(of: actor)
      for index in 0..<count {
        let word = unsafe words[start &+ index]
        state[log &+ index] = word
        copy[log &+ index] = word
      }
      start &+= count
    }
  }
}

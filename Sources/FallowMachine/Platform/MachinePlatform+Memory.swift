// SPDX-License-Identifier: Apache-2.0

public import Fallow

/// Entries, descriptors and the kernel's words.
extension MachinePlatform {
  /// Whether the machine has the frame.
  public func hasDescriptor(_ frame: FrameNumber) -> Bool {
    machine.memory.contains(frame)
  }

  /// The entry at `entry`.
  public func load(_ entry: PhysicalAddress) -> UInt64 {
    machine.memory.load(entry.word, of: machine.frame(of: entry))
  }

  /// Writes an entry.
  public func store(_ value: UInt64, to entry: PhysicalAddress) {
    _ = exchange(value, at: entry)
    machine.onStore?()
  }

  /// Writes an entry and returns what it was.
  public func exchange(_ value: UInt64, at entry: PhysicalAddress) -> UInt64 {
    let machine = machine
    let frame = machine.frame(of: entry)
    let old = machine.memory.load(entry.word, of: frame)
    machine.memory.store(value, to: entry.word, of: frame)
    machine.noteEntry(value, insteadOf: old, at: entry)
    return old
  }

  /// Writes `desired` if the entry is `expected`; returns what it was.
  public func compareExchange(
    _ entry: PhysicalAddress, expected: UInt64, desired: UInt64
  ) -> UInt64 {
    let old = load(entry)
    if old == expected { _ = exchange(desired, at: entry) }
    return old
  }

  /// Writes `count` entries of a table that no one can reach yet.
  public func fill(
    _ entry: PhysicalAddress, count: Int, first: UInt64, step: UInt64
  ) {
    let machine = machine
    var address = entry
    var value = first
    for _ in 0..<count {
      machine.memory.store(
        value, to: address.word, of: machine.frame(of: address))
      address = address + 8
      value &+= step
    }
  }

  /// A word of a frame's descriptor.
  public func load(
    _ field: DescriptorField, of frame: FrameNumber
  ) -> UInt64 {
    machine.check(frame)
    return machine.descriptors.load(field, of: frame)
  }

  /// Writes a word of a frame's descriptor.
  public func store(
    _ value: UInt64, to field: DescriptorField, of frame: FrameNumber
  ) {
    let machine = machine
    machine.check(frame)
    if field == .typeWord {
      machine.noteTypeWord(
        TypeWord(rawValue: UInt32(truncatingIfNeeded: value)), of: frame)
    }
    machine.descriptors.store(value, to: field, of: frame)
  }

  /// Writes `desired` if the word is `expected`; returns what it was.
  public func compareExchange(
    _ field: DescriptorField, of frame: FrameNumber, expected: UInt64,
    desired: UInt64
  ) -> UInt64 {
    let old = load(field, of: frame)
    if old == expected { store(desired, to: field, of: frame) }
    return old
  }

  /// Adds to a word, wrapping, and returns the sum.
  public func add(
    _ delta: Int64, to field: DescriptorField, of frame: FrameNumber
  ) -> UInt64 {
    let sum = load(field, of: frame) &+ UInt64(bitPattern: delta)
    store(sum, to: field, of: frame)
    return sum
  }

  /// A word of the kernel.
  public func load(_ word: KernelWord) -> UInt64 {
    machine.words[word.index]
  }

  /// Writes `desired` if the word is `expected`; returns what it was.
  public func compareExchange(
    _ word: KernelWord, expected: UInt64, desired: UInt64
  ) -> UInt64 {
    let old = machine.words[word.index]
    if old == expected { machine.words[word.index] = desired }
    return old
  }

  /// Writes a word and returns what it was.
  public func exchange(_ value: UInt64, at word: KernelWord) -> UInt64 {
    let old = machine.words[word.index]
    machine.words[word.index] = value
    return old
  }

  /// Adds to a statistic.
  public func count(_ delta: Int64, at word: KernelWord) {
    machine.words[word.index] &+= UInt64(bitPattern: delta)
  }

  /// What was counted, by all CPUs.
  public func counted(at word: KernelWord) -> UInt64 {
    machine.words[word.index]
  }
}

extension Machine {
  /// The frame of an entry that the library touches.
  @inline(__always)
  func frame(of entry: PhysicalAddress) -> FrameNumber {
    let frame = FrameNumber(containing: entry)
    check(frame)
    return frame
  }

  @inline(__always)
  func check(_ frame: FrameNumber) {
    precondition(
      memory.contains(frame), "the library touched a frame that is no memory")
  }
}

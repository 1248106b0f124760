// SPDX-License-Identifier: Apache-2.0

import FallowMachine
import FallowSchemes
import Testing

@testable import FallowExplorer

/// What a search keeps of states, and where.
@Suite struct FrontierTests {
  private let layout = Layout(Catalogue.bounds(cpus: 2, slots: 1))

  /// A state with words of every length, and logs.
  private func fill(_ state: Cells, _ numbers: inout RandomNumbers) {
    for index in 0..<layout.logs {
      state[index] = numbers.next() >> (numbers.next() % 65)
    }
    for actor in 0..<layout.actors {
      let length = numbers.next(below: 20)
      state[layout.headers + actor] = length
      for index in 0..<Int(length) {
        LoggedAccess(
          .none, Int(numbers.next(below: 1 << 16)),
          Int(numbers.next(below: 1 << 16)),
          result: numbers.next() >> (numbers.next() % 65)
        ).write(
          to: state, at: layout.log(of: actor) + index * Layout.loggedWords)
      }
    }
  }

  /// With room in memory, with little, and with none.
  @Test(arguments: [1 << 30, 5_000, 0], [1, 32, 33, 500])
  func statesAreReadAsTheyWereWritten(limit: Int, count: Int) {
    var frontier = Frontier(layout: layout, limit: limit)
    let state = Cells.allocate(layout.size)
    defer {
      frontier.free()
      state.free()
    }
    // The room of one level is used for another.
    for level in 0..<2 as Range<UInt64> {
      frontier.removeAll()
      var written = RandomNumbers(seed: 20, stream: level)
      for _ in 0..<count {
        fill(state, &written)
        frontier.append(
          state, Symmetry(rawValue: UInt8(written.next(below: 64))))
      }
      var reader = FrontierReader(layout: layout)
      var again = RandomNumbers(seed: 20, stream: level)
      var read = 0
      for block in 0..<frontier.blocks {
        #expect(frontier.states(before: block) == read)
        if block % 2 == 0 {
          reader.open(block, of: frontier)
        } else {
          reader.open(frontier.words(of: block))
        }
        for _ in 0..<frontier.states(in: block) {
          fill(state, &again)
          reader.next()
          expectSame(reader.state, state)
          #expect(reader.symmetry.rawValue == UInt8(again.next(below: 64)))
          read += 1
        }
      }
      #expect(read == count && frontier.count == count)
    }
    if limit < 1 << 30, count == 500 { #expect(frontier.byteCount < 100_000) }
  }

  private func expectSame(_ one: Cells, _ other: Cells) {
    var isSame = (0..<layout.logs).allSatisfy { one[$0] == other[$0] }
    for actor in 0..<layout.actors {
      let log = layout.log(of: actor)
      for index in 0..<layout.logWords(of: actor, in: other) {
        isSame = isSame && one[log + index] == other[log + index]
      }
    }
    #expect(isSame, "seed 20")
  }

  @Test func countsDoNotDependOnWhatGoesToTheFile() {
    func run(_ memory: Int, threads: Int) -> Outcome {
      var options = SearchOptions()
      options.frontierMemory = memory
      options.threads = threads
      return Check.run(
        .mapUnmap(Catalogue.bounds(cpus: 1, slots: 2)), scheme: .fallow,
        options: options)
    }
    let whole = run(1 << 30, threads: 1)
    for threads in 1...3 {
      let spilled = run(0, threads: threads)
      #expect(spilled.verdict == .safe)
      #expect(spilled.states == whole.states)
      #expect(spilled.transitions == whole.transitions)
      #expect(spilled.renamings == whole.renamings)
    }
  }

  @Test func aTableThatGrowsKeepsWhatItHas() {
    var table = FingerprintTable(capacity: 1 << 14)
    defer { table.free() }
    var numbers = RandomNumbers(seed: 20, stream: 0)
    var known: [UInt64] = []
    for _ in 0..<5 {
      while known.count < table.capacity / 4 * 3 {
        let number = numbers.next() | 1
        #expect(table.insert(number))
        known.append(number)
      }
      table.grow()
      #expect(!known.contains(where: table.insert))
    }
    var found: Set<UInt64> = []
    table.forEach { found.insert($0) }
    #expect(found == Set(known))
    #expect(table.byteCountToGrow < 17 * table.capacity)
  }
}

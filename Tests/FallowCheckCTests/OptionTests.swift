// SPDX-License-Identifier: Apache-2.0

import FallowExplorer
import Testing

@testable import FallowCheckC

/// The options of `fallow check` mean for C what they mean for Swift.
@Suite struct OptionTests {
  private static let torn = """
    #include <fallow/linux.h>
    FALLOW_MACHINE(.cpus = 2, .slots = 1, .tables = 1);
    static int inside;
    FALLOW_READER(change) { inside = 1; inside = 0; return true; }
    FALLOW_READER(look) { BUG_ON(inside); return true; }

    """

  private var quick: SearchOptions {
    var options = SearchOptions()
    options.livenessLimit = 0
    return options
  }

  @Test func aTokenIsTakenAgainByTheProgramCompiledAnew() throws {
    let program = try TemporaryC(Self.torn)
    let entry = try CCheck(program.settings).entry()
    let found = entry.search(entry.scenario, quick)
    let token = try #require(ReplayToken(found, of: entry, mode: .mayHold))
    let again = try CCheck(program.settings).entry()
    #expect(token.fits(again))
    var options = quick
    options.replay = ReplayToken(token.text)
    let replayed = again.search(again.scenario, options)
    #expect(replayed.oracle == .assertion)
    #expect(replayed.timeline.map(\.source) == found.timeline.map(\.source))
  }

  @Test func executionsAtRandomFindWhatASearchFinds() throws {
    let program = try TemporaryC(Self.torn)
    let entry = try CCheck(program.settings).entry()
    let searched = entry.search(entry.scenario, quick)
    var options = quick
    options.random = RandomOptions()
    options.random?.runs = 200
    options.threads = 2
    let found = entry.search(entry.scenario, options)
    #expect(found.oracle == .assertion, "seed 1")
    // Which CPU is which does not matter.
    #expect(found.timeline.map(\.source) == searched.timeline.map(\.source))
  }

  @Test func aTokenSaysWhereItsProgramHasChanged() throws {
    let program = try TemporaryC(Self.torn)
    let entry = try CCheck(program.settings).entry()
    let found = entry.search(entry.scenario, quick)
    let token = try #require(ReplayToken(found, of: entry, mode: .mayHold))
    var settings = program.settings
    settings.optimization = 1
    let changed = try CCheck(settings).entry()
    #expect(token.fits(changed))
    var options = quick
    options.replay = token
    let again = changed.search(changed.scenario, options)
    #expect(again.verdict == .incomplete)
    #expect(again.divergence != nil)
  }

  @Test(arguments: [0, 1, 2]) func aStoreThatTheCompilerDropsIsNotSearched(
    level: Int
  ) throws {
    let program = try TemporaryC(Self.torn)
    var settings = program.settings
    settings.optimization = level
    let entry = try CCheck(settings).entry()
    let outcome = entry.search(entry.scenario, quick)
    #expect(outcome.verdict == (level == 0 ? .violation : .safe))
  }

  @Test func threadsAndRunsGiveTheSameCounts() throws {
    var settings = CSettings()
    settings.files = [example("free-path.c")]
    let check = try CCheck(settings)
    let counts = try [1, 2, 3, 4].map { threads in
      let entry = try check.entry(changing: { $0.slots = 1 })
      var options = quick
      options.threads = threads
      return entry.search(entry.scenario, options).states
    }
    #expect(Set(counts).count == 1, "\(counts)")
  }

  @Test(arguments: [1, 4]) func aPointerKeptInAnotherFormIsNoFault(
    threads: Int
  ) throws {
    let outcome = try search(
      """
      static long pair[2] = { 4, 5 }, squeezed;
      FALLOW_READER(put)
      {
        WRITE_ONCE(squeezed, (unsigned long)&pair[1] >> 3);
        return true;
      }
      FALLOW_READER(get)
      {
        long *found = (long *)(READ_ONCE(squeezed) << 3);
        if (found) BUG_ON(READ_ONCE(*found) != 5);
        return true;
      }
      """
    ) { $0.threads = threads }
    let isJudged = outcome.verdict == .safe
    #expect(isJudged || threads > 1 && outcome.oracle.isLimit)
  }

  @Test func everyStepHasTheSameVerdict() throws {
    var settings = CSettings()
    settings.files = [example("hot-unplug.c")]
    for (macro, verdict) in [
      ("RIGHT", Verdict.safe), ("WRONG_NO_FLUSH", .violation),
    ] {
      settings.defines = [macro]
      let entry = try CCheck(settings).entry()
      var options = quick
      options.reductions.subtract(.steps)
      #expect(entry.search(entry.scenario, options).verdict == verdict)
    }
  }
}

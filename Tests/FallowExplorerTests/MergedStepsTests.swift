import Testing

@testable import FallowExplorer

/// Merging the steps of IOMMUs with those of whoever deals with them hides
/// nothing and invents nothing.
@Suite struct MergedStepsTests {
  @Test(arguments: [SchemeChoice.fallow, .upstream], 0..<5)
  func theVerdictIsTheSame(scheme: SchemeChoice, variant: Int) {
    var bounds = Bounds()
    bounds.iommus = variant == 1 ? 2 : 1
    bounds.pasids = variant == 2 ? 2 : 1
    bounds.ats = variant == 3
    bounds.mayFail = variant == 4
    var options = SearchOptions()
    let merged = Check.run(.mapUnmap(bounds), scheme: scheme, options: options)
    options.everyStep = true
    let every = Check.run(.mapUnmap(bounds), scheme: scheme, options: options)
    #expect(merged.verdict == every.verdict)
    #expect(merged.oracle == every.oracle)
    #expect(merged.timeline == every.timeline)
    guard every.verdict == .safe else { return }
    #expect(merged.happened == every.happened)
    #expect(merged.states < every.states)
  }

  @Test func protocolsAtRandomHaveTheSameVerdict() {
    var verdicts: [Verdict: Int] = [:]
    // The last ones show what is lost if a queue is only carried out when
    // someone polls.
    for seed in Array(UInt64(1)...60) + [318, 395, 489, 547] {
      let every = RandomProtocol.search(seed: seed, everyStep: true)
      for mergesTurns in [false, true] {
        let merged = RandomProtocol.search(
          seed: seed, everyStep: false, mergesTurns: mergesTurns)
        if merged.wantsEveryStep { continue }
        #expect(
          merged.verdict == every.verdict,
          "seed \(seed), turns \(mergesTurns ? "merged" : "as they are")")
        verdicts[every.verdict, default: 0] += 1
      }
    }
    print("seeds 1 to 60 and four more: \(verdicts)")
    #expect(verdicts[.safe, default: 0] >= 10)
    #expect(verdicts[.violation, default: 0] >= 10)
  }
}

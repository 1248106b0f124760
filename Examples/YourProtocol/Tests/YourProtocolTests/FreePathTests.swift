import FallowExplorer
import Testing
import YourProtocol

@Suite struct FreePathTests {
  private func search(_ order: FreePath.Order) -> Outcome {
    var bounds = Bounds()
    bounds.cpus = 2
    bounds.slots = 2
    bounds.frames = 2
    return Search(.mapUnmap(bounds)) { machine in
      FreePath(on: machine, order: order)
    }.run()
  }

  @Test func clearingFirstIsSafe() {
    let outcome = search(.clearThenQueue)
    #expect(outcome.verdict == .safe)
    #expect(outcome.states > 1_000, "something was searched")
  }

  @Test func queueingFirstIsFound() {
    let outcome = search(.queueThenClear)
    #expect(outcome.verdict == .violation)
    #expect(outcome.oracle == .retiredWhileLinked)
    for step in outcome.timeline {
      print(step.actor, step.step, step.effect, separator: "\t")
    }
  }
}

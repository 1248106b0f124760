// SPDX-License-Identifier: Apache-2.0

internal import ArgumentParser
internal import FallowExplorer
internal import FallowReport
internal import FallowSchemes
internal import Foundation

/// `fallow check`.
struct CheckCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "check",
    abstract: "Search every interleaving for a walk of a freed table.",
    discussion: """
      Runs the library's own code on a machine that stops it at every access \
      that others could notice, and tries every order in which CPUs, the \
      worker, IOMMUs and their walkers can go on. Without a scenario it runs \
      the catalogue: what must be safe, and faults that must be found.

        fallow check
        fallow check --list
        fallow check map-unmap --scheme upstream --cpus 2 --slots 2 --frames 3
        fallow check queues-before-clear --json
        fallow check --c Examples/KernelC/free-path.c
        fallow check --shard 2/8 --json

      With --c it searches a program in C: see the article Check your C.

      What is too large to be searched can be run at random: from one seed the \
      same executions are drawn, with any number of threads. A violation's \
      steps are made few, and its token in --json takes them again.

        fallow check map-unmap --cpus 4 --slots 2 --frames 6 --random pct
        fallow check --c file.c --random uniform --runs 100000 --seed 7

      A long search can be kept in a file, and continued after it was stopped:

        fallow check map-unmap --cpus 4 --slots 2 --frames 3 --checkpoint FILE
        fallow check map-unmap --cpus 4 --slots 2 --frames 3 --continue FILE

      Exit status: 0 if safe (the catalogue: if every verdict and oracle is as \
      expected), 1 if there is a violation, 2 if the command line could not be \
      used or the explorer cannot search the scenario, 3 if nothing is proven: \
      the bound on memory was met first, what the scenario is about never \
      happened, or executions were drawn at random and none had a violation.
      """)

  @Argument(help: "A scenario; without one, the whole catalogue.")
  var scenario: String?

  @OptionGroup(title: "Programs in C")
  var program: CheckCOptions

  @Flag(help: "List the catalogue.")
  var list = false

  @Option(
    help: "For map-unmap: fallow, upstream or immediate. (default: fallow)")
  var scheme: String?

  @Option(help: "CPUs that run operations.")
  var cpus: Int?
  @Option(help: "Stretches of addresses, each under an entry of its own.")
  var slots: Int?
  @Option(help: "Frames for tables, besides the root's.")
  var frames: Int?
  @Option(help: "IOMMUs.")
  var iommus: Int?
  @Option(help: "Address spaces that devices share.")
  var pasids: Int?
  @Flag(help: "Give each IOMMU a device with a TLB of its own.")
  var ats = false
  @Option(
    help: ArgumentHelp(
      "Let others see stores later, up to so many of each CPU.",
      valueName: "stores"))
  var storeBuffers: Int?
  @Flag(help: "Let invalidations fail.")
  var failing = false
  @Flag(
    help: "For map-unmap: let the last CPU make devices leave and come back.")
  var binding = false
  @Flag(help: "Let walkers fill, walk and evict step by step.")
  var concrete = false
  @Flag(help: "Distinguish states by the names of their frames.")
  var noSymmetry = false
  @Flag(help: "Merge no steps.")
  var everyStep = false
  @Option(
    help: ArgumentHelp(
      "Search at most so many states for operations that never end; 0: none.",
      valueName: "states"))
  var livenessLimit = 400_000
  @Flag(help: "Keep states in full, not fingerprints of them.")
  var exact = false
  @Option(
    help: ArgumentHelp(
      "Take the steps of a violation again, by the token in its --json.",
      valueName: "token"))
  var replay: String?
  @OptionGroup(title: "Executions at random")
  var random: CheckRandomOptions
  @OptionGroup
  var split: ShardOption
  @OptionGroup(title: "Searches that are stopped and continued")
  var kept: CheckpointArguments
  @Option(help: "Threads that search.")
  var threads = 1
  @Option(help: "MiB that the search may use.")
  var memory = 2_048
  @Option(help: "What fingerprints are made from, and executions drawn.")
  var seed: UInt64 = 1
  @Option(
    help: ArgumentHelp(
      "Draw a scenario's timeline into one HTML file.", valueName: "file.html"))
  var report: String?
  @OptionGroup
  var output: OutputOptions

  func validate() throws {
    func check(_ value: Int?, _ range: ClosedRange<Int>, _ name: String) throws
    {
      guard let value, !range.contains(value) else { return }
      throw ValidationError(
        "--\(name) takes a number from \(range.lowerBound) to "
          + "\(range.upperBound)")
    }
    try check(cpus, 1...4, "cpus")
    try check(slots, 1...2, "slots")
    try check(frames, 1...7, "frames")
    try check(iommus, 1...2, "iommus")
    try check(pasids, 1...4, "pasids")
    try check(storeBuffers, 0...4, "store-buffers")
    try check(threads, 1...64, "threads")
    try check(memory, 1...1_048_576, "memory")
    try check(livenessLimit, 0...100_000_000, "liveness-limit")
    if let scheme, SchemeName(rawValue: scheme) == nil {
      throw ValidationError("--scheme takes fallow, upstream or immediate")
    }
    if split.shard != nil {
      if !output.json || list || report != nil {
        throw ValidationError("--shard prints JSON: add --json alone")
      }
      let isSplit =
        random.strategy != nil || scenario == nil && !program.isGiven
      if !isSplit {
        throw ValidationError(
          "--shard splits the catalogue or executions at random, and one "
            + "search is neither: name no scenario, or add --random")
      }
    }
    if kept.isGiven {
      if scenario == nil && !program.isGiven {
        throw ValidationError(
          "--checkpoint and --continue keep the search of a scenario, or of a "
            + "program with --c")
      }
      if random.strategy != nil || replay != nil || exact {
        throw ValidationError(
          "--checkpoint and --continue go with no --random, --replay or "
            + "--exact")
      }
    }
    if random.strategy != nil {
      if scenario == nil && !program.isGiven {
        throw ValidationError(
          "--random takes executions of a scenario, or of a program with --c")
      }
      if replay != nil || exact {
        throw ValidationError("--random goes with no --replay or --exact")
      }
    }
    if program.isGiven {
      if scenario != nil || scheme != nil || binding {
        throw ValidationError(
          "--c goes with no scenario, --scheme or --binding")
      }
      return
    }
    if scenario == nil, sizes { throw ValidationError("name a scenario") }
    if let scenario, scenario != "map-unmap",
      !Catalogue.all.contains(where: { $0.name == scenario })
    {
      throw ValidationError(
        "there is no scenario \(scenario); --list names them")
    }
    if report != nil && scenario == nil {
      throw ValidationError("--report wants a scenario")
    }
    if let replay {
      guard let scenario else { throw ValidationError("name a scenario") }
      try checkToken(replay, of: entry(scenario))
    }
    if scenario != nil && scenario != "map-unmap" {
      if scheme != nil {
        throw ValidationError("--scheme goes with the scenario map-unmap")
      }
      if binding {
        throw ValidationError("--binding goes with the scenario map-unmap")
      }
    }
  }

  private var page: ReportFile? { report.map(ReportFile.init) }

  func run() throws {
    if program.printFlags { return print(program.flags) }
    if list { return try printList() }
    try page?.requireWritable()
    if program.isGiven { return try checkC() }
    guard let scenario else { return try checkAll() }
    try search(entry(scenario))
  }

  /// Searches, and prints what was found.
  func search(_ entry: CatalogueEntry) throws {
    let progress = Progress(isQuiet: output.quiet)
    var options = options
    options.progress = { progress.report($0) }
    if let checkpoint = kept.options(identity(of: entry)) {
      let stop = StopRequest()
      options.checkpoint = checkpoint
      options.isStopped = { stop.isMade }
    }
    let outcome = entry.search(entry.scenario, options)
    progress.end()
    if let failure = outcome.checkpointFailure {
      printError("fallow check: \(failure)")
    }
    if outcome.verdict == .refused, kept.isGiven {
      printError("fallow check: \(outcome.obstruction ?? "")")
      throw ExitCode(ExitStatus.unusable)
    }
    let text = CheckText(entry: entry, outcome: outcome, options: options)
    try page?.write(text.page)
    if output.json {
      let document = CheckDocument(entry, outcome, options: options)
      if let heading = heading(of: entry) {
        print(try CheckDocument.json(ShardDocument(heading, document)))
      } else {
        print(try CheckDocument.json(document))
      }
    } else {
      let colours = Terminal.colours
      let lines =
        output.quiet ? text.summary(colours) : text.lines(colours)
      for line in lines { print(line) }
    }
    switch outcome.verdict {
    case .safe: return
    case .violation:
      throw ExitCode(
        outcome.oracle.isLimit ? ExitStatus.unusable : ExitStatus.violation)
    case .incomplete, .noViolationFound:
      throw ExitCode(ExitStatus.incomplete)
    case .refused: throw ExitCode(ExitStatus.unusable)
    }
  }

  /// Checks that a token is of a scenario on the machine that is asked for.
  func checkToken(_ text: String, of entry: CatalogueEntry) throws {
    guard let token = ReplayToken(text) else {
      throw ValidationError(
        "--replay takes the token that --json has of a violation, whole")
    }
    guard token.fits(entry) else {
      throw ValidationError(
        "the token is of another scenario, scheme or machine: give the options "
          + "of the search that found it")
    }
  }

  private var sizes: Bool {
    cpus != nil || slots != nil || frames != nil || iommus != nil
      || pasids != nil || storeBuffers != nil || ats || failing || binding
      || scheme != nil
  }

  /// How to search.
  var options: SearchOptions {
    var options = SearchOptions()
    options.mode = concrete ? .concrete : .mayHold
    if noSymmetry { options.reductions.subtract(.symmetry) }
    if everyStep { options.reductions.subtract(.steps) }
    options.threads = threads
    options.livenessLimit = livenessLimit
    options.memory = memory
    options.seed = seed
    options.isExact = exact
    options.random = random.options
    if let shard = split.shard {
      options.random?.shard = shard
      options.random?.takesAllRuns = true
    }
    if let token = replay.flatMap(ReplayToken.init) {
      options.replay = token
      options.mode = token.mode
    }
    return options
  }

  private func entry(_ name: String) -> CatalogueEntry {
    let named = scheme.flatMap(SchemeName.init) ?? .fallow
    var entry =
      Catalogue.all.first { $0.name == name } ?? Catalogue.mapUnmap(named)
    var bounds = entry.scenario.bounds
    bounds.cpus = cpus ?? bounds.cpus
    bounds.slots = slots ?? bounds.slots
    bounds.frames = frames ?? bounds.frames
    bounds.iommus = iommus ?? bounds.iommus
    bounds.pasids = pasids ?? bounds.pasids
    bounds.storeBuffers = storeBuffers ?? bounds.storeBuffers
    bounds.ats = bounds.ats || ats
    bounds.mayFail = bounds.mayFail || failing
    if sizes {
      entry.scenario =
        name == "map-unmap"
        ? Scenario.mapUnmap(bounds).releasingAtRest
        : entry.scenario.resized(bounds)
      if binding {
        entry.scenario = entry.scenario.binding(
          actors: 1 << UInt8(bounds.cpus - 1))
      }
    }
    return entry
  }
}

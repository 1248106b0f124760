// SPDX-License-Identifier: Apache-2.0

internal import ArgumentParser
internal import FallowReport

/// `fallow merge`.
struct MergeCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "merge",
    abstract: "Join what the shards of a search or a sweep have found.",
    discussion: """
      Reads what each process printed that was given --shard i/n, and says \
      what one process would have said: the same verdicts and counts. It \
      refuses, by name, a shard that is missing, there twice or cut off, and \
      shards that are of other scenarios, bounds, seeds or versions.

        for i in 1 2 3 4; do
          fallow check --shard $i/4 --json >shard.$i.json &
        done; wait
        fallow merge shard.*.json

      GNU parallel, Slurm and Kubernetes run shards on many machines: see \
      Examples/Cluster.

      Exit status: as of the command that was split; 2 if the shards cannot be \
      joined.
      """)

  @Argument(help: "What the shards printed, a file each, in any order.")
  var files: [String]

  @Flag(help: "Exit with 0, not 3, where a scheme was not judged.")
  var allowUnjudged = false

  @OptionGroup
  var output: OutputOptions

  func run() throws {
    let joined: JoinedResult
    do throws(MergeError) {
      joined = try JoinedResult(
        ShardSet(files: files), allowsUnjudged: allowUnjudged)
    } catch {
      printError("fallow merge: \(error)")
      throw ExitCode(ExitStatus.unusable)
    }
    if output.json {
      print(try CheckDocument.json(joined.value))
    } else {
      print(
        Numbers.count(files.count, of: "shard") + " joined: "
          + joined.summary)
    }
    if joined.status != ExitStatus.success { throw ExitCode(joined.status) }
  }
}

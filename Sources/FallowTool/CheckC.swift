// SPDX-License-Identifier: Apache-2.0

internal import ArgumentParser
internal import FallowCheckC
internal import FallowExplorer

extension CheckCommand {
  /// Searches a program in C.
  func checkC() throws {
    let program: CheckProgram
    do {
      program = try CheckProgram(self)
    } catch let error as CCheckError {
      printError("fallow check: \(error)")
      throw ExitCode(ExitStatus.unusable)
    }
    try search(program.entry)
  }
}

/// A program that is compiled, with the machine that the command line asks for.
private struct CheckProgram {
  let check: CCheck
  let entry: CatalogueEntry

  init(_ command: CheckCommand) throws {
    check = try CCheck(command.program.settings)
    entry = try check.entry(changing: { bounds in
      bounds.cpus = command.cpus ?? bounds.cpus
      bounds.slots = command.slots ?? bounds.slots
      bounds.frames = command.frames ?? bounds.frames
      bounds.iommus = command.iommus ?? bounds.iommus
      bounds.pasids = command.pasids ?? bounds.pasids
      bounds.storeBuffers = command.storeBuffers ?? bounds.storeBuffers
      bounds.ats = bounds.ats || command.ats
      bounds.mayFail = bounds.mayFail || command.failing
    })
    if let replay = command.replay {
      try command.checkToken(replay, of: entry)
    }
  }
}

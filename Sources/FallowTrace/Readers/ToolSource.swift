// SPDX-License-Identifier: Apache-2.0

#if canImport(Glibc)
  internal import Glibc
#elseif canImport(Musl)
  internal import Musl
#elseif canImport(Darwin)
  internal import Darwin
#endif

/// What a tool prints that makes text of a file.
struct ToolSource: ByteSource, ~Copyable {
  private let path: String
  private let tool: String
  private let process: pid_t
  private let output: Int32
  private var isOver = false

  /// Takes a process that was started, and the end of its pipe to read from.
  init(path: String, tool: String, process: pid_t, output: Int32) {
    self.path = path
    self.tool = tool
    self.process = process
    self.output = output
  }

  /// Starts what makes text of a file of `format`; nil if it is not installed.
  ///
  /// - Throws: ``TraceError/cannotRead(path:reason:)`` if it cannot be started.
  static func start(
    _ format: BinaryFormat, path: String
  ) throws(TraceError) -> ToolSource? {
    #if TraceDat
      if format == .traceDat { return try library(path: path) }
    #endif
    var ends: [Int32] = [0, 0]
    guard unsafe pipe(&ends) == 0 else {
      throw .cannotRead(path: path, reason: "no pipe can be made")
    }
    // The child has neither end but as its output.
    for end in ends { _ = fcntl(end, F_SETFD, FD_CLOEXEC) }
    let (started, error) = spawn(
      format.tool(for: path), reading: path, writing: ends[1])
    close(ends[1])
    guard let started else {
      close(ends[0])
      if error == ENOENT { return nil }
      throw .cannotRead(
        path: path, reason: "\(format.toolName) cannot be started")
    }
    return ToolSource(
      path: path, tool: format.toolName, process: started, output: ends[0])
  }

  deinit {
    close(output)
    // A tool that has more to write ends at the closed pipe.
    if !isOver { waitpid(process, nil, 0) }
  }

  mutating func read(
    into buffer: UnsafeMutableRawBufferPointer
  ) throws(TraceError) -> Int {
    if isOver { return 0 }
    while true {
      let count = unsafe readBytes(output, into: buffer)
      if count > 0 { return count }
      if count == 0 { break }
      guard errno == EINTR else {
        throw .cannotRead(path: path, reason: "the pipe from \(tool) broke")
      }
    }
    isOver = true
    var status: Int32 = 0
    while unsafe waitpid(process, &status, 0) < 0, errno == EINTR {}
    guard status == 0 else {
      let signal = status & 0x7F
      let end =
        signal == 0 ? "status \(status >> 8 & 0xFF)" : "signal \(signal)"
      throw .cannotRead(
        path: path,
        reason: "\(tool) failed (\(end)); is the file damaged or cut off?")
    }
    return 0
  }

  /// Starts a process with the file as its input.
  private static func spawn(
    _ arguments: [String], reading path: String, writing output: Int32
  ) -> (process: pid_t?, error: Int32) {
    #if canImport(Darwin)
      var actions: posix_spawn_file_actions_t?
    #else
      var actions = unsafe posix_spawn_file_actions_t()
    #endif
    unsafe posix_spawn_file_actions_init(&actions)
    defer { unsafe posix_spawn_file_actions_destroy(&actions) }
    unsafe posix_spawn_file_actions_addopen(&actions, 0, path, O_RDONLY, 0)
    unsafe posix_spawn_file_actions_adddup2(&actions, output, 1)
    unsafe posix_spawn_file_actions_addopen(
      &actions, 2, "/dev/null", O_WRONLY, 0)
    var words = unsafe arguments.map { unsafe strdup($0) }
    defer { unsafe words.forEach { unsafe free($0) } }
    unsafe words.append(nil)
    var process: pid_t = 0
    let error = unsafe posix_spawnp(
      &process, arguments[0], &actions, nil, words, environ)
    return (error == 0 ? process : nil, error)
  }
}

// SPDX-License-Identifier: Apache-2.0

/// Separates the tables of unplugged memory from its data.
///
/// Unmapping the direct map frees nothing but tables. Unmapping descriptors
/// frees the pages that hold them as well, by the same function.
struct UnpluggedPages {
  private var isDirect: [Int: Bool] = [:]
  private var freeing: [Int: (descriptor: UInt64, isMarked: Bool)] = [:]

  mutating func receive(_ event: TraceEvent) {
    switch event.payload {
    case .hotUnmap(_, _, let isDirect):
      self.isDirect[event.task] = isDirect
    case .hotFree(let descriptor, let flags, _, _, _):
      let isMarked = HotFreeMark(flags: flags).rawValue == "pt_kernel_mark"
      freeing[event.task] = (descriptor, isMarked)
    default:
      break
    }
  }

  /// Whether the page that `task` gives back is known to be a table.
  func isTable(_ descriptor: UInt64, freedBy task: Int) -> Bool {
    guard let page = freeing[task], page.descriptor == descriptor else {
      return false
    }
    return page.isMarked || isDirect[task] == true
  }
}

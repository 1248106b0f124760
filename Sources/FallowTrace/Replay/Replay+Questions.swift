// SPDX-License-Identifier: Apache-2.0

internal import Fallow
internal import FallowMachine

/// What devices ask for beside their random requests.
///
/// A random request hits the window of a freed table by luck only. So that an
/// all-clear is evidence, every device asks for an address in the window of
/// each table just before the table is unlinked, so that its IOMMU caches the
/// pointer, and again once the table is released, when nothing may use it.
extension Replay {
  /// Every device asks for an address of the table behind the entry of a table
  /// of `level` for `stretch`, and of each table below it.
  func ask(for stretch: VirtualRange, level: Int) {
    guard devicesAsk else { return }
    if level > 2 {
      let span = X86FourLevel.span(of: level - 1)
      for offset in Swift.stride(from: 0, to: stretch.size, by: Int(span)) {
        let below = VirtualRange(start: stretch.start + offset, size: span)
        if entryKind(of: below, level: level - 1) == .table {
          ask(for: below, level: level - 1)
        }
      }
    }
    access(stretch)
  }

  /// Every device asks for an address that a released table translated.
  func ask(forReleased frame: FrameNumber) {
    guard devicesAsk, let table = machine.ledger[frame].lastTable,
      table.isKernel, table.linked != nil, table.level < X86FourLevel.levels,
      let window = table.window
    else { return }
    access(
      VirtualRange(
        start: window, size: X86FourLevel.span(of: table.level + 1)))
  }

  private var devicesAsk: Bool {
    options.requestsPerSecond > 0 && !spaces.isEmpty
  }

  private func access(_ range: VirtualRange) {
    let page = questions.next(below: range.size >> 12)
    for (pasid, _) in spaces {
      for iommu in 0..<options.iommus {
        _ = machine.deviceAccess(
          machine.device(iommu), pasid: pasid, range.start + page << 12,
          isWrite: false)
      }
    }
  }
}

// SPDX-License-Identifier: Apache-2.0

internal import Fallow
internal import FallowMachine

/// The first stale walk, with what the replay knows of its address.
extension Replay {
  /// Keeps the area of the first stale walk before anything else happens to
  /// it.
  func noticeStaleWalk() {
    guard staleArea == nil, let use = machine.firstStaleWalk else { return }
    staleArea = .some(area(of: use.address))
  }

  /// What the outcome says of the first stale walk.
  func staleWalk() -> StaleWalk? {
    noticeStaleWalk()
    guard let use = machine.firstStaleWalk else { return nil }
    return StaleWalk(
      scheme: subject.name, time: clock.recorded(use.time),
      walker: Self.words(use.walker),
      pasid: use.pasid.rawValue, address: use.address.rawValue,
      cache: Self.words(use.cache), frame: use.frame.rawValue,
      entry: use.entry, isWrite: use.isWrite, area: staleArea ?? nil,
      table: table(use.ownerThen), owner: owner(use.ownerNow))
  }

  private func area(of address: VirtualAddress) -> StaleWalk.Area? {
    if let area = areas.area(at: address) {
      return .init(
        start: area.range.start.rawValue, size: area.range.size,
        mapped: area.mapped.map(moment), unmapped: nil)
    }
    guard
      let (area, unmapped) = vanished.last(where: {
        $0.area.range.contains(address)
      })
    else { return nil }
    return .init(
      start: area.range.start.rawValue, size: area.range.size,
      mapped: area.mapped.map(moment), unmapped: moment(unmapped))
  }

  private func moment(_ moment: MachineMoment) -> StaleWalk.Moment {
    let time = clock.recorded(moment.time)
    let task = Int(moment.actor.task)
    return .init(
      time: time, cpu: cpus.recorded(Int(moment.actor.cpu)), task: task,
      name: recording.tasks.name(of: task, at: time))
  }

  private static func words(_ walker: Walker) -> String {
    switch walker {
    case .cpu(let number): "CPU \(number)"
    case .iommu(let number): "a device behind IOMMU \(number)"
    }
  }

  private static func words(_ source: TranslationSource) -> String {
    switch source {
    case .iotlb: "IOTLB"
    case .pagingStructure(let level): "paging-structure cache of level \(level)"
    case .memory: "table in memory"
    }
  }

  private func table(_ owner: FrameOwner) -> StaleWalk.Table? {
    guard case .table(let record) = owner else { return nil }
    return .init(
      level: record.level, window: record.window?.rawValue,
      made: moment(record.constructed), unlinked: record.unlinked.map(moment),
      released: record.released.map(moment))
  }

  private func owner(_ owner: FrameOwner) -> StaleWalk.Owner {
    switch owner {
    case .nextOwner(let next):
      .init(
        kind: "next owner", number: Int(next.number), fill: "\(next.fill)",
        since: clock.recorded(next.since))
    case .table(let record):
      .init(
        kind: "table", number: nil, fill: nil,
        since: clock.recorded(record.constructed.time))
    case .free: .init(kind: "free", number: nil, fill: nil, since: nil)
    case .neverUsed, .data, .nowhere:
      .init(kind: "no table", number: nil, fill: nil, since: nil)
    }
  }
}

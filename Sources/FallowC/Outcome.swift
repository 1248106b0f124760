import Fallow

/// How operations end, as in fallow.h.
enum Outcome {
  static var done: Int32 { 0 }
  static var occupied: Int32 { 1 }
  static var outOfFrames: Int32 { 2 }
  static var partialLeaf: Int32 { 3 }
  static var inexpressible: Int32 { 4 }

  static func of(
    _ outcome: MapOutcome, _ stopped: UnsafeMutablePointer<UInt64>
  ) -> Int32 {
    switch outcome {
    case .mapped: return done
    case .occupied(let at):
      unsafe stopped.pointee = at.rawValue
      return occupied
    case .outOfFrames(let at):
      unsafe stopped.pointee = at.rawValue
      return outOfFrames
    case .inexpressible(let refused):
      unsafe stopped.pointee = UInt64(refused.rawValue)
      return inexpressible
    }
  }

  static func of(
    _ outcome: UnmapOutcome, _ stopped: UnsafeMutablePointer<UInt64>
  ) -> Int32 {
    switch outcome {
    case .unmapped: return done
    case .partialLeaf(let at):
      unsafe stopped.pointee = at.rawValue
      return partialLeaf
    }
  }

  static func of(
    _ outcome: ProtectOutcome, _ stopped: UnsafeMutablePointer<UInt64>
  ) -> Int32 {
    switch outcome {
    case .protected: return done
    case .partialLeaf(let at), .demandsBreak(let at):
      unsafe stopped.pointee = at.rawValue
      return partialLeaf
    case .inexpressible(let refused):
      unsafe stopped.pointee = UInt64(refused.rawValue)
      return inexpressible
    }
  }
}

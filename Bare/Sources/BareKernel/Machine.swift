import CMachine

/// The end of the machine.
package enum Machine {
  /// Stops with a status that says how it went.
  package static func exit(isSuccess: Bool) -> Never {
    machine_exit(isSuccess ? 0x10 : 0x11)
    while true { machine_pause() }
  }

  /// Says what went wrong, and stops.
  package static func panic(_ reason: StaticString, _ number: UInt64) -> Never {
    Console.write("Bail out! ")
    Console.write(reason)
    Console.write(" ")
    Console.writeHexadecimal(number)
    Console.write("\n")
    exit(isSuccess: false)
  }
}

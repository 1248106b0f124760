import Boot

/// The serial line, and the end of the machine.
enum Console {
  static func write(_ text: StaticString) {
    for offset in 0..<text.utf8CodeUnitCount {
      boot_put_byte(unsafe text.utf8Start[offset])
    }
  }

  static func write(_ text: StaticString, _ number: UInt64) {
    write(text)
    var shift: UInt64 = 64
    while shift > 0 {
      shift -= 4
      let digit = UInt8(truncatingIfNeeded: number >> shift & 15)
      boot_put_byte(digit < 10 ? 48 + digit : 87 + digit)
    }
    write("\n")
  }

  /// Prints why the kernel cannot go on, and stops the machine.
  static func stop(_ reason: StaticString, _ number: UInt64) -> Never {
    write("stopped: ")
    write(reason)
    write(" 0x", number)
    boot_exit(false)
    while true {}
  }
}

/// Where the boot code goes with an exception.
@c(boot_exception)
func exception(_ cause: UInt64, _ address: UInt64, _ instruction: UInt64) {
  Console.write("exception: cause 0x", cause)
  Console.write("  address 0x", address)
  Console.stop("instruction", instruction)
}

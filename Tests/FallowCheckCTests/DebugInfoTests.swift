// SPDX-License-Identifier: Apache-2.0

import FallowExplorer
import Foundation
import Testing

@testable import FallowCheckC

/// Objects of a user's own build say which lines and names they have, however
/// the build writes its debug information, and whatever it optimizes.
@Suite struct DebugInfoTests {
  private static let code = """
    #include <fallow/linux.h>
    FALLOW_MACHINE(.cpus = 1, .slots = 1, .tables = 1, .objects = 2);
    struct inner { unsigned long first; };
    struct node { struct inner inner; union { unsigned long value; void *p; }; };
    static struct { spinlock_t lock; struct node *nodes[2]; int counts[3]; }
      retired;
    static struct { int low; long high; } apart;
    int everyone;
    static void *shared;
    static inline void raise(struct node *raised)
    {
      WRITE_ONCE(raised->value, 5);
      spin_lock(&retired.lock);
      retired.nodes[1] = raised;
      spin_unlock(&retired.lock);
    }
    FALLOW_READER(change)
    {
      struct node *node = kmalloc(sizeof(*node), GFP_KERNEL);
      struct inner *inner = &node->inner;
      static int within;
      WRITE_ONCE(inner->first, 0);
      WRITE_ONCE(retired.counts[1], 7);
      WRITE_ONCE(apart.low, 1);
      WRITE_ONCE(apart.high, 2);
      WRITE_ONCE(within, 1);
      WRITE_ONCE(everyone, 1);
      raise(node);
      WRITE_ONCE(shared, node);
      BUG_ON(READ_ONCE(node->value) && READ_ONCE(apart.high));
      return true;
    }

    """

  /// What a timeline has of the code at any level.
  private static let steps = [
    "writes node->inner.first (object 0)": 22,
    "writes retired.counts[1]": 23,
    "writes apart.low": 24,
    "writes apart.high": 25,
    "writes within": 26,
    "writes everyone": 27,
    "writes node->value (object 0)": 12,
    "writes retired.nodes[1]": 14,
    "writes shared": 29,
    "reads apart.high": 30,
  ]

  private static let forms = [
    ["-gdwarf-4"], ["-gdwarf-5"], ["-gdwarf-5", "-gdwarf64"],
    ["-gdwarf-4", "-gdwarf64"], ["-gdwarf-5", "-fdebug-types-section"],
    ["-gdwarf-5", "-ffunction-sections"], ["-gdwarf-4", "-ffunction-sections"],
  ]

  /// Compiles the code as a user's build would; the object is gone with what is
  /// returned.
  private static func object(
    _ flags: [String], optimization: Int
  ) throws -> TemporaryC {
    let program = try TemporaryC(code)
    let object = try TemporaryC("", suffix: "o")
    let headers = object.path + ".headers"
    defer { try? FileManager.default.removeItem(atPath: headers) }
    try CHeaders.write(to: headers)
    try withExtendedLifetime(program) {
      try CCompiler(nil).run(
        CCompiler.flags(optimization: optimization) + flags
          + ["-isystem", headers, "-c", program.path, "-o", object.path],
        doing: "compile as a user's build")
    }
    return object
  }

  private func timeline(
    _ flags: [String], optimization: Int
  ) throws -> [TimelineStep] {
    let object = try Self.object(flags, optimization: optimization)
    var settings = CSettings()
    settings.objects = [object.path]
    let entry = try CCheck(settings).entry()
    var options = SearchOptions()
    options.livenessLimit = 0
    let outcome = entry.search(entry.scenario, options)
    #expect(outcome.oracle == .assertion)
    return outcome.timeline
  }

  @Test(arguments: forms, [0, 1, 2])
  func linesAndNamesAreTheSame(form: [String], level: Int) throws {
    let timeline = try timeline(form, optimization: level)
    for (step, line) in Self.steps {
      let found = timeline.first { $0.step == step }
      #expect(
        found?.source.hasSuffix(".c:\(line)") == true,
        "\(step): \(timeline.map { "\($0.step) \($0.source)" })")
    }
  }

  /// A word that nothing names is shown all the same.
  @Test func withoutNamesWordsHaveNumbers() throws {
    let steps = try timeline(["-g0"], optimization: 0)
    #expect(steps.contains { $0.step.hasPrefix("writes word ") })
  }
}

/// Debug information that is damaged is an error that names the section, or
/// gives other names; it is never a crash.
@Suite struct DamagedDebugInfoTests {
  private static let count = setting("FALLOW_DAMAGED_OBJECTS", or: 400)

  private static func program(_ flags: [String]) throws -> [UInt8] {
    let source = try TemporaryC(
      """
      struct inner { long first; struct outer *up; };
      struct outer { struct inner inner; union { int a[3]; char b; }; };
      static struct outer all[2];
      static inline int get(struct outer *o) { return o->a[1]++; }
      int change(struct outer *given, int way)
      {
        struct outer *other = way ? given : &all[1];
        static volatile int calls;
        calls++;
        for (int i = 0; i < way; i++) { int at = get(other); calls += at; }
        return get(&all[calls & 1]) + (int)other->inner.first;
      }

      """)
    let object = try TemporaryC("", suffix: "o")
    let linked = try TemporaryC("", suffix: "so")
    let compiler = try CCompiler(nil)
    try withExtendedLifetime(source) {
      try compiler.run(
        ["-O1", "-g", "-fPIC", "-ffunction-sections"] + flags
          + ["-c", source.path, "-o", object.path],
        doing: "compile as a user's build")
    }
    try compiler.link([object.path], to: linked.path)
    return [UInt8](try Data(contentsOf: URL(fileURLWithPath: linked.path)))
  }

  /// Reads all that debug information is read for; returns the error.
  private func read(_ bytes: [UInt8]) -> String? {
    guard let object = ObjectFile(bytes) else { return nil }
    do throws(CCheckError) {
      let lines = try LineTable(object)
      let info = try DebugInfo(object)
      for place in stride(from: 0, to: 0x4000, by: 16) as StrideTo<UInt64> {
        _ = lines.line(at: place)
        for call in info.inlinedCalls(at: place) {
          _ = lines.line(call.line, ofFile: call.file, inProgramAt: call.lines)
        }
        let pointers = info.localPointers(at: place)
        for pointer in pointers {
          _ = info.member(ofType: pointer.structure, at: 20, count: 4)
          _ = info.begins(pointer.structure, with: pointers[0].structure)
        }
        _ = info.name(at: place, count: 4)
        _ = info.function(at: place)
      }
      _ = info.member(of: "outer", at: 18, count: 1)
      return nil
    } catch {
      return error.description
    }
  }

  private static let forms = [
    ["-gdwarf-4"], ["-gdwarf-5"], ["-gdwarf-5", "-gdwarf64"],
    ["-gdwarf-5", "-fdebug-types-section"],
  ]

  @Test(arguments: forms) func itIsNoCrash(form: [String]) throws {
    let whole = try Self.program(form)
    let object = try #require(ObjectFile(whole))
    let sections = object.sections.filter {
      $0.name.hasPrefix(".debug_") && !$0.range.isEmpty
    }
    #expect(read(whole) == nil)
    var errors: Set<String> = []
    var chances = Chances(seed: UInt64(form.joined().utf8.count))
    for _ in 0..<Self.count {
      var damaged = whole
      let range = sections[chances.below(sections.count)].range
      for _ in 0...chances.below(4) {
        let place = range.lowerBound + chances.below(range.count)
        damaged[place] =
          [0, 0xff, UInt8(chances.below(256)), damaged[place] ^ 1][
            chances.below(4)]
      }
      guard let error = read(damaged) else { continue }
      #expect(error.hasPrefix("the debug information is damaged: .debug_"))
      let words = error.split { $0 == " " || $0 == "," }
      if words.count > 5 { errors.insert(String(words[5])) }
    }
    print("damaged \(form): \(errors.sorted())")
    #expect(errors.contains(".debug_info"))
    #expect(errors.contains(".debug_line"))
  }

  /// Each section, cut short anywhere.
  @Test(arguments: forms) func aSectionThatEndsTooEarlyIsNamed(
    form: [String]
  ) throws {
    let whole = try Self.program(form)
    let object = try #require(ObjectFile(whole))
    var header = ObjectReader(whole)
    header.offset = 40
    let table = Int(header.number(8))
    var named: Set<String> = []
    for (index, section) in object.sections.enumerated()
    where section.name.hasPrefix(".debug_") {
      let size = table + index * 64 + 32
      let steps = max(section.range.count / 40, 1)
      for length in stride(from: 0, to: section.range.count, by: steps) {
        var cut = whole
        for byte in 0..<8 {
          cut[size + byte] = UInt8(length >> (8 * byte) & 0xff)
        }
        guard let error = read(cut) else { continue }
        #expect(error.hasPrefix("the debug information is damaged: .debug_"))
        if error.contains(section.name) { named.insert(section.name) }
      }
    }
    let expected =
      form[0] == "-gdwarf-5"
      ? [
        ".debug_abbrev", ".debug_info", ".debug_line", ".debug_line_str",
        ".debug_addr", ".debug_str_offsets", ".debug_str", ".debug_loclists",
      ]
      : [
        ".debug_abbrev", ".debug_info", ".debug_line", ".debug_str",
        ".debug_loc",
      ]
    for name in expected { #expect(named.contains(name), "\(name): \(named)") }
  }
}

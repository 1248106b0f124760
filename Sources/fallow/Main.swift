internal import FallowTool

@main
struct Main {
  static func main() {
    Tool.main()
  }
}

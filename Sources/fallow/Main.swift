internal import FallowTool

@main
struct Main {
  static func main() async {
    await Fallow.main()
  }
}

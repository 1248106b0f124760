import Fallow
import Testing

@testable import FallowExplorer

@Suite struct SearchTests {
}

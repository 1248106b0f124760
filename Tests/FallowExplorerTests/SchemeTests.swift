import FallowExplorer
import Testing

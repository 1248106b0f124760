// SPDX-License-Identifier: Apache-2.0

/// First in, first out.
struct Queue<Element> {
  private var elements: [Element] = []
  private var head = 0

  /// The element that came first.
  var first: Element? {
    head < elements.count ? elements[head] : nil
  }

  /// Adds an element after all others.
  mutating func append(_ element: Element) {
    elements.append(element)
  }

  /// Takes the element that came first.
  ///
  /// - Precondition: There is one.
  /// - Complexity: O(1), amortised.
  mutating func removeFirst() -> Element {
    let element = elements[head]
    head += 1
    if head * 2 > elements.count {
      elements.removeFirst(head)
      head = 0
    }
    return element
  }
}

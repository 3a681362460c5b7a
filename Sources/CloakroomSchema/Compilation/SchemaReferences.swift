internal import CloakroomWire

/// What the subschemas are called, and which refer to which. Nothing is ever fetched.
struct SchemaReferences {
  private struct Reference {
    let subschema: Int
    let target: URIReference
    /// The node of the reference.
    let node: Int
  }

  /// The root of each schema that has a URI, by its node.
  private var roots: [JSONText: Int] = [:]
  private var anchors: [JSONText: Int] = [:]
  private var references: [Reference] = []

  /// Takes note of the URI of the schema at a node; false if another has it.
  mutating func name(_ uri: URIReference, at node: Int) -> Bool {
    roots.updateValue(node, forKey: JSONText(uri.document)) == nil
  }

  /// Takes note of an anchor; false if another schema has it.
  mutating func anchor(_ name: String, in uri: URIReference, _ subschema: Int) -> Bool {
    anchors.updateValue(subschema, forKey: JSONText(uri.document + "#" + name)) == nil
  }

  /// Takes note of a reference at a node.
  mutating func refer(from subschema: Int, to target: URIReference, at node: Int) {
    references.append(Reference(subschema: subschema, target: target, node: node))
  }

  /// What each reference leads to.
  ///
  /// - Parameter ids: the subschema that each node of the document is, -1 for one that is none.
  func resolved(
    in document: ParsedJSON, _ ids: [Int32]
  ) throws(SchemaFault) -> [(subschema: Int, target: Int)] {
    var resolved: [(subschema: Int, target: Int)] = []
    // So that not each reference counts its way through an array again.
    var elements: [Int: [Int]] = [:]
    for reference in references {
      let uri = reference.target.document
      guard let root = roots[JSONText(uri)] else {
        throw .refused(
          at: document.pointer(to: reference.node),
          message: "leads out of the schema; nothing is fetched")
      }
      let fragment = reference.target.decodedFragment
      var target: Int?
      if fragment.isEmpty || fragment.utf8.first == UInt8(ascii: "/") {
        let node = try JSONPointer(fragment)?.node(in: document, from: root) {
          (array, index) throws(SchemaFault) in
          let known = elements[array] ?? document.elements(of: array)
          if elements[array] == nil { elements[array] = known }
          return known[index]
        }
        target = node.flatMap { ids[$0] >= 0 ? Int(ids[$0]) : nil }
      } else {
        target = anchors[JSONText(uri + "#" + fragment)]
      }
      guard let target else {
        throw .refused(
          at: document.pointer(to: reference.node), message: "does not lead to a schema")
      }
      resolved.append((reference.subschema, target))
    }
    return resolved
  }
}

/// What the subschemas are called, and which refer to which. Nothing is ever fetched.
struct SchemaReferences {
  private struct Reference {
    let subschema: Int
    let target: URIReference
    let location: String
  }

  private var byPointer: [JSONText: Int] = [:]
  /// The pointer to the root of each schema that has a URI.
  private var roots: [JSONText: String] = [:]
  private var anchors: [JSONText: Int] = [:]
  private var references: [Reference] = []

  /// Takes note of where a subschema is.
  mutating func register(_ subschema: Int, at pointer: String) {
    byPointer[JSONText(pointer)] = subschema
  }

  /// Takes note of the URI of the schema at a pointer; false if another has it.
  mutating func name(_ uri: URIReference, at pointer: String) -> Bool {
    roots.updateValue(pointer, forKey: JSONText(uri.document)) == nil
  }

  /// Takes note of an anchor; false if another schema has it.
  mutating func anchor(_ name: String, in uri: URIReference, _ subschema: Int) -> Bool {
    anchors.updateValue(subschema, forKey: JSONText(uri.document + "#" + name)) == nil
  }

  /// Takes note of a reference, at a location.
  mutating func refer(from subschema: Int, to target: URIReference, at location: String) {
    references.append(Reference(subschema: subschema, target: target, location: location))
  }

  /// What each reference leads to.
  func resolved() throws(SchemaFault) -> [(subschema: Int, target: Int)] {
    var resolved: [(subschema: Int, target: Int)] = []
    for reference in references {
      let document = reference.target.document
      guard let root = roots[JSONText(document)] else {
        throw .refused(
          at: reference.location, message: "leads out of the schema; nothing is fetched")
      }
      let fragment = reference.target.decodedFragment
      let isPointer = fragment.isEmpty || fragment.utf8.first == UInt8(ascii: "/")
      let name = JSONText(isPointer ? root + fragment : document + "#" + fragment)
      guard let target = isPointer ? byPointer[name] : anchors[name] else {
        throw .refused(at: reference.location, message: "does not lead to a schema")
      }
      resolved.append((reference.subschema, target))
    }
    return resolved
  }
}

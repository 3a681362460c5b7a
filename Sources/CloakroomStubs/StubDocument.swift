import CloakroomWire

/// What stubs are made from: as much of the document that `rpc.discover` answers as they need.
///
/// The document and not the table, so that a generator outside of the package has all that is used here.
struct StubDocument {
  /// The methods, sorted by name.
  let methods: [StubMethod]

  /// - Parameter text: an OpenRPC document, as the sidecar writes it.
  /// - Throws: what is wrong with it, by its method.
  init(_ text: String) throws(StubFault) {
    guard let document = try? JSONNode(Array(text.utf8)), let methods = document["methods"] else {
      throw StubFault(description: "the document has no methods")
    }
    var read: [StubMethod] = []
    for node in methods.elements { read.append(try StubMethod(node)) }
    self.methods = read.sorted { $0.name < $1.name }
  }

  /// The methods by their namespaces, both sorted by name.
  var namespaces: [(name: String, methods: [StubMethod])] {
    var namespaces: [(name: String, methods: [StubMethod])] = []
    for method in methods {
      if namespaces.last?.name != method.namespace { namespaces.append((method.namespace, [])) }
      namespaces[namespaces.count - 1].methods.append(method)
    }
    return namespaces
  }
}

/// A method, as a stub knows it.
struct StubMethod {
  /// The whole name, as `kv.get`.
  let name: String
  /// The part of it before the dot.
  let namespace: String
  /// The part of it behind the dot.
  let ownName: String
  /// What it does, in a few sentences.
  let summary: String
  /// Its own parameters, in the order in which an array gives them.
  let parameters: [StubParameter]
  /// The JSON Schema of its result.
  let result: JSONNode
  /// What becomes of a call that is made again.
  let effect: String
  /// The same for a call that gives a parameter, by the parameter's name.
  let effectWith: [(parameter: String, effect: String)]

  fileprivate init(_ node: JSONNode) throws(StubFault) {
    let name = node["name"]?.string ?? ""
    let parts = name.split(separator: ".")
    guard parts.count == 2 else {
      throw StubFault(description: "\"\(name)\" is no name of a method")
    }
    guard let summary = node["summary"]?.string, let result = node["result"]?["schema"] else {
      throw StubFault(description: "\(name) has no summary, or no schema of its result")
    }
    guard let effect = node["x-effect"]?.string else {
      throw StubFault(description: "\(name) does not say what becomes of a call that is repeated")
    }
    self.name = name
    namespace = String(parts[0])
    ownName = String(parts[1])
    self.summary = summary
    self.result = result
    self.effect = effect
    effectWith = (node["x-effect-with"]?.members ?? []).map { ($0.name, $0.value.string ?? "") }
    // What every method takes is there as a reference.
    parameters = (node["params"]?.elements ?? []).compactMap(StubParameter.init)
  }
}

/// A parameter, as a stub knows it.
struct StubParameter {
  /// The member's name in `params`.
  let name: String
  /// What it is for, in a few sentences.
  let summary: String
  /// Whether a call without it is refused.
  let isRequired: Bool
  /// Its JSON Schema.
  let schema: JSONNode

  fileprivate init?(_ node: JSONNode) {
    guard let name = node["name"]?.string, let schema = node["schema"] else { return nil }
    self.name = name
    self.schema = schema
    summary = node["summary"]?.string ?? ""
    isRequired = node["required"]?.written == "true"
  }
}

/// Why no stubs can be made.
struct StubFault: Error, CustomStringConvertible {
  let description: String
}

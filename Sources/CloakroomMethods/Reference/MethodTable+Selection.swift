extension MethodTable {
  /// A part of the table.
  ///
  /// - Parameter name: a method's name, as `kv.get`, or a namespace's, as `kv`.
  /// - Returns: the one method, or all of the namespace; nil when there is neither.
  public func selection(_ name: String) -> MethodTable? {
    let chosen = methods.filter { $0.name == name || $0.namespace == name }
    return chosen.isEmpty ? nil : MethodTable(chosen)
  }
}

import Cloakroom
import CloakroomMethods

/// A reference page of the documentation, which is made from the tables that the sidecar itself uses.
struct ReferencePage {
  /// The folder of the pages, from the package's own.
  static let folder = "Sources/Cloakroom/Cloakroom.docc/Reference"

  /// The file's name.
  let name: String
  /// The page in Markdown.
  let text: String

  /// All pages, in the order of their names.
  static var all: [ReferencePage] {
    [
      page("Errors", "Every error that a call can be answered.", errors),
      page(
        "Methods", "Every method: its parameters, its result, its errors, and an example.", methods),
      page("Metrics", "Every metric that the sidecar keeps.", metrics),
      page("Settings", "Everything that can be configured.", settings),
    ]
  }

  private static func page(_ title: String, _ abstract: String, _ content: String) -> ReferencePage
  {
    let note = "<!-- Made by `Tests/write-reference`; not to be changed by hand. -->"
    return ReferencePage(
      name: title + ".md", text: "# \(title)\n\n\(abstract)\n\n\(note)\n\n\(content)")
  }

  private static var methods: String {
    """
    `cloakroom methods NAME` prints one, and `rpc.discover` answers all as OpenRPC. Parameters are given \
    by name, or as an array in the order of the table; an unknown one is an error. Each example is what \
    the sidecar answers; `…` stands for what differs from call to call, and the values of `system.*` and \
    `rpc.*` do. What the errors mean is in [Errors](Errors.md).


    """ + MethodReference.markdown(table: .standard)
  }

  private static var errors: String {
    """
    Which of them can be sent again, and how, is in [Protocol](../Protocol.md#calls-that-fail); what to \
    do about them in [Troubleshoot](../Troubleshoot.md).


    """ + MethodReference.errorsMarkdown(table: .standard)
  }

  private static var metrics: String {
    """
    How they are collected is in [Operate](../Operate.md#metrics). A label whose values are not listed \
    has the names of configured services, of methods, of errors (`ok` for none), or of algorithms and \
    states of keys.


    """ + MetricsReference.markdown()
  }

  private static var settings: String {
    """
    `cloakroom settings` prints this table, and `cloakroom serve --check` tells what is wrong with a \
    configuration. How files, environment and flags go together is in \
    [Operate](../Operate.md#configuration).


    """ + ConfigurationReference.markdown()
  }
}

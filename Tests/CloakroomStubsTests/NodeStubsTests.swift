import CloakroomWire
import Testing

@testable import CloakroomStubs

@Suite("Node's stubs", .timeLimit(.minutes(1)))
struct NodeStubsTests {
  @Test(
    "take what a schema allows",
    arguments: [
      ("true", "unknown"), ("{}", "unknown"), (#"{"type":"string"}"#, "string"),
      (#"{"type":"integer","default":1}"#, "number | bigint"), (#"{"type":"number"}"#, "number"),
      (#"{"type":["integer","string","null"]}"#, "number | bigint | string | null"),
      (#"{"type":"boolean"}"#, "boolean"), (#"{"type":"object"}"#, "object"),
      (#"{"type":["object","boolean"]}"#, "object | boolean"),
      (#"{"type":"array"}"#, "ReadonlyArray<unknown>"),
      (#"{"type":"array","items":{"type":"string"}}"#, "ReadonlyArray<string>"),
      (#"{"enum":["absent","present"]}"#, #""absent" | "present""#),
      (#"{"anyOf":[{"type":"string"},{"enum":[1]}]}"#, "string | 1"),
      (
        #"{"type":"object","properties":{"key":{"type":"string"},"value":true},"required":["key"]}"#,
        "{ key: string; value?: unknown }"
      ),
    ])
  func given(schema: String, type: String) throws {
    #expect(NodeType(try JSONNode(Array(schema.utf8))).given == type)
  }

  @Test(
    "answer what JSON.parse makes, with the caller's own type where the JSON is the caller's",
    arguments: [
      (#"{"type":"object"}"#, "Record<string, unknown>", false),
      (#"{"type":"array","items":{"type":"integer"}}"#, "Array<number>", false),
      (#"{"const":"pong"}"#, #""pong""#, false), ("true", "unknown", false),
      (
        #"{"type":"object","additionalProperties":{"type":"boolean"}}"#, "Record<string, boolean>",
        false
      ),
      (
        #"{"type":"object","properties":{"found":{"const":true},"value":true},"required":["value"]}"#,
        "{ found?: true; value: T | null }", true
      ),
      (
        #"{"type":"array","items":{"type":"object","properties":{"data":true}}}"#,
        "Array<{ data?: T }>", true
      ),
      (
        #"{"type":"object","properties":{"value":{"type":"integer"},"lastError":true}}"#,
        "{ value?: number; lastError?: unknown }", false
      ),
    ])
  func answered(schema: String, type: String, isGeneric: Bool) throws {
    let made = NodeType(try JSONNode(Array(schema.utf8)))
    #expect(made.answered == type)
    #expect(made.isGeneric == isGeneric)
  }

  @Test("have names that are no words of the language, and comments that end where they end")
  func texts() {
    #expect(NodeText.name("waitMs") == "waitMs")
    #expect(NodeText.name("default") == "default_")
    #expect(NodeText.name("options") == "options_")
    #expect(NodeText.documentation("a */ b", indented: "  ") == "  /** a *\\/ b */\n")
    #expect(NodeText.literal(#"a"\"#) == #""a\"\\""#)
  }

  @Test("are a class for each namespace, and types for each method")
  func text() throws {
    let document = try StubDocument(
      #"""
      {"methods":[{"name":"kv.set","summary":"Writes.","params":[
        {"name":"ttl","summary":"Its life.","required":false,"schema":{"type":["integer","string"]}},
        {"name":"default","required":true,"schema":{"type":"string"}},
        {"$ref":"#/components/contentDescriptors/scope"}],
        "result":{"name":"KvSetResult","schema":{"type":"object","properties":{"data":true}}},
        "x-effect":"set","x-effect-with":{"ifMatch":"step","onlyIf":"step"}}]}
      """#)
    let text = NodeStubs.text(document)
    #expect(text.contains("\n  [\"kv.set\", \"set\"],\n]);\n"))
    #expect(
      text.contains("\n  [\"kv.set\", [[\"ifMatch\", \"step\"], [\"onlyIf\", \"step\"]]],\n]);\n"))
    #expect(
      text.hasSuffix(
        #"""

        /** What `kv.set` may be given. */
        export interface KvSetOptions extends CallOptions {
          /** Its life. */
          ttl?: number | bigint | string;
        }

        /** What `kv.set` answers. */
        export type KvSetResult<T = unknown> = { data?: T };

        /** kv.* */
        export class Kv extends Namespace {
          /** Writes. */
          set<T = unknown>(default_: string, options?: KvSetOptions): Promise<KvSetResult<T>> {
            return this.invoke("kv.set", { default: default_ }, options);
          }
        }

        """#))
  }
}

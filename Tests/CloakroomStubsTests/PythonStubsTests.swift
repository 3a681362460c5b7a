import CloakroomWire
import Testing

@testable import CloakroomStubs

@Suite("Python's stubs", .timeLimit(.minutes(1)))
struct PythonStubsTests {
  @Test(
    "take what acts like a schema's type",
    arguments: [
      ("true", "Any"), ("{}", "Any"), (#"{"type":"string"}"#, "str"),
      (#"{"type":"integer","default":1}"#, "int"), (#"{"type":"number"}"#, "float"),
      (#"{"type":"boolean"}"#, "bool"), (#"{"type":"object"}"#, "Mapping[str, Any]"),
      (#"{"type":"array"}"#, "Sequence[Any]"),
      (#"{"type":"array","items":{"type":"string"}}"#, "Sequence[str]"),
      (#"{"type":["string","array"],"items":{"type":"string"}}"#, "Union[str, Sequence[str]]"),
      (#"{"type":["integer","string","null"]}"#, "Union[int, str, None]"),
      (#"{"enum":["absent","present"]}"#, #"Literal["absent", "present"]"#),
      (#"{"enum":["one",2]}"#, "Any"),
    ])
  func given(schema: String, type: String) throws {
    #expect(PythonType(try JSONNode(Array(schema.utf8))).given == type)
  }

  @Test(
    "answer what the decoder makes",
    arguments: [
      (#"{"type":"object"}"#, "Dict[str, Any]"), (#"{"type":"array"}"#, "List[Any]"),
      (#"{"type":"boolean"}"#, "bool"), (#"{"type":"string"}"#, "str"), ("true", "Any"),
      (#"{"const":"pong"}"#, "Any"), (#"{"type":["string","null"]}"#, "Any"),
    ])
  func answered(schema: String, type: String) throws {
    #expect(PythonType(try JSONNode(Array(schema.utf8))).answered == type)
  }

  @Test(
    "have names that are no words of the language, nor their own",
    arguments: [
      ("key", "key"), ("waitMs", "wait_ms"), ("from", "from_"), ("except", "except_"),
      ("params", "params_"), ("idempotencyKey", "idempotency_key"),
    ])
  func names(name: String, expected: String) { #expect(PythonText.name(name) == expected) }

  @Test(
    "have their documentation end where it ends",
    arguments: [
      ("plain", "plain"), (#"says "so""#, #"says "so\""#), (#"a \ b"#, #"a \\ b"#),
      ("a \"\"\" b", "a \\\"\\\"\\\" b"), ("\"\"\"", "\"\"\\\""), ("a \"\"\"", "a \"\"\\\""),
      ("\"", "\\\""), ("a\\", "a\\\\"), ("a\\\"", "a\\\\\\\""),
    ])
  func documentation(text: String, expected: String) {
    #expect(PythonText.documentation(text) == expected)
  }

  @Test("are written in the order, and with the line breaks, that the formatter leaves alone")
  func text() throws {
    let document = try StubDocument(
      #"""
      {"methods":[{"name":"kv.set","summary":"Writes.","params":[
        {"name":"ttl","required":false,"schema":{"type":["integer","string"]}},
        {"name":"key","required":true,"schema":{"type":"string"}},
        {"$ref":"#/components/contentDescriptors/scope"}],
        "result":{"name":"KvSetResult","schema":{"type":"object"}},
        "x-effect":"set","x-effect-with":{"ifMatch":"step","onlyIf":"step"}}]}
      """#)
    let text = PythonStubs.text(document)
    #expect(text.contains("EFFECTS: Dict[str, str] = {\n    \"kv.set\": \"set\",\n}\n"))
    #expect(text.contains("\n    \"kv.set\": {\"ifMatch\": \"step\", \"onlyIf\": \"step\"},\n}\n"))
    #expect(
      text.hasSuffix(
        #"""


        class AsyncKv(AsyncNamespace):
            """kv.*"""

            async def set(
                self,
                key: str,
                *,
                ttl: Maybe[Union[int, str]] = UNSET,
                **common: Unpack[Common],
            ) -> Dict[str, Any]:
                """Writes."""
                params: Dict[str, Any] = {"key": key}
                if ttl is not UNSET:
                    params["ttl"] = ttl
                return cast(Dict[str, Any], await self._call("kv.set", params, common))

        """#))
    let long = PythonText.dictionary("    a = ", (1...20).map { "\"name\($0)\": name\($0)" })
    #expect(long.first == "    a = {" && long.last == "    }" && long.count == 22)
    #expect(long[1] == "        \"name1\": name1,")
  }
}

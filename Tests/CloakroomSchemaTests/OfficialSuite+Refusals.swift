extension OfficialSuite {
  /// The groups whose schemas are refused when they are defined, by file, and the keyword that they
  /// are refused for: `$dynamicRef` and `$dynamicAnchor`, references that something would have to be
  /// fetched for, metaschemas, keywords of other drafts and unknown ones, unknown formats.
  static let refusals: [String: [String: String]] = [
    "defs": [
      "validate definition against metaschema": "/$ref"
    ],
    "dynamicRef": [
      "A $dynamicRef to a $dynamicAnchor in the same schema resource behaves like a "
        + "normal $ref to an $anchor":
        "/$defs/foo/$dynamicAnchor",
      "A $dynamicRef to an $anchor in the same schema resource behaves like a normal "
        + "$ref to an $anchor":
        "/items/$dynamicRef",
      "A $ref to a $dynamicAnchor in the same schema resource behaves like a normal "
        + "$ref to an $anchor":
        "/$defs/foo/$dynamicAnchor",
      "A $dynamicRef resolves to the first $dynamicAnchor still in scope that is "
        + "encountered when the schema is evaluated":
        "/$defs/foo/$dynamicAnchor",
      "A $dynamicRef without anchor in fragment behaves identical to $ref":
        "/$defs/foo/$dynamicAnchor",
      "A $dynamicRef with intermediate scopes that don't include a matching "
        + "$dynamicAnchor does not affect dynamic scope resolution":
        "/$defs/foo/$dynamicAnchor",
      "An $anchor with the same name as a $dynamicAnchor is not used for dynamic scope resolution":
        "/$defs/list/$defs/items/$dynamicAnchor",
      "A $dynamicRef without a matching $dynamicAnchor in the same schema resource "
        + "behaves like a normal $ref to $anchor":
        "/$defs/foo/$dynamicAnchor",
      "A $dynamicRef with a non-matching $dynamicAnchor in the same schema resource "
        + "behaves like a normal $ref to $anchor":
        "/$defs/foo/$dynamicAnchor",
      "A $dynamicRef that initially resolves to a schema with a matching "
        + "$dynamicAnchor resolves to the first $dynamicAnchor in the dynamic scope":
        "/$dynamicAnchor",
      "A $dynamicRef that initially resolves to a schema without a matching "
        + "$dynamicAnchor behaves like a normal $ref to $anchor":
        "/$dynamicAnchor",
      "multiple dynamic paths to the $dynamicRef keyword":
        "/$defs/genericList/$defs/defaultItemType/$dynamicAnchor",
      "after leaving a dynamic scope, it is not used by a $dynamicRef": "/$defs/start/$dynamicRef",
      "strict-tree schema, guards against misspelled properties": "/$dynamicAnchor",
      "tests for implementation dynamic anchor and reference link":
        "/$defs/elements/$dynamicAnchor",
      "$ref and $dynamicAnchor are independent of order - $defs first":
        "/allOf/1/$defs/elements/$dynamicAnchor",
      "$ref and $dynamicAnchor are independent of order - $ref first":
        "/allOf/0/$defs/elements/$dynamicAnchor",
      "$ref to $dynamicRef finds detached $dynamicAnchor": "/$ref",
      "$dynamicRef points to a boolean schema": "/properties/true/$dynamicRef",
      "$dynamicRef skips over intermediate resources - direct reference":
        "/$defs/bar/$defs/item/$defs/defaultContent/$dynamicAnchor",
      "$dynamicRef avoids the root of each schema, but scopes are still registered":
        "/$defs/second/$defs/length/$dynamicAnchor",
    ],
    "optional/cross-draft": [
      "refs to historic drafts are processed as historic drafts": "/$ref"
    ],
    "optional/dependencies-compatibility": [
      "single dependency": "/dependencies",
      "empty dependents": "/dependencies",
      "multiple dependents required": "/dependencies",
      "dependencies with escaped characters": "/dependencies",
      "single schema dependency": "/dependencies",
      "boolean subschemas": "/dependencies",
      "schema dependencies with escaped characters": "/dependencies",
    ],
    "optional/format/unknown": [
      "unknown format": "/format"
    ],
    "optional/refOfUnknownKeyword": [
      "reference of a root arbitrary keyword ": "/unknown-keyword",
      "reference of a root arbitrary keyword with encoded ref": "/unknown~1keyword",
      "reference of an arbitrary keyword of a sub-schema": "/properties/foo/unknown-keyword",
      "reference internals of known non-applicator": "/$ref",
      "reference of an arbitrary keyword of a sub-schema with encoded ref":
        "/properties/foo/unknown~1keyword",
    ],
    "optional/unknownKeyword": [
      "$id inside an unknown keyword is not a real identifier":
        "/$defs/id_in_unknown0/not/array_of_schemas"
    ],
    "ref": [
      "remote ref, containing refs itself": "/$ref"
    ],
    "refRemote": [
      "remote ref": "/$ref",
      "fragment within remote ref": "/$ref",
      "anchor within remote ref": "/$ref",
      "ref within remote ref": "/$ref",
      "base URI change": "/items/items/$ref",
      "base URI change - change folder": "/$defs/baz/items/$ref",
      "base URI change - change folder in subschema": "/$defs/baz/$defs/bar/items/$ref",
      "root ref in remote ref": "/properties/name/$ref",
      "remote ref with ref to defs": "/$ref",
      "Location-independent identifier in remote ref": "/$ref",
      "retrieved nested refs resolve relative to their URI not $id": "/properties/name/$ref",
      "remote HTTP ref with different $id": "/$ref",
      "remote HTTP ref with different URN $id": "/$ref",
      "remote HTTP ref with nested absolute ref": "/$ref",
      "$ref to $ref finds detached $anchor": "/$ref",
    ],
    "unevaluatedItems": [
      "unevaluatedItems with $dynamicRef": "/$defs/derived/$dynamicAnchor"
    ],
    "unevaluatedProperties": [
      "unevaluatedProperties with $dynamicRef": "/$defs/derived/$dynamicAnchor"
    ],
    "vocabulary": [
      "schema that uses custom metaschema with with no validation vocabulary": "/$schema",
      "ignore unrecognized optional vocabulary": "/$schema",
    ],
  ]
}

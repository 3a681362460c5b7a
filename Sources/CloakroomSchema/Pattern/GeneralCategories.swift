/// A set of Unicode's general categories, the only properties that `\p{…}` knows here.
struct GeneralCategories: OptionSet, Sendable, Hashable {
  let rawValue: UInt32

  /// The general category of a code point.
  init(of point: UInt32) {
    // What is no scalar is a surrogate.
    self = Unicode.Scalar(point).map { Self.bit(of: $0.properties.generalCategory) } ?? .bit(28)
  }

  init(rawValue: UInt32) { self.rawValue = rawValue }

  /// The categories of a name in Unicode's PropertyValueAliases.txt, long or short; nil for a name
  /// that is none.
  init?(named name: String) {
    guard let found = Self.byName[name] else { return nil }
    self = found
  }

  /// The general categories of U+0000 to U+007F.
  static let ofASCII: [Self] = (UInt32(0)..<128).map { Self(of: $0) }

  /// All categories but these.
  var complement: Self { Self(rawValue: ~rawValue & ((1 << UInt32(Self.names.count)) - 1)) }

  private static func bit(_ index: Int) -> Self { Self(rawValue: 1 << UInt32(index)) }

  /// The names of each category, at the index that is its bit.
  private static let names: [[String]] = [
    ["Lu", "Uppercase_Letter"], ["Ll", "Lowercase_Letter"], ["Lt", "Titlecase_Letter"],
    ["Lm", "Modifier_Letter"], ["Lo", "Other_Letter"], ["Mn", "Nonspacing_Mark"],
    ["Mc", "Spacing_Mark"], ["Me", "Enclosing_Mark"], ["Nd", "Decimal_Number", "digit"],
    ["Nl", "Letter_Number"], ["No", "Other_Number"], ["Pc", "Connector_Punctuation"],
    ["Pd", "Dash_Punctuation"], ["Ps", "Open_Punctuation"], ["Pe", "Close_Punctuation"],
    ["Pi", "Initial_Punctuation"], ["Pf", "Final_Punctuation"], ["Po", "Other_Punctuation"],
    ["Sm", "Math_Symbol"], ["Sc", "Currency_Symbol"], ["Sk", "Modifier_Symbol"],
    ["So", "Other_Symbol"], ["Zs", "Space_Separator"], ["Zl", "Line_Separator"],
    ["Zp", "Paragraph_Separator"], ["Cc", "Control", "cntrl"], ["Cf", "Format"],
    ["Co", "Private_Use"], ["Cs", "Surrogate"], ["Cn", "Unassigned"],
  ]

  private static func bit(of category: Unicode.GeneralCategory) -> Self {
    switch category {
    case .uppercaseLetter: bit(0)
    case .lowercaseLetter: bit(1)
    case .titlecaseLetter: bit(2)
    case .modifierLetter: bit(3)
    case .otherLetter: bit(4)
    case .nonspacingMark: bit(5)
    case .spacingMark: bit(6)
    case .enclosingMark: bit(7)
    case .decimalNumber: bit(8)
    case .letterNumber: bit(9)
    case .otherNumber: bit(10)
    case .connectorPunctuation: bit(11)
    case .dashPunctuation: bit(12)
    case .openPunctuation: bit(13)
    case .closePunctuation: bit(14)
    case .initialPunctuation: bit(15)
    case .finalPunctuation: bit(16)
    case .otherPunctuation: bit(17)
    case .mathSymbol: bit(18)
    case .currencySymbol: bit(19)
    case .modifierSymbol: bit(20)
    case .otherSymbol: bit(21)
    case .spaceSeparator: bit(22)
    case .lineSeparator: bit(23)
    case .paragraphSeparator: bit(24)
    case .control: bit(25)
    case .format: bit(26)
    case .privateUse: bit(27)
    case .surrogate: bit(28)
    case .unassigned: bit(29)
    @unknown default: bit(29)
    }
  }

  private static let byName: [String: Self] = {
    var table: [String: Self] = [:]
    for (index, names) in names.enumerated() {
      for name in names { table[name] = bit(index) }
    }
    let groups: [([String], ClosedRange<Int>)] = [
      (["L", "Letter"], 0...4), (["LC", "Cased_Letter"], 0...2),
      (["M", "Mark", "Combining_Mark"], 5...7), (["N", "Number"], 8...10),
      (["P", "Punctuation", "punct"], 11...17), (["S", "Symbol"], 18...21),
      (["Z", "Separator"], 22...24), (["C", "Other"], 25...29), (["Any"], 0...29),
    ]
    for (names, bits) in groups {
      for name in names { table[name] = bits.reduce(into: []) { $0.formUnion(bit($1)) } }
    }
    return table
  }()
}

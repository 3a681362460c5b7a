/// OpenSSL's names for the numbers that make signing with RSA fast. Its header makes them of other
/// macros, which Swift can't see.
enum RSANumber {
  static let factor1 = "rsa-factor1"
  static let factor2 = "rsa-factor2"
  static let exponent1 = "rsa-exponent1"
  static let exponent2 = "rsa-exponent2"
  static let coefficient1 = "rsa-coefficient1"
}

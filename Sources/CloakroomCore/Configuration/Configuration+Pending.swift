extension Configuration {
  /// Pending operations: what their makers don't say, and how long things are kept that are over.
  public struct Pending: Sendable, Equatable {
    /// Where an operation's data are.
    public enum Backend: String, Sendable, CaseIterable {
      /// In the store when it can be reached, else in the token.
      case auto
      /// In the store.
      case store
      /// In the token itself.
      case jwt
    }

    /// What a kind of operation has instead of the defaults.
    public struct Preset: Sendable, Equatable {
      /// Where its data are.
      public var backend: Backend?
      /// How long it lives.
      public var expiresIn: TimeToLive?
      /// Whether a token is of no use unless the store can say that it is unused.
      public var isOneTime: Bool?
      /// Whether only the sidecar can read what is in a token.
      public var isSealed: Bool?
      /// How often it can be checked out; 0 is any number of times.
      public var maxAttempts: Int?

      /// A preset that changes nothing but what is given.
      public init(
        backend: Backend? = nil, expiresIn: TimeToLive? = nil, isOneTime: Bool? = nil,
        isSealed: Bool? = nil, maxAttempts: Int? = nil
      ) {
        self.backend = backend
        self.expiresIn = expiresIn
        self.isOneTime = isOneTime
        self.isSealed = isSealed
        self.maxAttempts = maxAttempts
      }
    }

    /// How often an operation can be checked out at most, whatever is configured.
    public static let mostAttempts = 1_000_000

    /// Where data are when neither call nor preset says.
    public var backend = Backend.auto
    /// How long an operation lives when neither says: 24 hours.
    public var expiresIn = TimeToLive.day
    /// How often an operation can be checked out when neither says; 0 is any number of times.
    public var maxAttempts = 10
    /// How long the reason is kept for which an operation is gone: 24 hours.
    public var tombstoneTTL = TimeToLive.day
    /// How long a commit's answer is kept for repetitions: 24 hours.
    public var receiptTTL = TimeToLive.day
    /// How long an operation is kept whose attempts are used up: 7 days.
    public var deadTTL = TimeToLive.week
    /// How often those are looked for that have expired or are dead and that nobody asks for: 5 s.
    public var sweepInterval = Duration.seconds(5)
    /// Kinds of operations by their names.
    public var presets = Self.builtIn

    /// The defaults.
    public init() {}

    /// The presets that there are without any configuration.
    public static let builtIn: [ByteString: Preset] = [
      "registration": Preset(backend: .jwt, expiresIn: .day),
      "campaign": Preset(backend: .store, expiresIn: .hour),
      "form": Preset(backend: .store, expiresIn: .halfHour),
      "password-reset": Preset(backend: .jwt, expiresIn: .hour, isOneTime: true),
      "email-verification": Preset(backend: .jwt, expiresIn: .day, isOneTime: true),
    ]
  }
}

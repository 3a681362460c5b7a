import ArgumentParser

/// `cloakroom bench`: what the sidecar bears, and what Redis bears beside it.
struct Bench: ParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Measure the sidecar under load, and Redis itself beside it.",
    discussion: """
      Without a subcommand kv.get and kv.set are measured; cloakroom bench values --help tells the \
      options for that.

      EXAMPLES:
        cloakroom bench
        cloakroom bench --pipeline 16 --method kv.get --seconds 10
        cloakroom bench --redis unix:///run/redis/redis.sock
        cloakroom bench events --subscribers 100
        cloakroom bench streams --redis unix:///run/redis/redis.sock
        cloakroom bench tokens
      """,
    subcommands: [
      BenchKeyValues.self, BenchEvents.self, BenchStreams.self, BenchTokens.self,
    ],
    defaultSubcommand: BenchKeyValues.self)
}

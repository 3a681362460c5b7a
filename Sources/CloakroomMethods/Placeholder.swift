// Placeholder until the stage's first type.

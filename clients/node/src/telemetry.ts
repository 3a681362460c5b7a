/** Events that may be told. */
export interface TelemetryEvents {
  readonly namespace: string;
  readonly names: ReadonlyArray<string>;
}

/** An event that was told. */
export interface TelemetryEvent {
  readonly name: string;
  readonly service: string;
  readonly level: string;
  readonly attributes: Readonly<Record<string, unknown>>;
}

/** Who hears events; what it throws is nobody's. */
export type TelemetryListener = (event: TelemetryEvent) => void;

/** Hands events on to those who listen. */
export class TelemetryManager {
  private readonly names: ReadonlySet<string>;
  private readonly listeners = new Set<TelemetryListener>();

  /** @internal */
  constructor(
    private readonly service: string,
    events: ReadonlyArray<TelemetryEvents>,
  ) {
    this.names = new Set(events.flatMap(({ names }) => names));
  }

  /** Tells an event of those that were added; others are left out. */
  emit(
    name: string,
    { level = "info", attributes = {} }: { level?: string; attributes?: object } = {},
  ): void {
    if (!this.names.has(name)) return;
    const event: TelemetryEvent = { name, service: this.service, level, attributes: { ...attributes } };
    for (const listener of this.listeners) {
      try {
        listener(event);
      } catch {
        // An observer must not make the work fail.
      }
    }
  }

  /** Listens, until the function that it answers is called. */
  listen(listener: TelemetryListener): () => void {
    this.listeners.add(listener);
    return () => void this.listeners.delete(listener);
  }
}

/** Builds a telemetry; each call answers another builder. */
export class IgniterTelemetry {
  private constructor(
    private readonly service: string,
    private readonly events: ReadonlyArray<TelemetryEvents>,
  ) {}

  static create(): IgniterTelemetry {
    return new IgniterTelemetry("", []);
  }

  /** Whose events they are. */
  withService(service: string): IgniterTelemetry {
    return new IgniterTelemetry(service, this.events);
  }

  /** Events that may be told. */
  addEvents(events: TelemetryEvents): IgniterTelemetry {
    return new IgniterTelemetry(this.service, [...this.events, events]);
  }

  build(): TelemetryManager {
    return new TelemetryManager(this.service, this.events);
  }
}

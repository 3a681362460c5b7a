/** What a schema library offers under its own name, as https://standardschema.dev has it; zod does. */
export interface StandardSchemaV1<Input = unknown, Output = Input> {
  readonly "~standard": {
    readonly version: 1;
    readonly vendor: string;
    readonly validate: (value: unknown) => StandardResult<Output> | Promise<StandardResult<Output>>;
    readonly types?: { readonly input: Input; readonly output: Output } | undefined;
  };
}

/** The value as the schema makes it, or what is wrong with it. */
export type StandardResult<Output> =
  | { readonly value: Output; readonly issues?: undefined }
  | { readonly issues: ReadonlyArray<StandardIssue> };

/** One thing that is wrong. */
export interface StandardIssue {
  readonly message: string;
  readonly path?: ReadonlyArray<PropertyKey | { readonly key: PropertyKey }> | undefined;
}

/** What a schema takes. */
export type InputOf<S> = S extends StandardSchemaV1 ? NonNullable<S["~standard"]["types"]>["input"] : never;
/** What a schema makes of it. */
export type OutputOf<S> = S extends StandardSchemaV1 ? NonNullable<S["~standard"]["types"]>["output"] : never;

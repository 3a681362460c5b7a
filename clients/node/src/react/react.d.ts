// As much of React as the hook uses: its own types are another package's, which a build can do without.
declare module "react" {
  export function useState<S>(initial: () => S): readonly [S, unknown];
  export function useSyncExternalStore<S>(
    subscribe: (listener: () => void) => () => void,
    snapshot: () => S,
    serverSnapshot: () => S,
  ): S;
}

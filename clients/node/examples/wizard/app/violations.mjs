/** What doesn't fit of an object, by rules that say of each member whether it does; as the sidecar's own violations. */
export function violationsOf(object, rules) {
  return Object.entries(rules)
    .filter(([name, fits]) => !fits(object[name]))
    .map(([name]) => ({ pointer: `/${name}`, keyword: object[name] ? "format" : "required" }));
}

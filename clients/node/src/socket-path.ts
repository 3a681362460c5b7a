import { existsSync, lstatSync } from "node:fs";
import { Unavailable } from "./errors.js";

/** Where the sidecar is, unless told: never `$RUNTIME_DIRECTORY`, which in a unit is the application's. */
export function socketPath(
  given: string | undefined,
  environment: Readonly<Record<string, string | undefined>> = process.env,
): string {
  const path = given || environment.CLOAKROOM_SOCKET;
  if (path) return path;
  const candidates = ["/run/cloakroom/cloakroom.sock"];
  const folder = environment.XDG_RUNTIME_DIR ?? "";
  if (folder.startsWith("/")) candidates.unshift(`${folder}/cloakroom.sock`);
  for (const candidate of candidates) if (existsSync(candidate)) return candidate;
  return privatePath(process.getuid());
}

/** The socket in a user's own folder of /tmp. */
export function privatePath(uid: number, root = "/tmp"): string {
  const folder = `${root}/cloakroom-${uid}`;
  const facts = lstatSync(folder, { throwIfNoEntry: false });
  // Anybody may make a folder in /tmp: who owns it would get the application's data.
  if (facts !== undefined && (!facts.isDirectory() || facts.uid !== uid || (facts.mode & 0o022) !== 0)) {
    throw new Unavailable(`${folder} is not a folder of this user's alone`);
  }
  return `${folder}/cloakroom.sock`;
}

import { isIP } from "node:net";

/** As much of a request as the middlewares need: Node's own, Express', Connect's. */
export interface HttpRequest {
  readonly method?: string;
  readonly url?: string;
  /** With the part that a router has taken off. */
  readonly originalUrl?: string;
  readonly rawHeaders: readonly string[];
  readonly socket: { readonly remoteAddress?: string };
  /** The client's address as Express knows it, by its setting `trust proxy`. */
  readonly ip?: string;
}

/** What goes on with the next handler, or with a fault. */
export type Next = (fault?: unknown) => void;

/** All values that a header was sent with. */
export function headerValues(request: HttpRequest, name: string): string[] {
  const { rawHeaders } = request;
  return rawHeaders.filter((_, index) => index % 2 === 1 && rawHeaders[index - 1].toLowerCase() === name);
}

/** Whom a request counts for unless told: the client's address as the server knows it. */
export function clientAddress(request: HttpRequest): string {
  return addressKey(request.ip ?? request.socket.remoteAddress);
}

/** Whom an address stands for: a household's IPv6 network is one client, whichever of its addresses it takes. */
export function addressKey(address: string | undefined): string {
  const plain = (address ?? "").split("%")[0];
  if (isIP(plain) !== 6) return address || "unknown";
  const groups = groupsOf(plain);
  if (groups.slice(0, 5).every((group) => group === 0) && groups[5] === 0xffff) {
    return [groups[6] >> 8, groups[6] & 255, groups[7] >> 8, groups[7] & 255].join(".");
  }
  const network = groups.slice(0, 4).map((group) => group.toString(16));
  // In its short form, as everybody writes it.
  return `${new URL(`http://[${network.join(":")}:0:0:0:0]`).hostname.slice(1, -1)}/64`;
}

function groupsOf(address: string): number[] {
  // Takes every form, and has one: without dots, and with at most one run of zeros left out.
  const [head, tail] = new URL(`http://[${address}]`).hostname.slice(1, -1).split("::");
  const parse = (part = "") => (part === "" ? [] : part.split(":").map((group) => parseInt(group, 16)));
  const [first, last] = [parse(head), parse(tail)];
  return [...first, ...new Array<number>(8 - first.length - last.length).fill(0), ...last];
}

import { createHmac, hkdfSync, timingSafeEqual } from "node:crypto";
import { randomName } from "../call.js";
import * as errors from "../errors.js";
import { decode, encode } from "../json.js";

/** What a token says. */
export interface SecretClaims {
  readonly operationType: string | undefined;
  readonly data: unknown;
  /** None in a token that an application's older code has made. */
  readonly id: string | undefined;
  readonly createdAt: number;
  readonly expiresAt: number;
}

// What a token may be at most, as the sidecar has it for its own.
const MAX_LENGTH = 65536;
const REGISTERED: ReadonlySet<string> = new Set(["iss", "sub", "aud", "exp", "nbf", "iat", "jti"]);
const TYPE = "cloakroom-pending+jwt";
let hasWarned = false;

/** Tokens that an application signs with a secret of its own, and that carry their data. */
export class SecretTokens {
  // Its own, so that no other token that the application signs with the secret passes for one of these.
  private readonly key: Uint8Array;

  constructor(private readonly secret: string) {
    if (secret === "") throw new TypeError("jwtSecret is empty");
    if (Buffer.byteLength(secret) < 32 && !hasWarned) {
      hasWarned = true;
      const text = "jwtSecret is shorter than 32 bytes: who has a token may find it out by trying";
      process.emitWarning(text, "CloakroomWarning");
    }
    this.key = new Uint8Array(hkdfSync("sha256", secret, "", "cloakroom pending operations", 32));
  }

  /** A new token, of a life in milliseconds. */
  sign(operationType: string, data: unknown, lifeMs: number, now = Date.now()): string {
    const claims = {
      operationType,
      data,
      jti: randomName(),
      iat: Math.floor(now / 1000),
      exp: (now + lifeMs) / 1000,
    };
    const signed = `${part(encode({ alg: "HS256", typ: TYPE }))}.${part(encode(claims))}`;
    const token = `${signed}.${mac(this.key, signed).toString("base64url")}`;
    if (token.length > MAX_LENGTH) {
      throw new errors.TooLarge(`a token has at most ${MAX_LENGTH} bytes: keep these data in the store`);
    }
    return token;
  }

  /**
   * What a token says, once its signature was found right; of its type nothing is checked.
   *
   * Older code of the application has signed with the secret itself: `{operationType, data}`, or the data alone.
   */
  read(token: string, now = Date.now()): SecretClaims {
    const [head, body, signature, ...others] = token.split(".");
    if (token.length > MAX_LENGTH || signature === undefined || others.length > 0) throw invalid();
    const header = members(head);
    if (header.alg !== "HS256" || header.crit !== undefined) throw invalid();
    const isOwn = header.typ === TYPE;
    const expected = mac(isOwn ? this.key : this.secret, `${head}.${body}`);
    const given = Buffer.from(signature, "base64url");
    if (given.length !== expected.length || !timingSafeEqual(given, expected)) throw invalid();
    // From here on it is the application's own text.
    const { operationType, exp, iat, nbf, jti, ...rest } = members(body);
    if (typeof exp !== "number" || (typeof nbf === "number" && nbf * 1000 > now)) throw invalid();
    if (exp * 1000 <= now) throw new errors.Expired("the operation has expired");
    const hasType = typeof operationType === "string" && "data" in rest;
    if (isOwn && !hasType) throw invalid();
    const plain = Object.entries({ operationType, ...rest }).filter(([name, value]) => {
      return value !== undefined && !REGISTERED.has(name);
    });
    return {
      operationType: hasType ? operationType : undefined,
      data: hasType ? rest.data : Object.fromEntries(plain),
      id: isOwn && typeof jti === "string" ? jti : mac(this.key, token).toString("base64url").slice(0, 22),
      createdAt: typeof iat === "number" ? iat * 1000 : now,
      expiresAt: exp * 1000,
    };
  }
}

function part(text: string): string {
  return Buffer.from(text).toString("base64url");
}

function mac(key: string | Uint8Array, text: string): Buffer {
  return createHmac("sha256", key).update(text).digest();
}

function members(text: string): Record<string, unknown> {
  try {
    const value = decode(Buffer.from(text, "base64url").toString());
    if (typeof value === "object" && value !== null && !Array.isArray(value)) {
      return value as Record<string, unknown>;
    }
  } catch {
    // As below.
  }
  throw invalid();
}

function invalid(): errors.CloakroomError {
  return new errors.TokenInvalid("the token is not one of these");
}

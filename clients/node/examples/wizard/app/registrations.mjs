// Somebody registers, and is an account when they come with the token that was mailed to them.
import { randomBytes, scrypt } from "node:crypto";
import { promisify } from "node:util";
import { errors } from "cloakroom";
import { addressOf, json, objectOf, Refusal } from "./http.mjs";
import { violationsOf } from "./violations.mjs";

const TYPE = "registration";
const RULES = {
  name: (value) => isText(value, 1, 100),
  email: (value) => isText(value, 3, 254) && /^[^\s@]+@[^\s@.]+(\.[^\s@.]+)+$/.test(value),
  password: (value) => isText(value, 10, 200),
};

/** The routes of registrations, and of the outbox that stands in for a mail server. */
export function registrationRoutes({ room, database }) {
  const outbox = [];

  async function register(request) {
    const given = await objectOf(request);
    const violations = violationsOf(given, RULES);
    if (violations.length > 0) throw new Refusal(422, { error: "Validation failed", violations });
    await checkRate(addressOf(request));
    const { name, email } = given;
    const password = await hash(given.password);
    // In the store, not in the token: a token that carries its data can be read by who has it.
    const { token, expiresAt } = await room.pending.create({
      operationType: TYPE,
      data: { name, email, password },
      expiresIn: "24h",
      backend: "store",
    });
    send({ to: email, subject: "Confirm your address", link: `/confirm#${token}`, expiresAt });
    return json(202, { email });
  }

  // Without a limit, anybody could have many mails sent.
  async function checkRate(address) {
    const limits = { key: `register:${address}`, limit: 20, window: "1m" };
    const { allowed, retryAfterMs } = await room.ratelimit.check(limits);
    if (allowed) return;
    const seconds = String(Math.ceil(retryAfterMs / 1000));
    throw new Refusal(429, { error: "Too many registrations; try again later" }, { "Retry-After": seconds });
  }

  function send(mail) {
    outbox.unshift({ ...mail, sentAt: new Date().toISOString() });
    outbox.splice(50);
  }

  async function confirm(request) {
    const { token } = await objectOf(request);
    if (typeof token !== "string") throw new Refusal(400, { error: "token is missing" });
    try {
      const account = await room.pending.checkout(token, TYPE, ({ data }) => saveAccount(data));
      return json(201, { account });
    } catch (fault) {
      throw refusal(fault);
    }
  }

  // Once more after a crash, or from another registration: there is one account of an address.
  async function saveAccount({ email, name, password }) {
    const [account] = await database.query`
      INSERT INTO accounts (email, name, password) VALUES (${email.toLowerCase()}, ${name}, ${password})
      ON CONFLICT (email) DO UPDATE SET email = accounts.email
      RETURNING id, name, email`;
    return account;
  }

  return [
    ["POST", "/api/registrations", register],
    ["POST", "/api/registrations/confirm", confirm],
    ["GET", "/api/outbox", () => json(200, { mails: outbox })],
  ];
}

function refusal(fault) {
  const told = (status, error, headers) => new Refusal(status, { error, code: fault.reason }, headers);
  if (fault instanceof errors.Consumed) {
    return told(410, "This link was used already: the address is confirmed");
  }
  if (fault instanceof errors.Expired) return told(410, "This link has expired: register again");
  if (fault instanceof errors.CheckedOut) {
    return told(409, "The address is being confirmed", { "Retry-After": "1" });
  }
  const isNone = [errors.NotFound, errors.TokenInvalid, errors.WrongType, errors.Deleted];
  return isNone.some((kind) => fault instanceof kind)
    ? told(404, "This link is not complete, or not valid")
    : fault;
}

async function hash(password) {
  const salt = randomBytes(16);
  const key = await promisify(scrypt)(password, salt, 32);
  return `scrypt:${salt.toString("base64url")}:${key.toString("base64url")}`;
}

function isText(value, shortest, longest) {
  return typeof value === "string" && value.trim().length >= shortest && value.length <= longest;
}

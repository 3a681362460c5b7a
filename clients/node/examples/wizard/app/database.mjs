// What is kept for good, in a PostgreSQL. So that this example needs no package, each query is a run of `psql`; an
// application has a driver with a pool of connections.
import { spawn } from "node:child_process";
import { createHash } from "node:crypto";
import { once } from "node:events";
import { text } from "node:stream/consumers";
import { StartFault } from "./start-fault.mjs";

// A row's reference is the hash of the ticket (a session's id, a token) that it was made of. It is unique, so that
// there is one row, however often the ticket is handed in and whatever dies on the way.
const TABLES = `
  CREATE TABLE IF NOT EXISTS projects (
    id integer GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    reference text NOT NULL UNIQUE,
    fence bigint NOT NULL,
    data jsonb NOT NULL,
    created_at timestamptz NOT NULL DEFAULT now());
  CREATE TABLE IF NOT EXISTS campaigns (LIKE projects INCLUDING ALL);
  CREATE TABLE IF NOT EXISTS quotes (LIKE projects INCLUDING ALL);
  CREATE TABLE IF NOT EXISTS accounts (
    id integer GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    email text NOT NULL UNIQUE,
    name text NOT NULL,
    password text NOT NULL,
    created_at timestamptz NOT NULL DEFAULT now());
  CREATE TABLE IF NOT EXISTS customers (
    id integer GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    email text NOT NULL UNIQUE,
    name text NOT NULL,
    created_at timestamptz NOT NULL DEFAULT now());`;
// Of two servers that start at once one makes the tables, and then the other finds them.
const TABLES_LOCK = 7_316_529;

/** A query that failed; `isOutage` when the server could not be asked. */
export class DatabaseFault extends Error {
  name = "DatabaseFault";

  constructor(message, { isOutage = false } = {}) {
    super(message);
    this.isOutage = isOutage;
  }
}

/** Somebody has checked the ticket out since, and has saved its data already. */
export class Superseded extends Error {
  name = "Superseded";
}

/** What a ticket is called where it must not be found out: in a table, in a log. */
export function reference(ticket) {
  return createHash("sha256").update(ticket).digest("hex");
}

/** A PostgreSQL, as libpq's variables (PGHOST, PGDATABASE, ...) name it. */
export class Database {
  /** Makes the tables; throws a StartFault that says what to do. */
  static async open() {
    try {
      await run(`BEGIN; SELECT pg_advisory_xact_lock(${TABLES_LOCK}); ${TABLES} COMMIT;`);
    } catch (fault) {
      throw new StartFault(`PostgreSQL can't be used: ${fault.message}

Install it (Debian: postgresql), make a database ("createdb wizard"), and start this with PGDATABASE=wizard. A
server that is not on this machine's default socket is found by PGHOST, PGPORT, PGUSER and PGPASSWORD.`);
    }
    return new Database();
  }

  /** Runs one statement, a template whose values are texts or integers, and answers its rows. */
  async query(parts, ...values) {
    const statement = parts.reduce((before, part, index) => before + literal(values[index - 1]) + part);
    const rows = await run(
      `WITH answer AS (${statement}) SELECT coalesce(json_agg(answer), '[]') FROM answer;`,
    );
    return JSON.parse(rows);
  }

  /**
   * Saves data under a reference, and answers the row's id. Saved again, they replace what is there, unless
   * somebody who checked the ticket out later has been faster: then it throws Superseded.
   */
  async saveOnce(table, { reference, fence = 0, data }) {
    const [row] = await this.query`
      INSERT INTO ${new Name(table)} AS saved (reference, fence, data)
      VALUES (${reference}, ${fence}, ${JSON.stringify(data)})
      ON CONFLICT (reference) DO UPDATE SET fence = EXCLUDED.fence, data = EXCLUDED.data
      WHERE saved.fence <= EXCLUDED.fence
      RETURNING id`;
    if (row === undefined) throw new Superseded();
    return row.id;
  }

  /** The id of the row under a reference; undefined when there is none. */
  async findSaved(table, reference) {
    const [row] = await this.query`SELECT id FROM ${new Name(table)} WHERE reference = ${reference}`;
    return row?.id;
  }
}

/** A table's name, which is not quoted as a value is. */
class Name {
  constructor(text) {
    if (!/^[a-z]+$/.test(text)) throw new TypeError("not a table's name");
    this.text = text;
  }
}

function literal(value) {
  if (value instanceof Name) return value.text;
  if (Number.isSafeInteger(value)) return String(value);
  if (typeof value !== "string" || value.includes("\0")) {
    throw new TypeError("not a text, and not an integer");
  }
  // A quote is the only thing that ends a text, with the option that `run` sets.
  return `'${value.replaceAll("'", "''")}'`;
}

/** Runs SQL, and answers what it prints. */
async function run(sql) {
  const flags = ["--no-psqlrc", "--quiet", "--no-align", "--tuples-only", "--set=ON_ERROR_STOP=1"];
  const options = `${process.env.PGOPTIONS ?? ""} -c standard_conforming_strings=on -c statement_timeout=10s`;
  const env = { PGCONNECT_TIMEOUT: "5", ...process.env, PGOPTIONS: options, PGCLIENTENCODING: "UTF8" };
  const psql = spawn("psql", [...flags, "--file=-"], { env });
  // It may have ended, for want of a server, before it has read anything.
  psql.stdin.on("error", () => undefined).end(sql);
  const ended = once(psql, "close");
  try {
    const [output, faults, [status]] = await Promise.all([text(psql.stdout), text(psql.stderr), ended]);
    if (status === 0) return output;
    // Its first line has no values in it; a DETAIL behind it may.
    const [line] = faults.replace(/^psql:\S+ /, "").split("\n");
    throw new DatabaseFault(line, { isOutage: status === 2 });
  } catch (fault) {
    if (fault.code === "ENOENT") throw new DatabaseFault("psql is not installed", { isOutage: true });
    throw fault;
  }
}

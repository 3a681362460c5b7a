import { CloakroomError, InvalidParams } from "./errors.js";
import { canonical } from "./json.js";
import { Room } from "./room.js";
import { digest, saveOnce } from "./save-once.js";

/** Where something is saved for good, as TypeORM's repositories are. */
export interface QuoteRepository {
  // deno-lint-ignore no-explicit-any
  save(entity: any): PromiseLike<any>;
}

/** What a quote service works with. */
export interface QuoteServiceOptions {
  room?: Room;
  userRepository?: QuoteRepository;
  quoteRepository?: QuoteRepository;
  /** How long a quote lives since it was saved last: 24 h. */
  ttl?: number | string;
}

/** There is no such quote any more, or there never was. */
export class QuoteNotFound extends Error {
  readonly cause: CloakroomError;

  constructor(cause: CloakroomError) {
    super("Quote not found or expired");
    this.cause = cause;
  }
}

Object.defineProperty(QuoteNotFound.prototype, "name", {
  value: "QuoteNotFound",
  configurable: true,
  writable: true,
});

/** Quotes of people who have not registered yet; the quote's id is all it takes to read it. */
export class QuoteService {
  private readonly room: Room;
  private readonly ttl: number | string;

  constructor(private readonly options: QuoteServiceOptions = {}) {
    this.room = options.room ?? new Room();
    this.ttl = options.ttl ?? "24h";
  }

  /** Begins a quote; its id can't be guessed. */
  async startQuote(details: object = {}): Promise<{ temporaryQuoteId: string }> {
    const given = { operationType: TYPE, data: details, expiresIn: this.ttl, backend: "store" as const };
    return { temporaryQuoteId: (await this.room.pending.create(given)).token };
  }

  /** Saves a quote in place of what there was, and begins its life anew; one that has ended stays so. */
  async saveQuoteDetails(temporaryQuoteId: string, details: unknown): Promise<{ success: true }> {
    await told(() => this.room.pending.update(temporaryQuoteId, TYPE, { data: details, ttl: this.ttl }));
    return { success: true };
  }

  // deno-lint-ignore no-explicit-any
  async getQuoteDetails<T = any>(temporaryQuoteId: string): Promise<T> {
    return (await told(() => this.room.pending.verify<T>(temporaryQuoteId, TYPE))).data;
  }

  /**
   * Makes a user of whom the quote is, and saves both, once: the same call again, or twice at a time, is answered the
   * first result. When saving fails the quote is there again; a user that was saved by then is not saved again by a
   * call with the same details. With other details it is another call: CheckedOut while the quote is being saved.
   */
  // deno-lint-ignore no-explicit-any
  async registerUser(temporaryQuoteId: string, userDetails: any): Promise<RegisteredQuote> {
    const { userRepository, quoteRepository } = this.options;
    if (userRepository === undefined || quoteRepository === undefined) {
      throw new TypeError("registerUser needs a userRepository and a quoteRepository");
    }
    const { pending } = this.room;
    const name = `${temporaryQuoteId}:${detailsText(userDetails)}`;
    const ways = {
      checkout: (receipt: string) => pending.checkout<object>(temporaryQuoteId, TYPE, { receipt }),
      commit: (receipt: string) => pending.commit<RegisteredQuote>(temporaryQuoteId, TYPE, receipt),
    };
    return await told(() =>
      saveOnce(this.room, name, ways, async ({ data }) => {
        const makeUser = async () => (await userRepository.save(userDetails)).id;
        const userId = await this.room.idempotent(digest("user", name), makeUser);
        const quote = await quoteRepository.save({ ...data, userId });
        return { success: true as const, userId, quoteId: quote.id };
      })
    );
  }
}

/** What has become of a quote. */
export interface RegisteredQuote {
  success: true;
  // deno-lint-ignore no-explicit-any
  userId: any;
  // deno-lint-ignore no-explicit-any
  quoteId: any;
}

/** The same for the same details. */
function detailsText(details: unknown): string {
  try {
    return canonical(details ?? null);
  } catch {
    throw new InvalidParams("a user's details are no JSON");
  }
}

const TYPE = "quote";
const GONE: ReadonlySet<string> = new Set([
  "NOT_FOUND",
  "EXPIRED",
  "CONSUMED",
  "DELETED",
  "TOKEN_INVALID",
  "WRONG_TYPE",
]);

async function told<R>(work: () => Promise<R>): Promise<R> {
  try {
    return await work();
  } catch (fault) {
    throw fault instanceof CloakroomError && GONE.has(fault.reason) ? new QuoteNotFound(fault) : fault;
  }
}

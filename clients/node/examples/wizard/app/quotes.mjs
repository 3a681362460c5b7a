// A quote is kept for a day, and belongs to a customer once somebody registers for it.
import { errors } from "cloakroom";
import { QuoteNotFound, QuoteService } from "cloakroom/quote";
import { reference } from "./database.mjs";
import { bearerOf, json, objectOf, Refusal } from "./http.mjs";
import { violationsOf } from "./violations.mjs";

const isWhole = (least, most) => (value) => Number.isSafeInteger(value) && value >= least && value <= most;
const isText = (value) => typeof value === "string" && value.trim() !== "" && value.length <= 254;
const QUOTE = { squareFootage: isWhole(1, 1_000_000), visits: isWhole(1, 52) };
const CUSTOMER = {
  name: isText,
  email: (value) => isText(value) && /^[^\s@]+@[^\s@.]+(\.[^\s@.]+)+$/.test(value),
};

/** The routes of quotes; their id comes as a bearer token. */
export function quoteRoutes({ room, database }) {
  const quotes = new QuoteService({ room });

  /** Makes a quote, or saves it in place of the one whose id comes along. */
  async function save(request) {
    const details = priced(checked(await objectOf(request), QUOTE));
    if (!request.headers.has("authorization")) {
      const { temporaryQuoteId } = await quotes.startQuote(details);
      return json(201, { temporaryQuoteId, quote: details });
    }
    await told(bearerOf(request), (id) => quotes.saveQuoteDetails(id, details));
    return json(200, { quote: details });
  }

  async function show(request) {
    return json(200, { quote: await told(bearerOf(request), (id) => quotes.getQuoteDetails(id)) });
  }

  async function register(request) {
    const customer = checked(await objectOf(request), CUSTOMER);
    const { userId, quoteId } = await told(
      bearerOf(request),
      (id) => serviceFor(id).registerUser(id, customer),
    );
    return json(201, { customer: { id: userId }, quote: { id: quoteId } });
  }

  // Each of the two can be saved again, so that a registration which dies between them is finished by the next try.
  function serviceFor(temporaryQuoteId) {
    return new QuoteService({
      room,
      userRepository: { save: saveCustomer },
      quoteRepository: {
        async save(data) {
          return { id: await database.saveOnce("quotes", { reference: reference(temporaryQuoteId), data }) };
        },
      },
    });
  }

  async function saveCustomer({ email, name }) {
    const [customer] = await database.query`
      INSERT INTO customers (email, name) VALUES (${email.toLowerCase()}, ${name})
      ON CONFLICT (email) DO UPDATE SET email = customers.email
      RETURNING id`;
    return customer;
  }

  async function told(id, work) {
    try {
      return await work(id);
    } catch (fault) {
      if (fault instanceof errors.CheckedOut) {
        throw new Refusal(409, { error: "The quote is being saved", code: fault.reason }, {
          "Retry-After": "1",
        });
      }
      if (!(fault instanceof QuoteNotFound)) throw fault;
      const saved = await database.findSaved("quotes", reference(id));
      const error = saved === undefined ? fault.message : "The quote belongs to a customer";
      throw new Refusal(410, { error, quote: saved && { id: saved } });
    }
  }

  return [
    ["PUT", "/api/quote", save],
    ["GET", "/api/quote", show],
    ["POST", "/api/quote/customer", register],
  ];
}

/** The members that rules are given for, when all of them fit. */
function checked(given, rules) {
  const violations = violationsOf(given, rules);
  if (violations.length > 0) throw new Refusal(422, { error: "Validation failed", violations });
  return Object.fromEntries(Object.keys(rules).map((name) => [name, given[name]]));
}

function priced({ squareFootage, visits }) {
  return { squareFootage, visits, price: Math.round(visits * (40 + 0.04 * squareFootage)) };
}

// The page of a quote, and of becoming a customer; this browser has its id.
import { ask } from "./api.js";
import { setValue } from "./fields.js";
import { onSubmit, showOnly } from "./form.js";
import { say } from "./notices.js";

const ID = "temporaryQuoteId";
const form = document.getElementById("quote");
const customer = document.getElementById("customer");
const done = document.getElementById("done");

function token() {
  return localStorage.getItem(ID) ?? undefined;
}

function show({ squareFootage, visits, price }) {
  setValue(form, "squareFootage", squareFootage);
  setValue(form, "visits", visits);
  document.getElementById("price").textContent = `$${price.toLocaleString("en")}`;
  customer.hidden = false;
}

function showDone(customerId, quoteId) {
  localStorage.removeItem(ID);
  const number = customerId === undefined ? "" : `You are customer ${customerId}. `;
  document.getElementById("numbers").textContent = `${number}Quote ${quoteId} is yours.`;
  showOnly(done, [form, customer, done]);
}

/** What to do about a quote that is over. */
function explain(fault) {
  if (fault.status !== 410) return false;
  localStorage.removeItem(ID);
  if (fault.body.quote) showDone(undefined, fault.body.quote.id);
  else {
    customer.hidden = true;
    say("over", "The quote has expired. Ask for the price again.", { kind: "warn" });
  }
  return true;
}

onSubmit(form, async (values) => {
  const { body } = await ask("PUT", "/api/quote", { body: values, token: token() });
  if (body.temporaryQuoteId) localStorage.setItem(ID, body.temporaryQuoteId);
  show(body.quote);
  customer.querySelector("h2").focus();
}, explain);
onSubmit(customer, async (values) => {
  const { body } = await ask("POST", "/api/quote/customer", { body: values, token: token() });
  showDone(body.customer.id, body.quote.id);
}, explain);
document.getElementById("another").addEventListener("click", () => {
  form.reset();
  customer.reset();
  customer.hidden = true;
  showOnly(form, [form, done]);
});

if (token() !== undefined) {
  try {
    show((await ask("GET", "/api/quote", { token: token() })).body.quote);
  } catch (fault) {
    if (!explain(fault)) say("failure", `${fault.message}.`, { kind: "error" });
  }
}

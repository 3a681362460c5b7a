// A form that is sent whole, and what its server says of it.
import { namesOf, setError, showErrors, valuesOf, whileBusy } from "./fields.js";
import { say, unsay } from "./notices.js";

const EMAIL = "Enter an address such as name@example.com";
const ERRORS = {
  name: "Enter a name",
  email: EMAIL,
  password: "Use at least 10 characters",
  budget: "Enter a budget in digits, more than 0",
  audience: "Say whom it is for",
  region: "Say where it runs",
  headline: "Enter a headline",
  squareFootage: "Enter a whole number from 1 to 1,000,000, in digits",
  visits: "Enter a whole number from 1 to 52",
};

/**
 * Sends a form by a function that is given its values. What doesn't fit is shown at its field; for what else is wrong
 * `explain` may have an answer, and says whether it had.
 */
export function onSubmit(form, send, explain = () => false) {
  form.addEventListener("input", ({ target: { name } }) => setError(form, name));
  form.addEventListener("submit", async (event) => {
    event.preventDefault();
    await whileBusy(form, async () => {
      try {
        await send(valuesOf(form));
        for (const name of namesOf(form)) setError(form, name);
        unsay("failure");
      } catch (fault) {
        if (fault.body?.violations) showErrors(form, texts(fault.body.violations));
        else if (!explain(fault)) say("failure", `${fault.message}.`, { kind: "error" });
      }
    });
  });
}

/** Shows one of several parts of a page, and moves the focus to its heading. */
export function showOnly(part, parts) {
  for (const other of parts) other.hidden = other !== part;
  part.querySelector("h2").focus();
}

function texts(violations) {
  return new Map(violations.map(({ pointer }) => [pointer.slice(1), ERRORS[pointer.slice(1)]]));
}

// The page that a mailed link opens. The token is behind the `#`: it is in no server's log.
import { ask } from "./api.js";
import { onSubmit, showOnly } from "./form.js";

const parts = ["confirmation", "confirmed", "failed"].map((id) => document.getElementById(id));
const [form, confirmed, failed] = parts;

function fail(reason) {
  document.getElementById("reason").textContent = reason;
  showOnly(failed, parts);
  return true;
}

onSubmit(form, async () => {
  const { body: { account } } = await ask("POST", "/api/registrations/confirm", {
    body: { token: location.hash.slice(1) },
  });
  document.getElementById("name").textContent = account.name;
  document.getElementById("account").textContent = account.id;
  document.getElementById("address").textContent = account.email;
  showOnly(confirmed, parts);
}, (fault) => !fault.isPassing && fail(fault.message));

// Another link in a tab that shows one already.
addEventListener("hashchange", () => location.reload());

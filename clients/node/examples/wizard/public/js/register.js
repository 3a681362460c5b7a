// The page on which somebody registers.
import { ask } from "./api.js";
import { onSubmit, showOnly } from "./form.js";

const form = document.getElementById("registration");
const sent = document.getElementById("sent");
onSubmit(form, async (values) => {
  const { body } = await ask("POST", "/api/registrations", { body: values });
  document.getElementById("address").textContent = body.email;
  form.reset();
  showOnly(sent, [form, sent]);
});

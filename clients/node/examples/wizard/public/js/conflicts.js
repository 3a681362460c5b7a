// What was typed here, and saved by another tab as well: which of the two is right is for people to say.
import { displayText } from "./texts.js";

/** Shows a choice under each field that has one; `decide` is given the field's name and `{ mine }`. */
export function showConflicts(session, decide) {
  for (const place of document.querySelectorAll(".conflict")) place.remove();
  for (const name of session.conflicts) {
    const place = document.createElement("div");
    place.className = "conflict";
    place.setAttribute("role", "group");
    const theirs = session.saved(name);
    const text = document.createElement("p");
    text.id = `${name}-conflict`;
    text.textContent = theirs === undefined
      ? "Another tab has emptied this field."
      : `Another tab has saved “${displayText(name, theirs)}”.`;
    place.setAttribute("aria-labelledby", text.id);
    place.append(text, button("Use that", () => decide(name, { mine: false })));
    place.append(button("Keep mine", () => decide(name, { mine: true })));
    document.getElementById(`${name}-error`)?.after(place);
  }
}

function button(text, action) {
  const button = Object.assign(document.createElement("button"), {
    type: "button",
    className: "quiet",
    textContent: text,
  });
  button.addEventListener("click", action);
  return button;
}

// Controls of a form by their names: their values as JSON, and what is wrong with them.

/** The value of a control; undefined for an empty one. What should be a number and isn't stays the text that it is. */
export function valueOf(form, name) {
  const control = form.elements[name];
  const text = control.value.trim();
  if (text === "") return undefined;
  switch (kindOf(control)) {
    case "number":
      return /^-?\d{1,15}(\.\d{1,6})?$/.test(text) ? Number(text) : text;
    case "boolean":
      return text === "true";
    default:
      return control.value;
  }
}

/** Shows a value, unless it is what the control shows already: a cursor within it stays where it is. */
export function setValue(form, name, value) {
  if (JSON.stringify(valueOf(form, name)) === JSON.stringify(value)) return;
  form.elements[name].value = value === undefined ? "" : String(value);
}

/** The names of a form's controls. */
export function namesOf(form) {
  return [...new Set([...form.elements].map(({ name }) => name).filter((name) => name !== ""))];
}

/** All values of a form. */
export function valuesOf(form) {
  return Object.fromEntries(namesOf(form).map((name) => [name, valueOf(form, name)]));
}

/** Says what is wrong with a control, or with nothing to say that nothing is. */
export function setError(form, name, text) {
  const place = form.querySelector(`#${name}-error`);
  if (place === null) return;
  place.textContent = text ?? "";
  place.hidden = text === undefined;
  for (const control of controls(form, name)) {
    if (text === undefined) control.removeAttribute("aria-invalid");
    else control.setAttribute("aria-invalid", "true");
  }
}

/** Says all that is wrong, and moves the focus to the first of it. */
export function showErrors(form, errors) {
  for (const name of namesOf(form)) setError(form, name, errors.get(name));
  form.querySelector("[aria-invalid=true]")?.focus();
}

/** A form is sent once at a time, and says that it is under way. */
export async function whileBusy(form, work) {
  if (form.getAttribute("aria-busy") === "true") return;
  form.setAttribute("aria-busy", "true");
  try {
    await work();
  } finally {
    form.removeAttribute("aria-busy");
  }
}

function controls(form, name) {
  const found = form.elements[name];
  if (found === undefined || found === null) return [];
  return found instanceof RadioNodeList ? [...found] : [found];
}

function kindOf(control) {
  return (control instanceof RadioNodeList ? control[0] : control).dataset.kind;
}

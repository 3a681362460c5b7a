// All that was entered, step by step.
import { displayText, FIELDS, STEPS } from "./texts.js";

/** Shows values in a place; `editable` gives each step a link to change it. */
export function showValues(place, values, { editable = false } = {}) {
  const sections = Object.keys(FIELDS).map((step) => {
    const { title } = STEPS.find(({ id }) => id === step);
    const section = document.createElement("section");
    section.className = "summary";
    const heading = document.createElement("h3");
    heading.textContent = title;
    section.append(heading);
    if (editable) {
      const link = document.createElement("a");
      link.href = `#${step}`;
      link.textContent = "Change";
      const hidden = Object.assign(document.createElement("span"), {
        className: "hidden",
        textContent: ` ${title}`,
      });
      link.append(hidden);
      section.append(link);
    }
    section.append(list(FIELDS[step], values));
    return section;
  });
  place.replaceChildren(...sections);
}

function list(fields, values) {
  const list = document.createElement("dl");
  for (const [name, label] of Object.entries(fields)) {
    const value = values[name];
    if (value === undefined || value === "" || value.length === 0) continue;
    const row = document.createElement("div");
    const term = Object.assign(document.createElement("dt"), { textContent: label });
    const definition = Object.assign(document.createElement("dd"), { textContent: displayText(name, value) });
    row.append(term, definition);
    list.append(row);
  }
  return list;
}

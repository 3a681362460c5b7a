// The list of documents: what is known of each file, its name, format and size.
import { formatSize } from "./texts.js";

/** Shows documents in a list, and tells when one is added or taken away. */
export class Documents {
  #list;
  #documents = [];
  #onChange;

  constructor(form, onChange) {
    this.#list = form.querySelector("#document-list");
    this.#onChange = onChange;
    const input = form.querySelector("#documents");
    input.addEventListener("change", () => {
      const added = [...input.files].map(({ name, size }) => ({ name, size }));
      // Chosen again, a file replaces the one of its name.
      const others = this.#documents.filter(({ name }) => !added.some((one) => one.name === name));
      input.value = "";
      this.#change([...others, ...added]);
    });
  }

  /** Shows documents; `faults` are what is wrong with them, by their places. */
  show(documents = [], faults = new Map()) {
    this.#documents = Array.isArray(documents) ? documents : [];
    const items = this.#documents.map((document, index) => this.#item(document, index, faults.get(index)));
    this.#list.replaceChildren(...items);
    this.#list.hidden = items.length === 0;
  }

  #item({ name, size }, index, fault) {
    const item = document.createElement("li");
    const [, format = "file"] = /\.([A-Za-z0-9]{1,5})$/.exec(name) ?? [];
    item.append(
      element("span", "format", format.toUpperCase()),
      element("span", "name", name),
      element("span", "size", formatSize(size)),
    );
    const remove = element("button", "quiet", "Remove");
    remove.type = "button";
    remove.setAttribute("aria-label", `Remove ${name}`);
    remove.addEventListener(
      "click",
      () => this.#change(this.#documents.filter((_, other) => other !== index)),
    );
    item.append(remove);
    if (fault !== undefined) item.append(element("p", "error", fault));
    return item;
  }

  #change(documents) {
    this.show(documents);
    this.#onChange(documents.length > 0 ? documents : undefined);
  }
}

function element(tag, className, text) {
  return Object.assign(document.createElement(tag), { className, textContent: text });
}

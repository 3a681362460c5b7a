// The list of connectors: a row of a name each.

/** Shows connectors in rows, and tells when one is changed, added or taken away. */
export class Connectors {
  #list;
  #connectors = [];
  #onChange;

  constructor(form, onChange) {
    this.#list = form.querySelector("#connector-list");
    this.#onChange = onChange;
    form.querySelector("#add-connector").addEventListener("click", () => {
      this.#change([...this.#connectors, { name: "" }]);
      this.show(this.#connectors);
      this.#list.lastElementChild.querySelector("input").focus();
    });
  }

  /** Shows connectors; `faults` are what is wrong with them, by their places. */
  show(connectors = [], faults = new Map()) {
    this.#connectors = Array.isArray(connectors) ? connectors : [];
    const rows = [...this.#list.children];
    while (rows.length > this.#connectors.length) rows.pop().remove();
    this.#connectors.forEach(({ name }, index) => {
      const row = rows[index] ?? this.#list.appendChild(this.#row(index));
      const [input, error] = [row.querySelector("input"), row.querySelector(".error")];
      if (input.value !== name) input.value = name;
      error.textContent = faults.get(index) ?? "";
      error.hidden = !faults.has(index);
      if (faults.has(index)) input.setAttribute("aria-invalid", "true");
      else input.removeAttribute("aria-invalid");
    });
  }

  #row(index) {
    const row = document.createElement("li");
    const id = `connector-${index}`;
    const label = Object.assign(document.createElement("label"), {
      htmlFor: id,
      textContent: `Connector ${index + 1}`,
    });
    const input = Object.assign(document.createElement("input"), { id, autocomplete: "off" });
    input.setAttribute("aria-describedby", `${id}-error`);
    input.addEventListener("input", () => {
      const changed = this.#connectors.map((connector, other) =>
        other === index ? { name: input.value } : connector
      );
      this.#change(changed);
    });
    const remove = Object.assign(document.createElement("button"), { type: "button", className: "quiet" });
    remove.textContent = "Remove";
    remove.setAttribute("aria-label", `Remove connector ${index + 1}`);
    remove.addEventListener("click", () => {
      this.#change(this.#connectors.filter((_, other) => other !== index));
      this.show(this.#connectors);
    });
    const error = Object.assign(document.createElement("p"), {
      id: `${id}-error`,
      className: "error",
      hidden: true,
    });
    row.append(label, input, remove, error);
    return row;
  }

  #change(connectors) {
    this.#connectors = connectors;
    this.#onChange(connectors.length > 0 ? connectors : undefined);
  }
}

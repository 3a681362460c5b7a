// The list of steps above a form of several.

const WORDS = { complete: "complete", invalid: "needs attention", open: "not complete" };
const MARKS = { complete: "✓ ", invalid: "! ", open: "" };

/** Shows steps, `{ id, title, status }` each; `shown` is the one that is on the page, from 1. */
export function showProgress(steps, shown) {
  const items = steps.map(({ id, title, status }, index) => {
    const item = document.createElement("li");
    item.className = status;
    // A step that can't be gone to yet is no link.
    const isOpen = steps.slice(0, index).every((earlier) => earlier.status === "complete");
    const name = document.createElement(isOpen ? "a" : "span");
    if (isOpen) name.href = `#${id}`;
    name.className = "title";
    if (index + 1 === shown) name.setAttribute("aria-current", "step");
    const mark = Object.assign(document.createElement("span"), {
      className: "mark",
      textContent: MARKS[status],
    });
    mark.setAttribute("aria-hidden", "true");
    const word = Object.assign(document.createElement("span"), {
      className: "hidden",
      textContent: `, ${WORDS[status]}`,
    });
    const number = Object.assign(document.createElement("span"), { textContent: `${index + 1} ` });
    const words = Object.assign(document.createElement("span"), { className: "name", textContent: title });
    name.append(mark, number, words, word);
    item.append(name);
    return item;
  });
  const list = document.getElementById("progress");
  // What is the same stays: it may have the focus, or be clicked right now.
  for (const [index, item] of items.entries()) {
    const old = list.children[index];
    if (old === undefined) list.append(item);
    else if (!old.isEqualNode(item)) old.replaceWith(item);
  }
}

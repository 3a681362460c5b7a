// What a page says of itself, where a screen reader hears it: `<div id="notices" role="status">`.

const place = document.getElementById("notices");

/**
 * Says something, in place of what was said under the same name before; `actions` are buttons by their texts. It is
 * taken away by them, or by `unsay`.
 */
export function say(name, text, { actions = {}, kind = "info" } = {}) {
  unsay(name);
  const notice = document.createElement("div");
  notice.className = `notice ${kind}`;
  notice.dataset.name = name;
  const words = document.createElement("p");
  words.textContent = text;
  notice.append(words);
  for (const [label, action] of Object.entries({ ...actions, Dismiss: () => undefined })) {
    const button = document.createElement("button");
    button.type = "button";
    button.textContent = label;
    button.className = "quiet";
    button.addEventListener("click", () => {
      notice.remove();
      action();
    });
    notice.append(button);
  }
  place.append(notice);
}

/** Takes back what was said under a name. */
export function unsay(name) {
  place.querySelector(`[data-name="${name}"]`)?.remove();
}

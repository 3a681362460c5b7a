// The page that stands in for a mailbox.
import { ask } from "./api.js";

const { body: { mails } } = await ask("GET", "/api/outbox");
document.getElementById("none").hidden = mails.length > 0;
const items = mails.map(({ to, subject, link, sentAt, expiresAt }) => {
  const item = document.createElement("li");
  const time = (text) => new Date(text).toLocaleString();
  const line = (text, className = "") =>
    Object.assign(document.createElement("p"), { textContent: text, className });
  const anchor = Object.assign(document.createElement("a"), {
    href: link,
    textContent: "Confirm the address",
  });
  const paragraph = line("");
  paragraph.append(anchor);
  item.append(
    line(`To ${to}, ${time(sentAt)}`, "hint"),
    Object.assign(document.createElement("h2"), { textContent: subject }),
  );
  item.append(paragraph, line(`The link is good until ${time(expiresAt)}.`, "hint"));
  return item;
});
document.getElementById("mails").replaceChildren(...items);

// The conversation as it is shown. Messages of the server carry an id, those not stored yet a key.
import { bubble, keys, stamp, trouble } from "./bubble.js";
import { day, element, words } from "./words.js";

const TYPING_AFTER = 350;
const TYPING_LONGEST = 10000;

export class Log {
  constructor(root, jump) {
    this.root = root;
    this.jump = jump;
    this.nodes = new Map();
    this.photos = new Map();
    this.settled = false;
    this.typing = element("div", "msg", element("div", "bubble typing", element("i"), element("i"), element("i")));
    this.typing.setAttribute("aria-hidden", "true");
    jump.addEventListener("click", () => { root.scrollTop = root.scrollHeight; });
    root.addEventListener("scroll", () => { if (this.atEnd()) jump.hidden = true; });
    new ResizeObserver(() => { if (this.stuck) this.down(); }).observe(root);
    root.addEventListener("click", (event) => this.clicked(event));
    this.stuck = true;
  }

  // A message of the server; takes the place of the same message waiting here.
  add(message) {
    const at = new Date(message.at);
    const follow = this.atEnd() || message.mine;
    const waiting = message.key ? this.nodes.get(message.key) : null;
    const node = this.frame(message.mine, at, waiting);
    if (!message.mine && message.author !== "bot") node.append(element("span", "name", `${words.staff} · ${message.author}`));
    const body = bubble(message, this.photos.get(message.key));
    body.append(stamp(at, message.mine ? "check" : "", words.sent));
    node.append(body);
    if (message.rows.length) node.append(keys(message));
    if (message.kind === "press") this.mark(message.text, node);
    this.retire(message);
    if (message.mine) this.expectNothing();
    this.place(node, waiting, follow);
  }

  // A message of this page on its way.
  pending(item) {
    const waiting = this.nodes.get(item.key);
    if (item.blob && !this.photos.has(item.key)) this.photos.set(item.key, URL.createObjectURL(item.blob));
    const node = this.frame(true, new Date(item.at), waiting);
    const body = bubble({ ...item, text: item.label ?? item.text, key: item.key }, this.photos.get(item.key));
    const done = item.state === "accepted";
    body.append(stamp(new Date(item.at), done ? "check" : item.state === "failed" ? "alert-triangle" : "clock", words.sending));
    node.append(body);
    node.classList.toggle("failed", item.state === "failed");
    if (item.state === "waiting" || item.state === "failed") node.append(trouble(item));
    this.nodes.set(item.key, node);
    this.place(node, waiting, true);
  }

  frame(mine, at, waiting) {
    const node = element("div", `msg ${mine ? "mine" : "theirs"}${this.settled && !waiting ? " fresh" : ""}`);
    const who = mine ? words.you : words.bot;
    node.append(element("span", "hidden", `${who}: `));
    node.dataset.day = day(at);
    return node;
  }

  place(node, old, follow) {
    if (old) old.replaceWith(node);
    else {
      const shown = [...this.root.querySelectorAll(".day")].pop()?.textContent;
      if (shown !== node.dataset.day) this.root.append(element("div", "day", node.dataset.day));
      this.root.append(node);
    }
    if (this.typing.isConnected) this.root.append(this.typing);
    if (follow) this.down();
    else if (this.settled) this.jump.hidden = false;
  }

  // Buttons of earlier messages still work, but step back.
  retire(message) {
    if (!message.rows.length && !message.mine) return;
    for (const old of this.root.querySelectorAll(".theirs:not(.old)")) if (old.querySelector(".keys")) old.classList.add("old");
  }

  mark(label) {
    const shown = [...this.root.querySelectorAll(".keys button")].reverse().find((button) => button.textContent === label);
    if (shown) { shown.classList.add("chosen"); shown.setAttribute("aria-pressed", "true"); }
  }

  expectReply() {
    clearTimeout(this.soon);
    this.soon = setTimeout(() => { this.root.append(this.typing); this.onTyping(true); if (this.stuck) this.down(); }, TYPING_AFTER);
    clearTimeout(this.enough);
    this.enough = setTimeout(() => this.expectNothing(), TYPING_LONGEST);
  }

  expectNothing() {
    clearTimeout(this.soon);
    clearTimeout(this.enough);
    this.typing.remove();
    this.onTyping(false);
  }

  settle() {
    this.settled = true;
    this.root.setAttribute("aria-live", "polite");
    this.down();
  }

  clear() {
    this.nodes.clear();
    this.root.replaceChildren();
    this.expectNothing();
  }

  remove(key) {
    this.nodes.get(key)?.remove();
    this.nodes.delete(key);
  }

  clicked(event) {
    const button = event.target.closest("button");
    const data = button?.dataset ?? {};
    if (data.token) this.onPress(data.token, Number(data.index), button.textContent);
    else if (data.command) this.onCommand(data.command);
    else if (data.retry) this.onRetry(data.retry);
    else if (data.discard) this.onDiscard(data.discard);
    else if (data.photo) this.onPhoto(data.photo);
  }

  atEnd() {
    this.stuck = this.root.scrollHeight - this.root.scrollTop - this.root.clientHeight < 80;
    return this.stuck;
  }

  // To the end; but an answer that is longer than the screen is read from its beginning.
  down() {
    const last = this.root.querySelector(".msg:last-child");
    const long = last?.matches(".theirs") && last.offsetHeight > this.root.clientHeight;
    this.stuck = true;
    this.jump.hidden = true;
    this.root.scrollTop = long ? last.offsetTop - this.root.offsetTop - 12 : this.root.scrollHeight;
  }
}

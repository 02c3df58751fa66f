// The merchant chat: wires the log, the outbox, the stream and the composer.
import { Log } from "./log.js";
import { Outbox } from "./outbox.js";
import { Live } from "./live.js";
import { Composer } from "./composer.js";
import { words } from "./words.js";

const byId = (id) => document.getElementById(id);
const log = new Log(byId("log"), byId("jump"));
const state = byId("state");
const title = document.title;
let connected = false;
let typing = false;
let unseen = 0;

function showState() {
  state.textContent = connected ? (typing ? words.typing : words.online) : words.connecting;
  state.className = `state ${connected ? "on" : "off"}`;
}

const outbox = new Outbox({
  changed: (item) => log.pending(item),
  accepted: () => log.expectReply(),
  stuck: () => live.doubt(),
  dropped: (key) => log.remove(key),
});

const live = new Live({
  message(message) {
    outbox.delivered(message.key);
    log.add(message);
    if (!message.mine && live.ready && document.hidden) {
      unseen += 1;
      document.title = `(${unseen}) ${title}`;
    }
  },
  cleared: () => log.clear(),
  ready: () => log.settle(),
  state(up) {
    connected = up;
    byId("banner").hidden = up || !live.ready;
    showState();
    if (up) outbox.flush();
  },
});

log.onTyping = (on) => { typing = on; showState(); };
log.onPress = (token, index, label) => outbox.add({ kind: "press", token, index, label });
log.onCommand = (text) => outbox.add({ kind: "text", text });
log.onRetry = (key) => outbox.retry(key);
log.onDiscard = (key) => outbox.discard(key);
log.onPhoto = (source) => { byId("viewer-image").src = source; byId("viewer").showModal(); };

new Composer(byId("composer"), {
  text: (text) => outbox.add({ kind: "text", text }),
  photo: (blob, caption) => outbox.add({ kind: "photo", blob, text: caption }),
});

document.addEventListener("click", (event) => {
  const said = event.target.closest("[data-say]");
  if (said) outbox.add({ kind: "text", text: said.dataset.say });
  if (!event.target.closest("summary")) byId("menu").open = false;
});
document.addEventListener("keydown", (event) => { if (event.key === "Escape") byId("menu").open = false; });
byId("viewer").addEventListener("click", () => byId("viewer").close());
document.addEventListener("visibilitychange", () => {
  if (!document.hidden) { unseen = 0; document.title = title; }
});

outbox.restore();
live.start();

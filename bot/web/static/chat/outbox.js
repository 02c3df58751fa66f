// What the merchant said and the server has not stored yet. Sent in order, each again until it is accepted;
// the key that the browser gives a message makes sure that it counts once.
import { words } from "./words.js";

const KEPT = "posbot-unsent";
const LONGEST = 15000;
const FINAL = new Set([400, 404, 413, 415, 422]);

function newKey() {
  if (crypto.randomUUID) return crypto.randomUUID();
  const bytes = crypto.getRandomValues(new Uint8Array(16)); // plain http on a local network has no randomUUID
  bytes[6] = (bytes[6] & 15) | 64;
  bytes[8] = (bytes[8] & 63) | 128;
  const hex = [...bytes].map((byte) => byte.toString(16).padStart(2, "0")).join("");
  return hex.replace(/^(.{8})(.{4})(.{4})(.{4})/, "$1-$2-$3-$4-");
}

function request(item) {
  if (item.kind === "photo") {
    const form = new FormData();
    form.append("key", item.key);
    form.append("caption", item.text);
    form.append("photo", item.blob, "photo.jpg");
    return fetch("/chat/photos", { method: "POST", body: form });
  }
  const body = item.kind === "press"
    ? { key: item.key, token: item.token, index: item.index }
    : { key: item.key, text: item.text };
  const path = item.kind === "press" ? "/chat/presses" : "/chat/messages";
  return fetch(path, { method: "POST", headers: { "Content-Type": "application/json" }, body: JSON.stringify(body) });
}

export class Outbox {
  constructor(on) {
    this.on = on;
    this.items = [];
    this.sending = false;
    this.pause = 1000;
  }

  add(message) {
    const item = { ...message, key: newKey(), at: Date.now(), state: "sending" };
    if (item.text?.toWellFormed) item.text = item.text.toWellFormed();
    this.items.push(item);
    this.on.changed(item);
    this.keep();
    this.flush();
  }

  async flush() {
    clearTimeout(this.timer);
    if (this.sending) return;
    this.sending = true;
    let item;
    while ((item = this.items.find((one) => one.state === "sending" || one.state === "waiting"))) {
      if (!(await this.send(item))) {
        this.timer = setTimeout(() => this.flush(), this.pause);
        this.pause = Math.min(LONGEST, this.pause * 2);
        break;
      }
      this.pause = 1000;
    }
    this.sending = false;
  }

  // True: done with this one, well or not. False: the rest has to wait for the network.
  async send(item) {
    let response;
    try {
      response = await request(item);
    } catch {
      return this.wait(item);
    }
    if (response.ok) {
      this.set(item, "accepted");
      this.on.accepted(item);
    } else if (FINAL.has(response.status)) {
      const told = await response.json().catch(() => ({}));
      this.set(item, "failed", told.error ?? words.failed);
    } else {
      return this.wait(item);
    }
    return true;
  }

  wait(item) {
    this.set(item, "waiting");
    this.on.stuck();
    return false;
  }

  set(item, state, error = "") {
    if (!this.items.includes(item)) return; // the stream was faster
    Object.assign(item, { state, error });
    this.on.changed(item);
    this.keep();
  }

  delivered(key) {
    if (!key) return;
    this.items = this.items.filter((item) => item.key !== key);
    this.keep();
  }

  retry(key) {
    const item = this.items.find((one) => one.key === key);
    if (item) this.set(item, "sending");
    this.flush();
  }

  discard(key) {
    this.items = this.items.filter((item) => item.key !== key);
    this.on.dropped(key);
    this.keep();
  }

  // Survives a reload of this tab; photos do not fit there.
  keep() {
    const kept = this.items.filter((item) => item.kind !== "photo");
    try {
      if (kept.length) sessionStorage.setItem(KEPT, JSON.stringify(kept));
      else sessionStorage.removeItem(KEPT);
    } catch { /* storage is full or forbidden: the page still works */ }
  }

  restore() {
    try {
      this.items = JSON.parse(sessionStorage.getItem(KEPT) ?? "[]");
    } catch {
      this.items = [];
    }
    for (const item of this.items) {
      if (item.state !== "failed") item.state = "sending";
      this.on.changed(item);
    }
  }
}

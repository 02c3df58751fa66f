// The stream of what was said. Comes back by itself and goes on after the last message it saw.
const SILENCE = 40000; // the server speaks every 15 s; after this long the line is dead
const LONGEST = 15000;

export class Live {
  constructor(on) {
    this.on = on;
    this.last = 0;
    this.ready = false;
    this.pause = 500;
  }

  start() {
    window.addEventListener("online", () => this.connect());
    window.addEventListener("offline", () => this.again());
    document.addEventListener("visibilitychange", () => {
      if (!document.hidden && !this.source) this.connect();
    });
    this.connect();
  }

  async connect() {
    const turn = (this.turn = (this.turn ?? 0) + 1);
    clearTimeout(this.timer);
    this.close();
    try {
      // gives a new visitor an identity and an empty chat its greeting; harmless when repeated
      const opened = await fetch("/chat/open", { method: "POST" });
      if (!opened.ok) throw new Error(`HTTP ${opened.status}`);
    } catch {
      if (turn === this.turn) this.again();
      return;
    }
    if (turn === this.turn) this.listen();
  }

  listen() {
    const source = (this.source = new EventSource(`/chat/events?after=${this.last}`));
    const hear = (name, act) => source.addEventListener(name, (event) => { this.alive(); act(JSON.parse(event.data)); });
    source.onopen = () => { this.alive(); this.pause = 500; this.on.state(true); };
    source.onerror = () => this.again();
    hear("message", (message) => { this.last = message.id; this.on.message(message); });
    hear("cleared", () => { this.last = 0; this.on.cleared(); });
    hear("ready", () => { this.ready = true; this.on.ready(); });
    hear("ping", () => {});
  }

  alive() {
    clearTimeout(this.watchdog);
    this.watchdog = setTimeout(() => this.again(), SILENCE);
  }

  // A post did not get through: the stream may be dead without knowing it.
  doubt() {
    if (this.source?.readyState === EventSource.OPEN) this.again();
  }

  again() {
    this.close();
    this.on.state(false);
    clearTimeout(this.timer);
    this.timer = setTimeout(() => this.connect(), this.pause * (0.8 + Math.random() * 0.4));
    this.pause = Math.min(LONGEST, this.pause * 2);
  }

  close() {
    clearTimeout(this.watchdog);
    this.source?.close();
    this.source = null;
  }
}

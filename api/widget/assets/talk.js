// The conversation as this tab knows it: what the server showed, and what is still to be sent. No drawing here.
import { freshId } from "./dom.js";
import { forget, keep, kept, tabs } from "./shelf.js";
import { Stream } from "./stream.js";

const HIDDEN_FOR = 60000;
const LATER = [408, 425, 429, 500, 502, 503, 504];

export class Refused extends Error {
  constructor(status, detail) {
    super(detail);
    this.status = status;
  }
}

export class Talk extends EventTarget {
  // `token` gives the shop's signed token, which is never stored.
  constructor(base, token) {
    super();
    Object.assign(this, { base, token, visitor: kept().visitor || "", events: new Map(), queue: kept().queue || [] });
    this.prefilled = kept().prefilled || {};
    this.online = navigator.onLine;
    this.stream = new Stream(`${base}widget/events`, () => this.headers({ "Last-Event-ID": String(this.last) }), {
      hears: (event) => this.add(event),
      over: (status) => this.over(status),
      live: (is) => this.connected(is),
    });
    this.tabs = tabs(base);
    this.tabs.addEventListener("message", ({ data }) => this.told(data || {}));
    addEventListener("online", () => this.back());
    addEventListener("offline", () => this.connected(false));
    addEventListener("pageshow", () => this.back());
    document.addEventListener("visibilitychange", () => this.looked());
  }

  get last() {
    let number = 0;
    while (this.events.has(number + 1)) number += 1;
    return number;
  }

  get inOrder() {
    return [...this.events.values()].sort((a, b) => a.sequence - b.sequence);
  }

  headers(more = {}) {
    return { ...(this.visitor ? { Authorization: `Visitor ${this.visitor}` } : {}), ...more };
  }

  emit(name, detail) {
    this.dispatchEvent(new CustomEvent(name, { detail }));
  }

  // -- what comes in ---------------------------------------------------------------------------------------

  add(event) {
    if (this.events.has(event.sequence)) return;
    this.events.set(event.sequence, event);
    if (event.kind === "said") this.settle(event.id);
    this.emit("event", event);
  }

  connected(is) {
    if (this.online === is) return;
    this.online = is;
    this.emit("online", is);
    if (is) this.flush();
  }

  back() {
    this.connected(navigator.onLine);
    this.stream.again();
    this.flush();
  }

  looked() {
    clearTimeout(this.asleep);
    if (document.visibilityState === "hidden") this.asleep = setTimeout(() => this.stream.stop(), HIDDEN_FOR);
    else if (this.visitor) this.stream.stopped ? this.stream.start() : this.flush();
  }

  told(data) {
    if (data.want === "visitor" && this.visitor) this.tabs.postMessage({ visitor: this.visitor });
    else if (data.over && data.over === this.visitor) this.reset(data.why);
    else if (data.visitor && !this.visitor) this.join(data.visitor);
    else if (data.read) this.emit("read", data.read);
  }

  join(visitor) {
    this.visitor = visitor;
    keep({ visitor });
    this.stream.start();
  }

  over(status) {
    if (status === 409) {
      this.events.clear(); // the server knows less than we: it was put back from a backup
      this.emit("reset", "");
      return this.stream.start();
    }
    return this.reset("over");
  }

  reset(why) {
    this.stream.stop();
    this.visitor = "";
    this.events.clear();
    this.prefilled = {};
    forget();
    if (this.queue.length) this.save();
    this.emit("reset", why);
  }

  // -- what goes out ---------------------------------------------------------------------------------------

  say(text) {
    this.put("messages", { text, ...(this.prefilled.email ? { email: this.prefilled.email } : {}) });
  }

  press(digest, agree) {
    this.put("quotes", { digest, agree });
  }

  put(path, body) {
    const item = { id: freshId(), path, body, at: new Date().toISOString() };
    this.queue.push(item);
    this.save();
    this.emit("queued", item);
    this.flush();
  }

  save() {
    keep({ queue: this.queue, prefilled: this.prefilled });
  }

  settle(id) {
    const before = this.queue.length;
    this.queue = this.queue.filter((one) => one.id !== id);
    if (this.queue.length !== before) this.save();
  }

  // One at a time, in order; whatever may go through later stays in the queue.
  async flush() {
    if (this.flushing || !navigator.onLine) return;
    this.flushing = true;
    clearTimeout(this.retry);
    try {
      while (this.queue.length) await this.send(this.queue[0]);
      this.tries = 0;
    } catch (error) {
      this.tries = (this.tries || 0) + 1;
      this.retry = setTimeout(() => this.flush(), error.wait || Math.min(1000 * 2 ** this.tries, 30000));
      if (!(error instanceof Refused)) this.connected(false);
    }
    this.flushing = false;
  }

  async send(item) {
    try {
      await this.begun();
      const told = await this.post(item.path, { id: item.id, token: this.token() || null, ...item.body });
      for (const event of told.events) this.add(event);
      this.settle(item.id);
      this.connected(true);
    } catch (error) {
      if (!(error instanceof Refused) || LATER.includes(error.status)) throw error;
      if (this.visitor && !item.again && (error.status === 401 || (error.status === 403 && this.token()))) {
        item.again = true; // the visit is over, or another customer's: a new one, with the same message
        if (this.events.size) this.reset("over");
        this.visitor = "";
        return;
      }
      this.settle(item.id);
      this.emit("refused", { item, error });
    }
  }

  // A visit begins with the first message, or where a signed customer opens the chat.
  async begun() {
    if (this.visitor) return;
    const { visitor } = await this.post("session", { token: this.token() || null });
    this.join(visitor);
    this.tabs.postMessage({ visitor });
  }

  async post(path, body, method = "POST") {
    const raw = body instanceof Blob;
    const answer = await fetch(`${this.base}widget/${path}`, {
      method,
      headers: this.headers({ "Content-Type": raw ? body.type : "application/json" }),
      body: method === "DELETE" ? undefined : raw ? body : JSON.stringify(body || {}),
      credentials: "omit",
      keepalive: !raw && JSON.stringify(body || {}).length < 30000,
    });
    if (answer.ok) return answer.status === 204 ? {} : answer.json();
    const said = await answer.json().catch(() => ({}));
    const refused = new Refused(answer.status, typeof said.detail === "string" ? said.detail : "");
    refused.wait = Number(answer.headers.get("Retry-After") || 0) * 1000;
    throw refused;
  }

  async leave(why, path) {
    const visitor = this.visitor;
    if (visitor) await this.post(path, null, "DELETE");
    this.queue = [];
    this.reset(why);
    this.tabs.postMessage({ over: visitor, why });
  }
}

// The open chat: its frame, what is shown of the conversation, and what the customer can do.
import { cardOf } from "./cards.js";
import { h, icon } from "./dom.js";
import { asJpeg, saved } from "./files.js";
import { whenOpen } from "./hours.js";
import { bubble, note, rating } from "./lines.js";
import { keep, kept } from "./shelf.js";
import { Talk } from "./talk.js";

const SHOWN_AFTER = 150; // milliseconds: an answer that comes at once needs no "is writing"
const TYPES_FOR = 8000;

export class Panel {
  constructor(chat) {
    Object.assign(this, { chat, words: chat.words, language: chat.language, lines: new Map(), read: kept().read || 0, drawn: 0 });
    this.talk = new Talk(chat.embed.base, () => chat.token);
    this.build();
    this.listen();
    for (const item of this.talk.queue) this.queued(item);
    this.configured = fetch(`${chat.embed.base}widget/config`, { credentials: "omit" })
      .then((answer) => answer.json())
      .catch(() => ({}))
      .then((config) => this.configure(config));
  }

  // -- the frame -------------------------------------------------------------------------------------------

  build() {
    const { words } = this;
    this.title = h("h2", { id: "title" }, "");
    this.log = h("div", { class: "log", role: "log", "aria-live": "off", "aria-label": words.log, tabindex: "0" });
    this.progress = h("div", { class: "progress", hidden: true, "aria-hidden": "true" }, h("span", { class: "dots" }, h("i"), h("i"), h("i")), h("span", { class: "what" }));
    this.status = h("p", { class: "hear", role: "status" });
    this.banner = h("p", { class: "banner", role: "status", hidden: true });
    this.welcome = h("div", { class: "welcome" });
    this.person = h("button", { type: "button", class: "person", onclick: () => this.askPerson() }, icon("person"), words.person);
    this.menu = this.menuOf();
    this.box = h("section", { class: "panel", role: "dialog", "aria-labelledby": "title", hidden: true }, this.head(), this.banner, this.bodyOf(), this.composer(), this.status);
    this.chat.root.prepend(this.box);
  }

  head() {
    const { words } = this;
    const more = h("button", { type: "button", class: "tool", "aria-label": words.more, "aria-expanded": "false", "aria-controls": "menu", onclick: () => this.toggleMenu() }, icon("more"));
    this.moreButton = more;
    const shut = h("button", { type: "button", class: "tool", "aria-label": words.close, onclick: () => this.chat.shut() }, icon("close"));
    return h("div", { class: "head" }, this.title, more, shut, h("p", { class: "ai" }, words.ai), this.person, this.menu);
  }

  menuOf() {
    const { words } = this;
    const entry = (name, does) => h("li", {}, h("button", { type: "button", class: name, onclick: () => (this.toggleMenu(false), does()) }, words[name]));
    return h(
      "ul",
      { class: "menu", id: "menu", hidden: true },
      entry("save", () => saved(this.transcript(), "conversation.txt")),
      entry("mail", () => this.mail()),
      entry("end", () => this.end()),
      entry("erase", () => this.eraseSure()),
    );
  }

  bodyOf() {
    return h("div", { class: "body" }, this.welcome, this.log, this.progress);
  }

  composer() {
    const { words } = this;
    this.field = h("textarea", { id: "write", rows: "1", "aria-label": words.write, placeholder: words.placeholder, dir: "auto", enterkeyhint: "send" });
    this.field.addEventListener("keydown", (event) => this.key(event));
    this.field.addEventListener("input", () => this.grow());
    this.file = h("input", { type: "file", accept: "image/jpeg,image/png,image/webp", hidden: true, onchange: () => this.photo() });
    this.camera = h("button", { type: "button", class: "tool camera", hidden: true, "aria-label": words.photo, onclick: () => this.file.click() }, icon("photo"));
    const send = h("button", { class: "send", "aria-label": words.send }, icon("send"));
    return h("form", { class: "composer", onsubmit: (event) => (event.preventDefault(), this.submit()) }, this.camera, this.file, this.field, send);
  }

  configure(config) {
    const { words } = this;
    this.config = config;
    this.title.textContent = config.shop || "";
    this.box.setAttribute("aria-label", words.title(config.shop || ""));
    this.camera.hidden = !config.photos;
    this.menu.querySelector(".mail").parentNode.hidden = !config.mail;
    this.welcome.replaceChildren(
      h("p", { class: "hello" }, words.hello),
      h("p", { class: "quiet" }, words.disclosure(config.assistant || "Wismo")),
      ...this.asked(config.ask || []),
      h("div", { class: "first" }, words.first.map((text) => h("button", { type: "button", onclick: () => this.said(text) }, text))),
    );
  }

  // What the shop asks before the first message; all of it may be left out.
  asked(names) {
    this.fields = names.map((name) => {
      const label = this.words[`ask_${name}`];
      const attributes = name === "email" ? { type: "email", autocomplete: "email", dir: "ltr" } : { type: "text", autocomplete: "off" };
      const field = h("input", { id: `ask-${name}`, name, ...attributes });
      return { name, field, shown: h("p", {}, h("label", { for: `ask-${name}` }, label), field) };
    });
    return this.fields.map((one) => one.shown);
  }

  // -- open and shut ---------------------------------------------------------------------------------------

  show(focused) {
    this.box.hidden = false;
    this.remember(true);
    const small = matchMedia("(max-width: 480px), (max-height: 480px)").matches;
    this.box.setAttribute("aria-modal", String(small));
    this.trap = small;
    this.resume();
    this.scroll();
    if (focused) this.field.focus();
    this.seen();
    if (this.chat.token && !this.talk.visitor) this.identified();
  }

  hide() {
    this.toggleMenu(false);
    this.box.hidden = true;
    this.remember(false);
  }

  // Nothing is stored before something was said.
  remember(open) {
    if (this.talk.visitor || this.talk.queue.length) keep({ open });
  }

  resume() {
    if (this.talk.visitor) this.talk.stream.start();
    this.talk.flush();
  }

  // A signed customer finds what was said on another device.
  async identified() {
    if (!this.chat.token || this.box.hidden || this.talk.visitor) return;
    await this.talk.begun().catch((error) => this.chat.tell({ type: "error", status: error.status || 0 }));
  }

  async leave() {
    await this.talk.leave("over", "session").catch(() => this.talk.reset("over"));
    this.hide();
  }

  get visible() {
    return !this.box.hidden && document.visibilityState === "visible";
  }

  key(event) {
    if (event.key === "Enter" && !event.shiftKey && !event.isComposing) {
      event.preventDefault();
      this.submit();
    }
  }

  listen() {
    this.box.addEventListener("keydown", (event) => this.keys(event));
    this.box.addEventListener("click", (event) => this.menu.hidden || this.menu.contains(event.target) || this.moreButton.contains(event.target) || this.toggleMenu(false, false));
    document.addEventListener("visibilitychange", () => this.seen());
    this.talk.addEventListener("event", ({ detail }) => this.happened(detail));
    this.talk.addEventListener("queued", ({ detail }) => this.queued(detail));
    this.talk.addEventListener("refused", ({ detail }) => this.refused(detail));
    this.talk.addEventListener("online", ({ detail }) => this.onLine(detail));
    this.talk.addEventListener("reset", ({ detail }) => this.restart(detail));
    this.talk.addEventListener("read", ({ detail }) => this.readElsewhere(detail));
  }

  keys(event) {
    if (event.key === "Escape") {
      event.stopPropagation();
      if (this.menu.hidden) this.chat.shut();
      else this.toggleMenu(false);
    }
    if (event.key === "Tab" && this.trap) this.turn(event);
  }

  turn(event) {
    const all = [...this.box.querySelectorAll("button, textarea, input, summary, [tabindex='0']")].filter((one) => one.checkVisibility() && !one.disabled);
    const edge = event.shiftKey ? all[0] : all.at(-1);
    if (this.chat.root.activeElement !== edge) return;
    event.preventDefault();
    (event.shiftKey ? all.at(-1) : all[0]).focus();
  }

  toggleMenu(open = this.menu.hidden, back = true) {
    if (this.menu.hidden === !open) return;
    this.menu.hidden = !open;
    this.moreButton.setAttribute("aria-expanded", String(open));
    if (open) this.menu.querySelector("button").focus();
    else if (back && !this.box.hidden) this.moreButton.focus();
  }

  // -- saying ----------------------------------------------------------------------------------------------

  submit() {
    const text = this.field.value.trim();
    if (!text) return this.field.focus();
    this.field.value = "";
    this.grow();
    this.say(text);
    return this.field.focus();
  }

  say(text) {
    const given = Object.fromEntries((this.fields || []).map(({ name, field }) => [name, field.value.trim()]).filter(([, value]) => value));
    if (given.email) this.talk.prefilled.email = given.email;
    this.fields = [];
    this.talk.say(given.order ? `${text} (${given.order})` : text);
    this.chat.tell({ type: "message" });
  }

  said(text) {
    this.say(text);
    this.field.focus();
  }

  askPerson() {
    if (!this.silent) this.said(this.words.person_asked);
  }

  press(digest, agree) {
    this.talk.press(digest, agree);
    this.field.focus();
  }

  grow() {
    this.field.rows = Math.min(5, this.field.value.split("\n").length + Math.floor(this.field.value.length / 60));
  }

  async photo() {
    const [file] = this.file.files;
    this.file.value = "";
    if (!file) return;
    try {
      const jpeg = await asJpeg(file);
      await this.talk.begun();
      await this.talk.post("photos", jpeg);
    } catch {
      this.notice(this.words.photo_wrong);
    }
  }

  async mail() {
    await this.tried(async () => this.notice(this.words.mailed((await this.talk.post("transcript", { token: this.chat.token || null })).to)));
  }

  async end() {
    if (this.talk.last) await this.tried(() => this.talk.post("close"));
  }

  eraseSure() {
    const { words } = this;
    const sure = note(words.erase_sure, [
      h("button", { type: "button", class: "danger", onclick: () => this.tried(() => this.talk.leave("erased", "conversation")) }, words.erase_yes),
      h("button", { type: "button", class: "plain", onclick: () => (sure.remove(), this.field.focus()) }, words.keep_it),
    ]);
    this.log.append(sure);
    this.scroll();
    sure.querySelector(".plain").focus();
  }

  async tried(does) {
    try {
      await does();
    } catch (error) {
      this.notice(error.message || this.words.failed_to);
    }
  }

  transcript() {
    return this.talk.inOrder
      .filter((one) => one.text || "agree" in one)
      .map((one) => `${new Date(one.at).toLocaleString(this.language)} ${this.nameOf(one)}\n${this.textOf(one)}\n`)
      .join("\n");
  }

  // -- showing ---------------------------------------------------------------------------------------------

  nameOf(event) {
    if (event.kind === "said") return this.words.you;
    return event.kind === "person" ? event.name || this.words.person_unknown : this.config?.assistant || "Wismo";
  }

  textOf(event) {
    if ("agree" in event) return event.agree ? this.words.pressed_yes : this.words.pressed_no;
    return event.kind === "photo" ? this.words.photo_sent : event.text;
  }

  happened(event) {
    const shown = { said: "mine", photo: "mine", reply: "theirs", person: "theirs" }[event.kind];
    if (shown) this.line(event, shown);
    const does = { said: "waits", step: "steps", reply: "answered", waiting: "toPerson", person: "byPerson", typing: "types", closed: "ended", rated: "rated" };
    this[does[event.kind]]?.(event);
    this.settled();
    this.count(event);
  }

  line(event, whose) {
    this.welcome.hidden = true;
    const made = bubble({ whose, name: this.nameOf(event), text: this.textOf(event), at: event.at, words: this.words, language: event.language || this.language, ui: this.language, person: event.kind === "person" });
    const cards = (event.cards || []).map((card) => cardOf(card, this.see(event))).filter(Boolean);
    made.append(...cards);
    this.place(made, event);
  }

  see() {
    return { words: this.words, language: this.language, say: (text) => this.said(text), press: (digest, agree) => this.press(digest, agree) };
  }

  // In the server's order; the echo of a message that was queued here becomes the message.
  place(made, event) {
    const echo = event.kind === "said" && this.lines.get(event.id);
    made.dataset.sequence = event.sequence;
    if (echo) {
      this.lines.delete(event.id);
      echo.remove();
    }
    const later = [...this.log.children].find((one) => Number(one.dataset.sequence) > event.sequence || "queued" in one.dataset);
    this.log.insertBefore(made, later || null);
    this.scroll(event.kind === "said" ? null : made);
  }

  queued(item) {
    this.welcome.hidden = true;
    this.remember(!this.box.hidden);
    const event = { kind: "said", at: item.at, ...item.body };
    const made = bubble({ whose: "mine", name: this.words.you, text: this.textOf(event), at: item.at, words: this.words, language: this.language, ui: this.language, state: this.words.sending });
    made.dataset.queued = item.id;
    this.lines.set(item.id, made);
    this.log.append(made);
    this.scroll();
    this.settled();
    if (this.talk.online) this.waits({ id: item.id });
  }

  refused({ item, error }) {
    const made = this.lines.get(item.id);
    this.lines.delete(item.id);
    if (made) {
      delete made.dataset.queued;
      made.classList.add("failed");
      made.querySelector(".state").textContent = `${this.words.failed} ${error.message}`;
    }
    this.rest();
    this.chat.tell({ type: "error", status: error.status });
  }

  waits({ id }) {
    if (this.silent || this.answeredTurns?.has(id)) return;
    this.working(`${this.nameOf({})} ${this.words.thinking}`);
  }

  steps({ step, orders, id }) {
    if (!this.answeredTurns?.has(id)) this.working(step === "looking" ? this.words.looking(orders.join(", ")) : this.words.acting);
  }

  working(what) {
    this.progress.querySelector(".what").textContent = what;
    this.workTimer ||= setTimeout(() => {
      this.progress.hidden = false;
      this.status.textContent = this.progress.querySelector(".what").textContent;
      this.scroll();
    }, SHOWN_AFTER);
  }

  rest() {
    clearTimeout(this.workTimer);
    this.workTimer = null;
    this.progress.hidden = true;
    this.status.textContent = "";
  }

  answered(event) {
    (this.answeredTurns ||= new Set()).add(event.id);
    this.rest();
    if (event.person) this.toPerson();
    this.chat.tell({ type: "reply", disposition: event.disposition });
  }

  toPerson() {
    this.withPerson(true);
    this.rest();
    this.configured.then(() => this.silent && this.flag(this.config.open === false ? this.words.person_away(whenOpen(this.config, this.language)) : this.words.person_has));
  }

  byPerson() {
    if (!this.silent) this.toPerson();
    this.rest();
    this.chat.tell({ type: "person" });
  }

  types(event) {
    const left = Date.parse(event.at) + TYPES_FOR - Date.now();
    if (left < 0) return;
    this.working(this.words.typing(event.name));
    setTimeout(() => this.rest(), left);
  }

  withPerson(is) {
    this.silent = is;
    this.person.setAttribute("aria-disabled", String(is));
  }

  ended(event) {
    this.withPerson(false);
    this.rest();
    this.flag("");
    const made = note(event.by === "person" ? this.words.closed_by_person : this.words.closed);
    made.dataset.sequence = event.sequence;
    this.log.append(made);
    this.askRating();
    this.chat.tell({ type: "closed" });
  }

  askRating() {
    this.ratingCard?.remove();
    this.ratingCard = rating(this.words, {
      rate: (score, reason) => this.tried(() => this.talk.post("rating", { score, reason })),
      skip: () => (this.ratingCard.remove(), this.field.focus()),
    });
    this.log.append(this.ratingCard);
    this.scroll();
  }

  rated() {
    const focused = this.ratingCard?.contains(this.chat.root.activeElement);
    this.ratingCard?.remove();
    if (focused) this.field.focus();
    const made = note(this.words.thanks);
    this.log.append(made);
    this.chat.tell({ type: "rated" });
  }

  // Buttons of a quote work while it is open; forms while nothing was said after them.
  settled() {
    const events = this.talk.inOrder;
    const pressed = new Map(events.filter((one) => one.pressed).map((one) => [one.pressed, one]));
    for (const one of this.talk.queue) if (one.body.digest) pressed.set(one.body.digest, one);
    for (const card of this.log.querySelectorAll(".quote")) {
      const over = pressed.has(card.dataset.digest) || this.replaced(card, events);
      card.classList.toggle("over", over);
      for (const button of card.querySelectorAll("button")) button.disabled = over;
    }
    const last = [...this.log.querySelectorAll(".line")].at(-1);
    for (const one of this.log.querySelectorAll(".ask")) {
      const over = !last?.contains(one);
      for (const field of one.querySelectorAll("input, button")) field.disabled = over;
    }
    if (this.ratingCard?.nextElementSibling) this.ratingCard.remove();
  }

  // A newer quote of the same action on the same order takes the place of this one; so does the end of the talk.
  replaced(card, events) {
    const quotes = events.flatMap((one) => (one.cards || []).filter((each) => each.kind === "quote"));
    const own = quotes.findLast((one) => one.digest === card.dataset.digest);
    const newer = own && quotes.findLast((one) => one.order === own.order && one.action === own.action);
    const shown = events.findLast((one) => (one.cards || []).some((each) => each.digest === card.dataset.digest));
    return (newer && newer !== own) || events.some((one) => one.kind === "closed" && one.sequence > (shown?.sequence || 0));
  }

  notice(text) {
    this.log.append(note(text));
    this.scroll();
  }

  flag(text) {
    this.flagged = text;
    const shown = this.talk.online ? text : this.words.offline;
    this.banner.textContent = shown;
    this.banner.hidden = !shown;
  }

  onLine(is) {
    if (!is) this.rest();
    this.flag(this.flagged || "");
    this.box.classList.toggle("offline", !is);
  }

  restart(why) {
    this.log.replaceChildren();
    this.lines.clear();
    this.withPerson(false);
    this.read = 0;
    this.rest();
    this.flag("");
    this.welcome.hidden = false;
    for (const item of this.talk.queue) this.queued(item);
    const told = this.words[why];
    if (told) this.notice(told);
    this.chat.unread(0);
  }

  // -- what was read ---------------------------------------------------------------------------------------

  count(event) {
    if (this.visible || event.kind === "said") this.seen();
    else this.chat.unread(this.fresh());
    clearTimeout(this.calm);
    this.calm = setTimeout(() => this.log.setAttribute("aria-live", "polite"), 400); // what was said before a reload is not read out
  }

  fresh() {
    return this.talk.inOrder.filter((one) => one.sequence > this.read && ["reply", "person"].includes(one.kind)).length;
  }

  seen() {
    if (!this.visible) return;
    this.chat.unread(0);
    if (!this.talk.last || this.read === this.talk.last) return;
    this.read = this.talk.last;
    keep({ read: this.read });
    this.talk.tabs.postMessage({ read: this.read });
  }

  readElsewhere(read) {
    this.read = Math.max(this.read, read);
    this.chat.unread(this.fresh());
  }

  // A new reply is read from its beginning, even where it is longer than the window.
  scroll(from) {
    const area = this.log.parentNode;
    requestAnimationFrame(() => {
      const top = from?.isConnected ? from.offsetTop - area.offsetTop - 12 : area.scrollHeight;
      area.scrollTop = Math.min(top, area.scrollHeight);
    });
  }
}

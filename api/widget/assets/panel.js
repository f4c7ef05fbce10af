// The open chat: what the customer can do in it, and what becomes of what the server tells.
import { h } from "./dom.js";
import { asJpeg, saved } from "./files.js";
import { Frame } from "./frame.js";
import { whenOpen } from "./hours.js";
import { note } from "./lines.js";
import { keep } from "./shelf.js";
import { Talk } from "./talk.js";
import { Thread } from "./thread.js";
import { Unread } from "./unread.js";
import { Waiting } from "./waiting.js";

const WHOSE = { said: "mine", photo: "mine", reply: "theirs", person: "theirs" };

export class Panel {
  constructor(chat) {
    const { words, language } = chat;
    Object.assign(this, { chat, words, language, config: {}, silent: false });
    const name = () => this.config.assistant || "Wismo";
    const see = { words, language, say: (text) => this.said(text), press: (digest, agree) => this.press(digest, agree) };
    this.talk = new Talk(chat.embed.base, () => chat.token);
    this.frame = new Frame(chat, this.presses());
    this.thread = new Thread(this.frame, this.talk, { words, language, see, name });
    this.waiting = new Waiting(this.frame, words, name);
    this.unread = new Unread(this.frame, this.talk, (count) => chat.unread(count));
    this.listen();
    for (const item of this.talk.queue) this.queued(item);
    this.configured = fetch(`${chat.embed.base}widget/config`, { credentials: "omit" })
      .then((answer) => answer.json())
      .catch(() => ({}))
      .then((config) => this.frame.configure((this.config = config)));
  }

  presses() {
    return {
      shut: () => this.chat.shut(),
      submit: () => this.submit(),
      said: (text) => this.said(text),
      askPerson: () => this.silent || this.said(this.words.person_asked),
      photo: (file) => this.photo(file),
      save: () => saved(this.thread.asText(), "conversation.txt"),
      mail: () => this.mail(),
      end: () => this.end(),
      erase: () => this.eraseSure(),
    };
  }

  listen() {
    const hears = { event: "happened", queued: "queued", refused: "refused", online: "onLine", reset: "restart" };
    for (const [name, does] of Object.entries(hears)) this.talk.addEventListener(name, ({ detail }) => this[does](detail));
  }

  // -- open and shut ---------------------------------------------------------------------------------------

  show(focused) {
    this.frame.show();
    this.remember(true);
    this.resume();
    this.frame.scroll();
    if (focused) this.frame.field.focus();
    this.unread.seen();
    this.identified();
  }

  hide() {
    this.frame.hide();
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
    if (!this.chat.token || this.frame.box.hidden || this.talk.visitor) return;
    await this.talk.begun().catch((error) => this.chat.tell({ type: "error", status: error.status || 0 }));
  }

  async leave() {
    await this.talk.leave("over", "session").catch(() => this.talk.reset("over"));
    this.hide();
  }

  // -- what the customer does --------------------------------------------------------------------------------

  submit() {
    const text = this.frame.taken();
    if (text) this.say(text);
    this.frame.field.focus();
  }

  say(text) {
    const given = this.frame.given();
    if (given.email) this.talk.prefilled.email = given.email;
    this.talk.say(given.order ? `${text} (${given.order})` : text);
    this.chat.tell({ type: "message" });
  }

  said(text) {
    this.say(text);
    this.frame.field.focus();
  }

  press(digest, agree) {
    this.talk.press(digest, agree);
    this.frame.field.focus();
  }

  async photo(file) {
    try {
      const jpeg = await asJpeg(file);
      await this.talk.begun();
      await this.talk.post("photos", jpeg);
    } catch {
      this.thread.notice(this.words.photo_wrong);
    }
  }

  async mail() {
    await this.tried(async () => this.thread.notice(this.words.mailed((await this.talk.post("transcript", { token: this.chat.token || null })).to)));
  }

  async end() {
    if (this.talk.last) await this.tried(() => this.talk.post("close"));
  }

  eraseSure() {
    const { words, frame } = this;
    const sure = note(words.erase_sure, [
      h("button", { type: "button", class: "danger", onclick: () => this.tried(() => this.talk.leave("erased", "conversation")) }, words.erase_yes),
      h("button", { type: "button", class: "plain", onclick: () => (sure.remove(), frame.field.focus()) }, words.keep_it),
    ]);
    this.thread.append(sure);
    sure.querySelector(".plain").focus();
  }

  async tried(does) {
    try {
      await does();
    } catch (error) {
      this.thread.notice(error.message || this.words.failed_to);
    }
  }

  // -- what the server tells -----------------------------------------------------------------------------------

  happened(event) {
    if (event.kind in WHOSE) this.thread.add(event, WHOSE[event.kind]);
    const does = {
      said: () => this.silent || this.waiting.waits(event),
      step: () => this.waiting.steps(event),
      reply: () => this.answered(event),
      waiting: () => this.toPerson(),
      person: () => this.byPerson(),
      typing: () => this.waiting.types(event),
      closed: () => this.ended(event),
      rated: () => this.rated(),
    };
    does[event.kind]?.();
    this.thread.settled();
    this.unread.count(event);
  }

  queued(item) {
    this.remember(!this.frame.box.hidden);
    this.thread.queued(item);
    if (this.talk.online && !this.silent) this.waiting.waits(item);
  }

  refused(told) {
    this.thread.refused(told);
    this.waiting.rest();
    this.chat.tell({ type: "error", status: told.error.status });
  }

  answered(event) {
    this.waiting.over(event);
    if (event.person) this.toPerson();
    this.chat.tell({ type: "reply", disposition: event.disposition });
  }

  toPerson() {
    const { words } = this;
    this.withPerson(true);
    const told = () => (this.config.open === false ? words.person_away(whenOpen(this.config, this.language)) : words.person_has);
    this.configured.then(() => this.silent && this.flag(told()));
  }

  byPerson() {
    if (!this.silent) this.toPerson();
    this.waiting.rest();
    this.chat.tell({ type: "person" });
  }

  withPerson(is) {
    this.silent = is;
    this.frame.person.setAttribute("aria-disabled", String(is));
    this.waiting.rest();
  }

  ended(event) {
    this.withPerson(false);
    this.flag("");
    this.thread.ended(event, (score, reason) => this.tried(() => this.talk.post("rating", { score, reason })));
    this.chat.tell({ type: "closed" });
  }

  rated() {
    this.thread.rated();
    this.chat.tell({ type: "rated" });
  }

  flag(text) {
    this.frame.flag(text, this.talk.online);
  }

  onLine(is) {
    if (!is) this.waiting.rest();
    this.flag(this.frame.flagged);
    this.frame.box.classList.toggle("offline", !is);
  }

  restart(why) {
    this.thread.clear();
    this.withPerson(false);
    this.flag("");
    for (const item of this.talk.queue) this.queued(item);
    if (this.words[why]) this.thread.notice(this.words[why]);
    this.unread.clear();
  }
}

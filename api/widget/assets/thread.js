// The conversation as it is drawn: lines in the server's order, what is still on its way, what can be pressed no more.
import { cardOf } from "./cards.js";
import { bubble, note, rating } from "./lines.js";

export class Thread {
  // `see` is what cards need to know and may do; `name` gives the assistant's.
  constructor(frame, talk, { words, language, see, name }) {
    Object.assign(this, { frame, talk, words, language, see, name, lines: new Map() });
  }

  nameOf(event) {
    if (event.kind === "said") return this.words.you;
    return event.kind === "person" ? event.name || this.words.person_unknown : this.name();
  }

  textOf(event) {
    if ("agree" in event) return event.agree ? this.words.pressed_yes : this.words.pressed_no;
    return event.kind === "photo" ? this.words.photo_sent : event.text;
  }

  add(event, whose) {
    this.frame.welcome.hidden = true;
    const made = this.drawn(event, { whose, at: event.at, language: event.language || this.language, person: event.kind === "person" });
    made.append(...(event.cards || []).map((card) => cardOf(card, this.see)).filter(Boolean));
    this.place(made, event);
  }

  drawn(event, more) {
    const { words, language } = this;
    return bubble({ name: this.nameOf(event), text: this.textOf(event), words, language, ui: language, ...more });
  }

  // In the server's order; the echo of a message that was queued here becomes the message.
  place(made, event) {
    const echo = event.kind === "said" && this.lines.get(event.id);
    made.dataset.sequence = event.sequence;
    if (echo) {
      this.lines.delete(event.id);
      echo.remove();
    }
    const later = [...this.frame.log.children].find((one) => Number(one.dataset.sequence) > event.sequence || "queued" in one.dataset);
    this.frame.log.insertBefore(made, later || null);
    this.frame.scroll(event.kind === "said" ? null : made);
  }

  queued(item) {
    this.frame.welcome.hidden = true;
    const made = this.drawn({ kind: "said", ...item.body }, { whose: "mine", at: item.at, state: this.words.sending });
    made.dataset.queued = item.id;
    this.lines.set(item.id, made);
    this.append(made);
    this.settled();
  }

  refused({ item, error }) {
    const made = this.lines.get(item.id);
    this.lines.delete(item.id);
    if (!made) return;
    delete made.dataset.queued;
    made.classList.add("failed");
    made.querySelector(".state").textContent = `${this.words.failed} ${error.message}`;
  }

  // Buttons of a quote work while it is open; forms while nothing was said after them.
  settled() {
    const events = this.talk.inOrder;
    const pressed = new Set(events.filter((one) => one.pressed).map((one) => one.pressed));
    for (const one of this.talk.queue) if (one.body.digest) pressed.add(one.body.digest);
    for (const card of this.frame.log.querySelectorAll(".quote")) {
      const over = pressed.has(card.dataset.digest) || this.replaced(card, events);
      card.classList.toggle("over", over);
      for (const button of card.querySelectorAll("button")) button.disabled = over;
    }
    const last = [...this.frame.log.querySelectorAll(".line")].at(-1);
    for (const one of this.frame.log.querySelectorAll(".ask")) {
      const over = !last?.contains(one);
      for (const field of one.querySelectorAll("input, button")) field.disabled = over;
    }
    if (this.rating?.nextElementSibling) this.rating.remove();
  }

  // A newer quote of the same action on the same order takes the place of this one; so does the end of the talk.
  replaced(card, events) {
    const quotes = events.flatMap((one) => (one.cards || []).filter((each) => each.kind === "quote"));
    const own = quotes.findLast((one) => one.digest === card.dataset.digest);
    const newer = own && quotes.findLast((one) => one.order === own.order && one.action === own.action);
    const shown = events.findLast((one) => (one.cards || []).some((each) => each.digest === card.dataset.digest));
    return (newer && newer !== own) || events.some((one) => one.kind === "closed" && one.sequence > (shown?.sequence || 0));
  }

  ended(event, rate) {
    const made = note(event.by === "person" ? this.words.closed_by_person : this.words.closed);
    made.dataset.sequence = event.sequence;
    this.frame.log.append(made);
    this.rating?.remove();
    this.rating = rating(this.words, { rate, skip: () => (this.rating.remove(), this.frame.field.focus()) });
    this.append(this.rating);
  }

  rated() {
    const focused = this.rating?.contains(this.frame.root.activeElement);
    this.rating?.remove();
    if (focused) this.frame.field.focus();
    this.frame.log.append(note(this.words.thanks));
  }

  notice(text) {
    this.append(note(text));
  }

  append(made) {
    this.frame.log.append(made);
    this.frame.scroll();
  }

  clear() {
    this.frame.log.replaceChildren();
    this.lines.clear();
    this.frame.welcome.hidden = false;
  }

  asText() {
    return this.talk.inOrder
      .filter((one) => one.text || "agree" in one)
      .map((one) => `${new Date(one.at).toLocaleString(this.language)} ${this.nameOf(one)}\n${this.textOf(one)}\n`)
      .join("\n");
  }
}

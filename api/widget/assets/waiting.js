// While an answer is awaited: what Wismo looks up and does, and that a person is writing.
const SHOWN_AFTER = 150; // milliseconds: an answer that comes at once needs no "is writing"
const TYPES_FOR = 8000;

export class Waiting {
  // `name` gives the assistant's.
  constructor(frame, words, name) {
    Object.assign(this, { frame, words, name, answered: new Set(), timer: null });
  }

  waits({ id }) {
    if (!this.answered.has(id)) this.working(`${this.name()} ${this.words.thinking}`);
  }

  steps({ step, orders, id }) {
    if (!this.answered.has(id)) this.working(step === "looking" ? this.words.looking(orders.join(", ")) : this.words.acting);
  }

  types({ at, name }) {
    const left = Date.parse(at) + TYPES_FOR - Date.now();
    if (left < 0) return;
    this.working(this.words.typing(name));
    setTimeout(() => this.rest(), left);
  }

  over({ id }) {
    this.answered.add(id);
    this.rest();
  }

  working(what) {
    const { progress, status } = this.frame;
    progress.querySelector(".what").textContent = what;
    this.timer ||= setTimeout(() => {
      progress.hidden = false;
      status.textContent = progress.querySelector(".what").textContent;
      this.frame.scroll();
    }, SHOWN_AFTER);
  }

  rest() {
    clearTimeout(this.timer);
    this.timer = null;
    this.frame.progress.hidden = true;
    this.frame.status.textContent = "";
  }
}

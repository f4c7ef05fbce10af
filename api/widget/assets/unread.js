// What was read, in this tab and in the others of the same site; the launcher shows how much was not.
import { keep, kept } from "./shelf.js";

const CALM = 400; // milliseconds: what was said before a reload is not read out

export class Unread {
  constructor(frame, talk, show) {
    Object.assign(this, { frame, talk, show, read: kept().read || 0 });
    document.addEventListener("visibilitychange", () => this.seen());
    talk.addEventListener("read", ({ detail }) => this.elsewhere(detail));
  }

  count(event) {
    if (this.frame.visible || event.kind === "said") this.seen();
    else this.show(this.fresh());
    clearTimeout(this.calm);
    this.calm = setTimeout(() => this.frame.log.setAttribute("aria-live", "polite"), CALM);
  }

  fresh() {
    return this.talk.inOrder.filter((one) => one.sequence > this.read && ["reply", "person"].includes(one.kind)).length;
  }

  seen() {
    if (!this.frame.visible) return;
    this.show(0);
    if (!this.talk.last || this.read === this.talk.last) return;
    this.read = this.talk.last;
    keep({ read: this.read });
    this.talk.tabs.postMessage({ read: this.read });
  }

  elsewhere(read) {
    this.read = Math.max(this.read, read);
    this.show(this.fresh());
  }

  clear() {
    this.read = 0;
    this.show(0);
  }
}

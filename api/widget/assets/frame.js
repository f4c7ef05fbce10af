// The frame of the open chat: its head, menu, welcome and composer, and the keys that move in it.
import { h, icon } from "./dom.js";

export class Frame {
  // `does` is what a press or a key means; each is the panel's.
  constructor({ words, root }, does) {
    Object.assign(this, { words, root, does, fields: [], flagged: "" });
    this.title = h("h2", { id: "title" }, "");
    this.log = h("div", { class: "log", role: "log", "aria-live": "off", "aria-label": words.log, tabindex: "0" });
    this.progress = h("div", { class: "progress", hidden: true, "aria-hidden": "true" }, h("span", { class: "dots" }, h("i"), h("i"), h("i")), h("span", { class: "what" }));
    this.status = h("p", { class: "hear", role: "status" });
    this.banner = h("p", { class: "banner", role: "status", hidden: true });
    this.welcome = h("div", { class: "welcome" });
    this.person = h("button", { type: "button", class: "person", onclick: () => does.askPerson() }, icon("person"), words.person);
    this.menu = this.menuOf();
    this.box = h("section", { class: "panel", role: "dialog", "aria-labelledby": "title", hidden: true }, this.head(), this.banner, this.body(), this.composer(), this.status);
    this.box.addEventListener("keydown", (event) => this.keys(event));
    this.box.addEventListener("click", (event) => this.menu.hidden || this.menu.contains(event.target) || this.more.contains(event.target) || this.toggleMenu(false, false));
    root.prepend(this.box);
  }

  head() {
    const { words } = this;
    this.more = h("button", { type: "button", class: "tool", "aria-label": words.more, "aria-expanded": "false", "aria-controls": "menu", onclick: () => this.toggleMenu() }, icon("more"));
    const shut = h("button", { type: "button", class: "tool", "aria-label": words.close, onclick: () => this.does.shut() }, icon("close"));
    return h("div", { class: "head" }, this.title, this.more, shut, h("p", { class: "ai" }, words.ai), this.person, this.menu);
  }

  menuOf() {
    const entry = (name) => h("li", {}, h("button", { type: "button", class: name, onclick: () => (this.toggleMenu(false), this.does[name]()) }, this.words[name]));
    return h("ul", { class: "menu", id: "menu", hidden: true }, ["save", "mail", "end", "erase"].map(entry));
  }

  body() {
    return h("div", { class: "body" }, this.welcome, this.log, this.progress);
  }

  composer() {
    const { words, does } = this;
    this.field = h("textarea", { id: "write", rows: "1", "aria-label": words.write, placeholder: words.placeholder, dir: "auto", enterkeyhint: "send" });
    this.field.addEventListener("keydown", (event) => this.enter(event));
    this.field.addEventListener("input", () => this.grow());
    this.file = h("input", { type: "file", accept: "image/jpeg,image/png,image/webp", hidden: true, onchange: () => this.picked() });
    this.camera = h("button", { type: "button", class: "tool camera", hidden: true, "aria-label": words.photo, onclick: () => this.file.click() }, icon("photo"));
    const send = h("button", { class: "send", "aria-label": words.send }, icon("send"));
    return h("form", { class: "composer", onsubmit: (event) => (event.preventDefault(), does.submit()) }, this.camera, this.file, this.field, send);
  }

  configure(config) {
    const { words, does } = this;
    this.title.textContent = config.shop || "";
    this.box.setAttribute("aria-label", words.title(config.shop || ""));
    this.camera.hidden = !config.photos;
    this.menu.querySelector(".mail").parentNode.hidden = !config.mail;
    this.welcome.replaceChildren(
      h("p", { class: "hello" }, words.hello),
      h("p", { class: "quiet" }, words.disclosure(config.assistant || "Wismo")),
      ...this.asked(config.ask || []),
      h("div", { class: "first" }, words.first.map((text) => h("button", { type: "button", onclick: () => does.said(text) }, text))),
    );
  }

  // What the shop asks before the first message; all of it may be left out.
  asked(names) {
    this.fields = names.map((name) => {
      const attributes = name === "email" ? { type: "email", autocomplete: "email", dir: "ltr" } : { type: "text", autocomplete: "off" };
      const field = h("input", { id: `ask-${name}`, name, ...attributes });
      return { name, field, shown: h("p", {}, h("label", { for: `ask-${name}` }, this.words[`ask_${name}`]), field) };
    });
    return this.fields.map((one) => one.shown);
  }

  // What was filled in; it is asked once.
  given() {
    const found = this.fields.map(({ name, field }) => [name, field.value.trim()]).filter(([, value]) => value);
    this.fields = [];
    return Object.fromEntries(found);
  }

  // What is written, out of the field; "" leaves it as it is.
  taken() {
    const text = this.field.value.trim();
    if (!text) return "";
    this.field.value = "";
    this.grow();
    return text;
  }

  picked() {
    const [file] = this.file.files;
    this.file.value = "";
    if (file) this.does.photo(file);
  }

  grow() {
    this.field.rows = Math.min(5, this.field.value.split("\n").length + Math.floor(this.field.value.length / 60));
  }

  // On a small screen the chat is all there is, and the focus stays in it.
  show() {
    const small = matchMedia("(max-width: 480px), (max-height: 480px)").matches;
    this.box.hidden = false;
    this.box.setAttribute("aria-modal", String(small));
    this.trap = small;
  }

  hide() {
    this.toggleMenu(false);
    this.box.hidden = true;
  }

  get visible() {
    return !this.box.hidden && document.visibilityState === "visible";
  }

  toggleMenu(open = this.menu.hidden, back = true) {
    if (this.menu.hidden === !open) return;
    this.menu.hidden = !open;
    this.more.setAttribute("aria-expanded", String(open));
    if (open) this.menu.querySelector("button").focus();
    else if (back && !this.box.hidden) this.more.focus();
  }

  enter(event) {
    if (event.key === "Enter" && !event.shiftKey && !event.isComposing) {
      event.preventDefault();
      this.does.submit();
    }
  }

  keys(event) {
    if (event.key === "Escape") {
      event.stopPropagation();
      if (this.menu.hidden) this.does.shut();
      else this.toggleMenu(false);
    }
    if (event.key === "Tab" && this.trap) this.turn(event);
  }

  turn(event) {
    const all = [...this.box.querySelectorAll("button, textarea, input, summary, [tabindex='0']")].filter((one) => one.checkVisibility() && !one.disabled);
    const edge = event.shiftKey ? all[0] : all.at(-1);
    if (this.root.activeElement !== edge) return;
    event.preventDefault();
    (event.shiftKey ? all.at(-1) : all[0]).focus();
  }

  // Above the conversation: who answers, or that the line is away, which goes before.
  flag(text, online) {
    this.flagged = text;
    const shown = online ? text : this.words.offline;
    this.banner.textContent = shown;
    this.banner.hidden = !shown;
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

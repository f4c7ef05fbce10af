// The custom element: a launcher, and the panel once somebody opens it. What a page can say to it is at the end.
import { h, icon } from "./dom.js";
import { sheet } from "./look.js";
import { languageOf, wordsIn } from "./words.js";

class WismoChat extends HTMLElement {
  begin(embed) {
    this.embed = embed;
    this.listeners = new Set();
    this.token = "";
    this.root = this.attachShadow({ mode: "open" });
    this.root.adoptedStyleSheets = [sheet];
    this.setAttribute("theme", embed.theme || "auto");
    this.setAttribute("position", embed.position || "end");
    this.language = languageOf(embed.language);
    this.lang = this.language;
    this.dir = embed.dir || getComputedStyle(document.documentElement).direction;
    this.badge = h("span", { class: "badge", hidden: true });
    this.launcher = h(
      "button",
      { class: "launcher", type: "button", "aria-expanded": "false", onclick: () => this.toggle() },
      icon("chat"),
      icon("close"),
      this.badge,
    );
    this.root.append(this.launcher);
    this.named = wordsIn(this.language).then((words) => {
      this.words = words;
      this.unread(0);
    });
  }

  connectedCallback() {
    this.remembered();
  }

  // After a reload, and in a second tab, the conversation goes on.
  async remembered() {
    const { kept, visitOf } = await import("./shelf.js");
    if (!(await visitOf(this.embed.base))) return;
    (await this.panel()).resume();
    if (kept().open) this.open(false);
  }

  panel() {
    this.made ||= Promise.all([import("./panel.js"), this.named]).then(([{ Panel }]) => new Panel(this));
    return this.made;
  }

  get isOpen() {
    return this.launcher.getAttribute("aria-expanded") === "true";
  }

  toggle() {
    return this.isOpen ? this.shut() : this.open();
  }

  async open(focused = true) {
    if (!this.isConnected) document.body.append(this);
    this.launcher.setAttribute("aria-expanded", "true");
    this.toggleAttribute("open", true);
    (await this.panel()).show(focused);
    this.unread(0);
    this.tell({ type: "open" });
  }

  async shut() {
    this.launcher.setAttribute("aria-expanded", "false");
    this.toggleAttribute("open", false);
    (await this.panel()).hide();
    this.launcher.focus();
    this.tell({ type: "close" });
  }

  unread(count) {
    this.badge.hidden = !count;
    this.badge.textContent = count > 9 ? "9+" : String(count || "");
    const { words } = this;
    this.launcher.setAttribute("aria-label", count ? words.launcher_new(count) : words.launcher);
  }

  // A page's listener that fails is the page's matter; the chat goes on.
  tell(event) {
    for (const listener of this.listeners) {
      try {
        listener(event);
      } catch (error) {
        console.error("Wismo: a listener of this page failed", error);
      }
    }
  }
}

export const begin = (embed) => {
  customElements.get("wismo-chat") || customElements.define("wismo-chat", WismoChat);
  const chat = document.createElement("wismo-chat");
  chat.begin(embed);
  document.body.append(chat);
  return {
    open: () => chat.open(),
    close: () => (chat.isOpen ? chat.shut() : undefined),
    async identify(token) {
      chat.token = token || "";
      if (chat.made) (await chat.panel()).identified();
    },
    onEvent(listener) {
      chat.listeners.add(listener);
      return () => chat.listeners.delete(listener);
    },
    async shutdown() {
      chat.token = "";
      await (await chat.panel()).leave();
      chat.launcher.setAttribute("aria-expanded", "false");
      chat.toggleAttribute("open", false);
      chat.remove();
    },
  };
};

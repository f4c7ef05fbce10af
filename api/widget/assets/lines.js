// Lines of the conversation: messages as text and nothing but text, notes, the question how it was.
import { h } from "./dom.js";
import { time } from "./words.js";

const LONG = 2400;

export const bubble = ({ whose, name, text, at, words, language, ui, state, person }) =>
  h(
    "article",
    { class: `line ${whose} ${person ? "human" : ""}` },
    h("p", { class: "by" }, h("span", { class: whose === "mine" ? "hear" : "", dir: "auto" }, name), " ", h("time", { datetime: at }, time(at, ui))),
    spoken(text, words, language),
    h("p", { class: "state" }, state || ""),
  );

// However long: the beginning at once, the rest at a press.
const spoken = (text, words, language) => {
  const shown = h("p", { class: "text", dir: "auto", lang: language }, text.length > LONG ? `${text.slice(0, LONG)}…` : text);
  if (text.length <= LONG) return shown;
  const all = h("button", { type: "button", class: "plain", onclick: () => ((shown.textContent = text), all.remove()) }, words.all);
  return [shown, all];
};

export const note = (text, buttons = []) => h("div", { class: "note" }, h("p", {}, text), buttons.length > 0 && h("div", { class: "buttons" }, buttons));

export const rating = (words, { rate, skip }) => {
  let score = 0;
  const reason = h("textarea", { id: "why", rows: "2", maxlength: "500", dir: "auto" });
  const send = h("button", { class: "main", disabled: true }, words.rate_send);
  const faces = words.scores.map((name, index) =>
    h(
      "label",
      {},
      h("input", { type: "radio", name: "score", value: String(index + 1), onchange: () => ((score = index + 1), (send.disabled = false)) }),
      h("span", { class: "face", "aria-hidden": "true" }, String(index + 1)),
      h("span", { class: "says" }, name),
    ),
  );
  return h(
    "form",
    { class: "card rating", onsubmit: (event) => (event.preventDefault(), rate(score, reason.value.trim())) },
    h("fieldset", {}, h("legend", {}, words.rate), h("div", { class: "faces" }, faces)),
    h("label", { for: "why" }, words.why),
    reason,
    h("div", { class: "buttons" }, send, h("button", { type: "button", class: "plain", onclick: skip }, words.rate_skip)),
  );
};

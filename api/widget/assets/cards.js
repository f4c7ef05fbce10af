// What a reply brings beside its text: orders, quotes with their buttons, outcomes, and forms for what is asked.
import { h, icon } from "./dom.js";
import { day, moment, money } from "./words.js";

const GOOD = ["delivered", "completed"];
const BAD = ["cancelled", "lost", "exception", "returned_to_sender", "unpaid", "on_hold", "delayed", "attempt_failed"];
let number = 0;
const fresh = (name) => `${name}-${(number += 1)}`;

// `see` is what a card needs to know of its surroundings: words, language, and what may be done.
export const cardOf = (card, see) => (KINDS[card.kind] ? KINDS[card.kind](card, see) : null);

const headed = (kind, title, ...rest) => {
  const id = fresh("card");
  return h("section", { class: `card ${kind}`, "aria-labelledby": id }, h("h3", { id }, title), ...rest);
};
const row = (name, value) => value && h("div", { class: "row" }, h("dt", {}, name), h("dd", {}, value));

const order = (card, { words, language }) =>
  headed(
    "order",
    words.order(card.number),
    h("p", { class: `pill ${tone(card.status)}` }, card.status_text),
    h(
      "dl",
      {},
      row(words.arrived, card.delivered && day(card.delivered, language)),
      row(words.expected, !card.delivered && card.promised && day(card.promised, language)),
      row(words.placed, card.placed && day(card.placed, language)),
      row(words.total, card.total && money(card.total, language)),
    ),
    card.items && h("ul", { class: "items" }, card.items.map(item)),
    (card.parcels || []).map((one) => parcel(one, words, language)),
  );

const tone = (status) => (GOOD.includes(status) ? "good" : BAD.includes(status) ? "bad" : "going");

const item = (one) =>
  h("li", {}, h("span", { class: "units" }, `${one.quantity} ×`), h("span", { dir: "auto" }, one.name, one.options && h("small", {}, ` ${one.options}`)));

const parcel = (one, words, language) => [
  h("dl", {}, row(words.tracking, one.tracking && `${one.carrier} ${one.tracking}`.trim())),
  one.scans.length > 0 &&
    h(
      "details",
      { open: one.scans.length < 4 },
      h("summary", {}, words.course),
      h(
        "ol",
        { class: "course" },
        one.scans.map((scan) =>
          h("li", {}, h("strong", {}, words.status[scan.code] || scan.code.replaceAll("_", " ")), h("span", {}, [moment(scan.at, language), scan.place].filter(Boolean).join(" · "))),
        ),
      ),
    ),
];

const quote = (card, see) => {
  const { words, language } = see;
  const buttons = h(
    "div",
    { class: "buttons" },
    h("button", { type: "button", class: "main", onclick: () => see.press(card.digest, true) }, words.confirm),
    h("button", { type: "button", class: "plain", onclick: () => see.press(card.digest, false) }, words.cancel),
  );
  const made = headed(
    "quote",
    words.actions[card.action] || card.action,
    h("p", { class: "quiet" }, words.of_order(card.order)),
    h("ul", { class: "items" }, card.lines.map((line) => quoteLine(line, words, language))),
    h(
      "dl",
      {},
      row(words.to_address, card.address),
      row(words.shipping, card.shipping && money(card.shipping, language)),
      row(words.fee, card.fee && money(card.fee, language)),
      row(words.pay, card.charge && h("strong", {}, money(card.charge, language))),
      row(card.action === "request_return" ? words.about_back : words.back, card.amount && h("strong", {}, money(card.amount, language))),
    ),
    buttons,
    h("p", { class: "quiet gone" }, words.gone),
  );
  made.dataset.digest = card.digest;
  return made;
};

const quoteLine = (line, words, language) =>
  h(
    "li",
    {},
    h("span", { class: "units" }, `${line.quantity} ×`),
    h("span", { dir: "auto" }, line.name, line.becomes && h("small", {}, ` ${words.becomes(line.becomes)}`)),
    line.amount && h("span", { class: "amount" }, money(line.amount, language)),
  );

const outcome = (card, { words, language }) =>
  headed(
    `outcome ${card.state}`,
    [card.state === "done" && icon("done"), words[card.state]],
    h("p", {}, `${words.actions[card.action] || card.action} ${words.of_order(card.order)}`),
    h(
      "dl",
      {},
      row(words.reference, card.state === "done" && card.action !== "refund" && card.reference),
      row(card.action === "request_return" ? words.about_back : words.back, card.state !== "refused" && card.amount && money(card.amount, language)),
    ),
    card.state === "done" && !card.settled && card.amount && h("p", { class: "quiet" }, words.requested),
  );

// One field and a button; what is wrong is said beside it.
const form = (title, attributes, wrong, fits, see) => {
  const id = fresh("field");
  const field = h("input", { id, required: true, "aria-describedby": `${id}-wrong`, ...attributes });
  const problem = h("p", { class: "wrong", id: `${id}-wrong`, hidden: true }, wrong);
  const sent = (event) => {
    event.preventDefault();
    const given = field.value.trim();
    problem.hidden = fits(given);
    field.setAttribute("aria-invalid", String(!fits(given)));
    if (!fits(given)) return field.focus();
    return see.say(given);
  };
  return h("form", { class: "card ask", novalidate: true, onsubmit: sent }, h("label", { for: id }, title), h("div", { class: "together" }, field, h("button", { class: "main" }, see.words.next)), problem);
};

const code = (_, see) =>
  form(see.words.code, { inputmode: "numeric", autocomplete: "one-time-code", maxlength: "7", dir: "ltr" }, see.words.code_wrong, (given) => /^\d{3}\s?\d{3}$/.test(given), {
    ...see,
    say: (given) => see.say(given.replace(/\s/g, "")),
  });

const email = (_, see) =>
  form(see.words.email, { type: "email", autocomplete: "email", dir: "ltr" }, see.words.email_wrong, (given) => /^[^\s@]+@[^\s@]+\.[^\s@]+$/.test(given), see);

const choose = (card, see) =>
  headed(
    "ask",
    see.words.which,
    h(
      "div",
      { class: "choices" },
      card.options.map((one) => h("button", { type: "button", class: "plain", onclick: () => see.say(one.say) }, h("strong", {}, one.say), one.about && h("small", { dir: "auto" }, one.about))),
    ),
  );

const KINDS = { order, quote, outcome, code, email, choose };

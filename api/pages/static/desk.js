// What the desk adds where scripts run: counts that stay fresh, lists that follow, keys. Reading needs none of it.

const REST = 2000; // milliseconds between two fetches of a list; a page that costs more names its own
const PATIENCE = 5000;
const live = document.getElementById("live");
let known = null;
let followed = 0;
let wait = 1000;
let line, again, away, due;

function typing() {
  const one = document.activeElement;
  return Boolean(one && one.closest("input, textarea, select, [contenteditable], details[open]"));
}

function changed() {
  const fields = [...document.querySelectorAll("main input:not([type=hidden]), main textarea")];
  return fields.some((field) => field.value !== field.defaultValue) || [...document.querySelectorAll("main select")].some(chosen);
}

function chosen(select) {
  const first = [...select.options].findIndex((option) => option.defaultSelected);
  return select.selectedIndex !== Math.max(first, 0);
}

function count(place, many) {
  const link = document.querySelector(`nav [data-place="${place}"]`);
  if (!link) return;
  link.querySelector(".count")?.remove();
  if (!many) return;
  const badge = document.createElement("span");
  badge.className = "count";
  badge.textContent = ` ${many}`;
  link.append(badge);
}

/** Somebody writes or chooses in it: it is not taken from under their hands. */
function busy() {
  return typing() || changed() || document.querySelector("[data-live] details[open]") !== null;
}

/** Puts the fresh list in the place of the one shown. False while somebody works in it. */
async function follow() {
  const shown = document.querySelector("[data-live]");
  if (busy()) return false;
  const answer = await fetch(location.href, { headers: { Accept: "text/html" } });
  if (!answer.ok || answer.redirected) return true;
  const fresh = new DOMParser().parseFromString(await answer.text(), "text/html").querySelector("[data-live]");
  if (!fresh || fresh.innerHTML === shown.innerHTML) return true;
  if (busy()) return false;
  const at = shown.contains(document.activeElement) ? document.activeElement.getAttribute("href") : null;
  shown.replaceChildren(...fresh.childNodes);
  if (at) shown.querySelector(`[href="${CSS.escape(at)}"]`)?.focus();
  live.textContent = "The list was brought up to date.";
  return true;
}

/** Busy shops change every second: a list is fetched anew when it has stood for a while, and always once more after. */
function soon() {
  const shown = document.querySelector("[data-live]");
  if (!shown || due) return;
  const rest = Number(shown.dataset.rest || REST) - (Date.now() - followed);
  due = setTimeout(async () => {
    due = null;
    followed = Date.now();
    if (!(await follow().catch(() => false))) soon();
  }, Math.max(Number(shown.dataset.after || 0), rest));
}

function hear(now) {
  count("inbox", now.inbox);
  count("approvals", now.approvals);
  const follows = (document.querySelector("[data-live]")?.dataset.live || "").split(" ");
  if (known && follows.some((name) => name in now && known[name] !== now[name])) soon();
  known = now;
}

/** The line stands while somebody looks: browsers grant a site few connections, and a hidden page needs none. */
function listen() {
  line?.close();
  clearTimeout(again);
  line = null;
  if (document.hidden) return;
  line = new EventSource("/desk/events");
  line.onopen = () => {
    wait = 1000;
    standing(true);
  };
  line.onmessage = ({ data }) => hear(JSON.parse(data));
  line.addEventListener("over", over);
  line.onerror = () => {
    standing(false);
    if (line?.readyState !== EventSource.CLOSED) return; // the browser tries again by itself
    again = setTimeout(listen, wait);
    wait = Math.min(wait * 2, 60000);
  };
}

function over() {
  line.close();
  if (!changed()) return location.reload();
  const mark = document.getElementById("away");
  mark.textContent = "You are signed out: keep what you wrote, then open the page again.";
  mark.hidden = false;
}

function standing(is) {
  clearTimeout(away);
  const mark = document.getElementById("away");
  if (is) mark.hidden = true;
  else away = setTimeout(() => (mark.hidden = false), PATIENCE);
}

let waiting = false;

function pressed(event) {
  if (event.ctrlKey || event.metaKey || event.altKey || typing()) return;
  const first = waiting;
  waiting = false;
  if (event.key === "g" && !first) {
    waiting = true;
    setTimeout(() => (waiting = false), 1500);
  } else if (first) {
    document.querySelector(`nav [data-key="${CSS.escape(event.key)}"]`)?.click();
  } else if (event.key === "?") {
    document.querySelector("[data-keys]")?.click();
  } else if (event.key === "/") {
    const search = document.querySelector("main input[type=search]");
    if (search) {
      event.preventDefault();
      search.focus();
    }
  } else if (event.key === "j" || event.key === "k") {
    step(event.key === "j" ? 1 : -1);
  }
}

/** To the next or the earlier link of the list, as the arrow of a mail program does. */
function step(by) {
  const links = [...document.querySelectorAll("main [data-row] a, main tbody th a")];
  if (!links.length) return;
  const at = links.indexOf(document.activeElement);
  links[Math.min(Math.max(at + by, 0), links.length - 1)].focus();
}

if (document.body.hasAttribute("data-signed-in")) {
  document.addEventListener("keydown", pressed);
  document.addEventListener("visibilitychange", listen);
  listen();
}

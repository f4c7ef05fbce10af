// What the desk adds where scripts run: counts that stay fresh, lists that follow, keys. Reading needs none of it.

const EVERY = 8000;
const live = document.getElementById("live");
let known = null;

function typing() {
  const one = document.activeElement;
  return Boolean(one && one.closest("input, textarea, select, [contenteditable], details[open]"));
}

function changed() {
  return [...document.querySelectorAll("main input:not([type=hidden]), main textarea")].some(
    (field) => field.value !== field.defaultValue,
  );
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

/** Puts the fresh list in the place of the one shown, unless somebody writes in it. */
async function follow() {
  const shown = document.querySelector("[data-live]");
  if (!shown || typing() || changed()) return;
  const answer = await fetch(location.href, { headers: { Accept: "text/html" } });
  if (!answer.ok || answer.redirected) return;
  const fresh = new DOMParser().parseFromString(await answer.text(), "text/html").querySelector("[data-live]");
  if (!fresh || fresh.innerHTML === shown.innerHTML || typing() || changed()) return;
  const at = shown.contains(document.activeElement) ? document.activeElement.getAttribute("href") : null;
  shown.replaceChildren(...fresh.childNodes);
  if (at) shown.querySelector(`[href="${CSS.escape(at)}"]`)?.focus();
  live.textContent = "The list was brought up to date.";
}

async function look() {
  const answer = await fetch("/desk/pulse", { headers: { Accept: "application/json" } });
  if (!answer.ok || answer.redirected) return;
  const now = await answer.json();
  count("inbox", now.inbox);
  count("approvals", now.approvals);
  if (known !== null && known !== now.stamp) await follow();
  known = now.stamp;
}

async function watch() {
  for (;;) {
    if (!document.hidden) {
      try {
        await look();
      } catch {
        // The network was away; the next look may find it back.
      }
    }
    await new Promise((done) => setTimeout(done, EVERY));
  }
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
  watch();
}

// The page of a one-click link: opens the chat of this link when the customer presses the button, and never before, for
// mail programs that look at links ahead run scripts too. Acts on nothing.
const said = document.querySelector("[data-said]");
const button = document.querySelector("[data-open]");
const MINE = "wismo-link";

const asked = async () => {
  const answer = await fetch(location.pathname, { method: "POST", credentials: "omit" });
  if (!answer.ok) throw new Error(answer.statusText);
  const { visitor } = await answer.json();
  window.sessionStorage.setItem("wismo", JSON.stringify({ visitor, open: true }));
  window.sessionStorage.setItem(MINE, location.pathname);
};

const shown = () => {
  button.hidden = true;
  const script = document.createElement("script");
  script.src = "/widget.js";
  script.dataset.language = document.documentElement.lang;
  script.onload = () => window.Wismo.open();
  document.head.append(script);
};

const pressed = async () => {
  button.disabled = true;
  said.textContent = said.dataset.opening;
  try {
    await asked();
    shown();
    said.textContent = "";
  } catch {
    said.textContent = said.dataset.failed;
  }
  button.disabled = false;
};

// After a reload the chat that was opened here goes on.
const goesOn = () => {
  try {
    return window.sessionStorage.getItem(MINE) === location.pathname && !!window.sessionStorage.getItem("wismo");
  } catch {
    return false;
  }
};

button.addEventListener("click", pressed);
button.hidden = false;
if (goesOn()) shown();

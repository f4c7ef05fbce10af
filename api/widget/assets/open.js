// The page of a one-click link: asks for the conversation of this link, then opens the chat in it. Acts on nothing.
const said = document.querySelector("[data-said]");

const opened = async () => {
  const answer = await fetch(location.pathname, { method: "POST", credentials: "omit" });
  if (!answer.ok) throw new Error((await answer.json().catch(() => ({}))).detail || answer.statusText);
  const { visitor } = await answer.json();
  try {
    window.sessionStorage.setItem("wismo", JSON.stringify({ visitor, open: true }));
  } catch {
    throw new Error("this browser keeps nothing for this page, so the chat can not open");
  }
  const script = document.createElement("script");
  script.src = "/widget.js";
  script.dataset.language = document.documentElement.lang;
  document.head.append(script);
};

opened().catch((error) => (said.textContent = error.message));

// What a tab keeps, in its own sessionStorage and only once something was said; and how tabs tell each other.
const KEY = "wismo";
const PATIENCE = 150;

const store = () => {
  try {
    return window.sessionStorage;
  } catch {
    return null; // a page that may not store: the conversation lives as long as the page
  }
};

export const kept = () => {
  try {
    return JSON.parse(store()?.getItem(KEY) || "{}");
  } catch {
    return {};
  }
};

export const keep = (more) => {
  try {
    store()?.setItem(KEY, JSON.stringify({ ...kept(), ...more }));
  } catch {
    return; // full: the server has all but what is not sent yet
  }
};

export const forget = () => store()?.removeItem(KEY);

let channel = null;
export const tabs = (base) => {
  channel ||= "BroadcastChannel" in window ? new BroadcastChannel(`wismo ${base}`) : new EventTarget();
  channel.postMessage ||= () => {};
  return channel;
};

// This tab's own visit, or that of another tab of the same site.
export const visitOf = async (base) => {
  const own = kept().visitor;
  if (own) return own;
  const line = tabs(base);
  const found = await new Promise((done) => {
    const hear = ({ data }) => data?.visitor && end(data.visitor);
    const end = (visitor) => {
      line.removeEventListener("message", hear);
      done(visitor);
    };
    line.addEventListener("message", hear);
    line.postMessage({ want: "visitor" });
    setTimeout(() => end(null), PATIENCE);
  });
  if (found) keep({ visitor: found });
  return found;
};

// The languages of the chat's own words. Replies come in the customer's language; these follow the page.
const KNOWN = ["en", "fr", "es", "de"];

// The embed line's, the page's, the browser's; a region falls back to its language, an unknown one to English.
export const languageOf = (wanted) => {
  const named = [wanted, document.documentElement.lang, ...(document.documentElement.lang ? [] : navigator.languages || [])];
  const short = named.filter(Boolean).map((one) => one.toLowerCase().split("-")[0]);
  return short.find((one) => KNOWN.includes(one)) || KNOWN[0];
};

export const wordsIn = async (language) => (await import(`./words-${language}.js`)).words;

export const money = ({ amount, currency }, language) => new Intl.NumberFormat(language, { style: "currency", currency }).format(amount);
export const day = (at, language) => new Intl.DateTimeFormat(language, { weekday: "long", day: "numeric", month: "long" }).format(new Date(at));
export const moment = (at, language) =>
  new Intl.DateTimeFormat(language, { day: "numeric", month: "short", hour: "numeric", minute: "2-digit" }).format(new Date(at));
export const time = (at, language) => new Intl.DateTimeFormat(language, { hour: "numeric", minute: "2-digit" }).format(new Date(at));

// When people are back, by the shop's hours and in its time zone.
const DAYS = ["sun", "mon", "tue", "wed", "thu", "fri", "sat"];

export const whenOpen = ({ hours, timezone }, language, now = new Date()) => {
  const local = new Date(now.toLocaleString("en-US", { timeZone: timezone }));
  for (let ahead = 0; ahead < 8; ahead += 1) {
    const day = new Date(local.getFullYear(), local.getMonth(), local.getDate() + ahead);
    const span = hours[DAYS[day.getDay()]];
    if (!span) continue;
    const [hour, minute] = span[0].split(":").map(Number);
    const opens = new Date(day.getFullYear(), day.getMonth(), day.getDate(), hour, minute);
    if (opens > local) return new Intl.DateTimeFormat(language, { weekday: "long", hour: "numeric", minute: "2-digit" }).format(opens);
  }
  return "";
};

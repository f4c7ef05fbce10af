// Nodes without markup: text is always text, and nothing here needs 'unsafe-inline'.
export const h = (tag, given = {}, ...children) => {
  const node = document.createElement(tag);
  for (const [name, value] of Object.entries(given)) {
    if (value === false || value === null || value === undefined) continue;
    if (name.startsWith("on")) node.addEventListener(name.slice(2), value);
    else if (name === "hidden" || name === "disabled" || name === "value") node[name] = value;
    else node.setAttribute(name, value === true ? "" : value);
  }
  node.append(...children.flat(Infinity).filter((one) => one !== null && one !== undefined && one !== false && one !== ""));
  return node;
};

const PATHS = {
  chat: "M4 5.5A2.5 2.5 0 0 1 6.500 3h11A2.5 2.500 0 0 1 20 5.500v7a2.500 2.500 0 0 1-2.500 2.500H11l-4.600 4.100A.85.85 0 0 1 5 18.500V15A2.500 2.500 0 0 1 4 12.500z",
  close: "M6.4 5 12 10.600 17.600 5 19 6.400 13.400 12l5.600 5.600-1.400 1.400-5.600-5.600L6.400 19 5 17.600 10.600 12 5 6.400z",
  send: "M3.400 20.400 21 12 3.400 3.600 3.400 10.100 15 12 3.400 13.900z",
  more: "M12 4a2 2 0 1 1 0 4 2 2 0 0 1 0-4m0 6a2 2 0 1 1 0 4 2 2 0 0 1 0-4m0 6a2 2 0 1 1 0 4 2 2 0 0 1 0-4",
  person: "M12 4a4 4 0 1 1 0 8 4 4 0 0 1 0-8m0 10c4.400 0 8 2.200 8 5v1H4v-1c0-2.800 3.600-5 8-5",
  photo: "M9 4 7.500 6H4.500A1.500 1.500 0 0 0 3 7.500v10A1.500 1.500 0 0 0 4.500 19h15a1.500 1.500 0 0 0 1.500-1.500v-10A1.500 1.500 0 0 0 19.500 6h-3L15 4zm3 4.500a4 4 0 1 1 0 8 4 4 0 0 1 0-8m0 2a2 2 0 1 0 0 4 2 2 0 0 0 0-4",
  done: "M9.600 16.600 4.900 11.900l-1.500 1.500 6.200 6.100L21 8.100l-1.500-1.500z",
};

export const icon = (name) => {
  const svg = document.createElementNS("http://www.w3.org/2000/svg", "svg");
  const path = document.createElementNS("http://www.w3.org/2000/svg", "path");
  for (const [key, value] of [["viewBox", "0 0 24 24"], ["aria-hidden", "true"], ["class", `icon i-${name}`]]) svg.setAttribute(key, value);
  path.setAttribute("d", PATHS[name]);
  svg.append(path);
  return svg;
};

export const freshId = () => [...crypto.getRandomValues(new Uint8Array(16))].map((byte) => byte.toString(16).padStart(2, "0")).join("");

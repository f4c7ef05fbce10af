// The one line of a shop's page: <script async src="https://your-wismo-host/widget.js"></script>
// Makes the global Wismo at once; loads the rest when the page is idle. Commands that come before wait their turn.
(() => {
  const script = document.currentScript;
  const earlier = window.Wismo;
  if (!script || (earlier && earlier.version)) return;
  const base = new URL(".", script.src).href;
  const version = "{{version}}";
  const waiting = earlier && earlier.q ? [...earlier.q] : [];
  let app = null;
  const call = (name, ...given) => {
    if (!app) return void waiting.push([name, ...given]);
    if (typeof app[name] !== "function") throw new TypeError(`Wismo has no ${name}`);
    return app[name](...given);
  };
  const Wismo = (...given) => call(...given);
  for (const name of ["open", "close", "identify", "onEvent", "shutdown"]) Wismo[name] = (...given) => call(name, ...given);
  Wismo.version = version;
  window.Wismo = Wismo;

  const start = async () => {
    const { begin } = await import(`${base}widget/assets/${version}/app.js`);
    app = begin({ base, ...script.dataset });
    for (const one of waiting.splice(0)) call(...one);
  };
  const whenIdle = () => (window.requestIdleCallback || setTimeout)(() => start().catch((error) => console.error("Wismo:", error)));
  if (document.body) whenIdle();
  else document.addEventListener("DOMContentLoaded", whenIdle, { once: true });
})();

// How it looks. A page's own style may set the variables of wismo-chat; everything else stays inside.
export const sheet = new CSSStyleSheet();
sheet.replaceSync(`
:host {
  --a: var(--wismo-accent, light-dark(#0b5d51, #86dccb));
  --a-ink: var(--wismo-accent-ink, light-dark(#ffffff, #04231d));
  --head: var(--wismo-head, var(--wismo-accent, light-dark(#0b5d51, #1d3330)));
  --head-ink: var(--wismo-head-ink, var(--wismo-accent-ink, light-dark(#ffffff, #e6f6f2)));
  --paper: var(--wismo-surface, light-dark(#ffffff, #171b21));
  --soft: var(--wismo-surface-soft, light-dark(#f2f4f3, #232931));
  --ink: var(--wismo-ink, light-dark(#1a2126, #e9edf1));
  --quiet: var(--wismo-ink-quiet, light-dark(#525e66, #aab4bd));
  --line: var(--wismo-line, light-dark(#d8dedc, #38414b));
  --edge: light-dark(#78858b, #7f8b96);
  --good: light-dark(#0b5d33, #8fe0ae); --good-bg: light-dark(#def3e5, #16352a);
  --bad: light-dark(#8f1d14, #ffb9b0); --bad-bg: light-dark(#fdeae7, #43201d);
  --going: light-dark(#174a86, #a9cdfb); --going-bg: light-dark(#e3eefb, #1c314b);
  --r: var(--wismo-radius, 18px);
  --gap: var(--wismo-offset, 20px);
  color-scheme: light dark; color: var(--ink);
  position: fixed; inset-block-end: var(--gap); inset-inline-end: var(--gap); z-index: var(--wismo-layer, 2147483000);
  display: flex; flex-direction: column; align-items: flex-end; gap: 14px;
  font: 15px/1.5 var(--wismo-font, system-ui, -apple-system, "Segoe UI", Roboto, sans-serif);
  text-align: start; letter-spacing: normal; text-transform: none; pointer-events: none;
}
:host([theme="light"]) { color-scheme: light; }
:host([theme="dark"]) { color-scheme: dark; }
:host([position="start"]) { inset-inline: var(--gap) auto; align-items: flex-start; }
* { box-sizing: border-box; }
[hidden] { display: none !important; }
h2, h3, p, ul, ol, dl, dd, dt, fieldset { margin: 0; padding: 0; border: 0; list-style: none; font-weight: inherit; font-size: inherit; }
button, input, textarea { font: inherit; color: inherit; letter-spacing: inherit; }
button { cursor: pointer; }
button:disabled { cursor: default; }
:focus-visible { outline: 3px solid var(--a); outline-offset: 2px; }
.hear { position: absolute; width: 1px; height: 1px; overflow: hidden; clip-path: inset(50%); white-space: nowrap; }
.icon { width: 22px; height: 22px; fill: currentColor; flex: none; }
.quiet, small, .by, .state { color: var(--quiet); font-size: 13px; }
.launcher { pointer-events: auto; position: relative; width: 60px; height: 60px; border: 0; border-radius: 50%; display: grid; place-items: center;
  background: var(--a); color: var(--a-ink); box-shadow: 0 2px 6px rgb(0 0 0 / .18), 0 8px 24px rgb(0 0 0 / .2); transition: transform .15s ease; }
.launcher:hover { transform: translateY(-2px); }
.launcher .icon { width: 28px; height: 28px; }
.launcher[aria-expanded="false"] .i-close, .launcher[aria-expanded="true"] .i-chat { display: none; }
.badge { position: absolute; inset-block-start: -4px; inset-inline-end: -4px; min-width: 22px; height: 22px; padding-inline: 6px; border-radius: 11px;
  background: #b3261e; color: #fff; font-size: 13px; line-height: 22px; font-weight: 700; text-align: center; }
.panel { pointer-events: auto; display: flex; flex-direction: column; width: min(396px, calc(100vw - 2 * var(--gap))); height: min(660px, calc(100dvh - 2 * var(--gap) - 74px));
  background: var(--paper); border: 1px solid var(--line); border-radius: var(--r); overflow: hidden; box-shadow: 0 4px 12px rgb(0 0 0 / .1), 0 16px 48px rgb(0 0 0 / .22); animation: rise .18s ease-out; }
@keyframes rise { from { opacity: 0; transform: translateY(10px); } }
.head { position: relative; z-index: 1; display: flex; flex-wrap: wrap; align-items: center; gap: 4px; padding: 8px 8px 12px 18px; background: var(--head); color: var(--head-ink); }
:host(:dir(rtl)) .head { padding: 8px 18px 12px 8px; }
h2 { flex: 1 1 60%; min-width: 0; font-size: 17px; line-height: 1.3; font-weight: 650; overflow-wrap: anywhere; }
.head .tool { flex: none; }
.ai { flex: 1 1 auto; font-size: 13.5px; line-height: 1.3; }
.head button { border: 0; border-radius: 999px; background: transparent; color: inherit; min-height: 40px; }
.head button:hover:not([aria-disabled="true"]) { background: color-mix(in srgb, currentColor 14%, transparent); }
.head :focus-visible { outline-color: var(--head-ink); outline-offset: -2px; }
.tool { width: 40px; height: 40px; padding: 0; display: grid; place-items: center; }
.person { margin-inline-end: 8px; display: inline-flex; align-items: center; gap: 6px; padding: 0 14px 0 10px; font-size: 13.5px; font-weight: 600; border: 1px solid currentColor !important; }
.person .icon { width: 18px; height: 18px; }
.person[aria-disabled="true"] { cursor: default; border-style: dashed !important; }
.menu { position: absolute; inset-block-start: calc(100% - 4px); inset-inline-end: 10px; min-width: 230px; padding: 6px; background: var(--paper); color: var(--ink); border: 1px solid var(--line); border-radius: 14px; box-shadow: 0 8px 28px rgb(0 0 0 / .22); }
.menu button { width: 100%; padding: 8px 12px; text-align: start; border-radius: 9px; min-height: 44px; }
.menu :focus-visible { outline-color: var(--a); }
.menu .erase { color: var(--bad); }
.banner { padding: 9px 18px; background: var(--going-bg); color: var(--going); font-size: 13.5px; }
.offline .banner { background: var(--bad-bg); color: var(--bad); }
.body { position: relative; flex: 1 1 auto; min-height: 0; overflow: hidden auto; overscroll-behavior: contain; padding: 18px 16px 10px; scrollbar-width: thin; display: flex; flex-direction: column; }
.log { display: flex; flex-direction: column; gap: 14px; border-radius: 8px; }
.log:not(:empty) { margin-block-start: auto; }
.log:focus-visible { outline-offset: 6px; }
.welcome { display: grid; gap: 12px; padding: 4px 2px; }
.hello { font-size: 22px; line-height: 1.25; font-weight: 700; }
.welcome label, .card > label { display: block; font-size: 13.5px; margin-block-end: 4px; }
.first { display: flex; flex-direction: column; align-items: flex-start; gap: 8px; margin-block-start: 4px; }
.first button, .choices button { min-height: 44px; padding: 9px 16px; text-align: start; background: transparent; color: var(--a); border: 1.5px solid var(--a); border-radius: 22px; font-weight: 550; transition: background .12s; }
.first button:hover, .plain:hover:not(:disabled) { background: color-mix(in srgb, var(--a) 10%, transparent); }
.line { display: flex; flex-direction: column; gap: 4px; max-width: 92%; }
.line.theirs { align-self: flex-start; align-items: flex-start; }
.line.mine { align-self: flex-end; align-items: flex-end; max-width: 84%; }
.by { padding-inline: 4px; line-height: 1.2; font-size: 12.5px; }
.by span { font-weight: 600; }
.text { padding: 10px 14px; border-radius: 16px; white-space: pre-wrap; overflow-wrap: anywhere; max-width: 100%; unicode-bidi: isolate; }
.theirs .text { background: var(--soft); border-end-start-radius: 5px; }
.human .text { background: var(--paper); box-shadow: inset 0 0 0 1.5px var(--a); }
.mine .text { background: var(--a); color: var(--a-ink); border-end-end-radius: 5px; }
.state { padding-inline: 4px; } .state:empty { display: none; }
.failed .text { background: var(--bad-bg); color: var(--bad); } .failed .state { color: var(--bad); }
[data-queued] .text { opacity: 1; background: color-mix(in srgb, var(--a) 82%, var(--paper)); }
.note { align-self: stretch; text-align: center; font-size: 13.5px; color: var(--quiet); padding: 4px 12px; }
.card { width: 100%; min-width: min(300px, 100%); margin-block-start: 4px; padding: 14px 16px; background: var(--paper); border: 1px solid var(--line); border-radius: 14px; display: flex; flex-direction: column; gap: 10px; }
h3 { font-weight: 650; font-size: 15.5px; display: flex; align-items: center; gap: 6px; }
.quote > .quiet { margin-block-start: -8px; }
.pill { align-self: flex-start; padding: 2px 11px; border-radius: 999px; font-size: 13.5px; font-weight: 600; background: var(--going-bg); color: var(--going); }
.pill.good { background: var(--good-bg); color: var(--good); } .pill.bad { background: var(--bad-bg); color: var(--bad); }
.row { display: flex; flex-wrap: wrap; justify-content: space-between; gap: 0 14px; padding-block: 3px; }
dl:empty { display: none; }
dt { color: var(--quiet); } dd { overflow-wrap: anywhere; font-variant-numeric: tabular-nums; margin-inline-start: auto; text-align: end; }
strong { font-weight: 650; }
.items { display: grid; gap: 5px; border-block: 1px solid var(--line); padding-block: 9px; }
.items:empty { display: none; }
.items li { display: flex; gap: 8px; } .units { color: var(--quiet); font-variant-numeric: tabular-nums; flex: none; }
.amount { margin-inline-start: auto; font-variant-numeric: tabular-nums; }
summary { cursor: pointer; font-weight: 600; min-height: 32px; display: flex; align-items: center; color: var(--a); border-radius: 6px; }
summary::after { content: "▾"; margin-inline-start: 6px; } details[open] summary::after { content: "▴"; }
.course { padding-block: 8px 2px; padding-inline-start: 4px; }
.course li { position: relative; display: grid; padding: 0 0 14px; padding-inline-start: 22px; }
.course li::before { content: ""; position: absolute; inset-inline-start: 0; inset-block-start: 6px; width: 11px; height: 11px; border-radius: 50%; border: 2px solid var(--edge); background: var(--paper); }
.course li:first-child::before { border-color: var(--a); background: var(--a); }
.course li:not(:last-child)::after { content: ""; position: absolute; inset-inline-start: 4.5px; inset-block: 17px -6px; width: 2px; background: var(--line); }
.course li:last-child { padding-block-end: 0; }
.course span { color: var(--quiet); font-size: 13px; } .course strong { font-weight: 550; } .course li:first-child strong { font-weight: 650; }
.buttons { display: flex; flex-wrap: wrap; gap: 8px; }
.note .buttons { justify-content: center; margin-block-start: 10px; }
.main, .plain, .danger { min-height: 44px; padding: 8px 18px; border-radius: 22px; border: 1.5px solid var(--a); font-weight: 600; }
.main { background: var(--a); color: var(--a-ink); flex: 1 1 auto; } .main:hover:not(:disabled) { filter: brightness(1.08); }
.plain { background: transparent; color: var(--a); }
.danger { background: var(--bad); color: var(--paper); border-color: var(--bad); }
.main:disabled, .plain:disabled { background: var(--soft); color: var(--quiet); border-color: var(--line); }
.quote .gone { display: none; } .quote.over .buttons { display: none; } .quote.over { background: var(--soft); }
.outcome.done { border-color: transparent; background: var(--good-bg); } .outcome.done h3, .outcome.done .icon { color: var(--good); }
.outcome.done dt, .outcome.done .quiet { color: inherit; }
.outcome.queued { border-color: transparent; background: var(--going-bg); } .outcome.queued h3 { color: var(--going); }
.outcome.queued dt { color: inherit; }
.outcome.refused { border-color: transparent; background: var(--bad-bg); } .outcome.refused h3 { color: var(--bad); }
input:not([type="radio"], [type="file"]), textarea { width: 100%; min-height: 44px; padding: 9px 14px; background: var(--paper); border: 1.5px solid var(--edge); border-radius: 12px; }
input:disabled { background: var(--soft); color: var(--quiet); }
.together { display: flex; flex-wrap: wrap; gap: 8px; } .together input { flex: 1 1 130px; width: auto; min-width: 0; } .together .main { flex: 0 1 auto; }
input[inputmode="numeric"] { letter-spacing: .22em; font-variant-numeric: tabular-nums; font-size: 17px; }
.wrong { color: var(--bad); font-size: 13.5px; } [aria-invalid="true"] { border-color: var(--bad); }
.choices { display: grid; gap: 8px; } .choices button { border-radius: 14px; display: grid; } .choices small { font-weight: 400; }
.rating legend { font-weight: 650; margin-block-end: 8px; }
.faces { display: grid; grid-template-columns: repeat(auto-fit, minmax(56px, 1fr)); gap: 6px; }
.faces label { position: relative; display: grid; justify-items: center; gap: 4px; text-align: center; cursor: pointer; }
.faces input { position: absolute; inset: 0; opacity: 0; margin: 0; width: 100%; height: 100%; cursor: pointer; }
.face { width: 44px; height: 44px; border-radius: 50%; display: grid; place-items: center; border: 1.5px solid var(--edge); font-weight: 650; font-variant-numeric: tabular-nums; }
.says { font-size: 12.5px; line-height: 1.25; color: var(--quiet); }
input:checked + .face { background: var(--a); border-color: var(--a); color: var(--a-ink); } input:checked ~ .says { color: var(--ink); font-weight: 600; }
.faces :focus-visible + .face { outline: 3px solid var(--a); outline-offset: 2px; }
.progress { display: flex; align-items: center; gap: 9px; padding: 12px 6px 4px; color: var(--quiet); font-size: 13.5px; }
.dots { display: inline-flex; gap: 4px; } .dots i { width: 7px; height: 7px; border-radius: 50%; background: currentColor; animation: beat 1.2s infinite; }
.dots i:nth-child(2) { animation-delay: .15s; } .dots i:nth-child(3) { animation-delay: .3s; }
@keyframes beat { 0%, 60%, 100% { opacity: .3; } 30% { opacity: 1; } }
.composer { display: flex; align-items: flex-end; gap: 6px; padding: 10px 12px 12px; border-block-start: 1px solid var(--line); background: var(--paper); }
.composer textarea { flex: 1; resize: none; border-radius: 22px; max-height: 132px; padding: 9px 16px; }
.composer textarea::placeholder { color: var(--quiet); opacity: 1; }
.send, .camera { flex: none; width: 44px; height: 44px; padding: 0; border: 0; border-radius: 50%; display: grid; place-items: center; }
.send { background: var(--a); color: var(--a-ink); } :host(:dir(rtl)) .send .icon { transform: scaleX(-1); }
.camera { background: transparent; color: var(--a); }
@media (max-width: 480px), (max-height: 480px) {
  :host([open]) { inset: 0 !important; gap: 0; }
  .panel { width: 100%; height: 100%; border: 0; border-radius: 0; flex: 1; }
  .panel:not([hidden]) + .launcher { display: none; }
}
@media (max-height: 420px) { .panel { overflow-y: auto; display: block; } .body { overflow: visible; } }
@media (prefers-reduced-motion: reduce) { *, *::before, *::after { animation: none !important; transition: none !important; scroll-behavior: auto !important; } }
@media (forced-colors: active) { .launcher, .text, .card, .pill { border: 1px solid; } .icon { fill: ButtonText; } }
@media print { :host { display: none; } }
`);

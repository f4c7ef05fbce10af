// Server-sent events with a header that EventSource can not send, and a resume that survives sleep.
const LONGEST_SILENCE = 60000;
const LONGEST_WAIT = 30000;

export class Stream {
  // `hears` gets each event, `over` is called when the visit has ended, `live` with whether the line stands.
  constructor(url, headers, { hears, over, live }) {
    Object.assign(this, { url, headers, hears, over, live, wait: 500, stopped: true });
  }

  start() {
    if (!this.stopped) return;
    this.stopped = false;
    this.run();
  }

  stop() {
    this.stopped = true;
    this.abort?.abort();
    clearTimeout(this.timer);
  }

  // Back from sleep, or online again: now rather than when the wait is over.
  again() {
    if (this.stopped) return;
    this.wait = 500;
    clearTimeout(this.timer);
    if (this.running) this.abort.abort();
    else this.run();
  }

  async run() {
    this.running = true;
    try {
      await this.once();
    } catch (error) {
      if (error.name !== "AbortError") this.live(false);
    }
    this.running = false;
    clearTimeout(this.watch);
    if (this.stopped) return;
    this.timer = setTimeout(() => this.run(), this.wait * (0.75 + Math.random() / 2));
    this.wait = Math.min(this.wait * 2, LONGEST_WAIT);
  }

  async once() {
    this.abort = new AbortController();
    this.listen();
    const answer = await fetch(this.url, { headers: this.headers(), signal: this.abort.signal, cache: "no-store" });
    if (answer.status === 401 || answer.status === 409) return this.ended(answer.status);
    if (!answer.ok) throw new Error(String(answer.status));
    this.live(true);
    const reader = answer.body.pipeThrough(new TextDecoderStream()).getReader();
    let rest = "";
    for (;;) {
      const { value, done } = await reader.read();
      if (done) return;
      this.wait = 500;
      this.listen();
      const blocks = (rest + value).replace(/\r\n/g, "\n").split("\n\n");
      rest = blocks.pop();
      for (const block of blocks) this.read(block);
    }
  }

  read(block) {
    const fields = block.split("\n").map((line) => [line.slice(0, line.indexOf(":")), line.slice(line.indexOf(":") + 1).trimStart()]);
    const data = fields.filter(([name]) => name === "data").map(([, value]) => value);
    if (fields.some(([name, value]) => name === "event" && value === "over")) this.ended(401);
    else if (data.length) this.hears(JSON.parse(data.join("\n")));
  }

  ended(status) {
    this.stop();
    this.over(status);
  }

  listen() {
    clearTimeout(this.watch);
    this.watch = setTimeout(() => this.abort.abort(), LONGEST_SILENCE);
  }
}

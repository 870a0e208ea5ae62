import type { Ledger } from './ledger.js';

/** One line a second about the traffic, and remarks; times from the start of the traffic. */
export class Progress {
  #started = performance.now();
  #timer: NodeJS.Timeout | undefined;

  say(text: string): void {
    const seconds = this.#timer === undefined ? '' : `[${((performance.now() - this.#started) / 1000).toFixed(1).padStart(5)} s] `;
    process.stdout.write(`${seconds}${text}\n`);
  }

  watch(ledger: Ledger): void {
    this.#started = performance.now();
    let writes = 0;
    let reads = 0;
    this.#timer = setInterval(() => {
      const nowWrites = ledger.writeTimes.length;
      const nowReads = ledger.readCount;
      this.say(
        `${String(nowWrites - writes).padStart(5)} writes/s ${String(nowReads - reads).padStart(5)} reads/s   errors ${ledger.errorCount}   cut ${ledger.cuts.length}`,
      );
      writes = nowWrites;
      reads = nowReads;
    }, 1000);
  }

  unwatch(): void {
    clearInterval(this.#timer);
    this.#timer = undefined;
  }
}

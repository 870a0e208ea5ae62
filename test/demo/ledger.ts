/** `transaction` writes two rows and a counter; the others one row. */
export type WriteKind = 'autocommit' | 'transaction' | 'prepared';

/** What the application knows of one write: `open` while it tries, `refused` after an answer that says it was not done. */
export interface Write {
  readonly id: number;
  readonly client: number;
  readonly kind: WriteKind;
  state: 'open' | 'acknowledged' | 'unknown' | 'refused';
  gtid: string | undefined;
}

export type Listener = 'primary' | 'replica';

/** Everything the clients were told, kept outside of the database to be compared with it. Times are performance.now(). */
export class Ledger {
  readonly writes = new Map<number, Write>();
  readonly writeTimes: number[] = [];
  /** Of each acknowledged write: when the attempt began that was acknowledged, and when it was. */
  readonly acknowledgements: { readonly begunAt: number; readonly at: number }[] = [];
  readonly readTimes: Record<Listener, number[]> = { primary: [], replica: [] };
  /** By code: how often, and the first message. */
  readonly errors = new Map<string, { count: number; message: string }>();
  readonly cuts: string[] = [];
  readonly wrongAnswers: string[] = [];
  #nextId = 1;

  newWrite(client: number, kind: WriteKind): Write {
    const write: Write = { id: this.#nextId++, client, kind, state: 'open', gtid: undefined };
    this.writes.set(write.id, write);
    return write;
  }

  acknowledged(write: Write, gtid: string | undefined, begunAt: number): void {
    write.state = 'acknowledged';
    write.gtid = gtid;
    const at = performance.now();
    this.writeTimes.push(at);
    this.acknowledgements.push({ begunAt, at });
  }

  read(listener: Listener): void {
    this.readTimes[listener].push(performance.now());
  }

  error(code: string, message: string): void {
    const known = this.errors.get(code);
    if (known === undefined) this.errors.set(code, { count: 1, message });
    else known.count += 1;
  }

  get readCount(): number {
    return this.readTimes.primary.length + this.readTimes.replica.length;
  }

  get errorCount(): number {
    let sum = 0;
    for (const { count } of this.errors.values()) sum += count;
    return sum;
  }
}

/** The longest time without an event between `from` and `to`, and when it ended; both ends of the span count as events. */
export function longestGap(times: readonly number[], from: number, to: number): { ms: number; endedAt: number } {
  let last = from;
  let longest = { ms: 0, endedAt: from };
  for (const time of [...times.filter((one) => one > from && one < to), to]) {
    if (time - last > longest.ms) longest = { ms: time - last, endedAt: time };
    last = time;
  }
  return longest;
}

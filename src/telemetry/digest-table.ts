import { addDurations, type Durations, emptyDurations, observe, STATEMENT_BOUNDS_SECONDS } from './durations.js';

/** What is known of all statements of one shape, as plain JSON. Counts of very busy processes are estimates: see `DigestTable.weigh`. */
export interface DigestCounts {
  /** 16 hex digits. */
  readonly hash: string;
  /** Normalised text, literals as `?`. */
  readonly text: string;
  readonly kind: string;
  /** Of the last one. */
  schema: string | undefined;
  count: number;
  errors: number;
  /** Rows sent to clients. */
  rows: number;
  durations: Durations;
  maxSeconds: number;
  /** Unix time, ms. */
  firstMs: number;
  lastMs: number;
}

/** One answered statement. */
export interface DigestNote {
  readonly hash: string;
  readonly text: string;
  readonly kind: string;
  readonly schema: string | undefined;
  readonly ok: boolean;
  readonly rows: number;
  readonly seconds: number;
}

/** Entries kept by a process; each takes about a kilobyte. */
const MOST = 1_000;
/** So many of the oldest are looked at for the one to drop. */
const CANDIDATES = 16;
/** Of the statements of a second so many are looked at each; of the others one in `THINNED`. */
const EXACT_PER_SECOND = 500;
const THINNED = 16;
/** Statements that took longer are never left out. */
const SLOW_SECONDS = 0.1;

/** What the statements of one process were, by digest: bounded in memory and in time. */
export class DigestTable {
  readonly #entries = new Map<string, DigestCounts>();
  #secondEndsMs = 0;
  #inSecond = 0;

  /**
   * How many statements this one stands for; 0: it need not be recorded. Making a digest means reading the text once more, so of
   * very many only some are looked at, and count more. No allocation: it is called per statement.
   * @param nowMs of a clock that does not jump
   */
  weigh(nowMs: number, seconds: number): number {
    if (seconds >= SLOW_SECONDS) return 1;
    if (nowMs >= this.#secondEndsMs) {
      this.#secondEndsMs = nowMs + 1000;
      this.#inSecond = 0;
    }
    this.#inSecond += 1;
    if (this.#inSecond <= EXACT_PER_SECOND) return 1;
    return this.#inSecond % THINNED === 0 ? THINNED : 0;
  }

  /** @param weight as `weigh` said */
  record(note: DigestNote, weight: number): void {
    let entry = this.#entries.get(note.hash);
    if (entry === undefined) {
      if (this.#entries.size >= MOST) this.#makeRoom();
      entry = emptyEntry(note);
      this.#entries.set(note.hash, entry);
    }
    entry.schema = note.schema;
    entry.count += weight;
    if (!note.ok) entry.errors += weight;
    entry.rows += note.rows * weight;
    for (let n = 0; n < weight; n += 1) observe(entry.durations, STATEMENT_BOUNDS_SECONDS, note.seconds);
    if (note.seconds > entry.maxSeconds) entry.maxSeconds = note.seconds;
    entry.lastMs = Date.now();
  }

  get entries(): readonly DigestCounts[] {
    return [...this.#entries.values()];
  }

  /** Of the oldest few the one seen least goes; the others are put back behind the newest. */
  #makeRoom(): void {
    const oldest: DigestCounts[] = [];
    for (const entry of this.#entries.values()) {
      oldest.push(entry);
      if (oldest.length === CANDIDATES) break;
    }
    let least = oldest[0];
    for (const entry of oldest) if (least === undefined || entry.count < least.count) least = entry;
    for (const entry of oldest) {
      this.#entries.delete(entry.hash);
      if (entry !== least) this.#entries.set(entry.hash, entry);
    }
  }
}

function emptyEntry({ hash, text, kind, schema }: DigestNote): DigestCounts {
  const nowMs = Date.now();
  const durations = emptyDurations(STATEMENT_BOUNDS_SECONDS);
  return { hash, text, kind, schema, count: 0, errors: 0, rows: 0, durations, maxSeconds: 0, firstMs: nowMs, lastMs: nowMs };
}

/** The entries of several processes, those that took most time together first. @param most so many of them */
export function mergeDigests(tables: Iterable<readonly DigestCounts[]>, most: number): readonly DigestCounts[] {
  const all = new Map<string, DigestCounts>();
  for (const table of tables) {
    for (const entry of table) {
      const into = all.get(entry.hash);
      if (into === undefined) all.set(entry.hash, structuredClone(entry));
      else addEntry(into, entry);
    }
  }
  return [...all.values()].sort((a, b) => b.durations.sumSeconds - a.durations.sumSeconds).slice(0, most);
}

function addEntry(into: DigestCounts, from: DigestCounts): void {
  if (from.lastMs > into.lastMs) into.schema = from.schema;
  into.count += from.count;
  into.errors += from.errors;
  into.rows += from.rows;
  addDurations(into.durations, from.durations);
  into.maxSeconds = Math.max(into.maxSeconds, from.maxSeconds);
  into.firstMs = Math.min(into.firstMs, from.firstMs);
  into.lastMs = Math.max(into.lastMs, from.lastMs);
}

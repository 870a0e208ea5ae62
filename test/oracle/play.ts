import { comparable, errorNumber, firstDifference, type Look, readable } from './comparable.js';
import type { Framing, Sequence } from './generate.js';
import { isMove, type Move, type Operation, shown } from './operation.js';
import { schemaOf, userOf } from './schema.js';
import { COMMANDS, Side } from './side.js';
import { type LeftOut, Unsettled } from './unsettled.js';

/** Two places at which a sequence is played: a server alone, and the proxy in front of others. */
export interface Stage {
  readonly directPort: () => number;
  readonly proxyPort: number;
  /** Moves the proxied session of an account (by name) by force. */
  move(what: Move, lane: number): Promise<void>;
  /** Before each command; may hold it back. */
  enter(): Promise<void>;
  /** After its answer. */
  leave(): void;
  /** What the tables of a lane hold: on the server alone, and on the proxy's primary. Undefined: cannot be asked now. */
  rows(lane: number): Promise<readonly [direct: string, proxy: string] | undefined>;
  /** Counts the times that a server was taken away. */
  readonly disturbances: number;
}

export type Ending =
  | { readonly how: 'same' }
  /** An error that says that something was lost; allowed where something was taken away. */
  | { readonly how: 'told'; readonly error: number }
  | { readonly how: 'different'; readonly at: number; readonly direct: string; readonly proxy: string; readonly frame: number };

export interface Playing {
  readonly ending: Ending;
  /** Statements whose answers were compared. */
  readonly compared: number;
  /** Answers of which only the shape was compared, and operations that were left out, by reason. */
  readonly leftOut: Partial<Record<LeftOutReason, number>>;
  readonly moves: number;
}

export type LeftOutReason = LeftOut | 'never the same twice';

/** What may be said after a loss, in place of the answer. */
const TOLD = new Set([9501, 9502, 9507, 1213]);

/** A write in a READ ONLY transaction that the account may not do anyway: a replica refuses it as a write before it looks at rights. */
const DENIED = new Set([1044, 1045, 1142, 1227]);

/** In place of a frame: the answers were the same, but not the rows. */
const ROWS = -1;

export const LIMIT_MS = 30_000;

async function played(side: Promise<Side>, operation: Operation): Promise<Buffer[] | string> {
  try {
    return await (await side).play(operation, LIMIT_MS);
  } catch (error) {
    return (error as Error).message;
  }
}

const text = (answer: Buffer[] | string, frame: number): string => (typeof answer === 'string' ? `(${answer})` : readable(answer, frame));

function lookOf(operation: Operation, framing: Framing, warningsUnknown: boolean): Look {
  return {
    command: COMMANDS[operation.do],
    deprecateEof: framing !== 'oldest',
    sessionTrack: framing === 'session tracking',
    volatile: operation.volatile === true,
    warningsUnknown,
    opensCursor: operation.do === 'execute' && operation.cursor === true,
    calls: operation.do === 'query' && /^\s*call\b/i.test(operation.sql),
  };
}

/** One sequence under way. */
class Play {
  readonly #sequence: Sequence;
  readonly #stage: Stage;
  readonly #direct: Promise<Side>;
  readonly #proxy: Promise<Side>;
  readonly #unsettled: Unsettled;
  readonly #begun: number;
  #disturbances: number;
  #compared = 0;
  readonly #leftOut: Partial<Record<LeftOutReason, number>> = {};
  #moves = 0;

  constructor(sequence: Sequence, stage: Stage) {
    const { lane, framing } = sequence;
    const [user, schema] = [userOf(lane), schemaOf(lane)];
    this.#sequence = sequence;
    this.#stage = stage;
    this.#unsettled = new Unsettled(sequence.flavor);
    this.#begun = stage.disturbances;
    this.#disturbances = this.#begun;
    this.#direct = Side.open(stage.directPort(), user, schema, framing);
    this.#proxy = Side.open(stage.proxyPort, user, schema, framing);
    for (const side of [this.#direct, this.#proxy]) side.catch(() => undefined);
  }

  async run(): Promise<Playing> {
    let ending: Ending | undefined;
    for (const [at, operation] of this.#sequence.operations.entries()) {
      ending = isMove(operation) ? await this.#move(operation.what) : await this.#step(operation, at);
      if (ending !== undefined) break;
    }
    await Promise.all([this.#direct, this.#proxy].map((side) => side.then((it) => it.quit()).catch(() => undefined)));
    ending ??= await this.#compareRows();
    return { ending: ending ?? { how: 'same' }, compared: this.#compared, leftOut: this.#leftOut, moves: this.#moves };
  }

  /** What was written is the same in the end: also what no answer has shown. */
  async #compareRows(): Promise<Ending | undefined> {
    const [direct, proxy] = (await this.#stage.rows(this.#sequence.lane)) ?? ['', ''];
    if (direct === proxy) return undefined;
    return { how: 'different', at: this.#sequence.operations.length - 1, direct, proxy, frame: ROWS };
  }

  #leaveOut(reason: LeftOutReason): void {
    this.#leftOut[reason] = (this.#leftOut[reason] ?? 0) + 1;
  }

  async #move(what: Move): Promise<undefined> {
    await this.#stage.move(what, this.#sequence.lane);
    this.#moves++;
    this.#unsettled.moved();
  }

  /** Something was taken away from this session, or may have been. */
  get #disturbed(): boolean {
    return this.#moves > 0 || this.#stage.disturbances > this.#begun;
  }

  async #step(operation: Operation, at: number): Promise<Ending | undefined> {
    await this.#stage.enter();
    try {
      this.#notice();
      const reason = this.#unsettled.skips(operation);
      if (reason !== undefined) {
        this.#leaveOut(reason);
        return undefined;
      }
      const [expected, actual] = await Promise.all([played(this.#direct, operation), played(this.#proxy, operation)]);
      return this.#judge(operation, at, expected, actual);
    } finally {
      this.#stage.leave();
    }
  }

  #notice(): boolean {
    const { disturbances } = this.#stage;
    if (disturbances === this.#disturbances) return false;
    this.#disturbances = disturbances;
    this.#unsettled.moved();
    return true;
  }

  #judge(operation: Operation, at: number, expected: Buffer[] | string, actual: Buffer[] | string): Ending | undefined {
    const [should, error] = [expected, actual].map((answer) => (typeof answer === 'string' ? 0 : errorNumber(answer))) as [number, number];
    if (TOLD.has(error) && error !== should && this.#disturbed) return { how: 'told', error };
    if (error === 1792 && DENIED.has(should)) {
      this.#leaveOut('refused as a write');
      this.#unsettled.answered(operation, error);
      this.#unsettled.refused();
      return undefined;
    }
    const disturbedMeanwhile = this.#notice();
    const look = lookOf(operation, this.#sequence.framing, this.#unsettled.is);
    this.#compared++;
    if (look.volatile) this.#leaveOut('never the same twice');
    // Where the server itself ends a connection, the proxy does.
    if (typeof expected === 'string' && typeof actual === 'string') return { how: 'same' };
    const broken = typeof expected === 'string' || typeof actual === 'string';
    const frame = broken ? 0 : firstDifference(comparable(expected, look), comparable(actual, look));
    if (frame < 0) {
      this.#unsettled.answered(operation, error);
      if (error === 0) this.#unsettled.saw(operation);
      return undefined;
    }
    if (disturbedMeanwhile && this.#unsettled.skips(operation) !== undefined) return { how: 'told', error: 0 };
    // A CREATE or DROP ends the memory of a lost temporary table in silence; its warnings are those of one that is gone.
    if (this.#disturbed && /TEMPORARY TABLE/.test(this.#unsettled.textOf(operation))) return { how: 'told', error: 0 };
    return { how: 'different', at, direct: text(expected, frame), proxy: text(actual, frame), frame };
  }
}

/**
 * Plays a sequence on a direct connection and through the proxy, one command after the other on both, and compares each answer. Where
 * something was taken away (a move, a server killed), a loss that is told with one of our errors ends the sequence in order.
 */
export function play(sequence: Sequence, stage: Stage): Promise<Playing> {
  return new Play(sequence, stage).run();
}

/** A difference for people. */
export function report(sequence: Sequence, ending: Extract<Ending, { how: 'different' }>): string {
  const lines = sequence.operations.slice(0, ending.at + 1).map((operation) => `    ${shown(operation)}`);
  const where = ending.frame === ROWS ? 'the rows differ in the end (checksums)' : `the last answer differs in frame ${ending.frame}`;
  const head = `${sequence.flavor}, seed ${sequence.seed}, lane ${sequence.lane}, client with ${sequence.framing}; ${where}:`;
  return [head, ...lines, `  server: ${ending.direct}`, `  proxy:  ${ending.proxy}`].join('\n');
}

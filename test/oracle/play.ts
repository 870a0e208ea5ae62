import { setTimeout as sleep } from 'node:timers/promises';
import { comparable, errorNumber, firstDifference, type Look, readable } from './comparable.js';
import type { Framing, Sequence } from './generate.js';
import { isMove, type Move, type Operation, shown } from './operation.js';
import { schemaOf, userOf } from './schema.js';
import { COMMANDS, Side } from './side.js';
import { Unsettled } from './unsettled.js';

/** Two places at which a sequence is played: a server alone, and the proxy in front of others. */
export interface Stage {
  readonly directPort: () => number;
  readonly proxyPort: number;
  /** Moves the proxied session of an account (by name) by force. */
  move(what: Move, lane: number): Promise<void>;
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
  /** Answers whose values were left out, of these. */
  readonly leftOut: number;
  readonly moves: number;
}

/** What may be said after a loss, in place of the answer. */
const TOLD = new Set([9501, 9502, 9507, 1213]);

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
  };
}

/**
 * Plays a sequence on a direct connection and through the proxy, one command after the other on both, and compares each answer.
 * @param mayBeTold whether a loss that was told ends the sequence in order: something was taken away, by a move or by whoever
 *   disturbs the servers
 */
export async function play(sequence: Sequence, stage: Stage, mayBeTold: () => boolean): Promise<Playing> {
  const { lane, framing, operations } = sequence;
  const [user, schema] = [userOf(lane), schemaOf(lane)];
  const direct = Side.open(stage.directPort(), user, schema, framing);
  const proxy = Side.open(stage.proxyPort, user, schema, framing);
  for (const side of [direct, proxy]) side.catch(() => undefined);
  let [compared, leftOut, moves] = [0, 0, 0];
  const unsettled = new Unsettled();
  const done = (ending: Ending): Playing => ({ ending, compared, leftOut, moves });
  try {
    for (const [at, operation] of operations.entries()) {
      if (isMove(operation)) {
        await stage.move(operation.what, lane);
        moves++;
        unsettled.moved();
        continue;
      }
      if (unsettled.skips(operation)) continue;
      const [expected, actual] = await Promise.all([played(direct, operation), played(proxy, operation)]);
      const error = typeof actual === 'string' ? 0 : errorNumber(actual);
      if (TOLD.has(error) && error !== (typeof expected === 'string' ? 0 : errorNumber(expected)) && (moves > 0 || mayBeTold()))
        return done({ how: 'told', error });
      compared++;
      const look = lookOf(operation, framing, unsettled.is);
      if (look.volatile) leftOut++;
      const frame =
        typeof expected === 'string' || typeof actual === 'string'
          ? 0
          : firstDifference(comparable(expected, look), comparable(actual, look));
      // Where the server itself ends a connection, the proxy does.
      if (typeof expected === 'string' && typeof actual === 'string') return done({ how: 'same' });
      // A CREATE or DROP ends the memory of a lost temporary table in silence; its warnings are those of one that is gone.
      if (frame >= 0 && moves > 0 && operation.do === 'query' && /TEMPORARY TABLE/.test(operation.sql))
        return done({ how: 'told', error: 0 });
      if (frame < 0 && error === 0) unsettled.saw(operation);
      if (frame >= 0) return done({ how: 'different', at, direct: text(expected, frame), proxy: text(actual, frame), frame });
    }
    return done({ how: 'same' });
  } finally {
    await Promise.all([direct, proxy].map((side) => side.then((it) => it.quit()).catch(() => undefined)));
    await sleep(0);
  }
}

/** A difference for people. */
export function report(sequence: Sequence, ending: Extract<Ending, { how: 'different' }>): string {
  const lines = sequence.operations.slice(0, ending.at + 1).map((operation) => `    ${shown(operation)}`);
  const head = `${sequence.flavor}, seed ${sequence.seed}, lane ${sequence.lane}, client with ${sequence.framing}; the last answer differs in frame ${ending.frame}:`;
  return [head, ...lines, `  server: ${ending.direct}`, `  proxy:  ${ending.proxy}`].join('\n');
}

import type { Flavor } from '../servers/servers.js';
import { Circumstances, type Writer } from './circumstances.js';
import type { Operation } from './operation.js';
import { call, failure, otherCommand } from './other-commands.js';
import { prepared } from './prepared.js';
import { Random } from './random.js';
import { read } from './reads.js';
import { freshRows, schemaOf } from './schema.js';
import { stateStatement } from './state-statements.js';
import { lock, transaction } from './transactions.js';
import { temporaryTable, write } from './writes.js';

/** What a client agrees on at login. */
export const FRAMINGS = ['oldest', 'no EOF packets', 'session tracking'] as const;
export type Framing = (typeof FRAMINGS)[number];

/** A sequence on a connection of its own. */
export interface Sequence {
  readonly seed: number;
  readonly flavor: Flavor;
  readonly lane: number;
  readonly framing: Framing;
  readonly operations: readonly Operation[];
}

export interface GenerateOptions {
  readonly seed: number;
  readonly flavor: Flavor;
  readonly lane: number;
  /** About as many operations. */
  readonly length: number;
  /** Share of operations before which the session is moved by force. */
  readonly moves: number;
}

/** Sequences differ in what they are about. */
function weights(random: Random): readonly (readonly [number, Writer])[] {
  const about = (usual: number): number => usual * random.pick([0.2, 1, 1, 1, 2.5]);
  return [
    [about(22), stateStatement],
    [about(34), read],
    [about(18), write],
    [about(9), prepared],
    [about(5), call],
    [about(4), failure],
    [about(3), temporaryTable],
    [about(3), lock],
    [about(2.5), otherCommand],
  ];
}

function move({ random, pinned }: Circumstances): Operation | undefined {
  // What dies with its connection is another matter: now and then, to see that it is said.
  if (pinned && !random.chance(0.04)) return undefined;
  return { do: 'move', what: random.pick(['primary', 'primary', 'replicas', 'all'] as const) };
}

/** The sequence of a seed: the same for the same options. */
export function generate(options: GenerateOptions): Sequence {
  const { seed, flavor, lane, length, moves } = options;
  const random = new Random(seed);
  const at = new Circumstances(random, flavor, lane);
  const mix = weights(random);
  const framing = random.pick(FRAMINGS);
  const operations: Operation[] = [{ do: 'query', sql: freshRows(lane) }];
  while (operations.length < length) {
    if (random.chance(moves)) {
      const forced = move(at);
      if (forced !== undefined) operations.push(forced);
    }
    const open = at.transaction || !at.autocommit;
    if (random.chance(open ? 0.22 : 0.06)) operations.push(...transaction(at));
    else if (at.tablesLocked && random.chance(0.4)) operations.push(...lock(at));
    else if (at.ansiQuotes && random.chance(0.15)) {
      at.ansiQuotes = false;
      operations.push({ do: 'query', sql: 'SET sql_mode = DEFAULT' });
    } else if (at.schema !== 'own' && random.chance(0.25)) {
      at.schema = 'own';
      operations.push({ do: 'init-db', schema: schemaOf(lane) });
    } else operations.push(...random.weighted(mix)(at));
  }
  return { seed, flavor, lane, framing, operations };
}

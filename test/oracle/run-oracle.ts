import { type Framing, generate, type Sequence } from './generate.js';
import type { OracleWorld } from './oracle-world.js';
import { type Ending, type LeftOutReason, type Playing, play, report } from './play.js';
import { shrink } from './shrink.js';

export interface RunOptions {
  /** Seeds, one for each sequence; taken in order by whichever lane is free. */
  readonly seeds: Iterable<number>;
  readonly lanes: number;
  /** Operations of a sequence. */
  readonly length: number;
  readonly moves: number;
  /** Ends the run before the seeds do. */
  readonly enough?: (tally: Tally) => boolean;
  /** More differences than these are only counted. Default 5. */
  readonly shownDifferences?: number;
  /** Operations that match are left out; for a search. */
  readonly without?: RegExp;
  readonly say?: (text: string) => void;
}

export interface Tally {
  sequences: number;
  /** Answers compared. */
  compared: number;
  /** Answers of which only the shape was compared, and operations left out, by reason. */
  readonly leftOut: Partial<Record<LeftOutReason, number>>;
  moves: number;
  /** Sequences that a told loss ended, by error number. */
  readonly told: Record<string, number>;
  /** Seeds of sequences with a difference. */
  readonly differing: number[];
  /** Minimal sequences, for people. */
  readonly reports: string[];
  readonly framings: Partial<Record<Framing, number>>;
}

/** All that was left out. */
export const leftOutOf = ({ leftOut }: Pick<Tally, 'leftOut'>): number => Object.values(leftOut).reduce((sum, count) => sum + count, 0);

type Different = Extract<Ending, { how: 'different' }>;

/** Plays many sequences on several lanes at once. */
export async function runOracle(world: OracleWorld, options: RunOptions): Promise<Tally> {
  const tally: Tally = { sequences: 0, compared: 0, leftOut: {}, moves: 0, told: {}, differing: [], reports: [], framings: {} };
  const seeds = options.seeds[Symbol.iterator]();
  const { enough = () => false, shownDifferences = 5, say = () => undefined } = options;

  /** Lanes whose two sides may have ended apart. */
  const apart = new Set<number>();
  const once = async (sequence: Sequence): Promise<Playing> => {
    if (apart.delete(sequence.lane)) await world.freshLane(sequence.lane);
    const playing = await play(sequence, world);
    if (playing.ending.how !== 'same') apart.add(sequence.lane);
    return playing;
  };
  const again = async (sequence: Sequence): Promise<Different | undefined> => {
    const { ending } = await once(sequence);
    return ending.how === 'different' ? ending : undefined;
  };
  const explain = async (sequence: Sequence, found: Different): Promise<void> => {
    if (tally.reports.length >= shownDifferences) return;
    const place = tally.reports.push(report(sequence, found)) - 1;
    const smallest = await shrink(sequence, found, again);
    const steady = smallest.sequence.operations.length < found.at + 1 || (await again(sequence)) !== undefined;
    tally.reports[place] = `${steady ? '' : '(not seen again) '}${report(smallest.sequence, smallest.ending)}`;
    say(tally.reports[place] ?? '');
  };
  const one = async (seed: number, lane: number): Promise<void> => {
    const whole = generate({ seed, flavor: world.flavor, lane, length: options.length, moves: options.moves });
    const { without } = options;
    const sequence =
      without === undefined ? whole : { ...whole, operations: whole.operations.filter((it) => !without.test(JSON.stringify(it))) };
    const { ending, compared, leftOut, moves } = await once(sequence);
    tally.sequences++;
    tally.compared += compared;
    for (const [reason, count] of Object.entries(leftOut) as [LeftOutReason, number][])
      tally.leftOut[reason] = (tally.leftOut[reason] ?? 0) + count;
    tally.moves += moves;
    tally.framings[sequence.framing] = (tally.framings[sequence.framing] ?? 0) + 1;
    if (ending.how === 'same') return;
    if (ending.how === 'told') tally.told[ending.error] = (tally.told[ending.error] ?? 0) + 1;
    else {
      tally.differing.push(seed);
      await explain(sequence, ending);
    }
  };
  const worker = async (lane: number): Promise<void> => {
    while (!enough(tally)) {
      const next = seeds.next();
      if (next.done === true) return;
      await one(next.value, lane);
    }
  };
  await Promise.all(Array.from({ length: options.lanes }, (_, lane) => worker(lane)));
  return tally;
}

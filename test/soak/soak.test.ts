import { execFileSync } from 'node:child_process';
import { readFile, writeFile } from 'node:fs/promises';
import t from 'tap';
import { OracleWorld } from '../oracle/oracle-world.js';
import { Random } from '../oracle/random.js';
import { leftOutOf, runOracle, type Tally } from '../oracle/run-oracle.js';
import { Trouble } from '../oracle/trouble.js';
import { runSeed } from '../proxy/wire-client.js';
import { FLAVORS, type Flavor, serverUnavailable } from '../servers/servers.js';

// In all, for both servers.
const STATEMENTS = Number(process.env['POINTSMAN_SOAK_STATEMENTS'] ?? 1_000_000);
/** The end comes at this time too, however few statements that were. */
const MINUTES = Number(process.env['POINTSMAN_SOAK_MINUTES'] ?? 300);
const LENGTH = 60;
/** Side by side; one where others need the machine. */
const LANES = Number(process.env['POINTSMAN_SOAK_LANES'] ?? 6);
const MOVES = 0.02;
/** Of all answers; by reason they are capped in oracle.test.ts. MariaDB's lasting warnings are most of it. */
const MOST_LEFT_OUT = 0.05;
/** Runs add up there: a long one can be done in parts. Delete the file to begin anew. */
const RESULTS = 'test/results/soak.json';

interface SoakRecord extends Omit<Tally, 'reports' | 'framings'> {
  readonly flavor: Flavor;
  readonly version: string;
  readonly commit: string;
  readonly date: string;
  /** Of the first sequence; the others follow one by one. */
  readonly seed: number;
  readonly leftOutShare: number;
  readonly trouble: Readonly<Record<string, number>>;
  readonly seconds: number;
}

const records: SoakRecord[] = [];
t.setTimeout(0);

async function earlier(): Promise<SoakRecord[]> {
  const text = await readFile(RESULTS, 'utf8').catch(() => '{}');
  return (JSON.parse(text) as { details?: { runs?: SoakRecord[] } }).details?.runs ?? [];
}

function* from(seed: number): Generator<number> {
  for (let next = seed; ; next++) yield next;
}

for (const flavor of FLAVORS) {
  const reason = await serverUnavailable(flavor);
  await t.test(`${flavor}: random sequences while servers lag, die and change`, { skip: reason ?? false, timeout: 0 }, async (t) => {
    const seed = runSeed();
    const world = await OracleWorld.start({ flavor, lanes: LANES });
    t.teardown(() => world.stop());
    const started = performance.now();
    const say = (text: string): void => {
      process.stderr.write(`${Math.round((performance.now() - started) / 1000)} s  ${text}\n`);
    };
    say(`${flavor}, seed ${seed}`);
    let over = false;
    const trouble = new Trouble(world, new Random(seed), LANES, say);
    // Trouble that cannot be made ends the run; it is told then, and what was compared until then is kept.
    let noTrouble: unknown;
    const making = trouble
      .run(() => over)
      .catch((error: unknown) => {
        noTrouble = error;
        say(String(error));
      })
      .finally(() => (over = true));
    const untilMs = Date.now() + (MINUTES * 60_000) / FLAVORS.length;
    let tally: Tally;
    try {
      const enough = ({ compared }: Tally): boolean => over || compared >= STATEMENTS / FLAVORS.length || Date.now() > untilMs;
      tally = await runOracle(world, { seeds: from(seed), lanes: LANES, length: LENGTH, moves: MOVES, enough, say });
    } finally {
      over = true;
      await making;
    }
    const { reports, framings, ...counts } = tally;
    const { compared, differing } = counts;
    const leftOut = leftOutOf(counts);
    const seconds = Math.round((performance.now() - started) / 1000);
    records.push({
      flavor,
      version: world.alone.version,
      commit: execFileSync('git', ['rev-parse', '--short', 'HEAD'], { encoding: 'utf8' }).trim(),
      date: new Date().toISOString(),
      seed,
      ...counts,
      leftOutShare: leftOut / compared,
      trouble: trouble.counts,
      seconds,
    });
    t.equal(noTrouble, undefined, 'all trouble was made');
    t.same(reports, [], 'no difference');
    t.same(differing, [], `none of ${counts.sequences} sequences differs, ${compared} statements`);
    t.ok(leftOut <= compared * MOST_LEFT_OUT, `values of ${leftOut} answers are left out`);
  });
}
const { POINTSMAN_SUITE_DETAILS: file } = process.env;
if (file !== undefined) {
  const runs = [...(await earlier()), ...records];
  const sum = (of: (run: SoakRecord) => number): number => runs.reduce((total, run) => total + of(run), 0);
  const totals = {
    statements: sum((run) => run.compared),
    sequences: sum((run) => run.sequences),
    differing: sum((run) => run.differing.length),
  };
  await writeFile(file, JSON.stringify({ ...totals, runs }));
}

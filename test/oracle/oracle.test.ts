import t from 'tap';
import { FLAVORS, serverUnavailable } from '../servers/servers.js';
import { FRAMINGS } from './generate.js';
import { keptLosses, keptSequences } from './kept-sequences.js';
import { OracleWorld } from './oracle-world.js';
import { type LeftOutReason, play, report } from './play.js';
import { runOracle } from './run-oracle.js';

// In all, for both servers; a sequence is about 40. The same in every run, so that a red run is about the change and not about luck: new ones are for the soak.
const STATEMENTS = Number(process.env['POINTSMAN_ORACLE_STATEMENTS'] ?? 20_000);
const SEED = Number(process.env['POINTSMAN_ORACLE_SEED'] ?? 20_261_123);
const LENGTH = 40;
const LANES = 4;
const MOVES = 0.03;
/** Of the answers, by the reason for which they are not compared; see README.md. */
const MOST_LEFT_OUT: Readonly<Record<LeftOutReason, number>> = {
  'never the same twice': 0.006,
  'after a loss': 0.012,
  'first FOUND_ROWS()': 0.008,
  'old warnings': 0.03,
  'statement reset': 0.001,
  'refused as a write': 0.001,
  'typed by a PREPARE': 0.01,
  'rows of a failure': 0.003,
};
/** Sequences that end early because a loss was told. */
const MOST_TOLD = 0.25;

/** A statement, or a result, was cut. */
const CUT: ReadonlySet<number> = new Set([9501, 9507]);

function* from(seed: number): Generator<number> {
  for (let next = seed; ; next++) yield next;
}

for (const flavor of FLAVORS) {
  const reason = await serverUnavailable(flavor);
  t.test(`${flavor}: random sequences are answered as by one server`, { skip: reason ?? false }, async (t) => {
    const world = await OracleWorld.start({ flavor, lanes: LANES });
    t.teardown(() => world.stop());
    for (const [name, operations] of Object.entries(keptSequences(0))) {
      for (const framing of FRAMINGS) {
        const sequence = { seed: 0, flavor, lane: 0, framing, operations };
        let { ending } = await play(sequence, world);
        // On a busy machine a command may be on its way when its connection is reset, which has to be told: that is no test of what was found.
        for (let time = 1; time < 5 && ending.how === 'told' && CUT.has(ending.error); time++) ({ ending } = await play(sequence, world));
        t.equal(ending.how, 'same', `${name}${ending.how === 'different' ? `: ${report(sequence, ending)}` : ''}`);
      }
    }
    for (const [name, operations] of Object.entries(keptLosses(0))) {
      const { ending } = await play({ seed: 0, flavor, lane: 0, framing: 'oldest', operations }, world);
      t.same(ending, { how: 'told', error: 9502 }, name);
    }
    await world.freshLane(0);
    t.comment(`seed ${SEED}`);
    const enough = STATEMENTS / FLAVORS.length;
    const tally = await runOracle(world, {
      seeds: from(SEED),
      lanes: LANES,
      length: LENGTH,
      moves: MOVES,
      enough: ({ compared }) => compared >= enough,
    });
    const { sequences, compared, leftOut, moves, told, differing } = tally;
    t.comment(
      `${compared} answers of ${sequences} sequences compared, ${moves} forced moves, left out: ${JSON.stringify(leftOut)}, ended early: ${JSON.stringify(told)}`,
    );
    t.same(tally.reports, [], `no difference (seeds ${differing.join(', ') || 'all'})`);
    t.same(differing, [], 'no sequence differs');
    t.ok(compared >= enough, `${compared} statements`);
    for (const [reason, most] of Object.entries(MOST_LEFT_OUT) as [LeftOutReason, number][]) {
      const count = leftOut[reason] ?? 0;
      t.ok(count <= compared * most, `${count} of ${compared} answers are left out: ${reason}`);
    }
    const early = Object.values(told).reduce((sum, count) => sum + count, 0);
    t.ok(early <= sequences * MOST_TOLD, `${early} of ${sequences} sequences end early`);
  });
}

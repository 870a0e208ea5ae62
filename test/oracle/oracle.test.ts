import t from 'tap';
import { runSeed } from '../proxy/wire-client.js';
import { FLAVORS, serverUnavailable } from '../servers/servers.js';
import { FRAMINGS } from './generate.js';
import { keptSequences } from './kept-sequences.js';
import { OracleWorld } from './oracle-world.js';
import { play, report } from './play.js';
import { runOracle } from './run-oracle.js';

// In all, for both servers; a sequence is about 40. One half is the same in every run, the other is of this run's seed.
const STATEMENTS = Number(process.env['POINTSMAN_ORACLE_STATEMENTS'] ?? 20_000);
const FIXED_SEED = 20_261_123;
const LENGTH = 40;
const LANES = 4;
const MOVES = 0.03;
/** Answers whose values are not compared. */
const MOST_LEFT_OUT = 0.02;
/** Sequences that end early because a loss was told. */
const MOST_TOLD = 0.25;

function* seeds(run: number): Generator<number> {
  for (let next = 0; ; next++) {
    yield FIXED_SEED + next;
    yield run + next;
  }
}

for (const flavor of FLAVORS) {
  const reason = await serverUnavailable(flavor);
  t.test(`${flavor}: random sequences are answered as by one server`, { skip: reason ?? false }, async (t) => {
    const world = await OracleWorld.start({ flavor, lanes: LANES });
    t.teardown(() => world.stop());
    for (const [name, operations] of Object.entries(keptSequences(0))) {
      for (const framing of FRAMINGS) {
        const sequence = { seed: 0, flavor, lane: 0, framing, operations };
        const { ending } = await play(sequence, world);
        t.equal(ending.how, 'same', `${name}${ending.how === 'different' ? `: ${report(sequence, ending)}` : ''}`);
      }
    }
    const run = runSeed();
    t.comment(`seed ${run}`);
    const enough = STATEMENTS / FLAVORS.length;
    const tally = await runOracle(world, {
      seeds: seeds(run),
      lanes: LANES,
      length: LENGTH,
      moves: MOVES,
      enough: ({ compared }) => compared >= enough,
    });
    const { sequences, compared, leftOut, moves, told, differing } = tally;
    t.comment(
      `${compared} answers of ${sequences} sequences compared, ${leftOut} of them without values, ${moves} forced moves, ended early: ${JSON.stringify(told)}`,
    );
    t.same(tally.reports, [], `no difference (seeds ${differing.join(', ') || 'all'})`);
    t.same(differing, [], 'no sequence differs');
    t.ok(compared >= enough, `${compared} statements`);
    t.ok(leftOut <= compared * MOST_LEFT_OUT, `values of ${leftOut} answers of ${compared} are left out`);
    const early = Object.values(told).reduce((sum, count) => sum + count, 0);
    t.ok(early <= sequences * MOST_TOLD, `${early} of ${sequences} sequences end early`);
  });
}

import t from 'tap';
import type { Backwards, Circumstances, History, Holdings, Told } from '../../chaos/history.js';
import { judgeHistory } from '../../chaos/judge-history.js';

const write = (token: number, answer: Told['answer'], gtid?: string): Told => ({ token, answer, gtid, step: undefined });
const step = (token: number, to: number, answer: Told['answer'] = 'acknowledged', gtid?: string): Told => ({
  token,
  answer,
  gtid,
  step: { counter: 1, to },
});
const quiet: Circumstances = { mayLose: false, losses: [], lostNamed: 0 };
/** A server that died between 100 and 200 with all from g5 on. */
const lossy: Circumstances = {
  mayLose: true,
  losses: [{ sinceMs: 100, untilMs: 200, received: (gtid) => Number(gtid.slice(1)) < 5 }],
  lostNamed: 1,
};
const history: History = { told: [], cuts: [], ownReads: [], backwards: [], wrongSums: [] };
const holdings: Holdings = { tokens: new Map(), counters: new Map(), sum: 100, expectedSum: 100, differences: [] };
const back: Backwards = { counter: 1, from: 9, to: 7, sinceMs: 10, atMs: 20 };

const cases: readonly [name: string, Partial<History>, Partial<Holdings>, Circumstances, RegExp | undefined][] = [
  [
    'all three answers, each as it may be',
    { told: [write(1, 'acknowledged'), write(2, 'unknown'), write(3, 'unknown'), write(4, 'refused')] },
    {
      tokens: new Map([
        [1, 1],
        [2, 1],
      ]),
    },
    quiet,
    undefined,
  ],
  ['a lost token', { told: [write(1, 'acknowledged')] }, {}, quiet, /^token 1 was acknowledged and is lost$/],
  [
    'a doubled token',
    { told: [write(1, 'acknowledged')] },
    { tokens: new Map([[1, 2]]) },
    quiet,
    /^token 1 was written 2 times \(acknowledged\)$/,
  ],
  ['an unknown one, doubled', { told: [write(1, 'unknown')] }, { tokens: new Map([[1, 2]]) }, quiet, /written 2 times \(unknown\)/],
  ['a refused one, done', { told: [write(1, 'refused')] }, { tokens: new Map([[1, 1]]) }, quiet, /done although it was refused/],
  ['a token of nobody', {}, { tokens: new Map([[7, 1]]) }, quiet, /token 7 was written by nobody/],
  ['a broken sum', {}, { sum: 99 }, quiet, /^the balances sum up to 99 instead of 100$/],
  ['a broken sum that was read', { wrongSums: [98] }, {}, quiet, /a read saw balances of 98/],
  ['a cut', { cuts: ['reset'] }, {}, quiet, /a connection was cut: reset/],
  ['a read back in time', { backwards: [back] }, {}, quiet, /went back in time: counter 1 was 9, then 7/],
  ['the same, not at the loss', { backwards: [back] }, {}, lossy, /went back in time/],
  ['the same over a loss', { backwards: [{ ...back, atMs: 150 }] }, {}, lossy, undefined],
  ['over a loss that must not be', { backwards: [{ ...back, atMs: 150 }] }, {}, { ...lossy, mayLose: false }, /went back in time/],
  [
    'an own write not read',
    { told: [write(1, 'acknowledged')], ownReads: [{ token: 1, found: 0 }] },
    { tokens: new Map([[1, 1]]) },
    quiet,
    /own token 1 0 times/,
  ],
  ['lost with its server', { told: [write(1, 'acknowledged', 'g6')] }, {}, lossy, undefined],
  [
    'lost with its server and so not read',
    { told: [write(1, 'acknowledged', 'g6')], ownReads: [{ token: 1, found: 0 }] },
    {},
    lossy,
    undefined,
  ],
  ['lost though a replica had it', { told: [write(1, 'acknowledged', 'g4')] }, {}, lossy, /token 1 \(g4\) was acknowledged and is lost/],
  ['lost, its GTID unknown', { told: [write(1, 'acknowledged')] }, {}, lossy, /is lost/],
  [
    'lost with its server, not named',
    { told: [write(1, 'acknowledged', 'g6')] },
    {},
    { ...lossy, lostNamed: 0 },
    /^1 acknowledged writes are lost, the reports name 0$/,
  ],
  ['counter right', { told: [step(1, 1), step(2, 2, 'unknown')] }, { counters: new Map([[1, 2]]) }, quiet, undefined],
  [
    'counter too low',
    { told: [step(1, 1), step(2, 2)] },
    { counters: new Map([[1, 1]]) },
    { ...quiet, lostNamed: 1 },
    /counter 1 is 1 after 2 acknowledged/,
  ],
  ['counter too high', { told: [step(1, 1)] }, { counters: new Map([[1, 2]]) }, quiet, /is 2 after 1 acknowledged steps and 0 unknown/],
  ['one step twice', { told: [step(1, 1), step(2, 1)] }, { counters: new Map([[1, 2]]) }, quiet, /stepped to 1 twice/],
  [
    'one step twice over a loss',
    { told: [step(1, 1, 'acknowledged', 'g6'), step(2, 1)] },
    { counters: new Map([[1, 1]]) },
    lossy,
    undefined,
  ],
  ['a replica that differs', {}, { differences: ['db2 lacks 1'] }, quiet, /db2 lacks 1/],
];

for (const [name, past, present, circumstances, wanted] of cases) {
  const { faults } = judgeHistory({ ...history, ...past }, { ...holdings, ...present }, circumstances);
  if (wanted === undefined) t.same(faults, [], name);
  else {
    t.equal(faults.length, 1, `${name}: ${faults.join('; ')}`);
    t.match(faults[0], wanted, name);
  }
}

const counted = judgeHistory(
  { ...history, told: [write(1, 'acknowledged'), write(2, 'unknown'), write(3, 'unknown'), write(4, 'refused')] },
  {
    ...holdings,
    tokens: new Map([
      [1, 1],
      [3, 1],
    ]),
  },
  quiet,
);
t.match(counted, { acknowledged: 1, unknown: 2, unknownDone: 1, refused: 1, lostWithTheirServer: 0 });

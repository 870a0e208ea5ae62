import t from 'tap';
import {
  answersNeeded,
  type DetectorState,
  isGone,
  type Observation,
  observe,
  patience,
  unseen,
} from '../../../src/topology/failure-detector.js';

const thresholds = { downAfter: 2, upAfter: 2, flapWindowMs: 60_000 };
const ok: Observation = { kind: 'ok' };
const timeout: Observation = { kind: 'timeout', detail: 'no answer' };
const refused: Observation = { kind: 'refused', confirmed: false, detail: 'refused' };
const confirmed: Observation = { kind: 'reset', confirmed: true, detail: 'reset' };
const denied: Observation = { kind: 'denied', detail: 'Access denied' };

/** Feeds observations 100 ms apart and gives the states. */
function run(seen: readonly Observation[], from = unseen(0), startMs = 0): DetectorState[] {
  const states: DetectorState[] = [];
  let state = from;
  seen.forEach((each, index) => {
    const nowMs = startMs + (index + 1) * 100;
    state = observe(state, each, thresholds, nowMs - 50, nowMs);
    states.push(state);
  });
  return states;
}
const names = (states: readonly DetectorState[]) => states.map(({ state }) => state);

t.test('states', async (t) => {
  t.same(names(run([ok])), ['online'], 'the first answer of an unknown server counts at once');
  t.same(names(run([ok, timeout, timeout])), ['online', 'suspect', 'down'], 'silence needs downAfter time-outs');
  t.same(names(run([ok, timeout, ok, timeout])), ['online', 'suspect', 'online', 'suspect'], 'an answer forgives');
  t.same(names(run([ok, refused, refused])), ['online', 'suspect', 'down'], 'a refusal is looked at twice');
  t.same(names(run([ok, confirmed])), ['online', 'down'], 'a probe that tried twice decides at once');
  t.same(names(run([ok, timeout, refused])), ['online', 'suspect', 'down'], 'mixed failures add up');
  t.same(names(run([ok, denied])), ['online', 'suspect'], 'a server that refuses our login lives');
  t.same(names(run([ok, refused, refused, ok, ok])), ['online', 'suspect', 'down', 'down', 'online'], 'back after upAfter answers');
  t.same(names(run([timeout, timeout, ok])), ['down', 'down', 'down'], 'a server that was down at start has to answer upAfter times too');
  t.same(names(run([timeout, ok])), ['down', 'online'], 'one time-out at start does not make it known');
});

t.test('facts about the failure', async (t) => {
  const [, first, second] = run([ok, timeout, refused]);
  t.equal(first?.firstMissMs, 150, 'the first miss is when the probe began');
  t.equal(second?.firstMissMs, 150);
  t.equal(first?.failedBy, 'timeout');
  t.equal(second?.failedBy, 'refused');
  t.equal(second?.lastError, 'refused');
  t.equal(second?.lastAnswerMs, 100);
});

t.test('flapping is damped', async (t) => {
  let state = unseen(0);
  let nowMs = 0;
  const needed: number[] = [];
  for (let fall = 0; fall < 6; fall += 1) {
    state = run([ok, confirmed], state, nowMs).at(-1) as DetectorState;
    nowMs += 1000;
    needed.push(answersNeeded(state, thresholds, nowMs));
    for (let answer = 0; answer < 40 && state.state === 'down'; answer += 1) {
      nowMs += 100;
      state = observe(state, ok, thresholds, nowMs, nowMs);
    }
    t.equal(state.state, 'online');
  }
  t.same(needed, [2, 4, 8, 8, 8, 8], 'each fall doubles the answers it needs, to a limit');
  t.equal(answersNeeded(state, thresholds, nowMs + 60_000), 2, 'and is forgotten after the window');
});

t.test('a slow server is suspect, not down', async (t) => {
  const late: Observation = { kind: 'ok', slow: true };
  const states = run([ok, timeout, timeout, late, late, late, { kind: 'timeout', worth: 4, detail: 'no answer' }]);
  t.same(names(states), ['online', 'suspect', 'down', 'down', 'suspect', 'suspect', 'down'], 'it stays while it answers late');
  t.same(states.map(patience), [1, 1, 4, 4, 4, 4, 4], 'and is given more time');
  t.equal(patience(run([ok, confirmed]).at(-1) as DetectorState), 1, 'a port that refuses is not waited for');
  t.match(states.at(-2)?.lastError, /slowly/);
});

t.test('one answer of a server that is down ends its replacement, though it is not online again', async (t) => {
  const down = run([ok, timeout, timeout]).at(-1) ?? unseen(0);
  t.ok(isGone(down));
  const [back] = run([ok], down, 5_000) as [DetectorState];
  t.equal(back.state, 'down');
  t.notOk(isGone(back));
  const [refusing] = run([{ kind: 'denied', detail: 'Too many connections' }], down, 5_000) as [DetectorState];
  t.notOk(isGone(refusing), '1040 and 1045 are answers');
  t.ok(isGone(run([timeout], back, 6_000).at(-1) ?? unseen(0)), 'silent again');
});

import t from 'tap';
import { type DetectorState, unseen } from '../../../src/topology/failure-detector.js';
import { type DeathInput, judgeDeath, type Witness } from '../../../src/topology/witness.js';

// The primary answered last at 9 s, was first missed at 10 s and is down since 11 s. It is 12 s.
const primary: DetectorState = { ...unseen(0), state: 'down', known: true, sinceMs: 11_000, lastAnswerMs: 9_000, firstMissMs: 10_000 };

function witness(changes: Partial<Witness>): Witness {
  return {
    name: 'db2',
    sampledMs: 11_950,
    receiverThen: 'Yes',
    receiver: 'Yes',
    receiverErrno: 0,
    applier: true,
    stillSinceMs: 5_000,
    bounce: undefined,
    ...changes,
  };
}
function judge(witnesses: readonly Witness[], changes: Partial<DeathInput> = {}) {
  return judgeDeath({ primary, witnesses, nowMs: 12_000, bounceMs: 1_000, graceMs: 5_000, ...changes });
}
const bouncing = { restartedMs: 10_800, connectedMs: undefined, againMs: 16_000 };

t.test('the rule of two witnesses', async (t) => {
  t.equal(judge([]).kind, 'alone', 'a single server: never');
  t.equal(judge([witness({ sampledMs: undefined })]).kind, 'alone', 'nobody answers: it is us');
  t.equal(judge([witness({ sampledMs: 9_500, receiver: 'Connecting' })]).kind, 'wait', 'seen before the first miss: proves nothing');
  t.equal(judge([witness({ receiver: 'Connecting', receiverErrno: 2003 })]).kind, 'dead', 'it was connected and lost it too');
  t.match(judge([witness({})]), { kind: 'bounce', replica: 'db2' }, 'seems connected and nothing arrives');
  t.equal(judge([witness({ stillSinceMs: 11_900 })]).kind, 'wait', 'events still arrive');
  t.equal(
    judge([witness({ receiver: 'Connecting' }), witness({ name: 'db3', stillSinceMs: 11_900 })]).kind,
    'wait',
    'one still receives: contradiction',
  );
  t.equal(judge([witness({ receiver: 'Connecting' }), witness({ name: 'db3' })]).kind, 'dead', 'the other stands still');
});

t.test('a bounce', async (t) => {
  t.equal(judge([witness({ receiver: 'Connecting', bounce: { ...bouncing, restartedMs: undefined } })]).kind, 'wait');
  t.equal(judge([witness({ receiver: 'Connecting', bounce: { ...bouncing, restartedMs: 11_500 } })]).kind, 'wait', 'it gets its second');
  t.equal(judge([witness({ receiver: 'Connecting', bounce: bouncing })]).kind, 'dead');
  t.equal(judge([witness({ bounce: { ...bouncing, connectedMs: 11_000 } })]).kind, 'alive', 'only our own way is lost');
  t.equal(judge([witness({ bounce: { ...bouncing, connectedMs: 11_000, againMs: 11_999 } })]).kind, 'bounce', 'asked again later');
  t.equal(judge([witness({ applier: false })]).kind, 'wait', 'never with the applier stopped');
});

t.test('witnesses that were not seen connected', async (t) => {
  const away = witness({ receiver: 'Connecting', receiverThen: undefined, receiverErrno: 2003 });
  t.equal(judge([away]).kind, 'wait');
  t.equal(judge([away], { nowMs: 16_100 }).kind, 'dead', 'after the grace');
  t.equal(judge([{ ...away, receiver: 'No' }], { nowMs: 16_100 }).kind, 'dead', 'stopped by a proxy that was killed');
  t.equal(judge([{ ...away, receiverErrno: 1045 }], { nowMs: 99_000 }).kind, 'wait', 'a wrong password is no death');
  t.equal(
    judge([away, witness({ name: 'db3', receiver: 'Connecting', receiverThen: 'No', receiverErrno: 1236 })], { nowMs: 99_000 }).kind,
    'wait',
  );
});

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
    connectingSinceMs: undefined,
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

t.test('a primary that is silent while a receiver was restarted by somebody', async (t) => {
  const silent: Partial<DeathInput> = { primary: { ...primary, failedBy: 'timeout', timeouts: 2 } };
  const restarted = witness({ receiver: 'Connecting', connectingSinceMs: 11_950 });
  t.equal(judge([restarted], silent).kind, 'wait', 'a single look at Connecting proves nothing beside mere silence');
  t.equal(judge([restarted, witness({ name: 'db3' })], silent).kind, 'wait', 'no other receiver is restarted meanwhile');
  t.equal(judge([witness({ stillSinceMs: 11_940 })], silent).kind, 'wait', 'it connected and receives: the primary lives');
  t.equal(judge([{ ...restarted, connectingSinceMs: 10_960 }], silent).kind, 'wait', '990 ms are not enough');
  t.equal(judge([{ ...restarted, connectingSinceMs: 10_950 }], silent).kind, 'dead', 'it could not connect for a second');
  t.equal(
    judge([restarted, witness({ name: 'db3', receiver: 'Connecting', connectingSinceMs: 10_900 })], silent).kind,
    'dead',
    'one of them is enough',
  );
  t.equal(
    judge([restarted], { primary: { ...primary, failedBy: 'refused', refusals: 2 } }).kind,
    'dead',
    'a closed port and a lost receiver: at once',
  );
  const again = { ...bouncing, connectedMs: 11_000 };
  t.equal(judge([{ ...restarted, bounce: again }], silent).kind, 'alive', 'it had reconnected after the bounce');
  t.equal(judge([{ ...restarted, connectingSinceMs: 10_940, bounce: again }], silent).kind, 'dead', 'and lost it for good');
});

t.test('a receiver that somebody stopped while the primary was well', async (t) => {
  const stopped = witness({ receiver: 'No', receiverThen: 'No' });
  t.match(judge([stopped], { nowMs: 99_000 }), { kind: 'wait', because: /db2 cannot tell: .* start it/ }, 'never a witness, however long');
  t.equal(judge([witness({ receiver: 'Connecting' }), { ...stopped, name: 'db3' }]).kind, 'dead', 'another may be');
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

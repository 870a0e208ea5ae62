import t from 'tap';
import { promotionSteps } from '../../../src/topology/failover-plan.js';
import type { ServerSample } from '../../../src/topology/sample.js';
import { follows, sample } from './samples.js';

const a = '3e11fa47-71ca-11e1-9e33-c80aa9429562';
const replica: ServerSample = sample(2, {
  readOnly: true,
  superReadOnly: true,
  executed: `${a}:1-8`,
  replica: follows(1, { receiver: 'Connecting', received: `${a}:1-10` }),
});
/** What each step brings about. */
const effects: Record<string, (before: ServerSample) => ServerSample> = {
  'stop-receiver': (before) => ({ ...before, replica: { ...follows(1), ...(before.replica as object), receiver: 'No' } }),
  apply: (before) => ({ ...before, executed: `${a}:1-10` }),
  'stop-replication': (before) => ({ ...before, replica: { ...follows(1), ...(before.replica as object), applier: false } }),
  writable: (before) => ({ ...before, readOnly: false, superReadOnly: false }),
  'forget-source': (before) => ({ ...before, replica: undefined }),
};

t.test('the plan goes from replica to primary, and can be taken up after any step', async (t) => {
  for (let broken = 0; broken <= promotionSteps.length; broken += 1) {
    let state = replica;
    const ran: string[] = [];
    // The first proxy dies after `broken` steps, the second begins at the top.
    for (const steps of [promotionSteps.slice(0, broken), promotionSteps]) {
      for (const step of steps) {
        if (step.done(state)) continue;
        t.equal(step.blocked(state), undefined, step.kind);
        state = effects[step.kind]?.(state) ?? state;
        ran.push(step.kind);
        t.ok(step.done(state), `${step.kind} is done once it ran`);
      }
    }
    t.same(
      ran,
      promotionSteps.map(({ kind }) => kind),
      'no step twice, none left out',
    );
  }
});

t.test('preconditions', async (t) => {
  const step = (kind: string) => promotionSteps.find((each) => each.kind === kind);
  t.match(
    step('apply')?.blocked({ ...replica, replica: follows(1, { received: `${a}:1-10`, applier: false, applierError: 'duplicate key' }) }),
    /duplicate key/,
  );
  t.match(step('stop-replication')?.blocked(replica), /not applied/);
  t.match(step('writable')?.blocked(replica), /replicates/);
  t.match(step('forget-source')?.blocked({ ...replica, replica: follows(1, { receiver: 'No', applier: false }) }), /read-only/);
});

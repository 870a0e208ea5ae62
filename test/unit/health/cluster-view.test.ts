import t from 'tap';
import { backendView, type Watched } from '../../../src/health/cluster-view.js';
import type { ServerFacts } from '../../../src/topology/roles.js';
import { assignRoles } from '../../../src/topology/roles.js';
import { facts, replica } from '../topology/samples.js';

function watched(server: ServerFacts): Watched {
  const { name, address, priority, sample, state } = server;
  const detector = { state, failures: 0, successes: 0, lastError: undefined } as unknown as Watched['detector'];
  const config = { name, address, priority, weight: 100 } as unknown as Watched['config'];
  return { name, config, detector, sample, identity: undefined, latencyMs: 1, lastLagMs: 0 };
}

t.test('a frozen primary that was replaced by hand, and a replica repointed to the new one', async (t) => {
  const servers = (state: 'online' | 'suspect') => [facts(1, { state }), facts(2), replica(3, 2)];
  const readable = (state: 'online' | 'suspect') => {
    const decision = assignRoles({ servers: servers(state), incumbent: 'db1', mode: 'follow' });
    t.equal(decision.primary, 'db1', 'the incumbent stays until it is down');
    return backendView(watched(replica(3, 2)), decision, state === 'online', 10_000, undefined).readable;
  };
  t.notOk(readable('online'), 'while the primary answers, who does not follow it is stale');
  t.ok(readable('suspect'), 'while it does not, reads go on');
});

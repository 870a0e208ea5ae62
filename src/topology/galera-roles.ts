import { preferred } from './preferred.js';
import type { Assigned, RoleDecision, RolesInput, ServerFacts } from './roles.js';
import type { GaleraState } from './sample.js';

/** `wsrep_local_state`. https://galeracluster.com/library/documentation/node-states.html */
const DONOR = 2;
const SYNCED = 4;

type Fitness = 'synced' | 'donor' | 'unfit' | 'absent';

/**
 * Roles in a Galera cluster. Pure. Every node could take writes, but one does, so that transactions do not meet as conflicts; all other
 * Synced nodes are read. A node that is not in the primary component answers everything with error 1047 and gets nothing.
 */
export function assignGaleraRoles(input: RolesInput): RoleDecision {
  const { incumbent, chosen } = input;
  const component = mainComponent(input.servers, incumbent);
  const fitness = new Map(input.servers.map((server) => [server.name, fitnessOf(server, component)]));
  const fit = (wanted: Fitness) => input.servers.filter((server) => fitness.get(server.name) === wanted && takesWrites(server));
  // A donor takes writes too, only slower: better than nobody.
  const primary = preferred(fit('synced'), incumbent, chosen) ?? preferred(fit('donor'), incumbent, chosen);
  const roles = new Map<string, Assigned>();
  for (const server of input.servers)
    roles.set(server.name, assign(server, fitness.get(server.name) ?? 'absent', primary?.name, component));
  return { primary: primary?.name, roles, sources: new Map(), alarm: alarmOf(input.servers, component, primary) };
}

/** Of several clusters (somebody bootstrapped a second one) the incumbent's, else the one most nodes are in. */
function mainComponent(servers: readonly ServerFacts[], incumbent: string | undefined): string | undefined {
  const counts = new Map<string, number>();
  for (const server of servers) {
    const id = componentOf(server);
    if (id === undefined) continue;
    if (server.name === incumbent) return id;
    counts.set(id, (counts.get(id) ?? 0) + 1);
  }
  return [...counts].sort(([a, n], [b, m]) => m - n || (a < b ? -1 : 1))[0]?.[0];
}

function componentOf({ state, sample }: ServerFacts): string | undefined {
  return state !== 'down' && sample?.galera?.primaryComponent === true ? sample.galera.clusterId : undefined;
}

function fitnessOf(server: ServerFacts, component: string | undefined): Fitness {
  const galera = server.sample?.galera;
  if (server.state === 'down' || server.sample === undefined) return 'absent';
  if (galera === undefined || !galera.ready || galera.rejects || componentOf(server) !== component) return 'unfit';
  if (galera.state === SYNCED) return 'synced';
  return galera.state === DONOR ? 'donor' : 'unfit';
}

function takesWrites({ sample, fenced }: ServerFacts): boolean {
  return sample?.readOnly === false && fenced === undefined;
}

function assign(server: ServerFacts, fitness: Fitness, primary: string | undefined, component: string | undefined): Assigned {
  const { galera } = server.sample ?? {};
  if (server.name === primary) {
    return { role: 'primary', reason: fitness === 'donor' ? 'takes the writes, though donor: no other node can' : 'takes the writes' };
  }
  if (fitness === 'absent') {
    const reason = server.sample === undefined ? 'not reached yet' : 'does not answer';
    return { role: server.sample === undefined ? 'none' : 'replica', reason, reads: unread(undefined) };
  }
  if (server.fenced !== undefined) return { role: 'none', reason: server.fenced };
  if (galera === undefined) return { role: 'none', reason: 'no Galera node (wsrep_on is off)' };
  if (fitness === 'unfit') return { role: 'none', reason: unfitReason(galera, component) };
  if (fitness === 'donor') return { role: 'replica', reason: 'Galera node', reads: unread(`it is ${galera.stateText}`) };
  return { role: 'replica', reason: 'Galera node', reads: { readable: true, lagMs: 0, because: undefined } };
}

function unread(because: string | undefined) {
  return { readable: false, lagMs: undefined, because };
}

function unfitReason(galera: GaleraState, component: string | undefined): string {
  if (!galera.primaryComponent) return 'not in the primary component: it refuses statements (1047)';
  if (galera.clusterId !== component) return `in another cluster (${galera.clusterId})`;
  if (galera.rejects) return 'set to reject queries (wsrep_reject_queries or pxc_maint_mode)';
  return `not ready: ${galera.stateText}`;
}

function alarmOf(servers: readonly ServerFacts[], component: string | undefined, primary: ServerFacts | undefined): string | undefined {
  const stray = servers.filter((server) => componentOf(server) !== undefined && componentOf(server) !== component);
  if (stray.length > 0) return `these nodes are in another Galera cluster and get nothing: ${namesOf(stray)}`;
  const answering = servers.filter(({ state, sample }) => state !== 'down' && sample !== undefined);
  if (primary !== undefined || answering.length === 0) return undefined;
  if (component === undefined)
    return `no node is in the primary component (${namesOf(answering)} answer): the cluster has lost its majority`;
  return `no Galera node can take writes (${namesOf(answering)} answer)`;
}

function namesOf(servers: readonly ServerFacts[]): string {
  return servers.map(({ name }) => name).join(', ');
}

import { decideRoles } from '../../topology/decide-roles.js';
import type { ServerFacts } from '../../topology/roles.js';
import type { ClusterKind } from '../../topology/snapshot.js';
import type { MonitorOptions } from '../options.js';
import type { Examined } from './examine-server.js';
import type { Finding, Severity } from './finding.js';

/** What is to be said of clusters whose nodes are equals (Galera, Group Replication, static copies): who would take the writes, and what endangers them. Pure. */
export function kindFindings(options: MonitorOptions, kind: ClusterKind, examined: readonly Examined[]): readonly Finding[] {
  const about = options.cluster;
  const servers = options.backends.map((backend, order): ServerFacts => {
    const sample = examined.find(({ name }) => name === backend.name)?.sample;
    const { name, address, priority } = backend;
    const state = sample === undefined ? 'down' : 'online';
    return { name, address, priority, order, state, sample, lacksAcknowledged: false, fenced: undefined };
  });
  const decision = decideRoles(kind, { servers, incumbent: undefined, mode: 'follow' }, true);
  const findings: Finding[] = [];
  const say = (severity: Severity, text: string, fix?: string, of = about) =>
    findings.push({ about: of, severity, text, ...(fix === undefined ? {} : { fix }) });
  const { primary, alarm } = decision;
  if (primary !== undefined) say('fine', `${kind}: ${primary} takes the writes (a proxy that runs may have chosen another of its equals)`);
  if (alarm !== undefined) say('problem', alarm, lostMajority(kind, primary));
  if (kind === 'galera') {
    galeraNodes(servers, decision.roles, say);
    galeraSize(servers, say);
  }
  return findings;
}

type Say = (severity: Severity, text: string, fix?: string, of?: string) => void;

function lostMajority(kind: ClusterKind, primary: string | undefined): string | undefined {
  if (kind !== 'galera' || primary !== undefined) return undefined;
  return 'start the missing nodes; if they are gone for good, on the node with the highest wsrep_last_committed: SET GLOBAL wsrep_provider_options = "pc.bootstrap=true";';
}

function galeraNodes(servers: readonly ServerFacts[], roles: ReadonlyMap<string, { readonly reason: string }>, say: Say): void {
  for (const { name, sample } of servers) {
    if (sample === undefined) continue;
    const { galera } = sample;
    if (galera === undefined) {
      say('problem', 'no Galera node (wsrep_on is off), though the cluster is Galera', 'take it out of backends, or wsrep_on = ON', name);
    } else if (!galera.primaryComponent || !galera.ready || galera.rejects) {
      say('problem', roles.get(name)?.reason ?? 'it takes no statements', undefined, name);
    } else if (galera.state !== 4) {
      const fix = galera.state === 2 ? 'if no transfer is under way: SET GLOBAL wsrep_desync = OFF;' : undefined;
      say('warning', `${galera.stateText}: it is not read, and takes writes only when no other node can`, fix, name);
    } else {
      say('fine', `Galera node, ${galera.stateText}`, undefined, name);
      if (sample.readOnly) say('warning', 'read-only: it can never take the writes', 'SET GLOBAL read_only = OFF;', name);
    }
  }
}

/** A majority is counted over the nodes that are there: half of them is none. */
function galeraSize(servers: readonly ServerFacts[], say: Say): void {
  const nodes = servers.find(({ sample }) => sample?.galera?.primaryComponent === true)?.sample?.galera?.members.length ?? 0;
  const configured = servers.length;
  if (nodes > 0 && nodes !== configured) {
    const text = `the nodes name ${nodes} members, and ${configured} are configured`;
    say(
      nodes > configured ? 'warning' : 'problem',
      text,
      nodes > configured ? 'list them all in backends, or "discover": true' : undefined,
    );
  }
  if (nodes > 0 && nodes % 2 === 0)
    say(
      'warning',
      `${nodes} nodes: when the network splits them in halves, neither has a majority`,
      'a third node, or an arbitrator (garbd)',
    );
}

import type { Readability } from './readable.js';
import { replicaOf, type ServerSample } from './sample.js';
import type { Address, Role } from './snapshot.js';
import { findSources, leadsTo, type Sources } from './sources.js';

/** What the role rules look at, per server. */
export interface ServerFacts {
  readonly name: string;
  readonly address: Address;
  readonly priority: number;
  /** Position in the configuration. */
  readonly order: number;
  readonly state: 'online' | 'suspect' | 'down';
  /** Last good look; for a server that is down it is old. */
  readonly sample: ServerSample | undefined;
  /** It came back without transactions that clients were told are committed. */
  readonly lacksAcknowledged: boolean;
  /** Set when it may not take a role: it holds transactions of its own, or this is being found out. Says which. */
  readonly fenced: string | undefined;
}

export interface RolesInput {
  readonly servers: readonly ServerFacts[];
  /** The primary so far, also while it is down. */
  readonly incumbent: string | undefined;
  readonly mode: 'follow' | 'promote';
  /** Chosen by an operator's order (`galera`, `static`): outranks priorities while it can. */
  readonly chosen?: string | undefined;
}

export interface Assigned {
  readonly role: Role;
  readonly reason: string;
  /** May it serve reads? Absent: what replication shows decides (readable.ts). */
  readonly reads?: Readability;
}

export interface RoleDecision {
  /** The server that takes writes now. */
  readonly primary: string | undefined;
  readonly roles: ReadonlyMap<string, Assigned>;
  readonly sources: Sources;
  /** Two servers claim the role, or another thing that needs a human. */
  readonly alarm: string | undefined;
}

type Claim = 'candidate' | 'replica' | 'passive' | 'absent';

/**
 * Who is primary and who replica under replication (the truth table of DESIGN section 8 and this folder's README). Pure. A server that is down keeps
 * its last role in `roles`, but is never `primary`.
 */
export function assignRoles(input: RolesInput): RoleDecision {
  const sources = findSources(input.servers);
  const claims = new Map(input.servers.map((server) => [server.name, claim(server, input, sources)]));
  const candidates = input.servers.filter((server) => claims.get(server.name) === 'candidate');
  const { primary, alarm } = choose(candidates, input, sources);
  const roles = new Map<string, Assigned>();
  for (const server of input.servers) {
    roles.set(server.name, assign(server, claims.get(server.name) ?? 'absent', primary?.name, input.incumbent, sources));
  }
  return { primary: primary?.name, roles, sources, alarm };
}

function claim(server: ServerFacts, input: RolesInput, sources: Sources): Claim {
  const { sample } = server;
  if (server.state === 'down' || sample === undefined) return 'absent';
  const sourceName = sources.get(server.name);
  if (sample.readOnly) return sample.replica === undefined ? 'passive' : 'replica';
  if (sourceName === undefined || sourceName === 'outside') return 'candidate';
  if (leadsTo(server.name, server.name, sources)) return 'candidate';
  const source = input.servers.find((other) => other.name === sourceName);
  const replica = replicaOf(sample);
  if (source === undefined || replica === undefined) return 'replica';
  const sourceTakesWrites = source.state !== 'down' && source.sample !== undefined && !source.sample.readOnly;
  // A tool that moves roles in an unlucky order may point the primary at a server that cannot take over.
  if (server.name === input.incumbent && !sourceTakesWrites) return 'candidate';
  // Whoever is promoted by hand may keep a stopped source; one whose receiver still runs is a replica somebody left writable.
  if (sourceTakesWrites || replica.receiver === 'Yes') return 'replica';
  // Where we promote ourselves, a replica that merely restarted writable waits for the election; one with both threads stopped
  // was promoted by somebody (perhaps by us, just before we were killed).
  const stopped = replica.receiver === 'No' && !replica.applier;
  return input.mode === 'follow' || stopped ? 'candidate' : 'replica';
}

interface Choice {
  readonly primary: ServerFacts | undefined;
  readonly alarm: string | undefined;
}

function choose(candidates: readonly ServerFacts[], input: RolesInput, sources: Sources): Choice {
  const incumbent = candidates.find(
    (server) => server.name === input.incumbent && server.fenced === undefined && !server.lacksAcknowledged,
  );
  const fit = candidates.filter((server) => server.fenced === undefined && !server.lacksAcknowledged);
  const names = candidates.map((server) => server.name).join(', ');
  if (incumbent !== undefined) {
    const alarm = candidates.length > 1 ? `several servers are writable (${names}); ${incumbent.name} was primary and stays` : undefined;
    return { primary: incumbent, alarm };
  }
  if (fit.length <= 1) {
    const refused = candidates.find((server) => server.lacksAcknowledged);
    const alarm =
      refused && fit.length === 0 ? `${refused.name} is writable but lacks transactions that clients were told are committed` : undefined;
    return { primary: fit[0], alarm };
  }
  const followers = (server: ServerFacts) => input.servers.filter((other) => sources.get(other.name) === server.name).length;
  const ranked = [...fit].sort((a, b) => followers(b) - followers(a) || b.priority - a.priority || a.order - b.order);
  const [first, second] = ranked as [ServerFacts, ServerFacts];
  if (fit.every((server) => leadsTo(server.name, server.name, sources))) {
    const top = [...fit].sort((a, b) => b.priority - a.priority || a.order - b.order)[0];
    return { primary: top, alarm: `ring with several writable servers (${names}); ${top?.name} has the highest priority` };
  }
  if (followers(first) > followers(second)) {
    return { primary: first, alarm: `several servers are writable (${names}); most replicas follow ${first.name}` };
  }
  return { primary: undefined, alarm: `several servers are writable (${names}) and nothing tells which is primary` };
}

function assign(
  server: ServerFacts,
  claimed: Claim,
  primary: string | undefined,
  incumbent: string | undefined,
  sources: Sources,
): Assigned {
  const source = sources.get(server.name);
  if (server.name === primary) return { role: 'primary', reason: primaryReason(server, source) };
  switch (claimed) {
    case 'absent':
      return absent(server, primary, incumbent, source);
    case 'candidate':
      if (server.fenced !== undefined) return { role: 'none', reason: server.fenced };
      if (server.lacksAcknowledged)
        return { role: 'none', reason: 'writable, but lacks transactions that clients were told are committed' };
      return {
        role: 'none',
        reason: primary ? `writable beside the primary ${primary}: gets no traffic` : 'writable, but so is another server',
      };
    case 'replica':
      if (server.fenced !== undefined) return { role: 'none', reason: server.fenced };
      return {
        role: 'replica',
        reason: server.sample?.readOnly ? `replica of ${source ?? 'an unknown source'}` : `replica of ${source} (left writable)`,
      };
    case 'passive':
      if (server.fenced !== undefined || primary !== undefined)
        return { role: 'none', reason: server.fenced ?? 'read-only and follows nobody' };
      return { role: 'replica', reason: 'read-only and follows nobody; no primary is known' };
  }
}

function primaryReason(server: ServerFacts, source: string | undefined): string {
  if (source === undefined) return 'writable, follows nobody';
  if (source === 'outside') return 'writable, follows a server outside this cluster';
  return server.sample?.readOnly ? 'primary' : `writable; its source ${source} is gone or read-only`;
}

function absent(server: ServerFacts, primary: string | undefined, incumbent: string | undefined, source: string | undefined): Assigned {
  if (server.sample === undefined) return { role: 'none', reason: 'not reached yet' };
  if (server.name === incumbent && primary === undefined) return { role: 'primary', reason: 'does not answer; was primary' };
  if (source !== undefined) return { role: 'replica', reason: `does not answer; was replica of ${source}` };
  return { role: 'none', reason: 'does not answer' };
}

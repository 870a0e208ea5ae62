import { preferred } from './preferred.js';
import type { Assigned, RoleDecision, RolesInput, ServerFacts } from './roles.js';
import type { GroupMember, GroupState } from './sample.js';

/**
 * Roles in MySQL Group Replication. Pure. The group elects its primary itself (single primary), or all members take writes (multi
 * primary) and one of them does. Each member speaks for itself, and only while its group has a majority: without one it still calls
 * itself ONLINE and blocks.
 */
export function assignGroupRoles(input: RolesInput): RoleDecision {
  const writers = input.servers.filter((server) => {
    const self = selfOf(server);
    return speaks(server) && self?.role === 'PRIMARY' && server.sample?.readOnly === false && server.fenced === undefined;
  });
  const groups = new Set(input.servers.filter(speaks).map(({ sample }) => sample?.group?.name));
  const incumbent = input.servers.find(({ name }) => name === input.incumbent);
  const main = incumbent !== undefined && speaks(incumbent) ? incumbent.sample?.group?.name : [...groups].sort()[0];
  const primary = preferred(
    writers.filter(({ sample }) => sample?.group?.name === main),
    input.incumbent,
    undefined,
  );
  const roles = new Map<string, Assigned>();
  for (const server of input.servers) roles.set(server.name, assign(server, primary?.name, main));
  return { primary: primary?.name, roles, sources: new Map(), alarm: alarmOf(input.servers, groups.size, primary) };
}

/** The member as it sees itself. */
function selfOf({ sample }: ServerFacts): GroupMember | undefined {
  return sample?.group?.members.find(({ id }) => id.toLowerCase() === sample.id.toLowerCase());
}

function speaks(server: ServerFacts): boolean {
  const group = server.sample?.group;
  return server.state !== 'down' && group !== undefined && selfOf(server)?.state === 'ONLINE' && hasMajority(group);
}

/** Members that left in order are not in the list; those that vanished are UNREACHABLE until the majority expels them. */
function hasMajority({ members }: GroupState): boolean {
  const reachable = members.filter(({ state }) => state === 'ONLINE' || state === 'RECOVERING').length;
  return reachable * 2 > members.length;
}

function assign(server: ServerFacts, primary: string | undefined, main: string | undefined): Assigned {
  const { sample } = server;
  if (server.name === primary) return { role: 'primary', reason: 'PRIMARY of its replication group' };
  if (server.state === 'down' || sample === undefined) {
    return sample === undefined
      ? { role: 'none', reason: 'not reached yet' }
      : { role: 'replica', reason: 'does not answer', reads: unread() };
  }
  if (server.fenced !== undefined) return { role: 'none', reason: server.fenced };
  const { group } = sample;
  const self = selfOf(server);
  if (group === undefined || self === undefined) return { role: 'none', reason: 'no member of a replication group' };
  if (self.state !== 'ONLINE') return { role: 'none', reason: `member is ${self.state}` };
  if (!hasMajority(group)) return { role: 'none', reason: 'its replication group has no majority' };
  if (group.name !== main) return { role: 'none', reason: `in another replication group (${group.name})` };
  return {
    role: 'replica',
    reason: `${self.role} of its replication group`,
    reads: { readable: true, lagMs: undefined, because: undefined },
  };
}

function unread() {
  return { readable: false, lagMs: undefined, because: undefined };
}

function alarmOf(servers: readonly ServerFacts[], groups: number, primary: ServerFacts | undefined): string | undefined {
  if (groups > 1) return 'the backends are members of different replication groups';
  const answering = servers.filter(({ state, sample }) => state !== 'down' && sample !== undefined);
  if (primary !== undefined || answering.length === 0) return undefined;
  const names = answering.map(({ name }) => name).join(', ');
  return answering.some(speaks) ? undefined : `no member with a majority of its replication group answers (${names} do)`;
}

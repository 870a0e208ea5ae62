import type { Assigned, RoleDecision, RolesInput, ServerFacts } from './roles.js';

/**
 * Roles of redundant copies: servers that somebody else keeps equal (shared storage, another product's cluster). Pure. Strictly one at a
 * time takes everything, writes and reads: the first by priority, then order, that answers and is writable.
 * @param failBack whether a preferred server that returns gets the role back from the one that has it; else that one keeps it
 */
export function assignStaticRoles(input: RolesInput, failBack: boolean): RoleDecision {
  const fit = input.servers.filter((server) => unfit(server) === undefined);
  const [best] = [...fit].sort((a, b) => b.priority - a.priority || a.order - b.order);
  const named = (name: string | undefined) => fit.find((server) => server.name === name);
  const primary = named(input.chosen) ?? (failBack ? best : (named(input.incumbent) ?? best));
  const roles = new Map<string, Assigned>();
  for (const server of input.servers) roles.set(server.name, assign(server, primary?.name));
  const answering = input.servers.filter(({ state, sample }) => state !== 'down' && sample !== undefined);
  const alarm =
    primary === undefined && answering.length > 0
      ? `no server can take over: ${answering.map((server) => `${server.name} is ${unfit(server)}`).join(', ')}`
      : undefined;
  return { primary: primary?.name, roles, sources: new Map(), alarm };
}

function unfit({ state, sample, fenced }: ServerFacts): string | undefined {
  if (sample === undefined) return 'not reached yet';
  if (state === 'down') return 'silent';
  if (fenced !== undefined) return fenced;
  return sample.readOnly ? 'read-only' : undefined;
}

function assign(server: ServerFacts, primary: string | undefined): Assigned {
  if (server.name === primary) return { role: 'primary', reason: 'first by preference of those that answer and are writable' };
  const because = unfit(server);
  return { role: 'none', reason: because === undefined ? `stands by for ${primary}` : `stands by; ${because}` };
}

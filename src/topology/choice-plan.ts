import type { RoleDecision, ServerFacts } from './roles.js';
import type { ClusterKind } from './snapshot.js';
import type { SuccessorChoice } from './switchover-plan.js';

/** What decides about a planned move where proxies choose the primary themselves. */
export interface ChoiceInput {
  readonly kind: ClusterKind;
  readonly cluster: string;
  readonly servers: readonly ServerFacts[];
  readonly decision: RoleDecision;
  /** Servers that operators have taken out, and those that are never to be promoted. */
  readonly away: ReadonlySet<string>;
  readonly neverPromote: ReadonlySet<string>;
  /** Several proxies are configured to agree by a coordinator. */
  readonly several: boolean;
}

/**
 * Who takes the writes over by an operator's order in clusters that are no replication, or why nobody can and what to do instead. Pure.
 * @param to a name, or undefined for the first by priority, then order
 * @param force also one that was taken out or is never to be promoted, when it is named
 */
export function chooseByOrder(input: ChoiceInput, to: string | undefined, force: boolean): SuccessorChoice {
  const refused = refusal(input, to);
  if (refused !== undefined) return { kind: 'none', because: refused };
  const others = input.servers.filter(({ name }) => name !== input.decision.primary);
  if (to !== undefined) {
    const named = others.find(({ name }) => name === to);
    if (named === undefined)
      return { kind: 'none', because: `there is no other server ${to}; there are ${others.map(({ name }) => name).join(', ') || 'none'}` };
    const because = unfit(input, named, force);
    return because === undefined
      ? { kind: 'chosen', name: to, warnings: warnings(input) }
      : { kind: 'none', because: `${to} cannot take the writes: ${because}` };
  }
  const [best] = others
    .filter((server) => unfit(input, server, false) === undefined)
    .sort((a, b) => b.priority - a.priority || a.order - b.order);
  if (best !== undefined) return { kind: 'chosen', name: best.name, warnings: warnings(input) };
  const why = others.map((server) => `${server.name}: ${unfit(input, server, false)}`).join('; ');
  return { kind: 'none', because: why === '' ? 'there is no other server' : `no other server can take the writes: ${why}` };
}

function refusal({ kind, servers, several }: ChoiceInput, to: string | undefined): string | undefined {
  if (kind === 'group-replication') {
    const id = servers.find(({ name }) => name === to)?.sample?.id ?? 'SERVER_UUID';
    return `a replication group chooses its primary itself: run SELECT group_replication_set_as_primary('${id}') on any member (single-primary mode, MySQL 8.0.13 and later); Pointsman follows it, and statements that are refused meanwhile are sent again`;
  }
  if (kind === 'static' && several)
    return 'redundant copies are used strictly one at a time, and other proxies (failover.coordinator says there are some) would stay where they are: raise the priority of the server in the configuration of each, with static.failBack, and reload them';
  return undefined;
}

function unfit({ kind, decision, away, neverPromote }: ChoiceInput, server: ServerFacts, force: boolean): string | undefined {
  const { name, state, sample } = server;
  const assigned = decision.roles.get(name);
  if (sample === undefined || state !== 'online') return 'it does not answer';
  if (sample.readOnly) return `it is read-only; SET GLOBAL read_only = OFF there first`;
  if (server.fenced !== undefined) return server.fenced;
  if (kind === 'galera' && assigned?.reads?.readable !== true) return assigned?.reads?.because ?? assigned?.reason ?? 'it is not Synced';
  if (force) return undefined;
  if (neverPromote.has(name)) return 'it is configured as neverPromote (--force overrides)';
  return away.has(name) ? 'it was taken out by an operator (undrain it, or --force)' : undefined;
}

function warnings({ kind, cluster }: ChoiceInput): readonly string[] {
  const lasting = 'it lasts until that server fails or this process ends; priorities last longer';
  return kind === 'galera'
    ? [
        `other proxies of ${cluster} choose for themselves: order it there as well, or two nodes take writes (conflicts are 1213); ${lasting}`,
      ]
    : [`other proxies of ${cluster} would stay where they are: this is for one proxy; ${lasting}`];
}

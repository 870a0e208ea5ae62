import type { ExplainRequest, Explanation } from '../admin/admin-source.js';
import type { Config } from '../config/config.js';
import { Balancer } from '../routing/balancer.js';
import { explainBackends } from '../routing/explain.js';
import { Router } from '../routing/router.js';
import type { Rule } from '../routing/rules/rule.js';
import { judge, type RuleSet } from '../routing/rules/rule-set.js';
import type { Ruling } from '../routing/rules/ruling.js';
import { StatementText } from '../routing/rules/statement-text.js';
import { splitRoute } from '../routing/split.js';
import { schemaChosen } from '../session/rule-subject.js';
import { orderOf } from '../session/statement-order.js';
import { classify } from '../sql/classify.js';
import { dialectOf, type SqlDialect } from '../sql/dialect.js';
import type { StatementFacts } from '../sql/facts.js';
import { type Hints, hintsOf } from '../sql/hints.js';
import { SafeFunctions } from '../sql/safe-functions.js';
import { backendNamed, type ClusterSnapshot } from '../topology/snapshot.js';

/** What is explained with. */
export interface ExplainParts {
  readonly config: Config;
  readonly rules: RuleSet | undefined;
  /** By cluster. */
  readonly snapshots: ReadonlyMap<string, { readonly link: { readonly snapshot: ClusterSnapshot } }>;
}

/** A request that cannot be explained; the message says why. */
export class ExplainError extends Error {
  readonly code = 'PM_APP_EXPLAIN';
}

const OUTSIDE = { inTransaction: false, autocommit: true, nextTransaction: false } as const;

/**
 * What would happen to a statement that a client sends now, outside of a transaction, on a session that has set nothing up: facts, hint, rules,
 * target and why. Nothing is counted or run.
 * @throws ExplainError for a listener that there is not
 */
export function explainStatement(parts: ExplainParts, request: ExplainRequest): Explanation {
  const { config, snapshots } = parts;
  const listener = listenerOf(config, request);
  const account = config.users.find(({ name }) => name === request.user);
  const home = account?.cluster ?? listener.cluster;
  const sql = Buffer.from(request.sql);
  const dialect = dialectIn(parts, home, request.database);
  const facts = classify(sql, dialect);
  const text = new StatementText(sql, facts, dialect);
  const ruling = judgedBy(parts, request, listener.name, text);
  const hints = hintsOf(sql, facts.comments);
  const order = orderOf(snapshots, home, ruling, undefined, hints);
  const cluster = order.cluster ?? home;
  const wanted = order.route ?? account?.route ?? listener.route;
  const rewritten = ruling?.rewriteBy?.rewrite?.apply(text);
  const split = splitRoute(rewritten === undefined ? facts : classify(rewritten, dialect), OUTSIDE);
  const route = wanted === 'split' ? (split.route === 'stay' ? 'primary' : split.route) : wanted;
  return {
    sql: request.sql,
    digest: text.digest,
    facts: factsShown(facts, text),
    hint: hints === undefined ? null : hintShown(hints, snapshots.get(cluster)?.link.snapshot),
    rules: (ruling?.matched ?? []).map(ruleShown),
    denied: ruling?.deniedBy === undefined ? null : { rule: ruling.deniedBy.name, message: ruling.deniedBy.action.deny ?? '' },
    delayMs: ruling?.delayMs ?? 0,
    timeoutMs: ruling?.timeoutMs ?? null,
    rewritten: rewritten?.toString() ?? null,
    listener: listener.name,
    cluster,
    route,
    routeBy: routeBy(hints, ruling, account?.route !== undefined, order.route !== undefined, wanted === 'split' ? split.reason : undefined),
    consistency: order.consistency ?? clusterOf(config, cluster)?.replicas.consistency ?? 'session',
    ...targetIn(parts, cluster, route, order.backend),
  };
}

function listenerOf({ listeners }: Config, { listener }: ExplainRequest): Config['listeners'][number] {
  const found =
    listener === undefined
      ? (listeners.find(({ route }) => route === 'split') ?? listeners[0])
      : listeners.find(({ name }) => name === listener);
  if (found === undefined)
    throw new ExplainError(`there is no listener "${listener}"; there is ${listeners.map(({ name }) => name).join(', ')}`);
  return found;
}

function clusterOf({ clusters }: Config, name: string): Config['clusters'][number] | undefined {
  return clusters.find((cluster) => cluster.name === name);
}

/** As the cluster's servers read it in their usual mode. */
function dialectIn({ config, snapshots }: ExplainParts, cluster: string, database: string | undefined): SqlDialect {
  const seen = snapshots.get(cluster)?.link.snapshot.backends.find(({ identity }) => identity !== undefined);
  const dialect = dialectOf(seen?.identity?.greetingVersion, '', 'utf8mb4');
  const safe = clusterOf(config, cluster)?.safeFunctions ?? [];
  return safe.length === 0 ? dialect : { ...dialect, safeFunctions: new SafeFunctions(safe).in(database) };
}

function judgedBy({ rules }: ExplainParts, request: ExplainRequest, listener: string, text: StatementText): Ruling | undefined {
  const { user = '', database, client = '127.0.0.1', tls = false } = request;
  const concerning = rules?.concerning({ user, client, listener, tls }) ?? [];
  return judge(concerning, { database: schemaChosen(text.facts) ?? database, kind: 'other', text, attributes: () => new Map() });
}

function factsShown(facts: StatementFacts, text: StatementText): Explanation['facts'] {
  return {
    kind: facts.kind,
    statements: facts.statements,
    pureRead: facts.pureRead,
    notPureBecause: facts.notPureBecause ?? null,
    tables: text.tables.map(({ schema, name }) => (schema === undefined ? name : `${schema}.${name}`)),
    begins: facts.begins,
    commits: facts.commits,
    effects: [...new Set(facts.effects.map(({ kind }) => kind))],
  };
}

function hintShown(
  { target, backend, consistency, unknown }: Hints,
  snapshot: ClusterSnapshot | undefined,
): NonNullable<Explanation['hint']> {
  const isThere = backend === undefined || (snapshot !== undefined && backendNamed(snapshot, backend) !== undefined);
  return {
    target: target ?? null,
    backend: backend ?? null,
    consistency: consistency ?? null,
    ignored: [...unknown, ...(isThere ? [] : [`backend=${backend}: there is none of that name`])],
  };
}

function ruleShown({ name, options, action }: Rule): Explanation['rules'][number] {
  return { name, dryRun: options.dryRun, action: { ...action } };
}

function routeBy(
  hints: Hints | undefined,
  ruling: Ruling | undefined,
  byUser: boolean,
  ordered: boolean,
  split: string | undefined,
): string {
  const because = split === undefined ? '' : `, split: ${split}`;
  if (ordered && (hints?.target !== undefined || hints?.backend !== undefined)) return 'the hint';
  if (ordered && ruling?.targetBy !== undefined) return `rule ${ruling.targetBy.name}${because}`;
  return `${byUser ? 'the user' : 'the listener'}${because}`;
}

function targetIn(
  { config, snapshots }: ExplainParts,
  cluster: string,
  route: 'primary' | 'replica',
  backend: string | undefined,
): Pick<Explanation, 'target' | 'backends'> {
  const snapshot = snapshots.get(cluster)?.link.snapshot;
  if (snapshot === undefined) return { target: null, backends: [] };
  // What workers have under way is theirs: of equals, the one with the largest share.
  const balancer = new Balancer();
  const maxLagMs = clusterOf(config, cluster)?.replicas.maxLagMs;
  const preferences = maxLagMs === undefined ? {} : { maxLagMs };
  const others = new Set(snapshot.backends.filter(({ name }) => backend !== undefined && name !== backend).map(({ name }) => name));
  const chosen = new Router(balancer).choose(route, snapshot, { ...preferences, exclude: others });
  const target = chosen.kind === 'backend' ? chosen.backend : undefined;
  const backends = explainBackends(target, route, snapshot, preferences, balancer);
  return {
    target: target?.name ?? null,
    backends: backends.map((each) => (others.has(each.name) ? { ...each, reason: `is not the named backend ${backend}` } : each)),
  };
}

import { table } from './table.js';

/** What is read from the answer of `/api/v1/explain`; a proxy of another version may lack any of it. */
interface Explanation {
  readonly digest?: { readonly hash?: string; readonly text?: string };
  readonly facts?: {
    readonly kind?: string;
    readonly statements?: number;
    readonly pureRead?: boolean;
    readonly notPureBecause?: string | null;
    readonly tables?: readonly string[];
  };
  readonly hint?: Readonly<Record<string, unknown>> | null;
  readonly rules?: readonly { readonly name: string; readonly dryRun: boolean; readonly action: object }[];
  readonly denied?: { readonly rule: string; readonly message: string } | null;
  readonly delayMs?: number;
  readonly timeoutMs?: number | null;
  readonly rewritten?: string | null;
  readonly listener?: string;
  readonly cluster?: string;
  readonly route?: string;
  readonly routeBy?: string;
  readonly consistency?: string;
  readonly target?: string | null;
  readonly backends?: readonly { readonly name: string; readonly chosen: boolean; readonly reason: string }[];
}

/** The answer of `/api/v1/explain` for people. */
export function explanationText(answer: unknown): string {
  const { digest, facts, hint, rules = [], denied, delayMs = 0, timeoutMs, rewritten, ...rest } = answer as Explanation;
  const rows: (readonly [string, string])[] = [
    ['statement', digest?.text ?? '?'],
    ['digest', digest?.hash ?? '?'],
    ['facts', factsLine(facts)],
    ['tables', (facts?.tables ?? []).join(', ') || 'none'],
    ['hint', hint ? hintLine(hint) : 'none'],
    ...(rules.length === 0 ? [['rule', 'none'] as const] : rules.map(ruleRow)),
    ...(rewritten ? [['rewritten', rewritten] as const] : []),
    ...(delayMs > 0 ? [['delay', `${delayMs} ms`] as const] : []),
    ...(timeoutMs ? [['timeout', `${timeoutMs} ms`] as const] : []),
  ];
  if (denied) return table(['', ''], [...rows, ['DENIED', `by rule ${denied.rule}: ${denied.message} (error 9505)`]]).replace(/^\s*\n/, '');
  const { listener, cluster, route, routeBy, consistency, target, backends = [] } = rest;
  rows.push(
    ['route', `${route ?? '?'} of cluster ${cluster ?? '?'}, by ${routeBy ?? '?'} (listener ${listener ?? '?'})`],
    ['consistency', consistency ?? '?'],
    ['target', target ?? 'NONE NOW: it waits for a server'],
    ...backends.map((each) => [each.chosen ? 'chosen' : 'not', `${each.name} ${each.chosen ? `(${each.reason})` : each.reason}`] as const),
  );
  return table(['', ''], rows).replace(/^\s*\n/, '');
}

function factsLine(facts: Explanation['facts']): string {
  const purity = facts?.pureRead === true ? 'a pure read' : `no pure read: ${facts?.notPureBecause ?? '?'}`;
  const several = (facts?.statements ?? 1) > 1 ? `, ${facts?.statements} statements` : '';
  return `${facts?.kind ?? '?'}, ${purity}${several}`;
}

function hintLine(hint: Readonly<Record<string, unknown>>): string {
  const { ignored, ...said } = hint;
  const parts = Object.entries(said).flatMap(([key, value]) => (value === null ? [] : [`${key} ${String(value)}`]));
  const rest = Array.isArray(ignored) && ignored.length > 0 ? [`ignored: ${ignored.join('; ')}`] : [];
  return [...parts, ...rest].join(', ') || 'says nothing';
}

function ruleRow({ name, dryRun, action }: NonNullable<Explanation['rules']>[number]): readonly [string, string] {
  const actions = Object.entries(action).map(
    ([key, value]) => `${key} ${typeof value === 'object' ? JSON.stringify(value) : String(value)}`,
  );
  return ['rule', `${name}${dryRun ? ' (dry run)' : ''}: ${actions.join(', ') || 'counts'}`];
}

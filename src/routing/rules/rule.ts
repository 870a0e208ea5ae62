import type { StatementKind } from '../../sql/facts.js';
import type { TableName } from '../../sql/tables-named.js';
import type { Pattern } from '../pattern/pattern.js';
import { Rewrite } from './rewrite.js';
import type { RuleAction, RuleOptions } from './rule-options.js';
import { rulePattern } from './rule-pattern.js';
import type { StatementText } from './statement-text.js';

/** Whose statements: what stays the same for long. */
export interface RuleSession {
  readonly user: string;
  /** Address. */
  readonly client: string;
  readonly listener: string;
  readonly tls: boolean;
}

/** What else rules look at. */
export interface RuleSubject {
  /** Selected now. */
  readonly database: string | undefined;
  /** Of a command without a text; with one it is the text's. */
  readonly kind: StatementKind;
  /** Undefined: a command without SQL, or SQL too large to be kept. */
  readonly text: StatementText | undefined;
  /** Query attributes, as text. */
  readonly attributes: () => ReadonlyMap<string, string>;
}

type Check = (subject: RuleSubject) => boolean;

/** `name` or `name=value`. */
interface NamedValue {
  readonly name: string;
  readonly value: string | undefined;
}

/** One rule, compiled: cheap checks first, the digest and the pattern last. */
export class Rule {
  readonly name: string;
  readonly options: RuleOptions;
  readonly action: RuleAction;
  readonly rewrite: Rewrite | undefined;
  readonly #checks: readonly Check[];

  /** @throws PatternError, RangeError (see `Rewrite`) */
  constructor(options: RuleOptions) {
    this.name = options.name;
    this.options = options;
    this.action = options.action;
    const { match, action } = options;
    const pattern = match.pattern === undefined ? undefined : rulePattern(match.pattern);
    if (action.rewrite !== undefined && pattern !== undefined) this.rewrite = new Rewrite(action.rewrite, pattern);
    this.#checks = checksOf(options, pattern);
  }

  /** False: no statement of this session can match. */
  concerns({ user, client, listener, tls }: RuleSession): boolean {
    const { match } = this.options;
    if (match.tls !== undefined && match.tls !== tls) return false;
    if (match.listener?.includes(listener) === false) return false;
    if (match.user?.includes(user) === false) return false;
    return match.client === undefined || match.client(client);
  }

  /** For statements of a session that it concerns. */
  matches(subject: RuleSubject): boolean {
    for (const check of this.#checks) if (!check(subject)) return false;
    return true;
  }
}

function checksOf({ match }: RuleOptions, pattern: Pattern | undefined): Check[] {
  const checks: Check[] = [];
  const { database, kind, comment, attribute, table, digest } = match;
  if (database !== undefined) checks.push((subject) => subject.database !== undefined && database.includes(subject.database));
  if (kind !== undefined) checks.push(kindCheck(new Set(kind)));
  if (attribute !== undefined) {
    const wanted = attribute.map(namedValue);
    checks.push(({ attributes }) => hasOne(attributes(), wanted));
  }
  if (comment !== undefined) {
    const wanted = comment.map(namedValue);
    checks.push(
      ({ text }) => text?.facts.comments !== undefined && (comment.includes(text.tags.leading) || hasOne(text.tags.tags, wanted)),
    );
  }
  if (table !== undefined) {
    const wanted = table.map(tableName);
    checks.push(({ text, database: current }) => text?.tables.some((each) => isOneOf(each, wanted, current?.toLowerCase())) === true);
  }
  if (digest !== undefined) {
    const wanted = digest.map((each) => each.toLowerCase().replace(/^0x/, '').padStart(16, '0'));
    checks.push(({ text }) => text !== undefined && wanted.includes(text.digest.hash));
  }
  if (pattern !== undefined) checks.push(({ text }) => text?.matches(pattern) === true);
  return checks;
}

function kindCheck(wanted: ReadonlySet<StatementKind>): Check {
  return ({ kind, text }) => {
    if (text === undefined || !text.facts.multi) return wanted.has(text?.facts.kind ?? kind);
    const { kinds } = text;
    for (const each of kinds) if (wanted.has(each) && (each !== 'read' || [...kinds].every((other) => wanted.has(other)))) return true;
    return false;
  };
}

function namedValue(text: string): NamedValue {
  const sign = text.indexOf('=');
  return sign <= 0 ? { name: text, value: undefined } : { name: text.slice(0, sign), value: text.slice(sign + 1) };
}

function hasOne(values: ReadonlyMap<string, string>, wanted: readonly NamedValue[]): boolean {
  return wanted.some(({ name, value }) => (value === undefined ? values.has(name) : values.get(name) === value));
}

function tableName(text: string): TableName {
  const dot = text.indexOf('.');
  const lower = text.toLowerCase();
  return dot < 0 ? { schema: undefined, name: lower } : { schema: lower.slice(0, dot), name: lower.slice(dot + 1) };
}

/** A table without its schema is one of the selected database. */
function isOneOf({ schema = undefined, name }: TableName, wanted: readonly TableName[], current: string | undefined): boolean {
  return wanted.some(
    (each) => (each.schema === undefined || each.schema === (schema ?? current)) && (each.name === '*' || each.name === name),
  );
}

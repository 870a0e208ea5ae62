import { DEFAULT_DIALECT, type SqlDialect } from './dialect.js';
import type { CommentSpan } from './facts.js';
import { Lexer } from './lexer.js';
import { Token } from './token.js';

/** What the comments of a statement ask of the routing. They change the target only, never what rules forbid or limit. */
export interface Hints {
  readonly target: 'primary' | 'replica' | undefined;
  /** A backend's configured name, as written. May name none that exists. */
  readonly backend: string | undefined;
  readonly consistency: 'eventual' | 'session' | 'global' | undefined;
  /** Items of our own hints that mean nothing here, as written but for control characters; for the log. At most 8, each cut at 64 characters. */
  readonly unknown: readonly string[];
}

/** What rules can match on in comments. */
export interface CommentTags {
  /** `app='shop',route='x'` as sqlcommenter writes it (values decoded), and `app:shop,route:x`. The first of two equal keys counts. */
  readonly tags: ReadonlyMap<string, string>;
  /** Text of the comment before the first word (of several the first), trimmed; '' when there is none. */
  readonly leading: string;
}

/** No comment is read further than this, in bytes. */
const MAX_COMMENT_BYTES = 4096;
const MAX_UNKNOWN = 8;
const MAX_TAGS = 64;

const OWN = /^pointsman\s*:/i;
const OWN_ITEM = /([^\s,;=]+)(?:\s*=\s*(?:'([^']*)'|"([^"]*)"|([^\s,;'"]*)))?/g;
/** MaxScale's hint filter: https://mariadb.com/kb/en/maxscale-hintfilter/ ; of its hints only these carry no state and no numbers. */
const MAXSCALE = /^maxscale\s+route\s+to\s+(?:(master|slave)|server\s+(\S+))$/i;

/** Inside of a comment, trimmed. */
function inside(sql: Uint8Array, { start, end }: CommentSpan): string {
  const closed = sql[start] === 47 && end - start >= 4 && sql[end - 1] === 47 && sql[end - 2] === 42;
  const from = start + (sql[start] === 35 ? 1 : 2);
  const to = Math.min(closed ? end - 2 : end, from + MAX_COMMENT_BYTES);
  return Buffer.from(sql.buffer, sql.byteOffset + from, Math.max(0, to - from))
    .toString('utf8')
    .trim();
}

/**
 * Routing hints in a statement's comments; undefined when there are none. Ours (`pointsman: primary`, `replica`, `route=primary`,
 * `backend=db2`, `consistency=eventual`, several between commas) win over MaxScale's (`maxscale route to master | slave | server db2`);
 * of two that say the same thing the later wins. ProxySQL's name hostgroups by number, of which we have none, and are passed over.
 * @param sql the bytes that `comments` were found in
 * @param comments `StatementFacts.comments`
 */
export function hintsOf(sql: Uint8Array, comments: readonly CommentSpan[] | undefined): Hints | undefined {
  if (comments === undefined) return undefined;
  const own = new Gathered();
  const foreign = new Gathered();
  for (const span of comments) {
    const first = firstLetter(sql, span);
    if (first === 0x70) readOwn(inside(sql, span), own);
    else if (first === 0x6d) readMaxscale(inside(sql, span), foreign);
  }
  if (!own.found && !foreign.found) return undefined;
  const named = own.target !== undefined || own.backend !== undefined;
  return {
    target: named ? own.target : foreign.target,
    backend: named ? own.backend : foreign.backend,
    consistency: own.consistency,
    unknown: own.unknown,
  };
}

/** `hintsOf` for those who have no facts: reads the text by itself. */
export function textHints(sql: Uint8Array, dialect: SqlDialect = DEFAULT_DIALECT): Hints | undefined {
  return hintsOf(sql, commentsOf(sql, dialect));
}

/** Comments of a text as `StatementFacts.comments` has them. */
export function commentsOf(sql: Uint8Array, dialect: SqlDialect = DEFAULT_DIALECT): readonly CommentSpan[] | undefined {
  const lexer = new Lexer();
  lexer.open(sql, dialect, 0, sql.length);
  while (lexer.next() !== Token.end) {
    // the lexer notes them
  }
  return lexer.comments;
}

class Gathered {
  found = false;
  target: Hints['target'];
  backend: Hints['backend'];
  consistency: Hints['consistency'];
  readonly unknown: string[] = [];

  route(target: 'primary' | 'replica' | undefined, backend: string | undefined): void {
    this.found = true;
    this.target = target ?? this.target;
    this.backend = backend ?? this.backend;
  }
}

/** Lower case of the first byte inside that is no blank; most comments are told apart by it. */
function firstLetter(sql: Uint8Array, { start, end }: CommentSpan): number {
  let at = start + (sql[start] === 35 ? 1 : 2);
  while (at < end && (sql[at] as number) <= 32) at++;
  return at < end ? (sql[at] as number) | 32 : 0;
}

function readOwn(text: string, hints: Gathered): void {
  const mark = OWN.exec(text);
  if (mark === null) return;
  hints.found = true;
  for (const [written, key = '', single, double, bare] of text.slice(mark[0].length).matchAll(OWN_ITEM)) {
    if (!readItem(key.toLowerCase(), single ?? double ?? bare, hints) && hints.unknown.length < MAX_UNKNOWN)
      // biome-ignore lint/suspicious/noControlCharactersInRegex: what a client wrote goes into a log line
      hints.unknown.push(written.replace(/[\x00-\x1f\x7f]/g, '?').slice(0, 64));
  }
}

/** False when it means nothing. */
function readItem(key: string, value: string | undefined, hints: Gathered): boolean {
  const word = value?.toLowerCase();
  const target = key === 'route' ? word : value === undefined ? key : undefined;
  if (target === 'primary' || target === 'replica') hints.route(target, undefined);
  else if (key === 'backend' && value !== undefined && value !== '') hints.route(undefined, value);
  else if (key === 'consistency' && (word === 'eventual' || word === 'session' || word === 'global')) hints.consistency = word;
  else return false;
  return true;
}

function readMaxscale(text: string, hints: Gathered): void {
  const match = MAXSCALE.exec(text);
  if (match === null) return;
  const role = match[1]?.toLowerCase();
  hints.route(role === 'master' ? 'primary' : role === 'slave' ? 'replica' : undefined, match[2]?.replace(/^(['"`])(.*)\1$/, '$2'));
}

/**
 * Tags and the leading text of a statement's comments; undefined when it has none. Comments that are hints carry no tags.
 * @param sql the bytes that `comments` were found in
 * @param comments `StatementFacts.comments`
 */
export function commentTags(sql: Uint8Array, comments: readonly CommentSpan[] | undefined): CommentTags | undefined {
  if (comments === undefined) return undefined;
  const tags = new Map<string, string>();
  let leading = '';
  for (const span of comments) {
    const text = inside(sql, span);
    if (span.leading && leading === '') leading = text;
    if (!OWN.test(text)) readTags(text, tags);
  }
  return { tags, leading };
}

const KEY = /[\w.%-]+/y;
const BARE_VALUE = /[^\s,'"]+/y;

/** `key='value'`, `key=value` and `key:value` between commas; what is none of them is passed over. */
function readTags(text: string, tags: Map<string, string>): void {
  let at = 0;
  while (at < text.length && tags.size < MAX_TAGS) {
    while (text[at] === ' ' || text[at] === ',' || text[at] === '\t' || text[at] === '\n' || text[at] === '\r') at++;
    KEY.lastIndex = at;
    const key = KEY.exec(text)?.[0];
    let value: string | undefined;
    if (key !== undefined) {
      at += key.length;
      const sign = text[at];
      if (sign === '=' && text[at + 1] === "'") {
        const end = quotedEnd(text, at + 2);
        if (end === -1) return;
        value = text.slice(at + 2, end).replaceAll(/\\(.)/gs, '$1');
        at = end + 1;
      } else if (sign === '=' || sign === ':') {
        BARE_VALUE.lastIndex = at + 1;
        value = BARE_VALUE.exec(text)?.[0];
        at += 1 + (value?.length ?? 0);
      }
    }
    // An item ends at a comma or at the end; in running text a colon makes no tag.
    let end = at;
    while (text[end] === ' ') end++;
    const ends = end >= text.length || text[end] === ',';
    if (ends && key !== undefined && value !== undefined && !tags.has(decoded(key))) tags.set(decoded(key), decoded(value));
    at = end;
    while (at < text.length && text[at] !== ',') at++;
  }
}

/** Where the quote closes; -1 when it does not. */
function quotedEnd(text: string, from: number): number {
  for (let at = from; at < text.length; at++) {
    if (text[at] === '\\') at++;
    else if (text[at] === "'") return at;
  }
  return -1;
}

/** Percent signs resolved as sqlcommenter writes them, the text itself where that fails. */
function decoded(text: string): string {
  if (!text.includes('%')) return text;
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}

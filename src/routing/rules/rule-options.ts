import type { StatementKind } from '../../sql/facts.js';
import type { ConsistencyLevel } from '../consistency.js';

/** What a statement must be like; every member that is given must hold, and of each list one. */
export interface RuleMatch {
  readonly user?: readonly string[];
  readonly database?: readonly string[];
  /** Whether an address is one of those meant. */
  readonly client?: (address: string) => boolean;
  readonly listener?: readonly string[];
  readonly tls?: boolean;
  /** `read` holds for texts of nothing but reads; the others where one statement of the text is of the kind. */
  readonly kind?: readonly StatementKind[];
  /** `name`, `schema.name` or `schema.*`; case does not count. */
  readonly table?: readonly string[];
  /** Hexadecimal, with or without `0x`. */
  readonly digest?: readonly string[];
  /** `key`, `key=value`, or the whole comment before the first word. */
  readonly comment?: readonly string[];
  /** Query attribute: `name` or `name=value`. */
  readonly attribute?: readonly string[];
  /** Source of a `Pattern`. */
  readonly pattern?: string;
}

/** `statements` per `everyMs`, up to `burst` at once; counted together, or for each user or client address. */
export interface RateLimitOptions {
  readonly statements: number;
  readonly everyMs: number;
  readonly burst: number;
  readonly per: 'all' | 'user' | 'client';
}

export interface RuleAction {
  readonly route?: 'primary' | 'replica' | 'split';
  readonly cluster?: string;
  readonly backend?: string;
  readonly consistency?: ConsistencyLevel;
  readonly commitGuard?: boolean;
  readonly sticky?: boolean;
  readonly timeoutMs?: number;
  /** Replaces what `pattern` matched: `$1` is a group, `$&` the match, `$$` a dollar. */
  readonly rewrite?: string;
  /** The message. */
  readonly deny?: string;
  readonly delayMs?: number;
  readonly rateLimit?: RateLimitOptions;
  readonly log?: boolean;
}

/** One rule, checked. */
export interface RuleOptions {
  readonly name: string;
  readonly match: RuleMatch;
  readonly action: RuleAction;
  /** Later rules are looked at too; of two that say the same thing the later wins. */
  readonly continue: boolean;
  /** Counted and nothing else. */
  readonly dryRun: boolean;
}

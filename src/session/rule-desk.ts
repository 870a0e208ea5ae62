import type { RuleSet } from '../routing/rules/rule-set.js';

/** Allowances of rules with a rate limit; they count for the whole process group. */
export interface LimitDesk {
  /**
   * Takes one statement out of a rule's allowance. Never rejects.
   * @returns 0, or how many milliseconds it takes until there is one again; a promise where another process has to be asked
   */
  take(rule: string, user: string, client: string): number | Promise<number>;
}

/** The rules as the sessions of one listener meet them. */
export interface RuleDesk {
  readonly listener: string;
  readonly set: RuleSet;
  readonly limits: LimitDesk;
}

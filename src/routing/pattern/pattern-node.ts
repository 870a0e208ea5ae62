import type { CharSet } from './char-set.js';

/** What has to be true between two characters. */
export type Assertion = 'text-start' | 'text-end' | 'line-start' | 'line-end' | 'word-edge' | 'no-word-edge';

/** A parsed pattern. */
export type PatternNode =
  | { readonly kind: 'empty' }
  | { readonly kind: 'set'; readonly set: CharSet }
  | { readonly kind: 'assert'; readonly assertion: Assertion }
  | { readonly kind: 'sequence'; readonly parts: readonly PatternNode[] }
  | { readonly kind: 'choice'; readonly choices: readonly PatternNode[] }
  /** `group` counts from 1. */
  | { readonly kind: 'capture'; readonly group: number; readonly node: PatternNode }
  | {
      readonly kind: 'repeat';
      readonly node: PatternNode;
      readonly least: number;
      /** Infinity: no end. */
      readonly most: number;
      readonly lazy: boolean;
      /** Groups inside: first and last, empty when first > last. They are forgotten at each turn. */
      readonly firstGroup: number;
      readonly lastGroup: number;
    };

/** How a pattern's letters are to be taken. */
export interface PatternFlags {
  readonly ignoreCase: boolean;
  /** `.` takes line ends too. */
  readonly dotAll: boolean;
  /** `^` and `$` stand at each line's ends. */
  readonly multiline: boolean;
}

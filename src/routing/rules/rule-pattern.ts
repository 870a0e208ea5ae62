import { Pattern } from '../pattern/pattern.js';

/** A rule's pattern: case does not count and `.` takes line ends too, as befits SQL; `(?-i)` or `(?-s)` at its beginning says otherwise. */
export function rulePattern(source: string): Pattern {
  return new Pattern(source, { ignoreCase: true, dotAll: true });
}

import { Beside } from './alphabet.js';
import type { Assertion } from './pattern-node.js';

/** Whether an assertion holds between what stands before and what stands after a place. */
export function holds(assertion: Assertion, before: number, after: number): boolean {
  switch (assertion) {
    case 'text-start':
      return before === Beside.edge;
    case 'text-end':
      return after === Beside.edge;
    case 'line-start':
      return before === Beside.edge || before === Beside.line;
    case 'line-end':
      return after === Beside.edge || after === Beside.line;
    case 'word-edge':
      return (before === Beside.word) !== (after === Beside.word);
    case 'no-word-edge':
      return (before === Beside.word) === (after === Beside.word);
  }
}

import type { CharSet } from './char-set.js';
import { PatternError } from './pattern-error.js';
import type { Assertion, PatternNode } from './pattern-node.js';

/**
 * A step of a compiled pattern. `set` goes on to the next step when a character is in it; `split` tries `to` first, then `other`; `save`
 * notes the place; `forget` empties the places from `from` to `to`.
 */
export type Step =
  | { readonly op: 'set'; readonly set: CharSet }
  | { readonly op: 'split'; to: number; other: number }
  | { readonly op: 'jump'; to: number }
  | { readonly op: 'save'; readonly slot: number }
  | { readonly op: 'forget'; readonly from: number; readonly to: number }
  | { readonly op: 'assert'; readonly assertion: Assertion }
  | { readonly op: 'match' };

export interface Program {
  readonly steps: readonly Step[];
  /** Places noted: two of the whole match, two of each group. */
  readonly slots: number;
}

/** The time for one character is bounded by this. Repetitions with bounds are written out, so they count many times. */
const MAX_STEPS = 2000;

/** @throws PatternError when it would become too large */
export function compileProgram(node: PatternNode, groups: number): Program {
  const steps: Step[] = [];
  const emit = (step: Step): number => {
    if (steps.length >= MAX_STEPS)
      throw new PatternError(1, `the pattern is too large: more than ${MAX_STEPS} steps with its repetitions written out`);
    return steps.push(step) - 1;
  };
  const write = (each: PatternNode): void => {
    switch (each.kind) {
      case 'empty':
        return;
      case 'set':
        emit({ op: 'set', set: each.set });
        return;
      case 'assert':
        emit({ op: 'assert', assertion: each.assertion });
        return;
      case 'sequence':
        for (const part of each.parts) write(part);
        return;
      case 'capture':
        emit({ op: 'save', slot: each.group * 2 });
        write(each.node);
        emit({ op: 'save', slot: each.group * 2 + 1 });
        return;
      case 'choice':
        writeChoice(each.choices);
        return;
      case 'repeat':
        writeRepeat(each);
    }
  };
  const writeChoice = (choices: readonly PatternNode[]): void => {
    const ends: number[] = [];
    choices.forEach((choice, index) => {
      if (index === choices.length - 1) {
        write(choice);
        return;
      }
      const split = emit({ op: 'split', to: steps.length + 1, other: 0 });
      write(choice);
      ends.push(emit({ op: 'jump', to: 0 }));
      (steps[split] as { other: number }).other = steps.length;
    });
    for (const end of ends) (steps[end] as { to: number }).to = steps.length;
  };
  const writeSplit = (lazy: boolean): ((past: number) => void) => {
    const at = emit({ op: 'split', to: steps.length + 1, other: steps.length + 1 });
    return (past) => {
      const split = steps[at] as { to: number; other: number };
      if (lazy) split.to = past;
      else split.other = past;
    };
  };
  const writeRepeat = ({ node: body, least, most, lazy, firstGroup, lastGroup }: Extract<PatternNode, { kind: 'repeat' }>): void => {
    const turn = (): void => {
      if (firstGroup <= lastGroup) emit({ op: 'forget', from: firstGroup * 2, to: lastGroup * 2 + 1 });
      write(body);
    };
    for (let i = 0; i < least; i++) turn();
    if (most === Number.POSITIVE_INFINITY) {
      const top = steps.length;
      const leave = writeSplit(lazy);
      turn();
      emit({ op: 'jump', to: top });
      leave(steps.length);
      return;
    }
    const leaves: ((past: number) => void)[] = [];
    for (let i = least; i < most; i++) {
      leaves.push(writeSplit(lazy));
      turn();
    }
    for (const leave of leaves) leave(steps.length);
  };
  emit({ op: 'save', slot: 0 });
  write(node);
  emit({ op: 'save', slot: 1 });
  emit({ op: 'match' });
  return { steps, slots: (groups + 1) * 2 };
}

import type { Sequence } from './generate.js';
import type { Operation } from './operation.js';
import type { Ending } from './play.js';

type Different = Extract<Ending, { how: 'different' }>;

/**
 * Cuts a sequence down to what is needed for a difference: halves, quarters ... down to single operations are left out, as long as
 * some difference remains. The first operation, which makes the rows, always stays.
 * @param again plays a sequence anew and gives its difference, if it has one
 */
export async function shrink(
  sequence: Sequence,
  found: Different,
  again: (sequence: Sequence) => Promise<Different | undefined>,
  limitMs = 60_000,
): Promise<{ sequence: Sequence; ending: Different }> {
  const until = Date.now() + limitMs;
  const [first, ...rest] = sequence.operations;
  const whole = (operations: readonly Operation[]): Sequence => ({
    ...sequence,
    operations: first === undefined ? operations : [first, ...operations],
  });
  let kept = rest.slice(0, found.at);
  let ending = found;
  let size = Math.ceil(kept.length / 2);
  while (size >= 1 && kept.length > 1 && Date.now() < until) {
    let less = false;
    for (let from = kept.length - size; from > -size && Date.now() < until; from -= size) {
      const [begin, end] = [Math.max(0, from), from + size];
      const without = [...kept.slice(0, begin), ...kept.slice(end)];
      if (without.length === kept.length || without.length === 0) continue;
      const still = await again(whole(without));
      if (still === undefined) continue;
      // What stands behind the difference is not needed either.
      kept = without.slice(0, still.at);
      ending = still;
      less = true;
      from = Math.min(from, kept.length);
    }
    if (!less || size > kept.length) size = size === 1 ? 0 : Math.floor(size / 2);
  }
  return { sequence: whole(kept), ending };
}

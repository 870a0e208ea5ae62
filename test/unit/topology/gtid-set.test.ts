import fc from 'fast-check';
import t from 'tap';
import { GtidSet } from '../../../src/topology/gtid-set.js';

const a = '3e11fa47-71ca-11e1-9e33-c80aa9429562';
const b = '99c8f257-e6be-11f1-a903-02fc00000001';
const parse = GtidSet.parse;

t.test('reading and printing', async (t) => {
  t.equal(parse('').toString(), '');
  t.equal(parse(`${a}:1-5`).toString(), `${a}:1-5`);
  t.equal(parse(`${a.toUpperCase()}:7:1-3:4:9`).toString(), `${a}:1-4:7:9`, 'sorted, joined where they touch');
  t.equal(parse(`${b}:1,\n${a}:2-3`).toString(), `${a}:2-3,${b}:1`, 'servers break lines');
  t.equal(parse(`${a}:1-5:tag_1:2-3:7`).toString(), `${a}:1-5,${a}:tag_1:2-3:7`, 'tags of MySQL 8.3 are sources of their own');
  for (const bad of ['x', `${a}`, `${a}:0`, `${a}:5-4`, `${a}:1-`, `${a}:1--2`]) t.throws(() => parse(bad), RangeError, bad);
});

t.test('arithmetic', async (t) => {
  t.equal(
    parse(`${a}:1-10`)
      .subtract(parse(`${a}:3-4:8`))
      .toString(),
    `${a}:1-2:5-7:9-10`,
  );
  t.equal(
    parse(`${a}:1-10,${b}:1`)
      .subtract(parse(`${a}:1-20`))
      .toString(),
    `${b}:1`,
  );
  t.equal(
    parse(`${a}:1-3`)
      .union(parse(`${a}:4-5,${b}:2`))
      .toString(),
    `${a}:1-5,${b}:2`,
  );
  t.ok(parse(`${a}:1-10`).contains(parse(`${a}:2-3:10`)));
  t.notOk(parse(`${a}:1-10`).contains(parse(`${a}:2-11`)));
  t.notOk(parse(`${a}:1-10`).contains(parse(`${b}:1`)));
  t.ok(parse('').contains(parse('')));
  t.equal(parse(`${a}:1-10:20,${b}:5`).count, 12);
});

const numbers = fc.uniqueArray(fc.integer({ min: 1, max: 40 }), { maxLength: 30 });
const pair = fc.tuple(numbers, numbers);
const setOf = (left: readonly number[], right: readonly number[]) =>
  parse([...left.map((n) => `${a}:${n}`), ...right.map((n) => `${b}:${n}`)].join(','));

t.test('agrees with plain sets', async () => {
  fc.assert(
    fc.property(pair, pair, ([a1, b1], [a2, b2]) => {
      const one = setOf(a1, b1);
      const two = setOf(a2, b2);
      const minus = setOf(
        a1.filter((n) => !a2.includes(n)),
        b1.filter((n) => !b2.includes(n)),
      );
      const plus = setOf([...a1, ...a2], [...b1, ...b2]);
      if (one.subtract(two).toString() !== minus.toString()) return false;
      if (one.union(two).toString() !== plus.toString()) return false;
      if (one.contains(two) !== (a2.every((n) => a1.includes(n)) && b2.every((n) => b1.includes(n)))) return false;
      return one.count === a1.length + b1.length && parse(one.toString()).toString() === one.toString();
    }),
  );
});

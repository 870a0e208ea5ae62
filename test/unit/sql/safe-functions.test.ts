import t from 'tap';
import { Classifier } from '../../../src/sql/classify.js';
import { dialectOf } from '../../../src/sql/dialect.js';
import { SafeFunctions } from '../../../src/sql/safe-functions.js';

const functions = new SafeFunctions(['Round_Up', 'shop.price', 'shop.TAX', 'crm.score']);
const classifier = new Classifier();

/** Schema that the session is in, text, and whether it is a pure read. */
const CASES: readonly (readonly [string | undefined, string, boolean])[] = [
  [undefined, 'SELECT round_up(1)', true],
  ['shop', 'SELECT ROUND_UP(1), other.round_up(2)', true],
  [undefined, 'SELECT shop.price(1)', true],
  ['crm', 'SELECT `shop` . `Price` (1)', true],
  [undefined, 'SELECT price(1)', false],
  ['crm', 'SELECT price(1)', false],
  ['shop', 'SELECT price(1), tax(2)', true],
  ['SHOP', 'SELECT price(1)', true],
  ['shop', 'SELECT crm.price(1)', false],
  ['shop', 'SELECT score(1)', false],
  ['crm', 'SELECT score(1), round_up(2)', true],
  ['shop', 'SELECT price(unknown_one(1))', false],
  ['shop', 'SELECT price(1) FOR UPDATE', false],
  ['shop', 'SELECT price(LAST_INSERT_ID())', false],
];

t.test('functions that are declared safe', (t) => {
  for (const [schema, sql, pure] of CASES) {
    const dialect = { ...dialectOf('8.0.15', '', 'utf8mb4'), safeFunctions: functions.in(schema) };
    t.equal(classifier.classify(Buffer.from(sql), dialect).pureRead, pure, `in ${schema}: ${sql}`);
  }
  t.equal(functions.in('shop'), functions.in('Shop'), 'no set is made twice');
  t.equal(functions.in('elsewhere'), functions.in(undefined));
  t.end();
});

import t from 'tap';
import { Classifier } from '../../../src/sql/classify.js';
import { DIALECTS, readCases } from './case-table.js';
import { factLine } from './fact-line.js';

// Every case of cases/*.txt, under each dialect it is meant for. The lines state all facts, so nothing can change unseen.
t.test('the facts of each statement in the table', (t) => {
  const classifier = new Classifier();
  const cases = readCases();
  t.ok(cases.length >= 400, `${cases.length} cases`);
  for (const { file, line, sql, flavors, expected } of cases) {
    for (const flavor of flavors)
      t.equal(factLine(classifier.classify(Buffer.from(sql), DIALECTS[flavor])), expected, `${file}:${line} ${flavor}: ${sql}`);
  }
  t.end();
});

// The bytes end where their ArrayBuffer ends: reading one further is an error there, and only there.
t.test('a quote as the last byte of the memory', (t) => {
  const classifier = new Classifier();
  for (const sql of [
    'SELECT @@"',
    'SELECT @@`',
    "SELECT @'",
    'SELECT `',
    'SET @@`',
    'USE `',
    'SELECT @@session.`',
    'DROP TABLE `',
    "SET NAMES '",
  ]) {
    for (const [name, dialect] of Object.entries(DIALECTS)) {
      const memory = new ArrayBuffer(sql.length);
      const bytes = Buffer.from(memory);
      bytes.write(sql, 'latin1');
      t.notOk(classifier.classify(bytes, dialect).pureRead && sql.startsWith('SET'), `${name}: ${sql}`);
    }
  }
  t.end();
});

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

// The servers refuse them (1064). Their numbers are those of token kinds, and one behind the end of the memory once was an error of ours.
t.test('control characters are no tokens', (t) => {
  const classifier = new Classifier();
  for (const [name, dialect] of Object.entries(DIALECTS)) {
    for (let byte = 1; byte < 32; byte++) {
      if (byte >= 9 && byte <= 13) continue;
      for (const sql of ['', 'SELECT ', 'SELECT 1 ', 'SELECT @a, ', 'UPDATE t SET a = 1 WHERE ', 'SET @@', 'DROP TABLE t']) {
        const text = Buffer.from(new ArrayBuffer(sql.length + 1));
        text.write(`${sql}${String.fromCharCode(byte)}`, 'latin1');
        const facts = classifier.classify(text, dialect);
        t.notOk(facts.pureRead || facts.simpleWrite, `${name}: ${sql} and byte ${byte}`);
      }
    }
  }
  t.end();
});

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

import t from 'tap';
import { LostTransaction, type TransactionCommand } from '../../../src/session/lost-transaction.js';

/** A conversation: what the client sends, what it gets, whether the lost transaction is over afterwards. */
type Step = readonly [command: TransactionCommand, answer: 'pass' | 'ok' | 'refuse', over: boolean];

const CONVERSATIONS: readonly [name: string, announced: boolean, steps: readonly Step[]][] = [
  ['ROLLBACK right after the loss', false, [['rollback', 'ok', true]]],
  [
    'the first command gets the error, even BEGIN',
    false,
    [
      ['begin', 'refuse', false],
      ['begin', 'pass', true],
    ],
  ],
  ['COMMIT gets the error and clears', false, [['commit', 'refuse', true]]],
  [
    'a program that ignores the error',
    false,
    [
      ['other', 'refuse', false],
      ['other', 'refuse', false],
      ['other', 'refuse', false],
      ['commit', 'refuse', true],
    ],
  ],
  ['ROLLBACK AND CHAIN: a server has to begin the next one', false, [['rollback-and-more', 'pass', true]]],
  ['told already, then ROLLBACK', true, [['rollback', 'ok', true]]],
  ['told already, then BEGIN', true, [['begin', 'pass', true]]],
  [
    'told already, then goes on',
    true,
    [
      ['other', 'refuse', false],
      ['begin', 'pass', true],
    ],
  ],
  [
    'ping in between changes nothing',
    false,
    [
      ['harmless', 'pass', false],
      ['other', 'refuse', false],
      ['harmless', 'pass', false],
      ['rollback', 'ok', true],
    ],
  ],
  ['autocommit=0: the first statement again is a new start, once told', true, [['first-again', 'pass', true]]],
  [
    'autocommit=0: not before it was told',
    false,
    [
      ['first-again', 'refuse', false],
      ['first-again', 'pass', true],
    ],
  ],
];

for (const [name, announced, steps] of CONVERSATIONS) {
  t.test(name, (t) => {
    const lost = new LostTransaction(announced);
    for (const [command, answer, over] of steps) {
      t.equal(lost.answer(command), answer, `${command} -> ${answer}`);
      t.equal(lost.over, over, over ? 'over' : 'not over');
    }
    t.end();
  });
}

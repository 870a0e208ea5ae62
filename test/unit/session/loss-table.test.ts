import t from 'tap';
import { actionAfterLoss, type InFlight, type LossAction, type LossCause } from '../../../src/session/loss-table.js';

const WRITE: InFlight = {
  sent: true,
  answered: false,
  repeatable: true,
  rerun: false,
  harmless: false,
  read: false,
  mayCommit: false,
  rollsBack: false,
  rollsBackOnly: false,
  stream: false,
};
const READ: InFlight = { ...WRITE, harmless: true, read: true };
const COMMIT: InFlight = { ...WRITE, mayCommit: true };

/** DESIGN 8, "What a client feels", row by row. */
const ROWS: readonly [name: string, cause: LossCause, inTransaction: boolean, statement: InFlight | undefined, action: LossAction][] = [
  ['idle session', 'server', false, undefined, 'detach'],
  ['idle session, network', 'network', false, undefined, 'detach'],
  ['idle in a transaction: the next command learns of it', 'server', true, undefined, 'detach'],
  ['ended by a healthy server, idle', 'ended', false, undefined, 'end'],
  ['ended by a healthy server, statement running', 'ended', false, READ, 'end'],
  ['not sent yet', 'server', false, { ...WRITE, sent: false }, 'hold'],
  ['pure read, nothing forwarded', 'server', false, READ, 'rerun'],
  ['pure read, second loss', 'server', false, { ...READ, rerun: true }, 'result-cut'],
  ['pure read too large to keep', 'server', false, { ...READ, repeatable: false }, 'result-cut'],
  ['pure read, only the network failed', 'network', false, READ, 'result-cut'],
  ['read partly forwarded', 'server', false, { ...READ, answered: true }, 'result-cut'],
  ['write sent, no answer', 'server', false, WRITE, 'outcome-unknown'],
  ['write sent, no answer, network', 'network', false, WRITE, 'outcome-unknown'],
  ['write half answered (multi-statement)', 'server', false, { ...WRITE, answered: true }, 'outcome-unknown'],
  ['statement in a transaction', 'server', true, WRITE, 'transaction-lost'],
  ['read in a transaction is not run again: its snapshot is gone', 'server', true, READ, 'transaction-lost'],
  ['unsent statement in a transaction', 'server', true, { ...WRITE, sent: false }, 'transaction-lost'],
  ['COMMIT sent', 'server', true, COMMIT, 'outcome-unknown'],
  ['COMMIT not sent', 'server', true, { ...COMMIT, sent: false }, 'transaction-lost'],
  ['ROLLBACK sent: it has happened', 'server', true, { ...WRITE, rollsBack: true, rollsBackOnly: true }, 'rolled-back'],
  ['ROLLBACK AND CHAIN sent: another server begins the next one', 'server', true, { ...WRITE, rollsBack: true }, 'rerun'],
  ['... the network likewise', 'network', true, { ...WRITE, rollsBack: true }, 'rerun'],
  ['... lost twice', 'server', true, { ...WRITE, rollsBack: true, rerun: true }, 'transaction-lost'],
  ['binlog stream', 'server', false, { ...READ, stream: true, answered: true }, 'result-cut'],
];

t.test('the table of DESIGN 8', (t) => {
  for (const [name, cause, inTransaction, statement, action] of ROWS)
    t.equal(actionAfterLoss(cause, inTransaction, statement), action, name);
  t.end();
});

t.test('a write that was sent is never held nor run again, whatever else holds', (t) => {
  const yesNo = [true, false];
  let tried = 0;
  for (const cause of ['server', 'network', 'ended'] as const)
    for (const inTransaction of yesNo)
      for (const answered of yesNo)
        for (const rerun of yesNo)
          for (const repeatable of yesNo)
            for (const mayCommit of yesNo)
              for (const stream of yesNo) {
                const action = actionAfterLoss(cause, inTransaction, { ...WRITE, answered, rerun, repeatable, mayCommit, stream });
                if (action === 'hold' || action === 'rerun') t.fail(`${action} for a sent write`);
                tried += 1;
              }
  t.equal(tried, 192);
  t.end();
});

import t from 'tap';
import { GivenAccounts } from '../../../src/health/given-accounts.js';
import { follows, sample } from '../topology/samples.js';

const member = (receiver: 'Yes' | 'No' | 'Connecting', receiverErrno: number, usesGtid = true) =>
  sample(3, { readOnly: true, replica: follows(2, { receiver, receiverErrno, usesGtid }) });
const configured = { user: 'replication', password: 'right' };

t.test('who is given another account', async (t) => {
  const accounts = new GivenAccounts();
  t.equal(accounts.helps('db3', member('Connecting', 1045), configured), true);
  t.equal(accounts.helps('db3', member('No', 1045), configured), true, 'MariaDB and MySQL may give up');
  t.equal(accounts.helps('db3', member('Connecting', 3118), configured), true, 'the account is locked');
  t.equal(accounts.helps('db3', member('Connecting', 2003), configured), false, 'the network');
  t.equal(accounts.helps('db3', member('Yes', 0), configured), false, 'it is well');
  t.equal(accounts.helps('db3', member('Connecting', 1045, false), configured), false, 'it goes by positions');
  t.equal(accounts.helps('db3', member('Connecting', 1045), undefined), false, 'none is configured');
});

t.test('once for each account', async (t) => {
  const accounts = new GivenAccounts();
  accounts.gave('db3', configured);
  t.equal(accounts.helps('db3', member('Connecting', 1045), configured), false, 'it was tried');
  t.equal(accounts.helps('db2', member('Connecting', 1045), configured), true, 'not there');
  t.equal(accounts.helps('db3', member('Connecting', 1045), { ...configured, password: 'mended' }), true, 'the key was mended');
  t.equal(accounts.helps('db3', member('Connecting', 1045), { ...configured, user: 'another' }), true);
});

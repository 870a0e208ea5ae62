import t from 'tap';
import { gtidMembership } from '../../servers/gtid.js';

const A = '3e11fa47-71ca-11e1-9e33-c80aa9429562';
const B = '3e11fa47-71ca-11e1-9e33-c80aa9429563';

t.test('MySQL: sets with several intervals and servers, letters of either case', async (t) => {
  const has = gtidMembership('mysql', `${A.toUpperCase()}:1-5:7:10-12,\n${B}:3`);
  for (const n of [1, 5, 7, 10, 12]) t.equal(has(`${A}:${n}`), true, String(n));
  for (const n of [6, 8, 9, 13, 100]) t.equal(has(`${A}:${n}`), false, String(n));
  t.equal(has(`${B}:3`), true);
  t.equal(has(`${B}:1`), false);
  t.equal(gtidMembership('mysql', '')(`${A}:1`), false);
});

t.test('MariaDB: a position stands for all before it in its domain', async (t) => {
  const has = gtidMembership('mariadb', '0-1-100,1-2-5,0-2-90');
  t.equal(has('0-1-100'), true);
  t.equal(has('0-1-101'), false);
  t.equal(has('0-3-7'), true);
  t.equal(has('1-2-6'), false);
  t.equal(has('7-1-1'), false);
  t.equal(gtidMembership('mariadb', '')('0-1-1'), false);
});

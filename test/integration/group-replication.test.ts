import { createConnection } from 'mysql2/promise';
import t from 'tap';
import { PASSWORDS, type Server, startPointsman, until } from '../servers/servers.js';
import { run } from '../unit/cli/run.js';
import { clusterStatus } from './cluster-status.js';
import { ScriptedGroup, type ScriptedMember } from './scripted-group.js';
import { Client, errno, sleep } from './session-world.js';

const TOKEN = 'for-the-operators';

t.test('Group Replication, by scripted members', async (t) => {
  const group = await ScriptedGroup.start(3);
  t.teardown(() => group.stop());
  const [db1, db2, db3] = group.members as [ScriptedMember, ScriptedMember, ScriptedMember];
  group.is(['P', 'S', 'S']);
  const servers = group.members as unknown as readonly Server[];
  const set = { flavor: 'mysql', servers, primary: servers[0] as Server } as const;
  const proxy = await startPointsman({
    set,
    mode: 'follow',
    cluster: { failover: { mode: 'follow' }, hold: { timeout: '30s' }, replicas: { consistency: 'eventual' } },
    config: { admin: { token: TOKEN } },
  });
  t.teardown(() => proxy.stop());
  const seen = () => clusterStatus(proxy, TOKEN);
  const cli = (...args: string[]) => run([...args, '--admin', proxy.adminUrl], { POINTSMAN_ADMIN_TOKEN: TOKEN });
  /** `p` primary, `r` read, `-` neither, for each member. */
  const are = (wanted: string) =>
    until(`members are ${wanted}`, async () => {
      const { primary, backends } = await seen();
      return backends.map(({ name, readable }) => (name === primary ? 'p' : readable ? 'r' : '-')).join('') === wanted;
    });
  const reasonOf = async (name: string) => (await seen()).backends.find((each) => each.name === name)?.reason;
  const open = async (port: number) => {
    const opened = new Client(await createConnection({ host: '127.0.0.1', port, user: 'app', password: PASSWORDS.app }));
    t.teardown(() => opened.connection.destroy());
    return opened;
  };
  const client = await open(proxy.splitPort);
  let serial = 0;
  const write = () => client.query(`INSERT INTO g VALUES ('t${serial++}')`);

  await t.test('is found out; the PRIMARY takes the writes, the others may be read', async (t) => {
    await are('prr');
    t.match(await seen(), { topology: 'group-replication', topologyReason: /member of a replication group/ });
    t.equal(errno(await write()), 0);
    t.same(db1.tokens, ['t0']);
  });

  await t.test('states of members', async (t) => {
    group.is(['P', 'S RECOVERING', 'S']);
    await are('p-r');
    t.match(await reasonOf('db2'), /RECOVERING/);
    group.is(['P', 'S', 'S ERROR']);
    await are('pr-');
    t.match(await reasonOf('db3'), /ERROR/);
    group.is(['P', 'S UNREACHABLE', 'S'], [db1, db3]);
    group.is(['P UNREACHABLE', 'S', 'S UNREACHABLE'], [db2]);
    await are('p-r');
    t.match(await reasonOf('db2'), /no majority/);
    group.is(['P', 'S', 'S']);
    await are('prr');
  });

  await t.test('the group moves the role: no error; we refuse to and say how', async (t) => {
    const refused = await cli('switchover', '--to', 'db2');
    t.equal(refused.code, 1);
    t.match(refused.err, new RegExp(`group_replication_set_as_primary\\('${db2.id}'\\)`));
    const wrong: unknown[] = [];
    const before = serial;
    let going = true;
    const load = (async () => {
      while (going) {
        const result = await write();
        if ('errno' in result) wrong.push(result);
        await sleep(2);
      }
    })();
    await until('the load runs', () => serial > before + 10);
    // First all are read-only, as while the group changes its mind.
    group.is(['S', 'S', 'S']);
    await until('a write was refused', async () => (await seen()).primary === null);
    group.is(['S', 'P', 'S']);
    await are('rpr');
    const moved = serial;
    await until('it goes on', () => serial > moved + 10);
    going = false;
    await load;
    t.same(wrong, []);
    const all = group.members.flatMap(({ tokens }) => tokens);
    t.equal(new Set(all).size, all.length, 'nothing twice');
    t.equal(all.length, serial, 'and everything once');
  });

  await t.test('the primary dies: held until the group has another', async (t) => {
    await db2.kill();
    group.is(['S', 'P UNREACHABLE', 'S'], [db1, db3]);
    await until('none', async () => (await seen()).primary === null);
    const held = write();
    group.is(['P', '-', 'S'], [db1, db3]);
    t.equal(errno(await held), 0);
    await are('p-r');
    await db2.start();
    group.is(['P', 'S', 'S']);
    await are('prr');
  });

  await t.test('a majority that is lost: no writes, and an alarm', async (t) => {
    await Promise.all([db2.kill(), db3.kill()]);
    // The one that is left still calls itself ONLINE and PRIMARY, and would block.
    group.is(['P', 'S UNREACHABLE', 'S UNREACHABLE'], [db1]);
    await until('none', async () => (await seen()).primary === null);
    const count = db1.tokens.length;
    const held = write();
    await until('the log says so', () => /no member with a majority of its replication group answers/.test(proxy.log()));
    t.match(proxy.log(), /no member with a majority of its replication group answers/);
    t.match((await cli('failover', '--to', 'db1')).err, /group_replication_force_members/);
    t.equal(db1.tokens.length, count, 'nothing was sent to it');
    await Promise.all([db2.start(), db3.start()]);
    group.is(['P', 'S', 'S']);
    t.equal(errno(await held), 0);
    await are('prr');
  });

  await t.test('multi primary: one takes the writes, the others may be read', async (t) => {
    group.is(['P', 'P', 'P']);
    await until('all are writable', async () => (await seen()).backends.every(({ reason }) => /PRIMARY/.test(reason)));
    await are('prr');
    const count = db1.tokens.length;
    for (let i = 0; i < 5; i += 1) t.equal(errno(await write()), 0);
    t.equal(db1.tokens.length, count + 5);
    group.is(['P ERROR', 'P', 'P']);
    await are('-pr');
    t.equal(errno(await write()), 0);
    t.notOk(client.cut, 'its connection stayed all the time');
  });
});

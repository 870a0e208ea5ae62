import t from 'tap';
import {
  awaitReplicating,
  FLAVORS,
  isReadOnly,
  type PointsmanProcess,
  replicationStatus,
  serverUnavailable,
  startPointsman,
  startReplication,
  until,
} from '../servers/servers.js';
import { run } from '../unit/cli/run.js';
import { HandoverLoad } from './handover-load.js';
import { serverNamed } from './health-setup.js';
import { LongTransactions } from './long-transactions.js';

const TOKEN = 'for-the-operators';

async function post(
  proxy: PointsmanProcess,
  path: string,
  body: object = {},
): Promise<{ status: number; answer: Record<string, unknown> }> {
  const headers = { authorization: `Bearer ${TOKEN}`, 'content-type': 'application/json' };
  const response = await fetch(proxy.adminUrl + path, { method: 'POST', headers, body: JSON.stringify(body) });
  return { status: response.status, answer: (await response.json()) as Record<string, unknown> };
}

for (const flavor of FLAVORS) {
  const reason = await serverUnavailable(flavor);
  t.test(`${flavor}: switchovers under load, in a process group`, { skip: reason ?? false }, async (t) => {
    const set = await startReplication({ flavor, replicas: 2 });
    t.teardown(() => set.stop());
    const proxy = await startPointsman({ set, mode: 'promote', config: { admin: { token: TOKEN }, process: { workers: 2 } } });
    t.teardown(() => proxy.stop());
    const cli = (...args: string[]) => run([...args, '--admin', proxy.adminUrl], { POINTSMAN_ADMIN_TOKEN: TOKEN });
    const load = new HandoverLoad(proxy);
    await load.start(12);

    const plan = await cli('switchover', '--to', 'db2', '--dry-run');
    t.equal(plan.code, 0, plan.err);
    t.match(plan.out, /db2 would take over from db1[\s\S]*read_only = ON[\s\S]*RESET[\s\S]*CHANGE/);
    t.equal(await isReadOnly(serverNamed(set, 'db1')), false, 'a plan changes nothing');

    for (const [from, to] of [
      ['db1', 'db2'],
      ['db2', 'db3'],
      ['db3', 'db1'],
    ] as const) {
      load.takeSlowest();
      const long = await LongTransactions.open(proxy, from);
      const moved = await cli('switchover', '--to', to);
      t.equal(moved.code, 0, moved.err);
      t.match(
        moved.out,
        new RegExp(`drain[\\s\\S]*read-only[\\s\\S]*promote[\\s\\S]*release[\\s\\S]*${to} is primary; new writes were held for \\d+ ms`),
      );
      t.equal(moved.err, '', 'no warnings');
      const taken = /(\d+) transaction\(s\) and \d+ statement\(s\) were open after (\d+) ms and are taken away/.exec(moved.out);
      t.ok(Number(taken?.[1]) >= long.count, `open transactions are moved: ${taken?.[0]}`);
      t.ok(Number(taken?.[2]) < 3_000, 'and not waited for');
      t.same(await long.commit(), [], 'they go on as if nothing had happened');
      t.same(await long.wrong(serverNamed(set, to)), [], 'and are there, once');
      t.comment(moved.out);
      t.equal(await isReadOnly(serverNamed(set, to)), false);
      t.equal(await replicationStatus(serverNamed(set, to)), undefined, 'it has no source');
      for (const server of set.servers) {
        if (server.name === to) continue;
        t.equal(await isReadOnly(server), true, `${server.name} is read-only`);
        await awaitReplicating(server);
        t.equal(
          (await replicationStatus(server))?.sourcePort,
          serverNamed(set, to).port,
          `${server.name} follows ${to}, and no more ${from}`,
        );
      }
      const count = load.acknowledged.length;
      await until('the load goes on', () => load.acknowledged.length > count + 20);
      t.comment(`slowest ${Math.round(Math.max(...load.takeSlowest()))} ms`);
    }
    await load.stop();
    t.same(load.troubles, [], 'no client has seen an error');
    t.ok(load.transactions > 10 && load.reads > 10, `${load.transactions} transactions, ${load.reads} reads`);
    for (const server of set.servers) {
      await until(`${server.name} has all once`, async () => (await load.wrong(server)).length === 0).catch(() => undefined);
      t.same(await load.wrong(server), [], `${server.name} has each acknowledged write once`);
    }
    const headers = { authorization: `Bearer ${TOKEN}` };
    const { failovers } = (await (await fetch(`${proxy.adminUrl}/api/v1/failovers`, { headers })).json()) as {
      failovers: { kind: string; newPrimary: string }[];
    };
    t.same(
      failovers.map(({ kind, newPrimary }) => `${kind} ${newPrimary}`),
      ['switchover db1', 'switchover db3', 'switchover db2'],
    );
    const refused = await post(proxy, '/api/v1/clusters/main/switchover', { to: 'db1' });
    t.equal(refused.status, 409);
    t.match(JSON.stringify(refused.answer), /db1 is the primary already/);
    t.equal((await post(proxy, '/api/v1/clusters/nobody/switchover')).status, 404);
  });
}

import t from 'tap';
import { EtcdClient } from '../../src/health/coordination/etcd-client.js';
import { base64 } from '../../src/health/coordination/etcd-lease.js';
import { openCoordinator } from '../../src/health/coordination/open-coordinator.js';
import { type MonitorSettings, monitorOptions } from '../../src/health/options.js';
import { issueCertificate, keyPem, newParty, type Party } from '../servers/issue-certificate.js';
import { etcdProgram, startEtcd, until } from '../servers/servers.js';
import { pause } from './health-setup.js';

const found = await etcdProgram();
const skip = 'reason' in found ? found.reason : false;
const drop = () => undefined;
const leaseMs = 5_000;

type EtcdOptions = Extract<NonNullable<NonNullable<MonitorSettings['failover']>['coordinator']>, { kind: 'etcd' }>;

/** The coordinator of one more proxy. */
function proxy(etcd: Pick<EtcdOptions, 'endpoints'> & Partial<EtcdOptions>, cluster = 'main', forMs = leaseMs) {
  return openCoordinator(
    monitorOptions({
      cluster,
      backends: [],
      monitor: { user: '', password: '' },
      log: { debug: drop, info: drop, warn: drop, error: drop },
      failover: { leaseMs: forMs, coordinator: { kind: 'etcd', prefix: '/pointsman/', ...etcd } },
    }),
  );
}

/** Which member leads, by the cluster's own word. */
async function leaderOf(client: EtcdClient, endpoints: readonly string[]): Promise<number> {
  const statuses = await Promise.all(
    endpoints.map((endpoint) => client.askOne(endpoint, '/v3/maintenance/status', {}).catch(() => undefined)),
  );
  return statuses.findIndex((status) => {
    const id = (status?.['header'] as { member_id?: string } | undefined)?.member_id;
    return status !== undefined && id === status['leader'];
  });
}

t.test('etcd: three servers', { skip }, async (t) => {
  const etcd = await startEtcd({ members: 3 });
  t.teardown(() => etcd.stop());
  const client = new EtcdClient({ endpoints: etcd.endpoints }, 1_000);
  t.teardown(() => client.close());
  await until('a leader', async () => (await leaderOf(client, etcd.endpoints)) >= 0);
  const a = proxy(etcd);
  const b = proxy(etcd);
  t.teardown(() => Promise.all([a.close(), b.close()]));

  await t.test('one at a time, by cluster; parts of one process share it', async (t) => {
    const first = await a.acquire();
    t.ok(first);
    t.equal(await first?.check(), true);
    t.ok((first?.remainingMs() ?? 0) > 1_000 && (first?.remainingMs() ?? 0) <= leaseMs);
    t.equal(await b.acquire(), undefined, 'the other proxy has to wait');
    const second = await a.acquire();
    const other = proxy(etcd, 'other');
    const otherLease = await other.acquire();
    t.ok(otherLease, 'another cluster has a lease of its own');
    await other.close();
    t.equal(await otherLease?.check(), false, 'closed is given back');
    await first?.release();
    t.equal(await b.acquire(), undefined, 'still used by another part');
    t.equal(await first?.check(), false);
    await second?.release();
    const next = await b.acquire();
    t.ok(next, 'given back at once');
    await next?.release();
  });

  await t.test('five at once: exactly one', async (t) => {
    const proxies = Array.from({ length: 5 }, () => proxy(etcd));
    const leases = await Promise.all(proxies.map((each) => each.acquire()));
    t.equal(leases.filter((lease) => lease !== undefined).length, 1);
    await Promise.all(proxies.map((each) => each.close()));
  });

  await t.test('somebody removes the key: lost before the next step', async (t) => {
    const lease = await a.acquire();
    t.equal(await lease?.check(), true);
    await client.ask('/v3/kv/deleterange', { key: base64('/pointsman/main/lease') }, 2_000);
    t.equal(await lease?.check(), false);
    t.equal(lease?.remainingMs(), 0);
    const next = await b.acquire();
    t.ok(next);
    await lease?.release();
    t.equal(await next?.check(), true, 'the late release of the lost one takes nothing away');
    await next?.release();
  });

  await t.test('the leader is killed: the lease goes on; it comes back', async (t) => {
    // Longer than the others need for an election on a busy machine.
    const holder = proxy(etcd, 'main', 30_000);
    t.teardown(() => holder.close());
    const lease = await holder.acquire();
    const leader = await leaderOf(client, etcd.endpoints);
    const killed = etcd.members[leader];
    const sinceMs = performance.now();
    await killed?.kill9();
    await until('a step is possible again', async () => (await lease?.check()) === true, 25_000);
    t.comment(`${Math.round(performance.now() - sinceMs)} ms from the kill to the next checked step`);
    t.equal(await b.acquire(), undefined, 'nobody else had it meanwhile');
    await lease?.release();
    const next = await until('the two that are left decide', () => b.acquire());
    await next?.release();
    killed?.launch();
    await until('three again', async () => {
      const up = etcd.endpoints.map((endpoint) =>
        client.askOne(endpoint, '/v3/kv/range', { key: base64('x') }).then(
          () => true,
          () => false,
        ),
      );
      return (await Promise.all(up)).every(Boolean);
    });
  });

  await t.test('two of three frozen: nobody gets it, and who had it loses it', async (t) => {
    const lease = await a.acquire();
    t.equal(await lease?.check(), true);
    for (const member of etcd.members.slice(0, 2)) member.freeze();
    t.equal(await lease?.check(), false);
    await t.rejects(b.acquire(), { code: 'PM_HEALTH_NO_MAJORITY', message: /no etcd endpoint answers/ });
    await pause(lease?.remainingMs() ?? 0);
    t.equal(lease?.remainingMs(), 0);
    for (const member of etcd.members.slice(0, 2)) member.thaw();
    t.equal(await lease?.check(), false, 'what was lost stays lost');
  });
});

t.test('etcd: TLS with client certificates, and accounts', { skip }, async (t) => {
  const authority = newParty('etcd CA', 'ec');
  const stranger = newParty('another CA', 'ec');
  const party = (name: Party['name']) => {
    const one = newParty(name, 'ec');
    return { cert: issueCertificate(one, authority, { names: ['IP:127.0.0.1'] }), key: keyPem(one) };
  };
  const ca = issueCertificate(authority, authority);
  const server = party('etcd');
  const folder = t.testdir({ 'ca.pem': ca, 'cert.pem': server.cert, 'key.pem': server.key });
  const etcd = await startEtcd({ members: 1, tls: { cert: `${folder}/cert.pem`, key: `${folder}/key.pem`, clientCa: `${folder}/ca.pem` } });
  t.teardown(() => etcd.stop());
  // Without a common name: where accounts are on, etcd's gateway refuses certificates whose name could be taken for one.
  const certificates = () => ({ ca, ...party([['O', 'Pointsman']]) });
  const client = new EtcdClient({ endpoints: etcd.endpoints, certificates }, 1_000);
  t.teardown(() => client.close());
  const ask = (path: string, body: object) => client.ask(path, body, 10_000);
  await ask('/v3/kv/range', { key: base64('x') });

  await t.test('whoever is not sure of the server does not talk to it', async (t) => {
    const other = issueCertificate(stranger, stranger);
    const doubtful = proxy({ endpoints: etcd.endpoints, certificates: () => ({ ...certificates(), ca: other }) });
    await t.rejects(doubtful.acquire(), { message: /certificate|unable to verify/i });
    await doubtful.close();
    const bare = proxy({ endpoints: etcd.endpoints, certificates: () => ({ ca }) });
    await t.rejects(bare.acquire(), { code: 'PM_HEALTH_NO_MAJORITY' }, 'and the server wants our certificate');
    await bare.close();
  });

  await t.test('user and password', async (t) => {
    await ask('/v3/auth/user/add', { name: 'root', password: 'secret' });
    await ask('/v3/auth/role/add', { name: 'root' });
    await ask('/v3/auth/user/grant', { user: 'root', role: 'root' });
    await ask('/v3/auth/user/add', { name: 'pm', password: 'pm-secret' });
    await ask('/v3/auth/role/add', { name: 'pm' });
    const perm = { permType: 'READWRITE', key: base64('/pointsman/'), range_end: base64('/pointsman0') };
    await ask('/v3/auth/role/grant', { name: 'pm', perm });
    await ask('/v3/auth/user/grant', { user: 'pm', role: 'pm' });
    await ask('/v3/auth/enable', {});
    const at = { endpoints: etcd.endpoints, certificates };
    const good = proxy({ ...at, account: { user: 'pm', password: 'pm-secret' } });
    t.teardown(() => good.close());
    const lease = await good.acquire();
    t.equal(await lease?.check(), true);
    const rejected = async (options: Parameters<typeof proxy>[0], message: RegExp) => {
      const each = proxy(options);
      await t.rejects(each.acquire(), { message });
      await each.close();
    };
    await rejected(at, /permission denied/);
    const named = () => ({ ca, ...party('pm') });
    await rejected({ ...at, certificates: named }, /CommonName/);
    await rejected({ ...at, account: { user: 'pm', password: 'wrong' } }, /authentication failed/);
    await rejected({ ...at, account: { user: 'pm', password: 'pm-secret' }, prefix: '/elsewhere/' }, /permission denied/);
    // A server that restarts has forgotten its tokens: a new one is asked for.
    await etcd.members[0]?.kill9();
    etcd.members[0]?.launch();
    await until('the lease goes on', async () => (await lease?.check()) === true, 10_000);
    await lease?.release();
  });
});

import { connect, createServer, type Socket } from 'node:net';
import t from 'tap';
import { openCoordinator } from '../../src/health/coordination/open-coordinator.js';
import { monitorOptions } from '../../src/health/options.js';
import { FLAVORS, type Server, serverUnavailable, startServers, until } from '../servers/servers.js';
import { monitorSettings, pause } from './health-setup.js';

const leaseMs = 2_000;

/** The coordinator of one more proxy: the first servers are the cluster's, the others witnesses. */
function proxy(servers: readonly Server[], witnesses: readonly Server[] = [], port = (server: Server): number => server.port) {
  const { lines: _, ...settings } = monitorSettings(servers, { account: 'pointsman' });
  const backends = settings.backends.map((backend, index) => {
    const server = servers[index] as Server;
    return { ...backend, address: { host: server.host, port: port(server) } };
  });
  const coordinator = {
    kind: 'database',
    witnesses: witnesses.map((server) => ({ name: `w-${server.name}`, address: { host: server.host, port: server.port } })),
  } as const;
  return openCoordinator(monitorOptions({ ...settings, backends, failover: { leaseMs, coordinator } }));
}

/** Who has the lock at a server: a connection's id, or undefined. */
function holderAt(server: Server): Promise<string | undefined> {
  return server.value("SELECT IS_USED_LOCK('pointsman.lease.main')");
}

/** A way to a server that can be cut without a word on either side, as a network does. */
async function cuttableWay(server: Server): Promise<{ port: number; cut(): void; close(): void }> {
  const sockets = new Set<Socket>();
  const listener = createServer((near) => {
    const far = connect({ host: server.host, port: server.port });
    for (const socket of [near, far]) {
      sockets.add(socket);
      socket.on('error', () => undefined);
    }
    near.pipe(far);
    far.pipe(near);
  });
  await new Promise<void>((resolve) => listener.listen(0, '127.0.0.1', resolve));
  const address = listener.address();
  return {
    port: typeof address === 'object' && address !== null ? address.port : 0,
    cut: () => {
      for (const socket of sockets) socket.unpipe().pause();
    },
    close: () => {
      listener.close();
      for (const socket of sockets) socket.destroy();
    },
  };
}

for (const flavor of FLAVORS) {
  const reason = await serverUnavailable(flavor);
  t.test(`${flavor}: locks on a majority`, { skip: reason ?? false }, async (t) => {
    const group = await startServers({ flavor }, 3);
    t.teardown(() => group.stop());
    const servers = group.servers as readonly [Server, Server, Server];
    const [first, second, third] = servers;
    const a = proxy(servers);
    const b = proxy(servers);
    t.teardown(() => Promise.all([a.close(), b.close()]));

    await t.test('one at a time, renewed, given back at once', async (t) => {
      const lease = await a.acquire();
      t.equal(await lease?.check(), true);
      t.equal(await b.acquire(), undefined);
      t.match(lease?.ownThreads('db1'), [Number(await holderAt(first))]);
      if (flavor === 'mariadb') {
        await pause(leaseMs * 1.3);
        t.ok((lease?.remainingMs() ?? 0) > 0, 'renewed without being asked');
      }
      await lease?.release();
      const next = await b.acquire();
      t.equal(await next?.check(), true);
      await next?.release();
      t.same(await Promise.all(servers.map(holderAt)), [undefined, undefined, undefined]);
    });

    await t.test('eight at once, some in another order of servers: never two, and soon one', async (t) => {
      const proxies = Array.from({ length: 8 }, (_, index) => proxy(index % 2 === 0 ? servers : [third, first, second]));
      // On a busy machine the servers may be too slow for some of them, which is no lease either.
      const tryIt = (each: (typeof proxies)[number] | undefined) => each?.acquire().catch(unlessNoMajority);
      const leases = await Promise.all(proxies.map(tryIt));
      t.ok(leases.filter((lease) => lease !== undefined).length <= 1);
      await Promise.all(leases.map((lease) => lease?.release()));
      await until('one of them', async () => (await tryIt(proxies[0])) !== undefined);
      await Promise.all(proxies.map((each) => each.close()));
    });

    await t.test('cut off from the servers for longer than the lease: they have freed it', async (t) => {
      const ways = await Promise.all(servers.map(cuttableWay));
      t.teardown(() => ways.map((way) => way.close()));
      const far = proxy(servers, [], (server) => ways[servers.indexOf(server as Server)]?.port ?? 0);
      t.teardown(() => far.close());
      const lease = await far.acquire();
      t.equal(await lease?.check(), true);
      for (const way of ways) way.cut();
      const sinceMs = performance.now();
      const next = await until('another one', () => b.acquire(), 20_000);
      t.ok(performance.now() - sinceMs > leaseMs * 0.4, 'not before its time');
      t.equal(lease?.remainingMs(), 0, 'it ended for the old holder before');
      t.equal(await lease?.check(), false);
      t.equal(await next.check(), true);
      await next.release();
    });

    await t.test('one server lost: the majority goes on, and takes the third again', async (t) => {
      const lease = await a.acquire();
      await first.sql(`KILL ${await holderAt(first)}`);
      t.equal(await lease?.check(), true);
      await until('the third lock', async () => {
        await lease?.check();
        return (await holderAt(first)) !== undefined;
      });
      await first.kill9();
      t.equal(await lease?.check(), true);
      t.equal(await b.acquire(), undefined);
      await second.sql(`KILL ${await holderAt(second)}`);
      t.equal(await lease?.check(), false, 'one of three is not enough');
      await lease?.release();
      const next = await b.acquire();
      t.equal(await next?.check(), true, 'two of three are');
      await next?.release();
      await third.kill9();
      await t.rejects(b.acquire(), { code: 'PM_HEALTH_NO_MAJORITY', message: /1 of 3 servers answer, 2 are needed for the lease/ });
    });

    await t.test('a witness makes the majority of a primary with one replica', async (t) => {
      await first.start();
      const pair = proxy([second, third]);
      await t.rejects(pair.acquire(), { message: /1 of 2 servers answer, 2 are needed/ });
      const helped = proxy([second, third], [first]);
      const lease = await helped.acquire();
      t.equal(await lease?.check(), true);
      await helped.close();
      await pair.close();
    });
  });
}

function unlessNoMajority(error: { code?: string }): undefined {
  if (error.code !== 'PM_HEALTH_NO_MAJORITY') throw error;
}

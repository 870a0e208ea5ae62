import t from 'tap';
import { metric } from '../proxy/metrics.js';
import { startPointsman } from '../proxy/start-pointsman.js';
import {
  FLAVORS,
  PASSWORDS,
  replicationStatus,
  type Server,
  serverUnavailable,
  startReplication,
  startStandalone,
  until,
} from '../servers/servers.js';

/** Makes a server replicate from what listens on this port, by GTID. */
async function followPort(replica: Server, port: number): Promise<void> {
  const auto = replica.flavor === 'mysql' ? 'MASTER_AUTO_POSITION=1' : 'MASTER_USE_GTID=slave_pos';
  const login = `MASTER_USER='repl', MASTER_PASSWORD='${PASSWORDS.repl}', MASTER_CONNECT_RETRY=1, MASTER_HEARTBEAT_PERIOD=1`;
  await replica.sql(`CHANGE MASTER TO MASTER_HOST='127.0.0.1', MASTER_PORT=${port}, ${login}, ${auto}`);
  await replica.sql('START SLAVE');
}

for (const flavor of FLAVORS) {
  const reason = await serverUnavailable(flavor);
  t.test(`${flavor}: a replica that follows through the proxy`, { skip: reason ?? false }, async (t) => {
    const extraArgs = ['--max-allowed-packet=96M'];
    const set = await startReplication({ flavor, replicas: 1, extraArgs });
    t.teardown(() => set.stop());
    const lone = await startStandalone({ flavor, extraArgs: [...extraArgs, '--server-id=77', '--slave-net-timeout=4'] });
    t.teardown(() => lone.stop());
    const proxy = await startPointsman({ servers: set });
    t.teardown(() => proxy.stop());
    const replica = lone.server;
    const rows = async (): Promise<string | undefined> =>
      replica.value("SELECT CONCAT(COUNT(*), ':', SUM(LENGTH(what)), ':', SUM(CRC32(what))) FROM test1.kept").catch(() => undefined);
    const caughtUp = async (what: string): Promise<void> => {
      const wanted = await set.primary.value("SELECT CONCAT(COUNT(*), ':', SUM(LENGTH(what)), ':', SUM(CRC32(what))) FROM test1.kept");
      await until(what, async () => (await rows()) === wanted, 60_000);
      t.pass(`${what}: ${wanted}`);
    };

    await set.primary.sql('CREATE TABLE test1.kept (what LONGTEXT)');
    await set.primary.sql("INSERT INTO test1.kept VALUES ('before it came')");
    await followPort(replica, proxy.ports.primary);
    await caughtUp('what was there before');
    for (let i = 0; i < 50; i++) await set.primary.sql('INSERT INTO test1.kept VALUES (?)', [`row ${i}`]);
    await set.primary.sql("INSERT INTO test1.kept VALUES (REPEAT('0123456789', 2000000))");
    await caughtUp('50 rows and an event of 20 MB');
    const through = await metric(proxy, 'pointsman_backend_connections', 'backend="db1"');
    t.ok(through >= 1, 'the stream goes through the proxy');
    // Longer than slave_net_timeout: only heartbeats keep the stream alive.
    await new Promise((done) => setTimeout(done, 6000));
    t.match(await replicationStatus(replica), { ioRunning: 'Yes', ioError: '' }, 'heartbeats pass');

    const other = set.replicas[0] as Server;
    await set.caughtUp();
    await set.primary.kill9();
    await until('the stream has ended', async () => (await replicationStatus(replica))?.ioRunning !== 'Yes');
    const state = await replicationStatus(replica);
    t.not(state?.ioRunning, 'No', 'the stream ended in a way that the replica gets over by itself');
    await set.promote(other);
    await set.primary.sql("INSERT INTO test1.kept VALUES ('from the new primary')");
    await caughtUp('it goes on with the new primary by itself');
  });
}

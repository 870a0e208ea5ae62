import type { RowDataPacket } from 'mysql2/promise';
import t from 'tap';
import { DATABASE, PASSWORDS, until } from '../servers/servers.js';
import { connectTo, DATABASE_IMAGES, startDatabasePair } from './database-containers.js';
import { enginesLack } from './engine.js';
import { adminStatusInside, BASE_IMAGE, buildImage, inspect, LockedDownContainer, terminate } from './pointsman-image.js';

const reason = await enginesLack(BASE_IMAGE, DATABASE_IMAGES.mysql);

t.test('the image, told all by environment variables, in front of mysql:8.0', { skip: reason ?? false }, async (t) => {
  const { Network } = await import('testcontainers');
  const image = await buildImage();
  const megabytes = Number(await inspect(image, '{{.Size}}')) / 1e6;
  const baseMegabytes = Number(await inspect(BASE_IMAGE, '{{.Size}}')) / 1e6;
  t.comment(`image ${megabytes.toFixed(0)} MB, ${(megabytes - baseMegabytes).toFixed(1)} MB of it ours`);
  t.ok(megabytes - baseMegabytes < 30, 'only the program and its three packages were added');

  const network = await new Network().start();
  t.teardown(() => network.stop());
  const databases = await startDatabasePair('mysql', network);
  t.teardown(() => databases.stop());
  const pointsman = await new LockedDownContainer()
    .withNetwork(network)
    .withEnvironment({
      POINTSMAN_PRIMARY: `mysql://app:${PASSWORDS.app}@db1:3306/${DATABASE}`,
      POINTSMAN_REPLICAS: 'db2:3306',
      POINTSMAN_MONITOR_USER: 'monitor',
      POINTSMAN_MONITOR_PASSWORD: PASSWORDS.monitor,
    })
    .withExposedPorts(6446, 6447)
    .start();
  t.teardown(() => pointsman.stop({ timeout: 0 }));
  const host = pointsman.getHost();
  const connect = (port: number) => connectTo(host, pointsman.getMappedPort(port), 'app');
  const value = async (port: number, sql: string): Promise<unknown> => {
    const connection = await connect(port);
    const [rows] = await connection.query<RowDataPacket[]>(sql);
    await connection.end();
    return Object.values(rows[0] ?? {})[0];
  };

  await t.test('it runs without any right that it does not need', async (t) => {
    t.equal(await inspect(pointsman.getId(), '{{.State.Health.Status}}'), 'healthy');
    const { output } = await pointsman.exec(['id', '-u']);
    t.not(output.trim(), '0', 'not as root');
    const written = await pointsman.exec(['touch', '/app/x']);
    t.not(written.exitCode, 0, 'its file system is read-only');
    const { output: status } = await pointsman.exec(['cat', '/proc/1/status']);
    t.match(status, /CapEff:\s+0+\n/);
    t.equal(await adminStatusInside(pointsman, '/healthz'), 200);
  });

  await t.test('each port leads to its server', async (t) => {
    await until('it is ready', async () => (await adminStatusInside(pointsman, '/readyz')) === 200);
    t.equal(await value(6446, 'SELECT @@server_id'), 1);
    // A replica takes sessions once it has been seen to replicate.
    await until('reads go to the replica', async () => (await value(6447, 'SELECT @@server_id')) === 2);
    const connection = await connect(6446);
    await connection.query('CREATE TABLE t (id INT PRIMARY KEY)');
    const [inserted] = await connection.execute('INSERT INTO t VALUES (?)', [1]);
    t.has(inserted, { affectedRows: 1 });
    await connection.end();
    await until(
      'the replica has it',
      async () => (await value(6447, `SELECT COUNT(*) FROM information_schema.tables WHERE table_name='t'`)) === 1,
    );
    await until('and its row', async () => (await value(6447, 'SELECT COUNT(*) FROM t')) === 1);
  });

  await t.test('SIGTERM: it drains and ends with 0 within the grace time of an orchestrator', async (t) => {
    const busy = await connect(6446);
    await busy.beginTransaction();
    await busy.query('INSERT INTO t VALUES (2)');
    const idle = await connect(6446);
    const idleEnds = new Promise<Error>((resolve) => idle.on('error', resolve));
    const { ended } = await terminate(pointsman);
    await until('it is not ready any more', async () => (await adminStatusInside(pointsman, '/readyz')) === 503);
    t.equal(await adminStatusInside(pointsman, '/healthz'), 200, 'but alive');
    t.match((await idleEnds).message, /shutdown/i, 'an idle client is told');
    await busy.query('INSERT INTO t VALUES (3)');
    await busy.commit();
    busy.destroy();
    const { exitCode, tookMs } = await ended;
    t.equal(exitCode, 0);
    t.ok(tookMs < 30_000, `after ${Math.round(tookMs)} ms`);
    const direct = await connectTo(databases.primary.getHost(), databases.primary.getMappedPort(3306), 'app');
    const [rows] = await direct.query<RowDataPacket[]>('SELECT COUNT(*) AS n FROM t');
    t.equal(rows[0]?.['n'], 3, 'the transaction that was open was finished');
    await direct.end();
  });
});

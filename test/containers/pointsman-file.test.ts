import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { RowDataPacket } from 'mysql2/promise';
import t from 'tap';
import { type CommandError, runCommand } from '../servers/run-command.js';
import { PASSWORDS, until } from '../servers/servers.js';
import { connectTo, DATABASE_IMAGES, startDatabasePair } from './database-containers.js';
import { enginesLack } from './engine.js';
import { BASE_IMAGE, buildImage, LockedDownContainer, terminate } from './pointsman-image.js';

const reason = await enginesLack(BASE_IMAGE, DATABASE_IMAGES.mariadb);
const TOKEN = 'for-the-operators-of-this-test';

const CONFIG = {
  clusters: {
    main: {
      backends: [
        { name: 'one', address: 'db1:3306' },
        { name: 'two', address: 'db2:3306' },
      ],
      monitor: { user: 'monitor', password: '${env:MONITOR_PASSWORD}' },
    },
  },
  users: [{ name: 'app', password: '${file:/run/secrets/app}' }],
  admin: { address: '0.0.0.0:6480', token: TOKEN },
  drain: { acceptFor: '1s', timeout: '10s' },
  process: { workers: 2 },
};

t.test('the image with a configuration file, in front of mariadb:10.11', { skip: reason ?? false }, async (t) => {
  const { Network } = await import('testcontainers');
  const image = await buildImage();
  const folder = await mkdtemp(join(tmpdir(), 'pointsman-image-'));
  t.teardown(() => rm(folder, { recursive: true, force: true }));
  const file = join(folder, 'pointsman.json');
  const secret = join(folder, 'app');
  await writeFile(file, JSON.stringify(CONFIG), { mode: 0o644 });
  await writeFile(secret, `${PASSWORDS.app}\n`, { mode: 0o644 });

  await t.test('commands other than start', async (t) => {
    const once = ['run', '--rm', '--read-only', '--cap-drop', 'ALL', '--network', 'none'];
    t.match(await runCommand('docker', [...once, image, 'version']), /\d+\.\d+\.\d+/);
    const wrong = runCommand('docker', [...once, image, 'start', '--primary', 'db1:3306']);
    const complaint = await wrong.then(
      () => undefined,
      (error: unknown) => error as CommandError,
    );
    t.equal(complaint?.exitCode, 2, 'a wrong configuration ends it with 2');
    t.match(complaint?.detail, /--primary.*account/);
  });

  const network = await new Network().start();
  t.teardown(() => network.stop());
  const databases = await startDatabasePair('mariadb', network);
  t.teardown(() => databases.stop());
  const pointsman = await new LockedDownContainer()
    .withNetwork(network)
    .withEnvironment({ MONITOR_PASSWORD: PASSWORDS.monitor })
    .withBindMounts([
      { source: file, target: '/etc/pointsman/pointsman.json', mode: 'ro' },
      { source: secret, target: '/run/secrets/app', mode: 'ro' },
    ])
    .withExposedPorts(6446, 6447, 6480)
    .start();
  t.teardown(() => pointsman.stop({ timeout: 0 }));
  const host = pointsman.getHost();
  const admin = `http://${host}:${pointsman.getMappedPort(6480)}`;

  await t.test('admin answers outside the container, the API only with its token', async (t) => {
    await until('it is ready', async () => (await fetch(`${admin}/readyz`)).status === 200);
    t.equal((await fetch(`${admin}/metrics`)).status, 200);
    t.equal((await fetch(`${admin}/api/v1/status`)).status, 401);
    const answer = await fetch(`${admin}/api/v1/status`, { headers: { authorization: `Bearer ${TOKEN}` } });
    t.equal(answer.status, 200);
  });

  await t.test('clients reach primary and replica, through two workers', async (t) => {
    const serverOf = async (port: number): Promise<unknown> => {
      const connection = await connectTo(host, pointsman.getMappedPort(port), 'app');
      const [rows] = await connection.execute<RowDataPacket[]>('SELECT @@server_id + ? AS id', [0]);
      await connection.end();
      return Number(rows[0]?.['id']);
    };
    for (let i = 0; i < 4; i++) t.equal(await serverOf(6446), 1);
    await until('reads go to the replica', async () => (await serverOf(6447)) === 2);
  });

  await t.test('SIGTERM ends both workers and the supervisor', async (t) => {
    const idle = await connectTo(host, pointsman.getMappedPort(6446), 'app');
    await idle.query('SELECT 1');
    const { ended } = await terminate(pointsman);
    const { exitCode, tookMs } = await ended;
    t.equal(exitCode, 0);
    t.ok(tookMs < 15_000, `after ${Math.round(tookMs)} ms`);
    idle.destroy();
  });
});

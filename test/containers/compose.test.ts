import { randomBytes } from 'node:crypto';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createConnection, type RowDataPacket } from 'mysql2/promise';
import t from 'tap';
import { REPOSITORY } from '../proxy/run-pointsman.js';
import { installPackages } from '../servers/debian-packages.js';
import { runCommand } from '../servers/run-command.js';
import { buryLater, reservePorts, until } from '../servers/servers.js';
import { enginesLack } from './engine.js';
import { BASE_IMAGE, buildImage } from './pointsman-image.js';

const reason = await enginesLack(BASE_IMAGE, 'mysql:8.0');
const PROJECT = `pointsman-test-${process.pid}`;

// Prometheus and Grafana need an image registry: their services are only read.
t.test('config/compose.yaml: servers, replication and Pointsman', { skip: reason ?? false }, async (t) => {
  await installPackages(['docker-compose'], (text) => t.comment(text));
  const image = await buildImage();
  const ports = await reservePorts(2);
  const [port = 0, adminPort = 0] = ports.map((reserved) => reserved.port);
  // As the head of the file says: a copy of the example, with something behind each `=`.
  const example = readFileSync(join(REPOSITORY, 'config/compose/example.env'), 'utf8');
  const env = example.replaceAll(/=$/gm, () => `=${randomBytes(12).toString('hex')}`);
  const password = /^APP_PASSWORD=(.*)$/m.exec(env)?.[1] ?? '';
  const token = /^ADMIN_TOKEN=(.*)$/m.exec(env)?.[1] ?? '';
  const folder = mkdtempSync(join(tmpdir(), 'pointsman-compose-'));
  const file = join(folder, '.env');
  writeFileSync(file, `${env}POINTSMAN_IMAGE=${image}\nPOINTSMAN_PORT=${port}\nADMIN_PORT=${adminPort}\n`);
  const compose = (...args: string[]): Promise<string> =>
    runCommand('docker-compose', ['--project-name', PROJECT, '--env-file', file, '--file', 'config/compose.yaml', ...args], {
      cwd: REPOSITORY,
      timeoutMs: 240_000,
    });
  const services = (await compose('config', '--services')).trim().split('\n').sort();
  t.same(services, ['grafana', 'pointsman', 'primary', 'prometheus', 'replica1', 'replica2', 'set-up']);
  for (const name of ['primary', 'replica1', 'replica2', 'set-up', 'pointsman'])
    buryLater({ kind: 'container', name: `${PROJECT}_${name}_1` });
  t.teardown(async () => {
    await compose('down', '--volumes', '--timeout', '0');
    rmSync(folder, { recursive: true });
    for (const reserved of ports) reserved.release();
  });
  await compose('up', '--detach', '--no-build', 'pointsman');

  const connection = await until('a client comes in', () =>
    createConnection({ host: '127.0.0.1', port, user: 'app', password, database: 'app' }).catch(() => undefined),
  );
  t.teardown(() => connection.destroy());
  const serverId = async (sql: string): Promise<number> => {
    const [rows] = await connection.query<RowDataPacket[]>(sql);
    return Number(rows[0]?.['id']);
  };
  await connection.query('CREATE TABLE t (id INT PRIMARY KEY)');
  await connection.query('INSERT INTO t VALUES (1)');
  await until('reads go to a replica', async () => (await routeOf('SELECT id FROM t', adminPort, token))?.startsWith('replica'));
  t.equal(await serverId('SELECT id FROM t'), 1, 'replication works');
  t.ok([2, 3].includes(await serverId('/* pointsman: replica */ SELECT @@server_id AS id')));

  await compose('kill', 'primary');
  await connection.query('INSERT INTO t VALUES (2)');
  t.equal(await serverId('SELECT COUNT(*) AS id FROM t'), 2, 'the same connection writes to the promoted replica');
});

async function routeOf(sql: string, adminPort: number, token: string): Promise<string | undefined> {
  const url = `http://127.0.0.1:${adminPort}/api/v1/explain?sql=${encodeURIComponent(sql)}`;
  const answer = await fetch(url, { headers: { authorization: `Bearer ${token}` } });
  return ((await answer.json()) as { target?: string }).target;
}

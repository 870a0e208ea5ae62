import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { RowDataPacket } from 'mysql2';
import t from 'tap';
import { REPOSITORY } from '../proxy/run-pointsman.js';
import { startPointsman } from '../proxy/start-pointsman.js';
import { runCommand } from '../servers/run-command.js';
import { buryLater, serverUnavailable, startReplication, until } from '../servers/servers.js';

interface Status {
  readonly pid: number;
  readonly workers: readonly { readonly pid: number; readonly state: string }[];
}

const reason = await serverUnavailable('mysql');

t.test('the single executable', { skip: reason ?? false, timeout: 240_000 }, async (t) => {
  const program = join(t.testdir(), 'pointsman');
  await runCommand(process.execPath, ['config/single-executable/build.mjs', '--output', program], {
    cwd: REPOSITORY,
    timeoutMs: 180_000,
  });
  // Nowhere is a Node to be found, and no source.
  const bare = { cwd: '/', env: { PATH: '' }, timeoutMs: 30_000 };
  const { version } = JSON.parse(readFileSync(join(REPOSITORY, 'package.json'), 'utf8')) as { version: string };
  t.equal((JSON.parse(await runCommand(program, ['version', '--json'], bare)) as { version: string }).version, version);
  t.match(await runCommand('/bin/sh', ['-c', `${program} help switchover 2>&1`], bare), /^(?!.*[Ww]arning)[\s\S]*pointsman switchover/);

  const set = await startReplication({ flavor: 'mysql', replicas: 1 });
  t.teardown(() => set.stop());
  const proxy = await startPointsman({ servers: set, workers: 2, program });
  let stopped = false;
  t.teardown(() => (stopped ? undefined : proxy.stop()));
  const status = async (): Promise<Status> => (await (await fetch(`${proxy.adminUrl}/api/v1/status`)).json()) as Status;
  const ask = async (): Promise<unknown> => {
    const client = await proxy.connect('split');
    const [rows] = await client.query<RowDataPacket[]>('SELECT 6 * 7 AS answer').finally(() => client.destroy());
    return rows[0]?.['answer'];
  };
  t.equal(await ask(), 42);
  const before = await status();
  t.same(
    before.workers.map(({ state }) => state),
    ['running', 'running'],
  );
  const page = await fetch(`${proxy.adminUrl}/`);
  t.match(await page.text(), /<html/);
  t.equal((await fetch(`${proxy.adminUrl}/dashboard/views/sessions.js`)).status, 200);

  process.kill(before.pid, 'SIGUSR2');
  const after = await until('another process serves', async () => {
    // The old process may just close the connection that was kept open to it.
    const now = await status().catch(() => undefined);
    return now !== undefined && now.pid !== before.pid && now;
  });
  const spared = buryLater({ kind: 'process', pid: after.pid, token: proxy.configPath });
  t.equal(await ask(), 42, 'after an upgrade of it');
  t.notMatch(proxy.log(), /[Ww]arning:/);
  process.kill(after.pid, 'SIGTERM');
  await until('it has ended', () =>
    status().then(
      () => false,
      () => true,
    ),
  );
  spared();
  stopped = true;
  await proxy.stop().catch((error: Error) => t.match(error.message, /died in the middle|instead of 0/));
});

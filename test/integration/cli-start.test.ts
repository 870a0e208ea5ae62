import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { writeFileSync } from 'node:fs';
import { type AddressInfo, createServer } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import t from 'tap';

const MAIN = fileURLToPath(new URL('../../src/main.js', import.meta.url));

/** A port that was free a moment ago; nothing listens there. */
async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  server.close();
  await once(server, 'close');
  return port;
}

interface Started {
  readonly child: ChildProcess;
  readonly log: () => string;
  readonly ended: Promise<number | null>;
}

function pointsman(args: readonly string[], env: Record<string, string> = {}): Started {
  const child = spawn(process.execPath, [MAIN, ...args], {
    env: { PATH: process.env['PATH'] ?? '', ...env },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  t.teardown(() => child.kill('SIGKILL'));
  let text = '';
  for (const stream of [child.stdout, child.stderr]) {
    stream?.on('data', (data) => {
      text += data;
    });
  }
  return { child, log: () => text, ended: once(child, 'close').then(([code]) => code as number | null) };
}

async function until<T>(what: string, ask: () => Promise<T | undefined>, started: Started): Promise<T> {
  for (const limit = Date.now() + 30_000; Date.now() < limit; await sleep(20)) {
    const answer = await ask().catch(() => undefined);
    if (answer !== undefined) return answer;
    if (started.child.exitCode !== null) break;
  }
  throw new Error(`${what}: never; ${started.log()}`);
}

async function configFile(more: object): Promise<{ file: string; admin: string; primary: number; admins: number }> {
  const [primary, admins, backend] = [await freePort(), await freePort(), await freePort()];
  const config = {
    listeners: [{ name: 'primary', address: `127.0.0.1:${primary}`, route: 'primary' }],
    clusters: { main: { backends: [`127.0.0.1:${backend}`], monitor: { password: 'x' }, hold: { timeout: '500ms' } } },
    users: [{ name: 'app', password: 'pw' }],
    drain: { acceptFor: '300ms', timeout: '2s' },
    admin: { address: `127.0.0.1:${admins}` },
    log: { format: 'json' },
    ...more,
  };
  const file = `${t.testdir({})}/p-${primary}.json`;
  writeFileSync(file, JSON.stringify(config));
  return { file, admin: `http://127.0.0.1:${admins}`, primary, admins };
}

for (const workers of [1, 2]) {
  t.test(`no server can be reached: it starts, says so, and ends with 0 (workers: ${workers})`, async (t) => {
    const { file, admin } = await configFile({ process: { workers } });
    const started = pointsman(['start', '--config', file]);
    const status = await until(
      'running',
      async () => {
        const answer = (await (await fetch(`${admin}/api/v1/status`)).json()) as { state: string };
        return answer.state === 'running' ? answer : undefined;
      },
      started,
    );
    t.match(status, { version: /^\d/, clusters: [{ name: 'main', primary: null, backends: [{ role: 'none' }] }] });
    t.equal((await fetch(`${admin}/healthz`)).status, 200);
    t.match(await (await fetch(`${admin}/readyz`)).json(), { ready: false, reasons: [/no server that takes sessions yet/] });
    t.match(await (await fetch(`${admin}/metrics`)).text(), /pointsman_cluster_has_primary\{cluster="main"\} 0/);
    started.child.kill('SIGTERM');
    t.match(
      await until(
        'draining',
        async () => {
          const answer = (await (await fetch(`${admin}/readyz`)).json()) as { reasons: string[] };
          return answer.reasons.some((reason) => reason.startsWith('draining')) ? answer : undefined;
        },
        started,
      ),
      { ready: false },
    );
    t.equal(await started.ended, 0);
    t.match(started.log(), /"message":"drained"/);
  });
}

t.test('a second signal cuts at once', async (t) => {
  const { file, admin } = await configFile({ drain: { acceptFor: '10m', timeout: '20m' }, process: { workers: 1 } });
  const started = pointsman(['start', '--config', file]);
  await until('running', async () => (await fetch(`${admin}/healthz`)).ok || undefined, started);
  started.child.kill('SIGTERM');
  await until('draining', async () => (started.log().includes('draining') ? true : undefined), started);
  started.child.kill('SIGINT');
  t.equal(await started.ended, 0);
});

t.test('SIGHUP does not end it, it reloads', async (t) => {
  const { file, admin } = await configFile({ process: { workers: 1 } });
  const started = pointsman(['start', '--config', file]);
  await until('running', async () => (await fetch(`${admin}/healthz`)).ok || undefined, started);
  started.child.kill('SIGHUP');
  await until(
    'the answer',
    async () => (started.log().includes('configuration reloaded: nothing has changed') ? true : undefined),
    started,
  );
  t.equal((await fetch(`${admin}/healthz`)).status, 200);
  started.child.kill('SIGTERM');
  t.equal(await started.ended, 0);
});

for (const workers of [1, 2]) {
  t.test(`occupied ports are named with a way out, and nothing is left running (workers: ${workers})`, async (t) => {
    const { file, primary, admins } = await configFile({ process: { workers } });
    for (const [port, message] of [
      [primary, /^pointsman: listener "primary" cannot open 127\.0\.0\.1:\d+: .*/m],
      [admins, /^pointsman: admin\.address 127\.0\.0\.1:\d+ cannot be opened: another program/m],
    ] as const) {
      const blocker = createServer().listen(port, '127.0.0.1');
      await once(blocker, 'listening');
      const started = pointsman(['start', '--config', file]);
      t.equal(await started.ended, 1);
      t.match(started.log(), message);
      blocker.close();
      await once(blocker, 'close');
    }
  });
}

t.test('a wrong configuration is exit code 2', async (t) => {
  const { file } = await configFile({ lisnteners: [] });
  const started = pointsman(['start', '--config', file]);
  t.equal(await started.ended, 2);
  t.match(started.log(), /^.*\.json:1:\d+: lisnteners: unknown key \(did you mean "listeners"\?\)$/m);
});

t.test('a reader that leaves early is no failure', async (t) => {
  const child = spawn('sh', ['-c', `"${process.execPath}" "${MAIN}" help 2>&1 | head -1`], { stdio: ['ignore', 'pipe', 'inherit'] });
  let text = '';
  child.stdout.on('data', (data) => {
    text += data;
  });
  await once(child, 'close');
  t.match(text, /^Pointsman keeps[^\n]*\n$/);
});

import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdtempSync, rmSync, symlinkSync, unlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { createConnection } from 'mysql2/promise';
import t, { type Test } from 'tap';
import { PASSWORDS, reservePorts, serverUnavailable, startStandalone } from '../servers/servers.js';

const MAIN = fileURLToPath(new URL('../../src/main.js', import.meta.url));

/** Connects again and again to all places until its input ends, and counts what it got: a greeting of the protocol, an answer of HTTP, or what went wrong. */
const CLIENT = `
import json, socket, sys, threading, time
places = json.loads(sys.argv[1])
stop, counts, lock = threading.Event(), {}, threading.Lock()
def once(place):
    family = socket.AF_UNIX if place['unix'] else socket.AF_INET
    with socket.socket(family, socket.SOCK_STREAM) as s:
        s.settimeout(30)
        s.connect(place['unix'] or ('127.0.0.1', place['port']))
        if place['http']:
            s.sendall(b'GET /healthz HTTP/1.1\\r\\nhost: localhost\\r\\nconnection: close\\r\\n\\r\\n')
            got = s.recv(64)
            return 'ok' if got.startswith(b'HTTP/1.1 200') else 'bad answer %r' % got
        got = s.recv(64)
        return 'ok' if len(got) > 5 and got[4] == 10 else 'bad greeting %r' % got
def work(place):
    while not stop.is_set():
        try: result = once(place)
        except Exception as e: result = 'error %r' % e
        with lock:
            key = place['name'] + ' ' + result
            counts[key] = counts.get(key, 0) + 1
        time.sleep(0.002)
threads = [threading.Thread(target=work, args=(p,)) for p in places for _ in range(p['threads'])]
for x in threads: x.start()
sys.stdin.read()
stop.set()
for x in threads: x.join()
print(json.dumps(counts))
`;

/** What systemd hears: one line per datagram, after the descriptor that says "I have read it". */
const RECEIVER = `
import array, os, socket, sys
s = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
s.bind(sys.argv[1])
print('bound', flush=True)
while True:
    data, ancillary, _, _ = s.recvmsg(4096, socket.CMSG_SPACE(16))
    for level, kind, payload in ancillary:
        if kind == socket.SCM_RIGHTS:
            fds = array.array('i'); fds.frombytes(payload[:len(payload) - len(payload) % 4])
            for fd in fds: os.close(fd)
    print(data.decode().replace(chr(10), ' '), flush=True)
`;

interface Group {
  readonly log: () => string;
  /** Settles when the last process that writes to its log is gone. */
  readonly over: Promise<unknown>;
  /** The process that takes clients now, and all there were. */
  pids(): readonly number[];
  current(): number;
}

function collect(child: ChildProcess): () => string {
  let text = '';
  for (const stream of [child.stdout, child.stderr]) stream?.on('data', (data) => (text += data));
  return () => text;
}

function startGroup(main: string, config: string, env: Record<string, string> = {}): Group {
  const child = spawn(process.execPath, [main, 'start', '--config', config], {
    env: { PATH: process.env['PATH'] ?? '', ...env },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  const log = collect(child);
  const pids = () => [child.pid as number, ...[...log().matchAll(/"newPid":(\d+)/g)].map(([, pid]) => Number(pid))];
  return { log, over: once(child, 'close'), pids, current: () => pids().at(-1) as number };
}

function lives(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch {
    return false;
  }
}

async function until(what: string, ask: () => unknown, log: () => string): Promise<void> {
  for (const limit = Date.now() + 60_000; Date.now() < limit; await sleep(25)) if (await ask()) return;
  throw new Error(`${what}: never; ${log().slice(-3000)}`);
}

async function stage(t: Tap, workers: number, cluster: object = { backends: ['127.0.0.1:1'], monitor: { password: 'x' } }) {
  const folder = mkdtempSync(join(tmpdir(), 'pointsman-upgrade-'));
  const [tcp, admin] = await reservePorts(2);
  const current = join(folder, 'current');
  symlinkSync(dirname(MAIN), current);
  const path = join(folder, 'proxy.sock');
  const config = {
    listeners: [
      { name: 'tcp', address: `127.0.0.1:${tcp?.port}`, route: 'primary', cluster: 'main' },
      { name: 'local', address: `unix:${path}`, route: 'primary', cluster: 'main' },
    ],
    clusters: { main: cluster },
    users: [{ name: 'app', password: PASSWORDS.app }],
    serverVersion: '8.0.34',
    admin: { address: `127.0.0.1:${admin?.port}`, token: 'a-token-that-is-long-enough' },
    drain: { acceptFor: '0s', timeout: '3s', upgradeTimeout: '20s' },
    log: { format: 'json' },
    process: { workers },
  };
  const file = join(folder, 'pointsman.json');
  const write = (more: object = {}) => writeFileSync(file, JSON.stringify({ ...config, ...more }));
  write();
  const groups: Group[] = [];
  t.teardown(() => {
    for (const pid of groups.flatMap((group) => group.pids())) if (pid > 0 && lives(pid)) process.kill(pid, 'SIGKILL');
    tcp?.release();
    admin?.release();
    rmSync(folder, { recursive: true, force: true });
  });
  const start = async (env: Record<string, string> = {}) => {
    const group = startGroup(join(current, 'main.js'), file, env);
    groups.push(group);
    await until('it runs', () => group.log().includes('Pointsman is running'), group.log);
    return group;
  };
  const api = async (what: string) => {
    const headers = { authorization: 'Bearer a-token-that-is-long-enough', 'content-type': 'application/json' };
    const answer = await fetch(`http://127.0.0.1:${admin?.port}/api/v1/${what}`, { method: 'POST', headers, body: '{}' });
    return { status: answer.status, body: (await answer.json()) as { pid?: number; error?: { message: string } } };
  };
  return { folder, current, path, port: tcp?.port ?? 0, adminPort: admin?.port ?? 0, file, write, start, api };
}

type Tap = Pick<Test, 'teardown'>;
type Stage = Awaited<ReturnType<typeof stage>>;

/** Connects all the time; `stop` gives what it counted. */
function startLoad(t: Tap, { path, port, adminPort }: Stage): { stop(): Promise<Record<string, number>> } {
  const places = [
    { name: 'tcp', unix: null, port, http: false, threads: 6 },
    { name: 'unix', unix: path, port: 0, http: false, threads: 3 },
    { name: 'admin', unix: null, port: adminPort, http: true, threads: 1 },
  ];
  const child = spawn('python3', ['-c', CLIENT, JSON.stringify(places)], { stdio: ['pipe', 'pipe', 'inherit'] });
  t.teardown(() => child.kill('SIGKILL'));
  const out = collect(child);
  return {
    async stop() {
      child.stdin.end();
      await once(child, 'close');
      return JSON.parse(out()) as Record<string, number>;
    },
  };
}

for (const workers of [1, 2]) {
  t.test(`a new process takes over and nobody is refused (workers: ${workers})`, { timeout: 240_000 }, async (t) => {
    const scene = await stage(t, workers);
    const group = await scene.start();
    const load = startLoad(t, scene);
    await sleep(300);

    const [first, second] = await Promise.all([scene.api('upgrade'), scene.api('upgrade')]);
    t.same([first.status, second.status].sort(), [200, 409], 'one upgrade at a time');
    t.match([first, second].find(({ status }) => status === 409)?.body.error, {
      message: /an upgrade is under way|has taken over already/,
    });
    await until('the log names the new process', () => group.pids().length === 2, group.log);
    const [old, next] = group.pids() as [number, number];
    await until('the old process ends by itself', () => !lives(old), group.log);
    await sleep(300);

    const whole = group.log().length;
    scene.write({ limits: { clients: 'many' } });
    process.kill(next, 'SIGUSR2');
    await until('it did not come about', () => group.log().slice(whole).includes('did not come about'), group.log);
    await until(
      'the log says so',
      () => /pointsman\.json:1:\d+: limits\.clients: a whole number/.test(group.log().slice(whole)),
      group.log,
    );
    t.match(group.log().slice(whole), /pointsman\.json:1:\d+: limits\.clients: a whole number/, 'the reason is told');
    scene.write();
    unlinkSync(scene.current);
    symlinkSync(scene.folder, scene.current);
    writeFileSync(join(scene.folder, 'main.js'), 'process.exit(7);');
    t.match(await scene.api('upgrade'), { status: 409, body: { error: { message: /ended with 7 before it served/ } } });
    unlinkSync(scene.current);
    symlinkSync(dirname(MAIN), scene.current);
    process.kill(next, 'SIGUSR2');
    await until('a third process', () => group.pids().length === 3, group.log);
    await sleep(300);

    const counts = await load.stop();
    t.comment(JSON.stringify(counts));
    t.same(Object.keys(counts).sort(), ['admin ok', 'tcp ok', 'unix ok'], 'every single connection was answered');
    t.ok((counts['tcp ok'] ?? 0) > 100);
    process.kill(group.current(), 'SIGTERM');
    await group.over;
    t.notOk(existsSync(scene.path), 'the file of the socket goes with the last one');
    t.notMatch(group.log(), /bug of ours|uncaught/i);
  });
}

t.test('the service manager hears of it', { timeout: 120_000 }, async (t) => {
  const scene = await stage(t, 1);
  const socket = join(scene.folder, 'notify.sock');
  const receiver = spawn('python3', ['-c', RECEIVER, socket], { stdio: ['ignore', 'pipe', 'inherit'] });
  t.teardown(() => receiver.kill('SIGKILL'));
  const heard = collect(receiver);
  await until('the receiver', () => heard().includes('bound'), heard);
  const group = await scene.start({ NOTIFY_SOCKET: socket, WATCHDOG_USEC: '400000' });
  const says = (words: RegExp) =>
    until(
      String(words),
      () => words.test(heard()),
      () => heard() + group.log(),
    );
  const [old] = group.pids() as [number];
  await says(new RegExp(`READY=1 MAINPID=${old} STATUS=version`));
  await says(/WATCHDOG=1/);
  process.kill(old, 'SIGHUP');
  await says(/RELOADING=1 MONOTONIC_USEC=\d+\s.*READY=1/s);
  process.kill(old, 'SIGUSR2');
  await until('the new process', () => group.pids().length === 2, group.log);
  await says(new RegExp(`READY=1 MAINPID=${group.current()} STATUS=version`));
  await until('the old process ends', () => !lives(old), group.log);
  t.notMatch(heard(), /STOPPING/, 'the service does not stop because one process does');
  process.kill(group.current(), 'SIGTERM');
  await says(/STOPPING=1/);
  await group.over;
  t.pass('all was heard');
});

const unavailable = await serverUnavailable('mariadb');
t.test('sessions stay with the old process until they end', { skip: unavailable ?? false, timeout: 120_000 }, async (t) => {
  const { server, stop } = await startStandalone({ flavor: 'mariadb' });
  t.teardown(stop);
  const scene = await stage(t, 2, {
    backends: [`127.0.0.1:${server.port}`],
    monitor: { user: 'pointsman', password: PASSWORDS.pointsman },
  });
  const group = await scene.start();
  const login = { host: '127.0.0.1', port: scene.port, user: 'app', password: PASSWORDS.app, database: 'test1' };
  const kept = await createConnection(login);
  await kept.query('CREATE TABLE up (k INT PRIMARY KEY)');
  await kept.query('SET @mine = 42');
  await kept.query('BEGIN');
  await kept.query('INSERT INTO up VALUES (1)');
  const troubles: string[] = [];
  let visits = 0;
  let visiting = true;
  const visitors = [1, 2, 3].map(async () => {
    while (visiting) {
      try {
        const visitor = await createConnection(login);
        await visitor.query('SELECT COUNT(*) FROM up');
        await visitor.end();
        visits += 1;
      } catch (error) {
        troubles.push(String(error));
      }
    }
  });
  await until('visitors come', () => visits > 5, group.log);
  t.equal((await scene.api('upgrade')).status, 200);
  await until('the log names the new process', () => group.pids().length === 2, group.log);
  const before = visits;
  await until('visitors come to the new one', () => visits > before + 5, group.log);
  visiting = false;
  await Promise.all(visitors);
  t.comment(`${visits} logins with a statement during the upgrade`);
  t.same(troubles, [], 'none of them failed');
  const other = await createConnection(login);
  await other.query('INSERT INTO up VALUES (2)');
  await kept.query('COMMIT');
  t.match((await kept.query('SELECT @mine AS mine, COUNT(*) AS n FROM up'))[0], [{ mine: 42, n: 2 }], 'its transaction and its variables');
  const [old] = group.pids() as [number];
  t.ok(lives(old));
  const ended = once(kept, 'error');
  process.kill(old, 'SIGTERM');
  t.match(await Promise.race([ended, sleep(20_000, ['nothing'])]), [{ code: 1053 }]);
  await until('the old process ends', () => !lives(old), group.log);
  t.match((await other.query('SELECT COUNT(*) AS n FROM up'))[0], [{ n: 2 }], 'the new one goes on');
  await other.end();
  process.kill(group.current(), 'SIGTERM');
  await group.over;
});

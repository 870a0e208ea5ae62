/** The primary's disk is full. MySQL waits for somebody to free space and is not dead; MariaDB's InnoDB gives up after a few seconds, and then it is. */
import { cp, mkdir, rename, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import t from 'tap';
import { startPointsman } from '../proxy/start-pointsman.js';
import { runCommand } from '../servers/run-command.js';
import { buryLater, FLAVORS, type Server, serverUnavailable, startReplication, until } from '../servers/servers.js';

const SIZE = 200;
const MIB = 1024 * 1024;

/** Puts its data on a file system of its own, of 200 MiB. */
async function onSmallDisk(server: Server): Promise<() => Promise<void>> {
  await server.stop();
  const kept = `${server.dataDir}.disk`;
  await rename(server.dataDir, kept);
  await mkdir(server.dataDir);
  await runCommand('mount', ['-t', 'tmpfs', '-o', `size=${SIZE}m`, 'tmpfs', server.dataDir]);
  const spared = buryLater({ kind: 'rule', command: ['umount', '-l', server.dataDir] });
  await cp(kept, server.dataDir, { recursive: true, preserveTimestamps: true });
  await rm(kept, { recursive: true });
  await server.start();
  return async () => {
    await runCommand('umount', ['-l', server.dataDir]);
    spared();
  };
}

/** Takes all that is left. */
async function fill(folder: string): Promise<() => Promise<void>> {
  const files: string[] = [];
  for (const bytes of [MIB, 4_096])
    for (let n = 0; ; n += 1) {
      const path = join(folder, `fill-${bytes}-${n}`);
      files.push(path);
      const fits = await writeFile(path, Buffer.alloc(bytes)).then(
        () => true,
        () => false,
      );
      if (!fits) break;
    }
  return async () => {
    for (const path of files) await rm(path, { force: true });
  };
}

for (const flavor of FLAVORS) {
  const reason = process.getuid?.() === 0 ? await serverUnavailable(flavor) : 'only root can mount a small disk';
  t.test(`${flavor}: the primary's disk is full`, { skip: reason ?? false, timeout: 240_000 }, async (t) => {
    const set = await startReplication({ flavor });
    t.teardown(() => set.stop());
    await set.primary.sql('CREATE TABLE test1.disk (id INT PRIMARY KEY, v LONGTEXT)');
    await set.caughtUp();
    const removed = await onSmallDisk(set.primary);
    t.teardown(async () => {
      await set.primary.kill9();
      await removed();
    });
    const failover = { mode: 'promote', replicationUser: 'repl', replicationPassword: 'repl' };
    const proxy = await startPointsman({ servers: set, config: { clusters: { main: { failover, hold: { timeout: '60s' } } } } });
    t.teardown(() => proxy.stop());
    const [one, two, reader] = await Promise.all([1, 2, 3].map(() => proxy.connect('split')));
    if (one === undefined || two === undefined || reader === undefined) throw new Error('three clients');
    t.teardown(() => {
      for (const each of [one, two, reader]) each.destroy();
    });
    await one.query("INSERT INTO disk VALUES (1, 'before')");

    const free = await fill(set.primary.dataDir);
    let done = 0;
    const big = 'x'.repeat(MIB);
    const write = async (client: typeof one, id: number): Promise<number> => {
      const errno = await client.query('INSERT INTO disk VALUES (?, ?)', [id, big]).then(
        () => 0,
        (error: { errno?: number }) => error.errno ?? -1,
      );
      done += 1;
      return errno;
    };
    const writes = [write(one, 2), write(two, 3)];
    const primaryNow = async () => {
      const status = (await (await fetch(`${proxy.adminUrl}/api/v1/status`)).json()) as { clusters: { primary?: string }[] };
      return status.clusters[0]?.primary;
    };
    const stalls = () => /db1 has answered no write for \d+ s, and 2 wait/.test(proxy.log());
    await until(
      'it is said that writes wait, or the server has gone and another one took over',
      async () => stalls() || (await primaryNow()) !== 'db1' || done === 2,
      90_000,
    );
    t.comment(`stalled ${stalls()}, primary ${await primaryNow()}, ${done} writes answered`);
    t.match((await reader.query('SELECT v FROM disk WHERE id = 1'))[0], [{ v: 'before' }], 'reads go on');
    if (stalls() && set.primary.running) t.equal(await primaryNow(), 'db1', 'a server that answers its checks keeps its role');
    await free();
    const answers = await Promise.all(writes);
    await until('there is a primary', async () => (await primaryNow()) !== undefined, 60_000);
    t.comment(`answers ${answers.join(', ')}, primary ${await primaryNow()}`);
    // 1021, 1114: the server's own words for a full disk; 3: it cannot write a file.
    t.ok(
      answers.every((errno) => [0, 3, 1021, 1114, 1026, 9501].includes(errno)),
      'done, the server own refusal, or outcome unknown',
    );
    await two.query("INSERT INTO disk VALUES (4, 'after')");
    const [rows] = await reader.query('SELECT id FROM disk ORDER BY id');
    const ids = (rows as { id: number }[]).map(({ id }) => id);
    for (const [n, errno] of answers.entries()) {
      if (errno === 0) t.ok(ids.includes(n + 2), `${n + 2} was acknowledged and is there`);
      else if (errno !== 9501) t.notOk(ids.includes(n + 2), `${n + 2} was refused and is not there`);
    }
    t.ok(ids.includes(4));
    const { failovers } = (await (await fetch(`${proxy.adminUrl}/api/v1/failovers`)).json()) as {
      failovers: { timeline: { sinceMs: number; what: string }[] }[];
    };
    for (const { sinceMs, what } of failovers.flatMap(({ timeline }) => timeline)) t.comment(`${sinceMs} ms: ${what}`);
  });
}

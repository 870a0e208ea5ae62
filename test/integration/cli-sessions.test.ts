import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import t from 'tap';
import { REPOSITORY } from '../proxy/run-pointsman.js';
import { startPointsman } from '../proxy/start-pointsman.js';
import { serverUnavailable, startReplication, until } from '../servers/servers.js';
import { run } from '../unit/cli/run.js';

const reason = await serverUnavailable('mariadb');
t.test('sessions, kill and top, asked of a real proxy', { skip: reason ?? false }, async (t) => {
  const set = await startReplication({ flavor: 'mariadb', replicas: 1 });
  t.teardown(() => set.stop());
  const token = 'for-the-operators';
  const proxy = await startPointsman({ servers: set, config: { admin: { token } } });
  t.teardown(() => proxy.stop());
  const cli = (...args: string[]) => run([...args, '--admin', proxy.adminUrl], { POINTSMAN_ADMIN_TOKEN: token });
  t.match(await cli('sessions'), { code: 0, out: /^no sessions/ });

  const pinned = await proxy.connect('split');
  await pinned.query('CREATE TEMPORARY TABLE mine (id INT)');
  const idle = await proxy.connect('primary');
  idle.on('error', () => undefined);
  const [[{ id: thread }]] = (await idle.query('SELECT CONNECTION_ID() AS id')) as unknown as [[{ id: number }]];
  const listed = await cli('sessions');
  t.match(listed.out, /ID +USER +CLIENT/);
  t.match(listed.out, /2 sessions\n$/);
  t.match(listed.out, new RegExp(`#${thread}\\b`), "the server's own id");
  const { sessions } = JSON.parse((await cli('sessions', '--pinned', '--json')).out) as {
    sessions: { id: number; pinReasons: string[] }[];
  };
  t.equal(sessions.length, 1);
  t.match(sessions[0]?.pinReasons.join(), /temporary table/i);
  t.match(await cli('sessions', '--user', 'nobody'), { code: 0, out: 'no sessions\n' });

  const all = JSON.parse((await cli('sessions', '--json')).out) as { sessions: { id: number; backendThread: number }[] };
  const id = String(all.sessions.find(({ backendThread }) => backendThread === thread)?.id);
  t.match(await cli('kill', id, '--dry-run'), { code: 0, out: new RegExp(`^would end session ${id} of app`) });
  await t.resolves(idle.query('SELECT 1'), 'it lives');
  t.match(await cli('kill', id), { code: 0, out: new RegExp(`^ended session ${id}`) });
  await until('its connection has ended', () =>
    idle.query('SELECT 1').then(
      () => false,
      () => true,
    ),
  );
  t.match(await cli('kill', '42'), { code: 1, err: /no session 42/ });
  t.match(await cli('kill', 'x'), { code: 2, err: /give one id/ });

  const busy = setInterval(() => void pinned.query('SELECT 1').catch(() => undefined), 10);
  const top = await cli('top', '--every', '0.5', '--count', '2');
  clearInterval(busy);
  t.equal(top.code, 0, top.err);
  const rates = [...top.out.matchAll(/^(\d+) statements\/s/gm)].map((match) => Number(match[1]));
  t.equal(rates.length, 2, 'two pictures');
  t.ok(Math.max(...rates) > 0, 'with the rate of the traffic');
  t.match(top.out, /SESSION +USER/);
  t.match(top.out, /cluster main: primary db1/);
  pinned.destroy();

  // As a person sees it: colours, the alternate screen, and the terminal as it was after q.
  const main = join(REPOSITORY, 'dist/main.js');
  const command = `POINTSMAN_ADMIN_TOKEN=${token} ${process.execPath} ${main} top --every 0.2 --admin ${proxy.adminUrl}`;
  const typed = spawnSync('script', ['--quiet', '--command', command, '/dev/null'], { input: 'q', encoding: 'utf8', timeout: 20_000 });
  t.equal(typed.status, 0);
  t.ok(typed.stdout.includes('\u001b[?1049h') && typed.stdout.trimEnd().endsWith('\u001b[?1049l'));
});

import t, { type Test } from 'tap';
import { openDetour } from '../proxy/detour.js';
import { query } from '../proxy/payloads.js';
import { type RunningPointsman, startPointsman } from '../proxy/start-pointsman.js';
import { CAPS, errorOf, WireClient } from '../proxy/wire-client.js';
import { FLAVORS, serverUnavailable, startStandalone, until } from '../servers/servers.js';

/** What is known of the only session there is. */
interface Shown {
  readonly backend?: string | null;
  readonly pinReasons: readonly string[];
}

async function sessions(proxy: RunningPointsman): Promise<readonly Shown[]> {
  return ((await (await fetch(`${proxy.adminUrl}/api/v1/sessions`)).json()) as { sessions: Shown[] }).sessions;
}

async function shown(proxy: RunningPointsman): Promise<Shown> {
  return (await sessions(proxy))[0] ?? { pinReasons: [] };
}

async function run(client: WireClient, sql: string): Promise<string> {
  const frames = await client.command(query(sql));
  const error = errorOf(frames[0]);
  return error === undefined ? 'ok' : `${error.code} ${error.message}`;
}

/** Variables that make a session-track block of 251 bytes: MySQL 8.0.15 writes its length wrongly. Found by trying all lengths around it. */
function blocks(): string[] {
  const digits = (left: number): string => `1${'0'.repeat(Math.max(0, Math.min(6, left)))}`;
  return Array.from({ length: 26 }, (_, i) => {
    const [a, b, c, d, e] = [i, i - 6, i - 12, i - 18, i - 24].map(digits);
    const sizes = `lock_wait_timeout=${a}, wait_timeout=${b}, interactive_timeout=${c}, net_read_timeout=${d}, net_write_timeout=${e}`;
    return `SET ${sizes}, sort_buffer_size=300000, max_error_count=77, div_precision_increment=7, max_sort_length=1030, join_buffer_size=300032`;
  });
}

for (const flavor of FLAVORS) {
  const reason = await serverUnavailable(flavor);
  t.test(`${flavor}: state that servers tell badly`, { skip: reason ?? false, timeout: 110_000 }, async (t) => {
    const lone = await startStandalone({ flavor });
    t.teardown(() => lone.stop());
    const detour = await openDetour(lone.server);
    t.teardown(() => detour.close());
    const proxy = await startPointsman({ servers: [{ name: 'db1', host: '127.0.0.1', port: detour.port }] });
    t.teardown(() => proxy.stop());

    /** A session of its own; `move` gives it another server connection. */
    const session = async (
      name: string,
      play: (t: Test, client: WireClient, move: () => Promise<void>) => Promise<void>,
      capabilities = CAPS.plain,
    ): Promise<void> => {
      await t.test(name, async (t) => {
        const client = await WireClient.open({ port: proxy.ports.primary, capabilities });
        const move = async (): Promise<void> => {
          detour.cut();
          await until('the session has lost its server', async () => ((await shown(proxy)).backend ?? undefined) === undefined);
        };
        await play(t, client, move);
        client.close();
        await until('the session is over', async () => (await sessions(proxy)).length === 0);
      });
    };

    await session('SET @@x', async (t, client, move) => {
      t.equal(await run(client, 'SET @@sort_buffer_size = 300000, @@autocommit = 0'), 'ok');
      t.equal(await run(client, "SET @@sql_mode = 'ANSI_QUOTES', @@time_zone = '+01:00'"), 'ok');
      await move();
      t.match(await run(client, 'SELECT "no_such_column"'), /^1054/, 'quotes are names');
      t.equal(
        await client.value("SELECT CONCAT_WS('|', @@sort_buffer_size, @@autocommit + 0, @@sql_mode, @@time_zone)"),
        '300000|0|ANSI_QUOTES|+01:00',
      );
      t.same((await shown(proxy)).pinReasons, []);
    });
    await session('variables for one statement', async (t, client, move) => {
      const before = await client.value('SELECT @@sort_buffer_size');
      const sql =
        flavor === 'mysql' ? 'SELECT /*+ SET_VAR(sort_buffer_size = 400000) */ 1' : 'SET STATEMENT sort_buffer_size = 400000 FOR SELECT 1';
      t.equal(await run(client, sql), 'ok');
      await move();
      t.equal(await client.value('SELECT @@sort_buffer_size'), before);
    });
    await session('reads of information_schema', async (t, client) => {
      for (const table of ['TABLES', 'COLUMNS', 'VIEWS']) await client.command(query(`SELECT * FROM information_schema.${table}`));
      await client.command(query('SHOW CREATE TABLE mysql.user'));
      t.same((await shown(proxy)).pinReasons, [], 'pin nothing');
      t.equal(await client.value('SELECT DATABASE()'), 'test1');
    });
    await session('a temporary table that is renamed', async (t, client, move) => {
      t.equal(await run(client, 'CREATE TEMPORARY TABLE first_name (a INT)'), 'ok');
      t.equal(await run(client, 'ALTER TABLE first_name RENAME second_name'), 'ok');
      t.same((await shown(proxy)).pinReasons, ['temporary table second_name']);
      await move();
      t.match(await run(client, 'INSERT INTO Second_Name VALUES (1)'), /^9502 .*temporary table second_name/);
      t.equal(await run(client, "SELECT 'second_name', 1 AS first_name"), 'ok', 'a text is no table');
      t.match(await run(client, 'SELECT * FROM first_name'), /^1146/, 'the old name means nothing');
      t.match(await run(client, 'ALTER TABLE `second_name` RENAME third_name'), /^9502/, 'a rename does not bring it back');
      t.equal(await run(client, 'DROP TEMPORARY TABLE IF EXISTS second_name'), 'ok');
      t.match(await run(client, 'SELECT * FROM second_name'), /^1146/);
    });
    for (const [how, capabilities] of [
      ['with session tracking', CAPS.plain | CAPS.sessionTrack | CAPS.deprecateEof],
      ['without', CAPS.plain],
    ] as const) {
      await session(
        `blocks of every length around 251, ${how}`,
        async (t, client, move) => {
          const told: string[] = [];
          for (const sql of blocks()) told.push(await run(client, sql));
          t.same([...new Set(told)], ['ok']);
          await move();
          t.equal(
            await client.value("SELECT CONCAT_WS('|', @@wait_timeout, @@max_sort_length)"),
            '1000000|1030',
            'what they said is known',
          );
        },
        capabilities,
      );
    }
  });
}

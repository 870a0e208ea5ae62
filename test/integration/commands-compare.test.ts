import t from 'tap';
import { differences, type Run, runDirect, runLike, runPipelined, type Step } from '../proxy/compare-runs.js';
import { startPointsman } from '../proxy/start-pointsman.js';
import { CAPS, WireClient, type WireLogin } from '../proxy/wire-client.js';
import { FLAVORS, type ReplicationSet, serverUnavailable, startReplication } from '../servers/servers.js';
import { commandScript, INFILE_SCRIPT, preparedScript, QUERY_SCRIPT, REPLICA_SCRIPT, TABLES } from './commands-script.js';

const CAPABILITIES: Readonly<Record<string, Partial<WireLogin>>> = {
  'oldest framing': { capabilities: CAPS.plain },
  'no EOF packets': { capabilities: CAPS.plain | CAPS.deprecateEof },
  'session tracking': { capabilities: CAPS.plain | CAPS.sessionTrack | CAPS.deprecateEof },
  'session tracking with EOF packets': { capabilities: CAPS.plain | CAPS.sessionTrack },
};

async function freshTables(set: ReplicationSet): Promise<void> {
  const root = await set.primary.connectAsRoot();
  for (const statement of [...TABLES, 'SET GLOBAL local_infile = 1']) await root.query(statement);
  root.destroy();
}

for (const flavor of FLAVORS) {
  const reason = await serverUnavailable(flavor);
  t.test(`${flavor}: the proxy's bytes are the server's bytes`, { skip: reason ?? false }, async (t) => {
    const set = await startReplication({ flavor, replicas: 1 });
    t.teardown(() => set.stop());
    const proxy = await startPointsman({ servers: set });
    t.teardown(() => proxy.stop());

    const once = async (login: WireLogin, play: (client: WireClient) => Promise<Run>): Promise<Run> => {
      await freshTables(set);
      const client = await WireClient.open(login);
      try {
        return await play(client);
      } finally {
        client.close();
      }
    };

    const scripts: Record<string, readonly Step[]> = {
      queries: QUERY_SCRIPT,
      commands: commandScript(flavor),
      'prepared statements': preparedScript(flavor),
      'local files': INFILE_SCRIPT,
    };
    for (const [what, script] of Object.entries(scripts)) {
      for (const [how, login] of Object.entries(CAPABILITIES)) {
        const direct = await once({ ...login, port: set.primary.port }, (client) => runDirect(client, script));
        const proxied = { ...login, port: proxy.ports.primary };
        const same = (run: Run, mode: string) => t.same(differences(script, direct, run), [], `${what}, ${how}, ${mode}`);
        const first = await once(proxied, (client) => runLike(client, script, direct));
        same(first, 'one by one');
        if (what === 'local files') continue;
        if (how === 'oldest framing') same(await once(proxied, (client) => runPipelined(client, script, first, 61)), '61 bytes at a time');
        else same(await once(proxied, (client) => runPipelined(client, script, first, 1 << 30)), 'all in one write');
      }
    }
    await freshTables(set);
    await set.caughtUp();
    const direct = await runDirect(await WireClient.open({ port: set.replicas[0]?.port ?? 0 }), REPLICA_SCRIPT);
    const run = await runLike(await WireClient.open({ port: proxy.ports.replica }), REPLICA_SCRIPT, direct);
    t.same(differences(REPLICA_SCRIPT, direct, run), [], 'a replica that refuses writes');
  });
}

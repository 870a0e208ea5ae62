import { readFile } from 'node:fs/promises';
import t from 'tap';
import type { MonitorTls } from '../../src/health/options.js';
import { FLAVORS, makeCertificates, type Server, serverUnavailable, startStandalone } from '../servers/servers.js';
import { view, watchSet } from './health-setup.js';

/** State of the only server under these TLS settings, and whether the monitor's connections were encrypted. */
async function look(server: Server, tls: MonitorTls, host: string, user = 'monitor', password = 'monitor') {
  const backends = [{ name: server.name, address: { host, port: server.port }, weight: 100, priority: 100, neverPromote: false }];
  const accepts = async () =>
    Number((await server.sql<{ Value: string }>("SHOW GLOBAL STATUS LIKE 'Ssl_finished_accepts'"))[0]?.Value ?? 0);
  const before = await accepts();
  const { monitor } = await watchSet([server], { settings: { tls, backends, monitor: { user, password }, timeoutMs: 2_000 } });
  const { state, role, reason } = view(monitor, server);
  await monitor.stop();
  return { state, role, reason, encrypted: (await accepts()) > before };
}

for (const flavor of FLAVORS) {
  const reason = await serverUnavailable(flavor);
  t.test(`${flavor}: TLS towards the servers`, { skip: reason ?? false }, async (t) => {
    const withTls = await startStandalone({ flavor, tls: true });
    t.teardown(() => withTls.stop());
    const without = await startStandalone({ flavor, tls: false });
    t.teardown(() => without.stop());
    const ca = await readFile((await makeCertificates()).ca, 'utf8');
    for (const mode of ['off', 'mirror', 'prefer', 'require'] as const) {
      t.match(await look(withTls.server, { mode }, '127.0.0.1'), { state: 'online', role: 'primary', encrypted: mode !== 'off' }, mode);
    }
    t.match(
      await look(withTls.server, { mode: 'verify-ca', certificates: () => ({ ca }) }, '127.0.0.2'),
      { state: 'online' },
      'the name does not matter',
    );
    t.match(await look(withTls.server, { mode: 'verify-identity', certificates: () => ({ ca }) }, 'localhost'), { state: 'online' });
    t.match(
      await look(withTls.server, { mode: 'verify-identity', certificates: () => ({ ca }) }, '127.0.0.2'),
      { state: 'online' },
      'an address that the certificate names',
    );
    t.match(
      await look(withTls.server, { mode: 'verify-ca' }, '127.0.0.1'),
      { state: /suspect|down/, reason: /certificate/ },
      'an unknown CA',
    );
    // Another spelling of 127.0.0.1 that no certificate names.
    t.match(await look(withTls.server, { mode: 'verify-identity', certificates: () => ({ ca }) }, '127.1'), {
      state: /suspect|down/,
      reason: /127\.1|altnames/,
    });
    t.match(await look(without.server, { mode: 'prefer' }, '127.0.0.1'), { state: 'online' });
    t.match(await look(without.server, { mode: 'require' }, '127.0.0.1'), { state: /suspect|down/, reason: /secure connection/i });
    if (flavor === 'mysql') {
      await without.server.sql("CREATE USER sha2@'%' IDENTIFIED WITH caching_sha2_password BY 'secret'");
      t.match(
        await look(without.server, { mode: 'off' }, '127.0.0.1', 'sha2', 'secret'),
        { state: 'online', role: 'primary' },
        'caching_sha2 without TLS',
      );
    }
  });
}

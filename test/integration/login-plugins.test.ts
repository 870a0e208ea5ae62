import t from 'tap';
import { AuthClient } from '../proxy/auth-client.js';
import { startPointsman } from '../proxy/start-pointsman.js';
import { ed25519Args, FLAVORS, serverUnavailable, startStandalone } from '../servers/servers.js';
import { mariadb } from './foreign-drivers.js';
import { ACCOUNT_KINDS, CLIENT_KINDS, PASSWORD } from './login-matrix.js';

/** COM_CHANGE_USER from every account to every other with every plugin, and libmariadb's own arithmetic, directly and through the proxy. */
for (const flavor of FLAVORS) {
  const reason = await serverUnavailable(flavor);
  t.test(`plugins: ${flavor}`, { skip: reason ?? false }, async (t) => {
    const plugins = flavor === 'mariadb' ? await ed25519Args() : { args: [] };
    if ('reason' in plugins) {
      await t.test('plugins', { skip: plugins.reason }, async () => undefined);
      return;
    }
    const { server, stop } = await startStandalone({ flavor, tls: true, extraArgs: plugins.args });
    t.teardown(stop);
    const kinds = ACCOUNT_KINDS.filter((kind) => kind.flavor === flavor);
    for (const kind of kinds) await server.sql(`CREATE USER p_${kind.name}@'%' ${kind.identified(PASSWORD)}`);
    const proxy = await startPointsman({ servers: [server], listenerTls: 'prefer', config: { auth: { mode: 'auto' }, users: [] } });
    t.teardown(() => proxy.stop());
    const ports = { directly: server.port, through: proxy.ports.primary };

    await t.test('change of user', async (t) => {
      for (const from of kinds) {
        for (const to of kinds) {
          for (const { name, how } of CLIENT_KINDS.filter((client) => client.how.speaks === undefined)) {
            for (const tls of [false, true]) {
              const ends: Record<string, string> = {};
              for (const [way, port] of Object.entries(ports)) {
                // It logs in as a client of the server's own time does, so that only the change is in question.
                const login = { port, user: `p_${from.name}`, password: PASSWORD, tls, plugin: 'mysql_native_password' };
                const { client, how: first } = await AuthClient.login(login);
                if (first !== 'in') t.fail(`${way}: ${from.name} did not come in: ${first}`);
                const end = await client.changeUser({
                  ...how,
                  user: `p_${to.name}`,
                  password: PASSWORD,
                  plugin: how.plugin ?? 'mysql_native_password',
                });
                const me = end === 'in' ? await client.wire.value('SELECT CURRENT_USER()').catch((error: Error) => error.message) : '';
                ends[way] = `${end} ${me}`;
                client.wire.close();
              }
              const what = `${from.name} to ${to.name}, ${name}${tls ? ', TLS' : ''}: directly ${ends['directly']}`;
              t.ok(ends['through'] === `in p_${to.name}@%` || ends['through'] === ends['directly'], `${what}, through ${ends['through']}`);
            }
          }
        }
      }
    });

    await t.test('the mariadb client', async (t) => {
      for (const kind of kinds) {
        for (const port of Object.values(ports)) {
          for (const tls of ['--ssl', '--skip-ssl']) {
            const login = (password: string) => mariadb(port, password, [tls], `p_${kind.name}`);
            const needsTls = kind.name === 'sha256' && tls === '--skip-ssl';
            t.equal(await login(PASSWORD), '', `${kind.name}, ${tls}, ${port}${needsTls ? ' (with the RSA key)' : ''}`);
            t.match(await login('wrong'), /ERROR 1045 \(28000\).*Access denied/s, `${kind.name}, ${tls}, ${port}: wrong`);
          }
        }
      }
    });
  });
}

import t from 'tap';
import { ConfigSourceError, loadFrom } from '../../../src/config/load-from.js';
import { ConfigError } from '../../../src/config/problem.js';

const load = (given: Parameters<typeof loadFrom>[0], env: Record<string, string> = {}) => loadFrom(given, env, '/no/default').config;

function failure(given: Parameters<typeof loadFrom>[0], env: Record<string, string> = {}): string {
  try {
    loadFrom(given, env, '/no/default');
  } catch (error) {
    if (error instanceof ConfigError || error instanceof ConfigSourceError) return error.message;
    throw error;
  }
  return 'none';
}

t.test('one URL is enough', async (t) => {
  const config = load({ primary: 'mysql://app:p%40ss@db1:3307/shop' });
  t.match(config.clusters, [
    {
      name: 'main',
      backends: [{ name: 'db1:3307', address: { host: 'db1', port: 3307 } }],
      monitor: { user: 'app', password: 'p@ss' },
      failover: { mode: 'follow' },
    },
  ]);
  t.match(config.users, [{ name: 'app', password: 'p@ss' }]);
  t.equal(config.listeners.length, 3);
});

t.test('forms of a server', async (t) => {
  const config = load({
    primary: 'mariadb://app:a@b/c?#@[::1]',
    replicas: ['mysql://db2', 'db3:3308', 'mysql://app:a%40b%2Fc%3F%23@db4:3309', '[::1]:3310'],
  });
  t.same(
    config.clusters[0]?.backends.map(({ name }) => name),
    ['[::1]:3306', 'db2:3306', 'db3:3308', 'db4:3309', '[::1]:3310'],
  );
  t.equal(config.users[0]?.password, 'a@b/c?#', 'a password that is not encoded is understood too');
});

t.test('with an account for the health checks the URL needs none', async (t) => {
  const config = load({}, { POINTSMAN_PRIMARY: 'db1:3306', POINTSMAN_MONITOR_USER: 'mon', POINTSMAN_MONITOR_PASSWORD: 'mp' });
  t.match(config.clusters[0]?.monitor, { user: 'mon', password: 'mp' });
  t.same(config.users, []);
  t.equal(config.auth.mode, 'auto');
  const other = { POINTSMAN_PRIMARY: 'db1:3306', POINTSMAN_REPLICAS: 'mysql://app:pw@db2', POINTSMAN_MONITOR_USER: 'mon' };
  t.match(failure({}, other), /another account than that of the primary/);
});

t.test('the environment', async (t) => {
  const env = {
    POINTSMAN_PRIMARY: 'mysql://app:pw@db1',
    POINTSMAN_REPLICAS: 'db2:3306, db3:3306,',
    POINTSMAN_MONITOR_USER: 'mon',
    POINTSMAN_MONITOR_PASSWORD: 'mp',
  };
  const config = load({}, env);
  t.equal(config.clusters[0]?.backends.length, 3);
  t.match(config.clusters[0]?.monitor, { user: 'mon', password: 'mp' });
  t.match(config.users, [{ name: 'app', password: 'pw' }]);
  t.equal(load({ primary: 'mysql://x:y@other' }, env).clusters[0]?.backends.length, 1, 'the command line wins');
  const file = `${t.testdir({ 'p.json': '{ "clusters": { "f": { "backends": ["a:1"] } } }' })}/p.json`;
  t.equal(load({}, { POINTSMAN_CONFIG: file }).clusters[0]?.name, 'f');
  t.equal(load({ config: file }, env).clusters[0]?.name, 'f');
  t.equal(loadFrom({}, {}, file).file, file, 'the default file');
});

t.test('what is wrong is said without the password', async (t) => {
  const rows: readonly [string, RegExp][] = [
    ['mysql://app:hunter2@db1:99999', /^--primary: the port must be a number/],
    ['mysql://app:hunter2@', /^--primary: no host/],
    ['mysql://db1', /^--primary: no account/],
    ['db1', /^--primary: no port; write db1:3306/],
    ['mysql://app:hunter2@db1?ssl=1', /^--primary: a URL has no options here/],
    ['postgres://app:hunter2@db1', /^--primary: this is not a URL such as mysql/],
    ['mysql://app:hunter2%@db1', /^--primary: a % in the account/],
  ];
  for (const [primary, message] of rows) {
    const text = failure({ primary });
    t.match(text, message, primary);
    t.notMatch(text, /hunter2/);
  }
  t.match(
    failure({ primary: 'mysql://a:b@db1', replicas: ['mysql://x:hunter2@db2'] }),
    /^--replica: another account than that of the primary/,
  );
  t.match(failure({ primary: 'mysql://a:b@db1', replicas: ['db1:3306'] }), /is this server already/);
  t.match(failure({}, { POINTSMAN_PRIMARY: 'mysql://db1' }), /^POINTSMAN_PRIMARY: no account/);
  t.match(
    failure({ primary: 'mysql://a:b@db1' }, { POINTSMAN_MONITOR_PASSWORD: 'hunter2' }),
    /^POINTSMAN_MONITOR_PASSWORD: set POINTSMAN_MONITOR_USER too$/,
  );
});

t.test('two sources, or none', async (t) => {
  t.match(failure({}), /^no configuration; give --config FILE or --primary/);
  t.match(failure({ config: 'a', primary: 'b' }), /not both/);
  t.match(failure({ replicas: ['db2:1'] }), /--replica needs --primary/);
  t.match(failure({}, { POINTSMAN_CONFIG: 'a', POINTSMAN_PRIMARY: 'b' }), /both POINTSMAN_CONFIG and POINTSMAN_PRIMARY are set/);
  t.match(failure({}, { POINTSMAN_REPLICAS: 'a' }), /POINTSMAN_REPLICAS needs POINTSMAN_PRIMARY/);
});

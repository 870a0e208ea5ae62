import type { Client } from './client.js';

const NPM = ['npm', 'install', '--no-audit', '--no-fund', '--no-progress', '--loglevel=error'];

function node(name: string, more: Partial<Client> = {}): Client {
  return {
    name,
    language: 'JavaScript',
    kind: 'driver',
    shared: ['harness.mjs'],
    install: [NPM],
    manifest: ['package.json'],
    run: ['node', 'program.mjs'],
    ...more,
  };
}

function python(name: string, more: Partial<Client> = {}): Client {
  const pip = ['.venv/bin/python', '-m', 'pip', 'install', '--quiet', '--disable-pip-version-check', '--requirement', 'requirements.txt'];
  return {
    name,
    language: 'Python',
    kind: 'driver',
    shared: ['harness.py', 'dbapi.py'],
    install: [['python3', '-m', 'venv', '.venv'], pip],
    manifest: ['requirements.txt'],
    run: ['.venv/bin/python', 'program.py'],
    ...more,
  };
}

function go(name: string, more: Partial<Client> = {}): Client {
  return {
    name,
    language: 'Go',
    kind: 'driver',
    shared: ['harness.go'],
    install: [['go', 'build', '-o', 'program', '.']],
    run: ['./program'],
    ...more,
  };
}

function java(name: string): Client {
  const classpath = `classes:${['lib', '*'].join('/')}`;
  return {
    name,
    language: 'Java',
    kind: 'driver',
    shared: ['Program.java'],
    install: [
      ['mvn', '--batch-mode', '--quiet', 'dependency:copy-dependencies', '-DoutputDirectory=lib'],
      ['javac', '-encoding', 'UTF-8', '-d', 'classes', 'Program.java'],
    ],
    run: ['java', '-Dfile.encoding=UTF-8', '-Dstdout.encoding=UTF-8', '-cp', classpath, 'Program'],
  };
}

/** Compiled once, one job, behind everything else: it takes minutes. */
function rust(name: string): Client {
  const build = ['nice', '-n', '10', 'cargo', 'build', '--quiet', '--jobs', '1'];
  return { name, language: 'Rust', kind: 'driver', shared: ['harness.rs'], install: [build], run: ['target/debug/program'] };
}

function script(name: string, language: string, run: readonly string[], debian: readonly string[], more: Partial<Client> = {}): Client {
  return { name, language, kind: 'driver', debian, install: [], run, ...more };
}

/** Programs of the command line, each run by a small Node program. */
function tool(name: string, debian: readonly string[]): Client {
  const shared = ['harness.mjs'];
  return { name, language: 'C', kind: 'tool', folder: 'cli-tools', shared, debian, install: [], run: ['node', 'program.mjs', name] };
}

const CONNECTOR = ['harness.py', 'dbapi.py', 'connector.py'];

/** All clients of the matrix, in the order of the table. */
export const CLIENTS: readonly Client[] = [
  node('mysql2', { core: true }),
  python('pymysql', { core: true }),
  go('go-sql-driver', { core: true }),
  node('mariadb'),
  python('mysql-connector-python', { shared: CONNECTOR, env: { DRIVER_PURE: '1' } }),
  // An older one: the library in newer wheels wants a newer OpenSSL than Debian 12 has.
  python('mysql-connector-python-c', { shared: CONNECTOR }),
  python('mysqlclient', { debian: ['libmariadb-dev', 'pkg-config', 'gcc'] }),
  python('asyncmy', { shared: ['harness.py', 'async_driver.py'] }),
  python('aiomysql', { shared: ['harness.py', 'async_driver.py'] }),
  java('connector-j'),
  java('mariadb-connector-j'),
  script('php-mysqli', 'PHP', ['php', '-d', 'mysqli.allow_local_infile=1', 'program.php'], ['php-cli', 'php-mysql'], {
    shared: ['harness.php'],
  }),
  script('php-pdo', 'PHP', ['php', '-d', 'mysqli.allow_local_infile=1', 'program.php'], ['php-cli', 'php-mysql'], {
    shared: ['harness.php'],
  }),
  script('perl-dbd-mysql', 'Perl', ['perl', 'program.pl'], ['perl', 'libdbd-mysql-perl']),
  script('ruby-mysql2', 'Ruby', ['ruby', 'program.rb'], ['ruby', 'ruby-mysql2']),
  tool('mariadb-client', ['mariadb-client']),
  tool('mysqldump', ['mariadb-client']),
  tool('mysqlbinlog', ['mariadb-client']),
  tool('mysqlslap', ['mariadb-client']),
  tool('sysbench', ['sysbench']),
  node('sequelize', { kind: 'orm', shared: ['harness.mjs', 'orm.mjs'] }),
  node('knex', { kind: 'orm', shared: ['harness.mjs', 'orm.mjs'] }),
  node('typeorm', { kind: 'orm', shared: ['harness.mjs', 'orm.mjs'] }),
  node('drizzle', { kind: 'orm', shared: ['harness.mjs', 'orm.mjs'] }),
  python('sqlalchemy', { kind: 'orm', shared: ['harness.py'] }),
  go('gorm', { kind: 'orm' }),
  rust('sqlx'),
  rust('mysql_async'),
];

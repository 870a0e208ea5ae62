import { createConnection, type RowDataPacket } from 'mysql2/promise';
import t from 'tap';
import { GenericContainer, Wait } from 'testcontainers';
import { enginesLack } from './engine.js';

const DATABASES = [
  { image: 'mysql:8.0', version: /^8\.0\./ },
  { image: 'mariadb:10.11', version: /^10\.11\..*MariaDB/ },
] as const;

for (const { image, version } of DATABASES) {
  const reason = await enginesLack(image);
  t.test(`${image} in a container answers a driver over its mapped port`, { skip: reason ?? false }, async (t) => {
    const container = await new GenericContainer(image)
      .withEnvironment({ MYSQL_ROOT_PASSWORD: 'root', MYSQL_DATABASE: 'test1', MYSQL_USER: 'app', MYSQL_PASSWORD: 'app' })
      .withExposedPorts(3306)
      // The first time is the server that fills the data folder; it takes no connections over TCP.
      .withWaitStrategy(Wait.forLogMessage(/port: 3306/))
      .withStartupTimeout(120_000)
      .start();
    t.teardown(() => container.stop({ timeout: 0 }));
    const connection = await createConnection({
      host: container.getHost(),
      port: container.getMappedPort(3306),
      user: 'app',
      password: 'app',
      database: 'test1',
    });
    const [rows] = await connection.query<RowDataPacket[]>('SELECT VERSION() AS version');
    t.match(String(rows[0]?.['version']), version);
    await connection.query('CREATE TABLE t (id INT PRIMARY KEY)');
    await connection.execute('INSERT INTO t VALUES (?)', [7]);
    const [found] = await connection.execute<RowDataPacket[]>('SELECT id FROM t WHERE id = ?', [7]);
    t.equal(found.length, 1);
    await connection.end();
  });
}

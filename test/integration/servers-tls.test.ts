import { readFileSync } from 'node:fs';
import type { RowDataPacket } from 'mysql2/promise';
import t from 'tap';
import { FLAVORS, makeCertificates, serverUnavailable, startStandalone } from '../servers/servers.js';

for (const flavor of FLAVORS) {
  const reason = await serverUnavailable(flavor);
  t.test(`${flavor}: TLS with certificates of our own`, { skip: reason ?? false }, async (t) => {
    const { server, stop } = await startStandalone({ flavor, tls: true });
    t.teardown(stop);
    const files = await makeCertificates();
    const ca = readFileSync(files.ca);
    // 8.0.15 knows TLS 1.2 at most; the host name is checked against the certificate's names.
    const secure = await server.connect('app', { ssl: { ca, rejectUnauthorized: true, verifyIdentity: true } });
    const [rows] = await secure.query<RowDataPacket[]>("SHOW STATUS LIKE 'Ssl_cipher'");
    t.not(rows[0]?.['Value'], '');
    await secure.end();
    await t.rejects(
      server.connect('app', { ssl: { ca: readFileSync(files.otherCa), rejectUnauthorized: true } }),
      'another CA is not trusted',
    );
    const plain = await server.connect('app');
    await plain.end();
  });

  t.test(`${flavor}: without TLS`, { skip: reason ?? false }, async (t) => {
    const { server, stop } = await startStandalone({ flavor, tls: false });
    t.teardown(stop);
    await t.rejects(server.connect('app', { ssl: { rejectUnauthorized: false } }), { code: 'HANDSHAKE_NO_SSL_SUPPORT' });
    await (await server.connect('app')).end();
  });
}

import t from 'tap';
import { linkCapabilities } from '../../../src/backend/link-capabilities.js';
import { Capability as C, has } from '../../../src/protocol/capabilities.js';

const MYSQL = 0xdfff_ffff;
const MARIADB = 0x81ff_fffe;
const wish = { capabilities: 0, mariadbCapabilities: 0, tls: false, database: false };

t.test('what we need is always asked for, what belongs to the client link never', async (t) => {
  const { capabilities } = linkCapabilities(
    { ...wish, capabilities: C.SSL | C.COMPRESS | C.ZSTD_COMPRESSION | C.CONNECT_WITH_DB },
    MYSQL,
    0,
  );
  t.ok(has(capabilities, C.PROTOCOL_41 | C.SECURE_CONNECTION | C.PLUGIN_AUTH | C.SESSION_TRACK | C.CONNECT_ATTRS | C.LONG_PASSWORD));
  t.equal(capabilities & (C.SSL | C.COMPRESS | C.ZSTD_COMPRESSION | C.CONNECT_WITH_DB), 0);
});

t.test('the client’s bits pass, as far as the server has them', async (t) => {
  const client = C.FOUND_ROWS | C.DEPRECATE_EOF | C.MULTI_STATEMENTS | C.QUERY_ATTRIBUTES | C.INTERACTIVE;
  t.ok(has(linkCapabilities({ ...wish, capabilities: client }, MYSQL, 0).capabilities, client));
  t.notOk(has(linkCapabilities({ ...wish, capabilities: client }, MARIADB, 0).capabilities, C.QUERY_ATTRIBUTES));
  t.notOk(has(linkCapabilities(wish, MYSQL, 0).capabilities, C.FOUND_ROWS), 'and no others');
  t.ok(has(linkCapabilities({ ...wish, tls: true, database: true }, MYSQL, 0).capabilities, C.SSL | C.CONNECT_WITH_DB));
});

t.test('MariaDB’s own bits, announced by the missing bit 0', async (t) => {
  const mariadb = linkCapabilities({ ...wish, capabilities: C.LONG_PASSWORD, mariadbCapabilities: 0x1d }, MARIADB, 0x0d);
  t.equal(mariadb.mariadbCapabilities, 0x0d);
  t.notOk(has(mariadb.capabilities, C.LONG_PASSWORD));
  t.equal(linkCapabilities({ ...wish, mariadbCapabilities: 0x1d }, MYSQL, 0).mariadbCapabilities, 0);
});

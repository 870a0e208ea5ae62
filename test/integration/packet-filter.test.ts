import t from 'tap';
import { availableFlavors, blackHole, packetFilterUnavailable, startStandalone } from '../servers/servers.js';

const reason = await packetFilterUnavailable();

for (const flavor of await availableFlavors()) {
  t.test(`${flavor}: packets of one way vanish`, { skip: reason ?? false }, async (t) => {
    const { server, stop } = await startStandalone({ flavor });
    t.teardown(stop);
    const open = await server.connect('app', { host: server.proxyHost });
    t.teardown(() => open.destroy());

    const proxyWay = await blackHole(server, 'proxy');
    t.teardown(() => proxyWay.remove());
    await t.rejects(server.connect('app', { host: server.proxyHost, connectTimeout: 500 }), { code: 'ETIMEDOUT' });
    let answered = false;
    const late = open.query('SELECT 1').then(() => {
      answered = true;
    });
    const direct = await server.connect('app');
    await direct.query('SELECT 1');
    await direct.end();
    t.equal(answered, false, 'the other way works meanwhile');
    await proxyWay.remove();
    await late;
    t.equal(answered, true, 'an open connection goes on when the way is back');

    const all = await blackHole(server, 'all');
    t.teardown(() => all.remove());
    await t.rejects(server.connect('app', { connectTimeout: 500 }), { code: 'ETIMEDOUT' });
    await all.remove();
    await (await server.connect('app')).end();
  });
}

import t, { type Test } from 'tap';
import { COM, command, execute, PARAMETERS, query } from '../proxy/payloads.js';
import { type RunningPointsman, startPointsman } from '../proxy/start-pointsman.js';
import { frameOf, HEADER, WireClient } from '../proxy/wire-client.js';
import { FLAVORS, serverUnavailable, startReplication } from '../servers/servers.js';

const text = PARAMETERS['varchar'] ?? { type: 6, value: null };

/** Commands of several kinds, then COM_STATISTICS, which marks the end. */
const CONVERSATION = [
  query('SELECT 1 AS one; SELECT 2'),
  command(COM.prepare, 'SELECT ? AS echo'),
  command(COM.longData, 1, Buffer.of(0, 0), 'long'),
  execute(1, [{ type: 252, value: undefined }]),
  execute(1, [text]),
  command(COM.initDb, 'test1'),
  command(COM.close, 1),
  query('SELECT nonsense('),
  command(COM.ping),
  command(COM.resetConnection),
  command(COM.statistics),
];

/** Two writes that the kernel has no reason to join: a turn of the event loop lies between them. */
async function inTwo(client: WireClient, bytes: Buffer, at: number): Promise<void> {
  client.send(bytes.subarray(0, at));
  await new Promise((done) => setTimeout(done, 2));
  client.send(bytes.subarray(at));
}

async function commands(t: Test, proxy: RunningPointsman): Promise<void> {
  const bytes = Buffer.concat(CONVERSATION.map((payload) => frameOf(payload)));
  const answers = async (at: number): Promise<string> => {
    // A new connection each time: statement ids begin at 1.
    const client = await WireClient.open({ port: proxy.ports.primary });
    await inTwo(client, bytes, at);
    const frames = await client.upToUptime();
    client.close();
    return Buffer.concat(frames).toString('hex');
  };
  const whole = await answers(0);
  t.ok(whole.length > 200, 'something to compare with');
  const wrong: number[] = [];
  for (let at = 1; at < bytes.length; at++) if ((await answers(at)) !== whole) wrong.push(at);
  t.same(wrong, [], `${CONVERSATION.length} commands cut at each of ${bytes.length} places`);
}

async function logins(t: Test, proxy: RunningPointsman): Promise<void> {
  const { primary: port } = proxy.ports;
  const failed: string[] = [];
  let size = 2;
  for (let at = 1; at < size; at++) {
    const client = await WireClient.dial(port);
    await client.greeted();
    const bytes = frameOf(client.loginPayload({ port }), 1);
    size = bytes.length;
    await inTwo(client, bytes, at);
    let answer = await client.frame();
    if (answer[HEADER] === 0xfe) {
      client.answerSwitch(answer);
      answer = await client.frame();
    }
    if (answer[HEADER] !== 0x00) failed.push(`${at}: ${answer.toString('latin1', HEADER)}`);
    client.close();
  }
  t.same(failed, [], `a login cut at each of ${size} places`);
}

for (const flavor of FLAVORS) {
  const reason = await serverUnavailable(flavor);
  t.test(`${flavor}: frames split at every byte`, { skip: reason ?? false }, async (t) => {
    const set = await startReplication({ flavor, replicas: 1 });
    t.teardown(() => set.stop());
    const proxy = await startPointsman({ servers: set });
    t.teardown(() => proxy.stop());
    await t.test('commands', (t) => commands(t, proxy));
    await t.test('logins', (t) => logins(t, proxy));
  });
}

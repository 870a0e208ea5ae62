import cluster, { type Worker } from 'node:cluster';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { connect, type Socket } from 'node:net';
import { fileURLToPath } from 'node:url';
import t from 'tap';
import { ListenError } from '../../src/net/listen-error.js';
import { Listener } from '../../src/net/listener.js';

const accept = (socket: Socket): void => {
  socket.on('error', () => undefined);
  socket.end(`${process.pid}\n`);
};

async function greetingOf(where: { port: number } | { path: string }): Promise<string> {
  const socket = connect({ ...('port' in where ? { host: '127.0.0.1' } : {}), ...where });
  let text = '';
  socket.on('data', (bytes) => {
    text += String(bytes);
  });
  await once(socket, 'close');
  return text.trim();
}

/** What a worker says of its listener (tap sends messages of its own). */
function told(worker: Worker): Promise<{ port?: number; error?: string }> {
  return new Promise((resolve) => {
    worker.on('message', (message: { port?: number; error?: string }) => {
      if (message.port !== undefined || message.error !== undefined) resolve(message);
    });
  });
}

if (cluster.isWorker) {
  const [, , port] = process.argv;
  const listener = new Listener({ name: 'shared', address: { host: '127.0.0.1', port: Number(port) }, onSocket: accept });
  try {
    await listener.open();
    process.send?.({ port: listener.port });
  } catch (error) {
    process.send?.({ error: error instanceof ListenError ? error.message : String(error) });
  }
} else {
  t.test('TCP', async (t) => {
    const listener = new Listener({ name: 'primary', address: { host: '127.0.0.1', port: 0 }, onSocket: accept });
    await listener.open();
    t.ok(listener.port > 0);
    t.equal(listener.address, `127.0.0.1:${listener.port}`);
    t.equal(await greetingOf({ port: listener.port }), String(process.pid));
    const second = new Listener({ name: 'replica', address: { host: '127.0.0.1', port: listener.port }, onSocket: accept });
    const error: unknown = await second.open().catch((reason: unknown) => reason);
    t.ok(error instanceof ListenError);
    t.match(error, {
      code: 'PM_NET_ADDRESS_IN_USE',
      systemCode: 'EADDRINUSE',
      message: `listener "replica" cannot open 127.0.0.1:${listener.port}: another program listens there. Stop it, or give this listener another address.`,
    });
    await listener.close();
    await second.open();
    t.equal(await greetingOf({ port: second.port }), String(process.pid), 'free again after close');
    await second.close();
    await second.close();
  });

  t.test('addresses that cannot be had', async (t) => {
    const fails = async (host: string, port = 0, path?: string) => {
      const address = { host, port, ...(path !== undefined && { path }) };
      return await new Listener({ name: 'x', address, onSocket: accept }).open().catch((reason: unknown) => reason);
    };
    t.match(await fails('192.0.2.1'), { code: 'PM_NET_ADDRESS_NOT_AVAILABLE', message: /no network interface of this machine/ });
    t.match(await fails('no.such.name.invalid'), { code: 'PM_NET_LISTEN', message: /host name/ });
    t.match(await fails('', 0, '/no/such/folder/s.sock'), { message: /unix:\/no\/such\/folder\/s\.sock/ });
  });

  t.test('a unix socket, and the file that a killed process left', async (t) => {
    const path = `/tmp/pm-listener-${process.pid}.sock`;
    const open = () => new Listener({ name: 'local', address: { host: '', port: 0, path }, onSocket: accept });
    const first = open();
    await first.open();
    t.equal(first.address, `unix:${path}`);
    t.equal(await greetingOf({ path }), String(process.pid));
    t.match(
      await open()
        .open()
        .catch((reason: unknown) => reason),
      { code: 'PM_NET_ADDRESS_IN_USE' },
      'not taken from a living owner',
    );
    await first.close();
    const { spawnSync } = await import('node:child_process');
    const leave = `require('net').createServer().listen(${JSON.stringify(path)}, () => process.kill(process.pid, 'SIGKILL'))`;
    spawnSync(process.execPath, ['-e', leave]);
    t.ok(existsSync(path), 'left behind');
    const third = open();
    await third.open();
    t.equal(await greetingOf({ path }), String(process.pid));
    await third.close();
  });

  t.test('workers of a cluster share the port; a taken one is an error in each', async (t) => {
    cluster.setupPrimary({ exec: fileURLToPath(import.meta.url), args: ['0'] });
    const workers = [cluster.fork(), cluster.fork()];
    const ports = await Promise.all(workers.map(async (worker) => (await told(worker)).port));
    t.equal(ports[0], ports[1]);
    const pids = new Set<string>();
    for (let index = 0; index < 20; index++) pids.add(await greetingOf({ port: ports[0] as number }));
    t.ok(pids.size >= 1);
    for (const pid of pids) t.ok(workers.some((worker) => String(worker.process.pid) === pid));
    for (const worker of workers) worker.process.kill('SIGKILL');
    const holder = new Listener({ name: 'holder', address: { host: '127.0.0.1', port: 0 }, onSocket: accept });
    await holder.open();
    cluster.setupPrimary({ exec: fileURLToPath(import.meta.url), args: [String(holder.port)] });
    const late = cluster.fork();
    t.match((await told(late)).error, /listener "shared" cannot open .* another program listens there/);
    late.process.kill('SIGKILL');
    await holder.close();
  });
}

import { once } from 'node:events';
import { readFile } from 'node:fs/promises';
import { connect, createServer, type Server, type Socket } from 'node:net';
import { connect as connectTls, createSecureContext, createServer as createTlsServer, TLSSocket } from 'node:tls';
import t from 'tap';
import { IgnoreFrames } from '../../src/net/frame-handler.js';
import { PacketSocket } from '../../src/net/packet-socket.js';
import type { SocketError } from '../../src/net/socket-error.js';
import { makeCertificates } from '../servers/certificates.js';
import { frameOf } from './raw-client.js';

class Recorder extends IgnoreFrames {
  readonly frames: Buffer[] = [];
  readonly parts: { length: number; first: boolean; last: boolean }[] = [];
  readonly events: string[] = [];
  bytes = 0;
  error: SocketError | undefined;
  each: (() => void) | undefined;

  override onFrame(chunk: Buffer, start: number, end: number): void {
    this.frames.push(Buffer.from(chunk.subarray(start + 4, end)));
    this.bytes += end - start;
    this.each?.();
  }
  override onPart(_chunk: Buffer, start: number, end: number, first: boolean, last: boolean): void {
    this.parts.push({ length: end - start, first, last });
    this.bytes += end - start;
    this.each?.();
  }
  override onBatchEnd(): void {
    this.events.push('batch');
  }
  override onDrain(): void {
    this.events.push('drain');
  }
  override onEnd(): void {
    this.events.push('end');
  }
  override onClose(error: SocketError | undefined): void {
    this.events.push('close');
    this.error = error;
  }
  closed(): boolean {
    return this.events.includes('close');
  }
}

/** A connected pair: our PacketSocket on the accepting side, a plain socket on the other. */
async function pair(
  side: 'client' | 'backend' = 'client',
  path?: string,
): Promise<{ packets: PacketSocket; recorder: Recorder; peer: Socket; server: Server }> {
  const server = createServer({ allowHalfOpen: true });
  server.listen(path ?? { port: 0, host: '127.0.0.1' });
  await once(server, 'listening');
  const address = server.address();
  const peer = connect(
    path === undefined
      ? { port: (address as { port: number }).port, host: '127.0.0.1', allowHalfOpen: true }
      : { path, allowHalfOpen: true },
  );
  peer.on('error', () => undefined);
  const [socket] = (await once(server, 'connection')) as [Socket];
  const recorder = new Recorder();
  return { packets: new PacketSocket(socket, side, recorder), recorder, peer, server };
}

async function until(condition: () => boolean): Promise<void> {
  const end = Date.now() + 20_000;
  while (!condition()) {
    if (Date.now() > end) throw new Error('waited 20 s');
    await new Promise((resolve) => setTimeout(resolve, 2));
  }
}

t.test('frames in, bytes out, FIN behind the last frame, still writable', async (t) => {
  const { packets, recorder, peer, server } = await pair();
  const got: Buffer[] = [];
  peer.on('data', (bytes) => got.push(bytes));
  peer.end(Buffer.concat([frameOf(Buffer.from('one'), 0), frameOf(Buffer.from('two'), 1)]));
  await until(() => recorder.events.includes('end'));
  t.same(recorder.frames.map(String), ['one', 'two']);
  t.notOk(packets.cutFrame);
  t.ok(packets.write(Buffer.from('answer')), 'half-open');
  await until(() => got.length > 0);
  t.notOk(recorder.closed());
  packets.end(Buffer.from(' bye'));
  await until(() => recorder.closed());
  t.equal(Buffer.concat(got).toString(), 'answer bye');
  t.equal(recorder.error, undefined);
  t.equal(packets.remoteAddress, '127.0.0.1');
  t.equal(packets.write(Buffer.from('x')), true, 'a write after the end is dropped');
  server.close();
});

t.test('a unix socket', async (t) => {
  const path = `/tmp/pm-packet-socket-${process.pid}.sock`;
  const { packets, recorder, peer, server } = await pair('client', path);
  peer.write(frameOf(Buffer.from('hello'), 0));
  await until(() => recorder.frames.length === 1);
  t.equal(packets.remoteAddress, 'localhost');
  t.ok(packets.local);
  peer.destroy();
  await until(() => recorder.events.includes('end'));
  packets.end();
  await until(() => recorder.closed());
  server.close();
});

t.test('a frame over 64 KiB passes in parts, the bytes complete and in order', async (t) => {
  const { recorder, peer, server, packets } = await pair('backend');
  const big = Buffer.alloc(1_000_000, 7);
  peer.write(Buffer.concat([frameOf(Buffer.from('a'), 0), frameOf(big, 1), frameOf(Buffer.from('b'), 2)]));
  await until(() => recorder.frames.length === 2);
  t.same(recorder.frames.map(String), ['a', 'b']);
  t.ok(recorder.parts.length > 1);
  t.equal(recorder.parts.filter((part) => part.first).length, 1);
  t.equal(recorder.parts.filter((part) => part.last).length, 1);
  t.ok((recorder.parts[0]?.length ?? 0) >= 68);
  t.equal(
    recorder.parts.reduce((sum, part) => sum + part.length, 0),
    1_000_004,
  );
  packets.destroy();
  peer.destroy();
  server.close();
});

t.test('a frame cut in two by the end is reported', async (t) => {
  for (const bytes of [
    Buffer.of(9),
    frameOf(Buffer.alloc(50), 0).subarray(0, 30),
    frameOf(Buffer.alloc(200_000), 0).subarray(0, 100_000),
  ]) {
    const { recorder, peer, packets, server } = await pair('backend');
    peer.end(bytes);
    await until(() => recorder.events.includes('end'));
    t.ok(packets.cutFrame);
    // Our side closes as a backend's socket would by itself, being not half-open.
    packets.destroy();
    await until(() => recorder.closed());
    peer.destroy();
    server.close();
  }
  const server = createServer((socket) => socket.end(Buffer.of(9, 0, 0, 0, 1)));
  server.listen({ port: 0, host: '127.0.0.1' });
  await once(server, 'listening');
  const socket = connect({ port: (server.address() as { port: number }).port, host: '127.0.0.1' });
  await once(socket, 'connect');
  const recorder = new Recorder();
  new PacketSocket(socket, 'backend', recorder);
  await until(() => recorder.closed());
  t.match(recorder.error, { side: 'backend', kind: 'cut-frame', code: 'PM_NET_CUT_FRAME' });
  t.same(recorder.events.slice(-2), ['end', 'close']);
  server.close();
});

t.test('a reset is stamped with its side', async (t) => {
  const { recorder, peer, server } = await pair('client');
  peer.resetAndDestroy();
  await until(() => recorder.closed());
  t.match(recorder.error, { side: 'client', kind: 'reset', code: 'PM_NET_RESET', systemCode: 'ECONNRESET' });
  t.same(recorder.events, ['close']);
  server.close();
});

t.test('pause in a callback keeps what was read; the end waits behind it', async (t) => {
  const { packets, recorder, peer, server } = await pair();
  recorder.each = () => packets.pause();
  peer.end(Buffer.concat([0, 1, 2, 3].map((index) => frameOf(Buffer.from(`f${index}`), index))));
  for (let given = 1; given <= 4; given++) {
    await until(() => recorder.frames.length === given);
    await new Promise((resolve) => setTimeout(resolve, 20));
    t.equal(recorder.frames.length, given, 'paused again');
    if (given < 4) t.notOk(recorder.events.includes('end'));
    packets.resume();
  }
  await until(() => recorder.events.includes('end'));
  packets.end();
  await until(() => recorder.closed());
  t.same(recorder.frames.map(String), ['f0', 'f1', 'f2', 'f3']);
  server.close();
});

t.test('a backend that ends while its frames are kept: all of them, then end, then close', async (t) => {
  const server = createServer((socket) => socket.end(Buffer.concat([frameOf(Buffer.from('x'), 0), frameOf(Buffer.from('y'), 1)])));
  server.listen({ port: 0, host: '127.0.0.1' });
  await once(server, 'listening');
  const socket = connect({ port: (server.address() as { port: number }).port, host: '127.0.0.1' });
  await once(socket, 'connect');
  const recorder = new Recorder();
  const packets = new PacketSocket(socket, 'backend', recorder);
  recorder.each = () => packets.pause();
  await until(() => recorder.frames.length === 1);
  await new Promise((resolve) => setTimeout(resolve, 50));
  t.same(recorder.events, ['batch']);
  recorder.each = undefined;
  packets.resume();
  await until(() => recorder.closed());
  t.same(recorder.events, ['batch', 'batch', 'end', 'close']);
  t.same(recorder.frames.map(String), ['x', 'y']);
  server.close();
});

t.test('back-pressure: a peer that does not read makes write() false, and drains later', async (t) => {
  const { packets, recorder, peer, server } = await pair();
  peer.pause();
  const chunk = Buffer.alloc(256 * 1024);
  let written = 0;
  let full = false;
  while (!full && written < 200 * chunk.length) {
    full = !packets.write(chunk);
    written += chunk.length;
  }
  t.ok(full);
  t.ok(packets.writableLength > 0);
  let read = 0;
  peer.on('data', (bytes) => {
    read += bytes.length;
  });
  peer.resume();
  await until(() => recorder.events.includes('drain'));
  await until(() => read === written);
  packets.destroy();
  peer.destroy();
  server.close();
});

t.test('60 MB to a slow reader cost a few MiB', async (t) => {
  // Bytes flow peer -> packets -> (paused by hand), as the session does it when its client is slow.
  const { packets, recorder, peer, server } = await pair('backend');
  const row = frameOf(Buffer.alloc(10_000, 1), 0);
  const total = 6_000;
  let sent = 0;
  const pump = (): void => {
    while (sent < total) {
      sent += 1;
      if (!peer.write(row)) {
        peer.once('drain', pump);
        return;
      }
    }
  };
  recorder.each = () => {
    recorder.frames.length = 0;
    if (recorder.bytes % (row.length * 100) !== 0) return;
    packets.pause();
    setTimeout(() => packets.resume(), 5);
  };
  const before = process.memoryUsage().arrayBuffers;
  let most = 0;
  const watch = setInterval(() => {
    most = Math.max(most, process.memoryUsage().arrayBuffers - before);
  }, 5);
  pump();
  await until(() => recorder.bytes === total * row.length);
  clearInterval(watch);
  // Garbage that waits for its collection is counted in.
  t.ok(most < 40e6, `${Math.round(most / 1e6)} MB at most`);
  packets.destroy();
  peer.destroy();
  server.close();
});

t.test('destroy inside a callback: no further frame, one onClose without an error', async (t) => {
  const { packets, recorder, peer, server } = await pair();
  recorder.each = () => packets.destroy();
  peer.write(Buffer.concat([frameOf(Buffer.from('a'), 0), frameOf(Buffer.from('b'), 1)]));
  await until(() => recorder.closed());
  await new Promise((resolve) => setTimeout(resolve, 20));
  t.equal(recorder.frames.length, 1);
  t.same(recorder.events, ['close']);
  t.equal(recorder.error, undefined);
  packets.destroy();
  packets.end();
  server.close();
  peer.destroy();
});

t.test('end(): the last bytes arrive though the peer still sends; a peer that never closes is cut off', async (t) => {
  const { packets, recorder, peer, server } = await pair();
  const got: Buffer[] = [];
  peer.on('data', (bytes) => got.push(bytes));
  const chatter = setInterval(() => peer.write(frameOf(Buffer.from('more'), 0)), 5);
  await until(() => recorder.frames.length > 2);
  const given = recorder.frames.length;
  packets.end(frameOf(Buffer.from('goodbye'), 1));
  await once(peer, 'end');
  t.equal(Buffer.concat(got).toString('latin1', 4), 'goodbye');
  await until(() => recorder.closed());
  clearInterval(chatter);
  t.equal(recorder.frames.length, given, 'nothing is given after end()');
  t.equal(recorder.error, undefined);
  peer.destroy();
  server.close();
});

t.test('TLS: the other side is Node itself, its ClientHello in the same packet as the request', async (t) => {
  const files = await makeCertificates();
  const context = createSecureContext({ cert: await readFile(files.serverCert), key: await readFile(files.serverKey) });
  const { packets, recorder, peer, server } = await pair();
  recorder.each = () => {
    recorder.each = undefined;
    packets.startServerTls({ secureContext: context }, (tls) => t.match(tls.getProtocol(), /^TLSv1\.[23]$/));
  };
  // Hold back the request until Node has written its ClientHello, then send both at once.
  peer.cork();
  peer.write(frameOf(Buffer.from('SSL please'), 1));
  const secure = connectTls({ socket: peer, rejectUnauthorized: false });
  setTimeout(() => peer.uncork(), 10);
  await once(secure, 'secureConnect');
  t.ok(packets.encrypted);
  const got: Buffer[] = [];
  secure.on('data', (bytes) => got.push(bytes));
  const big = Buffer.alloc(300_000, 5);
  secure.write(Buffer.concat([frameOf(Buffer.from('inside'), 2), frameOf(big, 3), frameOf(Buffer.from('after'), 4)]));
  await until(() => recorder.frames.length === 3);
  t.same(recorder.frames.map(String), ['SSL please', 'inside', 'after']);
  t.ok(recorder.parts.length > 0);
  secure.end();
  await until(() => recorder.events.includes('end'));
  t.notOk(recorder.closed(), 'half-open inside TLS too');
  packets.write(big);
  packets.end(Buffer.from('end'));
  await until(() => Buffer.concat(got).length === 300_003);
  await until(() => recorder.closed());
  t.equal(recorder.error, undefined);
  server.close();
});

t.test('TLS: a failed handshake is of kind tls', async (t) => {
  const files = await makeCertificates();
  const context = createSecureContext({ cert: await readFile(files.serverCert), key: await readFile(files.serverKey) });
  const { packets, recorder, peer, server } = await pair();
  recorder.each = () => packets.startServerTls({ secureContext: context }, () => t.fail('not secure'));
  peer.write(Buffer.concat([frameOf(Buffer.from('SSL'), 1), Buffer.from('this is no ClientHello at all')]));
  await until(() => recorder.closed());
  t.match(recorder.error, { side: 'client', kind: 'tls' });
  peer.destroy();
  server.close();
});

t.test('TLS as a client: verified, refused, and with a server that is none', async (t) => {
  const files = await makeCertificates();
  const ca = await readFile(files.ca, 'utf8');
  const otherCa = await readFile(files.otherCa, 'utf8');
  const server = createTlsServer({ cert: await readFile(files.serverCert), key: await readFile(files.serverKey) }, (socket) => {
    socket.on('error', () => undefined);
    socket.write(frameOf(Buffer.from('welcome'), 0));
  });
  server.on('tlsClientError', () => undefined);
  server.listen({ port: 0, host: '127.0.0.1' });
  await once(server, 'listening');
  const open = async (port: number, options: { ca?: string; host: string }) => {
    const socket = connect({ port, host: '127.0.0.1' });
    await once(socket, 'connect');
    const recorder = new Recorder();
    const packets = new PacketSocket(socket, 'backend', recorder);
    let secure = false;
    packets.startClientTls(options, (tls) => {
      secure = tls instanceof TLSSocket;
    });
    await until(() => recorder.frames.length > 0 || recorder.closed());
    packets.destroy();
    await until(() => recorder.closed());
    return { recorder, secure };
  };
  const { port } = server.address() as { port: number };
  const good = await open(port, { ca, host: '127.0.0.1' });
  t.ok(good.secure);
  t.same(good.recorder.frames.map(String), ['welcome']);
  t.match((await open(port, { ca: otherCa, host: '127.0.0.1' })).recorder.error, { kind: 'tls', side: 'backend' });
  t.match((await open(port, { ca, host: 'elsewhere.example' })).recorder.error, { kind: 'tls' });
  const plain = createServer((socket) => socket.on('error', () => undefined).end('I do not speak TLS'));
  plain.listen({ port: 0, host: '127.0.0.1' });
  await once(plain, 'listening');
  t.match((await open((plain.address() as { port: number }).port, { ca, host: '127.0.0.1' })).recorder.error, { kind: /tls|reset/ });
  server.close();
  plain.close();
});

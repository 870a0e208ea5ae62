import t from 'tap';
import { type CertificateRule, judgeCertificate } from '../../../src/client/certificate-rule.js';
import type { ListenerTls } from '../../../src/client/listener-tls.js';
import type { PacketSocket } from '../../../src/net/packet-socket.js';

/** As much of a TLS socket as is looked at; what OpenSSL itself says is tested in integration/tls-client-certificates. */
function shows(
  subject: Record<string, string | string[]> | undefined,
  subjectaltname?: string,
  flaw?: Error | 'unknown',
): Pick<PacketSocket, 'tls'> {
  const tls = {
    getPeerCertificate: () => (subject === undefined ? {} : { subject, subjectaltname }),
    _handle: flaw === 'unknown' ? {} : { verifyError: () => flaw ?? null },
  };
  return { tls: tls as unknown as NonNullable<PacketSocket['tls']> };
}

const NONE: Pick<PacketSocket, 'tls'> = { tls: undefined };
const listener = (clientCertificate?: 'ask' | 'require'): ListenerTls => ({ mode: 'prefer', context: {} as never, clientCertificate });
const judge = (packets: Pick<PacketSocket, 'tls'>, rule?: Partial<CertificateRule>, asked: 'ask' | 'require' = 'ask') =>
  judgeCertificate(packets, listener(asked), rule && { insteadOfPassword: false, ...rule }).kind;

t.test('accounts without a certificate', async (t) => {
  t.equal(judge(NONE), 'password');
  t.equal(judge(shows({ CN: 'x' })), 'password');
  t.equal(judge(shows({ CN: 'x' }, undefined, new Error('expired'))), 'refuse');
  t.equal(judge(shows({ CN: 'x' }, undefined, 'unknown')), 'refuse', 'a Node that cannot say');
  t.equal(judge(NONE, undefined, 'require'), 'refuse');
  t.equal(judge(shows(undefined), undefined, 'require'), 'refuse');
  t.equal(judge(shows({ CN: 'x' }), undefined, 'require'), 'password');
  t.equal(judgeCertificate(NONE, { mode: 'off' }, undefined).kind, 'password');
});

t.test('accounts with one', async (t) => {
  const rule = {
    subject: [
      ['cn', 'app'],
      ['o', 'Example'],
    ] as const,
  };
  t.equal(judge(NONE, rule), 'refuse');
  t.match(judgeCertificate(shows({ CN: 'app', O: 'Example' }), listener(), { ...rule, insteadOfPassword: false }), {
    kind: 'refuse',
    reason: /does not ask/,
  });
  t.equal(judge(shows({ CN: 'app', O: 'Example' }), rule), 'password');
  t.equal(judge(shows({ CN: 'app', O: 'Example', OU: ['a', 'b'] }), rule), 'password');
  t.equal(judge(shows({ CN: 'app', O: 'Example' }), { ...rule, insteadOfPassword: true }), 'enough');
  t.equal(judge(shows({ CN: 'app', O: 'Example' }, undefined, new Error('no')), { ...rule, insteadOfPassword: true }), 'refuse');
  for (const subject of [{ CN: 'app' }, { O: 'Example' }, { CN: 'App', O: 'Example' }, { CN: ['app', 'root'], O: 'Example' }, {}]) {
    t.equal(judge(shows(subject), rule), 'refuse', JSON.stringify(subject));
  }
  const several = {
    subject: [
      ['ou', 'b'],
      ['ou', 'a'],
    ] as const,
  };
  t.equal(judge(shows({ OU: ['a', 'b'] }), several), 'password');
  t.equal(judge(shows({ OU: 'a' }), several), 'refuse');
  t.equal(judge(shows({ CN: 'anything' }), {}), 'password', 'any certificate');
});

t.test('alternative names', async (t) => {
  const names = 'DNS:App.example.org, URI:spiffe://x/y, URI:"a\\u002c URI:b, c", IP Address:10.0.0.1';
  const with_ = (altName: string) => judge(shows({}, names), { altName });
  t.equal(with_('DNS:app.example.org'), 'password');
  t.equal(with_('URI:spiffe://x/y'), 'password');
  t.equal(with_('URI:spiffe://x/Y'), 'refuse');
  t.equal(with_('IP Address:10.0.0.1'), 'password');
  t.equal(with_('URI:a, URI:b, c'), 'password');
  t.equal(with_('URI:b'), 'refuse', 'what stands in quotes is one name');
  t.equal(judge(shows({ CN: 'x' }), { altName: 'DNS:x' }), 'refuse', 'the common name is none');
});

import { existsSync } from 'node:fs';
import { mkdtemp, rename, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { cacheFolder, withLock } from './cache-folder.js';
import { issueCertificate, newParty } from './issue-certificate.js';

/** Paths of PEM files. The server's certificate is good for localhost, 127.0.0.1, 127.0.0.2 and ::1; the client's is signed by the same CA. */
export interface CertificateFiles {
  readonly ca: string;
  readonly serverCert: string;
  readonly serverKey: string;
  readonly clientCert: string;
  readonly clientKey: string;
  /** A CA that signed none of them. */
  readonly otherCa: string;
}

/** What the server's certificate is good for. */
const NAMES = ['DNS:localhost', 'IP:127.0.0.1', 'IP:127.0.0.2', 'IP6:00000000000000000000000000000001'];

async function writeAll(folder: string): Promise<void> {
  const ca = newParty('Pointsman test CA');
  const other = newParty('Another test CA');
  await writeFile(join(folder, 'ca.pem'), issueCertificate(ca, ca));
  await writeFile(join(folder, 'other-ca.pem'), issueCertificate(other, other));
  for (const name of ['server', 'client']) {
    const party = newParty(`pointsman-test-${name}`);
    await writeFile(join(folder, `${name}-cert.pem`), issueCertificate(party, ca, { names: NAMES }));
    await writeFile(join(folder, `${name}-key.pem`), party.key.export({ type: 'pkcs1', format: 'pem' }), { mode: 0o600 });
  }
}

/** Certificates for tests, made once per machine and kept in the cache folder. */
export async function makeCertificates(): Promise<CertificateFiles> {
  const folder = join(cacheFolder(), 'certificates-v1');
  if (!existsSync(folder)) {
    await withLock('certificates', async () => {
      if (existsSync(folder)) return;
      const part = await mkdtemp(join(cacheFolder(), '.certificates.'));
      try {
        await writeAll(part);
        await rename(part, folder);
      } finally {
        await rm(part, { recursive: true, force: true });
      }
    });
  }
  const file = (name: string): string => join(folder, `${name}.pem`);
  return {
    ca: file('ca'),
    serverCert: file('server-cert'),
    serverKey: file('server-key'),
    clientCert: file('client-cert'),
    clientKey: file('client-key'),
    otherCa: file('other-ca'),
  };
}

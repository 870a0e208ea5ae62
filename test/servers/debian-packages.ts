import { access } from 'node:fs/promises';
import { withLock } from './cache-folder.js';
import { runAsRoot, runCommand } from './run-command.js';

async function isInstalled(name: string): Promise<boolean> {
  try {
    return (await runCommand('dpkg-query', ['-W', '-f', '${Status}', name])) === 'install ok installed';
  } catch {
    return false;
  }
}

/** Installs those of the packages that are missing (root or sudo); fails with what apt said. `progress` is told before it takes long. */
export async function installPackages(names: readonly string[], progress: (text: string) => void): Promise<void> {
  await access('/usr/bin/apt-get').catch(() => {
    throw new Error(`this is no Debian: ${names.join(', ')} cannot be installed with apt-get`);
  });
  await withLock('apt', async () => {
    const missing: string[] = [];
    for (const name of names) if (!(await isInstalled(name))) missing.push(name);
    if (missing.length === 0) return;
    progress(`installing ${missing.join(' ')} (apt-get)`);
    // Waits for somebody else's apt; no service is started while packages are set up in a container or a chroot.
    const apt = ['env', 'DEBIAN_FRONTEND=noninteractive', 'apt-get', '-qq', '-o', 'DPkg::Lock::Timeout=300'];
    const install = [...apt, 'install', '-y', '--no-install-recommends', ...missing];
    const [command = 'env', ...args] = install;
    try {
      await runAsRoot(command, args);
    } catch {
      // Fresh machines and images have no package lists yet, old ones have outdated ones.
      await runAsRoot('env', [...apt.slice(1), 'update']);
      await runAsRoot(command, args);
    }
  });
}

/** `node start-and-wait.js FLAVOR [REPLICAS]`: starts a replication set, prints its folder and pids as JSON and waits to be ended. By hand, and for tests. */
import type { Flavor } from './flavor.js';
import { startReplication } from './start-replication.js';

const flavor: Flavor = process.argv[2] === 'mysql' ? 'mysql' : 'mariadb';
const set = await startReplication({ flavor, replicas: Number(process.argv[3] ?? 1) });
const servers = set.servers.map(({ name, port, socketPath, pid }) => ({ name, port, socketPath, pid }));
console.log(JSON.stringify({ folder: set.folder, pids: set.servers.map((server) => server.pid), servers }));
setInterval(() => undefined, 1_000_000);

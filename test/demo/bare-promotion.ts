import { type ReplicationSet, replicaStatement } from '../servers/servers.js';
import type { Comparison } from './compare.js';
import type { Fault } from './inject-fault.js';

/**
 * How long the servers alone need, for comparison: the present primary is killed, a replica of it applies what it has, turns
 * writable and takes a write, by statements on connections that are open already. From the kill to the write's OK, in ms.
 */
export async function barePromotionMs(set: ReplicationSet, comparison: Comparison, fault: Fault): Promise<number | undefined> {
  const primary = set.servers.find((server) => server.name === comparison.newPrimary);
  const candidate = set.servers.find((server) => server !== fault.server && comparison.followers.includes(server.name));
  if (primary === undefined || candidate === undefined) return undefined;
  const connection = await candidate.connectAsRoot();
  try {
    const started = performance.now();
    const dying = primary.kill9();
    await connection.query(replicaStatement(candidate, 'STOP', 'IO_THREAD'));
    const received =
      candidate.flavor === 'mysql'
        ? 'SELECT WAIT_FOR_EXECUTED_GTID_SET(@@GLOBAL.gtid_executed, 10)'
        : 'SELECT MASTER_GTID_WAIT(@@GLOBAL.gtid_slave_pos, 10)';
    await connection.query(received);
    await connection.query(replicaStatement(candidate, 'STOP'));
    await connection.query(replicaStatement(candidate, 'RESET', 'ALL'));
    await connection.query('SET GLOBAL read_only=OFF');
    await connection.query('INSERT INTO test1.demo_writes (id, part, client) VALUES (0, 0, 0)');
    const ms = performance.now() - started;
    await dying;
    return ms;
  } finally {
    connection.destroy();
  }
}

import type { Server } from '../servers/servers.js';

export const ITEMS = 200;

/** The text that item `id` must have; every read is compared with it. */
export function itemText(id: number): string {
  return `item ${id} ${'x'.repeat(id % 90)}`;
}

/** Makes the tables, on the primary. Nothing in them keeps a write from being done twice: that is what the comparison looks for. */
export async function makeDemoTables(primary: Server, clients: number): Promise<void> {
  await primary.sql(
    'CREATE TABLE test1.demo_writes (seq BIGINT AUTO_INCREMENT PRIMARY KEY, id BIGINT NOT NULL, part TINYINT NOT NULL, client INT NOT NULL, KEY (id))',
  );
  await primary.sql('CREATE TABLE test1.demo_counters (client INT PRIMARY KEY, n BIGINT NOT NULL)');
  await primary.sql('CREATE TABLE test1.demo_items (id INT PRIMARY KEY, name VARCHAR(200) NOT NULL)');
  const items = Array.from({ length: ITEMS }, (_, i) => [i, itemText(i)]);
  await primary.sql('INSERT INTO test1.demo_items VALUES ?', [items]);
  if (clients > 0) await primary.sql('INSERT INTO test1.demo_counters VALUES ?', [Array.from({ length: clients }, (_, i) => [i, 0])]);
}

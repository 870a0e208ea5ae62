import { createRequire } from 'node:module';
import knex from 'knex';
import { BOOKS, runOrm } from './orm.mjs';

await runOrm(`Knex ${createRequire(import.meta.url)('knex/package.json').version}`, {
  open: async (connection) =>
    knex({
      client: 'mysql2',
      connection: { ...connection, charset: 'utf8mb4' },
      pool: { min: 0, max: 3 },
      acquireConnectionTimeout: 20_000,
    }),
  close: (db) => db.destroy(),
  rows: async (db, sql) => (await db.raw(sql))[0],
  async makeTables(db) {
    for (const table of ['books', 'authors', 'blobs']) await db.schema.dropTableIfExists(table);
    await db.schema.createTable('authors', (table) => {
      table.increments('id');
      table.string('name', 100).notNullable();
      table.json('data');
      table.decimal('price', 10, 2);
    });
    await db.schema.createTable('books', (table) => {
      table.increments('id');
      table.string('title').index();
      table.integer('author_id').unsigned().references('authors.id').onDelete('CASCADE');
    });
    await db.schema.createTable('blobs', (table) => {
      table.integer('id').primary();
      table.specificType('body', 'LONGBLOB');
    });
  },
  async fill(db) {
    await db.transaction(async (trx) => {
      for (const { author, books } of BOOKS) {
        const [id] = await trx('authors').insert({ name: author, data: JSON.stringify({ a: 1 }), price: '12.50' });
        await trx('books').insert(books.map((title) => ({ title, author_id: id })));
      }
    });
  },
  read: (db) => db('authors').join('books', 'books.author_id', 'authors.id').select('authors.*', 'books.title').orderBy('books.id'),
  async rollback(db) {
    const trx = await db.transaction({ isolationLevel: 'repeatable read' });
    await trx('books').del();
    await trx.rollback();
  },
  putBytes: (db, id, body) => db('blobs').insert({ id, body }),
  getBytes: async (db, id) => (await db('blobs').where({ id }).first()).body,
  inspect: async (db) => [
    // Its rows come in any order.
    Object.entries(await db('authors').columnInfo()).sort(([a], [b]) => a.localeCompare(b)),
    await db.schema.hasTable('books'),
    await db.schema.hasColumn('books', 'nothing'),
  ],
  async stream(db) {
    let sum = 0;
    for await (const row of db('numbers').orderBy('id').stream()) sum += row.id;
    return sum;
  },
});

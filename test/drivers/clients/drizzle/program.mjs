import { createRequire } from 'node:module';
import { asc, eq, relations } from 'drizzle-orm';
import { customType, decimal, int, json, mysqlTable, varchar } from 'drizzle-orm/mysql-core';
import { drizzle } from 'drizzle-orm/mysql2';
import mysql from 'mysql2/promise';
import { BOOKS, runOrm } from './orm.mjs';

const longblob = customType({ dataType: () => 'longblob' });
const authors = mysqlTable('authors', {
  id: int('id').autoincrement().primaryKey(),
  name: varchar('name', { length: 100 }).notNull(),
  data: json('data'),
  price: decimal('price', { precision: 10, scale: 2 }),
});
const books = mysqlTable('books', {
  id: int('id').autoincrement().primaryKey(),
  title: varchar('title', { length: 100 }),
  authorId: int('author_id'),
});
const blobs = mysqlTable('blobs', { id: int('id').primaryKey(), body: longblob('body') });
const schema = {
  authors,
  books,
  blobs,
  authorsRelations: relations(authors, ({ many }) => ({ books: many(books) })),
  booksRelations: relations(books, ({ one }) => ({ author: one(authors, { fields: [books.authorId], references: [authors.id] }) })),
};

await runOrm(`Drizzle ${createRequire(import.meta.url)('./node_modules/drizzle-orm/package.json').version}`, {
  async open(options) {
    const pool = mysql.createPool({ ...options, connectionLimit: 3 });
    return { pool, orm: drizzle(pool, { schema, mode: 'default' }) };
  },
  close: ({ pool }) => pool.end(),
  rows: async ({ orm }, sql) => (await orm.execute(sql))[0],
  async makeTables({ orm }) {
    for (const table of ['books', 'authors', 'blobs']) await orm.execute(`DROP TABLE IF EXISTS ${table}`);
    await orm.execute(
      'CREATE TABLE authors (id INT AUTO_INCREMENT PRIMARY KEY, name VARCHAR(100) NOT NULL, data JSON, price DECIMAL(10,2))',
    );
    await orm.execute('CREATE TABLE books (id INT AUTO_INCREMENT PRIMARY KEY, title VARCHAR(100), author_id INT)');
    await orm.execute('CREATE TABLE blobs (id INT PRIMARY KEY, body LONGBLOB)');
  },
  async fill({ orm }) {
    for (const { author, books: titles } of BOOKS) {
      const [{ id }] = await orm
        .insert(authors)
        .values({ name: author, data: { a: [1, 'ä'] }, price: '12.50' })
        .$returningId();
      await orm.insert(books).values(titles.map((title) => ({ title, authorId: id })));
    }
  },
  // Lateral joins are not in either server; select and join are.
  read: ({ orm }) => orm.select().from(authors).leftJoin(books, eq(books.authorId, authors.id)).orderBy(asc(authors.id), asc(books.id)),
  async rollback({ orm }) {
    await orm
      .transaction(
        async (tx) => {
          await tx.delete(books);
          tx.rollback();
        },
        { isolationLevel: 'serializable' },
      )
      .catch((error) => {
        if (!/rollback/i.test(error.message)) throw error;
      });
  },
  putBytes: ({ orm }, id, body) => orm.insert(blobs).values({ id, body }),
  getBytes: async ({ orm }, id) => (await orm.select().from(blobs).where(eq(blobs.id, id)))[0].body,
  inspect: async ({ orm }) => {
    const prepared = orm.select().from(authors).orderBy(asc(authors.id)).prepare();
    return [await prepared.execute(), await prepared.execute()];
  },
  async stream({ orm }) {
    let sum = 0;
    const numbers = mysqlTable('numbers', { id: int('id').primaryKey() });
    for await (const row of orm.select().from(numbers).iterator()) sum += row.id;
    return sum;
  },
});

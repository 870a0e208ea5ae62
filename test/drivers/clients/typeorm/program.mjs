import { createRequire } from 'node:module';
import { DataSource, EntitySchema } from 'typeorm';
import { BOOKS, runOrm } from './orm.mjs';

const Author = new EntitySchema({
  name: 'Author',
  tableName: 'authors',
  columns: {
    id: { type: 'int', primary: true, generated: true },
    name: { type: 'varchar', length: 100 },
    data: { type: 'json', nullable: true },
    price: { type: 'decimal', precision: 10, scale: 2, nullable: true },
  },
  relations: { books: { type: 'one-to-many', target: 'Book', inverseSide: 'author', cascade: true } },
});
const Book = new EntitySchema({
  name: 'Book',
  tableName: 'books',
  columns: { id: { type: 'int', primary: true, generated: true }, title: { type: 'varchar' } },
  relations: { author: { type: 'many-to-one', target: 'Author', inverseSide: 'books', onDelete: 'CASCADE' } },
});
const Blob = new EntitySchema({
  name: 'Blob',
  tableName: 'blobs',
  columns: { id: { type: 'int', primary: true }, body: { type: 'longblob' } },
});

await runOrm(`TypeORM ${createRequire(import.meta.url)('./node_modules/typeorm/package.json').version}`, {
  open: ({ user, ...more }) =>
    new DataSource({
      type: process.env.DB_FLAVOR,
      username: user,
      charset: 'utf8mb4',
      entities: [Author, Book, Blob],
      ...more,
    }).initialize(),
  close: (db) => db.destroy(),
  rows: (db, sql) => db.query(sql),
  async makeTables(db) {
    for (const table of ['books', 'authors', 'blobs']) await db.query(`DROP TABLE IF EXISTS ${table}`);
    await db.synchronize();
  },
  async fill(db) {
    for (const { author, books } of BOOKS)
      await db
        .getRepository('Author')
        .save({ name: author, data: { a: [1, 'ä'] }, price: '12.50', books: books.map((title) => ({ title })) });
  },
  read: (db) => db.getRepository('Author').find({ relations: { books: true }, order: { id: 'ASC', books: { id: 'ASC' } } }),
  async rollback(db) {
    const runner = db.createQueryRunner();
    await runner.startTransaction('SERIALIZABLE');
    await runner.manager.createQueryBuilder().delete().from('Book').execute();
    await runner.rollbackTransaction();
    await runner.release();
  },
  putBytes: (db, id, body) => db.getRepository('Blob').insert({ id, body }),
  getBytes: async (db, id) => (await db.getRepository('Blob').findOneBy({ id })).body,
  async inspect(db) {
    const runner = db.createQueryRunner();
    const table = await runner.getTable('authors');
    await runner.release();
    // Nothing is left to be done when the tables are read back as they were meant.
    return [
      table.columns.map(({ name, type, length, isNullable }) => [name, type, length, isNullable]),
      (await db.driver.createSchemaBuilder().log()).upQueries.length,
    ];
  },
  async stream(db) {
    const runner = db.createQueryRunner();
    let sum = 0;
    for await (const row of await runner.stream('SELECT id FROM numbers ORDER BY id')) sum += row.id;
    await runner.release();
    return sum;
  },
});

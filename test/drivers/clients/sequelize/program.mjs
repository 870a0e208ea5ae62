import { createRequire } from 'node:module';
import { DataTypes, QueryTypes, Sequelize } from 'sequelize';
import { BOOKS, runOrm } from './orm.mjs';

function models(db) {
  const options = { timestamps: false };
  const Author = db.define(
    'author',
    { name: { type: DataTypes.STRING(100), allowNull: false }, data: DataTypes.JSON, price: DataTypes.DECIMAL(10, 2) },
    { ...options, tableName: 'authors' },
  );
  const Book = db.define('book', { title: DataTypes.STRING }, { ...options, tableName: 'books' });
  const Blob = db.define(
    'blob',
    { id: { type: DataTypes.INTEGER, primaryKey: true }, body: DataTypes.BLOB('long') },
    { ...options, tableName: 'blobs' },
  );
  Author.hasMany(Book);
  Book.belongsTo(Author);
  return { Author, Book, Blob };
}

await runOrm(`Sequelize ${createRequire(import.meta.url)('sequelize/package.json').version}`, {
  async open({ host, port, user, password, database, ssl }) {
    const db = new Sequelize(database, user, password, {
      host,
      port,
      dialect: 'mysql',
      logging: false,
      dialectOptions: ssl === undefined ? {} : { ssl },
      pool: { max: 3 },
    });
    try {
      await db.authenticate();
    } catch (error) {
      await db.close();
      throw error;
    }
    return db;
  },
  close: (db) => db.close(),
  rows: (db, sql) => db.query(sql, sql.startsWith('SELECT') || sql.startsWith('SHOW') ? { type: QueryTypes.SELECT } : {}),
  makeTables: async (db) => {
    models(db);
    await db.sync({ force: true });
  },
  async fill(db) {
    const { Author, Book } = db.models.author ? { Author: db.models.author, Book: db.models.book } : models(db);
    for (const { author, books } of BOOKS)
      await Author.create(
        { name: author, data: { a: [1, 'ä'] }, price: '12.50', books: books.map((title) => ({ title })) },
        { include: [Book] },
      );
  },
  async read(db) {
    const { author, book } = db.models;
    return (
      await author.findAll({
        include: [book],
        order: [
          ['id', 'ASC'],
          [book, 'id', 'ASC'],
        ],
      })
    ).map((one) => one.toJSON());
  },
  async rollback(db) {
    const { author, book } = db.models;
    await db
      .transaction({ isolationLevel: 'SERIALIZABLE' }, async (transaction) => {
        await book.destroy({ where: {}, transaction });
        await author.update({ name: 'other' }, { where: {}, transaction });
        throw new Error('back');
      })
      .catch((error) => {
        if (error.message !== 'back') throw error;
      });
  },
  putBytes: (db, id, body) => db.models.blob.create({ id, body }),
  getBytes: async (db, id) => (await db.models.blob.findByPk(id)).body,
  inspect: async (db) => [await db.getQueryInterface().describeTable('authors'), (await db.getQueryInterface().showAllTables()).sort()],
});

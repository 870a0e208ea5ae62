import ssl
import time
from importlib import metadata

from harness import ALL_BYTES, TEXT, env, large_blob, md5, run_scenarios, same, show
from sqlalchemy import JSON, ForeignKey, Integer, LargeBinary, Numeric, String, create_engine, func, inspect, select, text
from sqlalchemy.dialects.mysql import LONGBLOB
from sqlalchemy.engine import URL
from sqlalchemy.exc import DBAPIError
from sqlalchemy.orm import DeclarativeBase, Mapped, Session, mapped_column, relationship

UNVERIFIED = ssl.create_default_context()
UNVERIFIED.check_hostname = False
UNVERIFIED.verify_mode = ssl.CERT_NONE


class Base(DeclarativeBase):
    pass


class Author(Base):
    __tablename__ = "authors"
    id: Mapped[int] = mapped_column(Integer, primary_key=True)
    name: Mapped[str] = mapped_column(String(100))
    data: Mapped[dict] = mapped_column(JSON)
    price: Mapped[object] = mapped_column(Numeric(10, 2))
    books: Mapped[list["Book"]] = relationship(back_populates="author", order_by="Book.id")


class Book(Base):
    __tablename__ = "books"
    id: Mapped[int] = mapped_column(Integer, primary_key=True)
    title: Mapped[str] = mapped_column(String(100), index=True)
    author_id: Mapped[int] = mapped_column(ForeignKey("authors.id"))
    author: Mapped[Author] = relationship(back_populates="books")


class Blob(Base):
    __tablename__ = "blobs"
    id: Mapped[int] = mapped_column(Integer, primary_key=True, autoincrement=False)
    body: Mapped[bytes] = mapped_column(LargeBinary().with_variant(LONGBLOB(), "mysql", "mariadb"))


def engine(user=None, password=None, database=None, tls=False):
    url = URL.create(
        "mysql+pymysql", user or env["DB_USER"], password or env["DB_PASSWORD"], env["DB_HOST"], int(env["DB_PORT"]), database or env["DB_NAME"], {"charset": "utf8mb4"},
    )
    arguments = {"ssl": UNVERIFIED} if tls else {"ssl_disabled": True}
    return create_engine(url, pool_pre_ping=True, pool_size=2, connect_args=arguments)


def login(**options):
    def scenario():
        with engine(**options).connect() as connection:
            cipher = connection.execute(text("SHOW STATUS LIKE 'Ssl_cipher'")).one()[1]
            same(cipher != "", options.get("tls", False), "Ssl_cipher is set")
            return connection.execute(text("SELECT CURRENT_USER()")).scalar_one()

    return scenario


def refused(**options):
    def scenario():
        try:
            engine(**options).connect().close()
        except DBAPIError as error:
            return " ".join(map(str, error.orig.args))
        raise AssertionError("no error came")

    return scenario


def filled():
    db = engine()
    Base.metadata.drop_all(db)
    Base.metadata.create_all(db)
    with Session(db) as session:
        session.add(Author(name=TEXT, data={"a": [1, "ä"]}, price=12.5, books=[Book(title="one"), Book(title="two")]))
        session.add(Author(name="Ānanda", data={}, price=0, books=[Book(title="three")]))
        session.commit()
    return db


def orm():
    db = filled()
    with Session(db) as session:
        rows = [[a.id, a.name, a.data, a.price, [b.title for b in a.books]] for a in session.scalars(select(Author).order_by(Author.id))]
    same(rows[0][1], TEXT, "text")
    seen = inspect(db)
    columns = [[c["name"], str(c["type"]), c["nullable"]] for c in seen.get_columns("authors")]
    return show([rows, columns, seen.get_foreign_keys("books")[0]["referred_table"], [i["name"] for i in seen.get_indexes("books")], sorted(seen.get_table_names())])


def transaction():
    db = filled()
    with Session(db) as session:
        session.query(Book).delete()
        with session.begin_nested() as nested:
            session.query(Author).update({"name": "other"})
            nested.rollback()
        session.rollback()
        session.connection(execution_options={"isolation_level": "SERIALIZABLE"})
        return session.scalar(select(func.count()).select_from(Book))


def blob(content, number):
    def scenario():
        db = filled()
        data = content()
        with Session(db) as session:
            session.add(Blob(id=number, body=data))
            session.commit()
            same(session.scalar(select(func.md5(Blob.body)).where(Blob.id == number)), md5(data), "checksum of the server")
            session.expire_all()
            same(md5(session.get(Blob, number).body), md5(data), "checksum of what came back")
        return len(data)

    return scenario


def cursor():
    with engine().connect().execution_options(stream_results=True, yield_per=7) as connection:
        return sum(row[0] for row in connection.execute(text("SELECT id FROM numbers")))


def reconnect():
    db = engine()
    with db.connect() as connection:
        before = connection.execute(text("SELECT CONNECTION_ID()")).scalar_one()
    with engine().connect() as other:
        other.execute(text(f"KILL {before}"))
    time.sleep(0.3)  # the end of the connection comes a moment after the answer to KILL
    with db.connect() as connection:  # pool_pre_ping finds the dead one
        return connection.execute(text("SELECT CONNECTION_ID()")).scalar_one() != before


def results():
    seen = []
    with engine().connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        for sql in ("INSERT INTO counters (name, n) VALUES ('a', 1)", "INSERT INTO counters (name, n) VALUES ('a', 1)", "SELECT oops(", "SELECT * FROM no_such_table"):
            try:
                result = connection.execute(text(sql))
                seen.append([result.rowcount, result.lastrowid])
            except DBAPIError as error:
                seen.append([type(error).__name__, error.orig.args])
    return show(seen)


run_scenarios(f"SQLAlchemy {metadata.version('SQLAlchemy')} on PyMySQL", {
    "login": login(),
    "login-tls": login(tls=True),
    "login-native": login(user=env["DB_USER_NATIVE"]),
    "login-sha256": login(user=env["DB_USER_SHA256"], tls=True),
    "login-ed25519": login(user=env["DB_USER_ED25519"]),
    "wrong-password": refused(password="wrong"),
    "unknown-database": refused(database=env["DB_NAME"] + "_none"),
    "orm": orm,
    "transaction": transaction,
    "binary": blob(lambda: ALL_BYTES, 1),
    "large-blob": blob(large_blob, 2),
    "cursor": cursor,
    "reconnect": reconnect,
    "results": results,
})

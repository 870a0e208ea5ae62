"""The scenarios for drivers with Python's DB-API. The driver's own ways come in an adapter: see `Adapter`."""
import threading
import time

from harness import ALL_BYTES, EVERY_TYPE, SLEEP, TEXT, Skip, describe, env, large_blob, md5, run_scenarios, same, show


class Adapter:
    """What differs between the drivers; each of them gives one."""

    version = ""
    Error = Exception

    def connect(self, **options):
        """options: user, password, database, tls (bool), multi (bool), infile (bool). Autocommit is off."""
        raise NotImplementedError

    def error(self, error):
        """Number and text (and SQLSTATE where the driver has it)."""
        return describe(error)

    def prepared_cursor(self, connection):
        """A cursor that prepares on the server."""
        raise Skip("the driver has no prepared statements of the server")

    def stream_cursor(self, connection):
        """A cursor that reads rows bit by bit."""
        raise Skip("the driver reads whole results only")

    def next_results(self, cursor):
        """Rows of all results of what the cursor executed."""
        results = []
        while True:
            results.append([list(row) for row in cursor.fetchall()] if cursor.description else None)
            if not cursor.nextset():
                return results

    def thread_id(self, connection):
        return connection.thread_id()

    def change_user(self, connection, user, password, database):
        raise Skip("the driver cannot change the user")

    def literal(self, connection, text):
        return connection.escape(text)

    def ping_again(self, connection):
        """Connects again after a loss; gives the connection to use."""
        connection.ping(True)
        return connection


class Program:
    def __init__(self, adapter):
        self.adapter = adapter

    def connected(self, work, **options):
        def scenario():
            connection = self.adapter.connect(**options)
            try:
                return work(connection)
            finally:
                try:
                    connection.close()
                except self.adapter.Error:
                    pass

        return scenario

    def rows(self, connection, sql, values=None):
        cursor = connection.cursor()
        try:
            cursor.execute(sql, values) if values is not None else cursor.execute(sql)
            return [list(row) for row in cursor.fetchall()] if cursor.description else []
        finally:
            cursor.close()

    def one(self, connection, sql, values=None):
        return self.rows(connection, sql, values)[0][0]

    def error_of(self, work):
        try:
            work()
        except self.adapter.Error as error:
            return self.adapter.error(error)
        raise AssertionError("no error came")

    def login(self, **options):
        def scenario():
            connection = self.adapter.connect(**options)
            encrypted = self.rows(connection, "SHOW STATUS LIKE 'Ssl_cipher'")[0][1] not in ("", b"")
            same(encrypted, options.get("tls", False), "Ssl_cipher is set")
            user = self.one(connection, "SELECT CURRENT_USER()")
            connection.close()
            return f"{user} {encrypted}"

        return scenario

    def unicode(self, connection):
        cursor = connection.cursor()
        cursor.execute("INSERT INTO texts (body) VALUES (%s)", (TEXT,))
        first = cursor.lastrowid
        literal = self.adapter.literal(connection, TEXT)
        cursor.execute(f"INSERT INTO texts (body) VALUES ({literal})")
        cursor.close()
        rows = self.rows(connection, "SELECT body, CHAR_LENGTH(body) FROM texts WHERE id >= %s ORDER BY id", (first,))
        for row in rows:
            same(row[0], TEXT, "text")
        return show(rows)

    def binary(self, connection):
        cursor = connection.cursor()
        cursor.execute("INSERT INTO bytes VALUES (1, %s)", (ALL_BYTES,))
        cursor.close()
        same(bytes(self.one(connection, "SELECT body FROM bytes WHERE id = 1")), ALL_BYTES, "bytes")
        return self.one(connection, "SELECT HEX(body) FROM bytes WHERE id = 1")

    def types(self, connection):
        names = ", ".join(EVERY_TYPE)
        marks = ", ".join("%s" for _ in EVERY_TYPE)
        try:
            cursor = self.adapter.prepared_cursor(connection)
        except Skip:
            cursor = connection.cursor()
        cursor.execute(f"INSERT INTO every_type (id, {names}) VALUES (2, {marks})", tuple(EVERY_TYPE.values()))
        cursor.close()
        same(int(self.one(connection, "SELECT same FROM types_equal WHERE id = 2")), 1, "what was written equals the literals")
        cursor = connection.cursor()
        cursor.execute("SELECT * FROM every_type WHERE id = 1")
        text = cursor.fetchall()
        columns = [list(column) for column in cursor.description]
        cursor.close()
        try:
            cursor = self.adapter.prepared_cursor(connection)
            cursor.execute("SELECT * FROM every_type WHERE id = %s", (1,))
            prepared = cursor.fetchall()
            cursor.close()
        except Skip:
            prepared = None
        return show({"text": text, "columns": columns, "prepared": prepared})

    def prepared(self, connection):
        cursor = self.adapter.prepared_cursor(connection)
        for i in range(1, 101):
            cursor.execute("INSERT INTO prepared VALUES (%s, %s, %s)", (i, None if i % 3 == 0 else f"name {i}", i / 4))
        cursor.close()
        for i in range(1, 101):
            cursor = self.adapter.prepared_cursor(connection)
            cursor.execute(f"SELECT name, {i} FROM prepared WHERE id = %s", (i,))
            same([list(row) for row in cursor.fetchall()], [[None if i % 3 == 0 else f"name {i}", i]], f"row {i}")
            cursor.close()
        return self.one(connection, "SELECT SUM(amount) FROM prepared")

    def transaction(self, connection):
        other = self.adapter.connect()
        try:
            self.rows(connection, "UPDATE balances SET balance = balance - 10 WHERE id = 1")
            same(self.one(other, "SELECT balance FROM balances WHERE id = 1"), 100, "seen by another before commit")
            connection.rollback()
            same(self.one(connection, "SELECT balance FROM balances WHERE id = 1"), 100, "after rollback")
            self.rows(connection, "UPDATE balances SET balance = balance - 10 WHERE id = 1")
            self.rows(connection, "UPDATE balances SET balance = balance + 10 WHERE id = 2")
            connection.commit()
            other.rollback()
            return show(self.rows(other, "SELECT * FROM balances ORDER BY id"))
        finally:
            other.close()

    def multi_results(self, connection):
        cursor = connection.cursor()
        cursor.execute("SELECT 1 AS a; DO 0; SELECT 'x' AS b, 2 AS c")
        several = self.adapter.next_results(cursor)
        cursor.close()
        cursor = connection.cursor()
        cursor.execute("CALL two_results()")
        called = self.adapter.next_results(cursor)
        cursor.close()

        def failing():
            broken = connection.cursor()
            try:
                broken.execute("SELECT 1; SELECT nothing_such; SELECT 2")
                self.adapter.next_results(broken)
            finally:
                try:
                    broken.close()
                except self.adapter.Error:
                    pass

        failed = self.error_of(failing)
        return show({"several": several, "called": called, "failed": failed, "after": self.one(connection, "SELECT 5")})

    def large_blob(self, connection):
        blob = large_blob()
        try:
            cursor = self.adapter.prepared_cursor(connection)
        except Skip:
            cursor = connection.cursor()
        cursor.execute("INSERT INTO bytes VALUES (20, %s)", (blob,))
        cursor.close()
        same(self.one(connection, "SELECT MD5(body) FROM bytes WHERE id = 20"), md5(blob), "checksum of the server")
        back = bytes(self.one(connection, "SELECT body FROM bytes WHERE id = 20"))
        same(md5(back), md5(blob), "checksum of what came back")
        return len(back)

    def local_infile(self, connection):
        cursor = connection.cursor()
        cursor.execute(f"LOAD DATA LOCAL INFILE '{env['DB_INFILE']}' INTO TABLE loaded CHARACTER SET utf8mb4")
        count = cursor.rowcount
        cursor.close()
        connection.commit()
        return f"{count} {show(self.rows(connection, 'SELECT * FROM loaded WHERE id = 1000'))}"

    def cursor(self, connection):
        cursor = self.adapter.stream_cursor(connection)
        cursor.execute("SELECT id, name FROM numbers ORDER BY id")
        total, count = 0, 0
        while True:
            rows = cursor.fetchmany(7)
            if not rows:
                break
            count += len(rows)
            total += sum(row[0] for row in rows)
        cursor.close()
        return f"{count} {total}"

    def reset(self, connection):
        self.rows(connection, "SET @mine = 1, sql_mode = 'ANSI_QUOTES'")
        self.adapter.change_user(connection, env["DB_USER_NATIVE"], env["DB_PASSWORD"], env["DB_NAME"])
        return show(self.rows(connection, "SELECT @mine, CURRENT_USER(), DATABASE(), @@sql_mode"))

    def kill_query(self, connection):
        other = self.adapter.connect()
        thread_id = self.adapter.thread_id(connection)

        def kill():
            time.sleep(0.3)
            self.rows(other, f"KILL QUERY {thread_id}")

        killer = threading.Thread(target=kill)
        killer.start()
        error = self.error_of(lambda: self.rows(connection, SLEEP))
        killer.join()
        other.close()
        return f"{error}; then {self.one(connection, 'SELECT 1')}"

    def reconnect(self, connection):
        before = self.one(connection, "SELECT CONNECTION_ID()")
        other = self.adapter.connect()
        self.rows(other, f"KILL {before}")
        other.close()
        time.sleep(0.3)  # the end of the connection comes a moment after the answer to KILL
        try:
            self.rows(connection, "SELECT 1")
            lost = "nothing"
        except self.adapter.Error:
            lost = "lost"
        again = self.adapter.ping_again(connection)
        after = self.one(again, "SELECT CONNECTION_ID()")
        again.close()
        return f"{lost} {after != before}"

    def results(self, connection):
        seen = []
        for sql in (
            "INSERT INTO counters (name, n) VALUES ('a', 1), ('b', 1)",
            "INSERT INTO counters (name, n) VALUES ('a', 1) ON DUPLICATE KEY UPDATE n = n + 1",
            "UPDATE counters SET n = 1",
        ):
            cursor = connection.cursor()
            cursor.execute(sql)
            seen.append([cursor.rowcount, cursor.lastrowid])
            cursor.close()
        for sql in ("INSERT INTO counters (name, n) VALUES ('a', 1)", "SELECT oops(", "SELECT * FROM no_such_table"):
            seen.append(self.error_of(lambda: self.rows(connection, sql)))
        self.rows(connection, "SELECT 1 + 'x'")
        seen.append(self.rows(connection, "SHOW WARNINGS"))
        return show(seen)

    def run(self):
        connect = self.adapter.connect
        run_scenarios(self.adapter.version, {
            "login": self.login(),
            "login-tls": self.login(tls=True),
            "login-native": self.login(user=env["DB_USER_NATIVE"]),
            "login-sha256": self.login(user=env["DB_USER_SHA256"], tls=True),
            "login-ed25519": self.login(user=env["DB_USER_ED25519"]),
            "wrong-password": lambda: self.error_of(lambda: connect(password="wrong")),
            "unknown-database": lambda: self.error_of(lambda: connect(database=env["DB_NAME"] + "_none")),
            "unicode": self.connected(self.unicode),
            "binary": self.connected(self.binary),
            "types": self.connected(self.types),
            "prepared": self.connected(self.prepared),
            "transaction": self.connected(self.transaction),
            "multi-results": self.connected(self.multi_results, multi=True),
            "large-blob": self.connected(self.large_blob),
            "local-infile": self.connected(self.local_infile, infile=True),
            "cursor": self.connected(self.cursor),
            "reset": self.connected(self.reset),
            "kill-query": self.connected(self.kill_query),
            "reconnect": self.connected(self.reconnect),
            "results": self.connected(self.results),
        })

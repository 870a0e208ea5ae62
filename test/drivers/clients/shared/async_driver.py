"""The scenarios for asyncmy and aiomysql, which have the same interface."""
import asyncio
import ssl

from harness import ALL_BYTES, EVERY_TYPE, SLEEP, TEXT, describe, env, large_blob, md5, run_scenarios, same, show

UNVERIFIED = ssl.create_default_context()
UNVERIFIED.check_hostname = False
UNVERIFIED.verify_mode = ssl.CERT_NONE


def run(version, module, stream_cursor, error_class, infile_reason=None, flag_multi=1 << 16):
    async def connect(**options):
        base = {
            "host": env["DB_HOST"], "port": int(env["DB_PORT"]), "user": env["DB_USER"], "password": env["DB_PASSWORD"],
            "charset": "utf8mb4", "autocommit": True, "connect_timeout": 20,
        }
        base["db"] = env["DB_NAME"]
        base.update(options)
        return await module.connect(**base)

    async def closed(connection):
        outcome = connection.close()
        if asyncio.iscoroutine(outcome):
            await outcome

    async def rows(connection, sql, values=None):
        async with connection.cursor() as cursor:
            await cursor.execute(sql, values)
            return [list(row) for row in await cursor.fetchall()] if cursor.description else []

    async def one(connection, sql, values=None):
        return (await rows(connection, sql, values))[0][0]

    async def error_of(awaitable):
        try:
            await awaitable
        except error_class as error:
            return describe(error)
        raise AssertionError("no error came")

    def connected(work, **options):
        async def scenario():
            connection = await connect(**options)
            try:
                return await work(connection)
            finally:
                await closed(connection)

        return scenario

    def login(encrypted=False, **options):
        async def scenario():
            connection = await connect(**options, **({"ssl": UNVERIFIED} if encrypted else {}))
            cipher = (await rows(connection, "SHOW STATUS LIKE 'Ssl_cipher'"))[0][1]
            same(cipher != "", encrypted, "Ssl_cipher is set")
            user = await one(connection, "SELECT CURRENT_USER()")
            await closed(connection)
            return f"{user} {encrypted}"

        return scenario

    async def wrong_password():
        return await error_of(connect(password="wrong"))

    async def unknown_database():
        return await error_of(connect(db=env["DB_NAME"] + "_none"))

    async def unicode(connection):
        await rows(connection, "INSERT INTO texts (body) VALUES (%s)", (TEXT,))
        seen = await rows(connection, "SELECT body, CHAR_LENGTH(body) FROM texts ORDER BY id")
        same(seen[0][0], TEXT, "text")
        return show(seen)

    async def binary(connection):
        await rows(connection, "INSERT INTO bytes VALUES (1, %s)", (ALL_BYTES,))
        same(await one(connection, "SELECT body FROM bytes WHERE id = 1"), ALL_BYTES, "bytes")
        return await one(connection, "SELECT HEX(body) FROM bytes WHERE id = 1")

    async def types(connection):
        marks = ", ".join("%s" for _ in EVERY_TYPE)
        await rows(connection, f"INSERT INTO every_type (id, {', '.join(EVERY_TYPE)}) VALUES (2, {marks})", tuple(EVERY_TYPE.values()))
        same(int(await one(connection, "SELECT same FROM types_equal WHERE id = 2")), 1, "what was written equals the literals")
        async with connection.cursor() as cursor:
            await cursor.execute("SELECT * FROM every_type WHERE id = 1")
            return show([await cursor.fetchall(), [list(column) for column in cursor.description]])

    async def transaction(connection):
        other = await connect()
        await connection.begin()
        await rows(connection, "UPDATE balances SET balance = balance - 10 WHERE id = 1")
        same(await one(other, "SELECT balance FROM balances WHERE id = 1"), 100, "seen by another before commit")
        await connection.rollback()
        same(await one(connection, "SELECT balance FROM balances WHERE id = 1"), 100, "after rollback")
        await connection.begin()
        await rows(connection, "UPDATE balances SET balance = balance - 10 WHERE id = 1")
        await rows(connection, "UPDATE balances SET balance = balance + 10 WHERE id = 2")
        await connection.commit()
        seen = await rows(other, "SELECT * FROM balances ORDER BY id")
        await closed(other)
        return show(seen)

    async def multi_results(connection):
        seen = []
        for sql in ("SELECT 1 AS a; DO 0; SELECT 'x' AS b, 2 AS c", "CALL two_results()"):
            async with connection.cursor() as cursor:
                await cursor.execute(sql)
                while True:
                    seen.append([list(row) for row in await cursor.fetchall()] if cursor.description else None)
                    if not await cursor.nextset():
                        break
        return show([seen, await one(connection, "SELECT 5")])

    async def blob(connection):
        sent = large_blob()
        await rows(connection, "INSERT INTO bytes VALUES (20, %s)", (sent,))
        same(await one(connection, "SELECT MD5(body) FROM bytes WHERE id = 20"), md5(sent), "checksum of the server")
        back = await one(connection, "SELECT body FROM bytes WHERE id = 20")
        same(md5(back), md5(sent), "checksum of what came back")
        return len(back)

    async def infile(connection):
        await rows(connection, f"LOAD DATA LOCAL INFILE '{env['DB_INFILE']}' INTO TABLE loaded CHARACTER SET utf8mb4")
        return show(await rows(connection, "SELECT COUNT(*), MAX(name) FROM loaded"))

    async def streamed(connection):
        async with connection.cursor(stream_cursor) as cursor:
            await cursor.execute("SELECT id, name FROM numbers ORDER BY id")
            total = 0
            while True:
                some = await cursor.fetchmany(7)
                if not some:
                    return total
                total += sum(row[0] for row in some)

    async def kill_query(connection):
        other = await connect()
        thread_id = connection.thread_id()
        sleeping = asyncio.create_task(error_of(rows(connection, SLEEP)))
        await asyncio.sleep(0.3)
        await rows(other, f"KILL QUERY {thread_id}")
        error = await sleeping
        await closed(other)
        return f"{error}; then {await one(connection, 'SELECT 1')}"

    async def cancel():
        pool = await module.create_pool(
            host=env["DB_HOST"], port=int(env["DB_PORT"]), user=env["DB_USER"], password=env["DB_PASSWORD"], db=env["DB_NAME"], maxsize=2,
        )
        async with pool.acquire() as connection:
            try:
                await asyncio.wait_for(rows(connection, "SELECT SLEEP(20)"), 0.3)
                raise AssertionError("it was not cancelled")
            except asyncio.TimeoutError:
                await closed(connection)
        async with pool.acquire() as connection:
            seen = await one(connection, "SELECT 1")
        pool.terminate()
        await pool.wait_closed()
        return seen

    async def reconnect(connection):
        before = await one(connection, "SELECT CONNECTION_ID()")
        other = await connect()
        await rows(other, f"KILL {before}")
        await closed(other)
        await asyncio.sleep(0.3)  # the end of the connection comes a moment after the answer to KILL
        try:
            await rows(connection, "SELECT 1")
            lost = "nothing"
        except Exception:  # each has its own
            lost = "lost"
        await connection.ping(reconnect=True)
        return f"{lost} {before != await one(connection, 'SELECT CONNECTION_ID()')}"

    async def results(connection):
        seen = []
        for sql in (
            "INSERT INTO counters (name, n) VALUES ('a', 1), ('b', 1)",
            "INSERT INTO counters (name, n) VALUES ('a', 1) ON DUPLICATE KEY UPDATE n = n + 1",
            "UPDATE counters SET n = 1",
        ):
            async with connection.cursor() as cursor:
                await cursor.execute(sql)
                seen.append([cursor.rowcount, cursor.lastrowid])
        for sql in ("INSERT INTO counters (name, n) VALUES ('a', 1)", "SELECT oops(", "SELECT * FROM no_such_table"):
            seen.append(await error_of(rows(connection, sql)))
        return show(seen)

    run_scenarios(version, {
        "login": login(),
        "login-tls": login(True),
        "login-native": login(user=env["DB_USER_NATIVE"]),
        "login-sha256": login(True, user=env["DB_USER_SHA256"]),
        "login-ed25519": login(user=env["DB_USER_ED25519"]),
        "wrong-password": wrong_password,
        "unknown-database": unknown_database,
        "unicode": connected(unicode),
        "binary": connected(binary),
        "types": connected(types),
        "prepared": "the driver has no prepared statements of the server",
        "transaction": connected(transaction),
        "multi-results": connected(multi_results, client_flag=flag_multi),
        "large-blob": connected(blob),
        "local-infile": infile_reason or connected(infile, local_infile=True),
        "cursor": connected(streamed),
        "reset": "the driver has neither change user nor reset connection",
        "kill-query": connected(kill_query),
        "cancel": cancel,
        "reconnect": connected(reconnect),
        "results": connected(results),
    })

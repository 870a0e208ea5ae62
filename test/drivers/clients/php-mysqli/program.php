<?php
require __DIR__ . '/harness.php';
mysqli_report(MYSQLI_REPORT_ERROR | MYSQLI_REPORT_STRICT);

function connect(array $options = []): mysqli {
    $db = mysqli_init();
    $db->options(MYSQLI_OPT_CONNECT_TIMEOUT, 20);
    $db->options(MYSQLI_OPT_LOCAL_INFILE, true);
    $flags = ($options['tls'] ?? false) ? MYSQLI_CLIENT_SSL | MYSQLI_CLIENT_SSL_DONT_VERIFY_SERVER_CERT : 0;
    $db->real_connect(getenv('DB_HOST'), $options['user'] ?? getenv('DB_USER'), $options['password'] ?? getenv('DB_PASSWORD'),
        $options['database'] ?? getenv('DB_NAME'), (int) getenv('DB_PORT'), null, $flags);
    $db->set_charset('utf8mb4');
    return $db;
}

function one(mysqli $db, string $sql): mixed {
    return $db->query($sql)->fetch_row()[0];
}

function errorOf(callable $work): string {
    try {
        $work();
    } catch (mysqli_sql_exception $error) {
        return $error->getCode() . ' ' . $error->getSqlState() . ' ' . $error->getMessage();
    }
    throw new Exception('no error came');
}

function login(array $options = []): callable {
    return function () use ($options) {
        $db = connect($options);
        $cipher = $db->query("SHOW STATUS LIKE 'Ssl_cipher'")->fetch_row()[1];
        same($cipher !== '', $options['tls'] ?? false, 'Ssl_cipher is set');
        return one($db, 'SELECT CURRENT_USER()');
    };
}

runScenarios('mysqli ' . phpversion() . ', ' . mysqli_get_client_info(), [
    'login' => login(),
    'login-tls' => login(['tls' => true]),
    'login-native' => login(['user' => getenv('DB_USER_NATIVE')]),
    'login-sha256' => login(['user' => getenv('DB_USER_SHA256'), 'tls' => true]),
    'login-ed25519' => login(['user' => getenv('DB_USER_ED25519')]),
    'wrong-password' => fn () => errorOf(fn () => connect(['password' => 'wrong'])),
    'unknown-database' => fn () => errorOf(fn () => connect(['database' => getenv('DB_NAME') . '_none'])),
    'unicode' => function () {
        $db = connect();
        $db->execute_query('INSERT INTO texts (body) VALUES (?)', [TEXT]);
        $db->query("INSERT INTO texts (body) VALUES ('" . $db->real_escape_string(TEXT) . "')");
        $rows = $db->query('SELECT body, CHAR_LENGTH(body) FROM texts ORDER BY id')->fetch_all();
        foreach ($rows as $row) same($row, [TEXT, preg_match_all('/./us', TEXT)], 'text');
        return show($rows);
    },
    'binary' => function () {
        $db = connect();
        $db->execute_query('INSERT INTO bytes VALUES (1, ?)', [allBytes()]);
        same(one($db, 'SELECT body FROM bytes WHERE id = 1'), allBytes(), 'bytes');
        return one($db, 'SELECT HEX(body) FROM bytes WHERE id = 1');
    },
    'types' => function () {
        $db = connect();
        $values = everyType();
        $insert = $db->prepare('INSERT INTO every_type VALUES (2' . str_repeat(', ?', count($values)) . ')');
        $kinds = implode('', array_map(fn ($value) => is_int($value) ? 'i' : (is_float($value) ? 'd' : 's'), $values));
        $insert->bind_param($kinds, ...$values);
        $insert->execute();
        same(one($db, 'SELECT same FROM types_equal WHERE id = 2'), 1, 'what was written equals the literals');
        $prepared = $db->execute_query('SELECT * FROM every_type WHERE id = ?', [1]);
        $fields = array_map(fn ($field) => [$field->name, $field->type, $field->flags, $field->length, $field->charsetnr], $prepared->fetch_fields());
        return show([$prepared->fetch_row(), $db->query('SELECT * FROM every_type WHERE id = 1')->fetch_row(), $fields]);
    },
    'prepared' => function () {
        $db = connect();
        $insert = $db->prepare('INSERT INTO prepared VALUES (?, ?, ?)');
        for ($i = 1; $i <= 100; $i++) $insert->execute([$i, $i % 3 === 0 ? null : "name $i", $i / 4]);
        $insert->close();
        for ($i = 1; $i <= 100; $i++) {
            $select = $db->prepare("SELECT name, $i FROM prepared WHERE id = ?");
            $select->execute([$i]);
            same($select->get_result()->fetch_row(), [$i % 3 === 0 ? null : "name $i", $i], "row $i");
            $select->close();
        }
        return one($db, 'SELECT SUM(amount) FROM prepared');
    },
    'transaction' => function () {
        $db = connect();
        $other = connect();
        $db->begin_transaction();
        $db->query('UPDATE balances SET balance = balance - 10 WHERE id = 1');
        same(one($other, 'SELECT balance FROM balances WHERE id = 1'), 100, 'seen by another before commit');
        $db->rollback();
        same(one($db, 'SELECT balance FROM balances WHERE id = 1'), 100, 'after rollback');
        $db->autocommit(false);
        $db->query('UPDATE balances SET balance = balance - 10 WHERE id = 1');
        $db->query('UPDATE balances SET balance = balance + 10 WHERE id = 2');
        $db->commit();
        $db->begin_transaction(MYSQLI_TRANS_START_READ_ONLY);
        $refused = errorOf(fn () => $db->query('UPDATE balances SET balance = 0'));
        return show($other->query('SELECT * FROM balances ORDER BY id')->fetch_all()) . $refused;
    },
    'multi-results' => function () {
        $db = connect();
        $seen = [];
        foreach (["SELECT 1 AS a; DO 0; SELECT 'x' AS b, 2 AS c", 'CALL two_results()'] as $sql) {
            $db->multi_query($sql);
            do {
                $result = $db->store_result();
                $seen[] = $result === false ? null : $result->fetch_all();
            } while ($db->more_results() && $db->next_result());
        }
        return show([$seen, one($db, 'SELECT 5')]);
    },
    'large-blob' => function () {
        $db = connect();
        $blob = largeBlob();
        $insert = $db->prepare('INSERT INTO bytes VALUES (20, ?)');
        $nothing = null;
        $insert->bind_param('b', $nothing);
        // In pieces, by COM_STMT_SEND_LONG_DATA.
        for ($at = 0; $at < strlen($blob); $at += 1 << 20) $insert->send_long_data(0, substr($blob, $at, 1 << 20));
        $insert->execute();
        same(one($db, 'SELECT MD5(body) FROM bytes WHERE id = 20'), md5($blob), 'checksum of the server');
        same(md5(one($db, 'SELECT body FROM bytes WHERE id = 20')), md5($blob), 'checksum of what came back');
        return strlen($blob);
    },
    'local-infile' => function () {
        $db = connect();
        $db->query("LOAD DATA LOCAL INFILE '" . getenv('DB_INFILE') . "' INTO TABLE loaded CHARACTER SET utf8mb4");
        return $db->affected_rows . ' ' . $db->info . show($db->query('SELECT * FROM loaded WHERE id = 1000')->fetch_row());
    },
    'cursor' => function () {
        $db = connect();
        $sum = 0;
        $result = $db->query('SELECT id, name FROM numbers ORDER BY id', MYSQLI_USE_RESULT);
        while ($row = $result->fetch_row()) $sum += $row[0];
        $select = $db->prepare('SELECT id FROM numbers ORDER BY id');
        $select->attr_set(MYSQLI_STMT_ATTR_CURSOR_TYPE, MYSQLI_CURSOR_TYPE_READ_ONLY);
        $select->execute();
        $select->bind_result($id);
        while ($select->fetch()) $sum += $id;
        return $sum;
    },
    'reset' => function () {
        $db = connect();
        $db->query("SET @mine = 1, sql_mode = 'ANSI_QUOTES'");
        $db->change_user(getenv('DB_USER_NATIVE'), getenv('DB_PASSWORD'), getenv('DB_NAME'));
        return show($db->query('SELECT @mine, CURRENT_USER(), DATABASE(), @@sql_mode')->fetch_row());
    },
    'kill-query' => function () {
        $db = connect();
        $other = connect();
        $id = $db->thread_id;
        $db->query('SELECT id FROM numbers WHERE SLEEP(20) = 0', MYSQLI_ASYNC);
        usleep(300_000);
        $other->query("KILL QUERY $id");
        return errorOf(fn () => $db->reap_async_query()) . '; then ' . one($db, 'SELECT 1');
    },
    'reconnect' => function () {
        $db = connect();
        $before = one($db, 'SELECT CONNECTION_ID()');
        connect()->query("KILL $before");
        usleep(300_000); // the end of the connection comes a moment after the answer to KILL
        $error = errorOf(fn () => one($db, 'SELECT 1'));
        return $error . ' ' . json_encode(one(connect(), 'SELECT CONNECTION_ID()') !== $before);
    },
    'results' => function () {
        $db = connect();
        $seen = [];
        foreach (["INSERT INTO counters (name, n) VALUES ('a', 1), ('b', 1)", "INSERT INTO counters (name, n) VALUES ('a', 1) ON DUPLICATE KEY UPDATE n = n + 1", 'UPDATE counters SET n = 1'] as $sql) {
            $db->query($sql);
            $seen[] = [$db->affected_rows, $db->insert_id, $db->info, $db->warning_count];
        }
        foreach (["INSERT INTO counters (name, n) VALUES ('a', 1)", 'SELECT oops(', 'SELECT * FROM no_such_table'] as $sql) $seen[] = errorOf(fn () => $db->query($sql));
        $db->query("SELECT 1 + 'x'");
        $warning = $db->get_warnings();
        return show([$seen, [$warning->errno, $warning->sqlstate, $warning->message], $db->server_version, preg_replace('/\d+/', 'N', $db->stat())]);
    },
]);

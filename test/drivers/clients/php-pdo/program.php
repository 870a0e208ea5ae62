<?php
require __DIR__ . '/harness.php';

function connect(array $options = [], array $attributes = []): PDO {
    $dsn = 'mysql:charset=utf8mb4;host=' . getenv('DB_HOST') . ';port=' . getenv('DB_PORT') . ';dbname=' . ($options['database'] ?? getenv('DB_NAME'));
    $tls = ($options['tls'] ?? false) ? [PDO::MYSQL_ATTR_SSL_CA => '/dev/null', PDO::MYSQL_ATTR_SSL_VERIFY_SERVER_CERT => false] : [];
    return new PDO($dsn, $options['user'] ?? getenv('DB_USER'), $options['password'] ?? getenv('DB_PASSWORD'), $attributes + $tls + [
        PDO::ATTR_ERRMODE => PDO::ERRMODE_EXCEPTION, PDO::ATTR_EMULATE_PREPARES => false, PDO::ATTR_TIMEOUT => 20, PDO::MYSQL_ATTR_LOCAL_INFILE => true,
        PDO::ATTR_DEFAULT_FETCH_MODE => PDO::FETCH_NUM,
    ]);
}

function one(PDO $db, string $sql): mixed {
    return $db->query($sql)->fetchColumn();
}

function errorOf(callable $work): string {
    try {
        $work();
    } catch (PDOException $error) {
        return implode(' ', $error->errorInfo ?? [$error->getMessage()]);
    }
    throw new Exception('no error came');
}

function login(array $options = []): callable {
    return function () use ($options) {
        $db = connect($options);
        same($db->query("SHOW STATUS LIKE 'Ssl_cipher'")->fetch()[1] !== '', $options['tls'] ?? false, 'Ssl_cipher is set');
        return one($db, 'SELECT CURRENT_USER()');
    };
}

runScenarios('PDO ' . phpversion(), [
    'login' => login(),
    'login-tls' => login(['tls' => true]),
    'login-native' => login(['user' => getenv('DB_USER_NATIVE')]),
    'login-sha256' => login(['user' => getenv('DB_USER_SHA256'), 'tls' => true]),
    'login-ed25519' => login(['user' => getenv('DB_USER_ED25519')]),
    'wrong-password' => fn () => errorOf(fn () => connect(['password' => 'wrong'])),
    'unknown-database' => fn () => errorOf(fn () => connect(['database' => getenv('DB_NAME') . '_none'])),
    'unicode' => function () {
        $db = connect();
        $db->prepare('INSERT INTO texts (body) VALUES (?)')->execute([TEXT]);
        $db->exec('INSERT INTO texts (body) VALUES (' . $db->quote(TEXT) . ')');
        $rows = $db->query('SELECT body, CHAR_LENGTH(body) FROM texts ORDER BY id')->fetchAll();
        foreach ($rows as $row) same($row, [TEXT, preg_match_all('/./us', TEXT)], 'text');
        return show($rows);
    },
    'binary' => function () {
        $db = connect();
        $db->prepare('INSERT INTO bytes VALUES (1, ?)')->execute([allBytes()]);
        same(one($db, 'SELECT body FROM bytes WHERE id = 1'), allBytes(), 'bytes');
        return one($db, 'SELECT HEX(body) FROM bytes WHERE id = 1');
    },
    'types' => function () {
        $db = connect();
        $values = everyType();
        $insert = $db->prepare('INSERT INTO every_type VALUES (2' . str_repeat(', ?', count($values)) . ')');
        foreach ($values as $i => $value) $insert->bindValue($i + 1, $value, is_int($value) ? PDO::PARAM_INT : ($value === null ? PDO::PARAM_NULL : PDO::PARAM_STR));
        $insert->execute();
        same(one($db, 'SELECT same FROM types_equal WHERE id = 2'), 1, 'what was written equals the literals');
        $prepared = $db->prepare('SELECT * FROM every_type WHERE id = ?');
        $prepared->execute([1]);
        $columns = array_map(fn ($i) => $prepared->getColumnMeta($i), range(0, $prepared->columnCount() - 1));
        return show([$prepared->fetch(), $columns]);
    },
    'prepared' => function () {
        $db = connect();
        $insert = $db->prepare('INSERT INTO prepared VALUES (:id, :name, :amount)');
        for ($i = 1; $i <= 100; $i++) $insert->execute(['id' => $i, 'name' => $i % 3 === 0 ? null : "name $i", 'amount' => $i / 4]);
        for ($i = 1; $i <= 100; $i++) {
            $select = $db->prepare("SELECT name, $i FROM prepared WHERE id = ?");
            $select->execute([$i]);
            same($select->fetch(), [$i % 3 === 0 ? null : "name $i", $i], "row $i");
        }
        return one($db, 'SELECT SUM(amount) FROM prepared');
    },
    'transaction' => function () {
        $db = connect();
        $other = connect();
        $db->beginTransaction();
        $db->exec('UPDATE balances SET balance = balance - 10 WHERE id = 1');
        same(one($other, 'SELECT balance FROM balances WHERE id = 1'), 100, 'seen by another before commit');
        $db->rollBack();
        $db->beginTransaction();
        $db->exec('UPDATE balances SET balance = balance - 10 WHERE id = 1');
        $db->exec('UPDATE balances SET balance = balance + 10 WHERE id = 2');
        same($db->inTransaction(), true, 'in a transaction');
        $db->commit();
        return show([$db->inTransaction(), $other->query('SELECT * FROM balances ORDER BY id')->fetchAll()]);
    },
    'multi-results' => function () {
        $db = connect([], [PDO::ATTR_EMULATE_PREPARES => true]);
        $seen = [];
        foreach (["SELECT 1 AS a; SELECT 'x' AS b, 2 AS c", 'CALL two_results()'] as $sql) {
            $result = $db->query($sql);
            do $seen[] = $result->columnCount() === 0 ? null : $result->fetchAll();
            while ($result->nextRowset());
        }
        return show([$seen, one($db, 'SELECT 5')]);
    },
    'large-blob' => function () {
        $db = connect();
        $blob = largeBlob();
        $db->prepare('INSERT INTO bytes VALUES (20, ?)')->execute([$blob]);
        same(one($db, 'SELECT MD5(body) FROM bytes WHERE id = 20'), md5($blob), 'checksum of the server');
        same(md5(one($db, 'SELECT body FROM bytes WHERE id = 20')), md5($blob), 'checksum of what came back');
        return strlen($blob);
    },
    'local-infile' => function () {
        $db = connect();
        $count = $db->exec("LOAD DATA LOCAL INFILE '" . getenv('DB_INFILE') . "' INTO TABLE loaded CHARACTER SET utf8mb4");
        return $count . show($db->query('SELECT * FROM loaded WHERE id = 1000')->fetch());
    },
    'cursor' => function () {
        $db = connect([], [PDO::MYSQL_ATTR_USE_BUFFERED_QUERY => false]);
        $sum = 0;
        foreach ($db->query('SELECT id, name FROM numbers ORDER BY id') as $row) $sum += $row[0];
        return $sum;
    },
    'reset' => 'PDO has neither change user nor reset connection',
    'kill-query' => 'PDO has no asynchronous statements',
    'reconnect' => function () {
        $db = connect();
        $before = one($db, 'SELECT CONNECTION_ID()');
        connect()->exec("KILL $before");
        usleep(300_000); // the end of the connection comes a moment after the answer to KILL
        $error = errorOf(fn () => @one($db, 'SELECT 1'));
        return $error . ' ' . json_encode(one(connect([], [PDO::ATTR_PERSISTENT => true]), 'SELECT CONNECTION_ID()') !== $before);
    },
    'results' => function () {
        $db = connect();
        $seen = [];
        foreach (["INSERT INTO counters (name, n) VALUES ('a', 1), ('b', 1)", 'UPDATE counters SET n = 1'] as $sql) $seen[] = [$db->exec($sql), $db->lastInsertId()];
        foreach (["INSERT INTO counters (name, n) VALUES ('a', 1)", 'SELECT oops(', 'SELECT * FROM no_such_table'] as $sql) $seen[] = errorOf(fn () => $db->exec($sql));
        return show([$seen, $db->getAttribute(PDO::ATTR_SERVER_VERSION)]);
    },
]);

package main

import (
	"bytes"
	"context"
	"crypto/tls"
	"database/sql"
	"errors"
	"fmt"
	"net"
	"runtime/debug"
	"time"

	"github.com/go-sql-driver/mysql"
)

var ctx = context.Background()

func config(change func(*mysql.Config)) *mysql.Config {
	c := mysql.NewConfig()
	c.Net = "tcp"
	c.Addr = net.JoinHostPort(env("DB_HOST"), env("DB_PORT"))
	c.User = env("DB_USER")
	c.Passwd = env("DB_PASSWORD")
	c.DBName = env("DB_NAME")
	c.Timeout = 10 * time.Second
	c.MultiStatements = true
	if change != nil {
		change(c)
	}
	return c
}

func pool(change func(*mysql.Config)) (*sql.DB, error) {
	connector, err := mysql.NewConnector(config(change))
	if err != nil {
		return nil, err
	}
	return sql.OpenDB(connector), nil
}

func errorText(err error) string {
	var known *mysql.MySQLError
	if errors.As(err, &known) {
		return fmt.Sprintf("%d %s %s", known.Number, known.SQLState[:], known.Message)
	}
	return fmt.Sprintf("%T %v", err, err)
}

// connected gives the scenario a connection of its own and a pool for a second one.
func connected(work func(*sql.Conn, *sql.DB) (string, error)) func() (string, error) {
	return func() (string, error) {
		db, err := pool(nil)
		if err != nil {
			return "", err
		}
		defer db.Close()
		conn, err := db.Conn(ctx)
		if err != nil {
			return "", err
		}
		defer conn.Close()
		return work(conn, db)
	}
}

func login(encrypted bool, change func(*mysql.Config)) func() (string, error) {
	return func() (string, error) {
		db, err := pool(func(c *mysql.Config) {
			if encrypted {
				c.TLSConfig = "unverified"
			}
			if change != nil {
				change(c)
			}
		})
		if err != nil {
			return "", err
		}
		defer db.Close()
		conn, err := db.Conn(ctx)
		if err != nil {
			return "", err
		}
		defer conn.Close()
		var name, cipher, user string
		if err := conn.QueryRowContext(ctx, "SHOW STATUS LIKE 'Ssl_cipher'").Scan(&name, &cipher); err != nil {
			return "", err
		}
		if (cipher != "") != encrypted {
			return "", fmt.Errorf("Ssl_cipher is '%s'", cipher)
		}
		err = conn.QueryRowContext(ctx, "SELECT CURRENT_USER()").Scan(&user)
		return fmt.Sprintf("%s %v", user, encrypted), err
	}
}

func refused(change func(*mysql.Config)) func() (string, error) {
	return func() (string, error) {
		db, err := pool(change)
		if err != nil {
			return "", err
		}
		defer db.Close()
		if err = db.Ping(); err == nil {
			return "", errors.New("no error came")
		}
		return errorText(err), nil
	}
}

// rows reads all of a result as text and bytes, as the driver gives them.
func readRows(rows *sql.Rows) ([][]any, error) {
	columns, err := rows.Columns()
	if err != nil {
		return nil, err
	}
	all := [][]any{}
	for rows.Next() {
		values := make([]any, len(columns))
		places := make([]any, len(columns))
		for i := range values {
			places[i] = &values[i]
		}
		if err := rows.Scan(places...); err != nil {
			return nil, err
		}
		for i, value := range values {
			if raw, isBytes := value.([]byte); isBytes {
				values[i] = fmt.Sprintf("%q", raw)
			} else {
				values[i] = fmt.Sprintf("%T %v", value, value)
			}
		}
		all = append(all, values)
	}
	return all, rows.Err()
}

type querier interface {
	QueryContext(context.Context, string, ...any) (*sql.Rows, error)
}

func query(from querier, statement string, values ...any) ([][]any, error) {
	rows, err := from.QueryContext(ctx, statement, values...)
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	return readRows(rows)
}

func unicode(conn *sql.Conn, _ *sql.DB) (string, error) {
	result, err := conn.ExecContext(ctx, "INSERT INTO texts (body) VALUES (?)", text)
	if err != nil {
		return "", err
	}
	first, _ := result.LastInsertId()
	literal := string(bytes.ReplaceAll(bytes.ReplaceAll([]byte(text), []byte(`\`), []byte(`\\`)), []byte(`'`), []byte(`''`)))
	if _, err = conn.ExecContext(ctx, "INSERT INTO texts (body) VALUES ('"+literal+"')"); err != nil {
		return "", err
	}
	rows, err := conn.QueryContext(ctx, "SELECT body, CHAR_LENGTH(body) FROM texts WHERE id >= ? ORDER BY id", first)
	if err != nil {
		return "", err
	}
	defer rows.Close()
	count, length := 0, 0
	for rows.Next() {
		var body string
		if err := rows.Scan(&body, &length); err != nil {
			return "", err
		}
		if body != text || length != len([]rune(text)) {
			return "", fmt.Errorf("%s (%d) instead of %s", body, length, text)
		}
		count++
	}
	return fmt.Sprintf("%d %d %s", count, length, text), rows.Err()
}

func binaryBytes(conn *sql.Conn, _ *sql.DB) (string, error) {
	if _, err := conn.ExecContext(ctx, "INSERT INTO bytes VALUES (1, ?)", allBytes()); err != nil {
		return "", err
	}
	var back []byte
	if err := conn.QueryRowContext(ctx, "SELECT body FROM bytes WHERE id = 1").Scan(&back); err != nil {
		return "", err
	}
	if !bytes.Equal(back, allBytes()) {
		return "", fmt.Errorf("%x", back)
	}
	return fmt.Sprintf("%x", back), nil
}

func types(conn *sql.Conn, _ *sql.DB) (string, error) {
	values := []any{-128, uint8(255), -32768, -8388608, -2147483648, uint32(4294967295), int64(-9223372036854775808), uint64(18446744073709551615),
		"-12345678901234567890.0123456789", float32(-1.5), 1e100, "2024-02-29", "-123:59:58.654321",
		time.Date(2024, 2, 29, 23, 59, 58, 123456000, time.UTC), time.Date(2001, 9, 9, 1, 46, 40, 500000000, time.UTC), 2155, "ten", "Größe 漢字 😀",
		[]byte{0, 0xff, 0x0a, 0x27}, []byte{0, 0xff, 0xfe, 0x5c, 0x27, 0x22, 0x0d, 0x0a, 0x1a}, []byte{0xff, 0xd8, 0xff, 0xe0, 0, 0x10, 0x4a, 0x46},
		`it's \ a "text"`, "größer", "x,z", `{"a": [1, null, "ä"]}`, 2730, nil}
	marks := bytes.Repeat([]byte(", ?"), len(values))
	if _, err := conn.ExecContext(ctx, "INSERT INTO every_type VALUES (2"+string(marks)+")", values...); err != nil {
		return "", err
	}
	var same int
	if err := conn.QueryRowContext(ctx, "SELECT same FROM types_equal WHERE id = 2").Scan(&same); err != nil || same != 1 {
		return "", fmt.Errorf("what was written does not equal the literals: %d %v", same, err)
	}
	prepared, err := query(conn, "SELECT * FROM every_type WHERE id = ?", 1)
	if err != nil {
		return "", err
	}
	rows, err := conn.QueryContext(ctx, "SELECT * FROM every_type WHERE id = 1")
	if err != nil {
		return "", err
	}
	defer rows.Close()
	columns := []string{}
	kinds, err := rows.ColumnTypes()
	if err != nil {
		return "", err
	}
	for _, kind := range kinds {
		nullable, _ := kind.Nullable()
		precision, scale, _ := kind.DecimalSize()
		columns = append(columns, fmt.Sprintf("%s %s %v %d %d", kind.Name(), kind.DatabaseTypeName(), nullable, precision, scale))
	}
	plain, err := readRows(rows)
	return show([]any{prepared, plain, columns}), err
}

func prepared(conn *sql.Conn, _ *sql.DB) (string, error) {
	insert, err := conn.PrepareContext(ctx, "INSERT INTO prepared VALUES (?, ?, ?)")
	if err != nil {
		return "", err
	}
	name := func(i int) any {
		if i%3 == 0 {
			return nil
		}
		return fmt.Sprintf("name %d", i)
	}
	for i := 1; i <= 100; i++ {
		if _, err = insert.ExecContext(ctx, i, name(i), float64(i)/4); err != nil {
			return "", err
		}
	}
	if err = insert.Close(); err != nil {
		return "", err
	}
	for i := 1; i <= 100; i++ {
		statement, err := conn.PrepareContext(ctx, fmt.Sprintf("SELECT name, %d FROM prepared WHERE id = ?", i))
		if err != nil {
			return "", err
		}
		var got sql.NullString
		var number int
		if err = statement.QueryRowContext(ctx, i).Scan(&got, &number); err != nil {
			return "", err
		}
		if number != i || got.Valid != (i%3 != 0) || (got.Valid && got.String != name(i)) {
			return "", fmt.Errorf("row %d: %v %d", i, got, number)
		}
		if err = statement.Close(); err != nil {
			return "", err
		}
	}
	rows, err := query(conn, "SELECT SUM(amount) FROM prepared")
	return show(rows), err
}

func transaction(conn *sql.Conn, db *sql.DB) (string, error) {
	balance := func(from interface {
		QueryRowContext(context.Context, string, ...any) *sql.Row
	}) (n int) {
		_ = from.QueryRowContext(ctx, "SELECT balance FROM balances WHERE id = 1").Scan(&n)
		return n
	}
	tx, err := conn.BeginTx(ctx, nil)
	if err != nil {
		return "", err
	}
	if _, err = tx.Exec("UPDATE balances SET balance = balance - 10 WHERE id = ?", 1); err != nil {
		return "", err
	}
	if seen := balance(db); seen != 100 {
		return "", fmt.Errorf("another sees %d before commit", seen)
	}
	if err = tx.Rollback(); err != nil {
		return "", err
	}
	if seen := balance(conn); seen != 100 {
		return "", fmt.Errorf("%d after rollback", seen)
	}
	if tx, err = conn.BeginTx(ctx, &sql.TxOptions{Isolation: sql.LevelSerializable}); err != nil {
		return "", err
	}
	if _, err = tx.Exec("UPDATE balances SET balance = balance - 10 WHERE id = ?", 1); err != nil {
		return "", err
	}
	if _, err = tx.Exec("UPDATE balances SET balance = balance + 10 WHERE id = 2"); err != nil {
		return "", err
	}
	if err = tx.Commit(); err != nil {
		return "", err
	}
	readOnly, err := conn.BeginTx(ctx, &sql.TxOptions{ReadOnly: true})
	if err != nil {
		return "", err
	}
	_, err = readOnly.Exec("UPDATE balances SET balance = 0")
	_ = readOnly.Rollback()
	rows, problem := query(db, "SELECT * FROM balances ORDER BY id")
	return show(rows) + errorText(err), problem
}

func multiResults(conn *sql.Conn, _ *sql.DB) (string, error) {
	all := []any{}
	for _, statement := range []string{"SELECT 1 AS a; DO 0; SELECT 'x' AS b, 2 AS c", "CALL two_results()", "SELECT 1; SELECT nothing_such; SELECT 2"} {
		rows, err := conn.QueryContext(ctx, statement)
		if err != nil {
			return "", err
		}
		for {
			some, err := readRows(rows)
			if err != nil {
				return "", err
			}
			all = append(all, some)
			if !rows.NextResultSet() {
				break
			}
		}
		if err = rows.Err(); err != nil {
			all = append(all, errorText(err))
		}
		rows.Close()
	}
	after, err := query(conn, "SELECT 5")
	return show([]any{all, after}), err
}

func blob(conn *sql.Conn, _ *sql.DB) (string, error) {
	sent := largeBlob()
	if _, err := conn.ExecContext(ctx, "INSERT INTO bytes VALUES (20, ?)", sent); err != nil {
		return "", err
	}
	var sum string
	var back []byte
	if err := conn.QueryRowContext(ctx, "SELECT MD5(body), body FROM bytes WHERE id = ?", 20).Scan(&sum, &back); err != nil {
		return "", err
	}
	if sum != checksum(sent) || !bytes.Equal(back, sent) {
		return "", fmt.Errorf("server's checksum %s, what came back %s, sent %s", sum, checksum(back), checksum(sent))
	}
	return fmt.Sprint(len(back)), nil
}

func localInfile(conn *sql.Conn, _ *sql.DB) (string, error) {
	mysql.RegisterLocalFile(env("DB_INFILE"))
	result, err := conn.ExecContext(ctx, "LOAD DATA LOCAL INFILE '"+env("DB_INFILE")+"' INTO TABLE loaded CHARACTER SET utf8mb4")
	if err != nil {
		return "", err
	}
	count, _ := result.RowsAffected()
	rows, err := query(conn, "SELECT * FROM loaded WHERE id = 1000")
	if err != nil {
		return "", err
	}
	return fmt.Sprintf("%d %s", count, show(rows)), nil
}

func cursor(conn *sql.Conn, _ *sql.DB) (string, error) {
	rows, err := conn.QueryContext(ctx, "SELECT id, name FROM numbers WHERE id > ? ORDER BY id", 0)
	if err != nil {
		return "", err
	}
	defer rows.Close()
	sum, id, name := 0, 0, ""
	for rows.Next() {
		if err := rows.Scan(&id, &name); err != nil {
			return "", err
		}
		sum += id
	}
	return fmt.Sprint(sum), rows.Err()
}

func killQuery(conn *sql.Conn, db *sql.DB) (string, error) {
	var id int64
	if err := conn.QueryRowContext(ctx, "SELECT CONNECTION_ID()").Scan(&id); err != nil {
		return "", err
	}
	failed := make(chan error, 1)
	go func() {
		time.Sleep(300 * time.Millisecond)
		_, err := db.Exec(fmt.Sprintf("KILL QUERY %d", id))
		failed <- err
	}()
	_, err := query(conn, "SELECT id FROM numbers WHERE SLEEP(20) = 0")
	if problem := <-failed; problem != nil {
		return "", problem
	}
	if err == nil {
		return "", errors.New("no error came")
	}
	after, problem := query(conn, "SELECT 1")
	return fmt.Sprintf("%s; then %s", errorText(err), show(after)), problem
}

func reconnect(conn *sql.Conn, db *sql.DB) (string, error) {
	db.SetMaxIdleConns(2)
	var before, after int64
	if err := conn.QueryRowContext(ctx, "SELECT CONNECTION_ID()").Scan(&before); err != nil {
		return "", err
	}
	if _, err := db.Exec(fmt.Sprintf("KILL %d", before)); err != nil {
		return "", err
	}
	time.Sleep(300 * time.Millisecond) // the end of the connection comes a moment after the answer to KILL
	_, err := query(conn, "SELECT 1")
	lost := err != nil
	conn.Close()
	// The pool must not give the dead connection to anybody.
	problem := db.QueryRow("SELECT CONNECTION_ID()").Scan(&after)
	return fmt.Sprintf("%v %v", lost, before != after), problem
}

// cancelled is felt by the server as a connection that goes in the middle of a statement.
func cancelled(conn *sql.Conn, db *sql.DB) (string, error) {
	// The driver's answer to a cancelled context is to close the connection; the next one comes from the pool.
	soon, cancel := context.WithTimeout(ctx, 300*time.Millisecond)
	defer cancel()
	_, err := conn.QueryContext(soon, "SELECT SLEEP(20)")
	rows, problem := query(db, "SELECT 1")
	return fmt.Sprintf("%v %s", errors.Is(err, context.DeadlineExceeded), show(rows)), problem
}

func results(conn *sql.Conn, _ *sql.DB) (string, error) {
	seen := []any{}
	for _, statement := range []string{
		"INSERT INTO counters (name, n) VALUES ('a', 1), ('b', 1)",
		"INSERT INTO counters (name, n) VALUES ('a', 1) ON DUPLICATE KEY UPDATE n = n + 1",
		"UPDATE counters SET n = 1",
	} {
		result, err := conn.ExecContext(ctx, statement)
		if err != nil {
			return "", err
		}
		affected, _ := result.RowsAffected()
		id, _ := result.LastInsertId()
		seen = append(seen, []int64{affected, id})
	}
	for _, statement := range []string{"INSERT INTO counters (name, n) VALUES ('a', 1)", "SELECT oops(", "SELECT * FROM no_such_table"} {
		_, err := conn.ExecContext(ctx, statement)
		seen = append(seen, errorText(err))
	}
	if _, err := query(conn, "SELECT 1 + 'x'"); err != nil {
		return "", err
	}
	warnings, err := query(conn, "SHOW WARNINGS")
	return show(append(seen, warnings)), err
}

func main() {
	_ = mysql.RegisterTLSConfig("unverified", &tls.Config{InsecureSkipVerify: true})
	version := "go-sql-driver/mysql"
	if info, ok := debug.ReadBuildInfo(); ok {
		for _, module := range info.Deps {
			if module.Path == "github.com/go-sql-driver/mysql" {
				version += " " + module.Version
			}
		}
	}
	user := func(name string) func(*mysql.Config) { return func(c *mysql.Config) { c.User = env(name) } }
	runScenarios(version, scenarios{
		"login":            login(false, nil),
		"login-tls":        login(true, nil),
		"login-native":     login(false, user("DB_USER_NATIVE")),
		"login-sha256":     login(true, user("DB_USER_SHA256")),
		"login-ed25519":    login(false, user("DB_USER_ED25519")),
		"wrong-password":   refused(func(c *mysql.Config) { c.Passwd = "wrong" }),
		"unknown-database": refused(func(c *mysql.Config) { c.DBName += "_none" }),
		"unicode":          connected(unicode),
		"binary":           connected(binaryBytes),
		"types":            connected(types),
		"prepared":         connected(prepared),
		"transaction":      connected(transaction),
		"multi-results":    connected(multiResults),
		"large-blob":       connected(blob),
		"local-infile":     connected(localInfile),
		"cursor":           connected(cursor),
		"kill-query":       connected(killQuery),
		"reconnect":        connected(reconnect),
		"cancel":           connected(cancelled),
		"results":          connected(results),
	}, map[string]string{"reset": "the driver has neither change user nor reset connection"})
}

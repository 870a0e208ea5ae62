mod harness;
use harness::*;
use mysql_async::prelude::*;
use mysql_async::{params, ChangeUserOpts, Conn, Error, OptsBuilder, Params, Row, SslOpts, TxOpts, Value};
use std::time::Duration;

fn options() -> OptsBuilder {
    OptsBuilder::default()
        .ip_or_hostname(env("DB_HOST"))
        .tcp_port(port())
        .user(Some(env("DB_USER")))
        .pass(Some(env("DB_PASSWORD")))
        .db_name(Some(env("DB_NAME")))
        .prefer_socket(false)
        .max_allowed_packet(Some(64 << 20))
}

fn tls(options: OptsBuilder) -> OptsBuilder {
    options.ssl_opts(SslOpts::default().with_danger_accept_invalid_certs(true).with_danger_skip_domain_validation(true))
}

async fn open() -> Result<Conn, Error> {
    Conn::new(options()).await
}

fn error_text(error: &Error) -> String {
    match error {
        Error::Server(inner) => format!("{} {} {}", inner.code, inner.state, inner.message),
        other => format!("{other}"),
    }
}

fn show(row: Row) -> String {
    format!("{:?}", row.unwrap())
}

async fn login(options: OptsBuilder, encrypted: bool) -> Outcome {
    let mut conn = Conn::new(options).await?;
    let (_, cipher): (String, String) = conn.query_first("SHOW STATUS LIKE 'Ssl_cipher'").await?.ok_or("no row")?;
    same(!cipher.is_empty(), encrypted, "Ssl_cipher is set")?;
    let user: String = conn.query_first("SELECT CURRENT_USER()").await?.ok_or("no row")?;
    conn.disconnect().await?;
    Ok(user)
}

async fn refused(options: OptsBuilder) -> Outcome {
    match Conn::new(options).await {
        Ok(_) => Err("no error came".into()),
        Err(error) => Ok(error_text(&error)),
    }
}

async fn unicode() -> Outcome {
    let mut conn = open().await?;
    conn.exec_drop("INSERT INTO texts (body) VALUES (?)", (TEXT,)).await?;
    conn.query_drop(format!("INSERT INTO texts (body) VALUES ('{}')", TEXT.replace('\\', "\\\\").replace('\'', "''"))).await?;
    let rows: Vec<(String, usize)> = conn.query("SELECT body, CHAR_LENGTH(body) FROM texts ORDER BY id").await?;
    for (body, length) in &rows {
        same(body.as_str(), TEXT, "text")?;
        same(*length, TEXT.chars().count(), "length")?;
    }
    Ok(format!("{rows:?}"))
}

async fn binary() -> Outcome {
    let mut conn = open().await?;
    conn.exec_drop("INSERT INTO bytes VALUES (1, ?)", (all_bytes(),)).await?;
    let back: Vec<u8> = conn.exec_first("SELECT body FROM bytes WHERE id = ?", (1,)).await?.ok_or("no row")?;
    same(back, all_bytes(), "bytes")?;
    Ok(conn.query_first::<String, _>("SELECT HEX(body) FROM bytes WHERE id = 1").await?.ok_or("no row")?)
}

async fn types() -> Outcome {
    let mut conn = open().await?;
    let values: Vec<Value> = vec![
        (-128).into(), 255.into(), (-32768).into(), (-8388608).into(), i32::MIN.into(), u32::MAX.into(), i64::MIN.into(), u64::MAX.into(),
        "-12345678901234567890.0123456789".into(), (-1.5f32).into(), 1e100f64.into(), Value::Date(2024, 2, 29, 0, 0, 0, 0),
        Value::Time(true, 5, 3, 59, 58, 654321), Value::Date(2024, 2, 29, 23, 59, 58, 123456), Value::Date(2001, 9, 9, 1, 46, 40, 500000), 2155.into(),
        "ten".into(), "Größe 漢字 😀".into(), vec![0u8, 0xff, 0x0a, 0x27].into(), vec![0u8, 0xff, 0xfe, 0x5c, 0x27, 0x22, 0x0d, 0x0a, 0x1a].into(),
        vec![0xffu8, 0xd8, 0xff, 0xe0, 0, 0x10, 0x4a, 0x46].into(), "it's \\ a \"text\"".into(), "größer".into(), "x,z".into(),
        "{\"a\": [1, null, \"ä\"]}".into(), 2730.into(), Value::NULL,
    ];
    let marks = ", ?".repeat(values.len());
    conn.exec_drop(format!("INSERT INTO every_type VALUES (2{marks})"), Params::Positional(values)).await?;
    let equal: u8 = conn.query_first("SELECT same FROM types_equal WHERE id = 2").await?.ok_or("no row")?;
    same(equal, 1, "what was written equals the literals")?;
    let prepared: Row = conn.exec_first("SELECT * FROM every_type WHERE id = ?", (1,)).await?.ok_or("no row")?;
    let columns: Vec<String> = prepared.columns_ref().iter().map(|c| format!("{} {:?} {:?} {}", c.name_str(), c.column_type(), c.flags(), c.column_length())).collect();
    let text: Row = conn.query_first("SELECT * FROM every_type WHERE id = 1").await?.ok_or("no row")?;
    Ok(format!("{} {} {columns:?}", show(prepared), show(text)))
}

async fn prepared() -> Outcome {
    let mut conn = open().await?;
    let insert = conn.prep("INSERT INTO prepared VALUES (:id, :name, :amount)").await?;
    let name = |i: i32| if i % 3 == 0 { None } else { Some(format!("name {i}")) };
    conn.exec_batch(&insert, (1..=100).map(|i| params! { "id" => i, "name" => name(i), "amount" => f64::from(i) / 4.0 })).await?;
    conn.close(insert).await?;
    for i in 1..=100 {
        let row: (Option<String>, i32) = conn.exec_first(format!("SELECT name, {i} FROM prepared WHERE id = ?"), (i,)).await?.ok_or("no row")?;
        same(row, (name(i), i), "row")?;
    }
    Ok(conn.query_first::<String, _>("SELECT SUM(amount) FROM prepared").await?.ok_or("no row")?)
}

async fn transaction() -> Outcome {
    let mut conn = open().await?;
    let mut other = open().await?;
    let mut tx = conn.start_transaction(TxOpts::default()).await?;
    tx.query_drop("UPDATE balances SET balance = balance - 10 WHERE id = 1").await?;
    let seen: i32 = other.query_first("SELECT balance FROM balances WHERE id = 1").await?.ok_or("no row")?;
    same(seen, 100, "seen by another before commit")?;
    tx.rollback().await?;
    let mut tx = conn.start_transaction(TxOpts::default()).await?;
    tx.exec_drop("UPDATE balances SET balance = balance - 10 WHERE id = ?", (1,)).await?;
    tx.query_drop("UPDATE balances SET balance = balance + 10 WHERE id = 2").await?;
    tx.commit().await?;
    let mut tx = conn.start_transaction(TxOpts::new().with_readonly(Some(true)).clone()).await?;
    let error = tx.query_drop("UPDATE balances SET balance = 0").await.err().ok_or("no error came")?;
    tx.rollback().await?;
    let rows: Vec<(i32, i32)> = other.query("SELECT * FROM balances ORDER BY id").await?;
    Ok(format!("{rows:?} {}", error_text(&error)))
}

async fn multi_results() -> Outcome {
    let mut conn = open().await?;
    let mut seen = Vec::new();
    for sql in ["SELECT 1 AS a; DO 0; SELECT 'x' AS b, 2 AS c", "CALL two_results()"] {
        let mut result = conn.query_iter(sql).await?;
        while !result.is_empty() || result.columns().is_some() {
            let rows: Vec<Row> = result.collect().await?;
            seen.push(rows.into_iter().map(show).collect::<Vec<_>>());
            if result.is_empty() {
                break;
            }
        }
        result.drop_result().await?;
    }
    let after: i32 = conn.query_first("SELECT 5").await?.ok_or("no row")?;
    Ok(format!("{seen:?} {after}"))
}

async fn blob() -> Outcome {
    let mut conn = open().await?;
    let sent = large_blob();
    conn.exec_drop("INSERT INTO bytes VALUES (20, ?)", (sent.clone(),)).await?;
    let back: Vec<u8> = conn.exec_first("SELECT body FROM bytes WHERE id = ?", (20,)).await?.ok_or("no row")?;
    if back != sent {
        return Err("what came back is not what was sent".into());
    }
    Ok(conn.query_first::<String, _>("SELECT MD5(body) FROM bytes WHERE id = 20").await?.ok_or("no row")?)
}

async fn local_infile() -> Outcome {
    let mut conn = Conn::new(options()).await?;
    let content = std::fs::read(env("DB_INFILE"))?;
    conn.set_infile_handler(async move {
        Ok::<_, Error>(Box::pin(futures_util::stream::once(async move { Ok(content.into()) })) as _)
    });
    conn.query_drop("LOAD DATA LOCAL INFILE 'any' INTO TABLE loaded CHARACTER SET utf8mb4").await?;
    let affected = conn.affected_rows();
    let row: Row = conn.query_first("SELECT * FROM loaded WHERE id = 1000").await?.ok_or("no row")?;
    Ok(format!("{affected} {}", show(row)))
}

async fn cursor() -> Outcome {
    use futures_util::StreamExt;
    let mut conn = open().await?;
    let mut stream = conn.exec_stream::<(i64, String), _, _>("SELECT id, name FROM numbers WHERE id > ? ORDER BY id", (0,)).await?;
    let mut sum = 0;
    while let Some(row) = stream.next().await {
        sum += row?.0;
    }
    Ok(sum.to_string())
}

async fn reset() -> Outcome {
    let mut conn = open().await?;
    conn.query_drop("SET @mine = 1, sql_mode = 'ANSI_QUOTES'").await?;
    let other = ChangeUserOpts::new()
        .with_user(Some(env("DB_USER_NATIVE")))
        .with_pass(Some(env("DB_PASSWORD")))
        .with_db_name(Some(env("DB_NAME")));
    conn.change_user(other).await?;
    let first: Row = conn.query_first("SELECT @mine, CURRENT_USER(), DATABASE(), @@sql_mode").await?.ok_or("no row")?;
    conn.query_drop("SET @mine = 1").await?;
    let done = conn.reset().await?;
    let second: Row = conn.query_first("SELECT @mine, DATABASE()").await?.ok_or("no row")?;
    Ok(format!("{} {done} {}", show(first), show(second)))
}

async fn kill_query() -> Outcome {
    let mut conn = open().await?;
    let mut other = open().await?;
    let id = conn.id();
    let killer = tokio::spawn(async move {
        tokio::time::sleep(Duration::from_millis(300)).await;
        other.query_drop(format!("KILL QUERY {id}")).await
    });
    let error = conn.query_drop("SELECT id FROM numbers WHERE SLEEP(20) = 0").await.err().ok_or("no error came")?;
    killer.await??;
    let after: i32 = conn.query_first("SELECT 1").await?.ok_or("no row")?;
    Ok(format!("{}; then {after}", error_text(&error)))
}

async fn reconnect() -> Outcome {
    let pool = mysql_async::Pool::new(options());
    let mut conn = pool.get_conn().await?;
    let before: u64 = conn.query_first("SELECT CONNECTION_ID()").await?.ok_or("no row")?;
    open().await?.query_drop(format!("KILL {before}")).await?;
    // The end of the connection comes a moment after the answer to KILL.
    tokio::time::sleep(Duration::from_millis(300)).await;
    let lost = conn.query_drop("SELECT 1").await.is_err();
    drop(conn);
    let mut conn = pool.get_conn().await?;
    let after: u64 = conn.query_first("SELECT CONNECTION_ID()").await?.ok_or("no row")?;
    drop(conn);
    pool.disconnect().await?;
    Ok(format!("{lost} {}", before != after))
}

async fn results() -> Outcome {
    let mut conn = open().await?;
    let mut seen = Vec::new();
    for sql in ["INSERT INTO counters (name, n) VALUES ('a', 1), ('b', 1)", "UPDATE counters SET n = 1"] {
        conn.query_drop(sql).await?;
        seen.push(format!("{} {:?} {} {}", conn.affected_rows(), conn.last_insert_id(), conn.info(), conn.get_warnings()));
    }
    for sql in ["INSERT INTO counters (name, n) VALUES ('a', 1)", "SELECT oops(", "SELECT * FROM no_such_table"] {
        let error = conn.query_drop(sql).await.err().ok_or("no error came")?;
        seen.push(error_text(&error));
    }
    Ok(format!("{seen:?} {:?}", conn.server_version()))
}

#[tokio::main]
async fn main() {
    println!("version mysql_async 0.37.1");
    scenario("login", login(options(), false)).await;
    scenario("login-tls", login(tls(options()), true)).await;
    scenario("login-native", login(options().user(Some(env("DB_USER_NATIVE"))), false)).await;
    scenario("login-sha256", login(tls(options().user(Some(env("DB_USER_SHA256")))), true)).await;
    scenario("login-ed25519", login(options().user(Some(env("DB_USER_ED25519"))), false)).await;
    scenario("wrong-password", refused(options().pass(Some("wrong")))).await;
    scenario("unknown-database", refused(options().db_name(Some(env("DB_NAME") + "_none")))).await;
    scenario("unicode", unicode()).await;
    scenario("binary", binary()).await;
    scenario("types", types()).await;
    scenario("prepared", prepared()).await;
    scenario("transaction", transaction()).await;
    scenario("multi-results", multi_results()).await;
    scenario("large-blob", blob()).await;
    scenario("local-infile", local_infile()).await;
    scenario("cursor", cursor()).await;
    scenario("reset", reset()).await;
    scenario("kill-query", kill_query()).await;
    scenario("reconnect", reconnect()).await;
    scenario("results", results()).await;
    for name in ["cancel", "orm", "tool"] {
        skip(name, "not a thing of this client");
    }
}

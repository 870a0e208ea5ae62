mod harness;
use futures_util::TryStreamExt;
use harness::*;
use sqlx::mysql::{MySqlConnectOptions, MySqlConnection, MySqlPoolOptions, MySqlSslMode};
use sqlx::{Column, ConnectOptions, Connection, Executor, Row, TypeInfo};
use std::time::Duration;

fn options() -> MySqlConnectOptions {
    MySqlConnectOptions::new()
        .host(&env("DB_HOST"))
        .port(port())
        .username(&env("DB_USER"))
        .password(&env("DB_PASSWORD"))
        .database(&env("DB_NAME"))
        .ssl_mode(MySqlSslMode::Disabled)
        .charset("utf8mb4")
}

fn tls(options: MySqlConnectOptions) -> MySqlConnectOptions {
    options.ssl_mode(MySqlSslMode::Required)
}

async fn open() -> Result<MySqlConnection, sqlx::Error> {
    options().connect().await
}

fn error_text(error: &sqlx::Error) -> String {
    match error {
        sqlx::Error::Database(inner) => {
            let number = inner.try_downcast_ref::<sqlx::mysql::MySqlDatabaseError>().map(|known| known.number());
            format!("{number:?} {:?} {}", inner.code(), inner.message())
        }
        other => format!("{other}"),
    }
}

async fn login(options: MySqlConnectOptions, encrypted: bool) -> Outcome {
    let mut conn = options.connect().await?;
    let row = sqlx::raw_sql("SHOW STATUS LIKE 'Ssl_cipher'").fetch_one(&mut conn).await?;
    same(!row.try_get::<String, _>(1)?.is_empty(), encrypted, "Ssl_cipher is set")?;
    let user: String = sqlx::query_scalar("SELECT CURRENT_USER()").fetch_one(&mut conn).await?;
    conn.close().await?;
    Ok(user)
}

async fn refused(options: MySqlConnectOptions) -> Outcome {
    match options.connect().await {
        Ok(_) => Err("no error came".into()),
        Err(error) => Ok(error_text(&error)),
    }
}

async fn unicode() -> Outcome {
    let mut conn = open().await?;
    sqlx::query("INSERT INTO texts (body) VALUES (?)").bind(TEXT).execute(&mut conn).await?;
    let literal = format!("INSERT INTO texts (body) VALUES ('{}')", TEXT.replace('\\', "\\\\").replace('\'', "''"));
    conn.execute(literal.as_str()).await?;
    let rows: Vec<(String, i64)> = sqlx::query_as("SELECT body, CHAR_LENGTH(body) FROM texts ORDER BY id").fetch_all(&mut conn).await?;
    for (body, length) in &rows {
        same(body.as_str(), TEXT, "text")?;
        same(*length as usize, TEXT.chars().count(), "length")?;
    }
    Ok(format!("{rows:?}"))
}

async fn binary() -> Outcome {
    let mut conn = open().await?;
    sqlx::query("INSERT INTO bytes VALUES (1, ?)").bind(all_bytes()).execute(&mut conn).await?;
    let back: Vec<u8> = sqlx::query_scalar("SELECT body FROM bytes WHERE id = 1").fetch_one(&mut conn).await?;
    same(back, all_bytes(), "bytes")?;
    Ok(sqlx::query_scalar("SELECT HEX(body) FROM bytes WHERE id = 1").fetch_one(&mut conn).await?)
}

async fn types() -> Outcome {
    let mut conn = open().await?;
    let described = conn.describe("SELECT * FROM every_type WHERE id = ?").await?;
    let columns: Vec<String> = described.columns().iter().map(|c| format!("{} {}", c.name(), c.type_info().name())).collect();
    let row = sqlx::query("SELECT * FROM every_type WHERE id = ?").bind(1).fetch_one(&mut conn).await?;
    let values: (i8, u8, i16, i32, i32, u32, i64, u64) = (
        row.try_get(1)?, row.try_get(2)?, row.try_get(3)?, row.try_get(4)?, row.try_get(5)?, row.try_get(6)?, row.try_get(7)?, row.try_get(8)?,
    );
    let others: (f32, f64, String, String, Vec<u8>, Vec<u8>, Option<i32>) = (
        row.try_get("c_float")?, row.try_get("c_double")?, row.try_get("c_varchar")?, row.try_get("c_enum")?, row.try_get("c_binary")?, row.try_get("c_blob")?, row.try_get("c_null")?,
    );
    Ok(format!("{values:?} {others:?} {columns:?}"))
}

async fn prepared() -> Outcome {
    let mut conn = open().await?;
    let name = |i: i32| if i % 3 == 0 { None } else { Some(format!("name {i}")) };
    for i in 1..=100 {
        sqlx::query("INSERT INTO prepared VALUES (?, ?, ?)").bind(i).bind(name(i)).bind(f64::from(i) / 4.0).execute(&mut conn).await?;
    }
    for i in 1..=100 {
        // More statements than the driver keeps open: it closes old ones.
        let row: (Option<String>, i64) = sqlx::query_as(&format!("SELECT name, {i} FROM prepared WHERE id = ?")).bind(i).fetch_one(&mut conn).await?;
        same(row, (name(i), i64::from(i)), "row")?;
    }
    let sum: f64 = sqlx::query_scalar("SELECT SUM(amount) FROM prepared").fetch_one(&mut conn).await?;
    Ok(sum.to_string())
}

async fn transaction() -> Outcome {
    let mut conn = open().await?;
    let mut other = open().await?;
    let mut tx = conn.begin().await?;
    sqlx::query("UPDATE balances SET balance = balance - 10 WHERE id = 1").execute(&mut *tx).await?;
    let seen: i32 = sqlx::query_scalar("SELECT balance FROM balances WHERE id = 1").fetch_one(&mut other).await?;
    same(seen, 100, "seen by another before commit")?;
    tx.rollback().await?;
    let mut tx = conn.begin().await?;
    sqlx::query("UPDATE balances SET balance = balance - 10 WHERE id = ?").bind(1).execute(&mut *tx).await?;
    sqlx::query("UPDATE balances SET balance = balance + 10 WHERE id = 2").execute(&mut *tx).await?;
    let mut savepoint = tx.begin().await?;
    sqlx::query("UPDATE balances SET balance = 0").execute(&mut *savepoint).await?;
    savepoint.rollback().await?;
    tx.commit().await?;
    let rows: Vec<(i32, i32)> = sqlx::query_as("SELECT * FROM balances ORDER BY id").fetch_all(&mut other).await?;
    Ok(format!("{rows:?}"))
}

async fn multi_results() -> Outcome {
    let mut conn = open().await?;
    let rows = sqlx::raw_sql("SELECT 1 AS a; DO 0; SELECT 'x' AS b, 2 AS c; CALL two_results()").fetch_all(&mut conn).await?;
    let sizes: Vec<usize> = rows.iter().map(|row| row.len()).collect();
    let after: i64 = sqlx::query_scalar("SELECT 5").fetch_one(&mut conn).await?;
    Ok(format!("{sizes:?} {after}"))
}

async fn blob() -> Outcome {
    let mut conn = open().await?;
    let sent = large_blob();
    sqlx::query("INSERT INTO bytes VALUES (20, ?)").bind(&sent).execute(&mut conn).await?;
    let back: Vec<u8> = sqlx::query_scalar("SELECT body FROM bytes WHERE id = ?").bind(20).fetch_one(&mut conn).await?;
    if back != sent {
        return Err("what came back is not what was sent".into());
    }
    Ok(sqlx::query_scalar("SELECT MD5(body) FROM bytes WHERE id = 20").fetch_one(&mut conn).await?)
}

async fn cursor() -> Outcome {
    let mut conn = open().await?;
    let mut rows = sqlx::query("SELECT id FROM numbers WHERE id > ? ORDER BY id").bind(0).fetch(&mut conn);
    let mut sum = 0;
    while let Some(row) = rows.try_next().await? {
        sum += i64::from(row.try_get::<i32, _>(0)?);
    }
    Ok(sum.to_string())
}

async fn kill_query() -> Outcome {
    let mut conn = open().await?;
    let mut other = open().await?;
    let id: u64 = sqlx::query_scalar("SELECT CONNECTION_ID()").fetch_one(&mut conn).await?;
    let killer = tokio::spawn(async move {
        tokio::time::sleep(Duration::from_millis(300)).await;
        other.execute(format!("KILL QUERY {id}").as_str()).await.map(|_| ())
    });
    let error = conn.execute("SELECT id FROM numbers WHERE SLEEP(20) = 0").await.err().ok_or("no error came")?;
    killer.await??;
    let after: i64 = sqlx::query_scalar("SELECT 1").fetch_one(&mut conn).await?;
    Ok(format!("{}; then {after}", error_text(&error)))
}

async fn reconnect() -> Outcome {
    let pool = MySqlPoolOptions::new().max_connections(1).connect_with(options()).await?;
    let before: u64 = sqlx::query_scalar("SELECT CONNECTION_ID()").fetch_one(&pool).await?;
    open().await?.execute(format!("KILL {before}").as_str()).await?;
    tokio::time::sleep(Duration::from_millis(300)).await;
    let after: u64 = sqlx::query_scalar("SELECT CONNECTION_ID()").fetch_one(&pool).await?;
    pool.close().await;
    Ok((before != after).to_string())
}

async fn results() -> Outcome {
    let mut conn = open().await?;
    let mut seen = Vec::new();
    for sql in ["INSERT INTO counters (name, n) VALUES ('a', 1), ('b', 1)", "UPDATE counters SET n = 1"] {
        let result = conn.execute(sql).await?;
        seen.push(format!("{} {}", result.rows_affected(), result.last_insert_id()));
    }
    for sql in ["INSERT INTO counters (name, n) VALUES ('a', 1)", "SELECT oops(", "SELECT * FROM no_such_table"] {
        let error = conn.execute(sql).await.err().ok_or("no error came")?;
        seen.push(error_text(&error));
    }
    Ok(format!("{seen:?}"))
}

#[tokio::main]
async fn main() {
    println!("version sqlx 0.8.6");
    scenario("login", login(options(), false)).await;
    scenario("login-tls", login(tls(options()), true)).await;
    scenario("login-native", login(options().username(&env("DB_USER_NATIVE")), false)).await;
    scenario("login-sha256", login(tls(options().username(&env("DB_USER_SHA256"))), true)).await;
    scenario("login-ed25519", login(options().username(&env("DB_USER_ED25519")), false)).await;
    scenario("wrong-password", refused(options().password("wrong"))).await;
    scenario("unknown-database", refused(options().database(&(env("DB_NAME") + "_none")))).await;
    scenario("unicode", unicode()).await;
    scenario("binary", binary()).await;
    scenario("types", types()).await;
    scenario("prepared", prepared()).await;
    scenario("transaction", transaction()).await;
    scenario("multi-results", multi_results()).await;
    scenario("large-blob", blob()).await;
    skip("local-infile", "the driver has none");
    scenario("cursor", cursor()).await;
    skip("reset", "the driver has neither change user nor reset connection");
    scenario("kill-query", kill_query()).await;
    scenario("reconnect", reconnect()).await;
    scenario("results", results()).await;
    for name in ["cancel", "orm", "tool"] {
        skip(name, "not a thing of this client");
    }
}

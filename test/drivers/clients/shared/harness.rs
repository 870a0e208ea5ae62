// What the Rust programs of the matrix share: constants, checks and the lines that are printed.
use std::future::Future;
use std::time::Duration;

pub const TEXT: &str = "Größe 漢字 😀 עברית e\u{301} ' \" \\ % end";
pub const LARGE_BYTES: usize = 20 * 1024 * 1024;
pub type Outcome = Result<String, Box<dyn std::error::Error + Send + Sync>>;

pub fn env(name: &str) -> String {
    std::env::var(name).unwrap_or_default()
}

pub fn port() -> u16 {
    env("DB_PORT").parse().unwrap_or(3306)
}

pub fn all_bytes() -> Vec<u8> {
    (0..=255).collect()
}

pub fn large_blob() -> Vec<u8> {
    (0..LARGE_BYTES as u32)
        .step_by(4)
        .flat_map(|i| (i.wrapping_mul(2654435761) ^ (i >> 3)).to_le_bytes())
        .collect()
}

pub fn same<T: PartialEq + std::fmt::Debug>(actual: T, expected: T, what: &str) -> Result<(), String> {
    if actual == expected {
        Ok(())
    } else {
        Err(format!("{what}: {actual:.200?} instead of {expected:.200?}"))
    }
}

pub fn wanted(name: &str) -> bool {
    env("SCENARIOS").split(',').any(|one| one == name)
}

pub fn skip(name: &str, reason: &str) {
    if wanted(name) {
        println!("skip {name}: {reason}");
    }
}

pub async fn scenario<F: Future<Output = Outcome>>(name: &str, work: F) {
    if !wanted(name) {
        return;
    }
    let line = match tokio::time::timeout(Duration::from_secs(40), work).await {
        Ok(Ok(detail)) => format!("ok {name}: {detail}"),
        Ok(Err(error)) => format!("not ok {name}: {error}"),
        Err(_) => format!("not ok {name}: no end in 40 s"),
    };
    println!("{}", line.split_whitespace().collect::<Vec<_>>().join(" "));
}

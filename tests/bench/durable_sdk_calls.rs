//! The yardstick of durable steps: the AWS SDK alone, and after each call one commit of one row to SQLite, with the
//! same guarantee (WAL, `synchronous=FULL`) on the same disk.

use std::path::Path;

use aws_sdk_lambda::Client;
use rusqlite::Connection;

use crate::{Failure, sdk_calls};

/// A table of rows of one size.
pub(crate) struct Rows {
    connection: Connection,
    row: String,
}

impl Rows {
    /// An empty table in this folder, for rows of `bytes` bytes.
    pub(crate) fn create(folder: &Path, bytes: usize) -> Result<Self, Failure> {
        let connection = Connection::open(folder.join("yardstick.db"))?;
        connection.pragma_update(None, "journal_mode", "WAL")?;
        connection.pragma_update(None, "synchronous", "FULL")?;
        connection.execute_batch("CREATE TABLE rows (number INTEGER PRIMARY KEY, body TEXT NOT NULL)")?;
        Ok(Self { connection, row: "x".repeat(bytes) })
    }

    /// Writes a row; it is durable when this returns.
    fn commit(&self) -> Result<(), Failure> {
        self.connection.prepare_cached("INSERT INTO rows (body) VALUES (?1)")?.execute([&self.row])?;
        Ok(())
    }

    /// `count` calls one after the other, each with a row.
    pub(crate) async fn chain(&self, client: &Client, count: usize) -> Result<(), Failure> {
        for _ in 0..count {
            sdk_calls::call(client, "instant").await?;
            self.commit()?;
        }
        Ok(())
    }
}

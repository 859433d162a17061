//! The database file: its folder, settings and migrations.

use std::fs::DirBuilder;
use std::io;
use std::os::unix::fs::DirBuilderExt;
use std::path::{Path, PathBuf};

use rusqlite::config::DbConfig;
use rusqlite::ffi::SQLITE_IOERR_SHMSIZE;
use rusqlite::{Connection, ErrorCode, OpenFlags, TransactionBehavior};
use rustix::fs::Access;

use crate::clock;
use crate::limits::{JOURNAL_AGAIN, JOURNAL_BUSY, JOURNAL_STATEMENTS};
use crate::store::StoreError;

/// The file name in the folder.
pub(super) const NAME: &str = "journal.db";

/// The application id of the database: `rnwr`.
const APPLICATION: i32 = 0x726e_7772;

/// The migrations from each version to the next, in order. None is ever changed.
pub(super) const MIGRATIONS: [&str; 7] = [
    include_str!("migrations/0001.sql"),
    include_str!("migrations/0002.sql"),
    include_str!("migrations/0003.sql"),
    include_str!("migrations/0004.sql"),
    include_str!("migrations/0005.sql"),
    include_str!("migrations/0006.sql"),
    include_str!("migrations/0007.sql"),
];

/// An open journal.
pub(super) struct Opened {
    pub(super) reader: Connection,
    /// Why it is read-only; `None` when it is writable.
    pub(super) unwritable: Option<StoreError>,
}

/// Creates the folder and its parents, accessible by the owner alone.
pub(super) fn make_folder(folder: &Path) -> Result<(), StoreError> {
    if folder.is_dir() {
        return Ok(());
    }
    DirBuilder::new()
        .recursive(true)
        .mode(0o700)
        .create(folder)
        .map_err(|error| unusable(folder, &folder.join(NAME), &error))
}

/// Maps an error of the system on the path of a journal or its folder.
fn unusable(path: &Path, file: &Path, error: &io::Error) -> StoreError {
    let file = file.to_owned();
    match error.kind() {
        io::ErrorKind::PermissionDenied => StoreError::Permission { path: path.to_owned() },
        io::ErrorKind::NotADirectory | io::ErrorKind::AlreadyExists => {
            let in_the_way = path.ancestors().find(|path| path.exists() && !path.is_dir());
            StoreError::NotAFolder { folder: in_the_way.unwrap_or(path).to_owned() }
        }
        io::ErrorKind::IsADirectory => StoreError::Foreign { file },
        io::ErrorKind::ReadOnlyFilesystem => StoreError::ReadOnly { file },
        io::ErrorKind::StorageFull | io::ErrorKind::QuotaExceeded => StoreError::Full { file },
        _ => StoreError::Other { file, why: error.to_string() },
    }
}

/// Whether the folder has a journal.
pub(super) fn is_there(folder: &Path) -> Result<bool, StoreError> {
    if folder.exists() && !folder.is_dir() {
        return Err(StoreError::NotAFolder { folder: folder.to_owned() });
    }
    let file = folder.join(NAME);
    match file.metadata() {
        Ok(metadata) => Ok(metadata.is_dir() || metadata.len() > 0),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(false),
        Err(error) => Err(unusable(&file, &file, &error)),
    }
}

/// Opens the journal, creates it when it is new, and migrates it to the newest version. Opens it for reading where it
/// cannot be written.
pub(super) fn open(file: &Path) -> Result<Opened, StoreError> {
    if file.is_dir() {
        return Err(StoreError::Foreign { file: file.to_owned() });
    }
    if !file.exists() {
        make(file)?;
    }
    fix_modes(file);
    let prepared = connect(file).and_then(|mut connection| {
        if connection.is_readonly("main").map_err(|error| store_error(file, &error))? {
            return Err(StoreError::ReadOnly { file: file.to_owned() });
        }
        migrate(file, &mut connection)?;
        connection.pragma_update(None, "query_only", true).map_err(|error| store_error(file, &error))?;
        Ok(connection)
    });
    match prepared {
        Ok(reader) => Ok(Opened { reader, unwritable: None }),
        // The existing content can still be read.
        Err(unwritable) if is_about_writing(&unwritable) => {
            tracing::debug!(error = %unwritable, "the journal is opened for reading");
            open_for_reading(file, unwritable.clone())
                .map_err(|error| if is_about_writing(&error) { unwritable } else { error })
        }
        Err(error) => Err(error),
    }
}

/// Whether the error concerns writing only, not the stored content.
fn is_about_writing(error: &StoreError) -> bool {
    matches!(error, StoreError::ReadOnly { .. } | StoreError::Full { .. } | StoreError::Disk { .. })
}

/// Creates an empty file for the owner alone. Only SQLite ever opens it under its name: closing it by other means would
/// free the locks that SQLite has on it in this process.
fn make(file: &Path) -> Result<(), StoreError> {
    let folder = file.parent().unwrap_or(Path::new("."));
    let made = tempfile::Builder::new().prefix(".journal").tempfile_in(folder);
    let made = made.map_err(|error| unusable(file, file, &error))?;
    match made.into_temp_path().persist_noclobber(file) {
        Ok(()) => Ok(()),
        // Another process created it first.
        Err(error) if error.error.kind() == io::ErrorKind::AlreadyExists => Ok(()),
        Err(error) => Err(unusable(file, file, &error.error)),
    }
}

/// Gives the files beside the journal its mode. They are created with the mode that it has at that time, and a user who
/// makes a read-only journal writable again may forget them.
fn fix_modes(file: &Path) {
    let Ok(journal) = file.metadata() else { return };
    for ending in ["-wal", "-shm"] {
        let beside = companion(file, ending);
        let differs = std::fs::metadata(&beside).is_ok_and(|found| found.permissions() != journal.permissions());
        if differs && let Err(error) = std::fs::set_permissions(&beside, journal.permissions()) {
            tracing::debug!(%error, "a file beside the journal has another mode");
        }
    }
}

/// Opens the journal without writing anything. `unwritable` is why it cannot be written.
pub(super) fn open_for_reading(file: &Path, unwritable: StoreError) -> Result<Opened, StoreError> {
    let flags = OpenFlags::SQLITE_OPEN_READ_ONLY | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    let ordinary = identified(Connection::open_with_flags(file, flags));
    let (identity, reader) = match ordinary {
        Ok(opened) => opened,
        // The file that readers share with writers, `-shm`, cannot be created or grow: then no process writes either.
        Err(error) if is_about_writing(&store_error(file, &error)) => {
            let alone = if holds_all(file) { unchanging(file, flags) } else { undivided(file) };
            identified(alone).map_err(|error| store_error(file, &error))?
        }
        Err(error) => return Err(store_error(file, &error)),
    };
    let version = identity.known(file)?;
    reader.busy_timeout(JOURNAL_BUSY).map_err(|error| store_error(file, &error))?;
    if usize::try_from(version).unwrap_or(0) < MIGRATIONS.len() {
        return Err(unwritable);
    }
    Ok(Opened { reader, unwritable: Some(unwritable) })
}

fn identified(opened: rusqlite::Result<Connection>) -> rusqlite::Result<(Identity, Connection)> {
    let connection = opened?;
    Ok((Identity::of(&connection)?, connection))
}

/// Whether the database file is complete without the write-ahead log.
fn holds_all(file: &Path) -> bool {
    companion(file, "-wal")
        .metadata()
        .map_or_else(|error| error.kind() == io::ErrorKind::NotFound, |log| log.len() == 0)
}

fn companion(file: &Path, ending: &str) -> PathBuf {
    let mut name = file.as_os_str().to_owned();
    name.push(ending);
    name.into()
}

/// Reads the file as immutable.
fn unchanging(file: &Path, flags: OpenFlags) -> rusqlite::Result<Connection> {
    let path = file.to_string_lossy().replace('%', "%25").replace('?', "%3f").replace('#', "%23");
    Connection::open_with_flags(format!("file:{path}?immutable=1"), flags | OpenFlags::SQLITE_OPEN_URI)
}

/// Reads the file and its write-ahead log in exclusive mode, which needs no `-shm`.
fn undivided(file: &Path) -> rusqlite::Result<Connection> {
    let flags = OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    let connection = Connection::open_with_flags(file, flags)?;
    connection.pragma_update(None, "locking_mode", "EXCLUSIVE")?;
    connection.pragma_update(None, "query_only", true)?;
    Ok(connection)
}

/// Opens a connection with the settings common to all.
pub(super) fn connect(file: &Path) -> Result<Connection, StoreError> {
    let flags = OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    let set = || {
        let connection = Connection::open_with_flags(file, flags)?;
        connection.busy_timeout(JOURNAL_BUSY)?;
        connection.set_prepared_statement_cache_capacity(JOURNAL_STATEMENTS);
        // Otherwise SQLite prepares some statements again for each bound value.
        connection.set_db_config(DbConfig::SQLITE_DBCONFIG_ENABLE_QPSG, true)?;
        connection.pragma_update(None, "foreign_keys", true)?;
        connection.pragma_update(None, "synchronous", "FULL")?;
        Ok(connection)
    };
    set().map_err(|error| store_error(file, &error))
}

/// The header of a database.
struct Identity {
    version: u32,
    application: i32,
    tables: u32,
}

impl Identity {
    /// Reads it in one transaction: another process may be creating the journal.
    fn of(connection: &Connection) -> rusqlite::Result<Self> {
        let moment = connection.unchecked_transaction()?;
        let version = version(&moment)?;
        let application = moment.pragma_query_value(None, "application_id", |row| row.get(0))?;
        let tables = moment.query_row("SELECT count(*) FROM sqlite_schema", [], |row| row.get(0))?;
        Ok(Self { version, application, tables })
    }

    /// Refuses another kind of database, and one of a newer version. Returns the version.
    fn known(self, file: &Path) -> Result<u32, StoreError> {
        let Self { version, application, tables } = self;
        if application != APPLICATION && (application != 0 || version != 0 || tables != 0) {
            return Err(StoreError::Foreign { file: file.to_owned() });
        }
        let known = u32::try_from(MIGRATIONS.len()).unwrap_or(u32::MAX);
        if version > known {
            return Err(StoreError::Newer { file: file.to_owned(), found: version, known });
        }
        Ok(version)
    }
}

fn version(connection: &Connection) -> rusqlite::Result<u32> {
    connection.pragma_query_value(None, "user_version", |row| row.get(0))
}

/// Migrates the database to the newest version. SQLite rejects some of several processes that create one at the same
/// time, without the usual wait; they retry.
fn migrate(file: &Path, connection: &mut Connection) -> Result<(), StoreError> {
    let begun = clock::origin();
    loop {
        match migrate_now(file, connection) {
            Err(StoreError::Busy { .. }) if begun.elapsed() < JOURNAL_BUSY => std::thread::sleep(JOURNAL_AGAIN),
            done => return done,
        }
    }
}

/// Runs each migration in a transaction of its own.
fn migrate_now(file: &Path, connection: &mut Connection) -> Result<(), StoreError> {
    let failed = |error: &rusqlite::Error| store_error(file, error);
    let found = Identity::of(connection).map_err(|error| failed(&error))?.known(file)?;
    if found == 0 {
        // Returns the space of pruned executions to the disk. Only an empty database accepts the setting.
        connection.pragma_update(None, "auto_vacuum", "INCREMENTAL").map_err(|error| failed(&error))?;
    }
    if usize::try_from(found).unwrap_or(usize::MAX) < MIGRATIONS.len() {
        let mode: String = connection
            .pragma_update_and_check(None, "journal_mode", "WAL", |row| row.get(0))
            .map_err(|error| failed(&error))?;
        if mode != "wal" {
            let why = format!("its file system has no write-ahead log for SQLite (mode {mode})");
            return Err(StoreError::Other { file: file.to_owned(), why });
        }
    }
    for (step, sql) in (1_u32..).zip(MIGRATIONS) {
        if found >= step {
            continue;
        }
        let transaction =
            connection.transaction_with_behavior(TransactionBehavior::Immediate).map_err(|error| failed(&error))?;
        // Another process may have migrated it first.
        let now = version(&transaction).map_err(|error| failed(&error))?;
        if now < step {
            let migrated = transaction
                .execute_batch(sql)
                .and_then(|()| transaction.pragma_update(None, "application_id", APPLICATION))
                .and_then(|()| transaction.pragma_update(None, "user_version", step));
            migrated.map_err(|error| failed(&error))?;
        }
        transaction.commit().map_err(|error| failed(&error))?;
    }
    Ok(())
}

/// Maps an error of SQLite.
pub(super) fn store_error(file: &Path, error: &rusqlite::Error) -> StoreError {
    let file: PathBuf = file.to_owned();
    let why = error.to_string();
    let rusqlite::Error::SqliteFailure(failure, _) = error else { return StoreError::Other { file, why } };
    match failure.code {
        ErrorCode::DiskFull => StoreError::Full { file },
        // The shared memory file cannot grow.
        ErrorCode::SystemIoFailure if failure.extended_code == SQLITE_IOERR_SHMSIZE => StoreError::Full { file },
        ErrorCode::SystemIoFailure => StoreError::Disk { file, why },
        ErrorCode::ReadOnly => StoreError::ReadOnly { file },
        ErrorCode::DatabaseCorrupt => StoreError::Corrupt { file, why },
        ErrorCode::NotADatabase => StoreError::Foreign { file },
        ErrorCode::DatabaseBusy | ErrorCode::DatabaseLocked => {
            StoreError::Busy { file, seconds: JOURNAL_BUSY.as_secs() }
        }
        ErrorCode::PermissionDenied | ErrorCode::AuthorizationForStatementDenied => {
            StoreError::Permission { path: file }
        }
        ErrorCode::CannotOpen => cannot_open(file, why),
        _ => StoreError::Other { file, why },
    }
}

/// Finds the path that SQLite cannot open, and why. Does not open anything: see [`make`].
fn cannot_open(file: PathBuf, why: String) -> StoreError {
    let kind =
        |path: &Path, access| rustix::fs::access(path, access).map_err(|error| io::Error::from(error).kind()).err();
    if kind(&file, Access::READ_OK) == Some(io::ErrorKind::PermissionDenied) {
        return StoreError::Permission { path: file };
    }
    // SQLite creates the files beside the journal there.
    let folder = file.parent().unwrap_or(Path::new("."));
    match kind(folder, Access::WRITE_OK) {
        Some(io::ErrorKind::PermissionDenied | io::ErrorKind::ReadOnlyFilesystem) => StoreError::ReadOnly { file },
        Some(_) | None => StoreError::Other { file, why },
    }
}

#[cfg(test)]
mod tests;

//! Finds the user at the other end of a loopback connection.
//!
//! TCP has no `SO_PEERCRED`. Linux lists every socket with its user in `/proc/net/tcp` and `/proc/net/tcp6`; the peer's
//! socket is the one whose two addresses are those of the connection, the other way round.

use std::fs::File;
use std::io::{BufRead, BufReader, ErrorKind, Read as _};
use std::net::{IpAddr, SocketAddr};

use tokio::net::TcpStream;

use crate::limits;

/// The other end of a connection.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Peer {
    /// A process of the same user, or of root.
    Trusted,
    /// A process of another user, or one that has closed its socket already: it cannot be distinguished.
    Stranger {
        /// The user, while the socket exists.
        user: Option<u32>,
    },
    /// This system does not provide it.
    Unknown,
}

/// Finds the owner of the other end. Reads the system's list of sockets, so call it once per connection.
pub(super) async fn identify(stream: &TcpStream) -> Peer {
    if !cfg!(target_os = "linux") {
        return Peer::Unknown;
    }
    let (Ok(here), Ok(there)) = (stream.local_addr(), stream.peer_addr()) else {
        return Peer::Stranger { user: None };
    };
    // A large table takes milliseconds, which other tasks of this thread should not wait for.
    let found = tokio::task::spawn_blocking(move || find_owner(there, here)).await;
    match found {
        Ok(Ok(owner)) => classify(owner, rustix::process::geteuid().as_raw()),
        // Without `/proc` the owner is unknown, as on other systems. Another user cannot cause that.
        Ok(Err(_)) => Peer::Unknown,
        // This program is ending.
        Err(_) => Peer::Stranger { user: None },
    }
}

fn classify(owner: Option<u32>, own: u32) -> Peer {
    match owner {
        Some(user) if user == own || user == 0 => Peer::Trusted,
        user => Peer::Stranger { user },
    }
}

/// The user of the socket that is bound to `local` and connected to `remote`.
fn find_owner(local: SocketAddr, remote: SocketAddr) -> std::io::Result<Option<u32>> {
    let tables = [
        ("/proc/net/tcp", hexadecimal(local, AddressFamily::V4), hexadecimal(remote, AddressFamily::V4)),
        // A client with an IPv6 socket reaches an IPv4 address as a mapped one.
        ("/proc/net/tcp6", hexadecimal(local, AddressFamily::V6), hexadecimal(remote, AddressFamily::V6)),
    ];
    // A table is read page by page while it changes: a socket can be missed once, hardly three times.
    for _ in 0..limits::SOCKET_TABLE_READS {
        for (path, local, remote) in &tables {
            let (Some(local), Some(remote)) = (local, remote) else { continue };
            let table = match File::open(path) {
                Ok(table) => BufReader::new(table.take(limits::SOCKET_TABLE_BYTES)),
                // A system without IPv6.
                Err(error) if error.kind() == ErrorKind::NotFound && path.ends_with('6') => continue,
                Err(error) => return Err(error),
            };
            match search(table, local, remote)? {
                Entry::Owned(user) => return Ok(Some(user)),
                Entry::Closed => return Ok(None),
                Entry::Absent => {}
            }
        }
    }
    Ok(None)
}

/// The entry of a socket in a table.
#[derive(Debug, PartialEq, Eq)]
enum Entry {
    Owned(u32),
    /// Its process has closed it. The table then names root, whatever the owner was.
    Closed,
    Absent,
}

/// Looks for a socket in the text of a table.
fn search(mut table: impl BufRead, local: &str, remote: &str) -> std::io::Result<Entry> {
    let mut line = String::new();
    while table.by_ref().take(limits::SOCKET_LINE_BYTES).read_line(&mut line)? > 0 {
        let mut fields = line.split_ascii_whitespace();
        // Number, local and remote address; then state, queues, timer, retransmits, user, timeout, inode.
        if fields.nth(1) == Some(local) && fields.next() == Some(remote) {
            let user = fields.nth(4).and_then(|user| user.parse().ok());
            let inode = fields.nth(1).and_then(|inode| inode.parse::<u64>().ok());
            return Ok(match (user, inode) {
                (Some(user), Some(1..)) => Entry::Owned(user),
                _ => Entry::Closed,
            });
        }
        line.clear();
    }
    Ok(Entry::Absent)
}

#[derive(Clone, Copy)]
enum AddressFamily {
    V4,
    V6,
}

/// An address in the format of the tables: each 32-bit word as a number in this machine's byte order. `None` for an
/// address that the family cannot hold.
fn hexadecimal(address: SocketAddr, family: AddressFamily) -> Option<String> {
    let octets = match (family, address.ip().to_canonical()) {
        (AddressFamily::V4, IpAddr::V4(ip)) => ip.octets().to_vec(),
        (AddressFamily::V4, IpAddr::V6(_)) => return None,
        (AddressFamily::V6, IpAddr::V4(ip)) => ip.to_ipv6_mapped().octets().to_vec(),
        (AddressFamily::V6, IpAddr::V6(ip)) => ip.octets().to_vec(),
    };
    let (words, _) = octets.as_chunks::<4>();
    let mut text = String::new();
    for word in words {
        text.push_str(&format!("{:08X}", u32::from_ne_bytes(*word)));
    }
    Some(format!("{text}:{:04X}", address.port()))
}

#[cfg(test)]
mod tests;

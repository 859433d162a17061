//! TCP keep-alive is enabled for silent connections, as the kernel reports it.

use std::io::{BufReader, Write as _};
use std::net::{Ipv4Addr, SocketAddr, TcpListener};

use super::{situation, stub};

/// The kernel's timer of a socket: kind (2: keep-alive) and remaining hundredths of a second.
fn timer(local: SocketAddr, remote: SocketAddr) -> (u8, u32) {
    let written = |address: SocketAddr| {
        let SocketAddr::V4(address) = address else { panic!("{address}") };
        format!("{:08X}:{:04X}", u32::from_le_bytes(Ipv4Addr::octets(address.ip())), address.port())
    };
    let table = std::fs::read_to_string("/proc/net/tcp").unwrap();
    let fields: Vec<&str> = table
        .lines()
        .map(|line| line.split_whitespace().collect::<Vec<_>>())
        .find(|fields| fields[1] == written(local) && fields[2] == written(remote))
        .unwrap();
    let (kind, left) = fields[5].split_once(':').unwrap();
    (u8::from_str_radix(kind, 16).unwrap(), u32::from_str_radix(left, 16).unwrap())
}

/// The kernel's timer of the client socket while a call waits at this address.
fn waiting_timer(scheme: &str) -> (u8, u32) {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("{scheme}://{}", listener.local_addr().unwrap());
    let situation = situation();
    let child = situation.start(&["run", "book.yaml", "-q", "--endpoint-url", &url]);
    let (mut stream, client) = listener.accept().unwrap();
    if scheme == "http" {
        stub::read(&mut BufReader::new(&stream)).unwrap().unwrap();
    } else {
        // The first byte of a handshake: the socket is configured.
        std::io::Read::read_exact(&mut stream, &mut [0]).unwrap();
    }
    let server = stream.local_addr().unwrap();
    // The kernel acknowledges data within 200 ms; until then the retransmission timer runs.
    let found = (0..10_000_000).map(|_| timer(client, server)).find(|(kind, _)| *kind != 1).unwrap();
    let reply = if scheme == "http" { "HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\n{}" } else { "no TLS" };
    stream.write_all(reply.as_bytes()).unwrap();
    drop(stream);
    situation.end(child);
    found
}

#[test]
#[cfg(target_os = "linux")]
fn tcp_keep_alive_is_enabled_for_waiting_calls() {
    for scheme in ["http", "https"] {
        let (kind, left) = waiting_timer(scheme);
        assert!(kind == 2 && (5_000..=6_000).contains(&left), "{scheme}: timer {kind} with {left} left");
    }
}

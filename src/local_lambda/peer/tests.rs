//! Parsing of the socket tables of Linux.

use super::{AddressFamily, Entry, Peer, classify, hexadecimal, search};

/// A table of a little-endian machine.
const TABLE: &str = "\
  sl  local_address rem_address   st tx_queue rx_queue tr tm->when retrnsmt   uid  timeout inode
   0: 0100007F:C350 00000000:0000 0A 00000000:00000000 00:00000000 00000000  1000        0 41 1 0000000000000000 100 0
   1: 0100007F:9C40 0100007F:C350 01 00000000:00000000 00:00000000 00000000 65534        0 42 1 0000000000000000 20 4
   2: 0100007F:C350 0100007F:9C40 01 00000000:00000000 00:00000000 00000000  1000        0 43 1 0000000000000000 20 4
   3: 0100007F:9C41 0100007F:C350 06 00000000:00000000 03:00000F9F 00000000     0        0 0 3 0000000000000000
   4: 0100007F:9C42
";

#[test]
fn socket_is_found_by_local_and_remote_address() {
    let server = "0100007F:C350";
    let found = ["0100007F:9C40", "0100007F:9C41", "0100007F:9C42", "0100007F:9C43"]
        .map(|client| search(TABLE.as_bytes(), client, server).unwrap());
    // Linux reports root as the owner of a socket in TIME_WAIT.
    assert_eq!(found, [Entry::Owned(65534), Entry::Closed, Entry::Absent, Entry::Absent]);
}

#[test]
fn addresses_are_formatted_like_proc_net_tcp() {
    let hexadecimal = |text: &str, family| hexadecimal(text.parse().unwrap(), family);
    let swapped = |word: u32| format!("{:08X}", u32::from_ne_bytes(word.to_be_bytes()));
    let loopback = swapped(0x7F00_0001);
    let mapped = format!("{}{}{}{loopback}", swapped(0), swapped(0), swapped(0xFFFF));
    let zeros = "00000000".repeat(3);
    assert_eq!(
        [
            hexadecimal("127.0.0.1:50000", AddressFamily::V4),
            hexadecimal("127.0.0.1:50000", AddressFamily::V6),
            hexadecimal("[::ffff:127.0.0.1]:80", AddressFamily::V4),
            hexadecimal("[::1]:80", AddressFamily::V6),
            hexadecimal("[::1]:80", AddressFamily::V4),
        ],
        [
            Some(format!("{loopback}:C350")),
            Some(format!("{mapped}:C350")),
            Some(format!("{loopback}:0050")),
            Some(format!("{zeros}{}:0050", swapped(1))),
            None,
        ]
    );
}

#[test]
fn only_own_user_and_root_are_trusted() {
    let owners = [(Some(1000), 1000), (Some(0), 1000), (Some(0), 0), (Some(1000), 0), (Some(1001), 1000), (None, 0)];
    assert_eq!(
        owners.map(|(owner, own)| classify(owner, own)),
        [
            Peer::Trusted,
            Peer::Trusted,
            Peer::Trusted,
            Peer::Stranger { user: Some(1000) },
            Peer::Stranger { user: Some(1001) },
            Peer::Stranger { user: None },
        ]
    );
}

#[cfg(target_os = "linux")]
#[tokio::test]
async fn connection_of_this_process_is_recognized() {
    use tokio::net::{TcpListener, TcpSocket, TcpStream};
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    let plain = TcpStream::connect(address).await.unwrap();
    let first = super::identify(&listener.accept().await.unwrap().0).await;
    drop(plain);
    let mapped = format!("[::ffff:127.0.0.1]:{}", address.port()).parse().unwrap();
    let second = match TcpSocket::new_v6() {
        Ok(socket) => {
            let _mapped = socket.connect(mapped).await.unwrap();
            super::identify(&listener.accept().await.unwrap().0).await
        }
        // This machine has no IPv6.
        Err(_) => Peer::Trusted,
    };
    let gone = TcpStream::connect(address).await.unwrap();
    let (accepted, _) = listener.accept().await.unwrap();
    drop(gone);
    let third = super::identify(&accepted).await;
    assert_eq!((first, second, third), (Peer::Trusted, Peer::Trusted, Peer::Stranger { user: None }));
}

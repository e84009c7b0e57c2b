//! As much of an HTTP/1.1 client as the demo needs: one request after the other over one connection.

use std::io::{self, BufRead as _, BufReader, ErrorKind, Read as _, Write as _};
use std::net::{SocketAddr, TcpStream};
use std::time::Duration;

/// One connection.
#[derive(Debug)]
pub(super) struct Client(BufReader<TcpStream>);

impl Client {
    pub(super) fn connect(address: SocketAddr) -> io::Result<Self> {
        let stream = TcpStream::connect(address)?;
        stream.set_nodelay(true)?;
        stream.set_read_timeout(Some(Duration::from_secs(10)))?;
        Ok(Self(BufReader::new(stream)))
    }

    /// Sends one request, reads the whole answer and gives its status.
    pub(super) fn ask(&mut self, method: &str, path: &str, body: &[u8]) -> io::Result<u16> {
        let length = body.len();
        let mut request =
            format!("{method} {path} HTTP/1.1\r\nHost: kv\r\nContent-Length: {length}\r\n\r\n").into_bytes();
        request.extend_from_slice(body);
        self.0.get_mut().write_all(&request)?;
        let status = self.line()?;
        let status = status.split(' ').nth(1).and_then(|status| status.parse().ok());
        let status = status.ok_or_else(|| io::Error::new(ErrorKind::InvalidData, "not an HTTP answer"))?;
        let mut left = 0;
        loop {
            let line = self.line()?.to_ascii_lowercase();
            if line.is_empty() {
                break;
            }
            if let Some(length) = line.strip_prefix("content-length:") {
                left =
                    length.trim().parse().map_err(|error| io::Error::new(ErrorKind::InvalidData, error))?;
            }
        }
        io::copy(&mut self.0.by_ref().take(left), &mut io::sink())?;
        Ok(status)
    }

    fn line(&mut self) -> io::Result<String> {
        let mut line = String::new();
        if self.0.read_line(&mut line)? == 0 {
            return Err(ErrorKind::UnexpectedEof.into());
        }
        Ok(line.trim_end().to_owned())
    }
}

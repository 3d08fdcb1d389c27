//! A client that shares no code with the server: it sends what it is told and reads answers byte by byte.

use std::io::{Read, Write};
use std::net::TcpStream;
use std::time::Duration;

use swarmgate_workload::RunningWorkload;

pub struct Client<S> {
    pub stream: S,
}

#[derive(Debug, PartialEq, Eq)]
pub struct Answer {
    pub status: u16,
    pub head: String,
    pub body: Vec<u8>,
    /// Bytes on the wire.
    pub size: u64,
}

impl Answer {
    pub fn text(&self) -> &str {
        std::str::from_utf8(&self.body).unwrap()
    }

    pub fn json(&self) -> serde_json::Value {
        serde_json::from_slice(&self.body).unwrap_or_else(|error| panic!("{error}: {}", self.text()))
    }

    pub fn header(&self, name: &str) -> Option<&str> {
        self.head.lines().filter_map(|line| line.split_once(": ")).find(|(found, _)| *found == name).map(|(_, v)| v)
    }
}

impl Client<TcpStream> {
    pub fn connect(workload: &RunningWorkload) -> Self {
        let stream = TcpStream::connect(workload.addr()).unwrap();
        stream.set_read_timeout(Some(Duration::from_secs(10))).unwrap();
        stream.set_nodelay(true).unwrap();
        Self { stream }
    }
}

impl<S: Read + Write> Client<S> {
    pub fn send(&mut self, bytes: &str) {
        self.stream.write_all(bytes.as_bytes()).unwrap();
    }

    pub fn get(&mut self, path: &str) -> Answer {
        self.send(&get(path));
        self.answer()
    }

    pub fn post(&mut self, path: &str, headers: &str, body: &str) -> Answer {
        let length = body.len();
        self.send(&format!("POST {path} HTTP/1.1\r\nHost: h\r\n{headers}Content-Length: {length}\r\n\r\n{body}"));
        self.answer()
    }

    pub fn answer(&mut self) -> Answer {
        let mut answer = self.head();
        if let Some(length) = answer.header("Content-Length") {
            answer.body = self.exactly(length.parse().unwrap());
            answer.size += answer.body.len() as u64;
        } else if answer.header("Transfer-Encoding") == Some("chunked") {
            self.chunks(&mut answer);
        }
        answer
    }

    /// An answer without its body, as to a HEAD request.
    pub fn head(&mut self) -> Answer {
        let mut head = String::new();
        loop {
            let line = self.line();
            head.push_str(&line);
            if line == "\r\n" {
                break;
            }
        }
        let status = head.strip_prefix("HTTP/1.1 ").and_then(|rest| rest.get(..3)).and_then(|code| code.parse().ok());
        let size = head.len() as u64;
        Answer { status: status.unwrap_or_else(|| panic!("no status: {head:?}")), head, body: Vec::new(), size }
    }

    fn chunks(&mut self, answer: &mut Answer) {
        loop {
            let line = self.line();
            let length = usize::from_str_radix(line.trim_end(), 16).unwrap();
            let chunk = self.exactly(length);
            assert_eq!(self.line(), "\r\n", "a chunk ends its line");
            answer.size += (line.len() + length + 2) as u64;
            answer.body.extend(chunk);
            if length == 0 {
                return;
            }
        }
    }

    fn line(&mut self) -> String {
        let mut line = Vec::new();
        while !line.ends_with(b"\r\n") {
            line.extend(self.exactly(1));
        }
        String::from_utf8(line).unwrap()
    }

    fn exactly(&mut self, length: usize) -> Vec<u8> {
        let mut bytes = vec![0; length];
        self.stream.read_exact(&mut bytes).unwrap();
        bytes
    }

    /// All bytes up to the end of the stream.
    pub fn rest(&mut self) -> Vec<u8> {
        let mut bytes = Vec::new();
        self.stream.read_to_end(&mut bytes).unwrap();
        bytes
    }
}

pub fn get(path: &str) -> String {
    format!("GET {path} HTTP/1.1\r\nHost: h\r\n\r\n")
}

//! What kind of failure an exception of Python is.

use swarmgate_domain::{ErrorKey, ErrorKind};

/// A longer text of a failure is cut off.
const LONGEST: usize = 300;

/// How a failure is counted: its text is Locust's own.
pub fn key(class: &str, text: &str, status: u16) -> ErrorKey {
    let short = text.char_indices().nth(LONGEST).map_or(text.len(), |(at, _)| at);
    ErrorKey { kind: kind(class, text, status), detail: text[..short].to_owned() }
}

fn kind(class: &str, text: &str, status: u16) -> ErrorKind {
    let says = |words: &[&str]| words.iter().any(|word| text.contains(word));
    match class {
        "CatchResponseError" | "ResponseError" | "AssertionError" if status >= 400 => ErrorKind::Status,
        "CatchResponseError" | "ResponseError" | "AssertionError" => ErrorKind::CheckFailed,
        "TooManyRedirects" | "RetriesExceeded" => ErrorKind::Redirect,
        "SSLError" | "SSLCertVerificationError" | "SSLEOFError" | "CertificateError" => ErrorKind::Tls,
        "gaierror" | "NameResolutionError" => ErrorKind::Dns,
        "ConnectionRefusedError" => ErrorKind::Refused,
        "ConnectionResetError" | "ConnectionAbortedError" | "BrokenPipeError" | "RemoteDisconnected" => {
            ErrorKind::Reset
        }
        "HTTPError" | "BadStatusCode" if status >= 400 => ErrorKind::Status,
        _ if class.contains("Timeout") || class == "timeout" => ErrorKind::Timeout,
        // Their own errors are of general classes, and the reason is in the text.
        _ if says(&["Errno 24]", "Errno 23]", "Errno 99]", "Errno 105]", "Errno 12]"]) => ErrorKind::Generator,
        _ if says(&["Connection refused", "No route to host", "Network is unreachable"]) => ErrorKind::Refused,
        _ if says(&["Name or service not known", "Temporary failure in name resolution", "getaddrinfo"]) => {
            ErrorKind::Dns
        }
        _ if says(&[
            "Connection reset",
            "Broken pipe",
            "Connection aborted",
            "without response",
            "closed connection",
        ]) =>
        {
            ErrorKind::Reset
        }
        _ if says(&["timed out"]) => ErrorKind::Timeout,
        _ if class.starts_with("HTTPParse") || class == "InvalidChunkLength" || class == "IncompleteRead" => {
            ErrorKind::BadResponse
        }
        _ if status >= 400 => ErrorKind::Status,
        _ => ErrorKind::CheckFailed,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    #[rustfmt::skip] // the columns are the point
    fn kinds() {
        let check = |class: &str, text: &str, status, expected| assert_eq!(kind(class, text, status), expected, "{class}: {text}");
        check("HTTPError",              "HTTPError('503 Server Error: Service Unavailable for url: /')",    503, ErrorKind::Status);
        check("CatchResponseError",     "CatchResponseError('not one of it')",                              200, ErrorKind::CheckFailed);
        check("CatchResponseError",     "CatchResponseError('gone')",                                       404, ErrorKind::Status);
        check("ConnectionRefusedError", "ConnectionRefusedError(111, 'Connection refused')",                  0, ErrorKind::Refused);
        check("NewConnectionError",     "NewConnectionError('Failed: [Errno 99] Cannot assign')",             0, ErrorKind::Generator);
        check("ReadTimeout",            "ReadTimeout(ReadTimeoutError(\"Read timed out. (read timeout=1)\"))", 0, ErrorKind::Timeout);
        check("RemoteDisconnected",     "RemoteDisconnected('Remote end closed connection without response')", 0, ErrorKind::Reset);
        check("gaierror",               "gaierror(-2, 'Name or service not known')",                          0, ErrorKind::Dns);
        check("ValueError",             "ValueError('mine')",                                               200, ErrorKind::CheckFailed);
        check("str",                    "failed",                                                             0, ErrorKind::CheckFailed);
    }

    #[test]
    fn long_texts_are_cut_between_letters() {
        assert_eq!(key("ValueError", &"ä".repeat(400), 0).detail.chars().count(), LONGEST);
    }
}

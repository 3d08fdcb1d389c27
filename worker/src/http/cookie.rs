//! A user's cookies: what of RFC 6265 a load test meets.
//!
//! Not here: the public suffix list (a test's servers are the tester's own), `SameSite` and `HttpOnly` (there are no scripts).

/// How many cookies a user keeps; the oldest goes first.
const MOST: usize = 64;
/// Longer ones are ignored, as browsers do.
const LONGEST: usize = 4096;

/// A `Set-Cookie` header, taken apart.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SetCookie {
    /// The cookie's name.
    pub name: String,
    /// Its value.
    pub value: String,
    domain: Option<String>,
    path: Option<String>,
    secure: bool,
    lasts: Lasts,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Lasts {
    Session,
    /// Seconds from when it was set.
    For(i64),
    /// Seconds since the Unix epoch.
    Until(i64),
}

impl SetCookie {
    /// Takes the header's value apart; `None` when it sets nothing.
    pub fn parse(header: &[u8]) -> Option<Self> {
        if header.len() > LONGEST {
            return None;
        }
        let text = String::from_utf8_lossy(header);
        let mut parts = text.split(';');
        let (name, value) = parts.next()?.split_once('=')?;
        let (name, value) = (name.trim(), value.trim());
        if name.is_empty() {
            return None;
        }
        let mut cookie = Self {
            name: name.to_owned(),
            value: value.to_owned(),
            domain: None,
            path: None,
            secure: false,
            lasts: Lasts::Session,
        };
        for part in parts {
            let (key, value) = part.split_once('=').unwrap_or((part, ""));
            let value = value.trim();
            match key.trim().to_ascii_lowercase().as_str() {
                "domain" => {
                    let domain = value.strip_prefix('.').unwrap_or(value).to_ascii_lowercase();
                    cookie.domain = (!domain.is_empty()).then_some(domain);
                }
                "path" => cookie.path = value.starts_with('/').then(|| value.to_owned()),
                "secure" => cookie.secure = true,
                "max-age" => {
                    if let Ok(seconds) = value.parse() {
                        cookie.lasts = Lasts::For(seconds);
                    }
                }
                // Max-Age has precedence, wherever it stands.
                "expires" if !matches!(cookie.lasts, Lasts::For(_)) => {
                    if let Some(until) = parse_date(value) {
                        cookie.lasts = Lasts::Until(until);
                    }
                }
                _ => {}
            }
        }
        Some(cookie)
    }
}

/// The cookies of one user.
#[derive(Clone, Debug, Default)]
pub struct Jar(Vec<Cookie>);

#[derive(Clone, Debug)]
struct Cookie {
    name: String,
    value: String,
    host: String,
    /// Whether it goes to hosts below `host` too.
    below: bool,
    path: String,
    secure: bool,
    /// Seconds since the Unix epoch.
    until: Option<i64>,
}

/// Where a request goes, as cookies see it.
#[derive(Clone, Copy, Debug)]
pub struct Place<'a> {
    /// In lower case.
    pub host: &'a str,
    /// With or without a query.
    pub path: &'a str,
    /// Whether TLS is spoken.
    pub https: bool,
    /// Milliseconds since the Unix epoch.
    pub unix_millis: u64,
}

impl Place<'_> {
    fn unix_seconds(&self) -> i64 {
        i64::try_from(self.unix_millis / 1_000).unwrap_or(i64::MAX)
    }

    fn path_only(&self) -> &str {
        self.path.split('?').next().unwrap_or("/")
    }
}

impl Jar {
    /// Whether no cookie was kept.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Forgets all cookies.
    pub fn clear(&mut self) {
        self.0.clear();
    }

    /// Keeps what an answer from `place` sets, or forgets what it takes back.
    pub fn set(&mut self, cookie: SetCookie, place: &Place<'_>) {
        let (host, below) = match cookie.domain {
            None => (place.host.to_owned(), false),
            Some(domain) if domain_matches(place.host, &domain) && (domain.contains('.') || domain == place.host) => {
                (domain, true)
            }
            // A server may not set cookies for others.
            Some(_) => return,
        };
        if cookie.secure && !place.https {
            return;
        }
        let path = cookie.path.unwrap_or_else(|| default_path(place.path_only()).to_owned());
        let now = place.unix_seconds();
        let until = match cookie.lasts {
            Lasts::Session => None,
            Lasts::For(seconds) => Some(now.saturating_add(seconds)),
            Lasts::Until(until) => Some(until),
        };
        self.0.retain(|c| !(c.name == cookie.name && c.host == host && c.path == path));
        if until.is_some_and(|until| until <= now) {
            return;
        }
        if self.0.len() >= MOST {
            self.0.remove(0);
        }
        let secure = cookie.secure;
        self.0.push(Cookie { name: cookie.name, value: cookie.value, host, below, path, secure, until });
    }

    /// Writes the `Cookie` line for a request to `place` into `out`, which is empty; nothing if no cookie goes there.
    pub fn write_line(&self, place: &Place<'_>, out: &mut Vec<u8>) {
        let now = place.unix_seconds();
        let goes = |c: &&Cookie| {
            (c.host == place.host || c.below && domain_matches(place.host, &c.host))
                && path_matches(place.path_only(), &c.path)
                && (place.https || !c.secure)
                && c.until.is_none_or(|until| until > now)
        };
        // Longer paths first; among equals, as they were set (5.4). Almost always all have the same path, so that going through
        // them once for each length takes no memory and little time.
        let longest = |than: usize| self.0.iter().filter(goes).map(|c| c.path.len()).filter(|n| *n < than).max();
        let lengths = std::iter::successors(longest(usize::MAX), |length| longest(*length));
        let of_length = |length| self.0.iter().filter(goes).filter(move |c| c.path.len() == length);
        for cookie in lengths.flat_map(of_length) {
            out.extend_from_slice(if out.is_empty() { b"Cookie: " } else { b"; " });
            out.extend_from_slice(cookie.name.as_bytes());
            out.push(b'=');
            out.extend_from_slice(cookie.value.as_bytes());
        }
        if !out.is_empty() {
            out.extend_from_slice(b"\r\n");
        }
    }
}

fn domain_matches(host: &str, domain: &str) -> bool {
    host == domain
        || host.strip_suffix(domain).is_some_and(|rest| rest.ends_with('.'))
            && host.parse::<std::net::IpAddr>().is_err()
}

fn path_matches(path: &str, cookie_path: &str) -> bool {
    path.strip_prefix(cookie_path)
        .is_some_and(|rest| rest.is_empty() || cookie_path.ends_with('/') || rest.starts_with('/'))
}

fn default_path(path: &str) -> &str {
    match path.rfind('/') {
        None | Some(0) => "/",
        Some(end) => &path[..end],
    }
}

/// Seconds since the Unix epoch, of a date in any of the forms that servers write (RFC 6265, 5.1.1).
fn parse_date(text: &str) -> Option<i64> {
    const MONTHS: [&str; 12] = ["jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec"];
    let (mut time, mut day, mut month, mut year) = (None, None, None, None);
    for token in text.split(|c: char| !c.is_ascii_alphanumeric() && c != ':').filter(|t| !t.is_empty()) {
        let number = || token.parse::<i64>().ok();
        if let (None, Some((hours, rest))) = (time, token.split_once(':')) {
            let (minutes, seconds) = rest.split_once(':')?;
            let (h, m, s) = (hours.parse::<i64>().ok()?, minutes.parse::<i64>().ok()?, seconds.parse::<i64>().ok()?);
            time = (h < 24 && m < 60 && s < 61).then_some(h * 3_600 + m * 60 + s);
        } else if let (None, Some(found)) = (month, token.get(..3).map(str::to_ascii_lowercase))
            && let Some(index) = MONTHS.iter().position(|m| **m == found)
        {
            month = Some(i64::try_from(index).ok()? + 1);
        } else if day.is_none() && token.len() <= 2 {
            day = number().or(day);
        } else if year.is_none() && matches!(token.len(), 2 | 4) {
            year = number().map(|y| {
                if y < 70 {
                    y + 2_000
                } else if y < 100 {
                    y + 1_900
                } else {
                    y
                }
            });
        }
    }
    let (day, month, year) = (day.filter(|d| (1..=31).contains(d))?, month?, year.filter(|y| *y >= 1601)?);
    Some(days_from_epoch(year, month, day) * 86_400 + time?)
}

/// Days from 1970-01-01 in the Gregorian calendar: years are counted from March, so that a leap day is a year's last.
fn days_from_epoch(year: i64, month: i64, day: i64) -> i64 {
    let year = if month <= 2 { year - 1 } else { year };
    let (era, month_from_march) = (year.div_euclid(400), (month + 9) % 12);
    let (year_of_era, day_of_year) = (year.rem_euclid(400), (153 * month_from_march + 2) / 5 + day - 1);
    era * 146_097 + year_of_era * 365 + year_of_era / 4 - year_of_era / 100 + day_of_year - 719_468
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOON: u64 = 1_700_000_000_000;

    fn place<'a>(host: &'a str, path: &'a str, https: bool, unix_millis: u64) -> Place<'a> {
        Place { host, path, https, unix_millis }
    }

    fn jar(set: &[&str], from: &Place<'_>) -> Jar {
        let mut jar = Jar::default();
        for header in set {
            if let Some(cookie) = SetCookie::parse(header.as_bytes()) {
                jar.set(cookie, from);
            }
        }
        jar
    }

    fn line(jar: &Jar, to: &Place<'_>) -> String {
        let mut out = Vec::new();
        jar.write_line(to, &mut out);
        String::from_utf8(out).unwrap()
    }

    #[test]
    #[rustfmt::skip] // the columns are the point
    fn cookies_go_where_they_belong() {
        let check = |set: &str, host: &str, path: &str, https: bool, expected: &str| {
            let jar = jar(&[set], &place("a.example.com", "/x/y", true, NOON));
            let expected = if expected.is_empty() { String::new() } else { format!("Cookie: {expected}\r\n") };
            assert_eq!(line(&jar, &place(host, path, https, NOON)), expected, "{set} to {host}{path}");
        };
        //    set                                 host              path        https  sent
        check("n=v",                              "a.example.com",  "/x/z?q",   true,  "n=v");
        check("n=v",                              "a.example.com",  "/xy",      true,  "");
        check("n=v; Path=/",                      "a.example.com",  "/",        false, "n=v");
        check("n=v; Path=/; Secure",              "a.example.com",  "/",        false, "");
        check("n=v; Path=/",                      "b.example.com",  "/",        true,  "");
        check("n=v; Path=/; Domain=.example.com", "b.example.com",  "/",        true,  "n=v");
        check("n=v; Path=/; Domain=example.com",  "badexample.com", "/",        true,  "");
        check("n=v; Path=/; Domain=com",          "a.example.com",  "/",        true,  "");
        check("n=v; Path=/; Domain=other.org",    "other.org",      "/",        true,  "");
        check("n=v; Path=/; Max-Age=0",           "a.example.com",  "/",        true,  "");
        check("n=v; Path=/; Max-Age=5; Expires=Thu, 01 Jan 1970 00:00:00 GMT", "a.example.com", "/", true, "n=v");
        check("n=v; Path=/; Expires=Thu, 01-Jan-1970 00:00:10 GMT", "a.example.com", "/", true, "");
        check("=v",                               "a.example.com",  "/x/",      true,  "");
        check("nonsense",                         "a.example.com",  "/x/",      true,  "");
    }

    #[test]
    fn a_later_one_replaces_and_longer_paths_come_first() {
        let set = ["a=1; Path=/", "b=2; Path=/x", "a=3; Path=/", "c=4; Path=/; Max-Age=10"];
        let jar = jar(&set, &place("h", "/", false, NOON));
        assert_eq!(line(&jar, &place("h", "/x", false, NOON)), "Cookie: b=2; a=3; c=4\r\n");
        assert_eq!(line(&jar, &place("h", "/x", false, NOON + 10_000)), "Cookie: b=2; a=3\r\n");
    }

    #[test]
    fn a_jar_is_bounded() {
        let set: Vec<String> = (0..MOST + 1).map(|n| format!("n{n}=v; Path=/")).collect();
        let jar = jar(&set.iter().map(String::as_str).collect::<Vec<_>>(), &place("h", "/", false, NOON));
        assert!(!line(&jar, &place("h", "/", false, NOON)).contains("n0="));
        assert_eq!(jar.0.len(), MOST);
    }

    #[test]
    fn dates_in_all_forms() {
        for date in ["Tue, 14 Nov 2023 22:13:20 GMT", "Tuesday, 14-Nov-23 22:13:20 GMT", "Tue Nov 14 22:13:20 2023"] {
            assert_eq!(parse_date(date), Some(1_700_000_000), "{date}");
        }
        assert_eq!(parse_date("Thu, 29 Feb 2024 00:00:00 GMT"), Some(1_709_164_800));
        for none in ["", "soon", "Tue, 99 Nov 2023 22:13:20 GMT", "14 Nov 2023 25:00:00"] {
            assert_eq!(parse_date(none), None, "{none}");
        }
    }
}

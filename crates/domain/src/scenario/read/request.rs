//! One request: its URL, what it sends, what is asked of the answer.

use super::build::Build;
use crate::scenario::file::{
    At, CheckFile, ExpectFile, ExpectText, Field, MapOf, ParamFile, RequestFile, Text, header_name, parse_json_path,
    request_header_name,
};
use crate::scenario::model::{Body, Capture, Check, EntryKind, Expect, NameId, Request, Step};
use crate::scenario::template::{Part, Template};
use crate::text::{Wrong, shown};

impl Build<'_> {
    /// The step that sends this request.
    pub fn request(&mut self, method: &str, url: &At<String>, file: &RequestFile) -> Step {
        let template = self.url(url);
        let name = match file.name.given() {
            Some(at) => self.constant_name(at).map(|name| self.name(EntryKind::Request, method, &name, at)),
            None => Some(self.name(EntryKind::Request, method, &url.value, url)),
        };
        let request = Request {
            name: name.unwrap_or(NameId(0)),
            method: method.to_owned(),
            url: template,
            query: self.params(&file.query),
            headers: self.headers(&file.headers),
            body: self.body(file),
            auth: file.auth.value().map(|auth| self.auth(auth)),
            checks: file.check.value().map(|check| self.checks(check)).unwrap_or_default(),
            captures: self.request_captures(file),
            timeout: file.timeout.value().map_or(self.request_timeout, |time| time.0),
            redirects: file.redirects.value().map_or(self.request_redirects, |n| u8::try_from(n.0).unwrap_or(u8::MAX)),
        };
        Step::Request(Box::new(request))
    }

    fn url(&mut self, url: &At<String>) -> Template {
        let mut template = self.template(&url.value, &url.place);
        let allowed = "paths that start with `/`, URLs that start with `http://` or `https://`";
        let wrong = match template.0.first() {
            Some(Part::Text(start)) if !["/", "http://", "https://"].iter().any(|known| start.starts_with(known)) => {
                let wrong = Wrong::new(format!("`{}` is no URL", shown(&url.value))).allowed(allowed);
                Some(match start.contains("://") {
                    true => wrong,
                    false => wrong.help(format!("did you mean `/{}`?", shown(&url.value))),
                })
            }
            Some(_) => {
                bad_url(&template).map(|reason| Wrong::new(format!("`{}` is no URL: {reason}", shown(&url.value))))
            }
            // What was put in was wrong, and reported.
            None => None,
        };
        if let Some(wrong) = wrong {
            self.ctx.wrong_at(&url.place, Some(shown(&url.value)), wrong);
        }
        for part in &mut template.0 {
            if let Part::Text(text) = part {
                *text = percent_encoded(text);
            }
        }
        template
    }

    fn params(&mut self, params: &Field<MapOf<ParamFile>>) -> Vec<(Template, Template)> {
        let mut list = Vec::new();
        for (name, values) in params.value().into_iter().flat_map(|map| &map.entries) {
            let name = self.template(&name.value, &name.place);
            for value in &values.value.0 {
                list.push((name.clone(), self.template(&value.value.0, &value.place)));
            }
        }
        list
    }

    /// Headers with names that may be sent, each once.
    pub fn headers(&mut self, headers: &Field<MapOf<Text>>) -> Vec<(String, Template)> {
        let mut list: Vec<(String, Template)> = Vec::new();
        for (name, text) in headers.value().into_iter().flat_map(|map| &map.entries) {
            if let Err(wrong) = request_header_name(&name.value, self.version) {
                self.ctx.wrong_at(&name.place, Some(shown(&name.value)), wrong);
            }
            if list.iter().any(|(known, _)| known.eq_ignore_ascii_case(&name.value)) {
                let wrong = Wrong::new("given twice, in letters of another size").help("remove one of them");
                self.ctx.wrong_at(&name.place, None, wrong);
            }
            let template = self.template(&text.value.0, &text.place);
            let breaks = |part: &Part| matches!(part, Part::Text(text) if text.contains(['\r', '\n', '\0']));
            if template.0.iter().any(breaks) {
                let wrong = Wrong::new("the value of a header holds a line break").allowed("values of one line");
                self.ctx.wrong_at(&text.place, Some(shown(&text.value.0)), wrong);
            }
            list.push((name.value.clone(), template));
        }
        list
    }

    fn body(&mut self, file: &RequestFile) -> Body {
        let given = [
            ("json", file.json.given().map(|at| &at.place)),
            ("form", file.form.given().map(|at| &at.place)),
            ("body", file.body.given().map(|at| &at.place)),
        ];
        let mut given = given.iter().filter_map(|(name, place)| place.map(|place| (name, place)));
        if let (Some((first, _)), Some((second, place))) = (given.next(), given.next()) {
            let wrong = Wrong::new(format!("the request has a `{first}` and a `{second}`, but only one body"));
            self.ctx.wrong_at(place, None, wrong.help("remove one of them"));
        }
        if let Some(at) = file.json.given() {
            Body::Json(self.json_body(&at.value.0, &at.place))
        } else if file.form.given().is_some() {
            Body::Form(self.params(&file.form))
        } else if let Some(at) = file.body.given() {
            Body::Raw(self.template(&at.value.0, &at.place))
        } else {
            Body::Empty
        }
    }

    fn checks(&mut self, check: &CheckFile) -> Vec<Check> {
        let mut list = Vec::new();
        list.extend(check.status.value().map(|status| Check::Status(status.0.clone())));
        for (name, expect) in check.header.value().into_iter().flat_map(|map| &map.entries) {
            if let Err(wrong) = header_name(&name.value) {
                self.ctx.wrong_at(&name.place, Some(shown(&name.value)), wrong);
            }
            let header = name.value.to_ascii_lowercase();
            list.extend(
                self.expect(&expect.value).into_iter().map(|expect| Check::Header { name: header.clone(), expect }),
            );
        }
        if let Some(expect) = check.body.value() {
            list.extend(self.expect(expect).into_iter().map(Check::Body));
        }
        for (path, expect) in check.json.value().into_iter().flat_map(|map| &map.entries) {
            let parsed = parse_json_path(&path.value);
            if let Err(wrong) = &parsed {
                self.ctx.wrong_at(&path.place, Some(shown(&path.value)), wrong.clone());
            }
            let path = parsed.unwrap_or_default();
            list.extend(
                self.expect(&expect.value).into_iter().map(|expect| Check::Json { path: path.clone(), expect }),
            );
        }
        list.extend(check.time.value().map(|time| Check::Time(time.0)));
        list
    }

    fn expect(&mut self, expect: &ExpectFile) -> Vec<Expect> {
        let one = |at: &At<ExpectText>| match &at.value {
            ExpectText::Present => Expect::Present,
            ExpectText::Equals(text) => Expect::Equals(self.template(text, &at.place)),
            ExpectText::Contains(text) => Expect::Contains(self.template(text, &at.place)),
            ExpectText::Matches(pattern) => Expect::Matches(pattern.clone()),
        };
        expect.0.iter().map(one).collect()
    }

    fn request_captures(&mut self, file: &RequestFile) -> Vec<Capture> {
        let mut list = Vec::new();
        for (name, from) in file.capture.value().into_iter().flat_map(|map| &map.entries) {
            let Some(slot) = self.scope.slot(&name.value) else { continue };
            list.push(Capture { slot, from: from.value.0.clone() });
            if let Some(captured) = &mut self.captured {
                captured.insert(slot.0);
            }
        }
        list
    }

    /// Where requests go that start with `/`.
    pub fn target(&mut self, target: &Field<Text>) -> Option<String> {
        let at = target.given()?;
        let text = self.constant(at)?;
        parse_target(&text).map_err(|wrong| self.ctx.wrong_at(&at.place, Some(shown(&text)), wrong)).ok()
    }
}

/// Reads the base of URLs, and takes a `/` from its end.
pub(crate) fn parse_target(text: &str) -> Result<String, Wrong> {
    let allowed = "URLs such as `http://localhost:8080`, `https://shop.example/api`";
    let bad = |reason: &str| Wrong::new(format!("`{}` is no target: {reason}", shown(text))).allowed(allowed);
    if !text.contains("://") {
        // `localhost:8080` parses as a URL of the scheme `localhost`.
        return Err(bad("it has no scheme").help(format!("did you mean `http://{}`?", shown(text))));
    }
    let url = url::Url::parse(text).map_err(|error| bad(&error.to_string()))?;
    if !matches!(url.scheme(), "http" | "https") {
        return Err(bad(&format!("`{}` is not spoken here", shown(url.scheme()))));
    }
    if !url.username().is_empty() || url.password().is_some() {
        return Err(bad("it holds a password").help("use `auth: {basic: {user: …, password: …}}`"));
    }
    if url.query().is_some() || url.fragment().is_some() {
        return Err(bad("it has a query or a fragment").help("write them with the requests"));
    }
    Ok(url.as_str().trim_end_matches('/').to_owned())
}

/// Why `template` is no URL, as far as is known before values are put in.
fn bad_url(template: &Template) -> Option<String> {
    for part in &template.0 {
        let Part::Text(text) = part else { continue };
        if let Some(bad) =
            text.chars().find(|c| c.is_whitespace() || c.is_control() || matches!(c, '#' | '"' | '<' | '>' | '\\'))
        {
            return Some(format!("it holds `{}`", bad.escape_default()));
        }
    }
    let whole = template.as_constant()?;
    if whole.starts_with('/') {
        return None;
    }
    url::Url::parse(whole).err().map(|error| error.to_string())
}

/// `text` with what is no ASCII percent-encoded, as URLs are sent.
fn percent_encoded(text: &str) -> String {
    let mut encoded = String::with_capacity(text.len());
    for byte in text.bytes() {
        if byte.is_ascii() {
            encoded.push(char::from(byte));
        } else {
            encoded.push_str(&format!("%{byte:02X}"));
        }
    }
    encoded
}

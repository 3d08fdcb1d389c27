//! What holds for the whole scenario.

use std::collections::BTreeMap;

use super::build::Build;
use crate::scenario::file::{AuthFile, Field, MapOf, ScenarioFile, Text};
use crate::scenario::model::{Auth, ConnectionReuse, Cookies, HttpSettings, TlsTrust};
use crate::time::Micros;

impl Build<'_> {
    /// The name in the file, or that of the file.
    pub fn scenario_name(&mut self, file: &ScenarioFile, origin: &str) -> String {
        if let Some(at) = file.name.given() {
            return self.constant_name(at).unwrap_or_default();
        }
        let base = origin.rsplit(['/', '\\']).next().unwrap_or(origin);
        let stem = [".yaml", ".yml", ".json"].iter().find_map(|end| base.strip_suffix(end)).unwrap_or(base);
        if stem.is_empty() { "scenario".to_owned() } else { stem.to_owned() }
    }

    /// Labels with constant texts.
    pub fn labels(&mut self, labels: &Field<MapOf<Text>>) -> BTreeMap<String, String> {
        let mut map = BTreeMap::new();
        for (name, text) in labels.value().into_iter().flat_map(|labels| &labels.entries) {
            self.check_word(name, "label");
            map.insert(name.value.clone(), self.constant(text).unwrap_or_default());
        }
        map
    }

    /// What every request is, unless it says otherwise.
    pub fn http(&mut self, file: &ScenarioFile) -> HttpSettings {
        let verify = file.tls.value().and_then(|tls| tls.verify.value()).is_none_or(|verify| verify.0);
        HttpSettings {
            headers: self.headers(&file.headers),
            auth: file.auth.value().map_or(Auth::None, |auth| self.auth(auth)),
            cookies: file.cookies.value().map_or(Cookies::Session, |word| word.0),
            connections: file.connections.value().map_or(ConnectionReuse::KeepAlive, |word| word.0),
            connect_timeout: file.connect_timeout.value().map_or(Micros::from_secs(10), |time| time.0),
            tls: if verify { TlsTrust::Verify } else { TlsTrust::AcceptAny },
        }
    }

    /// How a request says who it is.
    pub fn auth(&mut self, auth: &AuthFile) -> Auth {
        let AuthFile::Fields(fields) = auth else { return Auth::None };
        let mut text =
            |field: &Field<Text>| field.given().map(|at| self.template(&at.value.0, &at.place)).unwrap_or_default();
        match fields.basic.value() {
            Some(basic) => Auth::Basic { user: text(&basic.user), password: text(&basic.password) },
            None => Auth::Bearer(text(&fields.bearer)),
        }
    }
}

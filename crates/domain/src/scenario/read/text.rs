//! Texts with `${…}` in them.

use super::build::Build;
use super::scope::BUILT_IN;
use crate::scenario::file::{At, Place, Text};
use crate::scenario::mistake::Span;
use crate::scenario::model::DataSource;
use crate::scenario::template::{Part, Template};
use crate::text::{Wrong, nearest, shown};

/// How texts change when they become part of a template.
#[derive(Clone, Copy)]
pub(super) struct Escape {
    /// What stands in the file.
    pub written: fn(&str) -> String,
    /// What comes from variables and the environment.
    pub put_in: fn(&str) -> String,
}

/// Parts of a template, texts beside each other made one.
#[derive(Default)]
pub(super) struct Parts(Vec<Part>);

impl Parts {
    pub fn text(&mut self, text: &str) {
        match self.0.last_mut() {
            _ if text.is_empty() => {}
            Some(Part::Text(last)) => last.push_str(text),
            _ => self.0.push(Part::Text(text.to_owned())),
        }
    }

    pub fn part(&mut self, part: Part, put_in: fn(&str) -> String) {
        match part {
            Part::Text(text) => self.text(&put_in(&text)),
            other => self.0.push(other),
        }
    }

    pub fn into_template(self) -> Template {
        Template(self.0)
    }
}

impl Build<'_> {
    /// The template that `text` is.
    pub fn template(&mut self, text: &str, place: &Place) -> Template {
        let mut parts = Parts::default();
        self.add_template(text, place, Escape { written: str::to_owned, put_in: str::to_owned }, &mut parts);
        parts.into_template()
    }

    /// Adds the template that `text` is to `parts`.
    pub fn add_template(&mut self, text: &str, place: &Place, escape: Escape, parts: &mut Parts) {
        let mut rest = text;
        while let Some(at) = rest.find('$') {
            parts.text(&(escape.written)(&rest[..at]));
            rest = &rest[at..];
            if let Some(after) = rest.strip_prefix("$${") {
                parts.text("${");
                rest = after;
            } else if let Some(inside) = rest.strip_prefix("${") {
                let Some(end) = inside.find('}') else {
                    let wrong =
                        Wrong::new(format!("`{}` has no `}}`", shown(rest))).help("`$${` is a `${` as it stands");
                    self.ctx.wrong_at(place, Some(shown(text)), wrong);
                    return;
                };
                self.put_in(&inside[..end], &self.narrowed(place, &rest[..end + 3]), escape, parts);
                rest = &inside[end + 1..];
            } else {
                parts.text("$");
                rest = &rest[1..];
            }
        }
        parts.text(&(escape.written)(rest));
    }

    fn put_in(&mut self, inside: &str, place: &Place, escape: Escape, parts: &mut Parts) {
        match self.placeholder(inside.trim()) {
            Ok(values) => {
                for part in values {
                    self.check_captured(&part, place);
                    parts.part(part, escape.put_in);
                }
            }
            Err(wrong) => self.ctx.wrong_at(place, Some(format!("${{{}}}", shown(inside))), wrong),
        }
    }

    /// What stands between the braces of `${…}`.
    fn placeholder(&self, inside: &str) -> Result<Vec<Part>, Wrong> {
        if let Some((kind, rest)) = inside.split_once(':') {
            return match kind {
                "env" => self.environment(rest),
                "secret" => secret(rest).map(|part| vec![part]),
                "random" => random(rest).map(|part| vec![part]),
                _ => {
                    let wrong =
                        Wrong::new(format!("`${{{}}}`: `{}` is no source of values", shown(inside), shown(kind)));
                    Err(wrong.allowed("env:NAME, secret:NAME, random:1..100"))
                }
            };
        }
        if let Some(built_in) = BUILT_IN.iter().position(|name| *name == inside) {
            let parts = [Part::UserId, Part::Iteration, Part::Uuid, Part::TimestampMs];
            return Ok(vec![parts[built_in].clone()]);
        }
        match inside.split_once('.') {
            Some((source, _)) if self.scope.unknown.contains(source) => Ok(Vec::new()),
            Some((source, column)) => self.column(source, column).map(|part| vec![part]),
            None if inside.is_empty() => Err(Wrong::new("`${}` names nothing").help("`$${` is a `${` as it stands")),
            None => self.scope.value(inside).ok_or_else(|| self.scope.undefined(inside)),
        }
    }

    fn environment(&self, rest: &str) -> Result<Vec<Part>, Wrong> {
        let (name, default) = match rest.split_once(":-") {
            Some((name, default)) => (name, Some(default)),
            None => (rest, None),
        };
        let value = self.inputs.environment(name).or_else(|| default.map(str::to_owned));
        let text = value.ok_or_else(|| {
            let wrong = Wrong::new(format!("the environment has no `{}`", shown(name)));
            wrong.help(format!("set it, or give a text to fall back on: `${{env:{}:-text}}`", shown(name)))
        })?;
        Ok(Template::text(text).0)
    }

    fn column(&self, source: &str, column: &str) -> Result<Part, Wrong> {
        let sources = &self.scope.sources;
        let Some(index) = sources.iter().position(|known| known.name == source) else {
            let names = || sources.iter().map(|known| known.name.as_str());
            let wrong = Wrong::new(format!("there is no data `{}`", shown(source)));
            let wrong = if sources.is_empty() { wrong } else { wrong.allowed(names().collect::<Vec<_>>().join(", ")) };
            return Err(match nearest(source, names()) {
                Some(near) => wrong.help(format!("did you mean `${{{near}.{}}}`?", shown(column))),
                None => wrong.help(format!("add it: `data: {{ {}: {{ file: … }} }}`", shown(source))),
            });
        };
        let known = &sources[index];
        let position = known.columns.iter().position(|name| name == column);
        let indices = position.and_then(|column| Some((u16::try_from(index).ok()?, u16::try_from(column).ok()?)));
        match indices {
            Some((source, column)) => Ok(Part::Column { source, column }),
            None => Err(no_column(known, column)),
        }
    }

    /// Warns of a value that no step so far can have captured.
    fn check_captured(&mut self, part: &Part, place: &Place) {
        let (Part::Captured(slot), Some(captured)) = (part, &mut self.captured) else { return };
        // Once is enough, so it counts as captured from here on.
        if captured.insert(slot.0) {
            let name = &self.scope.slots[usize::from(slot.0)];
            let wrong = Wrong::new(format!("no step before this one captures `{name}`: it is empty at first"));
            self.ctx.warn(place, wrong);
        }
    }

    /// The place of `part` within a value, where it is written there as it is.
    pub fn narrowed(&self, place: &Place, part: &str) -> Place {
        let written = self.text.get(place.span.start..place.span.end).unwrap_or_default();
        let span = written.find(part).map_or(place.span, |at| {
            let start = place.span.start + at;
            Span { start, end: start + part.len() }
        });
        Place { field: place.field.clone(), span }
    }

    /// A text that can be shown, and in which nothing varies while the test runs; `None` where it is wrong, which is reported.
    pub fn constant(&mut self, at: &At<Text>) -> Option<String> {
        let mistakes = self.ctx.found.len();
        let template = self.template(&at.value.0, &at.place);
        let wrong = match template.as_constant() {
            _ if self.ctx.found.len() > mistakes => return None,
            // A block text ends with a line break, which nobody means.
            Some(text) if text.trim_end().chars().all(|c| !c.is_control()) => return Some(text.trim_end().to_owned()),
            Some(text) => {
                let wrong = Wrong::new(format!("`{}` holds line breaks or control characters", shown(text)));
                wrong.allowed("texts of one line")
            }
            None => {
                let wrong = Wrong::new(format!("`{}` varies while the test runs", shown(&at.value.0)));
                wrong.allowed("texts, variables, `${env:NAME}`")
            }
        };
        self.ctx.wrong_at(&at.place, Some(shown(&at.value.0)), wrong);
        None
    }

    /// A [`Build::constant`] that is not empty.
    pub fn constant_name(&mut self, at: &At<Text>) -> Option<String> {
        let text = self.constant(at)?;
        if text.is_empty() {
            self.ctx.wrong_at(&at.place, None, Wrong::new("an empty text is given").allowed("names"));
            return None;
        }
        Some(text)
    }
}

fn no_column(source: &DataSource, column: &str) -> Wrong {
    let names = || source.columns.iter().map(String::as_str);
    let wrong = Wrong::new(format!("the data `{}` has no column `{}`", source.name, shown(column)));
    let wrong = wrong.allowed(names().map(shown).collect::<Vec<_>>().join(", "));
    match nearest(column, names()) {
        Some(near) => wrong.help(format!("did you mean `${{{}.{near}}}`?", source.name)),
        None => wrong,
    }
}

fn secret(name: &str) -> Result<Part, Wrong> {
    let fits = !name.is_empty()
        && name.len() <= 256
        && name.bytes().all(|b| b.is_ascii_alphanumeric() || b"_-./".contains(&b));
    if fits {
        return Ok(Part::Secret(name.to_owned()));
    }
    Err(Wrong::new(format!("`{}` is no name of a secret", shown(name)))
        .allowed("letters, digits, `_`, `-`, `.` and `/`"))
}

fn random(range: &str) -> Result<Part, Wrong> {
    let bad =
        |problem: &str| Wrong::new(format!("`{}` {problem}", shown(range))).allowed("ranges such as random:1..100");
    let (low, high) = range.split_once("..").ok_or_else(|| bad("is no range"))?;
    let number = |text: &str| text.trim().parse::<u64>().map_err(|_| bad("is no range of whole numbers"));
    let (low, high) = (number(low)?, number(high)?);
    if low > high { Err(bad("runs backwards")) } else { Ok(Part::Random { low, high }) }
}

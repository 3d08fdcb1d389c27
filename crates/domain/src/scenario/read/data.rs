//! Data files: CSV with a line of names first, or a JSON array of objects.

use super::build::Build;
use super::inputs::DataRows;
use crate::scenario::file::{DataFile, Field, MapOf};
use crate::scenario::model::{DataSource, LoadModel, Pick, Scenario};
use crate::scenario::walk::{columns_of_kind, columns_of_settings};
use crate::text::{Wrong, shown};

impl Build<'_> {
    /// Reads the data files, into the scope and as rows.
    pub fn data(&mut self, data: &Field<MapOf<DataFile>>) -> Vec<DataRows> {
        let Field::Given(map) = data else { return Vec::new() };
        self.check_most(map.value.entries.len(), "data sources", &map.place);
        self.scope.unknown.extend(map.value.wrong.iter().cloned());
        let mut all = Vec::new();
        for (name, file) in &map.value.entries {
            self.check_word(name, "data source");
            let file = &file.value;
            let Some(path) = file.file.given() else {
                self.scope.unknown.insert(name.value.clone());
                continue;
            };
            let delimiter = file.delimiter.value().map_or(b',', |delimiter| delimiter.0);
            let bytes = self.inputs.data_file(&path.value.0).map_err(|reason| {
                Wrong::new(format!("`{}` cannot be read: {reason}", shown(&path.value.0)))
                    .help("the path starts from where the scenario is")
            });
            let read = bytes.and_then(|bytes| table(&path.value.0, &bytes, delimiter));
            let (columns, rows) = match read {
                Ok(table) => table,
                Err(wrong) => {
                    self.ctx.wrong_at(&path.place, Some(shown(&path.value.0)), wrong);
                    self.scope.unknown.insert(name.value.clone());
                    continue;
                }
            };
            self.scope.sources.push(DataSource {
                name: name.value.clone(),
                columns: columns.clone(),
                pick: file.pick.value().map_or(Pick::Sequential, |pick| pick.0),
                rows: u64::try_from(rows.len()).unwrap_or(u64::MAX),
            });
            all.push(DataRows { name: name.value.clone(), columns, rows });
        }
        all
    }
}

type Table = (Vec<String>, Vec<Vec<String>>);

fn table(path: &str, bytes: &[u8], delimiter: u8) -> Result<Table, Wrong> {
    let of_file = |problem: String| Wrong::new(format!("`{}` {problem}", shown(path)));
    let text =
        std::str::from_utf8(bytes).map_err(|error| of_file(format!("is not UTF-8 at byte {}", error.valid_up_to())))?;
    let text = text.strip_prefix('\u{feff}').unwrap_or(text);
    let json = path.rsplit('.').next().is_some_and(|end| end.eq_ignore_ascii_case("json"));
    let (columns, rows) = if json { json_table(text) } else { csv_table(text, delimiter) }.map_err(of_file)?;
    if rows.is_empty() {
        return Err(of_file("holds no rows".to_owned()).allowed("files of one row at least, after the line of names"));
    }
    if columns.len() > super::build::MOST {
        return Err(
            of_file(format!("has {} columns", columns.len())).allowed(format!("{} at most", super::build::MOST))
        );
    }
    let mut sorted: Vec<_> = columns.iter().collect();
    sorted.sort();
    if let Some(twice) = sorted.windows(2).find(|pair| pair[0] == pair[1]) {
        return Err(of_file(format!("has two columns `{}`", shown(twice[0]))));
    }
    Ok((columns, rows))
}

fn csv_table(text: &str, delimiter: u8) -> Result<Table, String> {
    let mut reader = csv::ReaderBuilder::new().delimiter(delimiter).trim(csv::Trim::All).from_reader(text.as_bytes());
    let header = reader.headers().map_err(|error| csv_problem(&error))?;
    let columns = header.iter().map(str::to_owned).collect();
    let row = |record: Result<csv::StringRecord, csv::Error>| {
        record.map(|record| record.iter().map(str::to_owned).collect()).map_err(|error| csv_problem(&error))
    };
    Ok((columns, reader.records().map(row).collect::<Result<_, _>>()?))
}

fn csv_problem(error: &csv::Error) -> String {
    match error.kind() {
        csv::ErrorKind::UnequalLengths { pos, expected_len, len } => {
            let line = pos.as_ref().map_or(0, csv::Position::line);
            format!("has {len} values on line {line}, and {expected_len} columns")
        }
        _ => format!("is no CSV: {error}"),
    }
}

fn json_table(text: &str) -> Result<Table, String> {
    let value: serde_json::Value = serde_json::from_str(text).map_err(|error| format!("is no JSON: {error}"))?;
    let not_rows = || "is no JSON array of objects".to_owned();
    let objects: Vec<_> = value.as_array().ok_or_else(not_rows)?.iter().map(serde_json::Value::as_object).collect();
    let objects: Vec<_> = objects.into_iter().collect::<Option<_>>().ok_or_else(not_rows)?;
    let mut columns: Vec<String> = objects.first().into_iter().flat_map(|object| object.keys().cloned()).collect();
    columns.sort();
    let mut rows = Vec::with_capacity(objects.len());
    for (i, object) in objects.iter().enumerate() {
        let missing = columns.iter().find(|column| !object.contains_key(*column));
        if let Some(missing) = missing {
            return Err(format!("has no `{}` in object {}", shown(missing), i + 1));
        }
        if let Some(more) = object.keys().find(|key| columns.binary_search(key).is_err()) {
            return Err(format!("has `{}` in object {}, but not in the first", shown(more), i + 1));
        }
        rows.push(columns.iter().map(|column| json_text(&object[column.as_str()])).collect());
    }
    Ok((columns, rows))
}

/// A value as text: a string's content, anything else as JSON.
fn json_text(value: &serde_json::Value) -> String {
    value.as_str().map_or_else(|| value.to_string(), str::to_owned)
}

/// What is wrong with the rows of `source`, where each user needs one of its own and there are too few.
pub(crate) fn unique_rows(scenario: &Scenario, source: &str) -> Option<Wrong> {
    let (index, data) = scenario.data.iter().enumerate().find(|(_, data)| data.name == source)?;
    let needed = rows_needed(scenario, u16::try_from(index).ok()?);
    if data.pick != Pick::Unique || needed <= data.rows {
        return None;
    }
    let open = scenario.loads.iter().any(|load| matches!(load.model, LoadModel::Open { .. }));
    let problem = format!("{} rows are too few for `pick: unique`: up to {needed} users take one each", data.rows);
    let help = if open {
        "add rows, lower `max_users`, or use `pick: sequential`"
    } else {
        "add rows, have fewer users, or use `pick: sequential`"
    };
    Some(Wrong::new(problem).allowed(format!("{needed} rows or more")).help(help))
}

/// How many users of all loads may use the data source at once.
fn rows_needed(scenario: &Scenario, source: u16) -> u64 {
    let by_all = columns_of_settings(scenario).contains(&source);
    let uses = |kind: &usize| by_all || columns_of_kind(&scenario.kinds[*kind]).contains(&source);
    let loads = scenario.loads.iter().filter(|load| match load.kind {
        Some(kind) => uses(&usize::from(kind)),
        None => (0..scenario.kinds.len()).any(|kind| uses(&kind)),
    });
    loads
        .map(|load| match &load.model {
            LoadModel::Closed(curve) => u64::from(curve.peak()),
            LoadModel::Open { max_users, .. } => u64::from(*max_users),
        })
        .sum()
}

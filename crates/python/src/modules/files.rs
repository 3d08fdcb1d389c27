//! `open`: files beside the main one, to be read; see [`written`](super::written) for the others.

use std::cell::RefCell;

use crate::builtins::{Given, decode, int_of};
use crate::value::{Args, NativeObject, Sym, Value};
use crate::vm::{FileRefused, Raise, Res, Vm};

/// `open(path, mode)`.
pub fn open(vm: &mut Vm, args: Args) -> Res<Value> {
    let mut given = Given::new("open", args);
    let path = given.needed(vm, "file")?;
    let path = vm.str_of(&path)?;
    let mode = given.named("mode").and_then(|mode| mode.as_text());
    let mode = mode.as_ref().map_or("r", |mode| mode.as_str()).to_owned();
    let encoding = given.keyword("encoding").and_then(|encoding| encoding.as_text());
    let encoding = encoding.as_ref().map_or("utf-8", |encoding| encoding.as_str());
    let errors = given.keyword("errors").and_then(|errors| errors.as_text());
    let newline = given.keyword("newline").is_some_and(|newline| !newline.is_none());
    if mode.contains('+') {
        return Err(vm.unsupported(&format!("open({path:?}, {mode:?}): a file that is both read and written")));
    }
    if mode.contains(['w', 'a', 'x']) {
        return super::written::open(vm, path, mode, encoding);
    }
    let bytes = match vm.host.read_file(&path) {
        Ok(bytes) => bytes,
        Err(refused) => return Err(refusal(vm, &path, &refused)),
    };
    vm.check_size(bytes.len())?;
    let content = if mode.contains('b') {
        Content::Bytes(bytes)
    } else {
        let text = decode(vm, &bytes, encoding, errors.as_ref().map_or("strict", |errors| errors.as_str()))?;
        Content::Text(if newline || !text.contains('\r') {
            text
        } else {
            text.replace("\r\n", "\n").replace('\r', "\n")
        })
    };
    Ok(Value::object(File { name: path, mode, content, at: RefCell::new(0), closed: RefCell::new(false) }))
}

/// The exception for a file that can't be read or written.
pub fn refusal(vm: &Vm, path: &str, refused: &FileRefused) -> Raise {
    let (class, code, text) = match refused {
        FileRefused::NotFound => ("FileNotFoundError", 2, "No such file or directory"),
        FileRefused::IsFolder => ("IsADirectoryError", 21, "Is a directory"),
        FileRefused::Outside => {
            return vm.unsupported(&format!("the file {path:?}, which is not beside the locustfile,"));
        }
        FileRefused::Exists => ("FileExistsError", 17, "File exists"),
        FileRefused::NotEmpty => ("OSError", 39, "Directory not empty"),
        FileRefused::Full => ("OSError", 28, "No space left on device"),
        FileRefused::ReadOnly => ("OSError", 30, "Read-only file system"),
        FileRefused::Failed(text) => ("OSError", 5, text.as_str()),
    };
    vm.error_with(class, vec![Value::Int(code), Value::str(text), Value::str(path)])
}

enum Content {
    Text(String),
    Bytes(Vec<u8>),
}

struct File {
    name: String,
    mode: String,
    content: Content,
    at: RefCell<usize>,
    closed: RefCell<bool>,
}

impl File {
    fn slice(&self, from: usize, to: usize) -> Value {
        match &self.content {
            Content::Text(text) => Value::str(&text[from..to]),
            Content::Bytes(bytes) => Value::bytes(&bytes[from..to]),
        }
    }

    fn len(&self) -> usize {
        match &self.content {
            Content::Text(text) => text.len(),
            Content::Bytes(bytes) => bytes.len(),
        }
    }

    fn line(&self) -> Option<Value> {
        let from = *self.at.borrow();
        let rest = match &self.content {
            Content::Text(text) => &text.as_bytes()[from..],
            Content::Bytes(bytes) => &bytes[from..],
        };
        if rest.is_empty() {
            return None;
        }
        let to = from + rest.iter().position(|byte| *byte == b'\n').map_or(rest.len(), |at| at + 1);
        *self.at.borrow_mut() = to;
        Some(self.slice(from, to))
    }
}

impl NativeObject for File {
    fn type_name(&self) -> &'static str {
        "TextIOWrapper"
    }

    fn as_any(&self) -> &dyn std::any::Any {
        self
    }

    fn methods(&self) -> &'static [&'static str] {
        &[
            "read",
            "readline",
            "readlines",
            "close",
            "__enter__",
            "__exit__",
            "seek",
            "tell",
            "readable",
            "writable",
            "__iter__",
            "__next__",
        ]
    }

    fn get_attr(&self, _vm: &mut Vm, _me: &Value, name: Sym) -> Res<Option<Value>> {
        Ok(match name.text().as_str() {
            "name" => Some(Value::str(self.name.clone())),
            "mode" => Some(Value::str(self.mode.clone())),
            "closed" => Some(Value::Bool(*self.closed.borrow())),
            "encoding" => Some(Value::str("utf-8")),
            _ => None,
        })
    }

    fn next_is_there(&self) -> bool {
        true
    }

    fn next(&self, _vm: &mut Vm) -> Option<Res<Option<Value>>> {
        Some(Ok(self.line()))
    }

    fn call_method(&self, vm: &mut Vm, me: &Value, name: Sym, args: Args) -> Res<Value> {
        let name_text = name.text();
        let mut given = Given::new(name_text.as_str(), args);
        if *self.closed.borrow() && name_text.as_str().starts_with("read") {
            return Err(vm.value_error("I/O operation on closed file."));
        }
        Ok(match name_text.as_str() {
            "read" => {
                let from = *self.at.borrow();
                let size = given.next().filter(|size| !size.is_none());
                let to = match size {
                    Some(size) => match usize::try_from(int_of(vm, &size)?) {
                        Ok(size) => match &self.content {
                            Content::Text(text) => {
                                text[from..].char_indices().nth(size).map_or(text.len(), |(at, _)| from + at)
                            }
                            Content::Bytes(bytes) => (from + size).min(bytes.len()),
                        },
                        Err(_) => self.len(),
                    },
                    None => self.len(),
                };
                *self.at.borrow_mut() = to;
                self.slice(from, to)
            }
            "readline" => self.line().unwrap_or_else(|| self.slice(0, 0)),
            "readlines" => {
                let lines = std::iter::from_fn(|| self.line()).collect();
                Value::list(lines)
            }
            "close" | "__exit__" => {
                *self.closed.borrow_mut() = true;
                Value::None
            }
            "seek" => {
                let at = usize::try_from(given.int(vm)?).unwrap_or(0).min(self.len());
                *self.at.borrow_mut() = at;
                Value::count(at)
            }
            "tell" => Value::count(*self.at.borrow()),
            "readable" => Value::Bool(true),
            "writable" => Value::Bool(false),
            "__next__" => match self.line() {
                Some(line) => line,
                None => return Err(vm.error_with("StopIteration", Vec::new())),
            },
            _ => me.clone(),
        })
    }
}

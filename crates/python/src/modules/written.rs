//! Files that are written: the host has them, and need not show them to anybody else.

use std::cell::Cell;

use crate::builtins::{Given, bytes_of, encode, text_of};
use crate::value::{Args, NativeObject, Sym, Value};
use crate::vm::{FileChange, Res, Vm};

use super::files::refusal;

/// `open(path, mode)` for a mode that writes.
pub fn open(vm: &mut Vm, path: String, mode: String, encoding: &str) -> Res<Value> {
    let change = if mode.contains('a') { FileChange::Append(&[]) } else { FileChange::Empty };
    if mode.contains('x') && vm.host.file_bytes(&path).is_ok() {
        return Err(refusal(vm, &path, &crate::vm::FileRefused::Exists));
    }
    let at = if mode.contains('a') { vm.host.file_bytes(&path).unwrap_or(0) } else { 0 };
    do_to(vm, &path, change)?;
    let encoding = (!mode.contains('b')).then(|| encoding.to_owned());
    Ok(Value::object(WrittenFile { path, mode, encoding, at: Cell::new(at), closed: Cell::new(false) }))
}

fn do_to(vm: &mut Vm, path: &str, change: FileChange<'_>) -> Res<()> {
    let done = vm.host.change_files(path, change);
    done.map_err(|refused| refusal(vm, path, &refused))
}

fn changed(vm: &mut Vm, args: Args, change: FileChange<'_>) -> Res<Value> {
    let path = Given::new("path", args).text(vm)?;
    do_to(vm, path.as_str(), change).map(|()| Value::None)
}

/// `remove_file(path)`.
pub fn remove_file(vm: &mut Vm, args: Args) -> Res<Value> {
    changed(vm, args, FileChange::Remove)
}

/// `make_folder(path)`.
pub fn make_folder(vm: &mut Vm, args: Args) -> Res<Value> {
    changed(vm, args, FileChange::MakeFolder)
}

/// `remove_folder(path)`.
pub fn remove_folder(vm: &mut Vm, args: Args) -> Res<Value> {
    changed(vm, args, FileChange::RemoveFolder)
}

/// `file_bytes(path)`.
pub fn file_bytes(vm: &mut Vm, args: Args) -> Res<Value> {
    let path = Given::new("getsize", args).text(vm)?;
    let bytes = vm.host.file_bytes(path.as_str()).map_err(|refused| refusal(vm, path.as_str(), &refused))?;
    Ok(Value::Int(i64::try_from(bytes).unwrap_or(i64::MAX)))
}

/// A file that was opened to be written: all of it is there at once, for whoever opens it too.
struct WrittenFile {
    path: String,
    mode: String,
    /// `None`: it takes bytes.
    encoding: Option<String>,
    at: Cell<u64>,
    closed: Cell<bool>,
}

impl WrittenFile {
    fn write(&self, vm: &mut Vm, value: &Value) -> Res<Value> {
        if self.closed.get() {
            return Err(vm.value_error("I/O operation on closed file."));
        }
        let (bytes, count) = match &self.encoding {
            Some(encoding) => {
                let text = text_of(vm, "write", value)?;
                (encode(vm, text.as_str(), encoding, "strict")?, text.count())
            }
            None => {
                let bytes = bytes_of(vm, value)?;
                let count = bytes.len();
                (bytes, count)
            }
        };
        vm.check_size(bytes.len())?;
        do_to(vm, &self.path, FileChange::Append(&bytes))?;
        self.at.set(self.at.get() + bytes.len() as u64);
        Ok(Value::count(count))
    }
}

impl NativeObject for WrittenFile {
    fn type_name(&self) -> &'static str {
        "TextIOWrapper"
    }

    fn as_any(&self) -> &dyn std::any::Any {
        self
    }

    fn methods(&self) -> &'static [&'static str] {
        &[
            "write",
            "writelines",
            "flush",
            "close",
            "__enter__",
            "__exit__",
            "tell",
            "readable",
            "writable",
            "seekable",
            "isatty",
            "seek",
            "truncate",
            "read",
            "readline",
            "readlines",
            "fileno",
        ]
    }

    fn get_attr(&self, _vm: &mut Vm, _me: &Value, name: Sym) -> Res<Option<Value>> {
        Ok(match name.text().as_str() {
            "name" => Some(Value::str(self.path.clone())),
            "mode" => Some(Value::str(self.mode.clone())),
            "closed" => Some(Value::Bool(self.closed.get())),
            "encoding" => Some(self.encoding.clone().map_or(Value::None, Value::str)),
            _ => None,
        })
    }

    fn call_method(&self, vm: &mut Vm, me: &Value, name: Sym, args: Args) -> Res<Value> {
        let name_text = name.text();
        let mut given = Given::new(name_text.as_str(), args);
        Ok(match name_text.as_str() {
            "write" => {
                let value = given.required(vm)?;
                self.write(vm, &value)?
            }
            "writelines" => {
                let lines = given.required(vm)?;
                for line in vm.collect(&lines)? {
                    self.write(vm, &line)?;
                }
                Value::None
            }
            "flush" => Value::None,
            "close" | "__exit__" => {
                self.closed.set(true);
                Value::None
            }
            "tell" => Value::Int(i64::try_from(self.at.get()).unwrap_or(i64::MAX)),
            "writable" => Value::Bool(true),
            "readable" | "seekable" | "isatty" => Value::Bool(false),
            "read" | "readline" | "readlines" => return Err(vm.error("OSError", "not readable")),
            "seek" | "truncate" | "fileno" => {
                return Err(
                    vm.unsupported(&format!("{name_text}() of a file that is written", name_text = name_text.as_str()))
                );
            }
            _ => me.clone(),
        })
    }
}

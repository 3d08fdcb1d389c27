//! The module `hashlib`, and what `hmac` needs of it.

use std::cell::RefCell;

use hmac::{Hmac, Mac};
use md5::Md5;
use sha1::Sha1;
use sha2::{Digest, Sha224, Sha256, Sha384, Sha512};

use crate::builtins::{Given, bytes_of};
use crate::value::{Args, Module, NativeObject, Sym, Value, intern};
use crate::vm::{Res, Vm};

const NAMES: &[&str] = &["md5", "sha1", "sha224", "sha256", "sha384", "sha512"];

pub fn make(_: &mut Vm, module: &Module) -> Res<()> {
    super::fill(
        module,
        &[
            ("md5", md5),
            ("sha1", sha1),
            ("sha224", sha224),
            ("sha256", sha256),
            ("sha384", sha384),
            ("sha512", sha512),
            ("new", new),
            ("_hmac", keyed),
        ],
    );
    let names = NAMES.iter().map(|name| Value::str(*name)).collect();
    module.set(intern("algorithms_guaranteed"), Value::tuple(names));
    Ok(())
}

struct Hash {
    name: &'static str,
    data: RefCell<Vec<u8>>,
}

fn digest(name: &str, data: &[u8]) -> Vec<u8> {
    match name {
        "md5" => Md5::digest(data).to_vec(),
        "sha1" => Sha1::digest(data).to_vec(),
        "sha224" => Sha224::digest(data).to_vec(),
        "sha384" => Sha384::digest(data).to_vec(),
        "sha512" => Sha512::digest(data).to_vec(),
        _ => Sha256::digest(data).to_vec(),
    }
}

fn hash(vm: &mut Vm, name: &'static str, args: Args) -> Res<Value> {
    let data = match Given::new(name, args).next() {
        Some(data) if data.as_text().is_some() => return Err(vm.type_error("Strings must be encoded before hashing")),
        Some(data) => bytes_of(vm, &data)?,
        None => Vec::new(),
    };
    Ok(Value::object(Hash { name, data: RefCell::new(data) }))
}

macro_rules! hashes {
    ($($name:ident)*) => {$(fn $name(vm: &mut Vm, args: Args) -> Res<Value> {
        hash(vm, stringify!($name), args)
    })*};
}

hashes!(md5 sha1 sha224 sha256 sha384 sha512);

fn named(vm: &mut Vm, given: &mut Given) -> Res<&'static str> {
    let name = given.text(vm)?;
    let name = name.as_str().to_lowercase().replace('-', "");
    NAMES.iter().find(|known| **known == name).copied().ok_or_else(|| vm.unsupported(&format!("the hash {name}")))
}

fn new(vm: &mut Vm, args: Args) -> Res<Value> {
    let mut given = Given::new("new", args);
    let name = named(vm, &mut given)?;
    hash(vm, name, Args::of(given.rest()))
}

/// `_hmac(name, key, message)`.
fn keyed(vm: &mut Vm, args: Args) -> Res<Value> {
    let mut given = Given::new("hmac", args);
    let name = named(vm, &mut given)?;
    let (key, message) = (given.required(vm)?, given.required(vm)?);
    let (key, message) = (bytes_of(vm, &key)?, bytes_of(vm, &message)?);
    macro_rules! signed {
        ($hash:ty) => {{
            let mut mac = <Hmac<$hash> as Mac>::new_from_slice(&key).map_err(|_| vm.value_error("bad key"))?;
            mac.update(&message);
            mac.finalize().into_bytes().to_vec()
        }};
    }
    Ok(Value::bytes(match name {
        "md5" => signed!(Md5),
        "sha1" => signed!(Sha1),
        "sha224" => signed!(Sha224),
        "sha384" => signed!(Sha384),
        "sha512" => signed!(Sha512),
        _ => signed!(Sha256),
    }))
}

impl NativeObject for Hash {
    fn type_name(&self) -> &'static str {
        "_hashlib.HASH"
    }

    fn as_any(&self) -> &dyn std::any::Any {
        self
    }

    fn methods(&self) -> &'static [&'static str] {
        &["update", "digest", "hexdigest", "copy"]
    }

    fn get_attr(&self, _vm: &mut Vm, _me: &Value, name: Sym) -> Res<Option<Value>> {
        Ok(match name.text().as_str() {
            "name" => Some(Value::str(self.name)),
            "digest_size" => Some(Value::count(digest(self.name, b"").len())),
            "block_size" => Some(Value::Int(if matches!(self.name, "sha384" | "sha512") { 128 } else { 64 })),
            _ => None,
        })
    }

    fn call_method(&self, vm: &mut Vm, _me: &Value, name: Sym, args: Args) -> Res<Value> {
        vm.charge(self.data.borrow().len() / 16)?;
        match name.text().as_str() {
            "update" => {
                let more = Given::new("update", args).required(vm)?;
                let more = bytes_of(vm, &more)?;
                vm.check_size(self.data.borrow().len() + more.len())?;
                self.data.borrow_mut().extend(more);
                Ok(Value::None)
            }
            "digest" => Ok(Value::bytes(digest(self.name, &self.data.borrow()))),
            "copy" => Ok(Value::object(Hash { name: self.name, data: RefCell::new(self.data.borrow().clone()) })),
            _ => Ok(Value::str(
                digest(self.name, &self.data.borrow()).iter().map(|byte| format!("{byte:02x}")).collect::<String>(),
            )),
        }
    }
}

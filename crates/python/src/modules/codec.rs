//! The module `base64`.

use base64::Engine as _;
use base64::alphabet::{STANDARD, URL_SAFE};
use base64::engine::{DecodePaddingMode, GeneralPurpose, GeneralPurposeConfig};

use crate::builtins::{Given, bytes_of};
use crate::value::{Args, Module, Value, intern};
use crate::vm::{Res, Vm};

const LENIENT: GeneralPurposeConfig = GeneralPurposeConfig::new()
    .with_decode_allow_trailing_bits(true)
    .with_decode_padding_mode(DecodePaddingMode::RequireCanonical);

pub fn make(_: &mut Vm, module: &Module) -> Res<()> {
    super::fill(
        module,
        &[
            ("b64encode", encode),
            ("standard_b64encode", encode),
            ("b64decode", decode),
            ("standard_b64decode", decode),
            ("urlsafe_b64encode", url_encode),
            ("urlsafe_b64decode", url_decode),
            ("encodebytes", encode_lines),
            ("b16encode", b16encode),
        ],
    );
    let _ = intern;
    Ok(())
}

fn given_bytes(vm: &mut Vm, name: &str, args: Args) -> Res<Vec<u8>> {
    let value = Given::new(name, args).required(vm)?;
    if value.as_text().is_some() && name.ends_with("encode") {
        return Err(vm.type_error("a bytes-like object is required, not 'str'"));
    }
    match value.as_text() {
        Some(text) => Ok(text.as_str().as_bytes().to_vec()),
        None => bytes_of(vm, &value),
    }
}

fn encode(vm: &mut Vm, args: Args) -> Res<Value> {
    let bytes = given_bytes(vm, "b64encode", args)?;
    Ok(Value::bytes(GeneralPurpose::new(&STANDARD, LENIENT).encode(bytes).into_bytes()))
}

fn encode_lines(vm: &mut Vm, args: Args) -> Res<Value> {
    let bytes = given_bytes(vm, "b64encode", args)?;
    let engine = GeneralPurpose::new(&STANDARD, LENIENT);
    let lines: String = bytes.chunks(57).map(|chunk| engine.encode(chunk) + "\n").collect();
    Ok(Value::bytes(lines.into_bytes()))
}

fn url_encode(vm: &mut Vm, args: Args) -> Res<Value> {
    let bytes = given_bytes(vm, "urlsafe_b64encode", args)?;
    Ok(Value::bytes(GeneralPurpose::new(&URL_SAFE, LENIENT).encode(bytes).into_bytes()))
}

fn b16encode(vm: &mut Vm, args: Args) -> Res<Value> {
    let bytes = given_bytes(vm, "b16encode", args)?;
    Ok(Value::bytes(bytes.iter().map(|byte| format!("{byte:02X}")).collect::<String>().into_bytes()))
}

fn decoded(vm: &mut Vm, name: &str, args: Args, url: bool) -> Res<Value> {
    let bytes = given_bytes(vm, name, args)?;
    // What is not of the alphabet is left out, as Python does it.
    let kept: Vec<u8> = bytes
        .into_iter()
        .map(|byte| match (byte, url) {
            (b'-', true) => b'+',
            (b'_', true) => b'/',
            (byte, _) => byte,
        })
        .filter(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'+' | b'/' | b'='))
        .collect();
    match GeneralPurpose::new(&STANDARD, LENIENT).decode(&kept) {
        Ok(bytes) => Ok(Value::bytes(bytes)),
        Err(_) => Err(vm.value_error("Incorrect padding")),
    }
}

fn decode(vm: &mut Vm, args: Args) -> Res<Value> {
    decoded(vm, "b64decode", args, false)
}

fn url_decode(vm: &mut Vm, args: Args) -> Res<Value> {
    decoded(vm, "urlsafe_b64decode", args, true)
}

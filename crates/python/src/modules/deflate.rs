//! `_deflate`: what the modules `zlib`, `gzip` and `binascii` do, of [`flate2`].

use std::io::{Read, Write};

use flate2::read::{DeflateDecoder, GzDecoder, ZlibDecoder};
use flate2::write::{DeflateEncoder, GzEncoder, ZlibEncoder};
use flate2::{Compression, Crc};

use crate::builtins::{Given, bytes_of};
use crate::value::{Args, Module, Value};
use crate::vm::{Res, Vm};

pub fn make(_: &mut Vm, module: &Module) -> Res<()> {
    super::fill(
        module,
        &[
            ("crc32", crc32),
            ("adler32", adler32),
            ("zlib_compress", zlib_compress),
            ("zlib_decompress", zlib_decompress),
            ("raw_compress", raw_compress),
            ("raw_decompress", raw_decompress),
            ("gzip_compress", gzip_compress),
            ("gzip_decompress", gzip_decompress),
        ],
    );
    Ok(())
}

fn given_bytes(vm: &mut Vm, given: &mut Given) -> Res<Vec<u8>> {
    let value = given.required(vm)?;
    bytes_of(vm, &value)
}

fn crc32(vm: &mut Vm, args: Args) -> Res<Value> {
    let mut given = Given::new("crc32", args);
    let bytes = given_bytes(vm, &mut given)?;
    let mut crc = Crc::new();
    crc.update(&bytes);
    Ok(Value::Int(i64::from(crc.sum())))
}

fn adler32(vm: &mut Vm, args: Args) -> Res<Value> {
    let bytes = given_bytes(vm, &mut Given::new("adler32", args))?;
    let (mut low, mut high) = (1_u32, 0_u32);
    for byte in bytes {
        low = (low + u32::from(byte)) % 65_521;
        high = (high + low) % 65_521;
    }
    Ok(Value::Int(i64::from(high << 16 | low)))
}

/// Data, and how hard to try: 0 to 9, or -1.
fn data_and_level(vm: &mut Vm, args: Args) -> Res<(Vec<u8>, Compression)> {
    let mut given = Given::new("compress", args);
    let bytes = given_bytes(vm, &mut given)?;
    let level = given.int(vm)?;
    let level = u32::try_from(level).map_or(Compression::default(), |level| Compression::new(level.min(9)));
    Ok((bytes, level))
}

fn zlib_compress(vm: &mut Vm, args: Args) -> Res<Value> {
    let (bytes, level) = data_and_level(vm, args)?;
    let mut encoder = ZlibEncoder::new(Vec::new(), level);
    deflated(vm, encoder.write_all(&bytes).and_then(|()| encoder.finish()))
}

fn raw_compress(vm: &mut Vm, args: Args) -> Res<Value> {
    let (bytes, level) = data_and_level(vm, args)?;
    let mut encoder = DeflateEncoder::new(Vec::new(), level);
    deflated(vm, encoder.write_all(&bytes).and_then(|()| encoder.finish()))
}

fn gzip_compress(vm: &mut Vm, args: Args) -> Res<Value> {
    let (bytes, level) = data_and_level(vm, args)?;
    let mut encoder = GzEncoder::new(Vec::new(), level);
    deflated(vm, encoder.write_all(&bytes).and_then(|()| encoder.finish()))
}

fn deflated(vm: &Vm, made: std::io::Result<Vec<u8>>) -> Res<Value> {
    made.map(Value::bytes).map_err(|error| vm.error("OSError", error.to_string()))
}

fn raw_decompress(vm: &mut Vm, args: Args) -> Res<Value> {
    let bytes = given_bytes(vm, &mut Given::new("decompress", args))?;
    inflated(vm, DeflateDecoder::new(bytes.as_slice()))
}

fn zlib_decompress(vm: &mut Vm, args: Args) -> Res<Value> {
    let bytes = given_bytes(vm, &mut Given::new("decompress", args))?;
    inflated(vm, ZlibDecoder::new(bytes.as_slice()))
}

fn gzip_decompress(vm: &mut Vm, args: Args) -> Res<Value> {
    let bytes = given_bytes(vm, &mut Given::new("decompress", args))?;
    inflated(vm, GzDecoder::new(bytes.as_slice()))
}

/// What comes out, or `None` where the data are not what they should be. A few bytes may become more than memory has.
fn inflated(vm: &mut Vm, decoder: impl Read) -> Res<Value> {
    let most = vm.limits.value_bytes;
    let mut made = Vec::new();
    let limit = u64::try_from(most).unwrap_or(u64::MAX).saturating_add(1);
    match decoder.take(limit).read_to_end(&mut made) {
        Ok(_) => {
            vm.check_size(made.len())?;
            Ok(Value::bytes(made))
        }
        Err(_) => Ok(Value::None),
    }
}

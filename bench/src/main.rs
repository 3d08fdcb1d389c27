//! Measures the engine next to other load generators. See `bench/run`, which installs them.

mod frames;
mod load;
mod memory;
mod pairs;
mod target;

use std::net::SocketAddr;
use std::sync::Arc;

use clap::Parser;
use rustls::ServerConfig;
use rustls::crypto::ring;
use rustls::pki_types::PrivateKeyDer;

#[derive(Debug, Parser)]
#[command(about)]
enum Command {
    /// Serves the target that is loaded.
    Serve {
        /// Where it listens.
        #[arg(default_value = "127.0.0.1:8091")]
        address: SocketAddr,
        /// Speaks https, with a certificate that it signs itself.
        #[arg(long)]
        tls: bool,
    },
    /// Runs one engine under a scenario.
    Load(load::LoadArgs),
    /// Runs tools by turns and compares their CPU time a request.
    Pairs(pairs::PairsArgs),
}

fn main() -> anyhow::Result<()> {
    match Command::parse() {
        Command::Serve { address, tls } => target::serve(address, if tls { Some(self_signed()?) } else { None }),
        Command::Load(args) => load::load(&args),
        Command::Pairs(args) => pairs::pairs(&args),
    }
}

fn self_signed() -> anyhow::Result<Arc<ServerConfig>> {
    let made = rcgen::generate_simple_self_signed(["localhost".to_owned(), "127.0.0.1".to_owned()])?;
    let key = PrivateKeyDer::try_from(made.signing_key.serialize_der()).map_err(anyhow::Error::msg)?;
    let config = ServerConfig::builder_with_provider(Arc::new(ring::default_provider()))
        .with_safe_default_protocol_versions()?
        .with_no_client_auth()
        .with_single_cert(vec![made.cert.der().clone()], key)?;
    Ok(Arc::new(config))
}

//! Streams, subjects, deliveries and dead letters on NATS JetStream, and the supervised local server.
//!
//! **Invariant: the only crate that names the NATS client, and none of the client's types leaves it.** It does not
//! know what a stage does, where a server binary comes from, or where an article came from.
//!
//! What always holds here:
//! - [`Bus::publish`] answers only once the server has stored the message, and sends the same message id again when
//!   the answer was lost, so that a message is stored once within [`DUPLICATE_WINDOW`];
//! - a [`Delivery`] is settled once, because settling consumes it; it is never given back without a delay;
//! - a [`Consumer`] and a [`Reader`] live through restarts of the server, deleted consumers and stalled pulls;
//! - what the server made of a stream or consumer is compared with what was asked for.

mod bus;
mod consumer;
mod credentials;
mod dead_letter;
mod delivery;
mod entities;
mod error;
mod floor;
mod headers;
mod link;
mod outgoing;
mod publish;
mod reader;
mod server;
mod state;
mod stream;
mod subjects;
mod version;

pub use bus::{Bus, BusOptions};
pub use consumer::{Consumer, ConsumerSpec};
pub use dead_letter::{DeadLetter, NewDeadLetter};
pub use delivery::{Delivery, ProgressHandle, RETRY_DELAYS};
pub use entities::{ENTITY_BUCKET, EntityBucket};
pub use error::{BusError, Cause};
pub use floor::SinkFloor;
pub use headers::Headers;
pub use outgoing::Outgoing;
pub use publish::{Pending, Published};
pub use reader::{Delivered, Live, Reader, Subscription};
pub use server::{LocalServer, ServerError, ServerOptions};
pub use state::{ConsumerState, StreamState};
pub use stream::{DUPLICATE_WINDOW, MAX_MESSAGE_BYTES};
pub use subjects::{
    ALL_STREAMS, DEAD_SUBJECTS, DUPLICATE_SUBJECTS, ENRICHED_SUBJECTS, StreamName, outlet_token,
    record_subject,
};

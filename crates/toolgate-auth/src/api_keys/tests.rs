//! API keys from outside in: requests, keys as text, settings, any bytes at all.

mod bytes;
mod kit;
mod requests;
mod settings;
mod texts;

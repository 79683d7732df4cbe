//! Lines over a pair of streams in memory, with doubles in place of tools and tokens.

mod asks;
mod authentication;
mod bounds;
mod changes;
mod endings;
mod house;
mod kit;
mod legacy;
mod messages;
mod revoked;

//! Bodies of answers: bytes, an event stream, or whatever a fallback brings.

use std::{
    fmt,
    pin::Pin,
    task::{Context, Poll},
};

use bytes::Bytes;
use http_body::{Frame, SizeHint};
use http_body_util::BodyExt;
use toolgate_core::BoxError;

use super::{activity::Busy, admission::Permit, legacy::live::OwnStream, sse::Events};

/// The body of an answer.
pub struct Body {
    kind: Kind,
    /// Freed when the body was sent or nobody wants it any more.
    held: (Option<Permit>, Option<Busy>),
}

enum Kind {
    Full(Bytes),
    Events(Events),
    Own(OwnStream),
    Other(Pin<Box<dyn http_body::Body<Data = Bytes, Error = BoxError> + Send>>),
}

impl Body {
    /// Nothing.
    pub fn empty() -> Self {
        Bytes::new().into()
    }

    /// Any body: what a fallback answers with.
    pub fn wrap<B>(body: B) -> Self
    where
        B: http_body::Body<Data = Bytes> + Send + 'static,
        B::Error: Into<BoxError>,
    {
        Self { kind: Kind::Other(Box::pin(body.map_err(Into::into))), held: (None, None) }
    }

    pub(crate) fn events(events: Events) -> Self {
        Self { kind: Kind::Events(events), held: (None, None) }
    }

    pub(crate) fn own(stream: OwnStream) -> Self {
        Self { kind: Kind::Own(stream), held: (None, None) }
    }

    /// Whether it goes on for long and says little.
    pub(crate) fn is_long(&self) -> bool {
        matches!(self.kind, Kind::Own(_))
    }

    pub(crate) fn holding(mut self, permit: impl Into<Option<Permit>>) -> Self {
        self.held.0 = permit.into();
        self
    }

    /// Keeps its connection from counting as idle, for as long as there is more to be made. What
    /// streams gives that up together with the stream, which may end before its reader notices. What
    /// is all there does not need it: whoever never reads it must not keep a connection so.
    pub(crate) fn keep_busy(&mut self, mut busy: Busy) {
        match &self.kind {
            Kind::Events(events) => events.keep_busy(busy),
            Kind::Own(stream) => stream.keep_busy(busy),
            Kind::Full(_) => {}
            Kind::Other(_) => {
                busy.rest();
                self.held.1 = Some(busy);
            }
        }
    }
}

impl From<Bytes> for Body {
    fn from(bytes: Bytes) -> Self {
        Self { kind: Kind::Full(bytes), held: (None, None) }
    }
}

impl From<String> for Body {
    fn from(text: String) -> Self {
        Bytes::from(text).into()
    }
}

impl From<&'static str> for Body {
    fn from(text: &'static str) -> Self {
        Bytes::from_static(text.as_bytes()).into()
    }
}

impl http_body::Body for Body {
    type Data = Bytes;
    type Error = BoxError;

    fn poll_frame(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, BoxError>>> {
        let Self { kind, held: (_, busy) } = self.get_mut();
        match kind {
            Kind::Full(bytes) if bytes.is_empty() => Poll::Ready(None),
            Kind::Full(bytes) => Poll::Ready(Some(Ok(Frame::data(std::mem::take(bytes))))),
            Kind::Events(events) => {
                events.poll(cx).map(|event| event.map(|event| event.map(Frame::data)))
            }
            Kind::Own(stream) => stream.poll(cx).map(|event| event.map(|it| Ok(Frame::data(it)))),
            Kind::Other(body) => {
                busy.iter_mut().for_each(Busy::go_on);
                let frame = body.as_mut().poll_frame(cx);
                if frame.is_ready() {
                    busy.iter_mut().for_each(Busy::rest);
                }
                frame
            }
        }
    }

    fn is_end_stream(&self) -> bool {
        match &self.kind {
            Kind::Full(bytes) => bytes.is_empty(),
            Kind::Events(_) | Kind::Own(_) => false,
            Kind::Other(body) => body.is_end_stream(),
        }
    }

    fn size_hint(&self) -> SizeHint {
        match &self.kind {
            Kind::Full(bytes) => SizeHint::with_exact(bytes.len() as u64),
            Kind::Events(_) | Kind::Own(_) => SizeHint::default(),
            Kind::Other(body) => body.size_hint(),
        }
    }
}

impl fmt::Debug for Body {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.kind {
            Kind::Full(bytes) => write!(f, "Body({} bytes)", bytes.len()),
            Kind::Events(_) | Kind::Own(_) => f.write_str("Body(events)"),
            Kind::Other(_) => f.write_str("Body(..)"),
        }
    }
}

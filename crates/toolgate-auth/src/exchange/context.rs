//! How a handler asks.

use toolgate_core::{BoxFuture, Context};

use super::{ExchangeError, ExchangeErrorKind, Exchanged, Subject, Target};

/// What a handler can ask for on behalf of whoever called it.
///
/// ```
/// use toolgate_auth::{ExchangeError, Exchanging, Target};
/// use toolgate_core::Context;
///
/// async fn sign(cx: &Context, request: &mut http::Request<String>) -> Result<(), ExchangeError> {
///     let reports = Target::new().audience("reports-api");
///     let token = cx.exchange(&reports).await?;
///     request.headers_mut().insert("authorization", token.bearer());
///     Ok(())
/// }
/// ```
///
/// Implemented by [`Context`] alone.
pub trait Exchanging: sealed::Sealed {
    /// A token for another server, on behalf of the caller as last renewed. It may be one that was asked for
    /// before, for the same caller, token and target. Cancel-safe: a question that is under way goes on, and
    /// whoever asks next has its answer.
    ///
    /// # Errors
    /// By [`ExchangeErrorKind`]; a handler can pass each on with `?`.
    fn exchange<'a>(
        &'a self,
        target: &'a Target,
    ) -> BoxFuture<'a, Result<Exchanged, ExchangeError>>;
}

impl Exchanging for Context {
    fn exchange<'a>(
        &'a self,
        target: &'a Target,
    ) -> BoxFuture<'a, Result<Exchanged, ExchangeError>> {
        Box::pin(async move {
            let identity = self.identity().ok();
            let subject = identity.as_deref().and_then(|identity| {
                let subject: Option<&Subject> = identity.ext.find();
                subject.map(|subject| (identity, subject))
            });
            match subject {
                Some((identity, subject)) => subject.exchange(identity, target).await,
                None => Err(ExchangeError::new(ExchangeErrorKind::NoToken)),
            }
        })
    }
}

mod sealed {
    pub trait Sealed {}

    impl Sealed for toolgate_core::Context {}
}

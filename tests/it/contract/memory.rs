//! In memory.

use toolgate_core::{BoxFuture, Credentials, Error, Request};
use toolgate_testkit::contract::{self, Broken, Client, Dial, Event, Exchange};
use toolgate_transport::memory::{self, Failure};

#[tokio::test(start_paused = true)]
async fn the_memory_transport_keeps_its_contract() -> Result<(), Broken> {
    let make = |auth| {
        let (transport, client) = memory::pair();
        (transport.auth(auth), Near(client))
    };
    contract::transport(make).check().await
}

struct Near(memory::Client);

impl Dial for Near {
    type Client = Caller;

    fn connect<'a>(&'a self, token: Option<&'a str>) -> BoxFuture<'a, Result<Caller, Event>> {
        let fields = token.map(|token| ("authorization", format!("Bearer {token}")));
        let caller = Caller(self.0.clone(), Credentials::from_fields(fields));
        Box::pin(async { Ok(caller) })
    }
}

struct Caller(memory::Client, Credentials);

impl Client for Caller {
    fn call(&mut self, request: Request) -> BoxFuture<'_, Box<dyn Exchange>> {
        Box::pin(async move {
            let exchange = self.0.call(self.1.clone(), request).await;
            Box::new(Waiting(Some(exchange))) as Box<dyn Exchange>
        })
    }
}

struct Waiting(Option<memory::Exchange>);

impl Exchange for Waiting {
    fn next(&mut self) -> BoxFuture<'_, Event> {
        Box::pin(async move {
            let exchange = self.0.as_mut().expect("nobody asks after the end");
            if let Some(note) = exchange.next_note().await {
                return Event::Note(note);
            }
            match self.0.take().expect("as before").reply().await {
                Ok(reply) => Event::Reply(reply.fields.to_object()),
                Err(Failure::Error(error)) => Event::Error(error),
                Err(Failure::Refused(outcome)) => {
                    Event::Error(Error::new(outcome.code, outcome.message))
                }
                Err(_) => Event::Closed,
            }
        })
    }
}

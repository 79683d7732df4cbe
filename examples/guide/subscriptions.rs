//! Resources that clients watch: whoever subscribed is told that one has changed, and reads it again.

use std::{collections::BTreeMap, sync::Mutex};

use toolgate::prelude::*;

/// Degrees by room.
#[derive(Default)]
pub(crate) struct House(Mutex<BTreeMap<String, f64>>);

impl House {
    fn set(&self, room: String, degrees: f64) {
        self.0.lock().unwrap_or_else(|bad| bad.into_inner()).insert(room, degrees);
    }

    fn degrees(&self, room: &str) -> Option<f64> {
        self.0.lock().unwrap_or_else(|bad| bad.into_inner()).get(room).copied()
    }
}

/// How warm a room is.
#[derive(Resource)]
#[resource(uri = "house://{room}/degrees", name = "degrees", mime_type = "text/plain")]
struct Degrees {
    room: String,
}

impl Read<House> for Degrees {
    type Output = Option<String>;

    async fn read(self, house: &House, _: &Context) -> Result<Option<String>> {
        Ok(house.degrees(&self.room).map(|degrees| degrees.to_string()))
    }
}

/// Heat a room.
#[derive(Tool)]
struct Heat {
    room: String,
    degrees: f64,
}

pub(crate) fn server() -> Server<House> {
    let server = Server::new("subscriptions", "1.0.0").state(House::default());
    let live = server.live();
    server.resource::<Degrees>().tool_fn(Heat::spec(), move |heat: Heat, cx: Context| {
        let live = live.clone();
        async move {
            let uri = format!("house://{}/degrees", heat.room);
            cx.state::<House>()?.set(heat.room, heat.degrees);
            // Told to those who watch this URI and may still read it.
            live.resource_updated(uri);
            Ok("done")
        }
    })
}

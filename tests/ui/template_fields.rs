//! A variable without a field, a field without a variable, and no echo where the type is used.
use toolgate::{Context, Read, Resource, Result};

#[derive(Resource)]
#[resource(uri = "weather://{city}/{dya}")]
struct Weather {
    city: String,
    day: String,
}

impl Read for Weather {
    type Output = String;

    async fn read(self, _: &(), _: &Context) -> Result<String> {
        Ok(format!("{} {}", self.city, self.day))
    }
}

fn main() {
    let _ = Weather::spec();
}

//! Templates: families of resources, with completion of their variables.

use toolgate::prelude::*;

/// How a dish is made.
#[derive(Resource)]
#[resource(uri = "recipe://{cuisine}/{dish}{?people}", name = "recipe", mime_type = "text/plain")]
struct Recipe {
    // An enum completes by itself.
    cuisine: Cuisine,
    #[resource(complete = dishes)]
    dish: String,
    people: Option<u8>,
}

#[derive(Arguments)]
#[serde(rename_all = "lowercase")]
enum Cuisine {
    French,
    Italian,
}

impl Cuisine {
    fn dishes(&self) -> &'static [&'static str] {
        match self {
            Self::French => &["ratatouille", "crêpes"],
            Self::Italian => &["risotto", "ribollita"],
        }
    }
}

impl Read for Recipe {
    type Output = Option<String>;

    /// `None` says that there is no such resource.
    async fn read(self, _: &(), _: &Context) -> Result<Option<String>> {
        let people = self.people.unwrap_or(4);
        let known = self.cuisine.dishes().contains(&&*self.dish);
        Ok(known.then(|| format!("{} for {people}: take your time.", self.dish)))
    }
}

/// What may be meant, in view of the variables that are known already.
async fn dishes(typed: Typed, _: Context) -> Result<Vec<String>> {
    Ok(match typed.known.get("cuisine").map(String::as_str) {
        Some("french") => typed.among(Cuisine::French.dishes()),
        Some("italian") => typed.among(Cuisine::Italian.dishes()),
        _ => Vec::new(),
    })
}

pub(crate) fn server() -> Server {
    Server::new("templates", "1.0.0").resource::<Recipe>()
}

//! Asking the person at the client, by a form, before a tool answers.

use toolgate::prelude::*;

/// Book a table.
#[derive(Tool)]
struct Book {
    /// Such as `2026-11-21`.
    day: String,
}

/// What the form asks for: text, numbers, yes or no, and enums.
#[derive(Arguments)]
struct Party {
    /// Who is coming.
    name: String,
    /// How many you are.
    #[schemars(range(min = 1, max = 12))]
    people: u8,
    /// Where you want to sit.
    place: Option<Place>,
}

#[derive(Arguments)]
#[serde(rename_all = "lowercase")]
enum Place {
    Inside,
    Garden,
}

impl Run for Book {
    type Output = String;

    /// Runs from its top again once there is an answer: what must not be done twice comes after.
    async fn run(self, _: &(), cx: &Context) -> Result<String> {
        if !cx.can_elicit() {
            return Err(ToolError::shown("call us: your client shows no forms"));
        }
        let party = match cx.elicit::<Party>("party", "Who is coming?").await? {
            Elicited::Accepted(party) => party,
            Elicited::Declined => return Ok("Another time, then.".into()),
            Elicited::Cancelled => return Err(ToolError::shown("nobody answered")),
        };
        let place = match party.place {
            Some(Place::Garden) => "in the garden",
            Some(Place::Inside) | None => "inside",
        };
        Ok(format!("{}: a table for {} {place}, {}", self.day, party.people, party.name))
    }
}

pub(crate) fn server() -> Server {
    Server::new("asking", "1.0.0").tool::<Book>()
}

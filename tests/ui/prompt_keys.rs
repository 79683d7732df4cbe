//! Keys of a prompt, and shapes that a prompt cannot have.
use toolgate::Prompt;

#[derive(Prompt)]
#[prompt(name = "", read_only)]
#[serde(rename_all = "camelCase")]
struct Review {
    #[prompt(complete = languages)]
    the_language: String,
}

#[derive(Prompt)]
struct Pair(String, String);

#[derive(Prompt)]
enum Either {
    One,
    Other,
}

fn main() {}

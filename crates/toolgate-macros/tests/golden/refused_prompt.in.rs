#[derive(Prompt)]
#[prompt(uri = "a:b", name = "two\nlines", complete = languages)]
#[serde(rename_all = "camelCase")]
struct Review {
    #[prompt(complete = languages)]
    the_language: String,
    #[prompt(complete)]
    diff: String,
    #[prompt(listed)]
    more: String,
}

/// Review a change.
#[derive(Prompt)]
#[prompt(name = "code.review", title = "Review a change", scopes("code:read"), roles("dev"))]
#[prompt(guard = when(|user: &User| user.active), listed = false, advertised)]
#[prompt(timeout = "2m", icon = "data:image/png;base64,AA==")]
struct Review {
    /// The language that the change is written in.
    #[prompt(complete = languages)]
    #[serde(rename = "lang")]
    language: String,
    #[prompt(complete = Self::reviewers)]
    r#for: Option<String>,
    diff: String,
}

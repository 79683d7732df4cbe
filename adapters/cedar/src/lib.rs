//! Cedar policies over all that a toolgate server has.
//!
//! ```
//! use toolgate_cedar::Cedar;
//! use toolgate_server::Server;
//!
//! let cedar = Cedar::new(r#"
//!     permit(principal, action == Action::"list", resource);
//!     permit(principal in Role::"editor", action, resource);
//!     permit(principal, action == Action::"call", resource == Tool::"read_file")
//!         when { context.arguments.path like "public/*" && !(context.arguments.path like "*..*") };
//!     @max_age("900")
//!     forbid(principal, action == Action::"call", resource == Tool::"delete_file")
//!         unless { context has login_age && context.login_age <= 900 };
//! "#)?;
//! let server = Server::new("files", "1.0.0").policy(cedar);
//! # Ok::<(), toolgate_core::StartError>(())
//! ```
//!
//! How a question is put to Cedar:
//!
//! | | is | with |
//! |---|---|---|
//! | principal | `User::"issuer#subject"`, as in `User::"https://id.example#ann"` | `issuer`, `subject`, `scopes` (a set), `roles` (a set), and where they are known `client`, `acr`; in `Role::"name"` for each role. Scopes and roles come with those that they contain |
//! | action | `Action::"list"`; `Action::"call"` of a tool, `Action::"read"` of a resource or a family, `Action::"get"` of a prompt | completion and subscriptions are uses |
//! | resource | `Tool::"name"`, `Resource::"uri"`, `Template::"uri template"`, `Prompt::"name"` | `name` |
//! | context | | `arguments` of a use, where it has any (the variables of a family); `login_age` in seconds, where it is known and not in the future |
//!
//! What else is known of a user or of an item, its groups for instance, comes from
//! [`entities`](Cedar::entities), under the same names; what is said above wins.
//!
//! Arguments are Cedar's records, sets and values. A whole number is a `Long`, however it is written;
//! any other number is its text, so that comparing it with a number is an error. A member that is
//! `null` is left out. Where something has no such form, everything is denied, and so it is where
//! arguments are larger than policies are asked about: more than 256 KiB of JSON, or 10,000 values
//! ([`argument_bytes`](Cedar::argument_bytes), [`argument_values`](Cedar::argument_values)).
//!
//! A policy compares texts as they were sent: `public/../secret` is like `public/*`, too, so the example
//! says no to `..`. Better still, the tool takes a [`SafePath`](toolgate_server::SafePath).
//!
//! **Whatever goes wrong denies.** Cedar itself passes over a policy that fails, which may be the one
//! that forbids; here one that fails denies. So write `context has arguments` where a policy is asked
//! about lists too.
//!
//! Who may list an item and not use it is told so (403); to whoever may do neither, it does not
//! exist. Where all that forbids is annotated, the client is told how to get on: `@scopes("a b")`
//! names scopes, `@max_age("900")` how many seconds old a login may be, `@acr("a b")` how it has to be
//! done (RFC 9470). That, too, is told only to those who may list the item, or who may use it but for
//! what is annotated; and an item that is `listed` for all is in the lists of those alone who may list
//! it but for what is annotated.

mod answer;
mod question;
mod values;

use std::{
    fmt,
    str::FromStr,
    sync::{Arc, PoisonError, RwLock},
};

use cedar_policy::{Authorizer, Entities, PolicySet, Response, Schema, ValidationMode, Validator};
use toolgate_core::{BoxFuture, Scopes, StartError};
use toolgate_server::{Act, Ask, Decision, Policy};

use self::{answer::Answer, question::Most};

/// Decides by Cedar policies. Clones decide by the same, also after [`replace`](Self::replace).
#[derive(Clone)]
pub struct Cedar(Arc<Shared>);

struct Shared {
    now: RwLock<Arc<Rules>>,
    schema: Option<Schema>,
    /// What all policies may ever ask for, as said when serving began.
    scopes: Scopes,
}

/// What is decided by, all of it read at one time.
#[derive(Clone)]
struct Rules {
    policies: PolicySet,
    /// Of these those that no login mends: all without an annotation.
    lasting: PolicySet,
    entities: Entities,
    most: Most,
}

impl Cedar {
    /// Decides by these policies, in Cedar's own syntax.
    ///
    /// # Errors
    /// When they cannot be read, or an annotation says what no challenge can.
    pub fn new(policies: &str) -> Result<Self, StartError> {
        let (policies, lasting) = read(policies)?;
        let scopes = answer::scopes(&policies);
        let (entities, most) = (Entities::empty(), Most::default());
        let rules = Rules { policies, lasting, entities, most };
        Ok(Self(Arc::new(Shared { now: RwLock::new(Arc::new(rules)), schema: None, scopes })))
    }

    /// The same, with policies that are held against a schema, in Cedar's own syntax. Questions are
    /// not: a client chooses the arguments.
    ///
    /// # Errors
    /// When the schema cannot be read, or the policies do not keep to it.
    pub fn schema(self, schema: &str) -> Result<Self, StartError> {
        let (schema, _warnings) = Schema::from_cedarschema_str(schema)
            .map_err(|error| StartError::new(format!("the Cedar schema: {error}")))?;
        let rules = self.rules();
        keep_to(&schema, &rules.policies)?;
        let scopes = self.0.scopes.clone();
        let now = RwLock::new(rules);
        Ok(Self(Arc::new(Shared { now, schema: Some(schema), scopes })))
    }

    /// The same, with what else is known of users, roles and items, in Cedar's JSON of entities.
    ///
    /// Every decision copies the table of them, so it is meant for hundreds, not for all users.
    ///
    /// # Errors
    /// When they cannot be read, or contain each other in a circle.
    pub fn entities(self, entities: &str) -> Result<Self, StartError> {
        let entities = Entities::from_json_str(entities, None)
            .map_err(|error| StartError::new(format!("the Cedar entities: {error}")))?;
        let rules = Rules { entities, ..Rules::clone(&self.rules()) };
        self.put(rules);
        Ok(self)
    }

    /// The same, with so many bytes of arguments at most, as JSON; 256 KiB, if nothing is said. A use
    /// with more is denied, whatever the policies look at.
    ///
    /// What a decision takes of memory and time grows with the arguments, and is spent before anything
    /// is decided.
    #[must_use]
    pub fn argument_bytes(self, most: usize) -> Self {
        let rules = Rules::clone(&self.rules());
        self.put(Rules { most: Most { bytes: most, ..rules.most }, ..rules });
        self
    }

    /// The same, with so many values in the arguments at most, at any depth; 10,000, if nothing is
    /// said. A use with more is denied, whatever the policies look at. Each takes some 500 bytes
    /// while it is decided.
    #[must_use]
    pub fn argument_values(self, most: usize) -> Self {
        let rules = Rules::clone(&self.rules());
        self.put(Rules { most: Most { values: most, ..rules.most }, ..rules });
        self
    }

    /// Decides by other policies from now on, here and in all clones. Where there is a schema, they
    /// keep to it. Scopes that they may ask for stand in the metadata document only if the first ones
    /// could ask for them.
    ///
    /// # Errors
    /// When they cannot be read; then nothing has changed.
    pub fn replace(&self, policies: &str) -> Result<(), StartError> {
        let (policies, lasting) = read(policies)?;
        if let Some(schema) = &self.0.schema {
            keep_to(schema, &policies)?;
        }
        self.put(Rules { policies, lasting, ..Rules::clone(&self.rules()) });
        Ok(())
    }

    fn rules(&self) -> Arc<Rules> {
        self.0.now.read().unwrap_or_else(PoisonError::into_inner).clone()
    }

    fn put(&self, rules: Rules) {
        *self.0.now.write().unwrap_or_else(PoisonError::into_inner) = Arc::new(rules);
    }
}

impl Policy for Cedar {
    fn decide<'a>(&'a self, ask: &'a Ask<'a>) -> BoxFuture<'a, Decision> {
        Box::pin(async move {
            // Cedar never waits: a list would be decided in one piece, and no clock could end it.
            tokio::task::yield_now().await;
            self.rules().decide(ask)
        })
    }

    fn scopes(&self) -> Scopes {
        self.0.scopes.clone()
    }
}

impl Rules {
    fn decide(&self, ask: &Ask<'_>) -> Decision {
        if ask.caller.identity().is_none() {
            return Decision::NeedIdentity;
        }
        match self.answer(ask, ask.act) {
            Answer::Permitted => Decision::Allow,
            Answer::Mendable { by, else_permitted: true } => by,
            // Whether there is such an item is told only to those who may know.
            _ if ask.act == Act::List || !self.answer(ask, Act::List).is_for_them() => {
                Decision::Hide
            }
            Answer::Mendable { by, .. } => by,
            Answer::Denied => Decision::Forbid,
        }
    }

    fn answer(&self, ask: &Ask<'_>, act: Act) -> Answer {
        let Some((request, entities)) = question::put(ask, act, &self.entities, self.most) else {
            let (kind, item) = (ask.item.kind, ask.item.key);
            tracing::warn!(
                kind,
                item,
                "denied: what was asked is too large or has no form in Cedar"
            );
            return Answer::Denied;
        };
        let by = |policies| Authorizer::new().is_authorized(&request, policies, &entities);
        let permitted = |response: Response| response.decision() == cedar_policy::Decision::Allow;
        Answer::of(&by(&self.policies), &self.policies, || permitted(by(&self.lasting)))
    }
}

/// All policies, and those of them that no login mends.
fn read(policies: &str) -> Result<(PolicySet, PolicySet), StartError> {
    let policies = PolicySet::from_str(policies)
        .map_err(|error| StartError::new(format!("the Cedar policies: {error}")))?;
    StartError::check(answer::problems(&policies))?;
    let lasting = answer::lasting(&policies)?;
    Ok((policies, lasting))
}

fn keep_to(schema: &Schema, policies: &PolicySet) -> Result<(), StartError> {
    let result = Validator::new(schema.clone()).validate(policies, ValidationMode::Strict);
    let errors = result.validation_errors();
    StartError::check(errors.map(|error| format!("the Cedar policies: {error}")).collect())
}

impl fmt::Debug for Cedar {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let policies = self.rules().policies.policies().count();
        f.debug_struct("Cedar").field("policies", &policies).finish_non_exhaustive()
    }
}

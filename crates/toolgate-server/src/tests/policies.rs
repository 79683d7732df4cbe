//! Policies over all that a server has.

use std::{
    future::pending,
    sync::{
        Arc, Mutex,
        atomic::{AtomicUsize, Ordering},
    },
    time::Duration,
};

use serde_json::{Value, json};
use tokio::sync::Semaphore;
use toolgate_core::{
    BoxFuture, CacheScope, Context, Denial, Identity, IntoService, Key, Request, Scopes,
    protocol::Json,
};

use super::{
    Calls,
    decisions::{LISTS, each_kind, uses},
    serve, value,
};
use crate::{Act, Ask, Decision, Guard, Policy, Server, ToolSpec, access::Access, role, scope};

fn who() -> Identity {
    Identity::new(Key::new("test", "user-1"))
}

fn under(policy: impl Policy, access: &Access) -> (Calls, Arc<AtomicUsize>) {
    let (server, ran) = each_kind(access);
    (serve(server.policy(policy)).by(["a"]), ran)
}

#[tokio::test]
async fn every_list_and_every_use_is_put_to_it_with_all_that_is_known() {
    struct User(&'static str);
    let asked = Arc::new(Mutex::new(Vec::new()));
    let seen = asked.clone();
    let policy = move |ask: &Ask<'_>| {
        let arguments = ask.arguments.map(|arguments| arguments.parse::<Value>().unwrap());
        let user = ask.cx.principal::<User>().unwrap().0;
        let question = (ask.item.kind, ask.item.key.to_owned(), ask.act, arguments, user);
        seen.lock().unwrap().push(question);
        Decision::Allow
    };
    let (calls, _) = under(policy, &Access::default());
    let calls = calls.by_identity(who().with(User("ann")));
    let taken = || std::mem::take(&mut *asked.lock().unwrap());
    let key = |kind| match kind {
        "resource" => "t://it".to_owned(),
        "template" => "t://a/{day}".to_owned(),
        _ => "it".to_owned(),
    };
    for (method, _, kind) in LISTS {
        calls.request(method, json!({})).await.unwrap();
        assert_eq!(taken(), [(kind, key(kind), Act::List, None, "ann")], "{method}");
    }
    for (method, params, unknown, kind) in uses() {
        calls.request(method, params.clone()).await.unwrap();
        let day = if method == "completion/complete" { "t" } else { "today" };
        let arguments = (kind != "resource").then(|| json!({ "day": day }));
        assert_eq!(taken(), [(kind, key(kind), Act::Use, arguments, "ann")], "{method} {params}");
        calls.request(method, unknown).await.unwrap_err();
        assert_eq!(taken(), [], "{method}");
    }
}

#[tokio::test]
async fn what_it_decides_means_the_same_for_each_kind() {
    let fresh = |scopes: &[&str]| {
        let (max_age, acr) = (Some(Duration::from_secs(60)), Some("phr".to_owned()));
        (max_age, acr, scopes.iter().collect::<Scopes>())
    };
    let (max_age, acr, scopes) = fresh(&[]);
    let need_fresh = Decision::NeedFresh { max_age, acr, scopes };
    let (max_age, acr, scopes) = fresh(&[]);
    let step_up = Denial::StepUp { max_age, acr, scopes };
    let rows = [
        (Decision::Allow, None),
        (Decision::Hide, None),
        (Decision::Forbid, Some(Denial::Forbidden)),
        (Decision::NeedScopes(["x"].into()), Some(Denial::Scopes(["x"].into()))),
        (need_fresh, Some(step_up)),
        (Decision::NeedIdentity, Some(Denial::Unauthenticated)),
    ];
    for (decision, denial) in rows {
        for listed in [false, true] {
            let given = decision.clone();
            let access = Access { listed, ..Access::default() };
            let (calls, ran) = under(move |_: &Ask<'_>| given.clone(), &access);
            let shown = match decision {
                Decision::Allow => true,
                Decision::Hide => false,
                _ => listed,
            };
            for (method, member, _) in LISTS {
                let list = value(&calls.request(method, json!({})).await.unwrap());
                let count = list[member].as_array().unwrap().len();
                assert_eq!(count, usize::from(shown), "{method} {decision:?} {listed}");
            }
            for (method, params, unknown, _) in uses() {
                let told = calls.request(method, params).await.err();
                if decision == Decision::Hide {
                    let unknown = calls.request(method, unknown).await.unwrap_err();
                    let told = told.unwrap();
                    assert_eq!((told.message(), told.denial()), (unknown.message(), None));
                } else {
                    let told = told.as_ref().and_then(|told| told.denial());
                    assert_eq!(told, denial.as_ref(), "{method} {decision:?}");
                }
            }
            let runs = if decision == Decision::Allow { 4 } else { 0 };
            assert_eq!(ran.load(Ordering::Relaxed), runs, "{decision:?}");
        }
    }
}

#[tokio::test]
async fn it_takes_away_and_never_gives() {
    let asked = Arc::new(AtomicUsize::new(0));
    let counted = asked.clone();
    let allow = move |_: &Ask<'_>| {
        counted.fetch_add(1, Ordering::Relaxed);
        Decision::Allow
    };
    let hidden = Access { roles: ["admin"].into(), ..Access::default() };
    let (calls, _) = under(allow, &hidden);
    assert!(calls.names().await.is_empty());
    let told = calls.call("it", json!({"day": "today"})).await.unwrap_err();
    assert_eq!((told.denial(), asked.load(Ordering::Relaxed)), (None, 0), "nor is it asked");

    let needs = Access { scopes: ["b"].into(), listed: true, ..Access::default() };
    let rows = [
        (scope("c"), Some(Denial::Scopes(["b", "c"].into()))),
        (Guard::decided_by(|_| Decision::Allow), Some(Denial::Scopes(["b"].into()))),
        (Guard::decided_by(|_| Decision::Forbid), Some(Denial::Forbidden)),
        // Of what is hidden, not even the scope is told.
        (role("admin"), None),
    ];
    for (policy, denial) in rows {
        let shown = format!("{policy:?}");
        let (calls, _) = under(policy, &needs);
        let told = calls.call("it", json!({"day": "today"})).await.unwrap_err();
        assert_eq!(told.denial(), denial.as_ref(), "{shown}");
        assert_eq!(calls.names().await.is_empty(), denial.is_none(), "{shown}");
    }
    let held = under(scope("c"), &needs).0.by(["b"]).call("it", json!({"day": "today"})).await;
    let both = Denial::Scopes(["b", "c"].into());
    assert_eq!(held.unwrap_err().denial(), Some(&both), "what is held must not get lost");
}

#[tokio::test]
async fn what_it_hides_is_hidden_from_those_who_lack_what_a_listed_item_needs() {
    let listed = |access: Access| Access { listed: true, ..access };
    let guard = |decision: Decision| Some(Guard::decided_by(move |_| decision.clone()));
    let lacking = [
        Access { roles: ["hr"].into(), ..Access::default() },
        Access { scopes: ["b"].into(), ..Access::default() },
        Access { guard: guard(Decision::Hide), ..Access::default() },
        Access { guard: guard(Decision::Forbid), ..Access::default() },
        Access { guard: guard(Decision::NeedIdentity), ..Access::default() },
    ];
    for access in lacking.map(listed) {
        let (calls, _) = under(|_: &Ask<'_>| Decision::Allow, &access);
        assert_eq!(calls.names().await, ["it"], "{access:?}");
        let hides = |_: &Ask<'_>| Decision::Hide;
        let (server, ran) = each_kind(&access);
        // One that only forbids does not keep the next from hiding.
        let several = server.policy(|_: &Ask<'_>| Decision::Forbid).policy(hides);
        for calls in [under(hides, &access).0, serve(several).by(["a"])] {
            for (method, member, _) in LISTS {
                let list = value(&calls.request(method, json!({})).await.unwrap());
                assert_eq!(list[member], json!([]), "{method} {access:?}");
            }
            for (method, params, unknown, _) in uses() {
                let unknown = calls.request(method, unknown).await.unwrap_err();
                let told = calls.request(method, params).await.unwrap_err();
                assert_eq!((told.message(), told.denial()), (unknown.message(), None), "{method}");
            }
        }
        assert_eq!(ran.load(Ordering::Relaxed), 0);
    }
}

#[tokio::test(start_paused = true)]
async fn a_list_in_which_it_might_have_hidden_what_is_refused_is_no_list() {
    let access = Access { roles: ["hr"].into(), listed: true, ..Access::default() };
    let undecided = Some(Denial::Undecided(Duration::from_secs(5)));
    let (of_one, _) = under(Broken(|| Box::pin(pending())), &access);
    let (server, _) = each_kind(&Access { listed: true, ..Access::default() });
    let forbids = |_: &Ask<'_>| Decision::Forbid;
    let of_two = server.policy(forbids).policy(Broken(|| panic!("before it waits")));
    for calls in [of_one, serve(of_two).by(["a"])] {
        for (method, _, _) in LISTS {
            let told = calls.request(method, json!({})).await.unwrap_err();
            assert_eq!(told.denial(), undecided.as_ref(), "{method}");
        }
        let told = calls.call("it", json!({"day": "today"})).await.unwrap_err();
        assert_eq!(told.denial(), Some(&Denial::Forbidden), "a use is refused all the same");
    }
    // What nobody would be shown anyway is no reason to have no list.
    let unlisted = Access { roles: ["hr"].into(), ..Access::default() };
    let (calls, _) = under(Broken(|| Box::pin(pending())), &unlisted);
    assert!(calls.names().await.is_empty());
}

#[tokio::test]
async fn of_several_all_have_to_allow() {
    let server = |last: Decision| {
        let (server, _) = each_kind(&Access::default());
        let last = move |_: &Ask<'_>| last.clone();
        serve(server.policy(scope("a").or(scope("x"))).policy(last)).by(["a"])
    };
    server(Decision::Allow).call("it", json!({"day": "today"})).await.unwrap();
    let told = server(Decision::Forbid).call("it", json!({"day": "today"})).await.unwrap_err();
    assert_eq!(told.denial(), Some(&Denial::Forbidden));
    let card = server(Decision::Allow).service.card();
    assert_eq!((card.guarded, card.scopes.to_string()), (true, "a x".to_owned()));
}

/// A policy that breaks down in one way or another.
struct Broken(fn() -> BoxFuture<'static, Decision>);

impl Policy for Broken {
    fn decide<'a>(&'a self, _: &'a Ask<'a>) -> BoxFuture<'a, Decision> {
        self.0()
    }
}

#[tokio::test(start_paused = true)]
async fn what_cannot_decide_allows_nothing_and_hides_nothing() {
    let broken: [fn() -> BoxFuture<'static, Decision>; 4] = [
        || panic!("before it waits"),
        || Box::pin(async { panic!("while it waits") }),
        || Box::pin(pending()),
        || Box::pin(async { Decision::Undecided { retry: Duration::from_secs(5) } }),
    ];
    for broken in broken {
        let (calls, ran) = under(Broken(broken), &Access { listed: true, ..Access::default() });
        let undecided = Some(Denial::Undecided(Duration::from_secs(5)));
        for (method, _, _) in LISTS {
            let told = calls.request(method, json!({})).await.unwrap_err();
            assert_eq!(told.denial(), undecided.as_ref(), "{method}: no list without them");
        }
        for (method, params, _, _) in uses() {
            let told = calls.request(method, params).await.unwrap_err();
            assert_eq!(told.denial(), undecided.as_ref(), "{method}");
        }
        assert_eq!(ran.load(Ordering::Relaxed), 0);
    }
}

#[tokio::test(start_paused = true)]
async fn its_time_is_set_and_a_list_has_no_more_of_it() {
    let (server, _) = each_kind(&Access::default());
    let slow = Guard::asked_of(|_| {
        Box::pin(async {
            tokio::time::sleep(Duration::from_secs(2)).await;
            Decision::Allow
        })
    });
    let many = (0..40).fold(server.policy(slow), |server, at| {
        let spec = ToolSpec::new(format!("t{at}"));
        server.tool_fn(spec, |_: Nothing, _| async { Ok(()) })
    });
    // 41 tools, 16 at a time: three times two seconds for the list, and two for a use.
    let calls = serve(many.policy_timeout(Duration::from_secs(5))).by(["a"]);
    calls.call("t1", json!({})).await.unwrap();
    let told = calls.request("tools/list", json!({})).await.unwrap_err();
    assert!(matches!(told.denial(), Some(Denial::Undecided(_))));
    calls.request("prompts/list", json!({})).await.unwrap();
}

#[derive(serde::Deserialize, schemars::JsonSchema)]
struct Nothing {}

#[tokio::test]
async fn a_list_asks_about_several_at_a_time_and_keeps_its_order() {
    #[derive(Default)]
    struct Gate {
        now: AtomicUsize,
        most: AtomicUsize,
    }
    let (gate, leave) = (Arc::new(Gate::default()), Arc::new(Semaphore::new(0)));
    let (counted, left) = (gate.clone(), leave.clone());
    let policy = Guard::asked_of(move |ask| {
        let (gate, leave) = (counted.clone(), left.clone());
        Box::pin(async move {
            let now = gate.now.fetch_add(1, Ordering::Relaxed) + 1;
            gate.most.fetch_max(now, Ordering::Relaxed);
            if now == 16 {
                leave.add_permits(1000);
            }
            let _leave = leave.acquire().await;
            gate.now.fetch_sub(1, Ordering::Relaxed);
            let even = ask.item.name.bytes().last().is_some_and(|last| last % 2 == 0);
            if even { Decision::Allow } else { Decision::Hide }
        })
    });
    let server = (0..70).fold(Server::new("s", "1").policy(policy), |server, at| {
        let spec = ToolSpec::new(format!("t{at:02}"));
        server.tool_fn(spec, |_: Nothing, _| async { Ok(()) })
    });
    let calls = serve(server).by(["a"]);
    let expected: Vec<_> = (0..70).step_by(2).map(|at| format!("t{at:02}")).collect();
    assert_eq!(calls.names().await, expected);
    assert_eq!(gate.most.load(Ordering::Relaxed), 16, "as many at a time, and no more");
    let key = async || calls.request("tools/list", json!({})).await.unwrap().key;
    assert_eq!(key().await, key().await, "who sees the same is given the same bytes");
}

#[tokio::test]
async fn lists_follow_what_it_says_now() {
    let open = Arc::new(AtomicUsize::new(0));
    let seen = open.clone();
    let policy = move |_: &Ask<'_>| match seen.load(Ordering::Relaxed) {
        0 => Decision::Hide,
        _ => Decision::Allow,
    };
    let (calls, _) = under(policy, &Access::default());
    assert!(calls.names().await.is_empty());
    open.store(1, Ordering::Relaxed);
    assert_eq!(calls.names().await, ["it"]);
    open.store(0, Ordering::Relaxed);
    assert!(calls.names().await.is_empty());
    let reply = calls.request("tools/list", json!({})).await.unwrap();
    assert_eq!(reply.cache.unwrap().scope, CacheScope::Private);
}

#[tokio::test]
async fn watching_a_resource_is_a_use_of_it() {
    let (server, _) = each_kind(&Access::default());
    let _live = server.live();
    let calls = serve(server.policy(|ask: &Ask<'_>| match ask.item.kind {
        "resource" => Decision::Forbid,
        _ => Decision::Allow,
    }));
    let watch = json!({ "notifications": { "resourceSubscriptions": ["t://it"] } });
    let params = Json::of(&watch).unwrap();
    let cx = Context::new(who().into()).with_id(1.into());
    let request = Request::new("subscriptions/listen", params);
    let told = calls.service.call(request, cx).await.err().unwrap();
    assert_eq!(told.denial(), Some(&Denial::Forbidden));
}

#[test]
fn settings_that_let_nobody_in_refuse_to_start() {
    let never = Server::new("s", "1").policy(role("a")).policy_timeout(Duration::ZERO);
    assert!(never.into_service().err().unwrap().to_string().contains("`policy_timeout` is 0"));
    let bad = Server::new("s", "1").policy(scope("a b"));
    assert!(bad.into_service().err().unwrap().to_string().contains("RFC 6749"));
}

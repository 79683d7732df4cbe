//! How often somebody may do something, and who has done so lately: a table of fixed size.

use std::{
    collections::hash_map::RandomState,
    fmt,
    hash::{BuildHasher, Hash},
    num::NonZeroU64,
    sync::{Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use tokio::time::Instant;

/// So many in a time, evenly; and so many at once, where somebody has let time pass.
///
/// ```
/// use toolgate_transport::http::Rate;
///
/// let rate = Rate::per_minute(60).burst(10);
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Rate {
    times: u32,
    per: Duration,
    burst: u32,
}

impl Rate {
    /// So many in a second, and as many at once.
    pub const fn per_second(times: u32) -> Self {
        Self { times, per: Duration::from_secs(1), burst: times }
    }

    /// So many in a minute, and as many at once.
    pub const fn per_minute(times: u32) -> Self {
        Self { times, per: Duration::from_secs(60), burst: times }
    }

    /// So many in an hour, and as many at once.
    pub const fn per_hour(times: u32) -> Self {
        Self { times, per: Duration::from_secs(3600), burst: times }
    }

    /// The same, with so many at once.
    #[must_use]
    pub const fn burst(self, at_once: u32) -> Self {
        Self { burst: at_once, ..self }
    }

    /// So many times as many.
    pub(crate) fn times(self, more: u32) -> Self {
        let (times, burst) = (self.times.saturating_mul(more), self.burst.saturating_mul(more));
        Self { times, burst, ..self }
    }

    /// Whether nothing would ever be let through.
    pub(crate) fn is_nothing(&self) -> bool {
        self.times == 0 || self.burst == 0
    }

    /// The time that one takes, in nanoseconds, and the time that may be owed.
    fn span(&self) -> (u64, u64) {
        let one = self.per.checked_div(self.times).unwrap_or(self.per);
        let one = nanoseconds(one).max(1);
        (one, one.saturating_mul(self.burst.into()))
    }
}

/// Places of one set: whoever comes new takes that of whoever owes least.
const PLACES: usize = 4;

/// All of them. 16 bytes each, so 1 MiB once there is somebody.
const ALL: usize = 1 << 16;

/// Who owes how much time (a leaky bucket, as a meter). A table of [`ALL`] places, which is there once
/// somebody owes something and does not grow. Where more owe, some are let off who owe little: the
/// table may forget a debt, and makes none up.
pub(crate) struct Buckets {
    one: u64,
    most: u64,
    begun: Instant,
    names: RandomState,
    places: Mutex<Vec<[Place; PLACES]>>,
}

#[derive(Clone, Copy, Default)]
struct Place {
    /// A hash that no peer can foresee; whoever shares one shares the debt.
    name: Option<NonZeroU64>,
    /// When nothing is owed any more, in nanoseconds since the table began.
    even: u64,
}

impl Buckets {
    pub(crate) fn new(rate: Rate) -> Self {
        let (one, most) = rate.span();
        let (begun, names) = (Instant::now(), RandomState::new());
        Self { one, most, begun, names, places: Mutex::default() }
    }

    /// Whether somebody may once more, without counting it.
    ///
    /// # Errors
    /// In how long they may.
    pub(crate) fn room(&self, who: &impl Hash) -> Result<(), Duration> {
        let places = self.places();
        if places.is_empty() {
            return Ok(());
        }
        let name = self.name(who);
        let set = at(name, places.len()).and_then(|at| places.get(at));
        let place = set.and_then(|set| set.iter().find(|place| place.name == Some(name)));
        place.map_or(Ok(()), |place| self.judge(place.even, self.now()))
    }

    /// Counts it, where somebody may once more.
    ///
    /// # Errors
    /// In how long they may.
    pub(crate) fn take(&self, who: &impl Hash) -> Result<(), Duration> {
        let mut judged = Ok(());
        self.owe(who, |even, now| {
            judged = self.judge(even, now);
            if judged.is_ok() { self.one } else { 0 }
        });
        judged
    }

    /// Counts so many more, come what may: it was let through already.
    pub(crate) fn charge(&self, who: &impl Hash, times: usize) {
        let times = u64::try_from(times).unwrap_or(u64::MAX);
        self.owe(who, |_, _| self.one.saturating_mul(times));
    }

    fn owe(&self, who: &impl Hash, more: impl FnOnce(u64, u64) -> u64) {
        let (name, now) = (self.name(who), self.now());
        let mut places = self.places();
        if places.is_empty() {
            places.resize(ALL / PLACES, Default::default());
        }
        let set = at(name, places.len()).and_then(|at| places.get_mut(at));
        let Some(set) = set else { return };
        let known = set.iter().position(|place| place.name == Some(name));
        let chosen = match known {
            Some(known) => set.get_mut(known),
            None => set.iter_mut().min_by_key(|place| place.even),
        };
        let Some(place) = chosen else { return };
        let even = if known.is_some() { place.even } else { 0 };
        let more = more(even, now);
        if more > 0 {
            *place = Place { name: Some(name), even: even.max(now).saturating_add(more) };
        }
    }

    fn judge(&self, even: u64, now: u64) -> Result<(), Duration> {
        let owed = even.saturating_sub(now).saturating_add(self.one);
        match owed.saturating_sub(self.most) {
            0 => Ok(()),
            left => Err(Duration::from_nanos(left)),
        }
    }

    fn name(&self, who: &impl Hash) -> NonZeroU64 {
        NonZeroU64::new(self.names.hash_one(who)).unwrap_or(NonZeroU64::MIN)
    }

    fn now(&self) -> u64 {
        nanoseconds(self.begun.elapsed())
    }

    fn places(&self) -> MutexGuard<'_, Vec<[Place; PLACES]>> {
        self.places.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Which set; none where there are none yet.
fn at(name: NonZeroU64, sets: usize) -> Option<usize> {
    let sets = u64::try_from(sets).ok()?;
    usize::try_from(name.get().checked_rem(sets)?).ok()
}

fn nanoseconds(time: Duration) -> u64 {
    u64::try_from(time.as_nanos()).unwrap_or(u64::MAX)
}

impl fmt::Debug for Buckets {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Buckets")
    }
}

#[cfg(test)]
mod tests {
    use tokio::time::advance;

    use super::*;

    const SECOND: Duration = Duration::from_secs(1);

    #[tokio::test(start_paused = true)]
    async fn so_many_at_once_and_then_one_at_a_time() {
        let buckets = Buckets::new(Rate::per_minute(60).burst(3));
        for _ in 0..3 {
            assert_eq!((buckets.room(&"ada"), buckets.take(&"ada")), (Ok(()), Ok(())));
        }
        assert_eq!(buckets.take(&"ada"), Err(SECOND));
        assert_eq!(buckets.room(&"ada"), Err(SECOND), "and a refusal costs nothing");
        assert_eq!(buckets.take(&"bob"), Ok(()), "nobody pays for another");
        advance(SECOND / 4).await;
        assert_eq!(buckets.take(&"ada"), Err(SECOND * 3 / 4));
        advance(SECOND * 3 / 4).await;
        assert_eq!((buckets.take(&"ada"), buckets.take(&"ada")), (Ok(()), Err(SECOND)));
        advance(SECOND * 100).await;
        for _ in 0..3 {
            assert_eq!(buckets.take(&"ada"), Ok(()));
        }
        assert_eq!(buckets.take(&"ada"), Err(SECOND), "time that passes is not saved up");
    }

    #[tokio::test(start_paused = true)]
    async fn what_was_let_through_is_paid_for_afterwards() {
        let buckets = Buckets::new(Rate::per_second(1));
        buckets.take(&"ada").unwrap();
        buckets.charge(&"ada", 9);
        assert_eq!(buckets.take(&"ada"), Err(SECOND * 10));
    }

    #[test]
    fn the_table_does_not_grow_and_whoever_owes_most_is_remembered() {
        let buckets = Buckets::new(Rate::per_hour(2));
        assert_eq!(buckets.room(&"mallory"), Ok(()));
        assert!(buckets.places().is_empty(), "nobody owes anything yet");
        (0..2).for_each(|_| buckets.take(&"mallory").unwrap());
        for number in 0..4 * ALL {
            buckets.take(&number).unwrap();
        }
        assert_eq!(buckets.places().len() * PLACES, ALL);
        assert!(buckets.take(&"mallory").is_err());
        assert_eq!(size_of::<Place>(), 16);
    }
}

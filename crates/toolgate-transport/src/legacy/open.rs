//! Questions that wait for their answers, by who may bring these.

use std::{
    borrow::Borrow,
    collections::{HashMap, hash_map::Entry},
    fmt,
    hash::Hash,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use tokio::sync::mpsc;
use toolgate_core::protocol::{
    RequestId,
    envelope::{Outcome, Response},
};

/// What was brought for a question.
pub(crate) struct Brought<B> {
    pub(crate) id: RequestId,
    pub(crate) outcome: Outcome,
    /// What came with it: who brings it, for one.
    pub(crate) by: B,
}

/// The questions of one who is asked, each with the way to the call that asks it.
type Of<B> = HashMap<RequestId, mpsc::Sender<Brought<B>>>;

/// All questions that are open, by who is asked. Clones share them.
pub(crate) struct OpenQuestions<K, B> {
    table: Arc<Mutex<HashMap<K, Of<B>>>>,
    most: usize,
}

impl<K: Eq + Hash + Clone, B> OpenQuestions<K, B> {
    /// None yet. Anybody may be asked so many at a time.
    pub(crate) fn new(most: usize) -> Self {
        Self { table: Arc::default(), most }
    }

    /// Opens questions, for as long as what this returns is kept; none where they are too many.
    pub(crate) fn enter(&self, of: K, ids: &[RequestId]) -> Option<Wait<K, B>> {
        // Each is answered once, so there is room for all answers.
        let (tell, told) = mpsc::channel(ids.len().max(1));
        let mut table = self.table();
        let open = table.get(&of).map_or(0, HashMap::len);
        if open + ids.len() > self.most {
            return None;
        }
        let own = table.entry(of.clone()).or_default();
        own.extend(ids.iter().map(|id| (id.clone(), tell.clone())));
        drop(table);
        Some(Wait { questions: self.clone(), of, ids: ids.to_vec(), told })
    }

    /// Takes an answer of somebody who may have been asked. What was not asked, of them, is not
    /// answered: nothing changes.
    pub(crate) fn bring<Q>(&self, of: &Q, response: Response, by: B)
    where
        K: Borrow<Q>,
        Q: Eq + Hash + ?Sized,
    {
        let Response { id: Some(id), outcome, .. } = response else { return };
        let mut table = self.table();
        let tell = table.get_mut(of).and_then(|own| own.remove(&id));
        if table.get(of).is_some_and(HashMap::is_empty) {
            table.remove(of);
        }
        drop(table);
        if let Some(tell) = tell {
            // Where that fails, the call has just ended.
            let _ = tell.try_send(Brought { id, outcome, by });
        }
    }

    /// Nobody can answer for them any more.
    #[cfg(feature = "http")]
    pub(crate) fn end<Q>(&self, of: &Q)
    where
        K: Borrow<Q>,
        Q: Eq + Hash + ?Sized,
    {
        let own = self.table().remove(of);
        drop(own);
    }

    /// Whether nobody is asked anything.
    #[cfg(any(test, feature = "http"))]
    pub(crate) fn is_empty(&self) -> bool {
        self.table().is_empty()
    }

    fn table(&self) -> MutexGuard<'_, HashMap<K, Of<B>>> {
        self.table.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl<K, B> Clone for OpenQuestions<K, B> {
    fn clone(&self) -> Self {
        Self { table: self.table.clone(), most: self.most }
    }
}

/// Questions of one call.
pub(crate) struct Wait<K: Eq + Hash + Clone, B> {
    questions: OpenQuestions<K, B>,
    of: K,
    ids: Vec<RequestId>,
    told: mpsc::Receiver<Brought<B>>,
}

impl<K: Eq + Hash + Clone, B> Wait<K, B> {
    /// The next answer; none once no more can come. Cancel-safe.
    pub(crate) async fn next(&mut self) -> Option<Brought<B>> {
        self.told.recv().await
    }
}

impl<K: Eq + Hash + Clone, B> Drop for Wait<K, B> {
    fn drop(&mut self) {
        let mut table = self.questions.table();
        if let Entry::Occupied(mut own) = table.entry(self.of.clone()) {
            self.ids.iter().for_each(|id| drop(own.get_mut().remove(id)));
            if own.get().is_empty() {
                own.remove();
            }
        }
    }
}

impl<K, B> fmt::Debug for OpenQuestions<K, B> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("OpenQuestions")
    }
}

#[cfg(test)]
mod tests {
    use futures::FutureExt;
    use toolgate_core::protocol::Json;

    use super::*;

    type Questions = OpenQuestions<&'static str, u8>;

    fn ids(ids: &[i64]) -> Vec<RequestId> {
        ids.iter().map(|id| RequestId::from(*id)).collect()
    }

    fn answer(id: Option<i64>) -> Response {
        Response::new(id.map(RequestId::from), Outcome::Result(Json::object()))
    }

    fn next(wait: &mut Wait<&'static str, u8>) -> Option<Option<(RequestId, u8)>> {
        wait.next().now_or_never().map(|it| it.map(|it| (it.id, it.by)))
    }

    #[test]
    fn an_answer_counts_once_and_of_who_was_asked() {
        let questions = Questions::new(9);
        let mut ann = questions.enter("ann", &ids(&[1, 2])).unwrap();
        let mut bob = questions.enter("bob", &ids(&[3])).unwrap();
        questions.bring("bob", answer(Some(1)), 0);
        questions.bring("eve", answer(Some(1)), 0);
        questions.bring("ann", answer(Some(4)), 0);
        questions.bring("ann", answer(None), 0);
        assert_eq!((next(&mut ann), next(&mut bob)), (None, None));
        questions.bring("ann", answer(Some(2)), 7);
        questions.bring("ann", answer(Some(2)), 8);
        assert_eq!(next(&mut ann), Some(Some((2.into(), 7))));
        assert_eq!(next(&mut ann), None);
        drop((ann, bob));
        assert!(questions.table().is_empty());
    }

    #[test]
    fn nothing_is_left_however_it_ends() {
        let questions = Questions::new(9);
        let mut answered = questions.enter("ann", &ids(&[1])).unwrap();
        questions.bring("ann", answer(Some(1)), 7);
        assert!(questions.table().is_empty(), "who was answered for all has no row");
        assert_eq!(next(&mut answered), Some(Some((1.into(), 7))));
        assert_eq!(next(&mut answered), Some(None));
        drop(questions.enter("ann", &ids(&[1, 2])));
        assert!(questions.table().is_empty());
        let mut ended = questions.enter("ann", &ids(&[3])).unwrap();
        let _other = questions.enter("bob", &ids(&[4])).unwrap();
        questions.end("ann");
        assert_eq!(next(&mut ended), Some(None));
        let again = questions.enter("ann", &ids(&[5])).unwrap();
        drop(ended);
        assert_eq!(questions.table().len(), 2, "what came after it stays");
        drop(again);
    }

    #[test]
    fn anybody_is_asked_so_much_at_a_time() {
        let questions = Questions::new(2);
        assert!(questions.enter("ann", &ids(&[1, 2, 3])).is_none());
        let one = questions.enter("ann", &ids(&[1, 2])).unwrap();
        assert!(questions.enter("ann", &ids(&[3])).is_none());
        assert!(questions.enter("bob", &ids(&[3])).is_some());
        questions.bring("ann", answer(Some(1)), 0);
        assert!(questions.enter("ann", &ids(&[3])).is_some());
        drop(one);
        assert!(questions.enter("ann", &ids(&[1, 2])).is_some());
        assert!(questions.table().is_empty());
    }
}

//! Who listens, and to what: topics that changed, coalesced, from one thread.

use std::collections::BTreeSet;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Condvar, Mutex, PoisonError};
use std::thread;

/// What changed. A listener reads again what it shows; it learns no more here.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug, Hash)]
#[cfg_attr(feature = "uniffi", derive(uniffi::Enum))]
pub enum Topic {
    /// Orders, their timelines and items.
    Orders,
    /// Equipment, places, tags, people.
    Registry,
    /// What waits to be sent or decided.
    Queue,
    /// Pictures and how far they are.
    Files,
    /// How the last attempts to sync went.
    Sync,
    /// Who is signed in.
    Session,
}

/// Called when something changed. It may be called from another thread, and must not call the phone from inside.
pub trait Listener: Send + Sync {
    /// These topics changed since the last call.
    fn changed(&self, topics: Vec<Topic>);
}

#[derive(Default)]
struct Pending {
    topics: BTreeSet<Topic>,
    closed: bool,
}

#[derive(Default)]
struct Shared {
    pending: Mutex<Pending>,
    news: Condvar,
}

/// Hands changed topics to the listener, if there is one. Without one nothing is kept and no thread runs.
#[derive(Default)]
pub(crate) struct Announcer {
    to: Mutex<Option<Arc<Shared>>>,
    /// How often something was announced that decides which pictures belong here.
    about_pictures: AtomicU64,
}

impl Announcer {
    /// From now on this one listens, instead of the one before.
    pub fn observe(&self, listener: Arc<dyn Listener>) {
        let shared = Arc::new(Shared::default());
        let before = self.slot().replace(Arc::clone(&shared));
        close(before);
        thread::spawn(move || {
            loop {
                let mut pending = shared.pending.lock().unwrap_or_else(PoisonError::into_inner);
                while pending.topics.is_empty() && !pending.closed {
                    pending = shared.news.wait(pending).unwrap_or_else(PoisonError::into_inner);
                }
                if pending.closed {
                    return;
                }
                // What gathered while the listener was busy goes out in one call.
                let topics = std::mem::take(&mut pending.topics);
                drop(pending);
                listener.changed(topics.into_iter().collect());
            }
        });
    }

    /// Something changed.
    pub fn announce(&self, topics: &[Topic]) {
        if topics.iter().any(|topic| matches!(topic, Topic::Orders | Topic::Files | Topic::Session)) {
            self.about_pictures.fetch_add(1, Ordering::AcqRel);
        }
        if let Some(shared) = self.slot().as_ref() {
            shared.pending.lock().unwrap_or_else(PoisonError::into_inner).topics.extend(topics);
            shared.news.notify_one();
        }
    }

    /// Where this is what it was, the same pictures belong here: orders, people's rights and files are as they were.
    pub fn about_pictures(&self) -> u64 {
        self.about_pictures.load(Ordering::Acquire)
    }

    fn slot(&self) -> std::sync::MutexGuard<'_, Option<Arc<Shared>>> {
        self.to.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn close(shared: Option<Arc<Shared>>) {
    if let Some(shared) = shared {
        shared.pending.lock().unwrap_or_else(PoisonError::into_inner).closed = true;
        shared.news.notify_one();
    }
}

impl Drop for Announcer {
    fn drop(&mut self) {
        close(self.slot().take());
    }
}

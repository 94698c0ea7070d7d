//! One thread writes: it takes every post that waits and receives and decides them together.

use std::io;
use std::sync::Arc;
use std::sync::mpsc::{Receiver, Sender, channel};
use std::thread;

use tokio::sync::oneshot;

use crate::core::Core;
use crate::sync::Post;

/// Posts of one transaction, at most.
const TOGETHER: usize = 128;

/// A handle to the writing thread; it ends when the last handle is gone.
#[derive(Clone)]
pub(crate) struct Writer {
    queue: Sender<Waiting>,
}

struct Waiting {
    post: Post,
    done: oneshot::Sender<Post>,
}

impl Writer {
    pub fn start(core: Arc<Core>) -> io::Result<Self> {
        let (queue, waiting) = channel();
        thread::Builder::new().name("rounds-writer".into()).spawn(move || write(&core, &waiting))?;
        Ok(Self { queue })
    }

    /// Has a post received and decided; `None` where the thread is gone.
    pub async fn commit(&self, post: Post) -> Option<Post> {
        let (done, outcome) = oneshot::channel();
        self.queue.send(Waiting { post, done }).ok()?;
        outcome.await.ok()
    }
}

fn write(core: &Core, waiting: &Receiver<Waiting>) {
    while let Ok(first) = waiting.recv() {
        let (mut posts, mut done) = (vec![first.post], vec![first.done]);
        while posts.len() < TOGETHER {
            let Ok(next) = waiting.try_recv() else { break };
            posts.push(next.post);
            done.push(next.done);
        }
        core.commit_posts(&mut posts);
        for (post, done) in posts.into_iter().zip(done) {
            // A phone that hung up hears the same answer when it asks again.
            drop(done.send(post));
        }
    }
}

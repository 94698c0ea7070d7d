//! The power goes at every sync point of a day of four phones and a server: everything acknowledged is there, whole, and
//! every store opens.

use std::collections::BTreeSet;
use std::path::Path;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

use anyhow::{Context as _, Result, ensure};
use rand::Rng as _;
use rounds_model::{Id, OpId};
use rounds_phone::{Outside, Phone, SystemDisk};
use rounds_powerloss::{Cut, Names, unwatch, watch};
use rounds_server::{Core, FileState};
use rounds_sim::clock::{Clocks, Dice, TrueTime};
use rounds_sim::disk::Fuse;
use rounds_sim::keys::Keyring;
use rounds_sim::run::each_of;
use rounds_sim::template::{Template, phone_folder, scratch, server_folder, settings};
use rounds_sim::world::World;

/// Ops a session has at least.
const OPS: u64 = 300;
/// Pictures it has at least.
const PICTURES: u64 = 10;

/// What was told to somebody, with the moment from which it must hold.
#[derive(Default)]
struct Told {
    /// A phone said that it is recorded.
    recorded: Vec<(u64, usize, OpId)>,
    /// The server said that it is received.
    received: Vec<(u64, OpId)>,
    /// The server said that it is stored: evidence and grade.
    stored: Vec<(u64, String, String)>,
}

/// A session with all its cuts.
struct Session {
    world: World,
    told: Told,
    cuts: Vec<Cut>,
}

/// Plays it.
fn session(template: &Template) -> Result<Session> {
    let mut world = World::of(template, 4242, false)?;
    let moment = Arc::new(AtomicU64::new(0));
    let cuts = Arc::new(Mutex::new(Vec::new()));
    let (now, kept) = (Arc::clone(&moment), Arc::clone(&cuts));
    watch(
        world.folder.path(),
        move || now.load(Ordering::SeqCst),
        move |cut| kept.lock().unwrap_or_else(PoisonError::into_inner).push(cut),
    )?;
    let mut told = Told::default();
    let mut told_before = (BTreeSet::new(), BTreeSet::new());
    while world.calls.recorded < OPS || world.calls.pictures < PICTURES {
        let passed = world.dice.random_range(5_000..600_000);
        world.time.pass(passed);
        let phone = world.dice.random_range(0..world.phones.len());
        match world.dice.random_range(0..60) {
            0..8 => drop(world.sync(phone)?),
            8..10 => world.desk_work()?,
            10 => {
                world.close_phone(phone);
                world.open_phone(phone)?;
            }
            11 => {
                world.stop_server();
                world.start_server()?;
            }
            _ => world.work_on(phone)?,
        }
        let next = moment.load(Ordering::SeqCst) + 1;
        note(&world, next, &mut told, &mut told_before)?;
        moment.store(next, Ordering::SeqCst);
    }
    unwatch();
    ensure!(world.violations.is_empty(), "without any cut: {:?}", world.violations);
    let cuts = std::mem::take(&mut *cuts.lock().unwrap_or_else(PoisonError::into_inner));
    Ok(Session { world, told, cuts })
}

/// Notes what was told since.
fn note(
    world: &World,
    moment: u64,
    told: &mut Told,
    before: &mut (BTreeSet<OpId>, BTreeSet<(String, String)>),
) -> Result<()> {
    for n in 0..world.phones.len() {
        let known = told.recorded.iter().filter(|(_, phone, _)| *phone == n).count();
        told.recorded.extend(world.phones[n].log[known..].iter().map(|op| (moment, n, *op)));
        let phone = world.phone(n)?;
        for op in phone.log_after(0)? {
            // Of what was given up before it was sent only the hash is there.
            let is_there = op.received && op.verdict.as_deref() != Some("discarded");
            if is_there && before.0.insert(op.op) {
                told.received.push((moment, op.op));
            }
        }
        for file in phone.files()? {
            if file.state == "stored" && before.1.insert((file.evidence.clone(), file.grade.clone())) {
                told.stored.push((moment, file.evidence, file.grade));
            }
        }
    }
    Ok(())
}

/// Opens what is left of a phone, and compares it with what it had told.
fn phone_holds(cut: &Cut, names: Names, n: usize, lies: &Lies<'_>) -> Result<()> {
    let to = scratch()?;
    cut.left(names).lay_out(&phone_folder(lies.folder, n), to.path())?;
    let fuse = Arc::new(Fuse::default());
    let random = Arc::new(Dice::new(1, 1, Arc::clone(&fuse)));
    let outside = Outside {
        clock: Arc::new(Clocks::new(Arc::clone(lies.time), 99, fuse)),
        keys: Arc::new(lies.keys[n].copied(Arc::clone(&random) as Arc<_>)),
        random,
        disk: Arc::new(SystemDisk { ballast: 0 }),
    };
    let phone = Phone::open(to.path(), outside).context("opening what is left")?;
    let audit = phone.audit()?;
    ensure!(audit.breaks.is_empty(), "{:?}", audit.breaks);
    let told = lies.told.recorded.iter().filter(|(from, phone, _)| *phone == n && *from <= cut.told).count();
    let here: Vec<OpId> = audit.ops.iter().map(|op| op.op).collect();
    // A picture that lay at a reserved place and was not yet saved is taken in by the opening.
    let taken_in =
        audit.ops.last().is_some_and(|op| op.action == "evidence.attach" && !lies.logs[n].contains(&op.op));
    let log = &here[..here.len() - usize::from(taken_in)];
    ensure!(lies.logs[n].starts_with(log), "what is there is not the beginning of the log");
    ensure!(log.len() >= told, "{} ops are there, {told} were acknowledged", log.len());
    Ok(())
}

/// Opens what is left of the server, and compares it with what it had told.
fn server_holds(cut: &Cut, names: Names, lies: &Lies<'_>) -> Result<()> {
    let to = scratch()?;
    cut.left(names).lay_out(&server_folder(lies.folder), to.path())?;
    let fuse = Arc::new(Fuse::default());
    let outside = rounds_server::Outside {
        clock: Arc::new(Clocks::new(Arc::clone(lies.time), 98, Arc::clone(&fuse))),
        randomness: Arc::new(Dice::new(2, 2, fuse)),
        disk: Arc::new(rounds_server::SystemDisk),
    };
    drop(Core::open_with(to.path(), outside, settings()).context("opening what is left")?);
    let audit = rounds_server::audit(to.path())?;
    ensure!(audit.breaks.is_empty(), "{:?}", audit.breaks);
    let here: BTreeSet<OpId> = audit.ops.iter().map(|op| op.op).collect();
    for (_, op) in lies.told.received.iter().filter(|(from, _)| *from <= cut.told) {
        ensure!(here.contains(op), "op {op} was receipted and is gone");
    }
    for (_, evidence, grade) in lies.told.stored.iter().filter(|(from, _, _)| *from <= cut.told) {
        let id: Id = evidence.parse()?;
        let file = audit.files.iter().find(|file| file.evidence == id && file.grade == *grade);
        let whole = file.is_some_and(|file| file.stored == FileState::Whole);
        ensure!(whole, "the {grade} of {evidence} was said to be stored and is {file:?}");
    }
    let damaged = audit.files.iter().find(|file| matches!(file.stored, FileState::Damaged { .. }));
    ensure!(damaged.is_none(), "{damaged:?}");
    Ok(())
}

/// Where it lies, and what was told of it.
struct Lies<'a> {
    folder: &'a Path,
    time: &'a Arc<TrueTime>,
    keys: Vec<&'a Keyring>,
    logs: Vec<&'a [OpId]>,
    told: &'a Told,
}

/// Every cut that does not hold, in words.
fn broken(session: &Session, cuts: &[Cut], names: Names) -> Result<Vec<String>> {
    let world = &session.world;
    let lies = Lies {
        folder: world.folder.path(),
        time: &world.time,
        keys: world.phones.iter().map(|phone| &*phone.keys).collect(),
        logs: world.phones.iter().map(|phone| phone.log.as_slice()).collect(),
        told: &session.told,
    };
    let numbered: Vec<(usize, &Cut)> = cuts.iter().enumerate().collect();
    let checked = each_of(&numbered, |(n, cut)| {
        let held = match (0..lies.logs.len()).find(|phone| cut.at.starts_with(format!("phone-{phone}"))) {
            Some(phone) => phone_holds(cut, names, phone, &lies),
            None => server_holds(cut, names, &lies),
        };
        Ok(held.err().map(|why| format!("cut {n} before syncing {}, {names:?}: {why:#}", cut.at.display())))
    })?;
    Ok(checked.into_iter().flatten().collect())
}

#[test]
fn whatever_was_acknowledged_is_there_after_a_cut_at_any_sync_point() {
    let template = Template::make().expect("a template");
    let session = session(&template).expect("a session");
    let (told, cuts) = (&session.told, &session.cuts);
    println!(
        "{} ops recorded, {} receipted, {} files stored, {} pictures; {} sync points",
        told.recorded.len(),
        told.received.len(),
        told.stored.len(),
        session.world.calls.pictures,
        cuts.len()
    );
    assert!(told.recorded.len() as u64 >= OPS && !told.received.is_empty() && told.stored.len() >= 12);
    for side in ["phone-0", "phone-1", "phone-2", "phone-3", "server"] {
        assert!(cuts.iter().any(|cut| cut.at.starts_with(side)), "no cut at {side}");
    }
    for names in [Names::Synced, Names::All] {
        let broken = broken(&session, cuts, names).expect("checked");
        println!("{names:?}: {} of {} cuts hold", cuts.len() - broken.len(), cuts.len());
        assert!(broken.is_empty(), "{} cuts lose something:\n{}", broken.len(), broken.join("\n"));
    }
    // The same check sees a disk that forgets what it said was synced: here the state of ten sync points before.
    let late: Vec<Cut> = cuts
        .windows(11)
        .filter(|ten| ten[10].at.starts_with("phone-2"))
        .map(|ten| Cut {
            at: ten[10].at.clone(),
            synced: ten[0].synced.clone(),
            named: ten[0].named.clone(),
            told: ten[10].told,
        })
        .collect();
    let seen = broken(&session, &late, Names::Synced).expect("checked");
    println!("with a disk that forgets its last ten syncs {} of {} cuts do not hold", seen.len(), late.len());
    assert!(seen.len() * 4 > late.len(), "the check does not see what is lost");
}

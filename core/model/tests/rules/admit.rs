//! Who lets whom in on a phone without the server, and for how long.

use std::collections::BTreeSet;

use rounds_model::things::{EntryMark, Grant, Occasion, Person, Role};
use rounds_model::{
    Action, DocRef, Feed, HeldCode, Kind, RejectCode, Verdict, rules::choices, things::Choice,
};

use crate::desk::{Hand, World, id};

fn person(word: &str) -> DocRef {
    DocRef::new(Kind::Person, id(word))
}

fn first() -> Action {
    Action::Admit { occasion: Occasion::First }
}

fn role_of(word: &str) -> Role {
    match word {
        "guard" => Role::Guard,
        "technician" => Role::Technician,
        "supervisor" => Role::Supervisor,
        "admin" => Role::Admin,
        other => panic!("no role {other}"),
    }
}

/// `supervisor@N1+N2`: one grant for each site; `@all` for every site; `nothing` for none.
fn grants_of(word: &str) -> Vec<Grant> {
    let Some((role, sites)) = word.split_once('@') else { return Vec::new() };
    let grant = |site: &str| Grant {
        role: role_of(role),
        site: match site {
            "N1" => Some(id("site")),
            "N2" => Some(id("other site")),
            "all" => None,
            other => panic!("no site {other}"),
        },
    };
    sites.split('+').map(grant).collect()
}

/// A world with these two people, the first of whom holds a phone.
fn with(host: &str, guest: &str) -> (World, Hand) {
    let mut world = World::with_order();
    let mut system = world.server();
    let site =
        Action::AddSite { code: "N2".into(), name: rounds_model::things::Name::new("南区", "South") };
    world.must(&mut system, DocRef::new(Kind::Site, id("other site")), site);
    for (word, grants) in [("host", host), ("guest", guest)] {
        let grants = grants_of(grants);
        let add = Action::AddPerson { code: word.into(), name: word.into(), grants };
        world.must(&mut system, person(word), add);
    }
    let hand = world.hand("host");
    (world, hand)
}

fn no_right(field: &str) -> Verdict {
    Verdict::rejected_field(RejectCode::NoRight, field)
}

#[test]
fn who_admits_whom_is_as_the_csv_says() {
    let mut lines = include_str!("admit.csv").lines();
    let guests: Vec<&str> = lines.next().expect("a header").split(',').skip(1).collect();
    let mut hosts = BTreeSet::new();
    for line in lines {
        let mut cells = line.split(',');
        let host = cells.next().expect("who admits");
        assert!(hosts.insert(host), "{host} once");
        let cells: Vec<&str> = cells.collect();
        assert_eq!(cells.len(), guests.len(), "{host}");
        for (guest, cell) in guests.iter().zip(cells) {
            let (mut world, mut hand) = with(host, guest);
            let verdict = world.does(&mut hand, person("guest"), first()).verdict;
            let expected = if cell == "yes" { Verdict::Applied } else { no_right("actor") };
            assert_eq!(verdict, expected, "{host} admits {guest}");
        }
    }
    assert_eq!((hosts.len(), guests.len()), (10, 10));
}

#[test]
fn a_lease_is_as_long_as_the_csv_says() {
    for line in include_str!("lease.csv").lines().skip(1) {
        let (roles, days) = line.split_once(',').expect("two cells");
        let named = roles.split('+').filter(|role| !role.is_empty());
        let grants = named.map(|role| Grant { role: role_of(role), site: None }).collect();
        let person = Person {
            code: "x".into(),
            name: "x".into(),
            grants,
            active: true,
            rights_cut_at: 0,
            rest: serde_json::Map::new(),
        };
        assert_eq!(person.lease(), days.parse::<i64>().expect("days") * 24 * 3_600_000, "{roles}");
    }
}

#[test]
fn nobody_admits_himself_and_the_desk_has_no_gate() {
    let (mut world, mut host) = with("admin@all", "guard@N1");
    assert_eq!(world.does(&mut host, person("host"), first()).verdict, no_right("subject"));
    let mut system = world.server();
    let verdict = world.does(&mut system, person("guest"), first()).verdict;
    assert_eq!(verdict, Verdict::rejected(RejectCode::Illegal));
    let nobody = world.does(&mut host, person("nobody"), first()).verdict;
    assert_eq!(nobody, Verdict::rejected_field(RejectCode::NotFound, "subject"));
}

#[test]
fn whose_rights_were_taken_is_not_admitted() {
    let (mut world, mut host) = with("supervisor@N1", "technician@N1");
    let taken = Action::SetRights { grants: grants_of("technician@N1"), active: false };
    world.must(&mut world.server(), person("guest"), taken);
    world.syncs(&mut host);
    assert_eq!(world.does(&mut host, person("guest"), first()).verdict, no_right("subject"));
}

#[test]
fn rights_taken_from_either_while_the_phone_could_not_know_hold_it() {
    let held = Verdict::Held { code: HeldCode::RightsChanged };
    for (who, grants, active) in [("host", "technician@N1", true), ("host", "supervisor@N1", false)] {
        let (mut world, mut host) = with("supervisor@N1", "technician@N1");
        let taken = Action::SetRights { grants: grants_of(grants), active };
        world.must(&mut world.server(), person(who), taken);
        assert_eq!(world.does(&mut host, person("guest"), first()).verdict, held, "{who} {grants}");
        assert_eq!(world.marks("person.admit"), [EntryMark::Held(HeldCode::RightsChanged)]);
        world.syncs(&mut host);
        let knowing = world.does(&mut host, person("guest"), first()).verdict;
        assert_eq!(knowing, no_right("actor"), "{who} {grants}");
    }
    let (mut world, mut host) = with("supervisor@N1", "technician@N1");
    let taken = Action::SetRights { grants: Vec::new(), active: false };
    world.must(&mut world.server(), person("guest"), taken);
    assert_eq!(world.does(&mut host, person("guest"), first()).verdict, held);
}

#[test]
fn rights_given_meanwhile_are_no_reason_to_hold_it() {
    let (mut world, mut host) = with("supervisor@N1", "technician@N1");
    let more = Action::SetRights { grants: grants_of("technician@N1+N2"), active: true };
    world.must(&mut world.server(), person("guest"), more);
    assert_eq!(world.does(&mut host, person("guest"), first()).verdict, Verdict::Applied);
}

#[test]
fn the_line_is_for_the_two_and_the_desk_they_share() {
    let feeds_of = |host: &str, guest: &str| {
        let (mut world, mut hand) = with(host, guest);
        let effect = world.does(&mut hand, person("guest"), Action::Admit { occasion: Occasion::LockedOut });
        assert_eq!(effect.changes.len(), 1, "a line, and nothing else");
        let line = world.line(World::last(&hand));
        assert_eq!(line.facts["occasion"], "locked_out");
        assert_eq!((line.by, line.subject), (id("host"), person("guest")));
        effect.changes[0].feeds.clone()
    };
    let two = [Feed::Person(id("guest")), Feed::Person(id("host"))];
    let desk = |site: &str| Feed::Desk(id(site));
    assert_eq!(feeds_of("supervisor@N1", "technician@N1"), [&two[..], &[desk("site")]].concat());
    assert_eq!(feeds_of("supervisor@all", "guard@N1"), [&two[..], &[desk("site")]].concat());
    assert_eq!(feeds_of("supervisor@N2", "technician@all"), [&two[..], &[desk("other site")]].concat());
    assert_eq!(feeds_of("admin@all", "supervisor@all"), [Feed::Org], "no site's desk is theirs alone");
}

#[test]
fn a_held_one_is_set_aside_and_never_let_count_from_elsewhere() {
    assert_eq!(choices(HeldCode::RightsChanged, "person.admit", None), [Choice::SetAside]);
    let (mut world, mut host) = with("supervisor@N1", "technician@N1");
    let taken = Action::SetRights { grants: Vec::new(), active: true };
    world.must(&mut world.server(), person("host"), taken);
    world.does(&mut host, person("guest"), first());
    let op = World::last(&host);
    let mut zhao = world.hand("zhao");
    let settle = |choice| Action::Settle { op, choice, words: String::new() };
    let refused = world.does(&mut zhao, person("guest"), settle(Choice::Take)).verdict;
    assert_eq!(refused, Verdict::rejected_field(RejectCode::Illegal, "choice"));
    world.must(&mut zhao, person("guest"), settle(Choice::SetAside));
    assert!(world.became(op).is_some());
}

#[test]
fn every_occasion_has_a_code_of_its_own() {
    let codes: BTreeSet<&str> = Occasion::ALL.into_iter().map(Occasion::as_str).collect();
    assert_eq!(codes.len(), Occasion::ALL.len());
    for occasion in Occasion::ALL {
        assert_eq!(serde_json::to_value(occasion).expect("JSON"), occasion.as_str());
    }
}

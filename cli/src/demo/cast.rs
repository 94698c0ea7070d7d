//! Who and what the demo plays with: people, a site of 200 assets, a fault. All of it from the seed.

use std::fmt::Write as _;

use rand::rngs::SmallRng;
use rand::seq::{IndexedRandom, SliceRandom};
use rand::{Rng, RngCore, SeedableRng};
use rounds_tags::TagCode;

/// The host printed into the site's tags.
pub const TAG_HOST: &str = "ROUNDS.EXAMPLE";
/// How many assets the site has.
pub const ASSETS: usize = 200;

const TECHNICIANS: [&str; 8] = [
    "李伟 Li Wei",
    "王芳 Wang Fang",
    "张敏 Zhang Min",
    "刘洋 Liu Yang",
    "陈杰 Chen Jie",
    "杨静 Yang Jing",
    "赵磊 Zhao Lei",
    "黄勇 Huang Yong",
];
const SUPERVISORS: [&str; 4] = ["周强 Zhou Qiang", "吴霞 Wu Xia", "徐明 Xu Ming", "孙丽 Sun Li"];
/// Class, names, prefix of the code.
const CLASSES: [(&str, &str, &str, &str); 5] = [
    ("pump", "水泵", "Pump", "P"),
    ("fan", "风机", "Fan", "F"),
    ("switchgear", "配电柜", "Switch cabinet", "E"),
    ("valve", "阀门", "Valve", "V"),
    ("window", "门窗", "Window", "W"),
];

/// What is broken, and how the pictures show it.
pub struct Trouble {
    /// The scene's name, as the photographer knows it.
    pub scene: &'static str,
    /// The order's title.
    pub title: &'static str,
    /// What the technician writes when he is done.
    pub done: &'static str,
    /// Equipment class it happens to.
    pub class: &'static str,
}

const TROUBLES: [Trouble; 3] = [
    Trouble {
        scene: "leak",
        title: "机械密封漏水,地面积水 Seal leaking, water on the floor",
        done: "密封已更换,地面已擦干 Seal replaced, floor dried",
        class: "pump",
    },
    Trouble {
        scene: "cabinet",
        title: "开关烧黑,指示灯不亮 Switch burnt, lamp dark",
        done: "开关已更换,送电正常 Switch replaced, power is back",
        class: "switchgear",
    },
    Trouble {
        scene: "glass",
        title: "玻璃开裂 Glass cracked",
        done: "玻璃已更换 Pane replaced",
        class: "window",
    },
];

/// Somebody with a phone.
#[derive(Clone)]
pub struct Player {
    /// What he types to sign in.
    pub code: String,
    /// His name.
    pub name: String,
    /// His PIN.
    pub pin: String,
    /// `technician` or `supervisor`.
    pub role: &'static str,
}

/// One asset of the site with its tag.
pub struct Thing {
    /// Code as stencilled on it.
    pub code: String,
    /// Chinese name.
    pub zh: String,
    /// English name.
    pub en: String,
    /// Class.
    pub class: &'static str,
    /// Code of its place.
    pub place: String,
    /// What is stuck on it.
    pub tag: TagCode,
}

/// Everything the seed decides before the curtain rises.
pub struct Cast {
    /// The technician whose phone is killed.
    pub first: Player,
    /// The one who does the same work elsewhere.
    pub second: Player,
    /// Who assigns, returns and closes.
    pub supervisor: Player,
    /// Her password for the console.
    pub password: String,
    /// The site's equipment.
    pub things: Vec<Thing>,
    /// Which of it is broken.
    pub broken: usize,
    /// How.
    pub trouble: &'static Trouble,
    /// Whether the second technician syncs before the first.
    pub second_syncs_first: bool,
    /// For the pictures.
    pub picture_seed: u64,
}

impl Cast {
    /// The cast of a seed.
    pub fn of(seed: u64) -> Cast {
        let mut dice = SmallRng::seed_from_u64(seed.wrapping_mul(0x9E37_79B9_7F4A_7C15) ^ 0x5EED);
        let mut technicians = TECHNICIANS;
        technicians.shuffle(&mut dice);
        let supervisor = SUPERVISORS.choose(&mut dice).copied().unwrap_or(SUPERVISORS[0]);
        let trouble = &TROUBLES[dice.random_range(0..TROUBLES.len())];
        let things = things(&mut dice);
        let fitting: Vec<usize> =
            things.iter().enumerate().filter(|(_, t)| t.class == trouble.class).map(|(i, _)| i).collect();
        Cast {
            first: player(technicians[0], "technician", &mut dice),
            second: player(technicians[1], "technician", &mut dice),
            supervisor: player(supervisor, "supervisor", &mut dice),
            password: format!("desk-{:08x}", dice.next_u32()),
            broken: fitting.choose(&mut dice).copied().unwrap_or(0),
            things,
            trouble,
            second_syncs_first: dice.random(),
            picture_seed: dice.next_u64(),
        }
    }

    /// The broken asset.
    pub fn broken(&self) -> &Thing {
        &self.things[self.broken]
    }

    /// Everyone with a phone.
    pub fn players(&self) -> [&Player; 3] {
        [&self.first, &self.second, &self.supervisor]
    }
}

fn player(name: &str, role: &'static str, dice: &mut SmallRng) -> Player {
    let code = name.rsplit_once(char::is_whitespace).map_or(name, |(rest, _)| rest);
    let family = code.split_whitespace().last().unwrap_or(code).to_lowercase();
    Player { code: family, name: name.to_owned(), pin: format!("{:04}", dice.random_range(0..10_000)), role }
}

fn things(dice: &mut SmallRng) -> Vec<Thing> {
    (0..ASSETS)
        .map(|n| {
            let (class, zh, en, letter) = CLASSES[n % CLASSES.len()];
            let number = n / CLASSES.len() + 1;
            let mut bits = [0u8; 10];
            dice.fill_bytes(&mut bits);
            let (floor, room) = (dice.random_range(1..=3), dice.random_range(1..=20));
            Thing {
                code: format!("{letter}-{number:03}"),
                zh: format!("{number}号{zh}"),
                en: format!("{en} {number}"),
                class,
                place: format!("B{floor}-R{room:02}"),
                tag: TagCode::from_bits(bits),
            }
        })
        .collect()
}

impl Cast {
    /// Places of the site, each once, in order.
    pub fn places(&self) -> Vec<&str> {
        let mut places: Vec<&str> = self.things.iter().map(|t| t.place.as_str()).collect();
        places.sort_unstable();
        places.dedup();
        places
    }

    /// The broken asset in words: code, both names, place.
    pub fn describe(&self) -> String {
        let thing = self.broken();
        let mut text = String::new();
        let _ = write!(text, "{} {} / {} in {}", thing.code, thing.zh, thing.en, thing.place);
        text
    }
}

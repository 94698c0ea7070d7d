//! A small site: one pump with its tag, three people, and the pictures of its repair.

use std::fs;
use std::path::Path;
use std::process::Command;

use anyhow::{Context, Result, bail};
use rounds_photos::scene::{Fault, Moment, photograph, save_photograph};
use rounds_photos::{CameraFacts, TakenAt};
use rounds_tags::TagCode;
use serde_json::{Value, json};

use crate::{ADMIN, server};

/// The pump's code.
pub const ASSET: &str = "P-102";
/// The host printed into its tag.
const TAG_HOST: &str = "ROUNDS.EXAMPLE";
/// Code, name, role, PIN.
const PEOPLE: [(&str, &str, &str, &str); 2] =
    [("qiang", "王强 Wang Qiang", "technician", "4711"), ("min", "陈敏 Chen Min", "supervisor", "2580")];

fn code() -> TagCode {
    TagCode::from_bits([0x52, 0x4f, 0x55, 0x4e, 0x44, 0x53, 0x31, 0x30, 0x32, 0x07])
}

/// What a camera reads from the pump's tag.
pub fn tag() -> Result<String> {
    rounds_tags::tag_url(TAG_HOST, &code()).context("writing the tag's address")
}

/// Who can sign in on a phone, by role.
pub fn people() -> Value {
    PEOPLE
        .iter()
        .map(|(code, name, role, pin)| (*role, json!({ "code": code, "name": name, "pin": pin })))
        .collect()
}

/// Brings the site into a server that does not run.
pub fn import(folder: &Path, server: &Path) -> Result<()> {
    let mut people = format!("code,name,role,site,pin,password\n{},Stage,admin,,,{}\n", ADMIN.0, ADMIN.1);
    people.extend(PEOPLE.map(|(code, name, role, pin)| format!("{code},{name},{role},N1,{pin},\n")));
    let files = [
        ("sites.csv", "code,name_zh,name_en\nN1,北区,North site\n".to_owned()),
        (
            "locations.csv",
            "site,code,name_zh,name_en\nN1,B2-PR,B 座地下二层 水泵房,\"Building B, level -2, pump room\"\n"
                .to_owned(),
        ),
        (
            "assets.csv",
            format!(
                "site,code,name_zh,name_en,class,location\nN1,{ASSET},{ASSET} 冷却水泵,{ASSET} Cooling water pump,pump,B2-PR\n"
            ),
        ),
        ("tags.csv", format!("identifier,site,asset\n{},N1,{ASSET}\n", code().as_str())),
        ("people.csv", people),
    ];
    let mut command = Command::new(server::rounds()?);
    command.args(["import", "--dir"]).arg(server);
    for (name, text) in files {
        let path = folder.join(name);
        fs::write(&path, text).with_context(|| format!("writing {}", path.display()))?;
        command.arg(path);
    }
    let output = command.output().context("starting the import")?;
    if !output.status.success() {
        bail!("the site was not imported: {}", String::from_utf8_lossy(&output.stderr));
    }
    Ok(())
}

/// The tag photographed, and the pump before and after its repair, as a camera saves them.
pub fn pictures(folder: &Path) -> Result<Value> {
    let save = |name: &str, minute: u32, orientation: u8, pixels| -> Result<String> {
        let path = folder.join(name);
        let facts = CameraFacts {
            taken_at: Some(TakenAt {
                local: format!("2026-03-14T09:{minute:02}:00"),
                offset: Some("+08:00".into()),
            }),
            orientation,
            make: Some("Rounds".into()),
            model: Some("Stage camera".into()),
            ..CameraFacts::default()
        };
        save_photograph(&path, &pixels, &facts).with_context(|| format!("writing {}", path.display()))?;
        Ok(path.display().to_string())
    };
    let shot = |moment| photograph(Fault::LeakingFlange, moment, 7, 1600, 1200);
    Ok(json!({
        "tag": save("tag.jpg", 2, 1, rounds_tags::scene::photograph(&tag()?, 7, 1280, 960)?)?,
        "before": save("before.jpg", 14, 6, shot(Moment::Before))?,
        "after": save("after.jpg", 51, 1, shot(Moment::After))?,
    }))
}
